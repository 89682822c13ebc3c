"""Parquet and GeoParquet files."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geobias.readers.source import PEEKED_ROWS, as_input_error


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file as a source; its schema has been read, its columns have not."""

    path: Path
    names: list[Hashable]
    geometry: Hashable | None

    @property
    def label(self) -> str:
        """Name of the file."""
        return self.path.name

    def load(self, names: Sequence[Hashable]) -> pd.DataFrame:
        """All rows of these columns; a GeoDataFrame when the geometry is among them."""
        if self.geometry in names:
            return self._load_with_geometry(names)
        import pyarrow.parquet as pq

        with _reading(self.label):
            table = pq.ParquetFile(self.path).read(columns=list(names))
            # Pandas metadata would turn stored index columns away from where the schema has them.
            frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
            return frame

    def _load_with_geometry(self, names: Sequence[Hashable]) -> pd.DataFrame:
        import geopandas

        with _reading(self.label):
            frame: pd.DataFrame = geopandas.read_parquet(self.path, columns=list(names))
            return frame

    def batches(self, names, text=()):
        yield self.load(names).reset_index(drop=True)

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        import pyarrow.parquet as pq

        with _reading(self.label):
            others = [name for name in self.names if name != self.geometry]
            batches = pq.ParquetFile(self.path).iter_batches(PEEKED_ROWS, columns=others)
            first = next(iter(batches), None)
            frame: pd.DataFrame = (
                pd.DataFrame() if first is None else first.to_pandas(ignore_metadata=True)
            )
            return frame


def open_parquet(path: Path) -> ParquetFile:
    """Read the schema of a Parquet file, and from it whether the file is a GeoParquet.

    Raises
    ------
    InputError
        If the file is not Parquet, or is damaged.
    """
    import pyarrow.parquet as pq

    with _reading(path.name):
        schema = pq.read_schema(path)
        return ParquetFile(path, list(schema.names), _primary_geometry(schema.metadata))


def _primary_geometry(metadata: dict[bytes, bytes] | None) -> str | None:
    described = (metadata or {}).get(b"geo")
    if described is None:
        return None
    name: str = json.loads(described)["primary_column"]
    return name


def _reading(label: str) -> AbstractContextManager[None]:
    import pyarrow as pa

    # KeyError and ValueError: metadata of a GeoParquet file that break its specification.
    return as_input_error(label, "Parquet", pa.ArrowException, OSError, KeyError, ValueError)
