"""What chance would do: the mean and variance of each statistic, in closed form.

Every function works on whole arrays of neighbourhoods at once; the sums it takes are
described in `geobias.ssi.sums`. What cannot be computed comes out as NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geobias.sphere import Floats
from geobias.ssi.surprisal import two_sided

Records = NDArray[np.void]

FEWEST_SAMPLES = 8
"""Fewer samples than this are too few to permute."""

_ROUNDING = 1e-12
"""A variance smaller than this fraction of its own terms is a rounding error of zero."""


def statistic(
    graph: Records, mean: Floats, product: Floats, degree_mark: Floats, border_mark: Floats
) -> Floats:
    """Return U, the sum of products of mark deviations over all edges of the graph.

    Parameters
    ----------
    graph
        ``GRAPH_SUMS`` of the neighbourhoods.
    mean, product, degree_mark, border_mark
        The fields of ``MARK_SUMS`` by that name.
    """
    overall = mean * graph["samples"] / _nodes(graph)
    offset = mean - overall
    u: Floats = (
        product
        + offset * degree_mark
        - overall * border_mark
        + offset**2 * graph["edges"]
        - offset * overall * graph["border"]
        + overall**2 * graph["inside"]
    )
    return u


def unmarked_statistic(graph: Records) -> Floats:
    """Return U when every sample carries the same mark 1."""
    nothing = np.zeros(graph.shape)
    return statistic(graph, np.ones(graph.shape), nothing, nothing, nothing)


def analytic_null(
    levels: Sequence[float], counts: Sequence[Floats], k: int
) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of U when all nodes trade places.

    The null of Wang et al. (2024), *Probing the information theoretical roots of spatial
    dependence measures*: samples and lattice points alike are shuffled.

    Parameters
    ----------
    levels
        Mark levels in ascending order, the background's 0 among them.
    counts
        How many nodes carry each level.
    k
        Neighbours of each node.
    """
    count = np.asarray(counts, dtype=np.float64)
    nodes = count.sum(axis=0)
    value = np.asarray(levels, dtype=np.float64).reshape(-1, *([1] * (count.ndim - 1)))
    # Level by level: NumPy adds up one centre in another order than many.
    off = value - sum(value * count) / nodes
    commonest = count.argmax(axis=0)
    common_value = np.asarray(levels, dtype=np.float64)[commonest]
    common_off = np.take_along_axis(off, commonest[None], axis=0)[0]
    mean, variance = np.zeros(nodes.shape), np.zeros(nodes.shape)
    for p in range(len(levels)):
        there = count[p] > 0
        alike = k * count[p] * (count[p] - 1.0) / nodes - 1.0
        mean += np.where(there, off[p] ** 2 * alike, 0.0)
        spread = 2.0 * (count[p] - 1.0) * (k * count[p] / nodes)
        spread = spread * (1.0 - k * (2.0 * count[p] - 1.0) / (3.0 * nodes))
        rare = there & (commonest != p)
        variance += np.where(rare, (value[p] - common_value) ** 4 * spread, 0.0)
        for q in range(len(levels)):
            if q == p:
                continue
            mean += off[p] * off[q] * k * count[p] * count[q] / nodes
            weight = off[p] * off[q] - 2.0 * off[p] * common_off + common_off**2
            spread = (k * count[p] * count[q] / nodes) * (
                1.0 - k * np.maximum(count[p], count[q]) / nodes
            )
            variance += np.where(rare & (commonest != q), weight**2 * spread, 0.0)
    return mean, np.sqrt(np.where(variance > 0.0, variance, np.nan))


def clustering_z(graph: Records, marks: Records) -> Floats:
    """Return z of U on the graph of samples alone, errors beside errors.

    The classical randomisation moments of Moran's I: the marks are permuted among the
    samples of the neighbourhood.
    """
    expected = -graph["alone_edges"] * _moment(graph, marks, "square") / (graph["samples"] - 1.0)
    variance = _quadratic_variance(
        graph, marks, graph["alone_edges"], graph["alone_mutual"], graph["alone_degree2"]
    )
    z = (marks["alone_product"] - expected) / _root(variance)
    return np.where(graph["samples"] >= FEWEST_SAMPLES, z, np.nan)


