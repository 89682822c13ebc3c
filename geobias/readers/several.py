"""Several files that hold one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geobias.errors import InputError
from geobias.readers.delimited import DelimitedFile
from geobias.readers.jsonfile import JsonFile
from geobias.readers.source import PEEKED_ROWS, Part, Source
from geobias.wording import quoted


@dataclass(frozen=True)
class SeveralFiles:
    """Files of the same columns as one source, whose rows are counted on from file to file."""

    label: str
    files: tuple[Source, ...]
    names: list[Hashable]
    geometry: Hashable | None
    notes: tuple[str, ...]

    @property
    def rows(self) -> int | None:
        """How many rows, where every file says so without being read."""
        counts = [file.rows for file in self.files]
        return None if None in counts else sum(count for count in counts if count is not None)

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns, file after file."""
        return (part.rows for part in self.parts(names, text))

    def parts(self, names: Sequence[Hashable], text: Collection[Hashable] = ()) -> Iterator[Part]:
        """Rows of these columns with the file they come from."""
        start = 0
        system: Any = None
        empty = None
        for number, file in enumerate(self.files):
            for frame in file.batches(names, text):
                if not len(frame):
                    empty = frame
                    continue
                if self.geometry in names:
                    own = frame[self.geometry].crs
                    system = own if start == 0 else system
                    self._check_system(file.label, own, system)
                end = start + len(frame)
                rows = frame.set_axis(pd.RangeIndex(start, end))
                yield Part(number, file.label, rows, not isinstance(file, DelimitedFile))
                start = end
        if start == 0 and empty is not None:
            yield Part(0, self.label, empty)

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        parts: list[pd.DataFrame] = []
        for file in self.files:
            parts.append(file.peek())
            if sum(map(len, parts)) >= PEEKED_ROWS:
                break
        filled = [part for part in parts if len(part)] or parts[:1]
        return pd.concat(filled, ignore_index=True).head(PEEKED_ROWS)

    def _check_system(self, label: str, own: Any, first: Any) -> None:
        if own != first:
            raise InputError(
                f"{label} has the coordinate reference system {getattr(own, 'name', None)}, but "
                f"{self.files[0].label} has {getattr(first, 'name', None)}: convert one of them."
            )


def join_files(label: str, files: Sequence[Source], notes: Sequence[str]) -> SeveralFiles:
    """Take files as one table.

    Parameters
    ----------
    label : str
        What messages call them together.
    files : sequence of Source
        At least one. Files of JSON may lack columns, which are missing there; others may not.
    notes : sequence of str
        What was chosen or passed over to find them.

    Returns
    -------
    SeveralFiles

    Raises
    ------
    InputError
        If one has other columns than the first.
    """
    names = list(dict.fromkeys(name for file in files for name in file.names))
    first = files[0]
    for file in files:
        if not all(isinstance(one, JsonFile) for one in (first, file)):
            _check_columns(first, file)
        if file.geometry != first.geometry:
            raise InputError(
                f"{label} holds different tables: {first.label} has "
                f"{_of_geometry(first)}, but {file.label} has {_of_geometry(file)}."
            )
    order = f"{label}: rows are counted on in the order {quoted(file.label for file in files)}."
    own = [note for file in files for note in file.notes]
    return SeveralFiles(label, tuple(files), names, first.geometry, (*notes, order, *own))


def _check_columns(first: Source, file: Source) -> None:
    here, there = Counter(file.names), Counter(first.names)
    lacking, adding = list((there - here).elements()), list((here - there).elements())
    if lacking or adding:
        differences = [f"lacks {quoted(lacking)}"] * bool(lacking)
        differences += [f"adds {quoted(adding)}"] * bool(adding)
        raise InputError(
            f"{file.label} has other columns than {first.label}: it {' and '.join(differences)}. "
            "Files that are read together hold one table."
        )


def _of_geometry(file: Source) -> str:
    return f"a geometry in {str(file.geometry)!r}" if file.geometry is not None else "no geometry"
