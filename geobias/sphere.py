"""Angles, unit vectors and chords on the unit sphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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


def chord(angle_rad: Floats) -> Floats:
    """Return the straight-line distance between points ``angle_rad`` apart."""
    return 2.0 * np.sin(np.minimum(angle_rad, np.pi) / 2.0)


def angle(chord_length: Floats) -> Floats:
    """Return the great-circle angle under a chord of the unit sphere."""
    return 2.0 * np.arcsin(np.minimum(chord_length / 2.0, 1.0))
