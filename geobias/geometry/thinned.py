"""A lattice without its points on water, and its links with the samples.

What holds on a whole lattice does not hold on a thinned one: the nearest points left may be any
distance away, there may be fewer than ``k`` of them, and each centre has other ones. So each
search goes on until it has found enough, and points that lie alone look at every sample.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.graph import insert, shortest
from geobias.geometry.lattice import Lattice, points_near
from geobias.geometry.shores import is_land


class Thinned(NamedTuple):
    """What is left of a lattice: which points, and whether each of the whole one ``stays``."""

    lattice: Lattice
    points: NDArray[np.int64]
    stays: NDArray[np.bool_]


@njit(cache=True, nogil=True)
def thin(lattice, rings, lat_rad, lon_rad, shores):
    """Leave out the lattice points on water, for a centre that lies there."""
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    sin_lon, cos_lon = math.sin(lon_rad), math.cos(lon_rad)
    points = np.empty(lattice.points, np.int64)
    stays = np.empty(lattice.points, np.bool_)
    left = 0
    for point in range(lattice.points):
        ring = rings.ring[point]
        across, up = lattice.across[ring], 1.0 - lattice.down[ring]
        south, east = across * rings.cos[point], across * rings.sin[point]
        outward = up * cos_lat + south * sin_lat
        stays[point] = is_land(
            shores,
            outward * cos_lon - east * sin_lon,
            outward * sin_lon + east * cos_lon,
            up * sin_lat - south * cos_lat,
        )
        if stays[point]:
            points[left] = point
            left += 1
    return Thinned(lattice, points[:left], stays)


@njit(cache=True, nogil=True, inline="always")
def _squared_chord(south, east, down, point, lattice, rings):
    """Return the squared chord from a position to a lattice point."""
    ring = rings.ring[point]
    step_south = south - lattice.across[ring] * rings.cos[point]
    step_east = east - lattice.across[ring] * rings.sin[point]
    sink = down - lattice.down[ring]
    return step_south * step_south + step_east * step_east + sink * sink


@njit(cache=True, nogil=True)
def points_left_near(south, east, down, theta, azimuth, thinned, rings, wanted, found, apart2):
    """List points left around a position, with their squared chords.

    They are all that lie within some distance: the reach of the lattice, or as much more as it
    takes to find so many as are wanted, or all there are.
    """
    lattice, points = thinned.lattice, thinned.points
    # A walk passes about as many points as the whole lattice has in that area. If there are no
    # more left in all, it is shorter to go through these.
    while math.pi * lattice.reach2 < points.size * lattice.spacing**2:
        passed = points_near(south, east, down, theta, azimuth, lattice, rings, found, apart2)
        count = 0
        for f in range(passed):
            if thinned.stays[found[f]]:
                found[count], apart2[count] = found[f], apart2[f]
                count += 1
        if count >= wanted:
            return count
        lattice = _widened(lattice)
    for f in range(points.size):
        found[f] = points[f]
        apart2[f] = _squared_chord(south, east, down, points[f], lattice, rings)
    return points.size


@njit(cache=True, nogil=True)
def _widened(lattice):
    """Return a lattice with twice the reach."""
    chord = 2.0 * math.sqrt(lattice.reach2)
    return Lattice(
        lattice.rings, lattice.points, lattice.spacing, lattice.across, lattice.down,
        chord * chord, 2.0 * math.asin(min(1.0, chord / 2.0)),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _measure_own(point, thinned, rings, offers, k):
    """Note how far the ``k`` nearest other points left are from one of them."""
    lattice = thinned.lattice
    ring = rings.ring[point]
    across = lattice.across[ring]
    azimuth = (point - rings.first[ring]) * (2.0 * np.pi / rings.size[ring]) - np.pi
    count = points_left_near(
        across * rings.cos[point], across * rings.sin[point], lattice.down[ring],
        ring * lattice.spacing, azimuth, thinned, rings, k + 1, offers.other, offers.other2,
    )  # fmt: skip
    others = 0
    for f in range(count):
        if offers.other[f] != point:
            offers.other2[others] = offers.other2[f]
            others += 1
    shortest(offers.other2, others, offers.own2, point, k)


@njit(cache=True, nogil=True, inline="always")
def _offer(offers, touched, point, sample, apart2, k):
    """Let a lattice point hold a sample if it is nearer than enough others.

    Returns how many points hold samples.
    """
    if apart2 <= offers.own2[point, k - 1]:
        held = offers.standing[point]
        if held == 0:
            offers.touched[touched] = point
            touched += 1
        offers.standing[point] = insert(
            offers.sample, offers.apart2, point, held, k, sample, apart2
        )
    return touched


@njit(cache=True, nogil=True, inline="always")
def _ahead(near2, row, count, k, lattice2, lattice_row):
    """Return how many of the nearest samples are among the ``k`` nearest of all nodes."""
    ahead = 0
    while ahead < count and near2[row, ahead] <= lattice2[lattice_row, k - 1 - ahead]:
        ahead += 1
    return ahead


@njit(cache=True, nogil=True)
def offer_members_to_thinned(local, count, k, thinned, rings, offers):
    """Let each member meet the background; return how many lattice points are linked to members.

    As `geobias.geometry.graph.offer_members` does. A sample out of reach can be among the nearest
    of a lattice point only if that lies alone: its nearest others are out of reach, too.
    """
    reach2 = thinned.lattice.reach2
    alone = np.empty(thinned.points.size, np.int64)
    lonely = 0
    for point in thinned.points:
        _measure_own(point, thinned, rings, offers, k)
        if offers.own2[point, k - 1] > reach2:
            alone[lonely] = point
            lonely += 1
    touched = 0
    to_lattice2 = np.empty((1, k))
    for i in range(count):
        south, east, down = local.south[i], local.east[i], local.down[i]
        chord = np.sqrt(south * south + east * east + down * down)
        theta = 2.0 * np.arcsin(min(1.0, chord / 2.0))
        found = points_left_near(
            south, east, down, theta, np.arctan2(east, south),
            thinned, rings, k, offers.found, offers.found2,
        )  # fmt: skip
        shortest(offers.found2, found, to_lattice2, 0, k)
        local.kept[i] = _ahead(local.near2, i, local.linked[i], k, to_lattice2, 0)
        local.border[i] = min(k - local.kept[i], thinned.points.size)
        for f in range(found):
            point = offers.found[f]
            if offers.own2[point, k - 1] <= reach2:
                touched = _offer(offers, touched, point, i, offers.found2[f], k)
        for a in range(lonely):
            apart2 = _squared_chord(south, east, down, alone[a], thinned.lattice, rings)
            touched = _offer(offers, touched, alone[a], i, apart2, k)
    for t in range(touched):
        point = offers.touched[t]
        held = offers.standing[point]
        offers.standing[point] = _ahead(offers.apart2, point, held, k, offers.own2, point)
    return touched


@njit(cache=True, nogil=True)
def link_thinned(local, count, k, thinned, rings, offers):
    """Settle each member's edges with what is left of the background; return the edges inside it.

    Where there are fewer than ``k`` other nodes, each links to as many as there are.
    """
    touched = offer_members_to_thinned(local, count, k, thinned, rings, offers)
    others = min(k, max(thinned.points.size - 1, 0))
    inside = others * thinned.points.size
    for t in range(touched):
        point = offers.touched[t]
        standing = offers.standing[point]
        for j in range(standing):
            local.border[offers.sample[point, j]] += 1
        inside -= others - min(others, k - standing)
        offers.standing[point] = 0
    return inside
