"""A ladder of radii: circles around a centre end on its rungs.

The squared chord from the centre, in square metres, tells the rung by its floating-point bits:
exponent and three bits of the mantissa. So rungs are 3 to 6 % of the radius apart, and it takes
neither a logarithm nor a sort to know what lies between two of them. All that is less than a
metre away is on the lowest rung.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from geobias.geometry.bands import runs_within
from geobias.geometry.places import BANDS, Ints, Places
from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import Floats

EARTH_RADIUS_M = 1000.0 * EARTH_RADIUS_KM

_DROPPED_BITS = 52 - 3
_BELOW = (1023 << 3) - 1  # what is left of the bits just below one square metre

RUNGS = (int(np.float64((2.0 * EARTH_RADIUS_M) ** 2 * 1.01).view(np.int64)) >> _DROPPED_BITS) - (
    _BELOW - 1
)
"""Number of rungs: the highest holds all that is on the other side of the globe."""

_TILE = 1024


class Ground(NamedTuple):
    """Where the points are, as kernels take it.

    ``x``, ``y`` and ``z`` are in metres from the middle of the Earth; latitudes, longitudes and
    starts of bands and seats are those of `Places`.
    """

    x: Floats
    y: Floats
    z: Floats
    lat: Floats
    lon: Floats
    band_start: Ints
    seat_start: Ints


def ground(places: Places) -> Ground:
    """Return what kernels need of the places."""
    x, y, z = (EARTH_RADIUS_M * np.ascontiguousarray(axis) for axis in places.unit.T)
    return Ground(x, y, z, places.lat, places.lon, places.band_start, places.seat_start)


@njit(cache=True, nogil=True)
def angle_of(square):
    """Return the great-circle angle under a chord, given its square in square metres."""
    return 2.0 * math.asin(min(1.0, math.sqrt(square) / (2.0 * EARTH_RADIUS_M)))


@njit(cache=True, nogil=True)
def square_of(angle):
    """Return the square of the chord over an angle, in square metres."""
    return (2.0 * EARTH_RADIUS_M * math.sin(min(angle, math.pi) / 2.0)) ** 2


@njit(cache=True, nogil=True)
def _measure(ground, centre, first, end, squares):
    """Write the squared chords from a centre to the points ``first`` up to ``end``."""
    x, y, z = ground.x[centre], ground.y[centre], ground.z[centre]
    for i in range(end - first):
        dx, dy, dz = ground.x[first + i] - x, ground.y[first + i] - y, ground.z[first + i] - z
        squares[i] = dx * dx + dy * dy + dz * dz


@njit(cache=True, nogil=True)
def _climb(bits, count, rungs):
    """Write the rungs that so many squared chords, given as bits, are on."""
    for i in range(count):
        rungs[i] = max(0, (bits[i] >> _DROPPED_BITS) - _BELOW)


@njit(cache=True, nogil=True)
def rungs_of(squares):
    """Return the rung of each squared chord."""
    rungs = np.empty(squares.size, np.uint64)
    _climb(squares.view(np.int64), squares.size, rungs)
    return rungs


@njit(cache=True, nogil=True)
def count_on_rungs(ground, centres, search, limit, weights, sums, farthest):
    """Add up what lies on each rung around each centre.

    Parameters
    ----------
    ground
        The points.
    centres
        Points.
    search, limit
        Only points so near count: an angle, and the square of its chord.
    weights
        (quantities, points): what is added up.
    sums
        (centres, quantities, rungs + 1), all 0; the sums are written here. What is too far is on
        the last one.
    farthest
        (centres, rungs + 1), all 0; the largest squared chord on each is written here.
    """
    squares = np.empty(_TILE)
    bits = squares.view(np.int64)
    rungs = np.empty(_TILE, np.uint64)
    runs = np.empty((2 * BANDS, 2), np.int64)
    for i in range(centres.size):
        top = farthest[i]
        found = runs_within(ground.lat, ground.lon, ground.band_start, centres[i], search, runs)
        for run in range(found):
            for first in range(runs[run, 0], runs[run, 1], _TILE):
                end = min(first + _TILE, runs[run, 1])
                _measure(ground, centres[i], first, end, squares)
                _climb(bits, end - first, rungs)
                if limit < math.inf:
                    for j in range(end - first):
                        if squares[j] > limit:
                            rungs[j] = RUNGS
                for quantity in range(weights.shape[0]):
                    total, weight = sums[i, quantity], weights[quantity, first:end]
                    for j in range(end - first):
                        total[rungs[j]] += weight[j]
                        if quantity == 0 and squares[j] > top[rungs[j]]:
                            top[rungs[j]] = squares[j]


@njit(cache=True, nogil=True)
def seats_on_rungs(ground, centre, square, slots, runs, order):
    """Write each seat within a circle to the next slot of its rung.

    ``slots[r]`` is where those of rung r begin in ``order``, and becomes where they end.
    """
    squares = np.empty(_TILE)
    bits = squares.view(np.int64)
    rungs = np.empty(_TILE, np.uint64)
    found = runs_within(ground.lat, ground.lon, ground.band_start, centre, angle_of(square), runs)
    for run in range(found):
        for first in range(runs[run, 0], runs[run, 1], _TILE):
            end = min(first + _TILE, runs[run, 1])
            _measure(ground, centre, first, end, squares)
            _climb(bits, end - first, rungs)
            for j in range(end - first):
                if squares[j] <= square:
                    slot = slots[rungs[j]]
                    for seat in range(
                        ground.seat_start[first + j], ground.seat_start[first + j + 1]
                    ):
                        order[slot] = seat
                        slot += 1
                    slots[rungs[j]] = slot


@njit(cache=True, nogil=True)
def points_inside(ground, centre, square):
    """Return for each point whether it lies within a circle."""
    squares = np.empty(ground.x.size)
    _measure(ground, centre, 0, squares.size, squares)
    return squares <= square
