"""A table on its first reading: where its rows are, and of which types its columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.coordinates import check
from geobias.encoders.tables.carried import Carried
from geobias.errors import InputError
from geobias.progress import Advance
from geobias.readers import File, Source, Table, names_files, open_source
from geobias.samples.columns import refuse_duplicates
from geobias.samples.located import located_rows


@dataclass(frozen=True)
class Surveyed:
    """A table whose places are known and checked, to be read again batch by batch.

    Parameters
    ----------
    source : Source
        The table.
    lat, lon : float64 array
        Degrees of every row, NaN where missing.
    carried : Carried
        Its columns.
    notes : tuple of str
        What was detected rather than named.
    """

    source: Source
    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    carried: Carried
    notes: tuple[str, ...]

    @property
    def located(self) -> npt.NDArray[np.bool_]:
        """Which rows have a location."""
        return ~(np.isnan(self.lat) | np.isnan(self.lon))

    @property
    def label(self) -> str:
        """What sentences call the table."""
        return self.source.label

    def batches(self) -> Iterator[tuple[int, pd.DataFrame]]:
        """Rows of all columns, with the number of the first.

        Raises
        ------
        InputError
            If there are other rows than the first time.
        """
        end = 0
        for frame in self.carried.batches():
            start, end = end, end + len(frame)
            self._refuse_change(end > len(self.lat))
            yield start, frame
        self._refuse_change(end != len(self.lat))

    def _refuse_change(self, changed: bool) -> None:
        if changed:
            raise InputError(f"{self.label} was changed while it was read: try again.")


def survey(
    data: Table | File,
    *,
    lat: str | None,
    lon: str | None,
    degrees: bool,
    locations: Table | File | None,
    tell: Advance,
) -> Surveyed:
    """Read a table once, and check where its rows are.

    Raises
    ------
    InputError
        If it cannot be read, has no row with a location, or coordinates that are no degrees.
    """
    source = open_source(data)
    located = located_rows(source, locations, lat=lat, lon=lon, degrees=degrees)
    refuse_duplicates(map(str, source.names))
    carried = Carried(source, as_numbers=located.columns)
    read, label = 0, f"reading {source.label}" if names_files(data) else "reading"
    tell(label, 0, 1)
    for frame in carried.batches():
        located.take(frame)
        carried.learn(frame)
        read += len(frame)
        # Not every file says how many rows are to come.
        tell(label, read if source.rows else 0, source.rows or 1)
    if not read:
        raise InputError(f"{source.label} has no rows.")
    lat_found, lon_found = located.handed_over()
    check(lat_found, lon_found, degrees=degrees)
    found = Surveyed(source, lat_found, lon_found, carried, (*source.notes, *located.notes))
    if not found.located.any():
        raise InputError(f"{source.label} has no row with coordinates: none of {read:,}.")
    return found
