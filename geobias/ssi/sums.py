"""From graphs and marks to sums over edges: all that any score needs to know.

The kernel walks the neighbourhoods of a chunk, builds each graph in work space and
reduces it at once to the sums below. No null, preset or transformation lives here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.graph import lay_out, link_up, room_for
from geobias.geometry.lattice import lattice_of
from geobias.sphere import Floats
from geobias.ssi.arrangements import room_to_deal, tiny_tails

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
        ("middle_tail", "f8"),  # of the relative statistic, in tiny neighbourhoods; else 0
    ]
)
"""Sums per column of marks."""


FEWEST_IN_TINY, MOST_IN_TINY = 4, 7
"""Neighbourhoods of so many samples have few enough arrangements to try them all."""

BLOCK = 64
"""At most so many columns are summed side by side, in the lanes of the processor."""


class Block(NamedTuple):
    """Work space for a block of columns: ``marks`` (members, columns), the rest by column."""

    marks: Floats
    mean: Floats
    lowest: Floats
    highest: Floats
    square: Floats
    cube: Floats
    fourth: Floats
    product: Floats
    alone_product: Floats
    degree_mark: Floats
    border_mark: Floats
    nearby: Floats
    middle_tail: Floats
    level_counts: Floats


@njit(cache=True, nogil=True)
def _room_for_block(members, columns, levels):
    return Block(
        np.empty((members, columns)),
        np.empty(columns),
        np.empty(columns),
        np.empty(columns),
        np.empty(columns),
        np.empty(columns),
        np.empty(columns),
        np.empty(columns),
        np.empty(columns),
        np.empty(columns),
        np.empty(columns),
        np.empty(columns),
        np.zeros(columns),
        np.empty((levels, columns)),
    )


@njit(cache=True, nogil=True)
def sum_graph(local, count, degree, alone, sums):
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


# In the loops below, one short loop over the columns of a row does one thing: so written,
# the compiler turns it into vector instructions.


@njit(cache=True, nogil=True)
def _look_up(seats, values, codes, first, levels, block):
    """Fetch a block of columns from ``first`` on, and count how often each level comes up."""
    columns = range(block.mean.size)
    for i in range(seats.size):
        mark, code = block.marks[i], codes[seats[i], first:]
        for p in columns:
            mark[p] = values[code[p]]
    for level in range(levels.size):
        value, count = levels[level], block.level_counts[level]
        count[:] = 0.0
        if value != 0.0:
            for i in range(seats.size):
                mark = block.marks[i]
                for p in columns:
                    count[p] += mark[p] == value


@njit(cache=True, nogil=True)
def _centre_marks(count, block):
    """Turn marks into deviations from their mean: exactly 0 when all marks are equal."""
    columns = range(block.mean.size)
    mean, lowest, highest = block.mean, block.lowest, block.highest
    mean[:] = 0.0
    lowest[:] = np.inf
    highest[:] = -np.inf
    for i in range(count):
        mark = block.marks[i]
        for p in columns:
            mean[p] += mark[p]
        for p in columns:
            lowest[p] = mark[p] if mark[p] < lowest[p] else lowest[p]
        for p in columns:
            highest[p] = mark[p] if mark[p] > highest[p] else highest[p]
    for p in columns:
        mean[p] = mean[p] / count
        if lowest[p] == highest[p]:
            mean[p] = lowest[p]
    for i in range(count):
        mark = block.marks[i]
        for p in columns:
            mark[p] -= mean[p]


@njit(cache=True, nogil=True)
def _sum_marks(local, count, degree, block):
    """Reduce a block of deviations over one graph."""
    columns = range(block.mean.size)
    for total in (
        block.square, block.cube, block.fourth, block.product, block.alone_product,
        block.degree_mark, block.border_mark, block.middle_tail,
    ):  # fmt: skip
        total[:] = 0.0
    square, cube, fourth = block.square, block.cube, block.fourth
    product, alone_product, nearby = block.product, block.alone_product, block.nearby
    degree_mark, border_mark = block.degree_mark, block.border_mark
    for i in range(count):
        own, links, border = block.marks[i], float(degree[i]), float(local.border[i])
        for p in columns:
            e = own[p]
            square[p] += e * e
            cube[p] += e * e * e
            fourth[p] += e * e * e * e
        for p in columns:
            degree_mark[p] += links * own[p]
        for p in columns:
            border_mark[p] += border * own[p]
        nearby[:] = 0.0
        for a in range(local.kept[i]):
            other = block.marks[local.near[i, a]]
            for p in columns:
                nearby[p] += other[p]
        for p in columns:
            product[p] += own[p] * nearby[p]
        for a in range(local.kept[i], local.linked[i]):
            other = block.marks[local.near[i, a]]
            for p in columns:
                nearby[p] += other[p]
        for p in columns:
            alone_product[p] += own[p] * nearby[p]


class Counts(NamedTuple):
    """Work space for a block of columns of marks of two kinds: ``high`` is 1 for the higher.

    (members, columns), and by column how often the higher comes up: at all, at both ends of
    an edge, and weighted by degrees and background edges.
    """

    high: NDArray[np.int8]
    nearby: NDArray[np.int8]
    members: NDArray[np.int32]
    product: NDArray[np.int32]
    alone_product: NDArray[np.int32]
    degree: NDArray[np.int32]
    alone_degree: NDArray[np.int32]
    border: NDArray[np.int32]


@njit(cache=True, nogil=True)
def _room_for_counts(members, columns):
    return Counts(
        np.empty((members, columns), np.int8),
        np.empty(columns, np.int8),
        np.empty(columns, np.int32),
        np.empty(columns, np.int32),
        np.empty(columns, np.int32),
        np.empty(columns, np.int32),
        np.empty(columns, np.int32),
        np.empty(columns, np.int32),
    )


@njit(cache=True, nogil=True)
def _count_marks(local, seats, degree, alone, codes, first, counts):
    """Count a block of columns over one graph."""
    columns = range(counts.nearby.size)
    for i in range(seats.size):
        high, code = counts.high[i], codes[seats[i], first:]
        for p in columns:
            high[p] = code[p]
    for total in (
        counts.members, counts.product, counts.alone_product, counts.degree, counts.alone_degree,
        counts.border,
    ):  # fmt: skip
        total[:] = 0
    nearby, members, product = counts.nearby, counts.members, counts.product
    alone_product, degrees = counts.alone_product, counts.degree
    alone_degrees, borders = counts.alone_degree, counts.border
    for i in range(seats.size):
        own = counts.high[i]
        links, lone = np.int32(degree[i]), np.int32(alone[i])
        border = np.int32(local.border[i])
        for p in columns:
            members[p] += own[p]
        for p in columns:
            degrees[p] += links * own[p]
        for p in columns:
            alone_degrees[p] += lone * own[p]
        for p in columns:
            borders[p] += border * own[p]
        nearby[:] = 0
        for a in range(local.kept[i]):
            other = counts.high[local.near[i, a]]
            for p in columns:
                nearby[p] += other[p]
        for p in columns:
            product[p] += own[p] * nearby[p]
        for a in range(local.kept[i], local.linked[i]):
            other = counts.high[local.near[i, a]]
            for p in columns:
                nearby[p] += other[p]
        for p in columns:
            alone_product[p] += own[p] * nearby[p]


@njit(cache=True, nogil=True)
def _write_counts(counts, graph, values, levels, sums, level_counts):
    """Turn counts into the sums of `MARK_SUMS`: with two kinds of marks they follow from them."""
    n, low, apart = graph.samples, values[0], values[1] - values[0]
    for p in range(counts.nearby.size):
        record = sums[p]
        high = float(counts.members[p])
        share = high / n
        both = high * (n - high) / n
        degree, alone = float(counts.degree[p]), float(counts.alone_degree[p])
        record.mean = low + apart * share
        record.square = apart**2 * both
        record.cube = apart**3 * both * (1.0 - 2.0 * share)
        record.fourth = apart**4 * both * (1.0 - 3.0 * share * (1.0 - share))
        record.product = apart**2 * (
            counts.product[p] - share * degree + share * share * graph.edges
        )
        record.alone_product = apart**2 * (
            counts.alone_product[p] - share * alone + share * share * graph.alone_edges
        )
        record.degree_mark = apart * (degree - share * 2.0 * graph.edges)
        record.border_mark = apart * (counts.border[p] - share * graph.border)
        for level in range(levels.size):
            if levels[level] != 0.0:
                if levels[level] == values[1]:
                    level_counts[p, level] = counts.members[p]
                elif levels[level] == values[0]:
                    level_counts[p, level] = n - counts.members[p]


@njit(cache=True, nogil=True)
def _write_block(block, sums, level_counts):
    """Move a block of columns to where they belong."""
    for p in range(block.mean.size):
        record = sums[p]
        record.mean, record.square = block.mean[p], block.square[p]
        record.cube, record.fourth = block.cube[p], block.fourth[p]
        record.product, record.alone_product = block.product[p], block.alone_product[p]
        record.degree_mark, record.border_mark = block.degree_mark[p], block.border_mark[p]
        record.middle_tail = block.middle_tail[p]
        for level in range(block.level_counts.shape[0]):
            level_counts[p, level] = block.level_counts[level, p]


@njit(cache=True, nogil=True)
def _try_all(local, count, background, degree, deal, tails, block):
    """In a tiny neighbourhood with marks of two kinds, go through all their arrangements."""
    for p in range(block.mean.size):
        deviation = block.marks[:count, p].copy()
        low, high = deviation.min(), deviation.max()
        if low < high and ((deviation == low) | (deviation == high)).all():
            tiny_tails(local, count, background, degree, deviation, block.mean[p], deal, tails)
            block.middle_tail[p] = 0.0 if np.isnan(tails[2]) else tails[2]


@njit(cache=True, nogil=True)
def sum_edges(
    unit, lat_rad, lon_rad, seat_start, point_of_seat, nearest,
    centres, radius, start, members, k, values, codes, levels, rings,
    graph_sums, mark_sums, level_counts,
):  # fmt: skip
    """Fill ``graph_sums`` and ``mark_sums`` for a chunk of neighbourhoods.

    A column is a way to put marks on the seats: a model, or a shuffle of its marks.
    ``codes`` (seats, columns) says which of ``values`` each seat carries. ``mark_sums``
    is (columns, centres), and ``level_counts`` (columns, centres, levels) counts the
    members that carry each of ``levels``.
    """
    sizes = start[1:] - start[:-1]
    most = sizes.max()
    local, offers = room_for(most, rings.ring.size, k)
    degree = np.empty(most, np.int64)
    alone = np.empty(most, np.int64)
    columns = codes.shape[1]
    block = _room_for_block(most, min(columns, BLOCK), levels.size)
    counts = _room_for_counts(most, min(columns, BLOCK))
    two_kinds = values.size == 2
    deal, tails = room_to_deal(MOST_IN_TINY), np.empty(3)
    member_of_seat = np.full(point_of_seat.size, -1, np.int32)
    last_size, last_radius = -1, -1.0
    for c in range(sizes.size):
        count = sizes[c]
        seats = members[start[c] : start[c + 1]]
        graph_sums[c].samples = count
        if radius[c] > 0.0:
            if count != last_size or radius[c] != last_radius:
                last_size, last_radius = count, radius[c]
                lattice = lattice_of(count, radius[c], k, rings.size)
                lay_out(offers, lattice)
            graph_sums[c].inside = link_up(
                local, offers, seats, lattice, rings, k, unit, point_of_seat,
                lat_rad[centres[c]], lon_rad[centres[c]], seat_start, nearest, member_of_seat,
            )  # fmt: skip
            graph_sums[c].background = lattice.points
            sum_graph(local, count, degree, alone, graph_sums[c])
        for nth in range(0, columns, BLOCK):
            first = min(nth, columns - block.mean.size)
            last = first + block.mean.size
            if two_kinds and count > MOST_IN_TINY:
                if radius[c] > 0.0:
                    _count_marks(local, seats, degree, alone, codes, first, counts)
                    _write_counts(
                        counts, graph_sums[c], values, levels,
                        mark_sums[first:last, c], level_counts[first:last, c],
                    )  # fmt: skip
                continue
            _look_up(seats, values, codes, first, levels, block)
            _centre_marks(count, block)
            if radius[c] > 0.0:
                _sum_marks(local, count, degree, block)
                if FEWEST_IN_TINY <= count <= MOST_IN_TINY:
                    _try_all(local, count, lattice.points, degree, deal, tails, block)
                _write_block(block, mark_sums[first:last, c], level_counts[first:last, c])
