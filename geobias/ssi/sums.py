"""From graphs and marks to sums over edges: all that any score needs to know.

The kernel walks the neighbourhoods of a chunk, builds each graph in work space and
reduces it at once to the sums below. No null, preset or transformation lives here.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.geometry.borrowing import borrowed, give_back
from geobias.geometry.lattice import lattice_of
from geobias.geometry.linking import link_up, room_to_link
from geobias.geometry.offers import lay_out
from geobias.geometry.rows import rank_of
from geobias.ssi.arrangements import middle_tail, room_to_deal
from geobias.ssi.columns import (
    BLOCK,
    centre_marks,
    count_marks,
    count_single,
    look_up,
    room_for_block,
    room_for_counts,
    sum_marks,
    write_block,
    write_counts,
)

GRAPH_SUMS = np.dtype(
    [
        ("samples", "f8"),  # n
        ("background", "f8"),  # m, the lattice points
        ("dropped", "f8"),  # lattice points that were left out, for they lie on water
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
"""Sums that depend on the locations alone; ``background`` 0 means that there was no lattice, or
that all of it was left out."""

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


@njit(cache=True, nogil=True, inline="always")
def _rank_among_nearest(near, linked, i, j):
    """Tell which of the nearest of ``i`` is ``j``; if none is, return how many there may be."""
    if near.shape[1] == 4:
        return rank_of(near, i, j)
    rank = near.shape[1]
    for a in range(linked[i]):
        rank = a if near[i, a] == j else rank
    return rank


@njit(cache=True, nogil=True)
def sum_graph(local, count, degree, alone, sums):
    """Reduce one graph; leaves the degrees with the lattice present in ``degree``."""
    near, linked, kept, border_of = local.near, local.linked, local.kept, local.border
    for i in range(count):
        degree[i] = kept[i]
        alone[i] = linked[i]
    edges, alone_edges, mutual, alone_mutual = 0, 0, 0, 0
    for i in range(count):
        for a in range(linked[i]):
            j = near[i, a]
            stays = a < kept[i]
            alone[j] += 1
            degree[j] += stays
            rank = _rank_among_nearest(near, linked, j, i)
            alone_mutual += rank < linked[j]
            mutual += stays & (rank < kept[j])
        edges += kept[i]
        alone_edges += linked[i]
    degree2, alone_degree2, border, border2, degree_border = 0, 0, 0, 0, 0
    for i in range(count):
        degree2 += degree[i] * degree[i]
        alone_degree2 += alone[i] * alone[i]
        border += border_of[i]
        border2 += border_of[i] * border_of[i]
        degree_border += degree[i] * border_of[i]
    sums.edges, sums.mutual, sums.degree2 = edges, mutual, degree2
    sums.border, sums.border2, sums.degree_border = border, border2, degree_border
    sums.alone_edges, sums.alone_mutual = alone_edges, alone_mutual
    sums.alone_degree2 = alone_degree2


@njit(cache=True, nogil=True)
def _try_all(local, count, background, degree, deal, block):
    """In a tiny neighbourhood with marks of two kinds, go through all their arrangements."""
    for p in range(block.mean.size):
        deviation = block.marks[:count, p].copy()
        low, high = deviation.min(), deviation.max()
        if low < high and ((deviation == low) | (deviation == high)).all():
            tail = middle_tail(local, count, background, degree, deviation, block.mean[p], deal)
            block.middle_tail[p] = 0.0 if np.isnan(tail) else tail


@njit(cache=True, nogil=True)
def sum_edges(
    unit, lat_rad, lon_rad, seat_start, point_of_seat, nearest,
    centres, radius, start, members, k, values, codes, levels, rings, shores,
    member_of_seat, graph_sums, mark_sums, level_counts,
):  # fmt: skip
    """Fill ``graph_sums`` and ``mark_sums`` for a chunk of neighbourhoods.

    A column is a way to put marks on the seats: a model, or a shuffle of its marks.
    ``codes`` (seats, columns) says which of ``values`` each seat carries. ``mark_sums``
    is (columns, centres), and ``level_counts`` (columns, centres, levels) counts the
    members that carry each of ``levels``. ``member_of_seat`` is -1 everywhere, before and after.
    """
    sizes = start[1:] - start[:-1]
    most = sizes.max()
    columns = codes.shape[1]
    two_kinds = values.size == 2
    rooms = (
        room_to_link(most, k, rings, shores),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        room_for_block(most, min(columns, BLOCK), levels.size),
        room_for_counts(most, min(columns, BLOCK)),
        room_to_deal(MOST_IN_TINY),
    )
    room, degree, alone, block, counts, deal = borrowed(rooms)
    local = room.local
    unit, seat_start, point_of_seat, nearest, members, rings, shores, member_of_seat = borrowed(
        (unit, seat_start, point_of_seat, nearest, members, rings, shores, member_of_seat)
    )
    codes, values, levels, mark_sums, level_counts = borrowed(
        (codes, values, levels, mark_sums, level_counts)
    )
    last_size, last_radius = -1, -1.0
    for c in range(sizes.size):
        count = sizes[c]
        seats = members[start[c] : start[c + 1]]
        graph_sums[c].samples = count
        if radius[c] > 0.0:
            if count != last_size or radius[c] != last_radius:
                last_size, last_radius = count, radius[c]
                lattice = lattice_of(count, radius[c], k, rings.size)
                lay_out(room.offers, lattice)
            background, inside = link_up(
                room, seats, borrowed(lattice), rings, shores, k, unit,
                point_of_seat, lat_rad[centres[c]], lon_rad[centres[c]],
                seat_start, nearest, member_of_seat,
            )  # fmt: skip
            graph_sums[c].background, graph_sums[c].inside = background, inside
            graph_sums[c].dropped = lattice.points - background
            sum_graph(local, count, degree, alone, graph_sums[c])
        for nth in range(0, columns, BLOCK):
            first = min(nth, columns - block.mean.size)
            last = first + block.mean.size
            if two_kinds and count > MOST_IN_TINY:
                if radius[c] > 0.0:
                    if columns == 1:
                        count_single(local, seats, degree, alone, codes, counts)
                    else:
                        count_marks(local, seats, degree, alone, codes, first, counts)
                    write_counts(
                        counts, graph_sums[c], values, levels,
                        mark_sums[first:last, c], level_counts[first:last, c],
                    )  # fmt: skip
                continue
            look_up(seats, values, codes, first, levels, block)
            centre_marks(count, block)
            if radius[c] > 0.0:
                sum_marks(local, count, degree, block)
                if background > 0 and FEWEST_IN_TINY <= count <= MOST_IN_TINY:
                    _try_all(local, count, background, degree, deal, block)
                write_block(block, mark_sums[first:last, c], level_counts[first:last, c])
    give_back(rooms)
