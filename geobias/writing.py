"""Files that geobias writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geobias.errors import GeoBiasError


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Turn a failure to write into an error that names the file."""
    try:
        yield Path(path)
    except OSError as error:
        raise GeoBiasError(f"Cannot write {path}: {error.strerror or error}.") from None
