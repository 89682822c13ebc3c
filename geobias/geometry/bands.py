"""Search by radius: runs of longitude through bands of latitude.

Inside a band the points run from west to east, so those within a radius lie in one run
of each band the circle crosses (two where it crosses 180°), found by bisection.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geobias.geometry.places import BAND_DEGREES, BANDS

_SLACK = 1e-9  # degrees by which the box around a circle is widened against rounding


@njit(cache=True, nogil=True)
def _first_from(lon, low, high, west):
    """Bisect for the first point of ``low``..``high`` that is not west of ``west``."""
    while low < high:
        middle = (low + high) // 2
        if lon[middle] < west:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _box(lat, lon, centre, search):
    """Return the bands that a circle crosses, and one or two runs of longitude inside them."""
    reach = math.degrees(search) + _SLACK
    south, north = lat[centre] - reach, lat[centre] + reach
    # The box's half width in longitude; a circle that holds a pole takes all of it.
    if south <= -90.0 or north >= 90.0:
        half = 360.0
    else:
        half = math.degrees(
            math.asin(min(1.0, math.sin(search) / math.cos(math.radians(lat[centre]))))
        )
        half += _SLACK
    if half >= 180.0:
        runs, west0, east0, west1, east1 = 1, -181.0, 181.0, 0.0, 0.0
    else:
        west, east = lon[centre] - half, lon[centre] + half
        if west < -180.0:
            runs, west0, east0, west1, east1 = 2, -181.0, east, west + 360.0, 181.0
        elif east >= 180.0:
            runs, west0, east0, west1, east1 = 2, -181.0, east - 360.0, west, 181.0
        else:
            runs, west0, east0, west1, east1 = 1, west, east, 0.0, 0.0
    first = max(0, math.floor((south + 90.0) / BAND_DEGREES))
    last = min(BANDS - 1, math.floor((north + 90.0) / BAND_DEGREES))
    return first, last, runs, west0, east0, west1, east1


@njit(cache=True, nogil=True)
def runs_within(lat, lon, band_start, centre, search, runs):
    """List runs of points that hold all within an angle of a centre; return how many.

    A run goes from ``runs[i, 0]`` up to ``runs[i, 1]``; they ascend and do not touch.
    """
    first, last, parts, west0, east0, west1, east1 = _box(lat, lon, centre, search)
    found = 0
    for band in range(first, last + 1):
        low, high = band_start[band], band_start[band + 1]
        for part in range(parts):
            west, east = (west0, east0) if part == 0 else (west1, east1)
            low = _first_from(lon, low, high, west)
            end = _first_from(lon, low, high, np.nextafter(east, np.inf))
            if end > low:
                if found > 0 and runs[found - 1, 1] == low:
                    runs[found - 1, 1] = end
                else:
                    runs[found, 0], runs[found, 1] = low, end
                    found += 1
            low = end
    return found


@njit(cache=True, nogil=True)
def _seats_within(lat, lon, unit, band_start, seat_start, centre, search, chord2, seats):
    """Count the seats within reach of a centre; list them if ``seats`` has room for one more."""
    found = 0
    x, y, z = unit[centre, 0], unit[centre, 1], unit[centre, 2]
    first, last, runs, west0, east0, west1, east1 = _box(lat, lon, centre, search)
    for band in range(first, last + 1):
        low, high = band_start[band], band_start[band + 1]
        for run in range(runs):
            if low == high:
                break
            west, east = (west0, east0) if run == 0 else (west1, east1)
            point = _first_from(lon, low, high, west)
            while point < high and lon[point] <= east:
                dx, dy, dz = unit[point, 0] - x, unit[point, 1] - y, unit[point, 2] - z
                within = dx * dx + dy * dy + dz * dz <= chord2
                seat, here = seat_start[point], seat_start[point + 1] - seat_start[point]
                # Whether one is within is hard to predict: so it is put down in any case.
                if seats.size and (within or here == 1):
                    for each in range(here):
                        seats[found + each] = seat + each
                found += here * within
                point += 1
            low = point
    return found


@njit(cache=True, nogil=True)
def count_seats_within(lat, lon, unit, band_start, seat_start, centres, search, chord2):
    """Return the number of seats within each centre's reach."""
    counts = np.empty(centres.size, np.int64)
    nowhere = np.empty(0, np.int32)
    for i in range(centres.size):
        counts[i] = _seats_within(
            lat, lon, unit, band_start, seat_start, centres[i], search[i], chord2[i], nowhere
        )
    return counts


@njit(cache=True, nogil=True)
def list_seats_within(lat, lon, unit, band_start, seat_start, centres, search, chord2, start):
    """Return the seats within each centre's reach, ascending, at the offsets ``start``."""
    seats = np.empty(start[-1] + 1, np.int32)
    for i in range(centres.size):
        if start[i + 1] > start[i]:
            _seats_within(
                lat, lon, unit, band_start, seat_start, centres[i], search[i], chord2[i],
                seats[start[i] : start[i + 1] + 1],
            )  # fmt: skip
    return seats[:-1]


