"""The lattice points around many positions at once, for plain lattices and up to 4 neighbours.

A plain lattice is neither tiny nor so wide that the globe bends it much. There, whatever matters
to a position is on the rings next to it, among the three points of each that are next in azimuth:
always so many, so that nothing depends on what has been found. Each loop below does plain
arithmetic for all positions, which the compiler turns into vector instructions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE, Floats

TILE = 128
"""So many positions are in work at once."""

SLOTS = 9
"""So many lattice points are looked at around a position."""

PRECISION = 1e-8
"""Squared chords are good to this fraction, if no shorter than `TINY`."""

TINY = 1e-5
"""In squared spacings; where chords are shorter than this, they are good to fewer digits."""

EMPTY = 8.0
"""No squared chord is so long: there is no lattice point in a slot."""

# Rows of a tile, each of so many numbers. In one array with steps that are known, the compiler
# sees that they do not overlap.
SOUTH, EAST, DOWN, AWAY, TURNS, _FIRST, _ACROSS, _DEEP, LOW2, NEAR2, SHORTER, UNSURE = (
    TILE * row for row in (0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 17)
)


class Tile(NamedTuple):
    """Positions, and how they lie on a lattice.

    Rows of ``work`` hold where they lie (`SOUTH`, `EAST`, `DOWN`), how far ``AWAY`` from the axis
    through the centre, how many ``TURNS`` round, and squared chords: from `LOW2` on the four
    shortest to lattice points, and from `NEAR2` on those to the four nearest of the positions they
    compete with. ``inner`` is the innermost of the rings next to each.
    """

    work: Floats
    inner: NDArray[np.int64]


class Around(NamedTuple):
    """What lies around positions, (tiles, slots times positions): lattice points, squared chords.

    ``bits`` are those of ``apart2``.
    """

    point: NDArray[np.uint32]
    apart2: Floats
    bits: NDArray[np.int64]


@njit(cache=True, nogil=True)
def room_for_tile():
    """Allocate work space for a tile."""
    return Tile(np.zeros(UNSURE + TILE), np.zeros(TILE, np.int64))


@njit(cache=True, nogil=True)
def room_around(positions):
    """Allocate room for what lies around so many positions."""
    shape = (positions + TILE - 1) // TILE, SLOTS * TILE
    apart2 = np.empty(shape)
    return Around(np.empty(shape, np.uint32), apart2, apart2.view(np.int64))


@njit(cache=True, nogil=True, inline="always")
def _turns(slope):
    """Return the arc tangent of a slope up to 0.415, in turns."""
    s2 = slope * slope
    return slope * (
        0.159154943091895183 + s2 * (-0.0530516476971202041 + s2 * (0.0318309885839647849 + s2 * (
            -0.0227364178553436046 + s2 * (0.0176837834273149951 + s2 * (
                -0.0144664352760314941 + s2 * (0.0122128008698064985 + s2 * (
                    -0.0103545317182817847 + s2 * (
                        0.00799695377415426726 + s2 * -0.00402896436987399233
                    )
                ))
            ))
        )))
    )  # fmt: skip


@njit(cache=True, nogil=True, inline="always")
def _squared_sine(angle):
    """Return the squared sine of an angle up to a quarter of a turn, good to 1e-8 of it."""
    x2 = 0.25 * angle * angle
    # That of half the angle, by its series.
    half = x2 * (
        1.0 + x2 * (-1.0 / 3.0 + x2 * (2.0 / 45.0 + x2 * (
            -1.0 / 315.0 + x2 * (2.0 / 14175.0 + x2 * (-2.0 / 467775.0))
        )))
    )  # fmt: skip
    return 4.0 * half * (1.0 - half)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def locate(tile, count, spacing):
    """Tell how positions lie: which rings they are next to, and how far round they are."""
    work, inner = tile.work, tile.inner
    for i in range(count):
        south, east, down = work[SOUTH + i], work[EAST + i], work[DOWN + i]
        flat2 = south * south + east * east
        away = math.sqrt(flat2)
        work[AWAY + i] = away
        # The angle is four times the arc sine, by its series, of the sine of a quarter of it.
        half2 = (flat2 + down * down) / 4.0
        sine2 = 0.5 * half2 / (1.0 + math.sqrt(1.0 - half2))
        stretch = 1.0 + sine2 * (
            1.0 / 6.0 + sine2 * (3.0 / 40.0 + sine2 * (
                5.0 / 112.0 + sine2 * (35.0 / 1152.0 + sine2 * 63.0 / 2816.0)
            ))
        )  # fmt: skip
        inner[i] = int(4.0 * math.sqrt(sine2) * stretch / spacing + 0.5) - 1
        u, v = abs(south), abs(east)
        longer, shorter = (u, v) if u > v else (v, u)
        steep = shorter > 0.41421356 * longer
        rise = shorter - longer if steep else shorter
        run = shorter + longer if steep else longer
        turn = _turns(rise / (run + 1e-300)) + (0.125 if steep else 0.0)
        turn = 0.25 - turn if v > u else turn
        turn = 0.5 - turn if south < 0.0 else turn
        work[TURNS + i] = 0.5 - turn if east < 0.0 else 0.5 + turn


@njit(cache=True, nogil=True)
def surround(tile, count, lattice, rings, points, apart2):
    """Measure the lattice points around positions, slot by slot.

    Left out are other rings, one and a half spacings away or more, and on these rings other points,
    at least one and a half steps away. Where a ring is missing, inside the first or outside the
    outermost one, points of that one are looked at instead that are one step farther away.
    """
    work, inner, outermost = tile.work, tile.inner, lattice.rings
    firsts, across, down = rings.first, lattice.across, lattice.down
    for nth in range(3):
        for i in range(count):
            ring = np.uint64(min(max(inner[i] + nth, 1), outermost))
            work[_FIRST + i] = firsts[ring]
            work[_ACROSS + i], work[_DEEP + i] = across[ring], down[ring]
        some = slice(3 * nth * TILE, 3 * (nth + 1) * TILE)
        _look_along(work, inner, count, nth, outermost, points[some], apart2[some])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _look_along(work, inner, count, nth, outermost, points, apart2):
    """Measure three points of the ring that is the so-manieth next to each position."""
    for i in range(count):
        wanted = inner[i] + nth
        ring = min(max(wanted, 1), outermost)
        missing, step = wanted != ring, 1.0 + abs(wanted - ring)
        size = np.ceil(2.0 * np.pi * np.float64(ring))
        near, sink = work[AWAY + i] - work[_ACROSS + i], work[DOWN + i] - work[_DEEP + i]
        short2, wide = near * near + sink * sink, 4.0 * work[AWAY + i] * work[_ACROSS + i]
        place = work[TURNS + i] * size
        at = np.floor(place + 0.5)
        off, per = at - place, np.pi / size
        left, middle, right = (off - step) * per, off * per, (off + step) * per
        apart2[i] = short2 + wide * _squared_sine(left)
        apart2[TILE + i] = EMPTY if missing else short2 + wide * _squared_sine(middle)
        apart2[2 * TILE + i] = short2 + wide * _squared_sine(right)
        before, after, first = at - step, at + step, work[_FIRST + i]
        points[i] = int(first + (before + size if before < 0.0 else before))
        points[TILE + i] = int(first + (at - size if at >= size else at))
        points[2 * TILE + i] = int(first + (after - size if after >= size else after))


@njit(cache=True, nogil=True)
def find_shortest(work, count, apart2):
    """Find the four shortest squared chords from each position, as `ranking.shortest` does."""
    for i in range(count):
        a = b = c = d = np.inf
        for slot in range(SLOTS):
            value = apart2[slot * TILE + i]
            a, value = (a, value) if a < value else (value, a)
            b, value = (b, value) if b < value else (value, b)
            c, value = (c, value) if c < value else (value, c)
            d = d if d < value else value
        work[LOW2 + i] = a * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE
        work[LOW2 + TILE + i] = b * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE
        work[LOW2 + 2 * TILE + i] = c * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE
        work[LOW2 + 3 * TILE + i] = d * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE


@njit(cache=True, nogil=True)
def compare(work, count, k):
    """Tell how many of the positions that compete come before the lattice points (`SHORTER`).

    The nearest of them competes with the ``k``-th nearest lattice point, and so on. `UNSURE` is 0
    where these are known well enough to tell.
    """
    last2, third2 = work[LOW2 + (k - 1) * TILE :], work[LOW2 + max(k - 2, 0) * TILE :]
    second2, first2 = work[LOW2 + max(k - 3, 0) * TILE :], work[LOW2 + max(k - 4, 0) * TILE :]
    low, high = 1.0 - 2.0 * PRECISION, 1.0 + 2.0 * PRECISION
    for i in range(count):
        near2, next2 = work[NEAR2 + i], work[NEAR2 + TILE + i]
        third, fourth = work[NEAR2 + 2 * TILE + i], work[NEAR2 + 3 * TILE + i]
        surely = 1.0 if near2 <= last2[i] * low else 0.0
        surely += 1.0 if next2 <= third2[i] * low else 0.0
        surely += 1.0 if third <= second2[i] * low else 0.0
        surely += 1.0 if fourth <= first2[i] * low else 0.0
        maybe = 1.0 if near2 <= last2[i] * high else 0.0
        maybe += 1.0 if next2 <= third2[i] * high else 0.0
        maybe += 1.0 if third <= second2[i] * high else 0.0
        maybe += 1.0 if fourth <= first2[i] * high else 0.0
        work[SHORTER + i], work[UNSURE + i] = surely, maybe - surely
