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
    SLOTS,
    TILE,
    Met,
    Tile,
    find_shortest,
    locate,
    room_for_met,
    room_for_tile,
    surround,
)
from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE, Floats

NUMBER = np.uint64(2**28 - 1)
"""The bits of a key that number a member."""
_POINT = np.uint64(2**32 - 1)
"""The half of a pair that is a lattice point."""
BLOCK = 512
"""So many lattice points are settled at once."""
NOBODY = ~NUMBER
"""A key beyond all others, and no number as a squared chord."""
_CLOSE = np.uint64(2) << np.uint64(28)
"""Keys that are no farther apart than this may be of members that tie."""
_SLACK = 2e-7
"""Squared chords in keys, and those of a flat lattice, are good to this fraction."""
_MANY, _SQUARE = 2_000, 16.0
"""Above so many members, their order matters for speed; squares are so many spacings wide."""
_TINY = 1e-19
"""Below this, squared chords tie that differ by more than a fraction."""


class Local(NamedTuple):
    """Members of one neighbourhood as seen from its centre (see `lattice`), and their graph.

    They meet the background in this ``order``.
    Members are numbered from 0 in the order of their seats. Of ``near[i]``, the nearest
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


class Offers(NamedTuple):
    """For each lattice point, the samples that are among its ``k`` nearest, ``standing`` of them.

    The last bits of ``key`` number them. On plain lattices the others are those of their squared
    chords (see `_take`), which ``chord2`` reads as such, and on others these are in ``apart2``.
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
        Bytes of `room_for` and `room_for_offers`: some 750 per member with ``k`` 4, and 450
        of them are touched only where the lattice is not plain. On land there is another lattice.
    """
    points = int(np.ceil(2.0 * np.pi * np.arange(most_rings(members, radius) + 1)).sum())
    per_member = 3 * 8 + 4 * 4 + k * (4 + 8)
    per_point = 8 * max(k, 4) + 2 * k * 8 + 2 * (4 + 8) + 2 * 4 + 2
    tile = TILE * 8 * (6 + SLOTS + 4) + (TILE * SLOTS + 1) * (8 + 8)
    return per_member * members + per_point * points + 20 + tile + 8 * k


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
def lay_out(offers, lattice):
    """Make the work space ready for another lattice."""
    offers.measured[: lattice.points] = False


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
            touched = _take(many, touched, local, count, offers)
    else:
        for i in range(count):
            touched = _meet(local, i, touched, k, lattice, rings, offers)
    return touched


@njit(cache=True, nogil=True)
def settle(points, local, count, k, lattice, rings, offers):
    """Find out which offers stand: those of samples among the ``k`` nearest of a lattice point."""
    if lattice.plain:
        _settle(points, local, count, k, lattice, rings, offers)
    else:
        trim(points, k, offers)


@njit(cache=True, nogil=True)
def _put_in_order(local, count, lattice, offers):
    """Tell in which order members meet the background; who meets it when makes no difference.

    Many members go square by square, so that the lattice points around them are at hand.
    """
    order, south, east = local.order, local.south, local.east
    if count <= _MANY:
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
def _take(many, touched, local, count, offers):
    """Let lattice points keep the four nearest of the members they have met, as keys.

    A key is a squared chord whose last bits are the number of the member: nearer ones are lower,
    and of two that tie the earlier one. Where one has to go that may tie with one who stays, the
    lattice point is in ``doubt``.
    """
    pair_of, bits_of, half = offers.met.pair, offers.met.bits, np.uint64(32)
    keys, touched_points, doubt = offers.key, offers.touched, offers.doubt
    south, east, down = local.south, local.east, local.down
    if count > _MANY:
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
def _settle(points, local, count, k, lattice, rings, offers):
    """Do so on a plain lattice.

    The nearest of them competes with the ``k``-th nearest other lattice point, and so on. How far
    these are is known from a flat lattice but for its ``bend``; where that or the keys leave
    doubt, a closer look is taken.
    """
    keys, chord2, flat2 = offers.key, offers.chord2, rings.flat2
    standing, doubt, unsure, tied = offers.standing, offers.doubt, offers.found, offers.other
    outermost, unit2 = rings.first[lattice.rings], lattice.spacing * lattice.spacing
    low, high = unit2 * (1.0 - lattice.bend - _SLACK), unit2 * (1.0 + _SLACK)
    if count > _MANY:
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
    _measure(point, lattice, rings, offers, k)
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
    across, limit2, keys, apart2 = (
        lattice.across[ring],
        offers.own2[point, k - 1],
        offers.key,
        offers.apart2,
    )
    standing = 0
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
            _measure(found[f], lattice, rings, offers, k)
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
def _measure(point, lattice, rings, offers, k):
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
def link_background(local, count, k, lattice, rings, offers):
    """Settle each member's edges with the background; return the edges inside it."""
    touched = offer_members(local, count, k, lattice, rings, offers)
    inside = k * lattice.points
    for begin in range(0, touched, BLOCK):
        points = offers.touched[begin : min(begin + BLOCK, touched)]
        settle(points, local, count, k, lattice, rings, offers)
        inside -= accept(local, points, offers)
    return inside


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
