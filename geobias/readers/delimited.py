"""Delimited text: CSV, compressed or not, and TSV."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError
from geobias.readers.source import PEEKED_ROWS, as_input_error

ROWS_AT_ONCE = 100_000
"""Rows held as text at one time; numbers take a tenth of the memory."""

_SEPARATOR_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}


@dataclass(frozen=True)
class DelimitedFile:
    """A delimited text file as a source; its header has been read, its columns have not."""

    path: Path
    separator: str
    names: list[Hashable]
    geometry: None = None

    @property
    def label(self) -> str:
        """Name of the file."""
        return self.path.name

    def load(self, names: Sequence[Hashable]) -> pd.DataFrame:
        """All rows of these columns, as numbers where a column holds nothing else."""
        places = [self.names.index(name) for name in names]
        rows = self._rows()
        parts = [pd.DataFrame({name: [] for name in names}, dtype=np.float64)]
        while some := list(islice(rows, ROWS_AT_ONCE)):
            columns = {
                name: _as_numbers([row[place] for row in some])
                for name, place in zip(names, places, strict=True)
            }
            parts.append(pd.DataFrame(columns))
        return pd.concat(parts[1:] or parts, ignore_index=True)

    def batches(self, names, text=()):
        yield self.load(names).reset_index(drop=True)

    def peek(self) -> pd.DataFrame:
        """The first rows, as text."""
        rows = list(islice(self._rows(), PEEKED_ROWS))
        return pd.DataFrame(rows, columns=pd.Index(self.names), dtype=object)

    def _rows(self) -> Iterator[list[str]]:
        """Rows after the header.

        Longer or shorter rows are refused: after an unquoted separator, cutting them to the
        header would move values to the wrong column.
        """
        records = _records(self.path, self.separator)
        next(records)
        for line, record in records:
            if len(record) != len(self.names):
                raise InputError(
                    f"{self.label} has {len(self.names)} column names but {len(record)} values in "
                    f"the row that ends on line {line}."
                )
            yield record


def open_delimited(path: Path, separator: str) -> DelimitedFile:
    """Read the header of a delimited text file.

    Raises
    ------
    InputError
        If the file is empty, is not UTF-8 text, has no header or uses another separator.
    """
    records = _records(path, separator)
    _, header = next(records, (0, None))
    records.close()
    if header is None:
        raise InputError(f"{path.name} is empty.")
    if any("\N{REPLACEMENT CHARACTER}" in name or "\0" in name for name in header):
        raise InputError(f"{path.name} is not UTF-8 text: save it as CSV in UTF-8.")
    _check_separator(path, separator, header)
    if all(map(_is_number, header)):
        raise InputError(
            f"{path.name} has no header: its first line, {', '.join(header)}, holds numbers. "
            "Put the column names there."
        )
    names: list[Hashable] = [
        name.strip() or f"unnamed {place}" for place, name in enumerate(header)
    ]
    return DelimitedFile(path, separator, names)


def _records(path: Path, separator: str) -> Generator[tuple[int, list[str]], None, None]:
    """Line number and values of every row but empty ones.

    Bytes that are not UTF-8 are replaced, so that they matter only in the columns that are used.
    """
    opened = gzip.open if path.suffix.casefold() == ".gz" else open
    with (
        as_input_error(path.name, "a table", OSError, EOFError, zlib.error),
        opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as lines,
    ):
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
        try:
            for record in reader:
                if record:
                    yield reader.line_num, record
        except csv.Error as error:
            raise InputError(
                f"{path.name} cannot be read as a table: {error}, on line {reader.line_num}. "
                "Is a quotation mark missing?"
            ) from error


def _check_separator(path: Path, separator: str, header: list[str]) -> None:
    if len(header) > 1:
        return
    likely = [other for other in _SEPARATOR_NAMES if other != separator and other in header[0]]
    if likely:
        raise InputError(
            f"{path.name} is separated by {_SEPARATOR_NAMES[likely[0]]}, not by "
            f"{_SEPARATOR_NAMES[separator]}: its header is {header[0]!r}. Save it with commas as "
            ".csv or with tabs as .tsv."
        )


def _as_numbers(texts: list[str]) -> npt.NDArray[np.float64] | npt.NDArray[np.object_]:
    """Numbers, NaN for empty cells, if there is nothing else; otherwise the texts."""
    try:
        return np.array([float(text) if text else math.nan for text in texts])
    except ValueError:
        return np.array(texts, dtype=object)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
