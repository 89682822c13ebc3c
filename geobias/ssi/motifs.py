"""Small patterns of edges in a neighbourhood: what the skewness of the statistics depends on.

The sums over single nodes and pairs of edges that the variance takes are in
`geobias.ssi.sums`. The third moment also asks how often three edges meet, and how.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MOTIF_SUMS = np.dtype(
    [
        ("weight", "f8"),  # sum of A_ij, with A the mean of the edges and their reverse
        ("weight2", "f8"),  # sum of A_ij squared
        ("weight3", "f8"),
        ("triangle", "f8"),  # sum of A_ij A_jl A_li
        ("degree2", "f8"),  # sum of a squared, where a_i is the sum of A_ij over j
        ("degree3", "f8"),
        ("link_degrees", "f8"),  # sum of A_ij a_i a_j
        ("weight2_degree", "f8"),  # sum of A_ij squared times a_i
        ("border", "f8"),  # sum of b, the edges of a sample with the background
        ("border2", "f8"),
        ("border3", "f8"),
        ("border4", "f8"),
        ("degree_border", "f8"),  # sum of a_i b_i
        ("degree2_border", "f8"),  # sum of a_i squared times b_i
        ("degree_border2", "f8"),  # sum of a_i times b_i squared
        ("weight2_border", "f8"),  # sum of A_ij squared times b_i
        ("link_degree_border", "f8"),  # sum of A_ij a_i b_j
        ("link_borders", "f8"),  # sum of A_ij b_i b_j
    ]
)
"""Sums that depend on the locations alone: one record for each of the two graphs."""

HIGHER_POWERS = np.dtype([("fifth", "f8"), ("sixth", "f8")])
"""Per model: sums of the fifth and sixth powers of the deviations e."""


@njit(cache=True, nogil=True)
def sum_powers(deviation, count, sums):
    """Sum the higher powers of one model's deviations."""
    fifth, sixth = 0.0, 0.0
    for i in range(count):
        e = deviation[i]
        e5 = e * e * e * e * e
        fifth += e5
        sixth += e5 * e
    sums.fifth, sums.sixth = fifth, sixth


@njit(cache=True, nogil=True)
def sum_motifs(local, linked, count, degree, weight2, seen, sums):
    """Reduce one graph to its motifs.

    ``linked`` says how many of each member's nearest belong to the graph: ``local.linked``
    for the samples alone, ``local.kept`` with the lattice present. ``degree``, ``weight2``
    (floats) and ``seen`` (integers) are work space of at least ``count``.
    """
    degree[:count] = 0.0
    weight2[:count] = 0.0
    seen[:count] = -1
    for i in range(count):
        degree[i] += 0.5 * linked[i]
        for a in range(linked[i]):
            degree[local.near[i, a]] += 0.5
    sum2, sum3, link_degrees, link_degree_border, link_borders = 0.0, 0.0, 0.0, 0.0, 0.0
    transitive, cyclic = 0, 0
    for i in range(count):
        for a in range(linked[i]):
            seen[local.near[i, a]] = i
        for a in range(linked[i]):
            j = local.near[i, a]
            mutual = False
            for back in range(linked[j]):
                other = local.near[j, back]
                if other == i:
                    mutual = True
                    continue
                transitive += seen[other] == i
                for c in range(linked[other]):
                    cyclic += local.near[other, c] == i
            # A mutual edge has weight 1 and is met from both ends, a one-way edge 1/2 and once.
            square = 0.5 if mutual else 0.25
            weight2[i] += square
            weight2[j] += square
            sum2 += 2.0 * square
            sum3 += 1.0 if mutual else 0.25
            link_degrees += degree[i] * degree[j]
            link_degree_border += 0.5 * (degree[i] * local.border[j] + degree[j] * local.border[i])
            link_borders += local.border[i] * local.border[j]
    sums.weight2, sums.weight3 = sum2, sum3
    sums.triangle = (6.0 * transitive + 2.0 * cyclic) / 8.0
    sums.link_degrees, sums.link_degree_border = link_degrees, link_degree_border
    sums.link_borders = link_borders
    sums.weight, sums.degree2, sums.degree3, sums.weight2_degree = 0.0, 0.0, 0.0, 0.0
    sums.border, sums.border2, sums.border3, sums.border4 = 0.0, 0.0, 0.0, 0.0
    sums.degree_border, sums.degree2_border, sums.degree_border2 = 0.0, 0.0, 0.0
    sums.weight2_border = 0.0
    for i in range(count):
        d, b = degree[i], float(local.border[i])
        sums.weight += d
        sums.degree2 += d * d
        sums.degree3 += d * d * d
        sums.weight2_degree += weight2[i] * d
        sums.border += b
        sums.border2 += b * b
        sums.border3 += b * b * b
        sums.border4 += b * b * b * b
        sums.weight2_border += weight2[i] * b
        sums.degree_border += d * b
        sums.degree2_border += d * d * b
        sums.degree_border2 += d * b * b
