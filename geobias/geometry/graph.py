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

from geobias.geometry.lattice import most_rings, points_around, points_around_point
from geobias.geometry.stencil import (
    OWN_SLOTS,
    SLOTS,
    TILE,
    Tile,
    find_shortest,
    is_straight,
    locate,
    room_for_tile,
    surround,
    surround_points,
)
from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE, Floats


class Local(NamedTuple):
    """Members of one neighbourhood as seen from its centre (see `lattice`), and their graph.

    Members are numbered from 0 in the order of their seats. Of ``near[i]``, the nearest
    members of member ``i``, ``linked[i]`` exist and ``kept[i]`` come before the lattice.
    ``border[i]`` counts edges between ``i`` and the background, both directions.
    """

    south: Floats
    east: Floats
    down: Floats
    near: NDArray[np.int32]
    near2: Floats
    linked: NDArray[np.int32]
    kept: NDArray[np.int32]
    border: NDArray[np.int32]


class Offers(NamedTuple):
    """For each lattice point, the samples that are among its ``k`` nearest, ``standing`` of them.

    ``own2`` holds the squared chords to the nearest other lattice points, once they are
    ``measured``, and ``limit2`` the one a sample must not exceed to be accepted. Of the lattice
    points in ``found``, those from ``ends[i - 1]`` to ``ends[i]`` meet the i-th member in work.
    ``fresh`` and ``other`` are work space, too.
    """

    sample: NDArray[np.int32]
    apart2: Floats
    standing: NDArray[np.int32]
    own2: Floats
    limit2: Floats
    touched: NDArray[np.int32]
    measured: NDArray[np.bool_]
    fresh: NDArray[np.int32]
    to_lattice2: Floats
    tile: Tile
    ends: NDArray[np.int32]
    found: NDArray[np.int32]
    found2: Floats
    other: NDArray[np.int32]
    other2: Floats


@njit(cache=True, nogil=True)
def room_for(members, k):
    """Allocate work space for neighbourhoods of so many members."""
    return Local(
        np.empty(members),
        np.empty(members),
        np.empty(members),
        np.empty((members, k), np.int32),
        np.empty((members, k)),
        np.empty(members, np.int32),
        np.empty(members, np.int32),
        np.empty(members, np.int32),
    )


