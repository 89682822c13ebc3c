"""What chance makes of the errors among neighbours.

When marks are permuted over the dataset, the errors among ``k`` neighbours are those of a simple
random sample without replacement. Of right and wrong answers their number has the hypergeometric
distribution, so that nothing has to be simulated. Merged sites carry shares of errors. How many of
the sites that are drawn have any error is hypergeometric, too; given that number, the sums of a few
shares are counted out, and those of many have the Pearson distribution with the same mean,
variance, skewness and kurtosis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from geobias.geometry.places import Ints
from geobias.local.few import MOST, few_tails
from geobias.sphere import Floats
from geobias.ssi.tails import upper_lower

_ALL_EQUAL = 1e-12
"""A variance below this is that of equal values."""

_TWO_VALUES = 1e-6
"""The kurtosis is this close to the least that the skewness allows if there are two values."""

_NEVER = 1e-30
"""What is less probable than this is not looked at."""


@dataclass(frozen=True)
class Chance:
    """How unusual sums of errors are.

    Attributes
    ----------
    z
        Each sum in standard deviations of chance from its mean.
    upper, lower
        How probable it is that chance gives as much or more, and as little or less.
    """

    z: Floats
    upper: Floats
    lower: Floats

    @classmethod
    def of(cls, total: Ints, size: Ints, parts: Ints, own: Ints | None = None) -> Chance:
        """Compare sums of errors with those of random samples.

        Parameters
        ----------
        total, size
            The sum over each neighbourhood, and of how many values it is.
        parts
            All values, whole numbers: 1 wrong and 0 right, or so many parts of a site are wrong.
        own
            What each neighbourhood is centred on, if that is given and none of its sum; the
            others then are drawn from all values but this.

        Returns
        -------
        Chance
            NaN where all values that could be drawn are equal, or all are drawn.

        References
        ----------
        Sukhatme, Moments and product moments of moment-statistics for samples of the finite and
        infinite populations, Sankhya 6, 1944.

        Examples
        --------
        >>> wrong = np.array([1, 1, 0, 0, 0, 0])
        >>> chance = Chance.of(np.array([2]), np.array([2]), wrong)
        >>> chance.upper.round(4).tolist(), chance.z.round(4).tolist()
        ([0.0667], [2.2361])
        """
        left = parts.size - (own is not None)
        mean, m2, *_ = _moments(parts, own)
        fixed = np.broadcast_to((m2 <= _ALL_EQUAL * parts.max() ** 2) | (size >= left), size.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (total - size * mean) / np.sqrt(size * (left - size) / (left - 1.0) * m2)
        z = np.where(fixed, np.nan, z)
        if parts.max() <= 1:
            wrong = parts.sum() - (0 if own is None else own)
            upper, lower = _hypergeometric(total, size, wrong, left)
        else:
            upper, lower = _shares(total, size, parts, own)
        return cls(z, *(np.where(fixed, np.nan, tail) for tail in (upper, lower)))


def _moments(parts: Ints, own: Ints | None) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the mean and the central moments of all values but one's own."""
    middle = parts.mean()
    spread = parts - middle
    sums = [(spread**power).sum() for power in range(1, 5)]
    if own is None:
        raw = [np.array([each / parts.size]) for each in sums]
    else:
        left = parts.size - 1
        raw = [(each - (own - middle) ** power) / left for power, each in enumerate(sums, 1)]
    first, second, third, fourth = raw
    return (
        middle + first,
        second - first**2,
        third - 3.0 * first * second + 2.0 * first**3,
        fourth - 4.0 * first * third + 6.0 * first**2 * second - 3.0 * first**4,
    )


