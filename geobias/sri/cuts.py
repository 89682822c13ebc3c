"""The three ways to cut a neighbourhood into parts: cells, rings and wedges.

A cut gives every member a key per kind; members with one key form a part, and those with
the key `NOWHERE` are in none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from geobias.sphere import RIM, TIE_ABSOLUTE, Floats

GRID, LAG, SECTOR = 0, 1, 2
"""Rows of whatever there is one of for each kind of cut."""

NOWHERE = -1

CELLS_PER_RADIUS, LAGS_PER_RADIUS = 2.0, 10.0
"""Without a length of their own, cells and rings are so many times smaller than the radius."""

SNAP = 1e-9
"""A member that falls short of the next part by less than this share of a part is in it.

Members due north lie on a border, and rounding must not say on which side.
"""


class Sizes(NamedTuple):
    """How large the parts are: radians, 0 for a share of the radius, and how many wedges."""

    cell: float
    lag: float
    sectors: int


class Seen(NamedTuple):
    """Members as seen from the centre (see `geobias.geometry.graph.place_members`)."""

    south: Floats
    east: Floats
    down: Floats


@njit(cache=True, nogil=True)
def room_to_see(members):
    """Allocate work space for neighbourhoods of up to so many members."""
    return Seen(np.empty(members), np.empty(members), np.empty(members))


@njit(cache=True, nogil=True, inline="always")
def lengths(sizes, radius):
    """Return the side of a cell and the width of a ring."""
    cell = sizes.cell if sizes.cell > 0.0 else radius / CELLS_PER_RADIUS
    lag = sizes.lag if sizes.lag > 0.0 else radius / LAGS_PER_RADIUS
    return cell, lag


@njit(cache=True, nogil=True, inline="always")
def fits(side, radius):
    """Whether a neighbourhood is large enough for parts of such a size."""
    return side <= radius * (1.0 + SNAP)


@njit(cache=True, nogil=True, inline="always")
def steps(radius, side):
    """Return how many parts of such a size it takes to reach the radius."""
    return np.int64(np.ceil(radius / side - SNAP))


@njit(cache=True, nogil=True)
def equal_area(south, east, down):
    """Project to the plane by the azimuthal equal-area projection about the centre.

    Lambert's projection leaves directions from the centre alone and puts a point as far from
    it as the straight line to it is long (Snyder 1987, *Map projections: a working manual*,
    p. 185). Returns east, north and the length of that line on the unit sphere.
    """
    flat2 = south * south + east * east
    chord2 = flat2 + down * down
    if chord2 <= TIE_ABSOLUTE:
        return 0.0, 0.0, 0.0
    chord = np.sqrt(chord2)
    stretch = chord / np.sqrt(flat2)
    return east * stretch, -south * stretch, chord


@njit(cache=True, nogil=True)
def cut_disc(seen, count, radius, sizes, keys):
    """Cut the members of a neighbourhood into the parts of preset ``geobias``.

    Cells are squares of the equal-area projection with the centre on a corner, rings end at
    whole multiples of their width, the last one at the radius, and wedges start at true north
    and go round by east. Members at the centre itself have no direction and are in no wedge.
    """
    cell, lag = lengths(sizes, radius)
    half, rings = steps(radius, cell), steps(radius, lag)
    cells, lags = fits(cell, radius), fits(lag, radius)
    wedge = 2.0 * np.pi / sizes.sectors
    for i in range(count):
        x, y, chord = equal_area(seen.south[i], seen.east[i], seen.down[i])
        column = min(max(np.int64(np.floor(x / cell + SNAP)), -half), half - 1)
        row = min(max(np.int64(np.floor(y / cell + SNAP)), -half), half - 1)
        keys[GRID, i] = (row + half) * 2 * half + column + half if cells else NOWHERE
        away = 2.0 * np.arcsin(min(1.0, chord / 2.0))
        ring = min(np.int64(np.floor(away / lag + SNAP)), rings - 1)
        keys[LAG, i] = ring if lags else NOWHERE
        if chord == 0.0:
            keys[SECTOR, i] = NOWHERE
        else:
            azimuth = np.arctan2(x, y) % (2.0 * np.pi)
            keys[SECTOR, i] = np.int64(np.floor(azimuth / wedge + SNAP)) % sizes.sectors


@njit(cache=True, nogil=True, inline="always")
def _step_of(value, origin, side):
    """Return the step ``i`` for which origin + i * side <= value < origin + (i + 1) * side."""
    step = np.int64(np.floor((value - origin) / side))
    # The quotient may be rounded across a border.
    if value < origin + step * side:
        step -= 1
    elif value >= origin + (step + 1) * side:
        step += 1
    return step


@njit(cache=True, nogil=True)
def cut_as_published(
    seen, seats, radius, sizes, unit, lat_rad, lon_rad, point_of_seat, centre, keys, inside
):
    """Cut all samples around a centre into the parts of preset ``published``.

    Cells are boxes of latitude and longitude with the centre on a corner, and neither they nor
    the rings end at the radius; ``inside`` says which samples are in the neighbourhood.

    The published azimuths are those from true north plus the longitude of the centre, and the
    longitude of a sample on the southern hemisphere counts with the wrong sign. For samples at
    a northern centre itself they are noise of rounding; here they are due south.
    """
    cell, lag = lengths(sizes, radius)
    half, rings = steps(radius, cell), steps(radius, lag)
    cells, lags = fits(cell, radius), fits(lag, radius)
    wedge = 2.0 * np.pi / sizes.sectors
    lat, lon = lat_rad[centre], lon_rad[centre]
    sin_lat, cos_lat, sin_lon, cos_lon = np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon)
    for i in range(seats.size):
        south, east, down = seen.south[i], seen.east[i], seen.down[i]
        away = 2.0 * np.arcsin(min(1.0, np.sqrt(south**2 + east**2 + down**2) / 2.0))
        inside[i] = away <= radius * (1.0 + RIM)
        point = point_of_seat[seats[i]]
        row, column = _step_of(lat_rad[point], lat, cell), _step_of(lon_rad[point], lon, cell)
        keys[GRID, i] = NOWHERE
        if cells and -half <= row < half and -half <= column < half:
            keys[GRID, i] = (row + half) * 2 * half + column + half
        ring = np.int64(np.floor(away / lag + SNAP))
        keys[LAG, i] = ring if lags and ring < rings else NOWHERE
        keys[SECTOR, i] = NOWHERE
        if inside[i]:
            x, y, z = unit[point, 0], unit[point, 1], unit[point, 2]
            if point == centre and z >= 0.0:
                azimuth = np.pi
            else:
                y = -y if z < 0.0 else y
                ahead = cos_lat * z - sin_lat * (cos_lon * x + sin_lon * y)
                azimuth = np.arctan2(cos_lon * y - sin_lon * x, ahead)
            turned = (azimuth + lon) % (2.0 * np.pi)
            keys[SECTOR, i] = np.int64(np.floor(turned / wedge)) % sizes.sectors
