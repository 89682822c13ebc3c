"""rff: random waves, whose products approximate a Gaussian kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from geobias.encoders.checks import WORLD, count, extent, positive
from geobias.encoders.positions.position import Position


class RandomFourier(Position):
    """Random Fourier features: ``sqrt(2/D) cos(w·x + b)``, ``w ~ N(0, kernel_size I)``.

    ``x`` holds longitude and latitude, brought to -1 … 1 over ``map_range``. The product of two
    codes approximates ``exp(-kernel_size |x - x'|² / 2)``. Neither continuous at the date line nor
    single-valued at a pole.

    With ``compat="torchspatial"`` the waves are computed in the precision of the coordinates, after
    they are normalised in float64.

    Parameters
    ----------
    frequency_num : int
        Number of waves, D.
    kernel_size : float
        Variance of their directions: 1 / bandwidth².
    map_range : sequence of four floats
        West, east, south and north of what becomes -1 … 1; longitudes within ±180, except in
        compat.
    compat : {None, "torchspatial"}
        See `Position`.

    References
    ----------
    Rahimi and Recht (2007), Random features for large-scale kernel machines.
    """

    dirvec: Tensor
    shift: Tensor

    def __init__(
        self,
        *,
        frequency_num: int = 64,
        kernel_size: float = 1.0,
        map_range: Sequence[float] = WORLD,
        compat: str | None = None,
    ) -> None:
        super().__init__(count("frequency_num", frequency_num), compat=compat)
        self.kernel_size = positive("kernel_size", kernel_size)
        self.map_range = extent("map_range", map_range, around=bool(self.compat))
        self.register_buffer("dirvec", math.sqrt(self.kernel_size) * torch.randn(2, self.dim))
        self.register_buffer("shift", 2.0 * math.pi * torch.rand(self.dim))

    @property
    def in_given_precision(self) -> bool:
        """In compat."""
        return self.compat is not None

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        west, east, south, north = self.map_range
        x = 2.0 * (lon.double() - west) / (east - west) - 1.0
        y = 2.0 * (lat.double() - south) / (north - south) - 1.0
        place = torch.stack([x, y], dim=-1).to(lat.dtype)
        with _without_autocast(lat.device.type):
            angle = place @ self.dirvec.to(lat) + self.shift.to(lat)
        return math.sqrt(2.0 / self.dim) * torch.cos(angle)


def _without_autocast(device: str) -> AbstractContextManager[object]:
    """In half precision, the product would lose the place within its wave."""
    if torch.amp.is_autocast_available(device):
        return torch.autocast(device, enabled=False)
    return nullcontext()
