"""Coordinates out of a geometry column, whatever its coordinate reference system."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geobias.errors import InputError
from geobias.wording import counted, where

FloatArray = npt.NDArray[np.float64]

_WGS84 = 4326


def read_points(geometry: Any) -> tuple[FloatArray, FloatArray]:
    """Latitude and longitude (WGS 84, degrees) of a GeoSeries of points.

    Parameters
    ----------
    geometry : geopandas.GeoSeries
        Points in any coordinate reference system; a missing or empty one gives NaN.

    Returns
    -------
    lat, lon : float64 array

    Raises
    ------
    InputError
        If the reference system is unknown, or a geometry is not a point.
    """
    if geometry.crs is None:
        raise InputError(
            f"The geometry column {geometry.name!r} has no coordinate reference system: set it, "
            "as in data.set_crs(4326) for degrees, or name columns with lat= and lon= (--lat, "
            "--lon)."
        )
    lat = np.full(len(geometry), np.nan)
    lon = np.full(len(geometry), np.nan)
    missing = np.asarray(geometry.isna() | geometry.is_empty)
    other = ~missing & np.asarray(geometry.geom_type != "Point")
    if other.any():
        kind = geometry.geom_type.iloc[int(np.argmax(other))]
        raise InputError(
            f"Not points but other geometries in column {geometry.name!r}: "
            f"{counted(int(other.sum()), 'row')}, the first a {kind}, {where(other)}. Give each "
            "sample one point, such as geometry.representative_point()."
        )
    located = np.flatnonzero(~missing)
    points = geometry.iloc[located]
    # A projection turns NaN into infinity, which would no longer read as missing.
    known = np.asarray(points.x.notna() & points.y.notna())
    degrees = _to_degrees(points.iloc[np.flatnonzero(known)])
    lon[located[known]], lat[located[known]] = degrees.x, degrees.y
    astray = np.isinf(lat) | np.isinf(lon)
    if astray.any():
        raise InputError(
            f"{counted(int(astray.sum()), 'point')} of column {geometry.name!r} outside the area "
            f"of {geometry.crs.name}, {where(astray)}. Correct them or their reference system."
        )
    return lat, lon


def _to_degrees(points: Any) -> Any:
    from pyproj.exceptions import ProjError

    try:
        return points.to_crs(_WGS84)
    except ProjError as error:
        raise InputError(
            f"The geometry column {points.name!r} cannot be converted from {points.crs.name} to "
            f"degrees: {error}"
        ) from error
