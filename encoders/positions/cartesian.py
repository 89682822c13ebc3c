"""The point on the unit sphere, and NeRF's waves of it."""

from __future__ import annotations

import torch
from torch import Tensor

from geobias.encoders.positions.frequencies import octaves
from geobias.encoders.positions.position import Position

REFERENCE_OCTAVES = 16
"""What the reference code uses whatever it is told."""


class XYZ(Position):
    """``[cos φ cos λ, cos φ sin λ, sin φ]``: the point on the unit sphere.

    Continuous at the date line and single-valued at the poles.

    Parameters
    ----------
    compat : {None, "torchspatial"}
        See `Position`.
    """

    def __init__(self, *, compat: str | None = None) -> None:
        super().__init__(3, compat=compat)

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        return on_sphere(lat, lon)


class NeRF(Position):
    """Sines and cosines of π 2^l times each coordinate of the point on the sphere, l = 0 … L-1.

    All sines come first, then all cosines; within them x, y, z, and within these l. (The original
    puts sine and cosine of one l side by side.)

    Continuous at the date line and single-valued at each pole. But a coordinate from -1 to 1 spans
    a whole period even of l = 0, so **the two poles have the same code**, and so have the places at
    0° N 0° E and 0° N 180° E.

    With ``compat="torchspatial"``, ``frequency_num`` is ignored: L is 16.

    Parameters
    ----------
    frequency_num : int
        Number of octaves, L, up to 32; the encoding has 6L numbers.
    compat : {None, "torchspatial"}
        See `Position`.

    References
    ----------
    Mildenhall et al. (2020), NeRF: representing scenes as neural radiance fields for view
    synthesis.
    """

    def __init__(self, *, frequency_num: int = 10, compat: str | None = None) -> None:
        self.frequencies = octaves(frequency_num if compat is None else REFERENCE_OCTAVES)
        super().__init__(6 * len(self.frequencies), compat=compat)

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        angle = on_sphere(lat, lon)[..., None] * lat.new_tensor(self.frequencies)
        return torch.cat([torch.sin(angle).flatten(-2), torch.cos(angle).flatten(-2)], dim=-1)


def on_sphere(lat: Tensor, lon: Tensor) -> Tensor:
    """Points on the unit sphere, (..., 3)."""
    lat_rad, lon_rad = torch.deg2rad(lat), torch.deg2rad(lon)
    return torch.stack(
        [
            torch.cos(lat_rad) * torch.cos(lon_rad),
            torch.cos(lat_rad) * torch.sin(lon_rad),
            torch.sin(lat_rad),
        ],
        dim=-1,
    )
