"""Angles, unit vectors and chords on the unit sphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geobias.scales import EARTH_RADIUS_KM

Floats = NDArray[np.float64]

TIE_RELATIVE = 1e-9
"""Squared chords closer than this fraction of each other count as equal."""
TIE_ABSOLUTE = 1e-28
"""Squared chords closer than this (60 nanometres apart on Earth) count as equal."""
RIM = 1e-12
"""A sample farther than the radius by no more than this fraction of it is still inside."""


def unit_vectors(lat: Floats, lon: Floats) -> Floats:
    """Return the (n, 3) unit vectors of positions given in degrees.

    The z axis points to the north pole and the x axis to latitude 0, longitude 0.

    >>> unit_vectors(np.array([0.0]), np.array([0.0])).tolist()
    [[1.0, 0.0, 0.0]]
    """
    lat_rad, lon_rad = np.radians(lat), np.radians(lon)
    across = np.where(np.abs(lat) == 90.0, 0.0, np.cos(lat_rad))
    return np.column_stack((across * np.cos(lon_rad), across * np.sin(lon_rad), np.sin(lat_rad)))


def degrees(unit: Floats) -> tuple[Floats, Floats]:
    """Return latitude and longitude, in [-180, 180), of (n, 3) vectors.

    >>> lat, lon = degrees(np.array([[0.0, 1.0, 1.0], [-2.0, 0.0, 0.0]]))
    >>> lat.round(9).tolist(), lon.round(9).tolist()
    ([45.0, 0.0], [90.0, -180.0])
    """
    x, y, z = unit.T
    lon = np.degrees(np.arctan2(y, x))
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.where(lon >= 180.0, lon - 360.0, lon)


def tangents(lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Return the (n, 3) unit vectors that point north and east at positions in degrees."""
    lat_rad, lon_rad = np.radians(lat), np.radians(lon)
    along = np.column_stack((np.cos(lon_rad), np.sin(lon_rad)))
    north = np.column_stack((-np.sin(lat_rad)[:, None] * along, np.cos(lat_rad)))
    east = np.column_stack((-along[:, 1], along[:, 0], np.zeros(len(along))))
    return north, east


def chord(angle_rad: Floats) -> Floats:
    """Return the straight-line distance between points ``angle_rad`` apart."""
    return 2.0 * np.sin(np.minimum(angle_rad, np.pi) / 2.0)


def angle(chord_length: Floats) -> Floats:
    """Return the great-circle angle under a chord of the unit sphere."""
    return 2.0 * np.arcsin(np.minimum(chord_length / 2.0, 1.0))


def great_circle_km(
    lat: ArrayLike, lon: ArrayLike, other_lat: ArrayLike, other_lon: ArrayLike
) -> Floats:
    """Return the distance between positions given in degrees, by the haversine formula.

    >>> great_circle_km([48.8566, 0.0], [2.3522, 179.5], [51.5074, 0.0], [-0.1278, -179.5]).round(1)
    array([343.6, 111.2])
    """
    here, there = np.radians(lat), np.radians(other_lat)
    across = np.radians(other_lon) - np.radians(lon)
    square = (
        np.sin((there - here) / 2.0) ** 2 + np.cos(here) * np.cos(there) * np.sin(across / 2.0) ** 2
    )
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(square, 1.0))))
