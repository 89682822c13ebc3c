"""Tables of Python: a DataFrame, a GeoDataFrame, one of Dask, or what Arrow can stream."""

from __future__ import annotations

import os
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from geobias.errors import InputError
from geobias.readers.partitions import active_geometry, is_dask, open_dask
from geobias.readers.source import PEEKED_ROWS, ROWS_AT_ONCE, Source
from geobias.readers.stream import open_stream


@dataclass(frozen=True)
class TableInMemory:
    """A DataFrame as a source."""

    frame: pd.DataFrame
    geometry: Hashable | None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What messages call it."""
        return "The table"

    @property
    def names(self) -> list[Hashable]:
        """Column names, in order."""
        return list(self.frame.columns)

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.frame)

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns as they are; a GeoDataFrame when the geometry is among them."""
        chosen = self.frame[list(names)]
        for start in range(0, max(self.rows, 1), ROWS_AT_ONCE):
            part = chosen.iloc[start : start + ROWS_AT_ONCE]
            yield part.set_axis(pd.RangeIndex(start, start + len(part)))

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        others = [name for name in self.names if name != self.geometry]
        return pd.DataFrame(self.frame[others].head(PEEKED_ROWS))


def open_table(data: object) -> Source:
    """A table of Python as a source.

    Parameters
    ----------
    data : pandas.DataFrame, geopandas.GeoDataFrame, or any with ``__arrow_c_stream__``
        Tables of pyarrow, polars and others have that method. Of a DataFrame of Dask a few
        partitions are computed at once.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        If the data is anything else, or its columns have several levels.

    Examples
    --------
    >>> table = open_table(pd.DataFrame({"lat": [48.1, 59.9], "hit": [1, 0]}))
    >>> [rows["hit"].tolist() for rows in table.batches(["hit"])]
    [[1, 0]]
    """
    if not isinstance(data, pd.DataFrame):
        if is_dask(data):
            return open_dask(data)
        if hasattr(data, "__arrow_c_stream__") and not isinstance(data, pd.Series):
            return open_stream(data)
        raise InputError(
            "Samples come from a DataFrame, a GeoDataFrame or a table that Arrow can stream, "
            f"{_advice(data)}"
        )
    if data.columns.nlevels > 1:
        raise InputError(
            f"The table's column names have {data.columns.nlevels} levels; give it plain names."
        )
    return TableInMemory(data, active_geometry(data))


def _advice(data: object) -> str:
    kind = type(data).__name__
    if isinstance(data, (str, os.PathLike)):
        return f"not a {kind}: read a file with Samples.read({os.fspath(data)!r})."
    if isinstance(data, (dict, list, tuple)):
        return f"not a {kind}: build one with pandas.DataFrame(...), with named columns."
    if callable(getattr(data, "collect", None)):
        return f"not {type(data).__module__}.{kind}: pass data.collect()."
    if hasattr(data, "to_pandas"):
        return f"not {type(data).__module__}.{kind}: pass data.to_pandas()."
    if hasattr(data, "__array__"):
        return (
            f"not an unlabelled {kind}, where latitude and longitude are easily mistaken for each "
            "other: build one with columns lat, lon and correct."
        )
    return f"not {kind}."
