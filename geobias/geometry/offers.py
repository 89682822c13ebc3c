"""What lattice points are offered: which samples are among the nearest of each.

On a plain lattice each point keeps the four nearest of the samples it meets, as keys that
processors compare without branches, and competes with them by distances that are known from a
flat lattice. Both are good to some digits only. Where these do not settle a matter, it is settled
one by one, as it is on all other lattices: the result is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.lattice import points_around_point
from geobias.geometry.ranking import insert, shortest
from geobias.geometry.stencil import Met, Tile, room_for_met, room_for_tile
from geobias.sphere import Floats

NUMBER = np.uint64(2**28 - 1)
"""The bits of a key that number a member."""
NOBODY = ~NUMBER
"""A key beyond all others, and no number as a squared chord."""
_POINT = np.uint64(2**32 - 1)
"""The half of a pair that is a lattice point."""
_CLOSE = np.uint64(2) << np.uint64(28)
"""Keys that are no farther apart than this may be of members that tie."""
_SLACK = 2e-7
"""Squared chords in keys, and those of a flat lattice, are good to this fraction."""
_TINY = 1e-19
"""Below this, squared chords tie that differ by more than a fraction."""
MANY = 2_000
"""With more members than this, a lattice does not fit into the nearer caches."""
BLOCK = 512
"""So many lattice points are settled at once."""


class Offers(NamedTuple):
    """For each lattice point, the samples that are among its ``k`` nearest, ``standing`` of them.

    The last bits of ``key`` number them. On plain lattices the others are those of their squared
    chords (see `take`), which ``chord2`` reads as such, and on others these are in ``apart2``.
    ``own2`` holds the squared chords to the nearest other lattice points where they have been
    ``measured``. The rest is work space; ``ahead`` takes what is read only to be near.
    """

    key: NDArray[np.uint64]
    ahead: NDArray[np.uint64]
    chord2: Floats
    apart2: Floats
    standing: NDArray[np.int32]
    doubt: NDArray[np.bool_]
    touched: NDArray[np.int32]
    own2: Floats
    measured: NDArray[np.bool_]
    to_lattice2: Floats
    tile: Tile
    met: Met
    found: NDArray[np.int32]
    found2: Floats
    other: NDArray[np.int32]
    other2: Floats


@njit(cache=True, nogil=True)
def room_for_offers(points, k):
    """Allocate work space for lattices of so many points."""
    key = np.full((points, max(k, 4)), NOBODY)
    return Offers(
        key,
        np.zeros(1, np.uint64),
        key.view(np.float64),
        np.empty((points, k)),
        np.zeros(points, np.int32),
        np.zeros(points, np.bool_),
        np.empty(points + 1, np.int32),
        np.empty((points, k)),
        np.zeros(points, np.bool_),
        np.empty((1, k)),
        room_for_tile(),
        room_for_met(),
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
def take(many, touched, local, count, offers):
    """Let lattice points keep the four nearest of the members they have met, as keys.

    A key is a squared chord whose last bits are the number of the member: nearer ones are lower,
    and of two that tie the earlier one. Where one has to go that may tie with one who stays, the
    lattice point is in ``doubt``.
    """
    pair_of, bits_of, half = offers.met.pair, offers.met.bits, np.uint64(32)
    keys, touched_points, doubt = offers.key, offers.touched, offers.doubt
    south, east, down = local.south, local.east, local.down
    if count > MANY:
        # Together, rows that are far away in memory arrive sooner than one by one.
        ahead = np.uint64(0)
        for m in range(many):
            ahead ^= keys[pair_of[m] & _POINT, 0]
        offers.ahead[0] = ahead
    for m in range(many):
        pair = pair_of[m]
        point = pair & _POINT
        key = (bits_of[m] & ~NUMBER) | (pair >> half)
        first, second, third, fourth = (
            keys[point, 0], keys[point, 1], keys[point, 2], keys[point, 3]
        )  # fmt: skip
        touched_points[touched] = point
        touched += first == NOBODY
        first, key = (first, key) if first < key else (key, first)
        second, key = (second, key) if second < key else (key, second)
        third, key = (third, key) if third < key else (key, third)
        fourth, key = (fourth, key) if fourth < key else (key, fourth)
        keys[point, 0], keys[point, 1], keys[point, 2], keys[point, 3] = (
            first, second, third, fourth
        )  # fmt: skip
        if np.uint64(key - fourth - np.uint64(1)) < _CLOSE:
            for j in range(4):
                doubt[point] |= _may_tie(keys[point, j], key, south, east, down)
    return touched


@njit(cache=True, nogil=True, inline="always")
def _may_tie(key, next_key, south, east, down):
    """Tell whether the members of two keys may tie and may not; at one location, they surely do."""
    i, j = key & NUMBER, next_key & NUMBER
    apart = south[i] != south[j] or east[i] != east[j] or down[i] != down[j]
    return apart and next_key - key < _CLOSE


@njit(cache=True, nogil=True)
def settle(points, local, count, k, lattice, rings, offers):
    """Find out which offers stand: those of samples among the ``k`` nearest of a lattice point."""
    if lattice.plain:
        _settle_keys(points, local, count, k, lattice, rings, offers)
    else:
        trim(points, k, offers)


@njit(cache=True, nogil=True)
def _settle_keys(points, local, count, k, lattice, rings, offers):
    """Do so on a plain lattice.

    The nearest of them competes with the ``k``-th nearest other lattice point, and so on. How far
    these are is known from a flat lattice but for its ``bend``; where that or the keys leave
    doubt, a closer look is taken.
    """
    keys, chord2, flat2 = offers.key, offers.chord2, rings.flat2
    standing, doubt, unsure, tied = offers.standing, offers.doubt, offers.found, offers.other
    outermost, unit2 = rings.first[lattice.rings], lattice.spacing * lattice.spacing
    low, high = unit2 * (1.0 - lattice.bend - _SLACK), unit2 * (1.0 + _SLACK)
    if count > MANY:
        ahead = np.uint64(0)
        for t in range(points.size):
            point = np.uint64(points[t])
            ahead ^= keys[point, 0] ^ np.uint64(flat2[0, point, 0])
        offers.ahead[0] = ahead
    many, ties = 0, 0
    for t in range(points.size):
        point = np.uint64(points[t])
        rim = np.uint64(point >= outermost)
        surely, maybe = 0, 0
        for j in range(k):
            surely += chord2[point, j] <= low * flat2[rim, point, k - 1 - j]
            maybe += chord2[point, j] <= high * flat2[rim, point, k - 1 - j]
        standing[point] = surely
        last, stays = max(surely, 1) - 1, surely == maybe
        tie = doubt[point] if surely == 4 else keys[point, surely] - keys[point, last] < _CLOSE
        tie |= chord2[point, last] < _TINY
        unsure[many], tied[ties] = point, point
        many += not stays
        ties += stays and surely > 0 and tie
    many = _sift(tied[:ties], local, offers, many)
    # In a loop of their own: around calls, the first one would be several times slower.
    for t in range(many):
        _look_closer(unsure[t], local, count, k, lattice, rings, offers)


@njit(cache=True, nogil=True)
def _sift(tied, local, offers, many):
    """Leave those to a closer look where one who stands may tie with one who does not.

    They are added to so ``many``; returns how many there are.
    """
    keys, chord2, standing, unsure = offers.key, offers.chord2, offers.standing, offers.found
    south, east, down = local.south, local.east, local.down
    for t in range(tied.size):
        point = np.uint64(tied[t])
        last = standing[point] - 1
        open_yet = chord2[point, last] < _TINY
        open_yet |= offers.doubt[point] and keys[point, 3] - keys[point, last] < _CLOSE
        for j in range(last + 1):
            for other in range(last + 1, 4):
                open_yet |= _may_tie(keys[point, j], keys[point, other], south, east, down)
        unsure[many] = point
        many += open_yet
    return many


@njit(cache=True, nogil=True)
def _look_closer(point, local, count, k, lattice, rings, offers):
    """Settle who stands with the lattice measured; if need be, go through all members again."""
    chord2, own2 = offers.chord2, offers.own2
    measure(point, lattice, rings, offers, k)
    surely, maybe = 0, 0
    for j in range(k):
        surely += chord2[point, j] <= own2[point, k - 1 - j] * (1.0 - _SLACK)
        maybe += chord2[point, j] <= own2[point, k - 1 - j] * (1.0 + _SLACK)
    offers.standing[point] = surely
    tied = np.full(1, point)
    if surely < maybe or (surely > 0 and _sift(tied, local, offers, 0) > 0):
        _go_through(point, local, count, k, lattice, rings, offers)


@njit(cache=True, nogil=True)
def _go_through(point, local, count, k, lattice, rings, offers):
    """Offer all members to a lattice point, and let it keep the ``k`` nearest."""
    ring = rings.ring[point]
    down, cos, sin = lattice.down[ring], rings.cos[point], rings.sin[point]
    across, limit2 = lattice.across[ring], offers.own2[point, k - 1]
    keys, apart2, standing = offers.key, offers.apart2, 0
    for i in range(count):
        step_south, step_east = local.south[i] - across * cos, local.east[i] - across * sin
        sink = local.down[i] - down
        chord2 = step_south * step_south + step_east * step_east + sink * sink
        if chord2 <= limit2:
            standing = insert(keys, apart2, point, standing, k, np.uint64(i), chord2)
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
    standing_of, keys, doubt, border = offers.standing, offers.key, offers.doubt, local.border
    accepted = 0
    for t in range(points.size):
        point = np.uint64(points[t])
        # Nobody is number 0, and always so many turns have no branch that is hard to predict.
        for j in range(keys.shape[1]):
            border[keys[point, j] & NUMBER] += j < standing_of[point]
            keys[point, j] = NOBODY
        accepted += standing_of[point]
        standing_of[point], doubt[point] = 0, False
    return accepted
