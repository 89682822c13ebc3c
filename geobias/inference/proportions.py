"""Shares, their differences, and how exactly independent samples tell them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from geobias.sphere import Floats

Z = 1.959963984540054
"""The normal deviate that 2.5 % lie beyond: all intervals are of 95 %."""


def shares(hits: ArrayLike, size: ArrayLike) -> Floats:
    """Return hits over size, NaN of nothing.

    >>> shares([1, 0], [4, 0]).tolist()
    [0.25, nan]
    """
    with np.errstate(invalid="ignore"):
        share: Floats = np.asarray(hits, dtype=np.float64) / np.asarray(size, dtype=np.float64)
    return share


def wilson(hits: ArrayLike, size: ArrayLike) -> tuple[Floats, Floats]:
    """Return the 95 % score interval of a share (Wilson 1927), NaN of nothing.

    >>> low, high = wilson(np.array([8]), np.array([10]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.4902], [0.9433])
    """
    share, n = shares(hits, size), np.asarray(size, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = share + Z**2 / (2.0 * n)
        half = Z * np.sqrt(share * (1.0 - share) / n + Z**2 / (4.0 * n**2))
        low, high = (middle - half) / (1.0 + Z**2 / n), (middle + half) / (1.0 + Z**2 / n)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def newcombe(
    hits: ArrayLike, size: ArrayLike, other_hits: ArrayLike, other_size: ArrayLike
) -> tuple[Floats, Floats]:
    """Return the 95 % interval of a share minus another, by the hybrid score method.

    Method 10 of Newcombe (1998), *Interval estimation for the difference between independent
    proportions*, without continuity correction.

    >>> low, high = newcombe(np.array([56]), np.array([70]), np.array([48]), np.array([80]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0524], [0.3339])
    """
    share, other = shares(hits, size), shares(other_hits, other_size)
    low, high = wilson(hits, size)
    other_low, other_high = wilson(other_hits, other_size)
    gap = share - other
    return (
        gap - np.sqrt((share - low) ** 2 + (other_high - other) ** 2),
        gap + np.sqrt((high - share) ** 2 + (other - other_low) ** 2),
    )


def chi_square(hits: Floats, size: Floats) -> Floats:
    """Return Pearson's chi-square of right and wrong by group, groups along the last axis.

    NaN where there are fewer than two groups, or where all samples are right or all wrong.

    >>> chi_square(np.array([[10.0, 20.0]]), np.array([30.0, 30.0])).round(4).tolist()
    [6.6667]
    """
    if size.size < 2:
        return np.full(hits.shape[:-1], np.nan)
    share = hits.sum(axis=-1) / size.sum()
    spread = share * (1.0 - share)
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = ((hits - size * share[..., None]) ** 2 / size).sum(axis=-1) / spread
    return np.where(spread > 0.0, statistic, np.nan)
