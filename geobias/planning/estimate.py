"""Figures that are estimated from a random part of the work, with their standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt

from geobias.sphere import Floats

_STANDARD_ERRORS = 1.96
"""To either side, of an interval of 95 %."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its standard error, 0 if it is known exactly."""

    value: float
    error: float = 0.0

    @classmethod
    def total(cls, seen: Floats, of: int) -> Estimate:
        """Estimate the sum of ``of`` values from those drawn of them without replacement.

        >>> import numpy as np
        >>> Estimate.total(np.array([1.0, 3.0]), 2)
        Estimate(value=4.0, error=0.0)
        """
        if seen.size >= of:
            return cls(float(seen.sum()))
        unseen = 1.0 - seen.size / of
        error = of * seen.std(ddof=1) * sqrt(unseen / seen.size)
        return cls(of * float(seen.mean()), float(error))

    @classmethod
    def rate(cls, tops: Floats, bottoms: Floats) -> Estimate:
        """Estimate the ratio of two sums from random parts of both; infinitely vague from one.

        >>> import numpy as np
        >>> Estimate.rate(np.array([1.0, 2.0]), np.array([10.0, 20.0]))
        Estimate(value=0.1, error=0.0)
        """
        rate = float(tops.sum() / bottoms.sum())
        if tops.size < 2:
            return cls(rate, float("inf"))
        stray = tops - rate * bottoms
        error = sqrt(float((stray**2).sum()) * tops.size / (tops.size - 1)) / float(bottoms.sum())
        return cls(rate, error)

    @property
    def low(self) -> float:
        """Where the interval of 95 % begins; no figure of a plan is below 0."""
        return max(0.0, self.value - _STANDARD_ERRORS * self.error)

    @property
    def high(self) -> float:
        """Where the interval of 95 % ends."""
        return self.value + _STANDARD_ERRORS * self.error

    def times(self, other: Estimate) -> Estimate:
        """Return the product with an independent estimate."""
        error = hypot(self.error * other.value, self.value * other.error)
        return Estimate(self.value * other.value, error)

    def scaled(self, factor: float) -> Estimate:
        """Return a multiple."""
        return Estimate(self.value * factor, self.error * factor)

    def plus(self, other: Estimate) -> Estimate:
        """Return the sum with an estimate that may err together with this one."""
        return Estimate(self.value + other.value, self.error + other.error)

    def at_most(self, most: float) -> Estimate:
        """Return the figure with a ceiling, which is known exactly."""
        return Estimate(most) if self.value > most else self
