"""The files that a folder or a pattern stands for."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from geobias.errors import InputError
from geobias.wording import counted, quoted

_PASSED_OVER = (".", "_")
"""First letters of files that hold no rows, such as ``_SUCCESS``."""


def is_pattern(name: str) -> bool:
    """Whether a path stands for the files that match it."""
    return glob.has_magic(name)


def files_of_pattern(pattern: str) -> list[Path]:
    """Files that match, in the order of their names.

    Raises
    ------
    InputError
        If there is none.
    """
    found = [Path(name) for name in glob.glob(pattern, recursive=True) if os.path.isfile(name)]
    if not found:
        raise InputError(f"No file matches {pattern}.")
    return sorted(found)


def files_of_folder(
    folder: Path, format_of: Callable[[Path], str | None]
) -> tuple[list[Path], list[str]]:
    """Files of a folder that can be read, in the order of their names, and notes on the others.

    Parameters
    ----------
    folder : Path
        The folder; folders in it are not looked into.
    format_of : callable
        Format of a file, None if it is not read.

    Raises
    ------
    InputError
        If there is no file to read, or there are files of several formats.
    """
    try:
        inside = sorted(one for one in folder.iterdir() if not one.name.startswith(_PASSED_OVER))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}.") from error
    folders = [one for one in inside if one.is_dir()]
    files = [one for one in inside if format_of(one) and one.is_file()]
    others = [one.name for one in inside if one not in files and one not in folders]
    if not files:
        within = f", but {counted(len(folders), 'folder')}: name {folder}/**/*.parquet, say"
        raise InputError(f"{folder} holds no file that is read{within if folders else ''}.")
    formats = Counter(str(format_of(one)) for one in files)
    if len(formats) > 1:
        listed = ", ".join(f"{counted(count, 'file')} of {one}" for one, count in formats.items())
        raise InputError(
            f"{folder} holds several formats, {listed}: name those to read with a pattern such as "
            f"{folder}/*{files[0].suffix}."
        )
    notes = []
    if others:
        notes.append(f"{folder}: {counted(len(others), 'other file')} not read: {quoted(others)}.")
    if folders:
        notes.append(f"{folder}: {counted(len(folders), 'folder')} in it not read.")
    return files, notes
