"""From graphs and marks to sums over edges: all that any score needs to know.

The kernel walks the neighbourhoods of a chunk, builds each graph in work space and
reduces it at once to the sums below. No null, preset or transformation lives here.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.geometry.graph import lay_out, link_background, link_samples, place_members, room_for
from geobias.geometry.lattice import lattice_of

GRAPH_SUMS = np.dtype(
    [
        ("samples", "f8"),  # n
        ("background", "f8"),  # m, the lattice points
        ("inside", "f8"),  # edges from background to background
        ("edges", "f8"),  # edges from sample to sample, with the lattice present
        ("mutual", "f8"),  # those that run both ways (each direction counts)
        ("degree2", "f8"),  # sum of squared degrees, in plus out, over these edges
        ("border", "f8"),  # sum of b, the edges of a sample with the background
        ("border2", "f8"),  # sum of b squared
        ("degree_border", "f8"),  # sum of degree times b
        ("alone_edges", "f8"),  # the same for the graph of samples alone
        ("alone_mutual", "f8"),
        ("alone_degree2", "f8"),
    ]
)
"""Sums that depend on the locations alone; ``background`` 0 means there was no lattice."""

MARK_SUMS = np.dtype(
    [
        ("mean", "f8"),  # mean mark of the samples; e below are deviations from it
        ("square", "f8"),  # sum of e squared, and so on; exactly 0 when all marks are equal
        ("cube", "f8"),
        ("fourth", "f8"),
        ("product", "f8"),  # sum of e_i e_j over the edges with the lattice present
        ("alone_product", "f8"),  # and over the edges of the graph of samples alone
        ("degree_mark", "f8"),  # sum of degree times e
        ("border_mark", "f8"),  # sum of b times e
    ]
)
"""Sums per model."""


@njit(cache=True, nogil=True)
def _sum_graph(local, count, degree, alone, sums):
    """Reduce one graph; leaves the degrees with the lattice present in ``degree``."""
    for i in range(count):
        degree[i] = local.kept[i]
        alone[i] = local.linked[i]
    edges, alone_edges, mutual, alone_mutual = 0, 0, 0, 0
    for i in range(count):
        for a in range(local.linked[i]):
            j = local.near[i, a]
            kept = a < local.kept[i]
            alone[j] += 1
            degree[j] += kept
            for b in range(local.linked[j]):
                if local.near[j, b] == i:
                    alone_mutual += 1
                    mutual += kept and b < local.kept[j]
                    break
        edges += local.kept[i]
        alone_edges += local.linked[i]
    degree2, alone_degree2, border, border2, degree_border = 0, 0, 0, 0, 0
    for i in range(count):
        degree2 += degree[i] * degree[i]
        alone_degree2 += alone[i] * alone[i]
        border += local.border[i]
        border2 += local.border[i] * local.border[i]
        degree_border += degree[i] * local.border[i]
    sums.edges, sums.mutual, sums.degree2 = edges, mutual, degree2
    sums.border, sums.border2, sums.degree_border = border, border2, degree_border
    sums.alone_edges, sums.alone_mutual = alone_edges, alone_mutual
    sums.alone_degree2 = alone_degree2


@njit(cache=True, nogil=True)
def _sum_marks(local, count, degree, marks, deviation, sums):
    """Reduce one model's marks, given by member, over one graph."""
    total = 0.0
    for i in range(count):
        total += marks[i]
    mean = total / count
    lowest, highest = marks[:count].min(), marks[:count].max()
    square, cube, fourth = 0.0, 0.0, 0.0
    for i in range(count):
        e = 0.0 if lowest == highest else marks[i] - mean
        deviation[i] = e
        square += e * e
        cube += e * e * e
        fourth += e * e * e * e
    product, alone_product, degree_mark, border_mark = 0.0, 0.0, 0.0, 0.0
    for i in range(count):
        kept_sum, left_sum = 0.0, 0.0
        for a in range(local.kept[i]):
            kept_sum += deviation[local.near[i, a]]
        for a in range(local.kept[i], local.linked[i]):
            left_sum += deviation[local.near[i, a]]
        product += deviation[i] * kept_sum
        alone_product += deviation[i] * (kept_sum + left_sum)
        degree_mark += degree[i] * deviation[i]
        border_mark += local.border[i] * deviation[i]
    sums.mean, sums.square, sums.cube, sums.fourth = mean, square, cube, fourth
    sums.product, sums.alone_product = product, alone_product
    sums.degree_mark, sums.border_mark = degree_mark, border_mark


@njit(cache=True, nogil=True)
def sum_edges(
    unit, lat_rad, lon_rad, seat_start, point_of_seat, nearest,
    centres, radius, start, members, k, marks, codes, rings,
    graph_sums, mark_sums, level_counts,
):  # fmt: skip
    """Fill ``graph_sums`` and ``mark_sums`` for a chunk of neighbourhoods.

    ``marks`` and ``codes`` (the index of the mark's level, or -1) are (models, seats).
    ``level_counts`` (models, centres, levels) counts members by level.
    """
    sizes = start[1:] - start[:-1]
    most = sizes.max()
    local, offers = room_for(most, rings.ring.size, k)
    degree = np.empty(most, np.int64)
    alone = np.empty(most, np.int64)
    marked = np.empty(most)
    deviation = np.empty(most)
    member_of_seat = np.full(point_of_seat.size, -1, np.int32)
    last_size, last_radius = -1, -1.0
    for c in range(sizes.size):
        count = sizes[c]
        seats = members[start[c] : start[c + 1]]
        for i in range(count):
            for model in range(marks.shape[0]):
                if codes[model, seats[i]] >= 0:
                    level_counts[model, c, codes[model, seats[i]]] += 1
        graph_sums[c].samples = count
        if radius[c] <= 0.0:
            continue
        for i in range(count):
            member_of_seat[seats[i]] = i
        if count != last_size or radius[c] != last_radius:
            last_size, last_radius = count, radius[c]
            lattice = lattice_of(count, radius[c], k, rings.size)
            lay_out(offers, lattice)
        place_members(local, seats, unit, point_of_seat, lat_rad[centres[c]], lon_rad[centres[c]])
        link_samples(local, seats, k, seat_start, point_of_seat, nearest, member_of_seat)
        inside = link_background(local, count, k, lattice, rings, offers)
        graph_sums[c].background = lattice.points
        graph_sums[c].inside = inside
        _sum_graph(local, count, degree, alone, graph_sums[c])
        for model in range(marks.shape[0]):
            for i in range(count):
                marked[i] = marks[model, seats[i]]
            _sum_marks(local, count, degree, marked, deviation, mark_sums[model, c])
        for i in range(count):
            member_of_seat[seats[i]] = -1
