"""The background lattice, seen from the centre it surrounds.

Put the centre at the pole and the lattice depends on its size alone: ring ``i`` lies at
angle ``i * spacing`` and holds ``ceil(2 pi i)`` points at equal steps of azimuth, from
-pi on. Positions are kept as (south, east, down): how far a point lies towards the
south, the east and the inside of the sphere, which stays precise however small the
neighbourhood is. Whatever lies near a position is then found by ring and azimuth,
without a search.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.sphere import Floats

POINTS_PER_SAMPLE = 5

FLAT_SLACK = 2e-7
"""Squared chords of flat lattices are kept to this fraction."""

WIDEST = 1.1
"""Plain lattices do not reach farther, in radians. Along a ring, the globe draws points together,
by sin(theta) / theta. While the square of that is above 0.6, whatever matters to a position is
among the three points next to it in azimuth on each of three rings: a point of the outermost ring
has its four nearest others within the root of 1.6 spacings, and is no farther than that from a
position next to another ring only if it is among the three."""
_FINE = 24
"""With fewer rings, neighbouring ones differ too much for that: then half a radian is the limit."""


class Rings(NamedTuple):
    """Sizes, offsets and azimuths of the rings; the same for every lattice.

    Ring ``i`` has ``size[i]`` points, numbered from ``first[i]`` on; ring 0 is empty.
    Point ``p`` lies on ring ``ring[p]``. On a flat lattice with rings one apart, ``flat2[0, p]``
    are the squared distances to its ``k`` nearest others, longest first, or to four of them if
    there are more, and -1 where there are fewer; ``flat2[1, p]`` are those where its ring is the
    outermost.
    """

    size: NDArray[np.int64]
    first: NDArray[np.int64]
    ring: NDArray[np.int32]
    cos: Floats
    sin: Floats
    flat2: NDArray[np.float32]


class Lattice(NamedTuple):
    """One lattice: how many rings, how far apart, and where each ring lies.

    ``reach2`` is a squared chord within which every lattice point finds its ``k`` nearest
    others, and ``angle`` the angle under that chord. Where it is ``plain``,
    `geobias.geometry.stencil` finds what lies around a position.
    """

    rings: int
    points: int
    spacing: float
    across: Floats
    down: Floats
    reach2: float
    angle: float
    plain: bool


def ring_table(rings: int, k: int) -> Rings:
    """Tabulate the first ``rings`` rings, for graphs of ``k`` neighbours."""
    size = np.ceil(2.0 * np.pi * np.arange(rings + 1)).astype(np.int64)
    first = np.concatenate(([0], np.cumsum(size)[:-1]))
    ring = np.repeat(np.arange(rings + 1), size)
    azimuth = -np.pi + (np.arange(ring.size) - first[ring]) * (2.0 * np.pi / size[ring])
    cos, sin = np.cos(azimuth), np.sin(azimuth)
    flat2 = np.full((2, ring.size, 4), -1.0, np.float32)
    _measure_flat(size, first, cos, sin, flat2[:, :, : min(k, 4)])
    return Rings(size, first, ring.astype(np.int32), cos, sin, flat2.reshape(2, -1))


@njit(cache=True, nogil=True)
def _measure_flat(sizes, firsts, cos, sin, flat2):
    """Fill ``flat2`` of `Rings` from what lies around each point on its ring and beside it."""
    flat2[:] = np.inf
    for ring in range(1, sizes.size):
        size = sizes[ring]
        for place in range(size):
            point = firsts[ring] + place
            south, east = ring * cos[point], ring * sin[point]
            for beside in range(max(1, ring - 1), ring + 2):
                # A ring beyond the table is only ever missed: no lattice has it.
                if beside == sizes.size:
                    break
                nearest = int(place * sizes[beside] / size + 0.5)
                for step in range(-2, 3):
                    other = firsts[beside] + (nearest + step) % sizes[beside]
                    step_south, step_east = south - beside * cos[other], east - beside * sin[other]
                    apart2 = step_south * step_south + step_east * step_east
                    if other != point:
                        _put_in(np.float32(apart2), flat2[0, point])
                        if beside <= ring:
                            _put_in(np.float32(apart2), flat2[1, point])


@njit(cache=True, nogil=True, inline="always")
def _put_in(value, shortest):
    """Insert a value into a row that descends, whose first one leaves."""
    for at in range(shortest.size - 1, -1, -1):
        lower = shortest[at]
        shortest[at] = value if value < lower else lower
        value = lower if value < lower else value


@njit(cache=True, nogil=True)
def ring_count(samples, radius):
    """Return the number of rings and their spacing for so many samples in a radius."""
    density = np.ceil(POINTS_PER_SAMPLE * samples / (math.pi * radius * radius))
    spacing = 1.0 / math.sqrt(density)
    return math.ceil(radius / spacing), spacing


def most_rings(samples: int, radius: float) -> int:
    """Return a number of rings that no neighbourhood of up to so many samples exceeds."""
    return math.ceil(math.sqrt(POINTS_PER_SAMPLE * samples / math.pi + radius * radius)) + 1


@njit(cache=True, nogil=True)
def lattice_of(samples, radius, k, rings_size):
    """Lay out the lattice of a neighbourhood."""
    rings, spacing = ring_count(samples, radius)
    theta = np.arange(rings + 1) * spacing
    points = 0
    for ring in range(rings + 1):
        points += rings_size[ring]
    # A point on the outermost of R rings has two others on its own ring within one
    # spacing and two on the ring inside it within sqrt(1 + R / (R - 1)) <= sqrt(3)
    # spacings; further in it is less. So four lie within 1.75 spacings, and for more
    # neighbours a half disc of area pi k / 2 inside the rim holds more than k points.
    chord = (1.75 if k <= 4 else 1.0 + math.sqrt(k)) * spacing
    angle = 2.0 * math.asin(min(1.0, chord / 2.0))
    if theta[rings] + angle >= math.pi:
        chord, angle = 3.0, 10.0  # it wraps around the globe: everything is in reach
    down = 2.0 * np.sin(theta / 2.0) ** 2
    widest = 0.5 if rings < _FINE else WIDEST
    plain = k <= 4 and 6 <= rings <= 10_000 and theta[rings] <= widest and spacing > 1e-9
    return Lattice(rings, points, spacing, np.sin(theta), down, chord * chord, angle, plain)


@njit(cache=True, nogil=True)
def bounds_on_globe(first, last, lattice):
    """Bound squared chords to the nearest others by what they are on a flat lattice.

    Parameters
    ----------
    first, last
        Rings; the last may be the outermost only if it is the only one.
    lattice
        A plain one.

    Returns
    -------
    low, high, more_low, more_high
        From a flat lattice to the globe, steps in azimuth shrink as rings do, and those from ring
        to ring hardly do. So chords along a ring are between ``low`` and ``high`` times
        `Rings.flat2`, and to those chords that lead to the next ring there is more to be added.
    """
    least, most = _shrinking(min(last + 1, lattice.rings), lattice), _shrinking(first - 1, lattice)
    unit2 = lattice.spacing * lattice.spacing
    low2, high2 = unit2 * (1.0 - unit2 / 12.0 - FLAT_SLACK), unit2 * (1.0 + FLAT_SLACK)
    return low2 * least, high2 * most, low2 * (1.0 - least), high2 * (1.0 - most)


@njit(cache=True, nogil=True)
def _shrinking(ring, lattice):
    """Return by how much squared steps in azimuth shrink on a ring."""
    if ring == 0:
        return 1.0
    shorter = lattice.across[ring] / (ring * lattice.spacing)
    return shorter * shorter


@njit(cache=True, nogil=True)
def points_near(south, east, down, theta, azimuth, lattice, rings, found, apart2):
    """List the lattice points in reach of a position, with their squared chords.

    On each ring the walk starts at the nearest azimuth and goes both ways until it is
    out of reach: along a ring, farther in azimuth is farther away.
    """
    count = 0
    low = max(1, math.ceil((theta - lattice.angle) / lattice.spacing))
    high = min(lattice.rings, math.floor((theta + lattice.angle) / lattice.spacing))
    turn = (azimuth + math.pi) / (2.0 * math.pi)
    for ring in range(low, high + 1):
        size, first, across = rings.size[ring], rings.first[ring], lattice.across[ring]
        sink = down - lattice.down[ring]
        sink2 = sink * sink
        nearest = int(turn * size + 0.5)
        left = size
        for way in (1, -1):
            place = nearest if way == 1 else nearest - 1
            while left > 0:
                if place < 0:
                    place += size
                elif place >= size:
                    place -= size
                step_south = south - across * rings.cos[first + place]
                step_east = east - across * rings.sin[first + place]
                apart = step_south * step_south + step_east * step_east + sink2
                if apart > lattice.reach2:
                    break
                found[count] = first + place
                apart2[count] = apart
                count += 1
                left -= 1
                place += way
            if left == size:
                break
    return count


@njit(cache=True, nogil=True)
def points_around(south, east, down, lattice, rings, found, apart2):
    """List the lattice points in reach of a position, which says itself where to start."""
    chord = np.sqrt(south * south + east * east + down * down)
    theta, azimuth = 2.0 * np.arcsin(min(1.0, chord / 2.0)), np.arctan2(east, south)
    return points_near(south, east, down, theta, azimuth, lattice, rings, found, apart2)


@njit(cache=True, nogil=True)
def points_around_point(point, lattice, rings, found, apart2):
    """List the lattice points in reach of one of them, itself among them."""
    ring = rings.ring[point]
    across = lattice.across[ring]
    azimuth = (point - rings.first[ring]) * (2.0 * np.pi / rings.size[ring]) - np.pi
    return points_near(
        across * rings.cos[point], across * rings.sin[point], lattice.down[ring],
        ring * lattice.spacing, azimuth, lattice, rings, found, apart2,
    )  # fmt: skip
