"""Coordinates out of a geometry column, whatever its coordinate reference system."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geobias.errors import InputError
from geobias.growing import Growing
from geobias.wording import counted, where

FloatArray = npt.NDArray[np.float64]

_WGS84 = 4326


class Points:
    """A geometry column that comes in batches, as WGS 84 degrees."""

    def __init__(self) -> None:
        self._lat, self._lon = Growing(np.float64), Growing(np.float64)
        self._others = Growing(np.bool_)
        self._kind = self._crs = self._name = ""

    def take(self, geometry: Any) -> tuple[FloatArray, FloatArray]:
        """Read the next batch, and return its coordinates, NaN where missing.

        Raises
        ------
        InputError
            If the reference system is unknown, or leads to no degrees.
        """
        if geometry.crs is None:
            raise InputError(
                f"The geometry column {geometry.name!r} has no coordinate reference system: set "
                "it, as in data.set_crs(4326) for degrees, or name columns with lat= and lon= "
                "(--lat, --lon)."
            )
        self._name, self._crs = geometry.name, geometry.crs.name
        lat = np.full(len(geometry), np.nan)
        lon = np.full(len(geometry), np.nan)
        missing = np.asarray(geometry.isna() | geometry.is_empty)
        other = ~missing & np.asarray(geometry.geom_type != "Point")
        if other.any() and not self._kind:
            self._kind = str(geometry.geom_type.iloc[int(np.argmax(other))])
        located = np.flatnonzero(~missing & ~other)
        points = geometry.iloc[located]
        # A projection turns NaN into infinity, which would no longer read as missing.
        known = np.asarray(points.x.notna() & points.y.notna())
        degrees = _to_degrees(points.iloc[np.flatnonzero(known)])
        lon[located[known]], lat[located[known]] = degrees.x, degrees.y
        self._others.append(other)
        self._lat.append(lat)
        self._lon.append(lon)
        return lat, lon

    def handed_over(self) -> tuple[FloatArray, FloatArray]:
        """Latitude and longitude of all batches, NaN where missing; nothing is left here.

        Raises
        ------
        InputError
            If a geometry is not a point, or lies outside the area of its reference system.
        """
        others = self._others.handed_over()
        if others.any():
            raise InputError(
                f"Not points but other geometries in column {self._name!r}: "
                f"{counted(int(others.sum()), 'row')}, the first a {self._kind}, {where(others)}. "
                "Give each sample one point, such as geometry.representative_point()."
            )
        lat, lon = self._lat.handed_over(), self._lon.handed_over()
        astray = np.isinf(lat) | np.isinf(lon)
        if astray.any():
            raise InputError(
                f"{counted(int(astray.sum()), 'point')} of column {self._name!r} outside the area "
                f"of {self._crs}, {where(astray)}. Correct them or their reference system."
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
