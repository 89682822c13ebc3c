"""Whom a partition has to know beside its own points: all that its neighbourhoods can reach.

Distances are chords, so the date line and the poles are places like others. Points are taken
together in caps that are small against what they reach, so a partition on both sides of an ocean
does not hold the ocean.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geobias.geometry.bands import runs_within
from geobias.geometry.curve import BITS, Keys, along_curve, curve_keys
from geobias.geometry.places import BANDS, Ints, Places
from geobias.sphere import Floats

_CAPS_PER_REACH = 8.0
"""A cap is so many times smaller than what its points reach."""

_SLACK = 1e-7
"""Radians, 60 cm: no rounding of angles is as large, not even between antipodes."""

_GROWTH, _SHRINKAGE = 2.0, 0.8
_LEAST = 1e-6
"""Radians, 6 m: angles are not told apart below."""

_NEAR = 0.25
"""Points that are closer than this share of an angle may share it."""


def points_around(places: Places, points: Ints, reach: Floats) -> Ints:
    """Return all points within reach of any of some points, and perhaps a few more.

    Parameters
    ----------
    places
        All points there are.
    points, reach
        Some of them, and an angle for each in radians.

    Returns
    -------
    int64 array
        Ascending; ``points`` are among them.
    """
    caps, cap_of = np.unique(_caps(places.unit[points], reach), return_inverse=True)
    order = np.argsort(cap_of, kind="stable")
    start = np.searchsorted(cap_of[order], np.arange(caps.size + 1))
    found = np.zeros(places.points, np.bool_)
    _mark_caps(
        places.lat, places.lon, places.unit, places.band_start, points[order], start,
        reach[order], found,
    )  # fmt: skip
    return np.flatnonzero(found)


def angles_holding(places: Places, points: Ints, wanted: int) -> Floats:
    """Return angles around points within which there surely are so many samples.

    They are less than 2.5 times as large as they need be, and π if there are not so many samples
    at all.
    """
    angles = np.full(points.size, np.pi)
    if wanted <= places.seats:
        order = along_curve(places.unit[points])
        _measure_holding(
            places.lat, places.lon, places.unit, places.band_start, places.seat_start,
            points, order, wanted, angles,
        )  # fmt: skip
    return angles


def _caps(unit: Floats, reach: Floats) -> Keys:
    """Return the cap that each point is in: a cube along the curve, small against its reach."""
    with np.errstate(divide="ignore"):
        level = np.ceil(np.log2(2.0 * _CAPS_PER_REACH / reach)).clip(0, BITS - 1)
    level = level.astype(np.uint64)
    inside = curve_keys(unit) >> np.uint64(3) * (np.uint64(BITS) - level)
    # A leading one tells the cubes of different sizes apart.
    caps: Keys = inside | np.uint64(1) << np.uint64(3) * level
    return caps


@njit(cache=True, nogil=True)
def _mark_caps(lat, lon, unit, band_start, points, start, reach, found):
    """Mark all points within reach of the points of each cap."""
    runs = np.empty((2 * BANDS, 2), np.int64)
    for cap in range(start.size - 1):
        own = points[start[cap] : start[cap + 1]]
        centre = _middle_one(unit, own)
        search = 0.0
        for i in range(own.size):
            search = max(search, _angle(unit, centre, own[i]) + reach[start[cap] + i])
        search = min(search * (1.0 + _SLACK) + _SLACK, np.pi)
        most2 = (2.0 * math.sin(search / 2.0)) ** 2
        for run in range(runs_within(lat, lon, band_start, centre, search, runs)):
            for point in range(runs[run, 0], runs[run, 1]):
                if _apart2(unit, centre, point) <= most2:
                    found[point] = True


@njit(cache=True, nogil=True)
def _middle_one(unit, points):
    """Return the one of some points that is nearest to the mean of all."""
    mean = np.zeros(3)
    for point in points:
        mean += unit[point]
    mean /= points.size
    middle, least = points[0], np.inf
    for point in points:
        apart2 = ((unit[point] - mean) ** 2).sum()
        if apart2 < least:
            middle, least = point, apart2
    return middle


@njit(cache=True, nogil=True)
def _measure_holding(
    lat, lon, unit, band_start, seat_start, points, order, wanted, angles
):  # fmt: skip
    """Fill in `angles_holding`: a few points are measured, and those near them go by them."""
    runs = np.empty((2 * BANDS, 2), np.int64)
    measured, reach = -1, 1.0
    for i in order:
        point = points[i]
        if measured >= 0:
            apart = _angle(unit, measured, point)
            if apart <= _NEAR * reach:
                angles[i] = min(reach + apart, np.pi)
                continue
        measured = point
        while reach < np.pi and not _holds(
            lat, lon, unit, band_start, seat_start, point, reach, wanted, runs
        ):
            reach = min(reach * _GROWTH, np.pi)
        while reach > _LEAST and _holds(
            lat, lon, unit, band_start, seat_start, point, reach * _SHRINKAGE, wanted, runs
        ):
            reach *= _SHRINKAGE
        angles[i] = reach


@njit(cache=True, nogil=True)
def _holds(lat, lon, unit, band_start, seat_start, centre, search, wanted, runs):
    """Whether there are so many samples within an angle of a point."""
    most2 = (2.0 * math.sin(search / 2.0)) ** 2
    held = 0
    for run in range(runs_within(lat, lon, band_start, centre, search, runs)):
        for point in range(runs[run, 0], runs[run, 1]):
            if _apart2(unit, centre, point) <= most2:
                held += seat_start[point + 1] - seat_start[point]
                if held >= wanted:
                    return True
    return False


@njit(cache=True, nogil=True, inline="always")
def _apart2(unit, one, other):
    """Return the squared chord between two points."""
    x = unit[one, 0] - unit[other, 0]
    y = unit[one, 1] - unit[other, 1]
    z = unit[one, 2] - unit[other, 2]
    return x * x + y * y + z * z


@njit(cache=True, nogil=True, inline="always")
def _angle(unit, one, other):
    """Return the angle between two points."""
    return 2.0 * math.asin(min(1.0, math.sqrt(_apart2(unit, one, other)) / 2.0))
