"""Files that geobias writes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geobias.errors import GeoBiasError

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Turn a failure to write into an error that names the file."""
    try:
        yield Path(path)
    except OSError as error:
        raise GeoBiasError(f"Cannot write {path}: {error.strerror or error}.") from None


def write_parquet(table: pd.DataFrame, facts: dict[str, Any], path: str | Path) -> None:
    """Write a table to a Parquet file that carries facts about it as metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = pa.Table.from_pandas(table, preserve_index=False)
    metadata = {**(columns.schema.metadata or {}), b"geobias": json.dumps(facts).encode()}
    with writing(path) as target:
        pq.write_table(columns.replace_schema_metadata(metadata), target)
