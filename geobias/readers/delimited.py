"""Delimited text: CSV and TSV, compressed or not."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError
from geobias.readers.gathering import ROWS_AT_A_TIME, framed, gathered
from geobias.readers.limits import MOST_CHARACTERS
from geobias.readers.source import PEEKED_ROWS
from geobias.readers.texts import Bytes, is_decoded, open_text, readable

if TYPE_CHECKING:
    from _csv import Reader

_SEPARATOR_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
_DECIMAL_COMMA = re.compile(r"\d,\d")


@dataclass(frozen=True)
class DelimitedFile:
    """A delimited text file as a source; its header has been read, its columns have not."""

    path: Path
    separator: str
    names: list[Hashable]
    geometry: None = None
    rows: None = None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name of the file."""
        return self.path.name

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns, as numbers where a batch of a column holds nothing else."""
        pick = [itemgetter(self.names.index(name)) for name in names]
        with _reading(self.path, self.separator) as (reader, counter):
            chunks = (
                (len(rows), [list(map(one, rows)) for one in pick]) for rows in self._chunks(reader)
            )
            for index, columns in gathered(chunks, len(names), counter, self.label):
                values = {
                    name: self._column(name, texts, index.start, as_written=name in text)
                    for name, texts in zip(names, columns, strict=True)
                }
                yield framed(values, index)

    def peek(self) -> pd.DataFrame:
        """The first rows, as text."""
        with _reading(self.path, self.separator) as (reader, _):
            rows: list[list[str]] = []
            for chunk in self._chunks(reader):
                rows += ([readable(cell) for cell in row] for row in chunk)
                if len(rows) >= PEEKED_ROWS:
                    break
        return pd.DataFrame(rows[:PEEKED_ROWS], columns=pd.Index(self.names), dtype=object)

    def _chunks(self, reader: Reader) -> Iterator[list[list[str]]]:
        """Rows after the header, a few at a time; empty lines are no rows.

        Longer or shorter rows are refused: after an unquoted separator, cutting them to the
        header would move values to the wrong column.
        """
        records = filter(None, reader)
        next(records)
        while chunk := list(islice(records, ROWS_AT_A_TIME)):
            if set(map(len, chunk)) != {len(self.names)}:
                self._refuse_uneven_rows()
            yield chunk

    def _refuse_uneven_rows(self) -> None:
        with _reading(self.path, self.separator) as (reader, _):
            for record in filter(None, reader):
                if len(record) != len(self.names):
                    raise InputError(
                        f"{self.label} has {len(self.names)} column names but {len(record)} "
                        f"values in the row that ends on line {reader.line_num}."
                    )

    def _column(
        self, name: Hashable, texts: list[str], start: int, *, as_written: bool
    ) -> npt.NDArray[np.float64] | npt.NDArray[np.object_]:
        """Numbers, NaN for empty cells, if there is nothing else; otherwise the texts."""
        if not as_written:
            try:
                if "_" in "".join(texts):
                    # Python reads 1_0 as 10.
                    raise ValueError
                return np.array([float(text) if text else math.nan for text in texts])
            except ValueError:
                pass
        if not is_decoded("".join(texts)):
            unread = [start + row for row, cell in enumerate(texts) if not is_decoded(cell)]
            raise InputError(
                f"Column {str(name)!r} of {self.label} is not UTF-8 text, first in row "
                f"{unread[0]} (counted from 0), {readable(texts[unread[0] - start])[:80]!r}: "
                "save the file in UTF-8."
            )
        return np.array(texts, dtype=object)


def open_delimited(path: Path, separator: str) -> DelimitedFile:
    """Read the header of a delimited text file.

    Raises
    ------
    InputError
        If the file is empty, is not UTF-8 text, has no header or uses another separator.
    """
    with _reading(path, separator) as (reader, _):
        records = filter(None, reader)
        header = next(records, None)
        if header is None:
            raise InputError(f"{path.name} is empty.")
        if any(not is_decoded(name) or "\0" in name for name in header):
            raise InputError(f"{path.name} is not UTF-8 text: save it as CSV in UTF-8.")
        _check_separator(path, separator, header, records)
    if all(map(_is_number, header)):
        raise InputError(
            f"{path.name} has no header: its first line, {', '.join(header)}, holds numbers. "
            "Put the column names there."
        )
    names: list[Hashable] = [
        name.strip() or f"unnamed {place}" for place, name in enumerate(header)
    ]
    return DelimitedFile(path, separator, names)


@contextmanager
def _reading(path: Path, separator: str) -> Iterator[tuple[Reader, Bytes]]:
    """The records of a file, header included, and the counter of its bytes."""
    # This limit belongs to the process; it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MOST_CHARACTERS))
    with open_text(path, "a table") as (text, counter):
        reader = csv.reader(text, delimiter=separator, skipinitialspace=True, strict=True)
        try:
            yield reader, counter
        except csv.Error as error:
            raise InputError(
                f"{path.name} cannot be read as a table: {error}, on line {reader.line_num}. "
                "Is a quotation mark missing?"
            ) from error


def _check_separator(
    path: Path, separator: str, header: list[str], records: Iterator[list[str]]
) -> None:
    if len(header) > 1:
        return
    likely = [other for other in _SEPARATOR_NAMES if other != separator and other in header[0]]
    if not likely:
        return
    first = separator.join(next(records, []))
    decimals = likely[0] != "," and _DECIMAL_COMMA.search(first) is not None
    raise InputError(
        f"{path.name} is separated by {_SEPARATOR_NAMES[likely[0]]}, not by "
        f"{_SEPARATOR_NAMES[separator]}: its header is {header[0]!r}. Save it with commas as "
        f".csv or with tabs as .tsv{', and numbers with decimal points' if decimals else ''}."
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
