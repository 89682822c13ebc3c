"""What chance makes of the errors among neighbours.

When marks are permuted over the dataset, the errors among ``k`` neighbours are those of a simple
random sample without replacement. Their number has the hypergeometric distribution, so that
nothing has to be simulated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from geobias.geometry.places import Ints
from geobias.sphere import Floats


@dataclass(frozen=True)
class Chance:
    """How unusual numbers of errors are.

    Attributes
    ----------
    z
        Each number in standard deviations of chance from its mean.
    upper, lower
        How probable it is that chance gives as many or more, and as few or fewer.
    """

    z: Floats
    upper: Floats
    lower: Floats

    @classmethod
    def of(cls, found: Ints, size: Ints, wrong: Ints, left: int) -> Chance:
        """Compare numbers of errors with those of random samples.

        Parameters
        ----------
        found, size
            The errors in each neighbourhood, and of how many samples it is.
        wrong, left
            How many errors there are to be drawn from for each, and of how many samples.

        Returns
        -------
        Chance
            NaN where all samples that could be drawn are alike, or all are drawn.

        Examples
        --------
        >>> chance = Chance.of(np.array([2]), np.array([2]), np.array([2]), 6)
        >>> chance.upper.round(4).tolist(), chance.z.round(4).tolist()
        ([0.0667], [2.2361])
        """
        rate = wrong / left
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.sqrt(size * (left - size) / (left - 1.0) * rate * (1.0 - rate))
            z = (found - size * rate) / spread
        fixed = (wrong == 0) | (wrong == left) | (size >= left)
        each = z, *_tails(found, size, wrong, left)
        return cls(*(np.where(fixed, np.nan, values) for values in each))


def _tails(found: Ints, size: Ints, wrong: Ints, left: int) -> tuple[Floats, Floats]:
    """Return both tails of numbers of errors.

    Many neighbourhoods have the same size. One pass over all numbers of errors that are possible
    there serves them all, where scipy would sum up the same terms for each.
    """
    upper, lower = np.empty(found.size), np.empty(found.size)
    log_factorial = gammaln(np.arange(left + 1.0) + 1.0)
    different, case = np.unique(np.column_stack((size, wrong)), axis=0, return_inverse=True)
    order = np.argsort(case.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(case.ravel()))
    for (drawn, held), one in zip(different, np.split(order, ends[:-1]), strict=True):
        least, probability = _numbers(log_factorial, drawn, held, left)
        at = found[one] - least
        upper[one] = np.cumsum(probability[::-1])[::-1][at]
        lower[one] = np.cumsum(probability)[at]
    return np.minimum(upper, 1.0), np.minimum(lower, 1.0)


def _numbers(log_factorial: Floats, drawn: int, held: int, left: int) -> tuple[int, Floats]:
    """Return the least number of errors among those drawn, and how probable it and more are."""
    least, most = max(0, drawn - (left - held)), min(drawn, held)
    found = np.arange(least, most + 1)
    ways = (
        _choose(log_factorial, held, found)
        + _choose(log_factorial, left - held, drawn - found)
        - _choose(log_factorial, left, drawn)
    )
    return least, np.exp(ways)


def _choose(log_factorial: Floats, of: int, chosen: Ints | int) -> Floats:
    """Return the logarithm of the number of ways to choose."""
    ways: Floats = log_factorial[of] - log_factorial[chosen] - log_factorial[of - chosen]
    return ways
