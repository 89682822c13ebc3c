"""The graph of one neighbourhood: samples among samples, and samples among lattice points.

Of the graph on samples and lattice only this matters to any score: the edges from sample
to sample, how many edges join each sample to the background in either direction, and how
many stay within the background. A sample's nearest samples inside the neighbourhood give
both graphs at once: the graph of samples alone keeps all ``k``, the graph with the
lattice keeps the first few, as many as lie no farther than the lattice points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.lattice import most_rings, points_around
from geobias.geometry.offers import BLOCK, MANY, accept, measure, settle, take
from geobias.geometry.ranking import insert, shortest
from geobias.geometry.stencil import SLOTS, TILE, find_shortest, locate, surround
from geobias.sphere import Floats

_SQUARE = 16.0
"""Squares are so many spacings wide."""


class Local(NamedTuple):
    """Members of one neighbourhood as seen from its centre (see `lattice`), and their graph.

    Members are numbered from 0 in the order of their seats; they meet the background in another
    ``order``. Of ``near[i]``, the nearest
    members of member ``i``, ``linked[i]`` exist and ``kept[i]`` come before the lattice.
    ``border[i]`` counts edges between ``i`` and the background, both directions.
    """

    south: Floats
    east: Floats
    down: Floats
    order: NDArray[np.int32]
    near: NDArray[np.int32]
    near2: Floats
    linked: NDArray[np.int32]
    kept: NDArray[np.int32]
    border: NDArray[np.int32]


@njit(cache=True, nogil=True)
def room_for(members, k):
    """Allocate work space for neighbourhoods of so many members."""
    return Local(
        np.empty(members),
        np.empty(members),
        np.empty(members),
        np.empty(members, np.int32),
        np.empty((members, k), np.int32),
        np.empty((members, k)),
        np.empty(members, np.int32),
        np.empty(members, np.int32),
        np.empty(members, np.int32),
    )


def kernel_bytes(members: int, radius: float, k: int) -> int:
    """Return how much memory the graph of a neighbourhood takes to build, per thread.

    Parameters
    ----------
    members
        Samples in it.
    radius
        How far it reaches, in radians.
    k
        Neighbours of each node.

    Returns
    -------
    int
        Bytes of `room_for`, `room_for_offers` and the `ring_table`, which threads share: some 1,000
        per member with ``k`` 4, and 400 of them are touched only where the lattice is not plain.
        On land there is another lattice.
    """
    rings = most_rings(members, radius) + 1
    points = int(np.ceil(2.0 * np.pi * np.arange(rings)).sum())
    per_member = 3 * 8 + 4 * 4 + k * (4 + 8)
    per_point = 8 * max(k, 4) + 2 * k * 8 + 2 * (4 + 8) + 2 * 4 + 2
    tile = TILE * 8 * (6 + SLOTS + 4) + (TILE * SLOTS + 1) * (8 + 8)
    table = 2 * 8 * rings + (4 + 2 * 8 + 8 * 4) * points
    return per_member * members + per_point * points + 20 + tile + 8 * k + table


@njit(cache=True, nogil=True)
def place_members(local, members, unit, point_of_seat, lat_rad, lon_rad):
    """Turn the globe so that the centre is the pole, and note where each member lies."""
    sin_lat, cos_lat = np.sin(lat_rad), np.cos(lat_rad)
    sin_lon, cos_lon = np.sin(lon_rad), np.cos(lon_rad)
    for i in range(members.size):
        point = point_of_seat[members[i]]
        x = unit[point, 0] - cos_lat * cos_lon
        y = unit[point, 1] - cos_lat * sin_lon
        z = unit[point, 2] - sin_lat
        local.south[i] = sin_lat * cos_lon * x + sin_lat * sin_lon * y - cos_lat * z
        local.east[i] = cos_lon * y - sin_lon * x
        local.down[i] = -(cos_lat * cos_lon * x + cos_lat * sin_lon * y + sin_lat * z)


@njit(cache=True, nogil=True, inline="always")
def _squared_chord(south, east, down, i, j):
    step_south, step_east, sink = south[i] - south[j], east[i] - east[j], down[i] - down[j]
    return step_south * step_south + step_east * step_east + sink * sink


@njit(cache=True, nogil=True)
def link_samples(local, members, k, seat_start, point_of_seat, nearest, member_of_seat):
    """Find the ``k`` nearest members of each member, lower seats first where they tie.

    ``member_of_seat`` is -1 everywhere, before and after.
    """
    south, east, down = local.south, local.east, local.down
    near, near2, linked = local.near, local.near2, local.linked
    points, length = nearest.points, nearest.length
    wanted = min(k, members.size - 1)
    for i in range(members.size):
        member_of_seat[members[i]] = i
    for i in range(members.size):
        point = np.int64(point_of_seat[members[i]])
        count = 0
        for step in range(-1, length[point]):
            other = point if step < 0 else np.int64(points[point, step])
            for seat in range(seat_start[other], seat_start[other + 1]):
                j = member_of_seat[seat]
                if j >= 0 and j != i:
                    near[i, count] = j
                    near2[i, count] = _squared_chord(south, east, down, i, j)
                    count += 1
                    if count == wanted:
                        break
            if count == wanted:
                break
        if count < wanted:
            # The list has run out: go through all members.
            count = 0
            for j in range(members.size):
                if j != i:
                    apart2 = _squared_chord(south, east, down, i, j)
                    count = insert(near, near2, i, count, k, j, apart2)
        linked[i] = count
    for i in range(members.size):
        member_of_seat[members[i]] = -1


@njit(cache=True, nogil=True)
def offer_members(local, count, k, lattice, rings, offers):
    """Let each member meet the background; return how many lattice points hold offers.

    Each member looks up the lattice points around it once, for both directions: the
    nearest of them compete with its nearest samples, and to each it offers itself as a
    neighbour. `settle` finds out which offers stand.
    """
    touched = 0
    if lattice.plain:
        _put_in_order(local, count, lattice, offers)
        for begin in range(0, count, TILE):
            some = local.order[begin : min(begin + TILE, count)]
            many = _meet_around(local, some, k, lattice, rings, offers)
            touched = take(many, touched, local, count, offers)
    else:
        for i in range(count):
            touched = _meet(local, i, touched, k, lattice, rings, offers)
    return touched


@njit(cache=True, nogil=True)
def _put_in_order(local, count, lattice, offers):
    """Tell in which order members meet the background; who meets it when makes no difference.

    Many members go square by square, so that the lattice points around them are at hand.
    """
    order, south, east = local.order, local.south, local.east
    if count <= MANY:
        for i in range(count):
            order[i] = i
        return
    width = _SQUARE * lattice.spacing
    edge = lattice.across[lattice.rings] + width
    side = int(2.0 * edge / width) + 1
    square_of, start = offers.found, offers.other[: side * side]
    start[:] = 0
    for i in range(count):
        square_of[i] = int((south[i] + edge) / width) * side + int((east[i] + edge) / width)
        start[square_of[i]] += 1
    before = 0
    for square in range(start.size):
        before += start[square]
        start[square] = before - start[square]
    for i in range(count):
        order[start[square_of[i]]] = i
        start[square_of[i]] += 1


@njit(cache=True, nogil=True)
def _meet_around(local, some, k, lattice, rings, offers):
    """Settle which samples come before the lattice for a few members; list who meets whom."""
    tile = offers.tile
    for t in range(some.size):
        i = some[t]
        tile.number[t] = i
        tile.south[t], tile.east[t], tile.down[t] = local.south[i], local.east[i], local.down[i]
    locate(tile, some.size, lattice.spacing)
    many = surround(tile, some.size, lattice, rings, offers.met)
    find_shortest(tile, some.size)
    linked, near2, kept_of, border, low2 = (
        local.linked, local.near2, local.kept, local.border, tile.low2
    )  # fmt: skip
    for t in range(some.size):
        i = some[t]
        kept, before = 0, True
        for a in range(k):
            before &= a < linked[i] and near2[i, a] <= low2[k - 1 - a, t]
            kept += before
        kept_of[i] = kept
        border[i] = k - kept
    return many


@njit(cache=True, nogil=True)
def _meet(local, i, touched, k, lattice, rings, offers):
    """Let one member meet the background, on any lattice."""
    found, found2, to_lattice2 = offers.found, offers.found2, offers.to_lattice2
    measured, own2, standing_of = offers.measured, offers.own2, offers.standing
    keys, apart2, touched_points = offers.key, offers.apart2, offers.touched
    many = points_around(
        local.south[i], local.east[i], local.down[i], lattice, rings, found, found2
    )
    shortest(found2, many, to_lattice2, 0, k)
    kept = 0
    while kept < local.linked[i] and local.near2[i, kept] <= to_lattice2[0, k - 1 - kept]:
        kept += 1
    local.kept[i] = kept
    local.border[i] = k - kept
    for f in range(many):
        if not measured[found[f]]:
            measure(found[f], lattice, rings, offers, k)
    for f in range(many):
        point, chord2 = found[f], found2[f]
        if chord2 <= own2[point, k - 1]:
            standing = standing_of[point]
            if standing == 0:
                touched_points[touched] = point
                touched += 1
            standing_of[point] = insert(keys, apart2, point, standing, k, np.uint64(i), chord2)
    return touched


@njit(cache=True, nogil=True)
def link_background(local, count, k, lattice, rings, offers):
    """Settle each member's edges with the background; return the edges inside it."""
    touched = offer_members(local, count, k, lattice, rings, offers)
    inside = k * lattice.points
    for begin in range(0, touched, BLOCK):
        points = offers.touched[begin : min(begin + BLOCK, touched)]
        settle(points, local, count, k, lattice, rings, offers)
        inside -= accept(local, points, offers)
    return inside
