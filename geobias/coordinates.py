"""Coordinates: read, checked for range and unit, normalised."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError
from geobias.values import Numbers
from geobias.wording import counted, where

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LARGEST_LONGITUDE = 540.0
"""Half a turn beyond 360: what wrapping may still be meant for."""


class Degrees:
    """A coordinate column that comes in batches.

    Parameters
    ----------
    name : Hashable
        Its name, for messages.
    """

    def __init__(self, name: Hashable) -> None:
        self._name = str(name)
        self._numbers = Numbers()

    def take(self, column: pd.Series) -> FloatArray:
        """Read the next batch, and return its values, NaN where missing."""
        if pd.api.types.is_bool_dtype(column.dtype):
            raise InputError(f"Column {self._name!r} holds True and False, not degrees.")
        return self._numbers.take(column)

    def handed_over(self) -> FloatArray:
        """All batches, NaN where missing; nothing is left here.

        Raises
        ------
        InputError
            If a value is not a number.
        """
        values, unreadable = self._numbers.handed_over()
        if unreadable.any():
            raise InputError(
                f"Column {self._name!r} holds {counted(int(unreadable.sum()), 'value')} other than "
                f"numbers, the first {next(iter(self._numbers.refused))}, {where(unreadable)}. "
                "Write decimal degrees, such as 48.137, or leave the cell empty."
            )
        return values


def read_degrees(column: pd.Series) -> FloatArray:
    """A whole coordinate column as float64, NaN where it is missing.

    Raises
    ------
    InputError
        If a value is not a number.
    """
    degrees = Degrees(column.name)
    degrees.take(column)
    return degrees.handed_over()


def check(lat: FloatArray, lon: FloatArray, *, degrees: bool) -> None:
    """Refuse coordinates that cannot be, or do not look like, degrees.

    Parameters
    ----------
    lat, lon : float64 array
        As read, NaN where missing.
    degrees : bool
        Whether the user vouches for the unit, so that only ranges are checked.

    Raises
    ------
    InputError
        If coordinates are infinite, out of range, or all as small as radians or sines are.
    """
    present = ~(np.isnan(lat) | np.isnan(lon))
    if not present.any():
        return
    _refuse_infinite(lat, "latitude", present)
    _refuse_infinite(lon, "longitude", present)
    _check_ranges(lat, lon, present)
    if not degrees:
        _check_unit(_largest(lat, present), _largest(lon, present), int(present.sum()))


def normalise(lat: FloatArray, lon: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coordinates of each place in one spelling: longitude in [-180, 180), and 0 at a pole.

    Longitudes inside the range keep every bit. Others are rounded to 12 decimals (a tenth of a
    micrometre) after wrapping, which undoes what the larger number had rounded: 370.1 becomes
    10.1, the same place as 10.1, and not 10.100000000000023.
    """
    # Adding 0 turns -0.0 into 0.0, so that equal places have equal bytes.
    lat, lon = lat + 0.0, lon + 0.0
    outside = (lon < -180.0) | (lon >= 180.0)
    if outside.any():
        wrapped = np.round((lon[outside] + 180.0) % 360.0 - 180.0, 12)
        lon[outside] = np.where(wrapped == 180.0, -180.0, wrapped + 0.0)
    lon[(lat == 90.0) | (lat == -90.0)] = 0.0
    return lat, lon


def _largest(values: FloatArray, present: BoolArray) -> float:
    """The largest of some values, whatever their sign."""
    most = values.max(where=present, initial=0.0)
    return max(float(most), -float(values.min(where=present, initial=0.0)))


def _refuse_infinite(values: FloatArray, word: str, present: BoolArray) -> None:
    infinite = present & np.isinf(values)
    if infinite.any():
        raise InputError(
            f"{counted(int(infinite.sum()), 'infinite ' + word)}, {where(infinite)}. "
            "Correct those rows, or empty their coordinates to leave them out."
        )


def _check_ranges(lat: FloatArray, lon: FloatArray, present: BoolArray) -> None:
    beyond_pole = present & ((lat < -90.0) | (lat > 90.0))
    beyond_wrap = present & ((lon < -LARGEST_LONGITUDE) | (lon > LARGEST_LONGITUDE))
    if not (beyond_pole.any() or beyond_wrap.any()):
        return
    if beyond_pole.any():
        first = float(lat[int(np.argmax(beyond_pole))])
        found = (
            f"{counted(int(beyond_pole.sum()), 'latitude')} outside -90 to 90, the first {first}, "
            f"{where(beyond_pole)}"
        )
    else:
        first = float(lon[int(np.argmax(beyond_wrap))])
        found = (
            f"{counted(int(beyond_wrap.sum()), 'longitude')} outside -540 to 540, the first "
            f"{first}, {where(beyond_wrap)}"
        )
    if beyond_wrap.any() or _largest(lat, present) > LARGEST_LONGITUDE:
        advice = (
            "Are these projected coordinates, in metres? Convert them to degrees, or pass a "
            "GeoDataFrame that knows its CRS."
        )
    elif _largest(lon, beyond_pole) <= 90.0 < _largest(lon, present):
        advice = (
            "Swapped, these rows would be in range: does the table mix both orders of coordinates? "
            "Correct those rows, or empty their coordinates to leave them out."
        )
    elif _largest(lon, present) <= 90.0:
        advice = (
            "The longitudes are all within 90: latitude and longitude look swapped. Pass lat= and "
            "lon= (--lat, --lon) the other way round."
        )
    else:
        advice = "Correct those rows, or empty their coordinates to leave them out."
    raise InputError(f"{found}. {advice}")


def _check_unit(largest_lat: float, largest_lon: float, count: int) -> None:
    if largest_lat <= 1.0 and largest_lon <= 1.0:
        looks, instead = "encoded features (sines) or radians", "the degrees they came from"
    elif largest_lat <= math.pi / 2 and largest_lon <= math.pi:
        looks, instead = "radians", "degrees"
    else:
        return
    raise InputError(
        f"The coordinates look like {looks}, not degrees: {counted(count, 'latitude')} within "
        f"{largest_lat:.4g} and longitudes within {largest_lon:.4g} of 0. Pass {instead}, "
        "also from another table of the same rows (locations=, --locations); if these are degrees, "
        "say so with degrees=True (--degrees)."
    )
