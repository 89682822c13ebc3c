"""Dask DataFrames, computed a partition at a time."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geobias.errors import InputError
from geobias.readers.source import PEEKED_ROWS, ROWS_AT_ONCE, Part
from geobias.wording import quoted

PARTITIONS_AHEAD = 4
"""Partitions that a cluster computes while the ones before them are read."""


@dataclass(frozen=True)
class DaskTable:
    """A Dask DataFrame as a source, of which no more than a few partitions are held at once."""

    frame: Any
    geometry: Hashable | None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What messages call it."""
        return "The Dask DataFrame"

    @property
    def names(self) -> list[Hashable]:
        """Column names, in order."""
        return list(self.frame.columns)

    @property
    def rows(self) -> None:
        """Unknown until every partition is computed."""

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns, partition after partition; a GeoDataFrame with the geometry."""
        return (part.rows for part in self.parts(names, text))

    def parts(self, names: Sequence[Hashable], text: Collection[Hashable] = ()) -> Iterator[Part]:
        """Rows of these columns with the partition they come from."""
        columns, start = list(names), 0
        for number, (label, part) in enumerate(self._computed(self.frame[columns])):
            self._check(label, part, columns)
            for first in range(0, len(part), ROWS_AT_ONCE):
                rows = part.iloc[first : first + ROWS_AT_ONCE]
                end = start + len(rows)
                yield Part(number, label, rows.set_axis(pd.RangeIndex(start, end)))
                start = end
        if not start:
            yield Part(0, self.label, self.frame._meta[columns].set_axis(pd.RangeIndex(0)))

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        others = [name for name in self.names if name != self.geometry]
        first = pd.DataFrame(self.frame._meta[others])
        for label, part in self._computed(self.frame):
            self._check(label, part, self.names)
            if len(part):
                rows = pd.DataFrame(part[others].head(PEEKED_ROWS - len(first)))
                first = pd.concat([first, rows], ignore_index=True) if len(first) else rows
            if len(first) == PEEKED_ROWS:
                break
        return first.reset_index(drop=True)

    def _computed(self, frame: Any) -> Iterator[tuple[str, Any]]:
        """Each partition with what messages call it."""
        count = frame.npartitions
        submit, ahead = _submission()
        waiting: deque[Callable[[], Any]] = deque()
        for number in range(count + ahead):
            if number < count:
                waiting.append(submit(frame.partitions[number]))
            if number < ahead:
                continue
            label = f"Partition {number - ahead + 1:,} of {count:,} of the Dask DataFrame"
            yield label, _result(label, waiting.popleft())

    def _check(self, label: str, part: Any, names: list[Hashable]) -> None:
        """Refuse a partition that is not what the DataFrame says of it."""
        if not isinstance(part, pd.DataFrame) or list(part.columns) != names:
            found = quoted(getattr(part, "columns", [type(part).__name__]))
            raise InputError(
                f"{label} holds other columns than the DataFrame says: {found}, not "
                f"{quoted(names)}. Give the DataFrame the meta= of its partitions."
            )
        if self.geometry in names and active_geometry(part) != self.geometry:
            raise InputError(
                f"{label} holds no geometries in column {str(self.geometry)!r}, as the DataFrame "
                "says it does. Give the DataFrame the meta= of its partitions."
            )


def is_dask(data: object) -> bool:
    """Whether data is a Dask DataFrame, told without importing Dask for other tables."""
    dask = sys.modules.get("dask.dataframe")
    return dask is not None and isinstance(data, dask.DataFrame)


def active_geometry(frame: object) -> Hashable | None:
    """The geometry column of a GeoDataFrame, without importing geopandas for other tables."""
    geopandas = sys.modules.get("geopandas")
    if geopandas is None or not isinstance(frame, geopandas.GeoDataFrame):
        return None
    name: Hashable | None = frame.active_geometry_name
    return name


def open_dask(data: Any) -> DaskTable:
    """A Dask DataFrame as a source; no partition of it is computed.

    Parameters
    ----------
    data : dask.dataframe.DataFrame or dask_geopandas.GeoDataFrame
        Its divisions and the bounds of its partitions may be unknown.
    """
    return DaskTable(data, active_geometry(data._meta))


def _submission() -> tuple[Callable[[Any], Callable[[], Any]], int]:
    """How to ask for a partition, and how many are asked for ahead of the one that is read."""
    client = _client()
    if client is None:
        return (lambda part: part.compute), 0
    return (lambda part: client.compute(part).result), PARTITIONS_AHEAD


def _client() -> Any:
    """The client of a cluster, if one is active."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:
        return None


def _result(label: str, result: Callable[[], Any]) -> Any:
    try:
        return result()
    except Exception as error:
        # Whatever makes the partitions is the user's own code, which can fail in any way.
        reason = " ".join(str(error).split())
        raise InputError(
            f"{label} cannot be computed: {type(error).__name__}{f': {reason}' * bool(reason)}"
        ) from error
