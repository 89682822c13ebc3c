"""The exact distribution of sums of a few values drawn without replacement."""

from __future__ import annotations

import numpy as np
from scipy.special import comb

from geobias.geometry.places import Ints
from geobias.sphere import Floats

MOST = 12
"""Sums of more values are close to their Pearson distribution."""


def few_tails(total: Ints, size: Ints, values: Ints, own: Ints | None) -> tuple[Floats, Floats]:
    """Return how probable it is that random values sum up to as much, and to as little.

    All ways to draw from a bag of values are counted, value by value.

    Parameters
    ----------
    total, size
        Sums, and of how many values, which are at most `MOST`.
    values
        What is drawn from: whole numbers of 0 or more, not many different ones.
    own
        The value that is taken out of the bag before, for each sum.

    Examples
    --------
    >>> upper, lower = few_tails(np.array([3]), np.array([2]), np.array([0, 1, 1, 2]), None)
    >>> upper.round(6).tolist(), lower.round(6).tolist()
    ([0.333333], [1.0])
    """
    upper, lower = np.empty(total.size), np.empty(total.size)
    different, held = np.unique(values, return_counts=True)
    without = np.full(total.size, -1) if own is None else own
    for taken in np.unique(without):
        chosen = without == taken
        probability = _probabilities(different, held - (different == taken))
        above = np.cumsum(probability[:, ::-1], axis=1)[:, ::-1]
        below = np.cumsum(probability, axis=1)
        upper[chosen] = above[size[chosen], total[chosen]]
        lower[chosen] = below[size[chosen], total[chosen]]
    return np.minimum(upper, 1.0), np.minimum(lower, 1.0)


def _probabilities(different: Ints, held: Ints) -> Floats:
    """Return the probability of every sum of up to `MOST` values, (values, sums)."""
    width = MOST * int(different.max()) + 1
    ways = np.zeros((MOST + 1, width))
    ways[0, 0] = 1.0
    for value, count in zip(different.tolist(), held.tolist(), strict=True):
        grown = ways.copy()
        for times in range(1, min(count, MOST) + 1):
            added = comb(count, times) * ways[: MOST + 1 - times, : width - times * value]
            grown[times:, times * value :] += added
        ways = grown
    with np.errstate(invalid="ignore"):
        shares: Floats = ways / ways.sum(axis=1, keepdims=True)
    return shares
