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

from geobias.geometry.lattice import points_near
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

    ``own2`` holds the squared chords to the nearest other lattice points and ``limit2``
    the one a sample must not exceed to be accepted; negative: not measured yet.
    ``found`` and ``other`` are work space for two searches, one inside the other.
    """

    sample: NDArray[np.int32]
    apart2: Floats
    standing: NDArray[np.int32]
    own2: Floats
    limit2: Floats
    touched: NDArray[np.int32]
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
    return Offers(
        np.empty((points, k), np.int32),
        np.empty((points, k)),
        np.zeros(points, np.int32),
        np.empty((points, k)),
        np.full(points, -1.0),
        np.empty(points, np.int32),
        np.empty(points, np.int32),
        np.empty(points),
        np.empty(points, np.int32),
        np.empty(points),
    )


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


@njit(cache=True, nogil=True)
def _squared_chord(local, i, j):
    south = local.south[i] - local.south[j]
    east = local.east[i] - local.east[j]
    down = local.down[i] - local.down[j]
    return south * south + east * east + down * down


@njit(cache=True, nogil=True)
def link_samples(local, members, k, seat_start, point_of_seat, nearest, member_of_seat):
    """Find the ``k`` nearest members of each member, lower seats first where they tie.

    ``member_of_seat`` is -1 everywhere, before and after.
    """
    wanted = min(k, members.size - 1)
    for i in range(members.size):
        member_of_seat[members[i]] = i
    for i in range(members.size):
        point = point_of_seat[members[i]]
        count = 0
        for step in range(-1, nearest.length[point]):
            other = point if step < 0 else nearest.points[point, step]
            for seat in range(seat_start[other], seat_start[other + 1]):
                j = member_of_seat[seat]
                if j >= 0 and j != i:
                    local.near[i, count] = j
                    local.near2[i, count] = _squared_chord(local, i, j)
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
                    apart2 = _squared_chord(local, i, j)
                    count = insert(local.near, local.near2, i, count, k, j, apart2)
        local.linked[i] = count
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
def _measure_own(point, lattice, rings, offers, k):
    """Note how far the ``k`` nearest other lattice points are from a lattice point."""
    ring = rings.ring[point]
    across = lattice.across[ring]
    count = points_near(
        across * rings.cos[point],
        across * rings.sin[point],
        lattice.down[ring],
        ring * lattice.spacing,
        (point - rings.first[ring]) * (2.0 * np.pi / rings.size[ring]) - np.pi,
        lattice,
        rings,
        offers.other,
        offers.other2,
    )
    others = 0
    for f in range(count):
        if offers.other[f] != point:
            offers.other2[others] = offers.other2[f]
            others += 1
    shortest(offers.other2, others, offers.own2, point, k)
    offers.limit2[point] = offers.own2[point, k - 1]


@njit(cache=True, nogil=True)
def lay_out(offers, lattice):
    """Make the work space ready for another lattice."""
    offers.limit2[: lattice.points] = -1.0


@njit(cache=True, nogil=True)
def offer_members(local, count, k, lattice, rings, offers):
    """Let each member meet the background; return how many lattice points hold offers.

    Each member looks up the lattice points around it once, for both directions: the
    nearest of them compete with its nearest samples, and to each it offers itself as a
    neighbour. An offer stands while it is among the ``k`` nearest of that lattice point.
    """
    touched = 0
    to_lattice2 = np.empty((1, k))
    for i in range(count):
        south, east, down = local.south[i], local.east[i], local.down[i]
        chord = np.sqrt(south * south + east * east + down * down)
        theta = 2.0 * np.arcsin(min(1.0, chord / 2.0))
        found = points_near(
            south, east, down, theta, np.arctan2(east, south),
            lattice, rings, offers.found, offers.found2,
        )  # fmt: skip
        shortest(offers.found2, found, to_lattice2, 0, k)
        kept = 0
        while kept < local.linked[i] and local.near2[i, kept] <= to_lattice2[0, k - 1 - kept]:
            kept += 1
        local.kept[i] = kept
        local.border[i] = k - kept
        for f in range(found):
            point = offers.found[f]
            if offers.limit2[point] < 0.0:
                _measure_own(point, lattice, rings, offers, k)
            if offers.found2[f] > offers.limit2[point]:
                continue
            standing = offers.standing[point]
            if standing == 0:
                offers.touched[touched] = point
                touched += 1
            standing = insert(offers.sample, offers.apart2, point, standing, k, i, offers.found2[f])
            last = offers.apart2[point, standing - 1]
            if last > offers.own2[point, k - standing]:
                standing -= 1
                last = offers.apart2[point, standing - 1]
            offers.standing[point] = standing
            if standing < k:
                last = max(last, offers.own2[point, k - 1 - standing])
            offers.limit2[point] = last
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
