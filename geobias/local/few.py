"""The exact distribution of sums of a few values drawn without replacement."""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from geobias.geometry.places import Ints
from geobias.sphere import Floats

MOST = 30
"""Of more values the sums are left to their Pearson distribution."""


def few_tails(different: Ints, held: Ints) -> tuple[Floats, Floats]:
    """Return how probable it is that random values sum up to as much, and to as little.

    All ways to draw from a bag of values are counted, value by value.

    Parameters
    ----------
    different, held
        The whole numbers above 0 in the bag, and how often each is there.

    Returns
    -------
    upper, lower
        (values drawn, sums), up to `MOST` values; NaN where the bag does not hold as many.

    Examples
    --------
    >>> upper, lower = few_tails(np.array([1, 2]), np.array([2, 1]))
    >>> upper[2, 3].round(6).tolist(), lower[2, 3].round(6).tolist()
    (0.666667, 1.0)
    """
    width = MOST * int(different.max(initial=0)) + 1
    # Ways are weighted as if each value were drawn by itself, so that no number is too large; of
    # draws of equally many values all weights are equal.
    likely = min(0.5, 0.5 * MOST / max(1, int(held.sum())))
    ways = np.zeros((MOST + 1, width))
    ways[0, 0] = 1.0
    for value, count in zip(different.tolist(), held.tolist(), strict=True):
        grown = np.zeros_like(ways)
        for times, weight in enumerate(binom.pmf(np.arange(min(count, MOST) + 1), count, likely)):
            grown[times:, times * value :] += (
                weight * ways[: MOST + 1 - times, : width - times * value]
            )
        ways = grown
    with np.errstate(invalid="ignore"):
        probability = ways / ways.sum(axis=1, keepdims=True)
    upper = np.cumsum(probability[:, ::-1], axis=1)[:, ::-1]
    return np.minimum(upper, 1.0), np.minimum(np.cumsum(probability, axis=1), 1.0)
