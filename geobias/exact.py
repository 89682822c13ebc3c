"""Sums that are the same in whatever order their terms are added.

The last bits of a sum of floating-point numbers depend on the order of its terms, and with it on
how the work was divided. Here each term is rounded to a multiple of 2⁻⁴⁴ first. Sums of such
multiples are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints
from geobias.sphere import Floats

_COARSE = 2.0**12
_FINE = 2.0**32
"""A term is a multiple of 1 / _COARSE and a smaller one of 1 / (_COARSE _FINE)."""


@dataclass(frozen=True)
class ExactSum:
    """Weighted sums and the weight that went into each; sums of sums are exact, too.

    Terms times weights may add up to 10¹⁵, and the weights to 2³¹.
    """

    coarse: NDArray[np.int64]
    fine: NDArray[np.int64]
    weight: NDArray[np.int64]

    @classmethod
    def of(cls, values: Floats, weights: Ints) -> ExactSum:
        """Add up values along the last axis, NaN left out.

        >>> float(ExactSum.of(np.array([0.5, np.nan, 2.0]), np.array([1, 1, 3])).mean())
        1.625
        """
        known = ~np.isnan(values)
        scaled = np.where(known, values, 0.0) * _COARSE
        coarse = np.rint(scaled)
        fine = np.rint((scaled - coarse) * _FINE)
        return cls(
            coarse.astype(np.int64) @ weights, fine.astype(np.int64) @ weights, known @ weights
        )

    @classmethod
    def stacked(cls, sums: Sequence[ExactSum]) -> ExactSum:
        """Lay sums of several kinds, one after another along the first axis."""
        return cls(
            np.concatenate([each.coarse for each in sums]),
            np.concatenate([each.fine for each in sums]),
            np.concatenate([each.weight for each in sums]),
        )

    def __add__(self, other: ExactSum) -> ExactSum:
        return ExactSum(
            self.coarse + other.coarse, self.fine + other.fine, self.weight + other.weight
        )

    def mean(self) -> Floats:
        """Return the mean of the values, NaN where there were none."""
        with np.errstate(invalid="ignore"):
            mean: Floats = (self.coarse + self.fine / _FINE) / _COARSE / self.weight
        return mean
