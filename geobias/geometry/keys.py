"""The background of a neighbourhood on a plain lattice, by keys.

Each lattice point keeps the four nearest of the samples it meets, as keys that processors compare
without branches, and they compete with its nearest others, whose distances are known from a flat
lattice. All of that is good to some digits only. What these do not settle is settled one by one,
as it is on all other lattices: the result is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.lattice import bounds_on_globe
from geobias.geometry.offers import accept, go_through, keep_nearest, measure
from geobias.geometry.rows import put_in
from geobias.geometry.stencil import (
    DOWN,
    EAST,
    LOW2,
    NEAR2,
    SHORTER,
    SLOTS,
    SOUTH,
    TILE,
    TINY,
    UNSURE,
    Around,
    Tile,
    compare,
    find_shortest,
    locate,
    room_around,
    room_for_tile,
    surround,
)
from geobias.sphere import Floats

_NUMBER = 2**28 - 1
"""The bits of a key that number a member."""
MANY = 2_000
"""With more members than this, a lattice does not fit into the nearer caches."""
_CLOSE = 2 * (_NUMBER + 1)
"""Keys whose bits are no farther apart than this may be of members that tie."""
_TIE = 2.0**-22
"""They differ by no more than this fraction."""
_WIDE = 0.1
"""Lattices that reach farther, in radians, are bent too much to be settled all at once."""
_SLACK = 2e-7
"""Squared chords in keys are good to this fraction."""
_SQUARE = 16.0
"""Squares are so many spacings wide."""
_DOUBT, _TIED, _OPEN = np.uint8(1), np.uint8(2), np.uint8(4)


class Keys(NamedTuple):
    """Work space: for each lattice point, the four nearest samples that it has met, as a ``key``.

    Keys are their squared chords, but the last ``bits`` number them; nobody is infinitely far away.
    Those up to the ``bar`` stand. ``state`` notes where one has left that may tie with one who
    stayed (`_DOUBT`), where the last who stands may tie with another (`_TIED`), and where it is not
    known how many stand (`_OPEN`). ``ahead`` takes what is read only to be near.
    """

    key: Floats
    flat: Floats
    bits: NDArray[np.int64]
    bar: Floats
    bar_bits: NDArray[np.int64]
    state: NDArray[np.uint8]
    open: NDArray[np.int32]
    ahead: Floats
    order: NDArray[np.int32]
    square: NDArray[np.int32]
    tile: Tile
    around: Around


@njit(cache=True, nogil=True)
def room_for_keys(members, points):
    """Allocate work space for so many members on lattices of so many points."""
    key, bar = np.full((points, 4), np.inf), np.empty(points)
    return Keys(
        key,
        key.reshape(-1),
        key.view(np.int64),
        bar,
        bar.view(np.int64),
        np.zeros(points, np.uint8),
        np.empty(points + 1, np.int32),
        np.zeros(1),
        np.empty(members, np.int32),
        np.empty(members, np.int32),
        room_for_tile(),
        room_around(members),
    )


@njit(cache=True, nogil=True)
def link_by_keys(local, count, k, lattice, rings, keys, offers):
    """Settle each member's edges with the background; return the edges inside it."""
    _put_in_order(local, count, lattice, keys)
    for nth in range((count + TILE - 1) // TILE):
        some = keys.order[nth * TILE : min((nth + 1) * TILE, count)]
        _meet(local, some, nth, k, lattice, rings, keys)
        _keep(local, some, nth, k, lattice, rings, keys, offers)
        _take(local, some, nth, count > MANY, keys)
    still_open, accepted = _settle(lattice, k, rings, keys), 0
    for t in range(still_open):
        accepted += _look_closer(keys.open[t], local, count, k, lattice, rings, keys, offers)
    for nth in range((count + TILE - 1) // TILE):
        some = keys.order[nth * TILE : min((nth + 1) * TILE, count)]
        accepted += _accept(local.border, some, keys.around, nth, keys.bar_bits)
    keys.flat[: 4 * lattice.points] = np.inf
    keys.state[: lattice.points] = 0
    return k * lattice.points - accepted


@njit(cache=True, nogil=True)
def _put_in_order(local, count, lattice, keys):
    """Tell in which order members meet the background; who meets it when makes no difference.

    Many members go square by square, so that the lattice points around them are at hand.
    """
    order, south, east = keys.order, local.south, local.east
    if count <= MANY:
        for i in range(count):
            order[i] = i
        return
    width = _SQUARE * lattice.spacing
    edge = lattice.across[lattice.rings] + width
    side = int(2.0 * edge / width) + 1
    square_of, start = keys.square, keys.open[: side * side]
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
def _meet(local, some, nth, k, lattice, rings, keys):
    """Find out what lies around a few members, and how many of their nearest come before it."""
    tile, points, apart2 = keys.tile, keys.around.point[nth], keys.around.apart2[nth]
    work, near2, south, east, down = tile.work, local.near2, local.south, local.east, local.down
    for t in range(some.size):
        i = some[t]
        work[SOUTH + t], work[EAST + t], work[DOWN + t] = south[i], east[i], down[i]
        work[NEAR2 + t], work[NEAR2 + TILE + t] = near2[i, 0], near2[i, 1]
        work[NEAR2 + 2 * TILE + t], work[NEAR2 + 3 * TILE + t] = near2[i, 2], near2[i, 3]
    locate(tile, some.size, lattice.spacing)
    surround(tile, some.size, lattice, rings, points, apart2)
    find_shortest(work, some.size, apart2)
    compare(work, some.size, k)


@njit(cache=True, nogil=True)
def _keep(local, some, nth, k, lattice, rings, keys, offers):
    """Settle which samples come before the lattice for a few members."""
    kept_of, border = local.kept, local.border
    work, points, apart2 = keys.tile.work, keys.around.point[nth], keys.around.apart2[nth]
    tiny, unsure, many = TINY * lattice.spacing * lattice.spacing, offers.other, 0
    for t in range(some.size):
        i, kept = some[t], np.int32(work[SHORTER + t])
        kept_of[i], border[i] = kept, k - kept
        unsure[many] = t
        many += work[UNSURE + t] > 0.0 or work[LOW2 + t] < tiny
    for u in range(many):
        keep_nearest(local, some[unsure[u]], k, lattice, rings, offers)
        for at in range(unsure[u], SLOTS * TILE, TILE):
            if apart2[at] < tiny:
                keys.state[points[at]] |= _TIED


@njit(cache=True, nogil=True)
def _take(local, some, nth, far, keys):
    """Let lattice points keep the four nearest of the members they meet.

    Nearer ones have lower keys, and of two that tie the earlier one has. Where one has to go that
    may tie with one who stays, the lattice point is in doubt.
    """
    key, state = keys.key, keys.state
    points, bits = keys.around.point[nth], keys.around.bits[nth]
    if far:
        # Together, rows that are far away in memory arrive sooner than one by one.
        ahead = 0.0
        for slot in range(SLOTS):
            for t in range(some.size):
                ahead += key[points[slot * TILE + t], 0]
        keys.ahead[0] = ahead
    for t in range(some.size):
        number = np.int64(some[t])
        for slot in range(SLOTS):
            point = points[slot * TILE + t]
            leaves, last = put_in(key, point, (bits[slot * TILE + t] & ~_NUMBER) | number)
            # That of two members differs; nobody and nobody does not count.
            if np.uint64(leaves - last - 1) < np.uint64(_CLOSE):
                for j in range(4):
                    if _may_tie(keys.bits[point, j], leaves, local):
                        state[point] |= _DOUBT


@njit(cache=True, nogil=True, inline="always")
def _may_tie(bits, next_bits, local):
    """Tell whether the members of two keys may tie and may not; at one location, they surely do."""
    if next_bits - bits >= _CLOSE:
        return False
    south, east, down = local.south, local.east, local.down
    i, j = bits & _NUMBER, next_bits & _NUMBER
    return south[i] != south[j] or east[i] != east[j] or down[i] != down[j]


@njit(cache=True, nogil=True)
def _settle(lattice, k, rings, keys):
    """Find out who stands; list the lattice points where that takes a closer look.

    Where the globe bends a lattice much, that is done ring by ring.
    """
    outermost, first = lattice.rings, 1
    together = 1 if outermost * lattice.spacing > _WIDE else outermost
    while first <= outermost:
        last = max(first, min(first + together, outermost) - 1)
        begin = rings.first[first]
        end = lattice.points if last == outermost else rings.first[last + 1]
        low, high, more_low, more_high = bounds_on_globe(first, last, lattice)
        _set_bars(
            keys.flat[4 * begin : 4 * end],
            rings.flat2[int(last == outermost), 4 * begin : 4 * end], low, high,
            # All nearest others but the two on the same ring, which come last, are one ring away.
            more_low * (k > 2), more_high * (k > 2), more_low * (k > 3), more_high * (k > 3),
            keys.bar[begin:end], keys.state[begin:end],
        )  # fmt: skip
        first = last + 1
    many = 0
    for point in range(lattice.points):
        if keys.state[point] > _DOUBT:
            keys.open[many] = point
            many += 1
    return many


@njit(cache=True, nogil=True)
def _set_bars(key, flat2, low, high, more_low1, more_high1, more_low2, more_high2, bar, state):
    """Let the nearest sample compete with the last of the nearest others, and so on.

    These are known from a flat lattice: between ``low`` and ``high`` times ``flat2``, nothing is
    sure. To the first and the second more is added.
    """
    for p in range(bar.size):
        one, two, three, four = key[4 * p], key[4 * p + 1], key[4 * p + 2], key[4 * p + 3]
        own1, own2, own3, own4 = flat2[4 * p], flat2[4 * p + 1], flat2[4 * p + 2], flat2[4 * p + 3]
        limit1, limit2 = more_high1 + high * own1, more_high2 + high * own2
        limit3, limit4 = high * own3, high * own4
        last, after, limit = -1.0, one, limit1
        stands = one <= more_low1 + low * own1
        last, after, limit = (one, two, limit2) if stands else (last, after, limit)
        stands = two <= more_low2 + low * own2
        last, after, limit = (two, three, limit3) if stands else (last, after, limit)
        last, after, limit = (three, four, limit4) if three <= low * own3 else (last, after, limit)
        all_stand = four <= low * own4
        bar[p] = four if all_stand else last
        tie = state[p] != 0 if all_stand else after <= last * (1.0 + _TIE)
        is_open = after <= limit and not all_stand
        state[p] |= (_TIED if tie else np.uint8(0)) | (_OPEN if is_open else np.uint8(0))


@njit(cache=True, nogil=True)
def _look_closer(point, local, count, k, lattice, rings, keys, offers):
    """Settle who stands at a lattice point where that is open; return how many were counted.

    They are counted here if no bar tells them from others.
    """
    if keys.state[point] < _OPEN and not _tied(point, local, lattice, keys):
        return 0
    measure(point, lattice, rings, offers, k)
    surely, maybe = 0, 0
    for j in range(k):
        surely += keys.key[point, j] <= offers.own2[point, k - 1 - j] * (1.0 - _SLACK)
        maybe += keys.key[point, j] <= offers.own2[point, k - 1 - j] * (1.0 + _SLACK)
    keys.bar[point] = keys.key[point, surely - 1] if surely > 0 else -1.0
    if surely == maybe and not _tied(point, local, lattice, keys):
        return 0
    keys.bar[point] = -1.0
    go_through(point, local, count, k, lattice, rings, offers)
    return accept(local, np.array([point]), offers)


@njit(cache=True, nogil=True)
def _tied(point, local, lattice, keys):
    """Tell whether one who stands at a lattice point may tie with one who does not."""
    row, bits, standing = keys.key[point], keys.bits[point], 0
    for j in range(4):
        standing += row[j] <= keys.bar[point]
    if standing == 0:
        return False
    last = standing - 1
    if row[last] < TINY * lattice.spacing * lattice.spacing:
        return True
    tied = keys.state[point] & _DOUBT != 0 and bits[3] - bits[last] < _CLOSE
    for j in range(standing):
        for other in range(standing, 4):
            tied |= _may_tie(bits[j], bits[other], local)
    return tied


@njit(cache=True, nogil=True)
def _accept(border, some, around, nth, bar_bits):
    """Count for a few members at how many lattice points they stand; return the sum."""
    points, bits, accepted = around.point[nth], around.bits[nth], 0
    for t in range(some.size):
        number, own = np.int64(some[t]), 0
        for slot in range(SLOTS):
            key = (bits[slot * TILE + t] & ~_NUMBER) | number
            own += key <= bar_bits[points[slot * TILE + t]]
        border[number] += own
        accepted += own
    return accepted
