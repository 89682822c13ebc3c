"""Circles on the globe, as lines and as polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geobias.regions.dateline import turned_back
from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import Floats, degrees, tangents, unit_vectors

if TYPE_CHECKING:
    import shapely

STEPS = 180
"""Corners of a circle."""

_QUARTER = np.pi / 2.0
_LEAST_RAD = 1e-6
"""Six metres: circles that hold a single place are drawn so large, for nothing is no polygon."""


def rim(lat: float, lon: float, radius_km: float) -> tuple[Floats, Floats]:
    """Return the corners of a circle in degrees, clockwise from north; the last is the first.

    >>> lat, lon = rim(0.0, 0.0, 111.195)
    >>> lat[[0, 90]].round(3).tolist(), lon[[45, 135]].round(3).tolist()
    ([1.0, -1.0], [1.0, -1.0])
    """
    radius = max(radius_km / EARTH_RADIUS_KM, _LEAST_RAD)
    at = np.array([lat]), np.array([lon])
    (north,), (east,) = tangents(*at)
    turn = np.linspace(0.0, 2.0 * np.pi, STEPS + 1)[:, None]
    away = np.cos(turn) * north + np.sin(turn) * east
    corners = np.cos(radius) * unit_vectors(*at) + np.sin(radius) * away
    corners[-1] = corners[0]
    return degrees(corners)


def disc(lat: float, lon: float, radius_km: float) -> shapely.Geometry:
    """Return what lies within a radius as a polygon in degrees, cut in parts at 180 degrees.

    Parameters
    ----------
    lat, lon : float
        Degrees of the centre.
    radius_km : float
        Great-circle radius, less than half around the globe.

    Examples
    --------
    >>> disc(-17.7, 178.0, 500.0).bounds[::2]
    (-180.0, 180.0)
    >>> disc(90.0, 0.0, 500.0).bounds[1::2]
    (85.503398, 90.0)
    """
    import shapely

    radius = radius_km / EARTH_RADIUS_KM
    if radius > _QUARTER:
        # More than half of the globe is all of it but a disc on the other side.
        other = lon - 180.0 if lon > 0.0 else lon + 180.0
        beyond = disc(-lat, other, np.pi * EARTH_RADIUS_KM - radius_km)
        return shapely.difference(shapely.box(-180.0, -90.0, 180.0, 90.0), beyond)
    corner_lat, corner_lon = rim(lat, lon, radius_km)
    # Longitudes without a jump, as seen from the centre.
    turned = lon + (corner_lon - lon + 180.0) % 360.0 - 180.0
    if abs(lat) + np.degrees(radius) <= 90.0:
        shape = shapely.Polygon(np.column_stack((turned, corner_lat)))
    else:
        # Around a pole the rim runs from one side of the map to the other.
        order = np.argsort(turned[:-1], kind="stable")
        x, y = turned[order], corner_lat[order]
        seam = float(np.interp(lon - 180.0, [x[-1] - 360.0, x[0]], [y[-1], y[0]]))
        pole = 90.0 if lat > 0.0 else -90.0
        x = np.concatenate(([lon - 180.0], x, [lon + 180.0, lon + 180.0, lon - 180.0]))
        y = np.concatenate(([seam], y, [seam, pole, pole]))
        shape = shapely.Polygon(np.column_stack((x, y)))
    return shapely.set_precision(turned_back([shape])[0], 1e-6)
