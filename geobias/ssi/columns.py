"""Many columns of marks at once, over one graph.

A column is a way to put marks on the samples: a model, or a shuffle of its marks. Columns lie
side by side, in the lanes of the processor, and are summed together. Marks of two kinds,
right and wrong, need no arithmetic: how often the higher one comes up at the ends of edges
gives the same sums.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.sphere import Floats

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
def room_for_block(members, columns, levels):
    """Allocate work space for neighbourhoods of up to so many members."""
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


# In the loops below, one short loop over the columns of a row does one thing: so written,
# the compiler turns it into vector instructions.


@njit(cache=True, nogil=True)
def look_up(seats, values, codes, first, levels, block):
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
def centre_marks(count, block):
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
def _meet(local, i, marks, nearby, product, alone_product):
    """Add the products of one member's mark and those of its nearest, for both graphs."""
    columns = range(nearby.size)
    own = marks[i]
    nearby[:] = 0
    for a in range(local.kept[i]):
        other = marks[local.near[i, a]]
        for p in columns:
            nearby[p] += other[p]
    for p in columns:
        product[p] += own[p] * nearby[p]
    for a in range(local.kept[i], local.linked[i]):
        other = marks[local.near[i, a]]
        for p in columns:
            nearby[p] += other[p]
    for p in columns:
        alone_product[p] += own[p] * nearby[p]


@njit(cache=True, nogil=True)
def sum_marks(local, count, degree, block):
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
        _meet(local, i, block.marks, nearby, product, alone_product)


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
def room_for_counts(members, columns):
    """Allocate work space for neighbourhoods of up to so many members."""
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
def count_marks(local, seats, degree, alone, codes, first, counts):
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
        _meet(local, i, counts.high, nearby, product, alone_product)


@njit(cache=True, nogil=True)
def count_single(local, seats, degree, alone, codes, counts):
    """Do the same for one column, where lanes would only be in the way."""
    high = counts.high[:, 0]
    for i in range(seats.size):
        high[i] = codes[seats[i], 0]
    members, product, alone_product, degrees, alone_degrees, borders = 0, 0, 0, 0, 0, 0
    for i in range(seats.size):
        if high[i] == 0:
            continue
        members += 1
        degrees += degree[i]
        alone_degrees += alone[i]
        borders += local.border[i]
        for a in range(local.linked[i]):
            near = high[local.near[i, a]]
            alone_product += near
            product += near * (a < local.kept[i])
    counts.members[0], counts.border[0] = members, borders
    counts.product[0], counts.alone_product[0] = product, alone_product
    counts.degree[0], counts.alone_degree[0] = degrees, alone_degrees


@njit(cache=True, nogil=True)
def write_counts(counts, graph, values, levels, sums, level_counts):
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
def write_block(block, sums, level_counts):
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