@njit(cache=True, nogil=True)
def room_for_offers(points, k):
    """Allocate work space for lattices of so many points."""
    most = max(points, TILE * SLOTS + SLOTS)
    return Offers(
        np.empty((points, k), np.int32),
        np.empty((points, k)),
        np.zeros(points, np.int32),
        np.empty((points, k)),
        np.empty(points),
        np.empty(points, np.int32),
        np.zeros(points, np.bool_),
        np.empty(most, np.int32),
        np.empty((1, k)),
        room_for_tile(),
        np.empty(TILE, np.int32),
        np.empty(most, np.int32),
        np.empty(most),
        np.empty(points, np.int32),
        np.empty(points),
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
        Bytes of `room_for` and `room_for_offers`: some 750 per member with ``k`` 4, and nearly 140
        of them are touched only where the lattice is not plain. On land there is another lattice.
    """
    points = int(np.ceil(2.0 * np.pi * np.arange(most_rings(members, radius) + 1)).sum())
    most = max(points, TILE * SLOTS + SLOTS)
    per_member = 3 * 8 + 3 * 4 + k * (4 + 8)
    per_point = k * (4 + 8 + 8) + 3 * 4 + 2 * 8 + 1
    tile = TILE * (8 * (5 + SLOTS + 4) + 4)
    return per_member * members + per_point * points + (2 * 4 + 8) * most + tile + 8 * k


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
def insert(near, near2, row, count, k, item, apart2):
    """Insert an item into a row sorted by distance, after those it ties with."""
    at = count
    while at > 0 and apart2 < near2[row, at - 1] * (1.0 - TIE_RELATIVE) - TIE_ABSOLUTE:
        at -= 1
    if at == k:
        return count
    last = min(count, k - 1)
    for j in range(last, at, -1):
        near[row, j] = near[row, j - 1]
        near2[row, j] = near2[row, j - 1]
    near[row, at] = item
    near2[row, at] = apart2
    return last + 1


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


@njit(cache=True, nogil=True, inline="always")
def shortest(apart2, count, own2, row, k):
    """Sort the ``k`` shortest of ``count`` squared chords into a row, with room for a tie.

    Samples come before lattice points at the same distance, so whatever does not exceed
    these values comes first. What does not exist is infinitely far away.
    """
    filled = 0
    for f in range(count):
        value = apart2[f]
        if filled < k:
            at = filled
            filled += 1
        elif value < own2[row, k - 1]:
            at = k - 1
        else:
            continue
        while at > 0 and value < own2[row, at - 1]:
            own2[row, at] = own2[row, at - 1]
            at -= 1
        own2[row, at] = value
    for at in range(filled, k):
        own2[row, at] = np.inf
    for at in range(k):
        own2[row, at] = own2[row, at] * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE


@njit(cache=True, nogil=True)
def lay_out(offers, lattice, rings):
    """Make the work space ready for another lattice."""
    for ring in range(1, lattice.rings + 1):
        first = rings.first[ring]
        offers.limit2[first : first + rings.size[ring]] = lattice.limit2[ring]
    offers.measured[: lattice.points] = False


@njit(cache=True, nogil=True)
def offer_members(local, count, k, lattice, rings, offers):
    """Let each member meet the background; return how many lattice points hold offers.

    Each member looks up the lattice points around it once, for both directions: the
    nearest of them compete with its nearest samples, and to each it offers itself as a
    neighbour. An offer stands while it is among the ``k`` nearest of that lattice point.
    """
    touched = 0
    if lattice.plain:
        for begin in range(0, count, TILE):
            size = min(TILE, count - begin)
            met = _meet_around(local, begin, size, k, lattice, rings, offers)
            _measure_met(met, k, lattice, rings, offers)
            touched = _receive(begin, size, touched, k, offers)
    else:
        for i in range(count):
            met = _meet(local, i, k, lattice, rings, offers)
            _measure_met(met, k, lattice, rings, offers)
            touched = _receive(i, 1, touched, k, offers)
    return touched


@njit(cache=True, nogil=True)
def _meet_around(local, begin, size, k, lattice, rings, offers):
    """Settle which samples come before the lattice for a tile of members; list who meets whom."""
    tile = offers.tile
    tile.south[:size] = local.south[begin : begin + size]
    tile.east[:size] = local.east[begin : begin + size]
    tile.down[:size] = local.down[begin : begin + size]
    locate(tile, size, lattice.spacing)
    met = surround(
        tile, size, lattice, rings, offers.limit2, offers.found, offers.found2, offers.ends
    )
    find_shortest(tile, size, SLOTS)
    linked, near2, kept_of, border, low2 = (
        local.linked, local.near2, local.kept, local.border, tile.low2
    )  # fmt: skip
    for t in range(size):
        i = begin + t
        kept, before = 0, True
        for a in range(k):
            before &= a < linked[i] and near2[i, a] <= low2[k - 1 - a, t]
            kept += before
        kept_of[i] = kept
        border[i] = k - kept
    return met


@njit(cache=True, nogil=True)
def _meet(local, i, k, lattice, rings, offers):
    """Do the same for one member, on any lattice."""
    found, found2, to_lattice2 = offers.found, offers.found2, offers.to_lattice2
    many = points_around(
        local.south[i], local.east[i], local.down[i], lattice, rings, found, found2
    )
    shortest(found2, many, to_lattice2, 0, k)
    kept = 0
    while kept < local.linked[i] and local.near2[i, kept] <= to_lattice2[0, k - 1 - kept]:
        kept += 1
    local.kept[i] = kept
    local.border[i] = k - kept
    offers.ends[0] = many
    return many


@njit(cache=True, nogil=True)
def _measure_met(met, k, lattice, rings, offers):
    """Note for lattice points that were met how far their ``k`` nearest others are."""
    tile, own2, limit2, point = offers.tile, offers.own2, offers.limit2, offers.found
    fresh, measured, ring_of = offers.fresh, offers.measured, rings.ring
    many = 0
    for m in range(met):
        fresh[many] = point[m]
        many += not measured[point[m]]
        measured[point[m]] = True
    if not lattice.plain:
        for f in range(many):
            _measure_own(fresh[f], lattice, rings, offers, k)
        return
    for begin in range(0, many, TILE):
        size = min(TILE, many - begin)
        surround_points(tile, fresh[begin : begin + size], lattice, rings)
        find_shortest(tile, size, OWN_SLOTS)
        for t in range(size):
            p = fresh[begin + t]
            for a in range(k):
                own2[p, a] = tile.low2[a, t]
            limit2[p] = own2[p, k - 1]
            ring = ring_of[p]
            # Of two points a step to the left and to the right, only one was looked at.
            if (ring == 1 and is_straight(p, 1, 2, rings)) or (
                ring == lattice.rings and is_straight(p, ring, ring - 1, rings)
            ):
                _measure_own(p, lattice, rings, offers, k)


@njit(cache=True, nogil=True)
def _measure_own(point, lattice, rings, offers, k):
    """Note how far the ``k`` nearest other lattice points are from a lattice point."""
    other, other2 = offers.other, offers.other2
    found = points_around_point(point, lattice, rings, other, other2)
    others = 0
    for f in range(found):
        other2[others] = other2[f]
        others += other[f] != point
    shortest(other2, others, offers.own2, point, k)
    offers.limit2[point] = offers.own2[point, k - 1]


@njit(cache=True, nogil=True)
def _receive(begin, size, touched, k, offers):
    """Let lattice points take the offers of those they have met; return how many hold any."""
    ends, met_point, met2 = offers.ends, offers.found, offers.found2
    sample, apart2, own2, limit2 = offers.sample, offers.apart2, offers.own2, offers.limit2
    standing_of, touched_points = offers.standing, offers.touched
    m = 0
    for t in range(size):
        while m < ends[t]:
            point, chord2 = met_point[m], met2[m]
            m += 1
            if chord2 > limit2[point]:
                continue
            standing = standing_of[point]
            if standing == 0:
                touched_points[touched] = point
                touched += 1
                sample[point, 0], apart2[point, 0] = begin + t, chord2
                standing_of[point] = 1
                limit2[point] = max(chord2, own2[point, k - 2]) if k > 1 else chord2
                continue
            standing = insert(sample, apart2, point, standing, k, begin + t, chord2)
            last = apart2[point, standing - 1]
            if last > own2[point, k - standing]:
                standing -= 1
                last = apart2[point, standing - 1]
            standing_of[point] = standing
            if standing < k:
                last = max(last, own2[point, k - 1 - standing])
            limit2[point] = last
    return touched


@njit(cache=True, nogil=True)
def link_background(local, count, k, lattice, rings, offers):
    """Settle each member's edges with the background; return the edges inside it."""
    touched = offer_members(local, count, k, lattice, rings, offers)
    inside = k * lattice.points
    for t in range(touched):
        point = offers.touched[t]
        for j in range(offers.standing[point]):
            local.border[offers.sample[point, j]] += 1
        inside -= offers.standing[point]
        offers.standing[point] = 0
        offers.limit2[point] = offers.own2[point, k - 1]
    return inside
