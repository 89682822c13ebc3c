"""Files of JSON: lines, one array of objects, or one GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pandas as pd

from geobias.errors import InputError
from geobias.readers.gathering import ROWS_AT_A_TIME, framed, gathered
from geobias.readers.geojson import GEOMETRY, features, reference_system
from geobias.readers.jsonarray import array_elements
from geobias.readers.jsonlines import json_lines
from geobias.readers.limits import MOST_CHARACTERS
from geobias.readers.records import Record, column
from geobias.readers.shapes import from_geojson
from geobias.readers.source import PEEKED_ROWS
from geobias.readers.texts import open_text

ROWS_THAT_NAME = 10_000
"""Rows that are read for the names of the columns; a name first used later is not a column."""


@dataclass(frozen=True)
class JsonFile:
    """A file of JSON as a source; the names in its first rows are known.

    Parameters
    ----------
    path : Path
        The file.
    names : list of Hashable
        Columns, in the order in which they first come up.
    records : callable
        What finds the rows in the text; the second argument names the file in messages.
    geometry : Hashable, optional
        Column of GeoJSON geometries.
    crs : str, optional
        Their coordinate reference system.
    """

    path: Path
    names: list[Hashable]
    records: Callable[[IO[str], str], Iterator[Record]]
    geometry: Hashable | None = None
    crs: str | None = None
    rows: None = None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name of the file."""
        return self.path.name

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns; a value is missing where a row does not name it."""
        with open_text(self.path, "JSON", lines=self.records is json_lines) as (opened, counter):
            rows = self.records(opened, self.label)
            chunks = (
                (len(some), [[row.get(name) for row in some] for name in names])
                for some in _chunks(rows)
            )
            for index, columns in gathered(chunks, len(names), counter, self.label):
                yield self._frame(dict(zip(names, columns, strict=True)), index, text)

    def _frame(
        self, values: dict[Hashable, list[Any]], index: pd.RangeIndex, text: Collection[Hashable]
    ) -> pd.DataFrame:
        places = values.get(self.geometry) if self.geometry is not None else None
        columns = {
            name: column(cells, as_written=name in text)
            for name, cells in values.items()
            if cells is not places
        }
        frame = framed(columns, index)
        if places is None:
            return frame
        import geopandas

        shapes = geopandas.GeoSeries(
            from_geojson(places, self.label, index.start), index, crs=self.crs
        )
        located = geopandas.GeoDataFrame({**frame, GEOMETRY: shapes}, geometry=GEOMETRY)
        chosen: pd.DataFrame = located[list(values)]
        return chosen

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        names = [name for name in self.names if name != self.geometry]
        rows = _first_rows(self.path, self.records, PEEKED_ROWS)
        return framed(
            {name: column([row.get(name) for row in rows], as_written=False) for name in names},
            pd.RangeIndex(len(rows)),
        )


def open_json_lines(path: Path) -> JsonFile:
    """Read the names in the first rows of a file of JSON lines.

    Raises
    ------
    InputError
        If the file is empty or not JSON lines.
    """
    return JsonFile(path, _names(path, json_lines), json_lines)


def open_geojson(path: Path) -> JsonFile:
    """Read the reference system and the names in the first features of a GeoJSON.

    Raises
    ------
    InputError
        If the file holds no FeatureCollection.
    """
    with open_text(path, "GeoJSON", lines=False) as (text, _):
        crs = reference_system(text, path.name)
    return JsonFile(path, _names(path, features), features, GEOMETRY, crs)


def open_json(path: Path) -> JsonFile:
    """Open a file of JSON after what it starts with.

    Raises
    ------
    InputError
        If it is neither an array of objects, nor a GeoJSON, nor JSON lines.
    """
    with open_text(path, "JSON", lines=False) as (text, _):
        head = ""
        while not head and (line := text.readline(MOST_CHARACTERS)):
            head = line.strip("\ufeff \t\r\n")
    if head.startswith("["):
        return JsonFile(path, _names(path, array_elements), array_elements)
    return open_json_lines(path) if _is_row(head) else open_geojson(path)


def _is_row(line: str) -> bool:
    """Whether a line is an object, and no GeoJSON on a single line."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return type(record) is dict and "features" not in record


def _names(path: Path, records: Callable[[IO[str], str], Iterator[Record]]) -> list[Hashable]:
    rows = _first_rows(path, records, ROWS_THAT_NAME)
    if not rows:
        raise InputError(f"{path.name} has no rows.")
    return list(dict.fromkeys(name for row in rows for name in row))


def _first_rows(
    path: Path, records: Callable[[IO[str], str], Iterator[Record]], count: int
) -> list[Record]:
    with open_text(path, "JSON", lines=records is json_lines) as (text, _):
        return list(islice(records(text, path.name), count))


def _chunks(rows: Iterator[Record]) -> Iterator[list[Record]]:
    while some := list(islice(rows, ROWS_AT_A_TIME)):
        yield some
