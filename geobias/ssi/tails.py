"""How probable it is that chance gives a statistic as high, or as low, as the one found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincc, gammainc, gammaincc, ndtr

from geobias.sphere import Floats
from geobias.ssi import nulls
from geobias.ssi.nulls import Records
from geobias.ssi.shape import (
    clustering_skewness,
    isolation_excess,
    isolation_skewness,
    relative_skewness,
)

JUDGED = ("clustering", "isolation", "relative")
"""Scores with a p value at every centre, in the order of `geobias.ssi.arrangements`."""

_NEARLY_SYMMETRIC = 0.002
"""Up to this skewness two terms of its expansion around the normal are the gamma distribution.

The incomplete gamma functions lose their precision below half of that.
"""

_AS_TYPE_III = 1e-3
"""An excess kurtosis this close to that of the gamma distribution makes no difference."""

_TWO_MARKS = 1e-9
"""Moments that agree within this share are those of marks that take two values."""


def upper_lower(
    z: Floats,
    skewness: Floats,
    excess: Floats | float = np.nan,
    half_step: Floats | float = 0.0,
) -> tuple[Floats, Floats]:
    """Return P(Z >= z) and P(Z <= z) of a deviate, from the shape of its distribution.

    The Pearson distribution of type III, a gamma distribution that is shifted to mean 0,
    scaled to variance 1 and mirrored if the skewness is negative; the normal distribution
    if there is none. Where the kurtosis is known and less than that of type III, type I, a
    beta distribution. NaN where ``z`` or ``skewness`` is.

    Parameters
    ----------
    z, skewness
        The deviate and the skewness of its distribution.
    excess
        Its excess kurtosis, NaN if unknown.
    half_step
        Half the distance between values that the deviate can take, if they are evenly
        spaced: the probability of the value itself then counts in full (the correction
        for continuity).

    >>> upper, lower = upper_lower(np.array([3.0, 3.0]), np.array([0.0, 0.5]))
    >>> upper.round(5).tolist(), lower.round(5).tolist()
    ([0.00135, 0.00543], [0.99865, 0.99457])
    """
    z, skewness, excess = np.broadcast_arrays(*map(np.asarray, (z, skewness, excess)))
    bounded = 1.5 * skewness**2 - excess > _AS_TYPE_III
    high, low = z - half_step, z + half_step
    upper, lower = _gamma(high, skewness)[0], _gamma(low, skewness)[1]
    upper = np.where(bounded, _beta(high, skewness, excess, bounded)[0], upper)
    lower = np.where(bounded, _beta(low, skewness, excess, bounded)[1], lower)
    return upper, lower


def _gamma(z: Floats, skewness: Floats) -> tuple[Floats, Floats]:
    skewed = np.abs(skewness) > _NEARLY_SYMMETRIC
    steep = np.where(skewed, np.abs(skewness), 1.0)
    shape = 4.0 / steep**2
    above = np.maximum(shape + np.where(skewness < 0.0, -z, z) * 2.0 / steep, 0.0)
    long, short = gammaincc(shape, above), gammainc(shape, above)
    upper = np.where(skewness < 0.0, short, long)
    lower = np.where(skewness < 0.0, long, short)
    normal = z - skewness * (z**2 - 1.0) / 6.0
    return np.where(skewed, upper, ndtr(-normal)), np.where(skewed, lower, ndtr(normal))


def _beta(
    z: Floats, skewness: Floats, excess: Floats, bounded: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    skewness, excess = np.where(bounded, skewness, 0.0), np.where(bounded, excess, -0.1)
    both = 6.0 * (excess + 2.0 - skewness**2) / (3.0 * skewness**2 - 2.0 * excess)
    lean = (both + 2.0) * skewness / np.sqrt((both + 2.0) ** 2 * skewness**2 + 16.0 * (both + 1.0))
    left, right = both / 2.0 * (1.0 - lean), both / 2.0 * (1.0 + lean)
    sd = np.sqrt(left * right / (both + 1.0)) / both
    at = np.clip(left / both + z * sd, 0.0, 1.0)
    return betaincc(left, right, at), betainc(left, right, at)


def isolation_half_step(graph: Records, marks: Records) -> Floats:
    """Return half the step between values of the isolation deviate; 0 if it has none.

    The statistic counts edges of errors: with two marks that are d apart it moves in steps
    of d. Marks take two values if e squared is a linear function of e, that is, if the
    fourth moment is as low as the third allows.
    """
    n = graph["samples"]
    m2, m3, m4 = (marks[power] / n for power in ("square", "cube", "fourth"))
    two_marks = m4 * m2 - m2**3 - m3**2 <= _TWO_MARKS * m4 * m2
    apart = np.sqrt(4.0 * m2 + (m3 / m2) ** 2)
    variance = m2 * (n * graph["border2"] - graph["border"] ** 2) / (n - 1.0)
    return np.where(two_marks, 0.5 * apart / np.sqrt(variance), 0.0)


def fill_tails(
    z: Floats,
    skewness: Floats,
    visited: Floats,
    excess: Floats | float = np.nan,
    half_step: Floats | float = 0.0,
) -> tuple[Floats, Floats]:
    """Return both tails of one statistic: as visited where they were, else in closed form.

    Parameters
    ----------
    z, skewness, excess, half_step
        As in `upper_lower`. A tail is undefined where ``z`` is.
    visited
        (..., 2), both tails from `geobias.ssi.arrangements.few_tails`, or NaN.
    """
    upper, lower = upper_lower(z, skewness, excess, half_step)
    by_visit = np.isfinite(visited[..., 0])
    upper = np.where(by_visit, visited[..., 0], upper)
    lower = np.where(by_visit, visited[..., 1], lower)
    return np.where(np.isnan(z), np.nan, upper), np.where(np.isnan(z), np.nan, lower)


def two_sided_p(upper: Floats, lower: Floats) -> Floats:
    """Return twice the smaller tail, at most 1.

    >>> two_sided_p(np.array([0.01, 0.7]), np.array([0.995, 0.6])).tolist()
    [0.02, 1.0]
    """
    p: Floats = np.minimum(1.0, 2.0 * np.minimum(upper, lower))
    return p


def centre_p(
    graph: Records, marks: Records, powers: Records, motifs: Records, visited: Floats
) -> Floats:
    """Return two-sided p values of the scores in `JUDGED`, (scores, models, centres).

    ``visited`` is (models, centres, scores, 2); the others are the records by those names.
    """
    alone, with_lattice = motifs[:, 0], motifs[:, 1]
    given = graph, marks, powers
    clustering = fill_tails(
        nulls.clustering_z(graph, marks), clustering_skewness(*given, alone), visited[..., 0, :]
    )
    isolation = fill_tails(
        nulls.isolation_z(graph, marks),
        isolation_skewness(*given, with_lattice),
        visited[..., 1, :],
        isolation_excess(*given, with_lattice),
        isolation_half_step(graph, marks),
    )
    relative = fill_tails(
        nulls.relative_z(graph, marks), relative_skewness(*given, with_lattice), visited[..., 2, :]
    )
    return np.stack([two_sided_p(*tails) for tails in (clustering, isolation, relative)])