@njit(cache=True, nogil=True)
def squared_chords_by_rank(lat, lon, unit, band_start, seat_start, centres, ranks):
    """Return squared chords to the sample of each rank, (centres, ranks); inf if there is none.

    Ranks ascend. Centres that follow one another are to be neighbours: how far it was from the
    last one bounds how far to look, and so do those beside a centre in its band, if the last one
    is far away. Whoever is found bounds it further.
    """
    ranked = np.full((centres.size, ranks.size), np.inf)
    wanted = min(ranks[-1], seat_start[-1])
    room = np.empty(4 * wanted)
    limit = 0.0
    for i in range(centres.size):
        last = math.sqrt(limit)
        step = _chord(unit, centres[i], centres[i - 1]) if i > 0 else np.inf
        limit = last + step
        if step > last:
            limit = min(limit, _chord_beside(unit, seat_start, centres[i], wanted))
        limit = (limit * (1.0 + 1e-9) + 1e-15) ** 2
        nearest = _shortest_chords(
            lat, lon, unit, band_start, seat_start, centres[i], limit, wanted, room
        )
        limit = nearest[-1]
        for j in range(ranks.size - 1, -1, -1):
            if ranks[j] == nearest.size - 1:
                # The longest of them is the last: leave it out, and put the second one there.
                nearest = nearest[:-1]
                second = nearest.argmax()
                nearest[second], nearest[-1] = nearest[-1], nearest[second]
            elif ranks[j] < nearest.size:
                nearest = _shortest(nearest, ranks[j])
            if ranks[j] == nearest.size:
                ranked[i, j] = nearest[-1]
    return ranked


@njit(cache=True, nogil=True)
def _chord(unit, one, other):
    """Return the chord between two points."""
    total = 0.0
    for axis in range(3):
        step = unit[one, axis] - unit[other, axis]
        total += step * step
    return math.sqrt(total)


@njit(cache=True, nogil=True)
def _chord_beside(unit, seat_start, centre, wanted):
    """Return a chord that so many samples are within.

    They are those at the points that come before and after a centre in the order of all.
    """
    points, west, east, longest = unit.shape[0], centre, centre, 0.0
    while seat_start[east + 1] - seat_start[west] < wanted:
        if west > 0:
            west -= 1
            longest = max(longest, _chord(unit, centre, west))
        if east < points - 1:
            east += 1
            longest = max(longest, _chord(unit, centre, east))
    return longest


@njit(cache=True, nogil=True)
def _angle(chord2):
    """Return the angle under a squared chord, or a little more."""
    return 2.0 * math.asin(min(1.0, 0.5 * math.sqrt(chord2))) * (1.0 + 1e-9)


@njit(cache=True, nogil=True)
def _shortest_chords(lat, lon, unit, band_start, seat_start, centre, limit, wanted, room):
    """Return the shortest squared chords from a centre to samples; none exceeds ``limit``.

    The search begins in the centre's band and goes on to the north and south, until no band is
    left that may hold one of them. From time to time, those that are no longer among the
    shortest are dropped, which draws the limit in.
    """
    found, x, y, z = 0, unit[centre, 0], unit[centre, 1], unit[centre, 2]
    home = math.floor((lat[centre] + 90.0) / BAND_DEGREES)
    first, last, runs, west0, east0, west1, east1 = _box(lat, lon, centre, _angle(limit))
    for away in range(BANDS):
        if home - away < first and home + away > last:
            break
        for band in (home - away, home + away) if away > 0 else (home, -1):
            if band < first or band > last:
                continue
            low, high = band_start[band], band_start[band + 1]
            for run in range(runs):
                west, east = (west0, east0) if run == 0 else (west1, east1)
                point = _first_from(lon, low, high, west)
                while point < high and lon[point] <= east:
                    dx, dy, dz = unit[point, 0] - x, unit[point, 1] - y, unit[point, 2] - z
                    chord2 = dx * dx + dy * dy + dz * dz
                    here = min(wanted, seat_start[point + 1] - seat_start[point])
                    if found + here > room.size:
                        found, limit = wanted, _shortest(room[:found], wanted)[-1]
                    # Whether to keep it is hard to predict: so it is put down in any case.
                    for seat in range(found, found + here):
                        room[seat] = chord2
                    found += here * (chord2 <= limit)
                    point += 1
            if found >= 2 * wanted:
                found, limit = wanted, _shortest(room[:found], wanted)[-1]
                first, last, runs, west0, east0, west1, east1 = _box(
                    lat, lon, centre, _angle(limit)
                )
    return _shortest(room[:found], wanted)


@njit(cache=True, nogil=True)
def _shortest(chords, wanted):
    """Move the shortest to the front, the longest of them last, and return them."""
    low, high = 0, chords.size
    while high - low > 1:
        pivot = _middle(chords[low], chords[(low + high) // 2], chords[high - 1])
        middle = low
        for i in range(low, high):
            chord = chords[i]
            chords[i], chords[middle] = chords[middle], chord
            middle += chord < pivot
        if middle >= wanted:
            high = middle
            continue
        low = middle
        for i in range(low, high):
            chord = chords[i]
            chords[i], chords[middle] = chords[middle], chord
            middle += chord == pivot
        if middle >= wanted:
            break
        low = middle
    return chords[:wanted]


@njit(cache=True, nogil=True, inline="always")
def _middle(one, other, third):
    """Return the second of three."""
    low, high = (one, other) if one < other else (other, one)
    return max(low, min(high, third))
