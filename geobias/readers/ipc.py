"""Files of Arrow record batches: Feather, and the file and stream formats of Arrow IPC."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geobias.readers.arrow import BatchFile, frame, frames, within_limits
from geobias.readers.limits import check_rows
from geobias.readers.shapes import arrow_geometry
from geobias.readers.source import PEEKED_ROWS, as_input_error

if TYPE_CHECKING:
    import pyarrow as pa

FILE_MAGIC = b"ARROW1"


@dataclass(frozen=True)
class ArrowFile(BatchFile):
    """A file of record batches as a source; its schema has been read, its columns have not."""

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns; a GeoDataFrame when the geometry is among them."""
        places = [self.schema.names.index(name) for name in names]
        with _reading(self.label), _opened(self.path, places) as reader:
            size = self.path.stat().st_size
            batches = within_limits(_valid_batches(reader), self.label, size)
            yield from frames(batches, self.schema, names, text, self.shapes)

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        others = [place for place, name in enumerate(self.names) if name != self.geometry]
        with _reading(self.label), _opened(self.path, others) as reader:
            first = next((batch for batch in _valid_batches(reader) if batch.num_rows), None)
            return pd.DataFrame() if first is None else frame(first.slice(0, PEEKED_ROWS))


def open_arrow(path: Path) -> ArrowFile:
    """Read the schema of a file of Arrow record batches.

    Raises
    ------
    InputError
        If the file is not Arrow IPC, is damaged, or holds too many rows for its size.
    """
    with _reading(path.name), _opened(path, None) as reader:
        # A stream does not say how many batches follow.
        rows = int(reader.count_rows()) if hasattr(reader, "count_rows") else None
        check_rows(path.name, rows or 0, path.stat().st_size)
        schema = reader.schema
        return ArrowFile(path, schema, list(schema.names), arrow_geometry(schema), rows)


@contextmanager
def _opened(path: Path, places: list[int] | None) -> Iterator[Any]:
    """A reader of the columns at these places, of all when there are none."""
    import pyarrow as pa

    options = pa.ipc.IpcReadOptions(included_fields=places)
    # Not a memory map: a file that is cut while it is mapped ends the process.
    with pa.OSFile(str(path)) as file:
        starts_as_file = file.read(len(FILE_MAGIC)) == FILE_MAGIC
        file.seek(0)
        opened = pa.ipc.open_file if starts_as_file else pa.ipc.open_stream
        with opened(file, options=options) as reader:
            yield reader


def _valid_batches(reader: Any) -> Iterator[pa.RecordBatch]:
    """The batches; damage that would otherwise be read as an address is found first."""
    if hasattr(reader, "get_batch"):
        batches = map(reader.get_batch, range(reader.num_record_batches))
    else:
        batches = iter(reader)
    for batch in batches:
        batch.validate(full=True)
        yield batch


def _reading(label: str) -> AbstractContextManager[None]:
    import pyarrow as pa

    return as_input_error(
        label, "Arrow", pa.ArrowException, OSError, KeyError, ValueError, TypeError, AttributeError
    )
