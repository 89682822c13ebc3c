"""The shape of each statistic's distribution when the marks trade places, in closed form.

Each statistic is a sum over edges plus a sum over samples, T = sum A_ij e_i e_j + sum g_i e_i.
Its third power is a sum over triples of such terms. Triples that touch the samples in the same
pattern share one factor, the mean of a product of powers of e over distinct samples; the other
factor counts the pattern in the graph. Both are exact, and so is the skewness. Of isolation,
which has no sum over edges, the fourth power is as simple.

Every function works on whole arrays of neighbourhoods at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from geobias.sphere import Floats
from geobias.ssi.nulls import Records

_ROUNDING = 1e-12
"""A variance smaller than this fraction of its own terms is a rounding error of zero."""

Means = Callable[..., Floats]


class _Linear(NamedTuple):
    """Sums of the linear weights g, alone and together with the graph."""

    g: Floats
    g2: Floats
    g3: Floats
    ag: Floats  # sum of a_i g_i
    a2g: Floats
    ag2: Floats
    w2g: Floats  # sum of A_ij squared times g_i
    a_g: Floats  # sum of A_ij a_i g_j
    g_g: Floats  # sum of A_ij g_i g_j


def clustering_skewness(graph: Records, marks: Records, powers: Records, motifs: Records) -> Floats:
    """Return the skewness of U on the graph of samples alone.

    Parameters
    ----------
    graph, marks
        ``GRAPH_SUMS`` and ``MARK_SUMS`` of the neighbourhoods.
    powers
        ``HIGHER_POWERS`` of the same neighbourhoods and model.
    motifs
        ``MOTIF_SUMS`` of the graph of samples alone.
    """
    means = _means_of_products(graph["samples"], marks, powers)
    return _skewness(
        _quadratic_mean(motifs, means),
        _quadratic_square(motifs, means),
        _quadratic_cube(motifs, means),
    )


def isolation_skewness(graph: Records, marks: Records, powers: Records, motifs: Records) -> Floats:
    """Return the skewness of the background edges of errors.

    ``motifs`` are those of the graph with the lattice present.
    """
    means = _means_of_products(graph["samples"], marks, powers)
    linear = _linear(motifs, np.zeros(graph.shape), -np.ones(graph.shape))
    return _skewness(
        np.zeros(graph.shape), _linear_square(linear, means), _linear_cube(linear, means)
    )


def isolation_excess(graph: Records, marks: Records, powers: Records, motifs: Records) -> Floats:
    """Return the excess kurtosis of the background edges of errors: the fourth moment, less 3.

    Arguments as for `isolation_skewness`.
    """
    means = _means_of_products(graph["samples"], marks, powers)
    b, b2, b3, b4 = (motifs[name] for name in ("border", "border2", "border3", "border4"))
    square = b2 * means(2) + (b**2 - b2) * means(1, 1)
    fourth = (
        b4 * means(4)
        + 4.0 * (b3 * b - b4) * means(3, 1)
        + 3.0 * (b2**2 - b4) * means(2, 2)
        + 6.0 * (b2 * b**2 - b2**2 - 2.0 * b3 * b + 2.0 * b4) * means(2, 1, 1)
        + (b**4 - 6.0 * b2 * b**2 + 3.0 * b2**2 + 8.0 * b3 * b - 6.0 * b4) * means(1, 1, 1, 1)
    )
    square = np.where(square > _ROUNDING * b2 * means(2), square, np.nan)
    excess: Floats = fourth / square**2 - 3.0
    return excess


def relative_skewness(graph: Records, marks: Records, powers: Records, motifs: Records) -> Floats:
    """Return the skewness of the marked statistic when only the samples trade marks.

    ``motifs`` are those of the graph with the lattice present.
    """
    overall = marks["mean"] * graph["samples"] / (graph["samples"] + graph["background"])
    means = _means_of_products(graph["samples"], marks, powers)
    linear = _linear(motifs, 2.0 * (marks["mean"] - overall), -overall)
    square = (
        _quadratic_square(motifs, means)
        + 2.0 * _quadratic_by_linear(motifs, linear, means)
        + _linear_square(linear, means)
    )
    cube = (
        _quadratic_cube(motifs, means)
        + 3.0 * _square_by_linear(motifs, linear, means)
        + 3.0 * _quadratic_by_square(motifs, linear, means)
        + _linear_cube(linear, means)
    )
    return _skewness(_quadratic_mean(motifs, means), square, cube)


def _skewness(mean: Floats, square: Floats, cube: Floats) -> Floats:
    variance = square - mean**2
    variance = np.where(variance > _ROUNDING * (np.abs(square) + mean**2), variance, np.nan)
    third: Floats = cube - 3.0 * mean * square + 2.0 * mean**3
    return third / variance**1.5


def _means_of_products(samples: Floats, marks: Records, powers: Records) -> Means:
    """Return a function of exponents: the mean of a product of powers of e over distinct samples.

    ``means(2, 1)`` is the mean of e_i squared times e_j over all ordered pairs i != j.
    """
    power_sums = {
        1: np.zeros(samples.shape),  # e are deviations from their mean
        2: marks["square"],
        3: marks["cube"],
        4: marks["fourth"],
        5: powers["fifth"],
        6: powers["sixth"],
    }
    known: dict[tuple[int, ...], Floats] = {(r,): total for r, total in power_sums.items()}

    def total(exponents: tuple[int, ...]) -> Floats:
        """Sum over distinct samples: over any last sample, less where it is one of the others."""
        exponents = tuple(sorted(exponents, reverse=True))
        if exponents not in known:
            others, last = exponents[:-1], exponents[-1]
            value = total(others) * power_sums[last]
            for place, exponent in enumerate(others):
                value = value - total((*others[:place], exponent + last, *others[place + 1 :]))
            known[exponents] = value
        return known[exponents]

    def means(*exponents: int) -> Floats:
        value = total(exponents)
        for taken in range(len(exponents)):
            value = value / (samples - taken)
        return value

    return means


def _linear(motifs: Records, of_degree: Floats, of_border: Floats) -> _Linear:
    """Return the sums of g = of_degree times a + of_border times b."""
    s, t = of_degree, of_border
    return _Linear(
        g=s * motifs["weight"] + t * motifs["border"],
        g2=s**2 * motifs["degree2"]
        + 2.0 * s * t * motifs["degree_border"]
        + t**2 * motifs["border2"],
        g3=(
            s**3 * motifs["degree3"]
            + 3.0 * s**2 * t * motifs["degree2_border"]
            + 3.0 * s * t**2 * motifs["degree_border2"]
            + t**3 * motifs["border3"]
        ),
        ag=s * motifs["degree2"] + t * motifs["degree_border"],
        a2g=s * motifs["degree3"] + t * motifs["degree2_border"],
        ag2=(
            s**2 * motifs["degree3"]
            + 2.0 * s * t * motifs["degree2_border"]
            + t**2 * motifs["degree_border2"]
        ),
        w2g=s * motifs["weight2_degree"] + t * motifs["weight2_border"],
        a_g=s * motifs["link_degrees"] + t * motifs["link_degree_border"],
        g_g=(
            s**2 * motifs["link_degrees"]
            + 2.0 * s * t * motifs["link_degree_border"]
            + t**2 * motifs["link_borders"]
        ),
    )


# --- Moments: in each, the patterns in the order of how many samples they touch -------------------


def _linear_square(linear: _Linear, means: Means) -> Floats:
    square: Floats = linear.g2 * means(2) + (linear.g**2 - linear.g2) * means(1, 1)
    return square


def _linear_cube(linear: _Linear, means: Means) -> Floats:
    cube: Floats = (
        linear.g3 * means(3)
        + 3.0 * (linear.g2 * linear.g - linear.g3) * means(2, 1)
        + (linear.g**3 - 3.0 * linear.g2 * linear.g + 2.0 * linear.g3) * means(1, 1, 1)
    )
    return cube


def _quadratic_mean(motifs: Records, means: Means) -> Floats:
    mean: Floats = motifs["weight"] * means(1, 1)
    return mean


def _quadratic_by_linear(motifs: Records, linear: _Linear, means: Means) -> Floats:
    """Mean of the edges times the linear part."""
    product: Floats = 2.0 * linear.ag * means(2, 1) + (
        motifs["weight"] * linear.g - 2.0 * linear.ag
    ) * means(1, 1, 1)
    return product


def _quadratic_square(motifs: Records, means: Means) -> Floats:
    same = 2.0 * motifs["weight2"]
    path = 4.0 * (motifs["degree2"] - motifs["weight2"])
    apart = motifs["weight"] ** 2 - same - path
    square: Floats = same * means(2, 2) + path * means(2, 1, 1) + apart * means(1, 1, 1, 1)
    return square


def _quadratic_by_square(motifs: Records, linear: _Linear, means: Means) -> Floats:
    """Mean of the edges times the square of the linear part."""
    weight = motifs["weight"]
    both_ends = 2.0 * linear.g_g
    twice_at_end = 2.0 * linear.ag2
    one_end = 4.0 * (linear.g * linear.ag - linear.ag2 - linear.g_g)
    twice_apart = weight * linear.g2 - 2.0 * linear.ag2
    apart = weight * linear.g**2 - both_ends - twice_at_end - one_end - twice_apart
    product: Floats = (
        both_ends * means(2, 2)
        + twice_at_end * means(3, 1)
        + (one_end + twice_apart) * means(2, 1, 1)
        + apart * means(1, 1, 1, 1)
    )
    return product


def _square_by_linear(motifs: Records, linear: _Linear, means: Means) -> Floats:
    """Mean of the square of the edges times the linear part."""
    weight, weight2 = motifs["weight"], motifs["weight2"]
    same_at_end = 4.0 * linear.w2g
    same_apart = 2.0 * weight2 * linear.g - same_at_end
    path_at_middle = 4.0 * (linear.a2g - linear.w2g)
    path_at_end = 8.0 * (linear.a_g - linear.w2g)
    path_apart = 4.0 * (motifs["degree2"] - weight2) * linear.g - path_at_middle - path_at_end
    two_at_end = 4.0 * (weight * linear.ag - 2.0 * linear.a2g - 2.0 * linear.a_g + 2.0 * linear.w2g)
    apart = (
        weight**2 * linear.g
        - same_at_end - same_apart - path_at_middle - path_at_end - path_apart - two_at_end
    )  # fmt: skip
    product: Floats = (
        same_at_end * means(3, 2)
        + (same_apart + path_at_end) * means(2, 2, 1)
        + path_at_middle * means(3, 1, 1)
        + (path_apart + two_at_end) * means(2, 1, 1, 1)
        + apart * means(1, 1, 1, 1, 1)
    )
    return product


def _quadratic_cube(motifs: Records, means: Means) -> Floats:
    weight, weight2, weight3 = motifs["weight"], motifs["weight2"], motifs["weight3"]
    triangle, w2a = motifs["triangle"], motifs["weight2_degree"]
    degree3, a_a = motifs["degree3"], motifs["link_degrees"]
    same = 4.0 * weight3
    same_and_next = 24.0 * (w2a - weight3)
    same_and_apart = 6.0 * (weight2 * weight - 4.0 * w2a + 2.0 * weight3)
    triangles = 8.0 * triangle
    star = 8.0 * (degree3 - 3.0 * w2a + 2.0 * weight3)
    path = 24.0 * (a_a - 2.0 * w2a + weight3 - triangle)
    path_and_apart = 12.0 * (
        (motifs["degree2"] - weight2) * weight
        - 2.0 * (degree3 + 2.0 * a_a - 3.0 * w2a)
        + 2.0 * (2.0 * (w2a - weight3) + triangle)
    )
    apart = (
        weight**3
        - same - same_and_next - same_and_apart - triangles - star - path - path_and_apart
    )  # fmt: skip
    cube: Floats = (
        same * means(3, 3)
        + same_and_next * means(3, 2, 1)
        + triangles * means(2, 2, 2)
        + (same_and_apart + path) * means(2, 2, 1, 1)
        + star * means(3, 1, 1, 1)
        + path_and_apart * means(2, 1, 1, 1, 1)
        + apart * means(1, 1, 1, 1, 1, 1)
    )
    return cube
