"""Sphere2Vec: products of sines and cosines of longitude and latitude at many scales.

The frequencies are no whole numbers, so none of the five encodings is continuous at the date line,
and none is single-valued at a pole. That is a property of what is published, not of this code.

References
----------
Mai et al. (2023), Sphere2Vec: a general-purpose location representation learning over a spherical
surface for large-scale geospatial predictions.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor

from geobias.encoders.positions.frequencies import from_one, geometric
from geobias.encoders.positions.position import Position, flat


class Waves(NamedTuple):
    """Sines and cosines of longitude and latitude, with an axis for scales: of length 1, or F."""

    sin_lon: Tensor
    cos_lon: Tensor
    sin_lat: Tensor
    cos_lat: Tensor


class Sphere2Vec(Position):
    """What the five encodings share: frequencies, angles in radians.

    Discontinuous at the date line, and not single-valued at a pole.

    Parameters
    ----------
    frequency_num : int
        Number of scales, F.
    min_radius, max_radius : float
        Finest and coarsest scale: the frequencies run from ``1 / min_radius`` to
        ``1 / max_radius``, and 1 is one wave around the globe.
    compat : {None, "torchspatial"}
        See `Position`.
    """

    ignores_min_radius = False
    """Whether the reference code does: then its frequencies run from 1 to ``1 / max_radius``."""

    def __init__(
        self,
        *,
        frequency_num: int = 32,
        min_radius: float = 0.001,
        max_radius: float = 1.0,
        compat: str | None = None,
    ) -> None:
        if compat is not None and self.ignores_min_radius:
            self.frequencies = from_one(frequency_num, max_radius)
        else:
            self.frequencies = geometric(frequency_num, min_radius, max_radius)
        super().__init__(self.length(len(self.frequencies)), compat=compat)

    @staticmethod
    @abstractmethod
    def length(scales: int) -> int:
        """Numbers per place at that many scales."""

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        lon_rad, lat_rad = torch.deg2rad(lon)[..., None], torch.deg2rad(lat)[..., None]
        scales = lat.new_tensor(self.frequencies)
        return self.combine(
            Waves(lon_rad.sin(), lon_rad.cos(), lat_rad.sin(), lat_rad.cos()),
            Waves(
                (lon_rad * scales).sin(),
                (lon_rad * scales).cos(),
                (lat_rad * scales).sin(),
                (lat_rad * scales).cos(),
            ),
        )

    @abstractmethod
    def combine(self, plain: Waves, scaled: Waves) -> Tensor:
        """Arrange the waves of the coordinates themselves, and of those times each frequency."""


class SphereC(Sphere2Vec):
    """Per scale ``sin φ_s, cos φ_s cos λ_s, cos φ_s sin λ_s``: a point on a sphere.

    Options and properties are those of `Sphere2Vec`.
    """

    @staticmethod
    def length(scales: int) -> int:
        """Numbers per place at that many scales."""
        return 3 * scales

    def combine(self, plain: Waves, scaled: Waves) -> Tensor:
        """Arrange the waves."""
        return flat(
            [scaled.sin_lat, scaled.cos_lat * scaled.cos_lon, scaled.cos_lat * scaled.sin_lon]
        )


class SphereCPlus(Sphere2Vec):
    """The terms of Space2Vec-grid and of `SphereC`, per scale.

    ``sin φ_s, cos φ_s, sin λ_s, cos λ_s, cos φ_s cos λ_s, cos φ_s sin λ_s``. Options and
    properties are those of `Sphere2Vec`.
    """

    @staticmethod
    def length(scales: int) -> int:
        """Numbers per place at that many scales."""
        return 6 * scales

    def combine(self, plain: Waves, scaled: Waves) -> Tensor:
        """Arrange the waves."""
        return flat(
            [
                scaled.sin_lat,
                scaled.cos_lat,
                scaled.sin_lon,
                scaled.cos_lon,
                scaled.cos_lat * scaled.cos_lon,
                scaled.cos_lat * scaled.sin_lon,
            ]
        )


class SphereM(Sphere2Vec):
    """One coordinate at a scale, the other as it is.

    Per scale ``sin φ_s, cos φ_s cos λ, cos φ cos λ_s, cos φ_s sin λ, cos φ sin λ_s``. Options and
    properties are those of `Sphere2Vec`.
    """

    @staticmethod
    def length(scales: int) -> int:
        """Numbers per place at that many scales."""
        return 5 * scales

    def combine(self, plain: Waves, scaled: Waves) -> Tensor:
        """Arrange the waves."""
        return flat([scaled.sin_lat, *_mixed(plain, scaled)])


class SphereMPlus(Sphere2Vec):
    """The terms of Space2Vec-grid and of `SphereM`, per scale.

    ``sin φ_s, cos φ_s, sin λ_s, cos λ_s, cos φ_s cos λ, cos φ cos λ_s, cos φ_s sin λ,
    cos φ sin λ_s``. Options and properties are those of `Sphere2Vec`.

    With ``compat="torchspatial"``, ``min_radius`` is ignored: the frequencies run from 1 to
    ``1 / max_radius``, so with ``max_radius=1``, as published checkpoints have it, all are 1.
    """

    ignores_min_radius = True

    @staticmethod
    def length(scales: int) -> int:
        """Numbers per place at that many scales."""
        return 8 * scales

    def combine(self, plain: Waves, scaled: Waves) -> Tensor:
        """Arrange the waves."""
        own = [scaled.sin_lat, scaled.cos_lat, scaled.sin_lon, scaled.cos_lon]
        return flat([*own, *_mixed(plain, scaled)])


class Dfs(Sphere2Vec):
    """Double Fourier sphere: all products of a wave of longitude and a wave of latitude.

    ``u vᵀ`` with ``u = [sin λ_0 …, cos λ_0 …]`` and ``v = [sin φ_0 …, cos φ_0 …]``, longitude
    outside; then per scale ``sin φ_s, cos φ_s, sin λ_s, cos λ_s``. That makes 4F² + 4F numbers.
    Options and properties are those of `Sphere2Vec`.

    With ``compat="torchspatial"``, ``min_radius`` is ignored, as in `SphereMPlus`.
    """

    ignores_min_radius = True

    def __init__(
        self,
        *,
        frequency_num: int = 8,
        min_radius: float = 0.001,
        max_radius: float = 1.0,
        compat: str | None = None,
    ) -> None:
        super().__init__(
            frequency_num=frequency_num,
            min_radius=min_radius,
            max_radius=max_radius,
            compat=compat,
        )

    @staticmethod
    def length(scales: int) -> int:
        """Numbers per place at that many scales."""
        return 4 * scales**2 + 4 * scales

    def combine(self, plain: Waves, scaled: Waves) -> Tensor:
        """Arrange the waves."""
        of_lon = torch.cat([scaled.sin_lon, scaled.cos_lon], dim=-1)
        of_lat = torch.cat([scaled.sin_lat, scaled.cos_lat], dim=-1)
        products = (of_lon[..., :, None] * of_lat[..., None, :]).flatten(-2)
        own = flat([scaled.sin_lat, scaled.cos_lat, scaled.sin_lon, scaled.cos_lon])
        return torch.cat([products, own], dim=-1)


def _mixed(plain: Waves, scaled: Waves) -> list[Tensor]:
    return [
        scaled.cos_lat * plain.cos_lon,
        plain.cos_lat * scaled.cos_lon,
        scaled.cos_lat * plain.sin_lon,
        plain.cos_lat * scaled.sin_lon,
    ]
