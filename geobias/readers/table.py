"""Tables already in memory: a pandas DataFrame or a GeoDataFrame."""

from __future__ import annotations

import os
import sys
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import pandas as pd

from geobias.errors import InputError
from geobias.readers.source import PEEKED_ROWS


@dataclass(frozen=True)
class TableInMemory:
    """A DataFrame as a source."""

    frame: pd.DataFrame
    geometry: Hashable | None

    @property
    def label(self) -> str:
        """What messages call it."""
        return "The table"

    @property
    def names(self) -> list[Hashable]:
        """Column names, in order."""
        return list(self.frame.columns)

    def load(self, names: Sequence[Hashable]) -> pd.DataFrame:
        """All rows of these columns; a GeoDataFrame when the geometry is among them."""
        return self.frame[list(names)]

    def batches(self, names, text=()):
        yield self.load(names).reset_index(drop=True)

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        others = [name for name in self.names if name != self.geometry]
        return pd.DataFrame(self.frame[others].head(PEEKED_ROWS))


def open_table(data: object) -> TableInMemory:
    """A DataFrame or GeoDataFrame as a source.

    Raises
    ------
    InputError
        If the data is anything else, or its columns have several levels.
    """
    if not isinstance(data, pd.DataFrame):
        raise InputError(f"Samples come from a pandas DataFrame or a GeoDataFrame, {_advice(data)}")
    if data.columns.nlevels > 1:
        raise InputError(
            f"The table's column names have {data.columns.nlevels} levels; give it plain names."
        )
    return TableInMemory(data, _active_geometry(data))


def _active_geometry(frame: pd.DataFrame) -> Hashable | None:
    """The geometry column of a GeoDataFrame, without importing geopandas for other tables."""
    geopandas = sys.modules.get("geopandas")
    if geopandas is None or not isinstance(frame, geopandas.GeoDataFrame):
        return None
    name: Hashable | None = frame.active_geometry_name
    return name


def _advice(data: object) -> str:
    kind = type(data).__name__
    if isinstance(data, (str, os.PathLike)):
        return f"not a {kind}: read a file with Samples.read({os.fspath(data)!r})."
    if isinstance(data, (dict, list, tuple)):
        return f"not a {kind}: build one with pandas.DataFrame(...), with named columns."
    if hasattr(data, "to_pandas"):
        return f"not {type(data).__module__}.{kind}: pass data.to_pandas()."
    if hasattr(data, "__array__"):
        return (
            f"not an unlabelled {kind}, where latitude and longitude are easily mistaken for each "
            "other: build one with columns lat, lon and correct."
        )
    return f"not {kind}."
