"""Parquet and GeoParquet files."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geobias.readers.arrow import BatchFile, frame, frames, within_limits
from geobias.readers.limits import check_rows
from geobias.readers.shapes import arrow_geometry
from geobias.readers.source import BYTES_AT_ONCE, PEEKED_ROWS, ROWS_AT_ONCE, as_input_error

if TYPE_CHECKING:
    pass

_BUFFER = 2**20

_PROBED_ROWS = 64
_LONG_ROWS = 2**13
"""The most rows of a batch with texts, of which later ones may be longer than the first."""


@dataclass(frozen=True)
class ParquetFile(BatchFile):
    """A Parquet file as a source; its schema has been read, its columns have not."""

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns; a GeoDataFrame when the geometry is among them."""
        columns = list(names)
        with _reading(self.label), self._opened() as opened:
            batches = opened.iter_batches(_rows_at_once(opened, columns), columns=columns)
            checked = within_limits(batches, self.label, self.path.stat().st_size)
            yield from frames(checked, self.schema, names, text, self.shapes)

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        others = [name for name in self.names if name != self.geometry]
        with _reading(self.label), self._opened() as opened:
            rows = min(_rows_at_once(opened, others), PEEKED_ROWS)
            first = next(opened.iter_batches(rows, columns=others), None)
            return pd.DataFrame() if first is None else frame(first)

    def _opened(self) -> Any:
        import pyarrow.parquet as pq

        # Buffered, a column is read page by page, instead of a whole row group at once.
        return pq.ParquetFile(self.path, buffer_size=_BUFFER, pre_buffer=False)


def open_parquet(path: Path) -> ParquetFile:
    """Read the schema of a Parquet file, and from it whether the file is a GeoParquet.

    Raises
    ------
    InputError
        If the file is not Parquet, is damaged, or holds too many rows for its size.
    """
    import pyarrow.parquet as pq

    with _reading(path.name), pq.ParquetFile(path) as opened:
        schema = opened.schema_arrow
        rows = int(opened.metadata.num_rows)
        check_rows(path.name, rows, path.stat().st_size)
        return ParquetFile(path, schema, list(schema.names), arrow_geometry(schema), rows)


def _rows_at_once(opened: Any, names: list[Any]) -> int:
    """Rows of a batch, by the width of the first; fewer where values can be of any length.

    The metadata are not asked for the widths: where they are damaged, the library ends the process.
    """
    import pyarrow as pa

    probe = next(opened.iter_batches(_PROBED_ROWS, columns=names), None)
    if probe is None:
        return 1
    most = ROWS_AT_ONCE if all(map(pa.types.is_primitive, probe.schema.types)) else _LONG_ROWS
    fitting: int = BYTES_AT_ONCE * probe.num_rows // max(probe.nbytes, 1)
    return max(min(fitting, most), 1)


def _reading(label: str) -> AbstractContextManager[None]:
    import pyarrow as pa

    # KeyError and others: metadata of a GeoParquet file that break its specification.
    return as_input_error(
        label, "Parquet", pa.ArrowException, OSError, KeyError, ValueError, TypeError,
        AttributeError,
    )  # fmt: skip