def _shape(
    k: Floats, n: float, m2: Floats, m3: Floats, m4: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the deviation, skewness and excess of sums of ``k`` of ``n`` values."""
    variance = k * (n - k) / (n - 1.0) * m2
    cube = k * (n - k) * (n - 2.0 * k) / ((n - 1.0) * (n - 2.0)) * m3
    same = (n * (n + 1.0) - 6.0 * k * (n - k)) * m4
    pairs = 3.0 * n * (k - 1.0) * (n - k - 1.0) * m2**2
    fourth = k * (n - k) * (same + pairs) / ((n - 1.0) * (n - 2.0) * (n - 3.0))
    return np.sqrt(variance), cube / variance**1.5, fourth / variance**2 - 3.0


def _hypergeometric(total: Ints, size: Ints, wrong: Ints | int, left: int) -> tuple[Floats, Floats]:
    """Return both tails of numbers of errors.

    Many neighbourhoods have the same size. One pass over all numbers of errors that are possible
    there serves them all, where scipy would sum up the same terms for each.
    """
    upper, lower = np.empty(total.size), np.empty(total.size)
    log_factorial = gammaln(np.arange(left + 1.0) + 1.0)
    cases = np.column_stack((size, np.broadcast_to(wrong, total.shape)))
    different, case = np.unique(cases, axis=0, return_inverse=True)
    order = np.argsort(case.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(case.ravel()))
    for (drawn, held), one in zip(different, np.split(order, ends[:-1]), strict=True):
        least, probability = _numbers(log_factorial, drawn, held, left)
        at = total[one] - least
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


def _shares(total: Ints, size: Ints, parts: Ints, own: Ints | None) -> tuple[Floats, Floats]:
    """Return both tails of sums of shares."""
    upper, lower = np.empty(total.size), np.empty(total.size)
    log_factorial = gammaln(np.arange(parts.size + 1.0) + 1.0)
    different, held = np.unique(parts, return_counts=True)
    without = np.full(total.size, -1) if own is None else own
    for taken in np.unique(without):
        bag = held - (different == taken)
        touched = np.repeat(different[different > 0], bag[different > 0])
        few = few_tails(different[different > 0], bag[different > 0])
        of_one = np.flatnonzero(without == taken)
        for drawn in np.unique(size[of_one]):
            one = of_one[size[of_one] == drawn]
            least, probability = _numbers(log_factorial, drawn, touched.size, int(bag.sum()))
            numbers = least + np.flatnonzero(probability > _NEVER)
            sums, at = np.unique(total[one], return_inverse=True)
            tails = _given(numbers, sums, touched, few)
            weights = probability[numbers - least]
            upper[one], lower[one] = ((weights @ tail)[at] for tail in tails)
    return np.minimum(upper, 1.0), np.minimum(lower, 1.0)


def _given(
    numbers: Ints, sums: Ints, touched: Ints, few: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return both tails of sums of so many values above 0, (numbers, sums)."""
    upper, lower = np.zeros((2, numbers.size, sums.size))
    exact = numbers <= MOST
    inside = sums < few[0].shape[1]
    lower[:, ~inside] = 1.0
    for tail, table in zip((upper, lower), few, strict=True):
        tail[np.ix_(exact, inside)] = table[np.ix_(numbers[exact], sums[inside])]
    many = numbers[~exact, None].astype(np.float64)
    if many.size:
        mean, *moments = _moments(touched, None)
        with np.errstate(divide="ignore", invalid="ignore"):
            sd, skewness, excess = _shape(many, float(touched.size), *moments)
            z = (sums - many * mean) / sd
            # Sums that take two values have no beta distribution.
            excess[excess + 2.0 - skewness**2 < _TWO_VALUES * (1.0 + skewness**2)] = np.nan
            half_step = 0.5 * np.gcd.reduce(touched - touched.min()) / sd
            upper[~exact], lower[~exact] = upper_lower(z, skewness, excess, half_step)
        # All are equal, or all are drawn.
        certain = ~(sd > 1e-9 * touched.max())[:, 0]
        at = sums - np.rint(many * mean)
        known = np.flatnonzero(~exact)[certain]
        upper[known], lower[known] = at[certain] <= 0.0, at[certain] >= 0.0
    return upper, lower
