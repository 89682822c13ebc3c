"""A lattice without its points on water, and its links with the samples.

What holds on a whole lattice does not hold on a thinned one: the nearest points left may be any
distance away, there may be fewer than ``k`` of them, and each centre has other ones. So each
search goes on until it has found enough, and points that lie alone look at every sample.

Searches within reach stand in the loops below and not in a function of their own: Numba counts
references to all arrays that it hands to a function, which took longer than the searches.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.lattice import Lattice, points_near
from geobias.geometry.offers import accept, count_kept, trim
from geobias.geometry.ranking import insert, shortest
from geobias.geometry.shores import which_on_land


class Thinned(NamedTuple):
    """What is left of a lattice: which points, and whether each of the whole one ``stays``."""

    points: NDArray[np.int64]
    stays: NDArray[np.bool_]


@njit(cache=True, nogil=True)
def thin(lattice, rings, lat_rad, lon_rad, shores):
    """Leave out the lattice points on water, for a centre that lies there."""
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    sin_lon, cos_lon = math.sin(lon_rad), math.cos(lon_rad)
    x, y, z = np.empty(lattice.points), np.empty(lattice.points), np.empty(lattice.points)
    ring, cos, sin, across, down = rings.ring, rings.cos, rings.sin, lattice.across, lattice.down
    for point in range(lattice.points):
        i = ring[point]
        south, east, up = across[i] * cos[point], across[i] * sin[point], 1.0 - down[i]
        outward = up * cos_lat + south * sin_lat
        x[point] = outward * cos_lon - east * sin_lon
        y[point] = outward * sin_lon + east * cos_lon
        z[point] = up * sin_lat - south * cos_lat
    stays = np.empty(lattice.points, np.bool_)
    which_on_land(shores, x, y, z, stays)
    return Thinned(np.flatnonzero(stays), stays)


@njit(cache=True, nogil=True)
def _measure_points(lattice, thinned, rings, offers, k):
    """Note how far the ``k`` nearest others are from each point left; return those out of reach."""
    lonely, alone = np.empty(thinned.points.size, np.int64), 0
    for p in range(thinned.points.size):
        point = thinned.points[p]
        ring = rings.ring[point]
        across = lattice.across[ring]
        azimuth = (point - rings.first[ring]) * (2.0 * np.pi / rings.size[ring]) - np.pi
        passed = points_near(
            across * rings.cos[point], across * rings.sin[point], lattice.down[ring],
            ring * lattice.spacing, azimuth, lattice, rings, offers.other, offers.other2,
        )  # fmt: skip
        others = 0
        for f in range(passed):
            offers.other2[others] = offers.other2[f]
            others += thinned.stays[offers.other[f]] and offers.other[f] != point
        shortest(offers.other2, others, offers.own2, point, k)
        if offers.own2[point, k - 1] > lattice.reach2:
            lonely[alone] = point
            alone += 1
    return lonely[:alone]


@njit(cache=True, nogil=True)
def _measure_lonely(lonely, lattice, thinned, rings, offers, k):
    """Note how far the ``k`` nearest others are from points left that have them out of reach."""
    for p in range(lonely.size):
        point = lonely[p]
        ring = rings.ring[point]
        across = lattice.across[ring]
        azimuth = (point - rings.first[ring]) * (2.0 * np.pi / rings.size[ring]) - np.pi
        count = points_left_around(
            across * rings.cos[point], across * rings.sin[point], lattice.down[ring],
            ring * lattice.spacing, azimuth, lattice, thinned, rings,
            k + 1, offers.other, offers.other2,
        )  # fmt: skip
        others = 0
        for f in range(count):
            offers.other2[others] = offers.other2[f]
            others += offers.other[f] != point
        shortest(offers.other2, others, offers.own2, point, k)


@njit(cache=True, nogil=True)
def points_left_around(
    south, east, down, theta, azimuth, lattice, thinned, rings, wanted, found, apart2
):
    """List points left around a position, so many of the nearest or all there are, and maybe more.

    Reach is widened until enough of them are in it.
    """
    wider = _widened(lattice)
    # A walk passes about as many points as the whole lattice has within reach. If there are not
    # so many left in all, it is shorter to go through these.
    while math.pi * wider.reach2 < thinned.points.size * wider.spacing**2:
        passed = points_near(south, east, down, theta, azimuth, wider, rings, found, apart2)
        count = 0
        for f in range(passed):
            found[count], apart2[count] = found[f], apart2[f]
            count += thinned.stays[found[f]]
        if count >= wanted:
            return count
        wider = _widened(wider)
    for f in range(thinned.points.size):
        found[f] = thinned.points[f]
        apart2[f] = _squared_chord(south, east, down, found[f], lattice, rings)
    return thinned.points.size


@njit(cache=True, nogil=True)
def _widened(lattice):
    """Return a lattice with twice the reach."""
    chord = 2.0 * math.sqrt(lattice.reach2)
    return Lattice(
        lattice.rings, lattice.points, lattice.spacing, lattice.across, lattice.down,
        chord * chord, 2.0 * math.asin(min(1.0, chord / 2.0)), False,
    )  # fmt: skip


@njit(cache=True, nogil=True, inline="always")
def _squared_chord(south, east, down, point, lattice, rings):
    """Return the squared chord from a position to a lattice point."""
    ring = rings.ring[point]
    step_south = south - lattice.across[ring] * rings.cos[point]
    step_east = east - lattice.across[ring] * rings.sin[point]
    sink = down - lattice.down[ring]
    return step_south * step_south + step_east * step_east + sink * sink


@njit(cache=True, nogil=True)
def _bearing(south, east, down):
    """Return at which angle from the centre a position lies, and at which azimuth."""
    chord = np.sqrt(south * south + east * east + down * down)
    return 2.0 * np.arcsin(min(1.0, chord / 2.0)), np.arctan2(east, south)


@njit(cache=True, nogil=True)
def _offer_members(local, count, k, lonely, lattice, thinned, rings, offers):
    """Let each member meet the points left in reach, and those that are lonely.

    Returns how many points left hold offers, and the members that met fewer than ``k``.
    """
    lost, astray = np.empty(count, np.int64), 0
    to_lattice2 = np.empty((1, k))
    touched = 0
    for i in range(count):
        south, east, down = local.south[i], local.east[i], local.down[i]
        theta, azimuth = _bearing(south, east, down)
        passed = points_near(
            south, east, down, theta, azimuth, lattice, rings, offers.found, offers.found2
        )
        found = 0
        for f in range(passed):
            offers.found[found], offers.found2[found] = offers.found[f], offers.found2[f]
            found += thinned.stays[offers.found[f]]
        if found < k:
            lost[astray] = i
            astray += 1
        shortest(offers.found2, found, to_lattice2, 0, k)
        local.kept[i] = count_kept(local, i, k, to_lattice2)
        met = 0
        for f in range(found):
            offers.found[met], offers.found2[met] = offers.found[f], offers.found2[f]
            met += offers.own2[offers.found[f], k - 1] <= lattice.reach2
        for p in range(lonely.size):
            offers.found[met] = lonely[p]
            offers.found2[met] = _squared_chord(south, east, down, lonely[p], lattice, rings)
            met += 1
        for f in range(met):
            point = offers.found[f]
            if offers.found2[f] > offers.own2[point, k - 1]:
                continue
            held = offers.standing[point]
            if held == 0:
                offers.touched[touched] = point
                touched += 1
            offers.standing[point] = insert(
                offers.near, offers.apart2, point, held, k, i, offers.found2[f]
            )
    return touched, lost[:astray]


@njit(cache=True, nogil=True)
def _bring_back(lost, local, k, lattice, thinned, rings, offers):
    """Let members meet the points left that are nearest to them, out of reach."""
    to_lattice2 = np.empty((1, k))
    for s in range(lost.size):
        i = lost[s]
        south, east, down = local.south[i], local.east[i], local.down[i]
        theta, azimuth = _bearing(south, east, down)
        found = points_left_around(
            south, east, down, theta, azimuth, lattice, thinned, rings,
            k, offers.found, offers.found2,
        )  # fmt: skip
        shortest(offers.found2, found, to_lattice2, 0, k)
        local.kept[i] = count_kept(local, i, k, to_lattice2)


@njit(cache=True, nogil=True)
def offer_members_to_thinned(local, count, k, lattice, thinned, rings, offers):
    """Let each member meet the background; return how many lattice points hold offers.

    As `geobias.geometry.offers.offer_members` does. A sample out of reach can be among the nearest
    of a lattice point only if that is lonely: its nearest others are out of reach, too.
    """
    lonely = _measure_points(lattice, thinned, rings, offers, k)
    _measure_lonely(lonely, lattice, thinned, rings, offers, k)
    touched, lost = _offer_members(local, count, k, lonely, lattice, thinned, rings, offers)
    _bring_back(lost, local, k, lattice, thinned, rings, offers)
    for i in range(count):
        local.border[i] = min(k - local.kept[i], thinned.points.size)
    trim(offers.touched[:touched], k, offers)
    return touched


@njit(cache=True, nogil=True)
def link_thinned(local, count, k, lattice, thinned, rings, offers):
    """Settle each member's edges with what is left of the background; return the edges inside it.

    Where there are fewer than ``k`` other nodes, each links to as many as there are.
    """
    touched = offer_members_to_thinned(local, count, k, lattice, thinned, rings, offers)
    others = min(k, max(thinned.points.size - 1, 0))
    inside = others * thinned.points.size
    for t in range(touched):
        inside -= others - min(others, k - offers.standing[offers.touched[t]])
    accept(local, offers.touched[:touched], offers)
    return inside
