"""Record batches of Arrow as frames."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.readers.limits import check_bytes, check_rows
from geobias.readers.source import BYTES_AT_ONCE, ROWS_AT_ONCE

if TYPE_CHECKING:
    import pyarrow as pa

    from geobias.readers.shapes import ArrowGeometry


@dataclass(frozen=True)
class BatchFile:
    """A file of record batches; its schema has been read, its columns have not."""

    path: Path
    schema: pa.Schema
    names: list[Hashable]
    shapes: ArrowGeometry | None
    rows: int | None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name of the file."""
        return self.path.name

    @property
    def geometry(self) -> str | None:
        """The column of geometries that locates the rows, if there is one."""
        return None if self.shapes is None else self.shapes.name


def frames(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    names: Sequence[Hashable],
    text: Collection[Hashable],
    geometry: ArrowGeometry | None,
) -> Iterator[pd.DataFrame]:
    """These columns of record batches, cut where one is large; at least one frame."""
    start = 0
    for batch in batches:
        chosen = _chosen(batch, names)
        for part in _parts(chosen):
            yield frame(part, start, text, geometry)
            start += part.num_rows
    if not start:
        yield frame(_chosen(_no_rows(schema), names), 0, text, geometry)


def within_limits(
    batches: Iterable[pa.RecordBatch], label: str, file_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Pass batches on until they hold more than a file of this size should."""
    rows = unfolded = 0
    for batch in batches:
        rows += batch.num_rows
        unfolded += batch.nbytes
        check_rows(label, rows, file_bytes)
        check_bytes(label, unfolded, file_bytes)
        yield batch


def frame(
    batch: pa.RecordBatch,
    start: int = 0,
    text: Collection[Hashable] = (),
    geometry: ArrowGeometry | None = None,
) -> pd.DataFrame:
    """A record batch as a frame; with its geometry, as a GeoDataFrame."""
    # Text that is not UTF-8 would be found out later, and less kindly.
    batch.validate(full=True)
    columns: list[Any] = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if geometry is not None and field.name == geometry.name:
            columns.append(geometry.shapes(column))
        else:
            columns.append(_series(column, exact=field.name in text))
    index = pd.RangeIndex(start, start + batch.num_rows)
    # By position, as a table may repeat a name.
    whole: Any = pd.concat(
        [pd.DataFrame(index=index), *(series.set_axis(index) for series in columns)], axis=1
    )
    whole.columns = pd.Index(batch.schema.names)
    if geometry is not None and geometry.name in batch.schema.names:
        import geopandas

        whole = geopandas.GeoDataFrame(whole, geometry=geometry.name)
    located: pd.DataFrame = whole
    return located


def _chosen(batch: pa.RecordBatch, names: Sequence[Hashable]) -> pa.RecordBatch:
    known = batch.schema.names
    return batch.select([known.index(name) for name in names])


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    fitting = batch.num_rows * BYTES_AT_ONCE // max(batch.nbytes, 1)
    step = max(min(fitting, ROWS_AT_ONCE), 1)
    for first in range(0, batch.num_rows, step):
        yield batch.slice(first, step)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    columns = [column.combine_chunks() for column in schema.empty_table().columns]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _series(column: pa.Array, *, exact: bool) -> pd.Series:
    """One column; numbers with missing values stay whole where it must be exact."""
    import pyarrow as pa

    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    kind = column.type
    if pa.types.is_nested(kind):
        cells = [None if v is None else _as_json(v) for v in column.to_pylist()]
        return pd.Series(cells, dtype=object)
    if pa.types.is_dictionary(kind) and pa.types.is_primitive(kind.value_type):
        column = column.dictionary_decode()
    if pa.types.is_dictionary(column.type):
        # Rows share the texts of a dictionary, which may be long.
        words = np.array([*column.dictionary.to_pandas(), None], dtype=object)
        places = column.indices.cast(pa.int64()).fill_null(len(words) - 1).to_numpy()
        return pd.Series(words[places], dtype=object)
    series: pd.Series = column.to_pandas(integer_object_nulls=exact)
    return series


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
