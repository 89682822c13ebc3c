"""Coordinates of a table: its own, or those of another table with the same rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geobias.coordinates import Degrees, FloatArray, check
from geobias.errors import InputError
from geobias.readers import (
    File,
    Source,
    Table,
    agreeing_batches,
    names_files,
    open_source,
)
from geobias.samples.columns import Place, find_place
from geobias.samples.points import Points
from geobias.wording import counted, where

SAME_DEGREES = 1e-5
"""Coordinates of two tables that differ by less, a metre, are the same; single precision does."""

SAME_SINES = 1e-5
"""Sine features that differ by less come from the same coordinates."""


class Located:
    """The coordinate columns of a table, batch by batch."""

    def __init__(self, place: Place) -> None:
        self.columns = place.columns
        self._place = place
        self._points = Points()
        self._lat, self._lon = Degrees(place.lat), Degrees(place.lon)

    def take(self, frame: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """Read the next batch, and return its coordinates, NaN where missing."""
        place = self._place
        if place.geometry is not None:
            return self._points.take(frame[place.geometry])
        return self._lat.take(frame[place.lat]), self._lon.take(frame[place.lon])

    def handed_over(self) -> tuple[FloatArray, FloatArray]:
        """Latitude and longitude of all batches, or an error about what cannot be read.

        Nothing is left here.
        """
        if self._place.geometry is not None:
            return self._points.handed_over()
        return self._lat.handed_over(), self._lon.handed_over()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was detected rather than named."""
        return self._place.notes


class Borrowed:
    """The coordinates of another table with the same rows in the same order.

    Columns of coordinates that the table itself has must agree with them, or be the sine features
    sin(pi lon / 180) and sin(pi lat / 90) that the encoder `wrap` of TorchSpatial leaves in its
    result files, from which degrees cannot be told.

    Parameters
    ----------
    source : Source
        The other table.
    label : str
        What messages call it.
    lat, lon : str or None
        Its coordinate columns; None detects each.
    own : Place or None
        Coordinate columns of the table itself.
    degrees : bool
        Whether the user vouches for the unit.
    """

    def __init__(
        self,
        source: Source,
        label: str,
        *,
        lat: str | None,
        lon: str | None,
        own: Place | None,
        degrees: bool,
    ) -> None:
        place = find_place(source, lat=lat, lon=lon)
        located = Located(place)
        for frame in agreeing_batches(source, place.columns):
            located.take(frame)
        self.columns = [] if own is None else own.columns
        self._label = label
        self._lat, self._lon = located.handed_over()
        check(self._lat, self._lon, degrees=degrees)
        self._own = None if own is None else Located(own)
        self._taken = 0

    def take(self, frame: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """Read the next batch, and return its coordinates, NaN where missing."""
        if self._own is not None:
            self._own.take(frame)
        rows = slice(self._taken, self._taken + len(frame))
        self._taken = rows.stop
        self._refuse_other_length(rows.stop > len(self._lat))
        return self._lat[rows], self._lon[rows]

    def handed_over(self) -> tuple[FloatArray, FloatArray]:
        """Latitude and longitude of all rows, or an error if the tables do not go together."""
        self._refuse_other_length(self._taken != len(self._lat))
        return self._lat, self._lon

    @property
    def notes(self) -> tuple[str, ...]:
        """How the tables were joined, or an error if their coordinates contradict each other."""
        joined = f"Coordinates come from {self._label}, row by row"
        if self._own is None:
            return (f"{joined}.",)
        lat, lon = self._own.handed_over()
        known = ~np.isnan(lat + lon + self._lat + self._lon)
        apart = np.abs(lat - self._lat), np.abs((lon - self._lon + 180.0) % 360.0 - 180.0)
        differ = known & (np.maximum(*apart) > SAME_DEGREES)
        if not differ.any():
            return (f"{joined}, and agree with the table's own.",)
        sines = np.sin(np.pi * self._lat / 90.0), np.sin(np.pi * self._lon / 180.0)
        strange = np.maximum(np.abs(lat - sines[0]), np.abs(lon - sines[1])) > SAME_SINES
        if not (known & strange).any():
            return (f"{joined}; the table's own columns hold sine features of the same places.",)
        raise InputError(
            f"The table's own coordinates differ from those of {self._label} "
            f"{where(differ)}, {counted(int(differ.sum()), 'row')} in all, and are not sine "
            "features of them: the tables do not have the same rows in the same order."
        )

    def _refuse_other_length(self, differs: bool) -> None:
        if differs:
            raise InputError(
                f"{self._label} has {counted(len(self._lat), 'row')}, another number than the "
                "table that takes its coordinates row by row."
            )


def located_rows(
    source: Source,
    locations: Table | File | None,
    *,
    lat: str | None,
    lon: str | None,
    degrees: bool,
) -> Located | Borrowed:
    """Find the coordinates of a table, its own or those of ``locations``, which has its rows.

    Raises
    ------
    InputError
        If there are none, or several columns could be meant.
    """
    if locations is None:
        return Located(find_place(source, lat=lat, lon=lon))
    other = open_source(locations)
    label = other.label if names_files(locations) else "the other table"
    try:
        own = find_place(source, lat=None, lon=None)
    except InputError:
        own = None
    return Borrowed(other, label, lat=lat, lon=lon, own=own, degrees=degrees)
