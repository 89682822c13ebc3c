"""Files that geobias writes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geobias.errors import GeoBiasError

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Turn a failure to write into an error that names the file."""
    try:
        yield Path(path)
    except OSError as error:
        raise GeoBiasError(f"Cannot write {path}: {error.strerror or error}.") from None


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name to write to. What was written takes the place of the file once it is whole.

    What cannot be written whole leaves what was there as it was. A device or a pipe cannot be
    replaced: it is written to.
    """
    with writing(path) as target:
        if target.exists() and not target.is_file():
            yield target
            return
        target = target.resolve()
        part = target.with_name(f".{target.name}.part")
        try:
            yield part
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)


def refuse_to_overwrite(path: str | os.PathLike[str], force: bool) -> None:
    """Refuse a file that cannot be written, or that exists, unless it may be written over."""
    with writing(path) as target:
        if target.is_dir():
            raise GeoBiasError(f"Cannot write {path}: it is a folder.")
        if not os.access(target if target.exists() else target.absolute().parent, os.W_OK):
            raise GeoBiasError(
                f"Cannot write {path}: that is not allowed, or there is no such folder."
            )
        if not force and target.exists():
            raise GeoBiasError(
                f"Cannot write {path}: it exists already. Name another file, or say force=True "
                "(--force) to write over it."
            )


def write_parquet(table: pd.DataFrame, facts: dict[str, Any], path: str | Path) -> None:
    """Write a table to a Parquet file that carries facts about it as metadata."""
    import pyarrow as pa

    _write_arrow(pa.Table.from_pandas(table, preserve_index=False), facts, path)


def write_geoparquet(
    table: geopandas.GeoDataFrame, facts: dict[str, Any], path: str | Path
) -> None:
    """Write a table with geometries to a GeoParquet file that carries facts about it, too."""
    import pyarrow.parquet as pq

    # Only geopandas knows how to say what the geometries are.
    held = BytesIO()
    table.to_parquet(held, index=False)
    _write_arrow(pq.read_table(held), facts, path)


class ParquetRows:
    """A Parquet file with facts as metadata that is written table by table, in a ``with``."""

    def __init__(self, path: str | Path, facts: dict[str, Any]) -> None:
        self._path = path
        self._facts = facts
        self._writer: Any = None

    def __enter__(self) -> ParquetRows:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, table: pd.DataFrame) -> None:
        """Append rows; those of all tables have the same columns."""
        import pyarrow as pa

        rows = pa.Table.from_pandas(table, preserve_index=False)
        if self._writer is None:
            self._writer = parquet_writer(self._path, _described(rows, self._facts).schema)
        self._writer.write_table(rows.cast(self._writer.schema))


def parquet_writer(path: str | Path, schema: pa.Schema) -> ParquetWriter:
    """Return a writer of tables with such columns.

    It does not look for repetitions in columns of real numbers, which takes twice as long as to
    write them: most are scores, which differ.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    repeated = [column.name for column in schema if not pa.types.is_floating(column.type)]
    return ParquetWriter(path, schema, use_dictionary=repeated)


def _write_arrow(columns: pa.Table, facts: dict[str, Any], path: str | Path) -> None:
    described = _described(columns, facts)
    with replacing(path) as target, parquet_writer(target, described.schema) as writer:
        writer.write_table(described)


def _described(columns: pa.Table, facts: dict[str, Any]) -> pa.Table:
    """Let a table carry facts as metadata."""
    known = columns.schema.metadata or {}
    return columns.replace_schema_metadata({**known, b"geobias": json.dumps(facts).encode()})
