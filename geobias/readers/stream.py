"""Tables of other libraries, through the Arrow stream interface."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence, Sized
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import pandas as pd

from geobias.errors import InputError
from geobias.readers.arrow import frame, frames
from geobias.readers.shapes import ArrowGeometry, arrow_geometry
from geobias.readers.source import PEEKED_ROWS, as_input_error

if TYPE_CHECKING:
    import pyarrow as pa

_LABEL = "The table"


@dataclass
class ArrowStream:
    """Anything that exports record batches, as a source.

    Parameters
    ----------
    schema : pyarrow.Schema
        Its columns.
    names : list of Hashable
        Their names, in order, repeated where the schema repeats them.
    shapes : ArrowGeometry or None
        The column of geometries.
    rows : int or None
        How many rows, if the data says.
    first : pyarrow.RecordBatch or None
        Its first batch with rows.
    data : object
        What exports the batches again and again; None after a reader, which does so once.
    rest : iterator of pyarrow.RecordBatch or None
        Of a reader, the batches after the first, until they are read.
    """

    schema: pa.Schema
    names: list[Hashable]
    shapes: ArrowGeometry | None
    rows: int | None
    first: pa.RecordBatch | None
    data: Any
    rest: Iterator[pa.RecordBatch] | None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What messages call it."""
        return _LABEL

    @property
    def geometry(self) -> str | None:
        """The first column that GeoArrow describes, if there is one."""
        return None if self.shapes is None else self.shapes.name

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns; a GeoDataFrame when the geometry is among them."""
        with _reading():
            yield from frames(self._record_batches(), self.schema, names, text, self.shapes)

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        if self.first is None:
            return pd.DataFrame()
        others = [place for place, name in enumerate(self.names) if name != self.geometry]
        with _reading():
            return frame(self.first.select(others).slice(0, PEEKED_ROWS))

    def _record_batches(self) -> Iterator[pa.RecordBatch]:
        if self.data is not None:
            return iter(_reader(self.data))
        if self.rest is None:
            raise InputError(
                f"{_LABEL} is a reader of batches, which can be read once, and has been: pass a "
                "new one, or the table that its read_all() returns."
            )
        rest, self.rest = self.rest, None
        return rest if self.first is None else chain([self.first], rest)


def open_stream(data: Any) -> ArrowStream:
    """Anything with ``__arrow_c_stream__`` as a source: tables of pyarrow, polars and others.

    Raises
    ------
    InputError
        If it exports no table.
    """
    import pyarrow as pa

    with _reading():
        reader = _reader(data)
        first = next((batch for batch in reader if batch.num_rows), None)
        once = isinstance(data, pa.RecordBatchReader)
        return ArrowStream(
            schema=reader.schema,
            names=list(reader.schema.names),
            shapes=arrow_geometry(reader.schema),
            rows=len(data) if isinstance(data, Sized) else None,
            first=first,
            data=None if once else data,
            rest=iter(reader) if once else None,
        )


def _reader(data: Any) -> Any:
    import pyarrow as pa

    return pa.RecordBatchReader.from_stream(data)


def _reading() -> AbstractContextManager[None]:
    import pyarrow as pa

    return as_input_error(
        _LABEL, "a table of Arrow", pa.ArrowException, OSError, KeyError, ValueError, TypeError,
        AttributeError,
    )  # fmt: skip
