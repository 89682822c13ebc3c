"""The files of a dataset, wherever in a folder they lie."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geobias.errors import InputError
from geobias.wording import counted, listed


@dataclass(frozen=True)
class Needed:
    """A file that a dataset is read from.

    Attributes
    ----------
    names : tuple of str
        What it may be called, the first name found counts; ``*`` stands for anything.
    optional : bool
        Whether the dataset can do without it.
    """

    names: tuple[str, ...]
    optional: bool = False


def find(
    name: str,
    data: str | os.PathLike[str],
    subfolders: Sequence[str],
    files: Mapping[str, Needed],
    source: str,
) -> dict[str, Path]:
    """Find files in a folder or, first, in subfolders of it.

    Raises
    ------
    InputError
        If there is no such folder, a name fits several files, or files are missing: all of them
        are named, with the folders looked into and where they are published.
    """
    folder = Path(data)
    if not folder.is_dir():
        what = "not a folder" if folder.exists() else "missing"
        raise InputError(
            f"{name} is read from files in a folder, but {folder} is {what}. It should hold "
            f"{described(files.values())}. Where they are published: {source}."
        )
    places = [*(folder / subfolder for subfolder in subfolders), folder]
    found: dict[str, Path] = {}
    missing: list[str] = []
    for key, needed in files.items():
        path = _found(name, needed, places)
        if path is not None:
            found[key] = path
        elif not needed.optional:
            missing.append(" or ".join(needed.names))
    if missing:
        have = sum(not needed.optional for needed in files.values())
        lines = "\n".join(f"  {line}" for line in missing)
        raise InputError(
            f"{name}: {len(missing)} of {counted(have, 'file')} missing. Not in "
            f"{listed([str(place) for place in places])}:\n{lines}\n"
            f"Where they are published: {source}."
        )
    return found


def described(files: Iterable[Needed]) -> str:
    """The names of the files that have to be there."""
    needed = [" or ".join(file.names) for file in files if not file.optional]
    return ", ".join(needed)


def _found(name: str, needed: Needed, places: Sequence[Path]) -> Path | None:
    for called in needed.names:
        for place in places:
            matches = sorted(path for path in place.glob(called) if path.is_file())
            if len(matches) > 1:
                raise InputError(
                    f"{name}: {counted(len(matches), 'file')} in {place} fit {called}, "
                    f"{listed([match.name for match in matches[:5]])}: keep the one that is meant."
                )
            if matches:
                return matches[0]
    return None
