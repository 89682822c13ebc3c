"""Real spherical harmonics, by a recurrence that stays exact at high degree."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from geobias.encoders.checks import count
from geobias.encoders.positions.position import Position

MOST_DEGREES = 100


class SphericalHarmonics(Position):
    """All real spherical harmonics of degree l = 0 … L-1; order m of degree l is at l² + l + m.

    ``√2 N P_l^m(cos θ) cos mψ`` for m > 0, ``√2 N P_l^|m|(cos θ) sin |m|ψ`` for m < 0, and
    ``N P_l(cos θ)`` for m = 0, with ``N² = (2l+1)/(4π) (l-|m|)!/(l+|m|)!``, no Condon-Shortley
    phase, θ = φ + π/2 counted from the south pole and ψ = λ + π. Orthonormal on the sphere.

    Continuous at the date line and single-valued at the poles.

    With ``compat="torchspatial"`` the terms of m = 0 are π times as large, which is a slip in the
    reference code (and in the released weights of SatCLIP).

    Parameters
    ----------
    legendre_polys : int
        Number of degrees L, up to 100; the encoding has L² numbers.
    compat : {None, "torchspatial"}
        See `Position`.

    References
    ----------
    Rußwurm et al. (2024), Geographic location encoding with spherical harmonics and sinusoidal
    representation networks. Holmes and Featherstone (2002), A unified approach to the Clenshaw
    summation and the recursive computation of very high degree and order normalised associated
    Legendre functions: their forward column recurrence.
    """

    def __init__(self, *, legendre_polys: int = 8, compat: str | None = None) -> None:
        self.legendre_polys = count("legendre_polys", legendre_polys, most=MOST_DEGREES)
        super().__init__(self.legendre_polys**2, compat=compat)

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        lat_rad, turn = torch.deg2rad(lat), torch.deg2rad(lon) + math.pi
        order = torch.arange(1, self.legendre_polys, dtype=lat.dtype, device=lat.device)
        angle = order.reshape(-1, *[1] * lat.ndim) * turn
        # The orders of one degree lie side by side, each with all places: long runs of memory.
        sines, cosines = math.sqrt(2.0) * torch.sin(angle), math.sqrt(2.0) * torch.cos(angle)
        zonal = math.pi if self.compat else 1.0
        terms = []
        columns = legendre(-torch.sin(lat_rad), torch.cos(lat_rad), self.legendre_polys)
        for degree, column in enumerate(columns):
            orders = column[1:]
            terms += [
                (orders * sines[:degree]).flip(0),
                zonal * column[:1],
                orders * cosines[:degree],
            ]
        return torch.cat(terms).movedim(0, -1)


def legendre(cosine: Tensor, sine: Tensor, degrees: int) -> Iterator[Tensor]:
    """Associated Legendre functions with the factor N of orthonormal harmonics, degree by degree.

    Parameters
    ----------
    cosine, sine : tensor, (...)
        Of the angle from the pole; ``sine`` is not negative.
    degrees : int
        Number of degrees.

    Yields
    ------
    tensor, (l + 1, ...)
        Orders 0 … l of degree l.
    """
    before = last = torch.full_like(cosine, math.sqrt(0.25 / math.pi))[None]
    yield last
    for degree in range(1, degrees):
        diagonal = math.sqrt((2 * degree + 1) / (2 * degree)) * sine * last[-1:]
        beside = math.sqrt(2 * degree + 1) * cosine * last[-1:]
        older, old = _weights(degree)
        shape = (-1, *[1] * cosine.ndim)
        below = cosine.new_tensor(old).reshape(shape) * cosine * last[:-1]
        below = below - cosine.new_tensor(older).reshape(shape) * before[: degree - 1]
        before, last = last, torch.cat([below, beside, diagonal])
        yield last


def _weights(degree: int) -> tuple[list[float], list[float]]:
    """Of the functions two degrees and one degree before, for orders 0 … degree-2."""
    older, old = [], []
    for order in range(degree - 1):
        common = (2 * degree + 1) / ((degree - order) * (degree + order))
        old.append(math.sqrt(common * (2 * degree - 1)))
        older.append(
            math.sqrt(common * (degree + order - 1) * (degree - order - 1) / (2 * degree - 3))
        )
    return older, old
