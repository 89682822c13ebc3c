"""Space2Vec: sines and cosines of the coordinates at many scales, on the plane of degrees.

Arguments are degrees times a frequency, not radians: at the scale of radius r a wave is 2πr degrees
long. Neither encoding is continuous at the date line or single-valued at a pole.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from geobias.encoders.positions.frequencies import geometric
from geobias.encoders.positions.position import Position, flat


class Space2Vec(Position):
    """What the two encodings share: frequencies, and what happens at the edges of the map.

    Discontinuous at the date line, and not single-valued at a pole.

    Parameters
    ----------
    frequency_num : int
        Number of scales, F.
    min_radius, max_radius : float
        Finest and coarsest scale, in degrees.
    compat : {None, "torchspatial"}
        See `Position`.

    References
    ----------
    Mai et al. (2020), Multi-scale representation learning for spatial feature distributions using
    grid cells. They take projected metres where TorchSpatial, and we, take degrees.
    """

    per_scale: int
    """Numbers per place and scale."""

    def __init__(
        self,
        *,
        frequency_num: int = 32,
        min_radius: float = 0.01,
        max_radius: float = 360.0,
        compat: str | None = None,
    ) -> None:
        self.frequencies = geometric(frequency_num, min_radius, max_radius)
        super().__init__(self.per_scale * len(self.frequencies), compat=compat)


class Grid(Space2Vec):
    """Space2Vec-grid: per coordinate and scale ``sin(c f), cos(c f)``; longitude comes first.

    4F numbers. Options and properties are those of `Space2Vec`.
    """

    per_scale = 4

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        scales = lat.new_tensor(self.frequencies)
        waves = []
        for coordinate in (lon, lat):
            angle = coordinate[..., None] * scales
            waves.append(flat([torch.sin(angle), torch.cos(angle)]))
        return torch.cat(waves, dim=-1)


class Theory(Space2Vec):
    """Space2Vec-theory: waves in three directions, 120 degrees apart, as grid cells have them.

    With ``a₁ = lon``, ``a₂ = -lon/2 + √3/2 lat`` and ``a₃ = -lon/2 - √3/2 lat``, per scale
    ``sin a₁f, cos a₁f, sin a₂f, cos a₂f, sin a₃f, cos a₃f``. 6F numbers. Options and properties are
    those of `Space2Vec`.
    """

    per_scale = 6

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        scales = lat.new_tensor(self.frequencies)
        half = math.sqrt(3.0) / 2.0
        waves = []
        for along in (lon, -lon / 2.0 + half * lat, -lon / 2.0 - half * lat):
            angle = along[..., None] * scales
            waves += [torch.sin(angle), torch.cos(angle)]
        return flat(waves)
