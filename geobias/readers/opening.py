"""One door for predictions in files and in memory."""

from __future__ import annotations

import os

from geobias.readers.files import open_file
from geobias.readers.source import File, Source, Table
from geobias.readers.table import open_table


def names_files(data: object) -> bool:
    """Whether something names files: a path, a pattern, or a list of them."""
    return isinstance(data, str | os.PathLike | list | tuple)


def open_source(data: Table | File) -> Source:
    """Open a table in memory, a file, a folder, a pattern or a list of files.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return open_file(data) if names_files(data) else open_table(data)  # type: ignore[arg-type]
