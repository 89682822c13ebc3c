"""Which reader a file needs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from geobias.errors import InputError
from geobias.readers.delimited import open_delimited
from geobias.readers.geopackage import open_geopackage
from geobias.readers.ipc import open_arrow
from geobias.readers.jsonfile import open_geojson, open_json, open_json_lines
from geobias.readers.listing import files_of_folder, files_of_pattern, is_pattern
from geobias.readers.magic import check_content
from geobias.readers.parquet import open_parquet
from geobias.readers.several import join_files
from geobias.readers.source import File, Source
from geobias.wording import counted, quoted


def _open_csv(path: Path) -> Source:
    return open_delimited(path, ",")


def _open_tsv(path: Path) -> Source:
    return open_delimited(path, "\t")


_FORMATS: dict[str, tuple[tuple[str, ...], Callable[[Path], Source]]] = {
    "Parquet": ((".parquet", ".geoparquet"), open_parquet),
    "CSV": ((".csv", ".csv.gz"), _open_csv),
    "TSV": ((".tsv", ".tsv.gz"), _open_tsv),
    "JSON lines": ((".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz"), open_json_lines),
    "JSON": ((".json",), open_json),
    "GeoJSON": ((".geojson",), open_geojson),
    "GeoPackage": ((".gpkg",), open_geopackage),
    "Arrow": ((".arrow", ".ipc", ".feather"), open_arrow),
}
"""Extensions and reader of each format."""


def open_file(path: File) -> Source:
    r"""Open predictions by the extension of their file, reading no more than column names.

    Parameters
    ----------
    path : str, path-like, or list of them
        A file of Parquet or GeoParquet (``.parquet``, ``.geoparquet``), CSV or TSV, JSON lines
        (``.jsonl``, ``.ndjson``), JSON or GeoJSON (``.json``, ``.geojson``), GeoPackage
        (``.gpkg``) or Arrow (``.arrow``, ``.ipc``, ``.feather``); CSV, TSV and JSON lines also
        with ``.gz``. A folder or a pattern such as ``preds/*.csv`` stands for its files in the
        order of their names, which need the same columns; rows are counted on from file to file.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        If there is no such file, its extension is another one, or it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, rows in (("a.csv", "1,True\n2,False\n"), ("b.csv", "3,True\n")):
    ...         _ = Path(folder, name).write_text("lat,hit\n" + rows)
    ...     source = open_file(folder)
    ...     [rows.index.tolist() for rows in source.batches(["lat"])]
    [[0, 1], [2]]
    """
    if isinstance(path, (list, tuple)):
        if not path:
            raise InputError("The list of files is empty.")
        label, found = counted(len(path), "file"), [_files_of(one) for one in path]
        return _joined(label, [file for files, _ in found for file in files], found)
    files, notes = _files_of(path)
    if files == [Path(path)]:  # type: ignore[arg-type]
        return _open_one(files[0])
    return _joined(f"{path!s} ({counted(len(files), 'file')})", files, [(files, notes)])


def _files_of(path: object) -> tuple[list[Path], list[str]]:
    """The files that a path, a folder or a pattern stands for, and what was passed over."""
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(
            f"A file is named by its path, not by a {type(path).__name__}; a DataFrame goes to "
            "Samples.from_table."
        )
    name = os.fspath(path)
    # A file whose name looks like a pattern is that file; what is too long to be a name is none.
    if os.path.isfile(name):
        return [Path(name)], []
    if os.path.isdir(name):
        return files_of_folder(Path(name), _format)
    if os.path.exists(name):
        raise InputError(f"{name} is not a regular file: write what it holds to one.")
    if is_pattern(name):
        return files_of_pattern(name), []
    raise InputError(f"There is no file {name[:200]}.")


def _joined(
    label: str, files: Sequence[Path], found: Sequence[tuple[list[Path], list[str]]]
) -> Source:
    """The files as one source; links and patterns can name one file more than once."""
    counts = Counter(os.path.realpath(file) for file in files)
    twice = [os.path.basename(name) for name, count in counts.items() if count > 1]
    if twice:
        raise InputError(
            f"{label}: {quoted(twice)} would be read more than once, by several names or links: "
            "name every file once."
        )
    notes = [note for _, own in found for note in own]
    return join_files(label, [_open_one(file) for file in files], notes)


def _open_one(path: Path) -> Source:
    check_content(path)
    format_ = _format(path)
    if format_ is None:
        extensions = ", ".join(one for known, _ in _FORMATS.values() for one in known)
        raise InputError(f"{path.name} has an extension that is not read: use one of {extensions}.")
    return _FORMATS[format_][1](path)


def _format(path: Path) -> str | None:
    name = path.name.casefold()
    return next((one for one, (known, _) in _FORMATS.items() if name.endswith(known)), None)
