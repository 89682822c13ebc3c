"""Random waves of several widths on an equal-area map, as GeoCLIP has them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from geobias.encoders.checks import count, positive
from geobias.encoders.positions.position import Position
from geobias.errors import InputError
from geobias.values import is_listed

A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
"""The polynomial of the Equal Earth projection."""

UNIT = 66.50336 / 180.0
"""What GeoCLIP multiplies the projected coordinates with: they lie within about ±1."""


class EqualEarthFourier(Position):
    """Per width σ: cosines, then sines, of ``2π B·x`` with B ~ N(0, σ²), x on the Equal Earth map.

    Neither continuous at the date line, where the map is cut, nor single-valued at a pole, which is
    a line on it.

    Parameters
    ----------
    sigmas : sequence of floats
        Widths, from coarse to fine.
    frequency_num : int
        Waves per width; the encoding has ``2 frequency_num`` numbers per width.
    compat : {None, "torchspatial"}
        See `Position`.

    References
    ----------
    Vivanco Cepeda, Nayak and Shah (2023), GeoCLIP: CLIP-inspired alignment between locations and
    images for effective worldwide geo-localization. Šavrič, Patterson and Jenny (2019), The Equal
    Earth map projection.
    """

    directions: Tensor

    def __init__(
        self,
        *,
        sigmas: Sequence[float] = (1.0, 16.0, 256.0),
        frequency_num: int = 256,
        compat: str | None = None,
    ) -> None:
        if not is_listed(sigmas) or len(sigmas) == 0:
            raise InputError(f"sigmas={sigmas!r} has to be a list of positive numbers.")
        self.sigmas = tuple(positive("sigmas", sigma) for sigma in sigmas)
        waves = count("frequency_num", frequency_num)
        super().__init__(2 * waves * len(self.sigmas), compat=compat)
        self.parts = len(self.sigmas)
        widths = torch.tensor(self.sigmas)[:, None, None]
        self.register_buffer("directions", widths * torch.randn(len(self.sigmas), 2, waves))

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        place = equal_earth(lat, lon)
        angle = 2.0 * math.pi * torch.einsum("...c,scw->...sw", place, self.directions.to(lat))
        return torch.cat([torch.cos(angle), torch.sin(angle)], dim=-1).flatten(-2)


def equal_earth(lat: Tensor, lon: Tensor) -> Tensor:
    """Places on the Equal Earth map, x then y, in the unit of GeoCLIP."""
    lat_rad, lon_rad = torch.deg2rad(lat), torch.deg2rad(lon)
    theta = torch.asin(math.sqrt(3.0) / 2.0 * torch.sin(lat_rad))
    square = theta**2
    slope = 9 * A4 * square**4 + 7 * A3 * square**3 + 3 * A2 * square + A1
    x = 2.0 * math.sqrt(3.0) * lon_rad * torch.cos(theta) / (3.0 * slope)
    y = theta * (A4 * square**4 + A3 * square**3 + A2 * square + A1)
    return UNIT * torch.stack([x, y], dim=-1)
