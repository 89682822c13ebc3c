"""What lattice points are offered, one sample after another: on any lattice, and exact."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.lattice import points_around, points_around_point
from geobias.geometry.ranking import insert, shortest
from geobias.sphere import Floats


class Offers(NamedTuple):
    """For each lattice point, the samples that are among its ``k`` nearest, ``standing`` of them.

    ``near`` numbers them, and ``apart2`` holds their squared chords. ``touched`` lists the lattice
    points that hold offers. ``own2`` holds the squared chords to the nearest other lattice points
    where they have been ``measured``. The rest is work space.
    """

    near: NDArray[np.int32]
    apart2: Floats
    standing: NDArray[np.int32]
    touched: NDArray[np.int32]
    own2: Floats
    measured: NDArray[np.bool_]
    to_lattice2: Floats
    found: NDArray[np.int32]
    found2: Floats
    other: NDArray[np.int32]
    other2: Floats


@njit(cache=True, nogil=True)
def room_for_offers(points, k):
    """Allocate work space for lattices of so many points."""
    return Offers(
        np.empty((points, k), np.int32),
        np.empty((points, k)),
        np.zeros(points, np.int32),
        np.empty(points, np.int32),
        np.empty((points, k)),
        np.zeros(points, np.bool_),
        np.empty((1, k)),
        np.empty(points + 1, np.int32),
        np.empty(points),
        np.empty(points + 1, np.int32),
        np.empty(points),
    )


@njit(cache=True, nogil=True)
def lay_out(offers, lattice):
    """Make the work space ready for another lattice."""
    offers.measured[: lattice.points] = False


@njit(cache=True, nogil=True)
def link_one_by_one(local, count, k, lattice, rings, offers):
    """Settle each member's edges with the background; return the edges inside it."""
    touched = offers.touched[: offer_members(local, count, k, lattice, rings, offers)]
    return k * lattice.points - accept(local, touched, offers)


@njit(cache=True, nogil=True)
def offer_members(local, count, k, lattice, rings, offers):
    """Let each member meet the background; return how many lattice points hold offers.

    Each looks up the lattice points around it once, for both directions: the nearest of them
    compete with its nearest samples, and to each it offers itself as a neighbour.
    """
    touched_points, standing_of, own2 = offers.touched, offers.standing, offers.own2
    near, apart2, found, found2 = offers.near, offers.apart2, offers.found, offers.found2
    touched = 0
    for i in range(count):
        many = keep_nearest(local, i, k, lattice, rings, offers)
        for f in range(many):
            if not offers.measured[found[f]]:
                measure(found[f], lattice, rings, offers, k)
        for f in range(many):
            point, chord2 = found[f], found2[f]
            if chord2 <= own2[point, k - 1]:
                standing = standing_of[point]
                if standing == 0:
                    touched_points[touched] = point
                    touched += 1
                standing_of[point] = insert(near, apart2, point, standing, k, i, chord2)
    trim(touched_points[:touched], k, offers)
    return touched


@njit(cache=True, nogil=True)
def keep_nearest(local, i, k, lattice, rings, offers):
    """Settle which samples come before the lattice for a member; return who is in its reach."""
    found2, to_lattice2 = offers.found2, offers.to_lattice2
    many = points_around(
        local.south[i], local.east[i], local.down[i], lattice, rings, offers.found, found2
    )
    shortest(found2, many, to_lattice2, 0, k)
    local.kept[i] = count_kept(local, i, k, to_lattice2)
    local.border[i] = k - local.kept[i]
    return many


@njit(cache=True, nogil=True, inline="always")
def count_kept(local, i, k, to_lattice2):
    """Count the nearest members of one that come before its nearest lattice points."""
    kept = 0
    while kept < local.linked[i] and local.near2[i, kept] <= to_lattice2[0, k - 1 - kept]:
        kept += 1
    return kept


@njit(cache=True, nogil=True)
def go_through(point, local, count, k, lattice, rings, offers):
    """Offer all members to a measured lattice point, and let it keep the ``k`` nearest."""
    ring = rings.ring[point]
    down, cos, sin = lattice.down[ring], rings.cos[point], rings.sin[point]
    across, limit2 = lattice.across[ring], offers.own2[point, k - 1]
    near, apart2, standing = offers.near, offers.apart2, 0
    for i in range(count):
        step_south, step_east = local.south[i] - across * cos, local.east[i] - across * sin
        sink = local.down[i] - down
        chord2 = step_south * step_south + step_east * step_east + sink * sink
        if chord2 <= limit2:
            standing = insert(near, apart2, point, standing, k, i, chord2)
    offers.standing[point] = standing
    trim(np.array([point]), k, offers)


@njit(cache=True, nogil=True)
def trim(points, k, offers):
    """Let go the samples that lie farther from lattice points than their nearest others."""
    standing_of, apart2, own2 = offers.standing, offers.apart2, offers.own2
    for t in range(points.size):
        point = points[t]
        standing = standing_of[point]
        while standing > 0 and apart2[point, standing - 1] > own2[point, k - standing]:
            standing -= 1
        standing_of[point] = standing


@njit(cache=True, nogil=True)
def measure(point, lattice, rings, offers, k):
    """Note how far the ``k`` nearest other lattice points are from a lattice point."""
    offers.measured[point] = True
    other, other2 = offers.other, offers.other2
    found = points_around_point(point, lattice, rings, other, other2)
    others = 0
    for f in range(found):
        other2[others] = other2[f]
        others += other[f] != point
    shortest(other2, others, offers.own2, point, k)


@njit(cache=True, nogil=True)
def accept(local, points, offers):
    """Count the offers that stand at either end, and clear the work space for the next ones."""
    standing_of, near, border, accepted = offers.standing, offers.near, local.border, 0
    for t in range(points.size):
        point = points[t]
        for j in range(standing_of[point]):
            border[near[point, j]] += 1
        accepted += standing_of[point]
        standing_of[point] = 0
    return accepted
