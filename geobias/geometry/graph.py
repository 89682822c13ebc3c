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

from geobias.geometry.keys import link_by_keys
from geobias.geometry.offers import link_one_by_one
from geobias.geometry.ranking import insert
from geobias.sphere import Floats


class Local(NamedTuple):
    """Members of one neighbourhood as seen from its centre (see `lattice`), and their graph.

    Members are numbered from 0 in the order of their seats. Of ``near[i]``, the nearest members of
    member ``i``, ``linked[i]`` exist and ``kept[i]`` come before the lattice. Their squared chords
    ``near2`` have at least four columns, and are infinite where nobody exists. ``border[i]`` counts
    edges between ``i`` and the background, both directions. ``lost`` is work space.
    """

    south: Floats
    east: Floats
    down: Floats
    near: NDArray[np.int32]
    near2: Floats
    linked: NDArray[np.int32]
    kept: NDArray[np.int32]
    border: NDArray[np.int32]
    lost: NDArray[np.int32]


@njit(cache=True, nogil=True)
def room_for(members, k):
    """Allocate work space for neighbourhoods of so many members."""
    return Local(
        np.empty(members),
        np.empty(members),
        np.empty(members),
        np.empty((members, k), np.int32),
        np.empty((members, max(k, 4))),
        np.empty(members, np.int32),
        np.empty(members, np.int32),
        np.empty(members, np.int32),
        np.empty(members + 1, np.int32),
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
def _squared_chord(south, east, down, i, j):
    step_south, step_east, sink = south[i] - south[j], east[i] - east[j], down[i] - down[j]
    return step_south * step_south + step_east * step_east + sink * sink


@njit(cache=True, nogil=True)
def link_samples(local, members, k, seat_start, point_of_seat, nearest, member_of_seat):
    """Find the ``k`` nearest members of each member, lower seats first where they tie.

    ``member_of_seat`` is -1 everywhere, before and after.
    """
    near, near2, lost, seats = local.near, local.near2, local.lost, nearest.seats
    count, wanted, many = members.size, min(k, members.size - 1), 0
    for i in range(count):
        member_of_seat[members[i]] = i
    for i in range(count):
        found = 0
        for a in range(k):
            seat = seats[members[i], a]
            near[i, a] = member_of_seat[max(seat, 0)]
            found += (seat >= 0) & (near[i, a] >= 0)
        # Whether all of them are members is hard to predict: so it is put down in any case.
        lost[many] = i
        many += found < k
    for s in range(many):
        i = lost[s]
        point = np.int64(point_of_seat[members[i]])
        found = _look_through_list(
            i, point, wanted, seat_start, nearest.points, nearest.length, member_of_seat, near
        )
        if found < wanted:
            _look_at_all(i, count, k, local)
    for i in range(count):
        local.linked[i] = wanted
        for a in range(wanted):
            near2[i, a] = _squared_chord(local.south, local.east, local.down, i, near[i, a])
    if wanted < near2.shape[1]:
        near[:count, wanted:], near2[:count, wanted:] = -1, np.inf
    for i in range(count):
        member_of_seat[members[i]] = -1


@njit(cache=True, nogil=True)
def _look_through_list(i, point, wanted, seat_start, points, length, member_of_seat, near):
    """Find the nearest members of one at a point in the list of its nearest points."""
    found = 0
    for step in range(-1, length[point]):
        other = point if step < 0 else np.int64(points[point, step])
        for seat in range(seat_start[other], seat_start[other + 1]):
            j = member_of_seat[seat]
            if j >= 0 and j != i:
                near[i, found] = j
                found += 1
                if found == wanted:
                    return found
    return found


@njit(cache=True, nogil=True)
def _look_at_all(i, count, k, local):
    """Find the nearest members of one that are not in the list."""
    found = 0
    for j in range(count):
        if j != i:
            apart2 = _squared_chord(local.south, local.east, local.down, i, j)
            found = insert(local.near, local.near2, i, found, k, j, apart2)


@njit(cache=True, nogil=True)
def link_background(local, count, k, lattice, rings, keys, offers):
    """Settle each member's edges with the background; return the edges inside it."""
    if lattice.plain:
        return link_by_keys(local, count, k, lattice, rings, keys, offers)
    return link_one_by_one(local, count, k, lattice, rings, offers)
