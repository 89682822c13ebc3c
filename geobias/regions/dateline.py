"""Polygons that reach beyond 180 degrees of longitude, cut there and turned back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_TURN = 360.0
_SOUTH, _NORTH = -90.0, 90.0


def turned_back(shapes: Any) -> NDArray[np.object_]:
    """Return polygons between 180 degrees west and 180 degrees east.

    Parameters
    ----------
    shapes : array-like of shapely polygons and multipolygons
        In degrees, within half a turn of these longitudes; valid.

    Returns
    -------
    object array

    Examples
    --------
    >>> import shapely
    >>> turned_back([shapely.box(170, 0, 190, 5)])[0].bounds
    (-180.0, 0.0, 180.0, 5.0)
    >>> turned_back([shapely.box(350, 0, 355, 5)])[0].bounds
    (-10.0, 0.0, -5.0, 5.0)
    """
    import shapely

    turned = np.array(shapes, dtype=object)
    west, _, east, _ = shapely.bounds(turned).T
    for row in np.flatnonzero((west < -180.0) | (east > 180.0)):
        parts = []
        for turn in (-_TURN, 0.0, _TURN):
            window = shapely.box(turn - 180.0, _SOUTH, turn + 180.0, _NORTH)
            part = shapely.intersection(turned[row], window)
            parts.append(shapely.transform(part, lambda lonlat, by=turn: lonlat - (by, 0.0)))
        # What only touches a window leaves a line or a point there.
        parts = shapely.get_parts(shapely.get_parts(parts))
        turned[row] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return turned