def isolation_z(graph: Records, marks: Records) -> Floats:
    """Return z of the background edges of errors, errors where samples are sparse.

    Positive when the wrong samples are the isolated ones.
    """
    n = graph["samples"]
    spread = n * graph["border2"] - graph["border"] ** 2
    variance = _moment(graph, marks, "square") * spread / (n - 1.0)
    return _where_calibratable(graph, -marks["border_mark"] / _root(variance))


def relative_z(graph: Records, marks: Records) -> Floats:
    """Return z of the marked statistic when marks trade places among the samples only.

    The calibrated twin of the marked score: locations, lattice and local accuracy are
    given, and only where the errors sit is left to chance. Tiny neighbourhoods count where
    all arrangements of the marks were tried.
    """
    n, edges = graph["samples"], graph["edges"]
    overall = marks["mean"] * n / _nodes(graph)
    offset = marks["mean"] - overall
    m2, m3 = _moment(graph, marks, "square"), _moment(graph, marks, "cube")
    # A sample's linear weight is g = 2 offset a - overall b, with a half its degree.
    g = 2.0 * offset * edges - overall * graph["border"]
    g2 = (
        offset**2 * graph["degree2"]
        - 2.0 * offset * overall * graph["degree_border"]
        + overall**2 * graph["border2"]
    )
    ga = offset * graph["degree2"] / 2.0 - overall * graph["degree_border"] / 2.0
    linear = offset * marks["degree_mark"] - overall * marks["border_mark"]
    departure = marks["product"] + edges * m2 / (n - 1.0) + linear
    linear_variance = m2 * (n * g2 - g**2) / (n - 1.0)
    covariance = -2.0 * m3 / (n - 1.0) * ga + 2.0 * m3 / ((n - 1.0) * (n - 2.0)) * (
        edges * g - 2.0 * ga
    )
    variance = (
        linear_variance
        + _quadratic_variance(graph, marks, edges, graph["mutual"], graph["degree2"])
        + 2.0 * covariance
    )
    rounding = _ROUNDING * (
        m2 * (n * g2 + g**2) / (n - 1.0)
        + 2.0 * np.abs(m3) / (n - 1.0) * np.abs(ga)
        + 2.0 * np.abs(m3) / ((n - 1.0) * (n - 2.0)) * (np.abs(edges * g) + 2.0 * np.abs(ga))
    )
    variance = np.where(variance > rounding, variance, np.nan)
    z = departure / _root(variance)
    return np.where(marks["middle_tail"] > 0.0, z, _where_calibratable(graph, z))


def relative_nats(marks: Records, z: Floats) -> Floats:
    """Return the relative score: of tiny neighbourhoods from the tail that was counted out."""
    tail = marks["middle_tail"]
    counted_out = -np.log(np.where(tail > 0.0, tail, 1.0))
    return np.where((tail > 0.0) & ~np.isnan(z), counted_out, two_sided(z))


def _quadratic_variance(
    graph: Records, marks: Records, edges: Floats, mutual: Floats, degree2: Floats
) -> Floats:
    """Return the variance of sum A_ij e_i e_j under permutation (Cliff and Ord 1981)."""
    n = graph["samples"]
    m2, m4 = _moment(graph, marks, "square"), _moment(graph, marks, "fourth")
    s0_squared, s1, s2 = edges**2, edges + mutual, degree2
    second = ((n**2 - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s0_squared) * m2**2 * n
    fourth = ((n**2 - n) * s1 - 2.0 * n * s2 + 6.0 * s0_squared) * m4
    scale = (n - 1.0) * (n - 2.0) * (n - 3.0)
    squared_mean = (edges * m2 / (n - 1.0)) ** 2
    variance = (second - fourth) / scale - squared_mean
    rounding = _ROUNDING * (np.abs(second / scale) + np.abs(fourth / scale) + squared_mean)
    return np.where(variance > rounding, variance, 0.0)


def _moment(graph: Records, marks: Records, power: str) -> Floats:
    moment: Floats = marks[power] / graph["samples"]
    return moment


def _nodes(graph: Records) -> Floats:
    nodes: Floats = graph["samples"] + graph["background"]
    return nodes


def _root(variance: Floats) -> Floats:
    return np.sqrt(np.where(variance > 0.0, variance, np.nan))


def _where_calibratable(graph: Records, z: Floats) -> Floats:
    enough = (graph["samples"] >= FEWEST_SAMPLES) & (graph["background"] > 0)
    return np.where(enough, z, np.nan)
