"""Which reader a file needs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from geobias.errors import InputError
from geobias.readers.delimited import open_delimited
from geobias.readers.parquet import open_parquet
from geobias.readers.source import Source

_READERS: dict[str, Callable[[Path], Source]] = {
    ".parquet": open_parquet,
    ".geoparquet": open_parquet,
    ".csv": lambda path: open_delimited(path, ","),
    ".csv.gz": lambda path: open_delimited(path, ","),
    ".tsv": lambda path: open_delimited(path, "\t"),
}


def open_file(path: str | os.PathLike[str]) -> Source:
    """Open a file of predictions by its extension, reading no more than its column names.

    Parameters
    ----------
    path : str or path-like
        A ``.parquet``, ``.geoparquet``, ``.csv``, ``.csv.gz`` or ``.tsv`` file.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        If there is no such file, its extension is another one, or it cannot be read.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(
            f"A file is named by its path, not by a {type(path).__name__}; a DataFrame goes to "
            "Samples.from_table."
        )
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a directory: name one file in it.")
    if not path.exists():
        raise InputError(f"There is no file {path}.")
    for extension, reader in _READERS.items():
        if path.name.casefold().endswith(extension):
            return reader(path)
    raise InputError(
        f"{path.name} has an extension that is not read: use one of {', '.join(_READERS)}."
    )
