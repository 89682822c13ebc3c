"""Files of published datasets, read with an eye for halves of interrupted downloads."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from geobias.encoders.locbench.datasets.dataset import Floats, Probabilities, refuse
from geobias.errors import InputError
from geobias.values import numbers
from geobias.wording import counted, first_rows, nearest, quoted

AGAIN = "If its download was interrupted, fetch it again."
ROWS_AT_ONCE = 8192
"""Rows of a large file that are held in memory at a time."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """A file with one row of numbers per image; dense ones stay on the disk until rows are taken.

    Attributes
    ----------
    file : str
        Its name, for messages.
    values : array or scipy.sparse.csr_array, (rows, columns)
    row_of : int64 array, optional
        The row of each image, where rows have been matched with images.
    """

    file: str
    values: Probabilities
    row_of: npt.NDArray[np.int64] | None = None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    def fitted(
        self,
        of: str,
        images: npt.NDArray[np.bool_],
        *,
        columns: int | None = None,
    ) -> Matrix:
        """Match rows with images, which are all of a file or those that are marked as valid.

        Raises
        ------
        InputError
            If there is another number of rows or of columns, one per class.
        """
        many, valid = len(images), int(images.sum())
        if self.rows not in (many, valid):
            there = f"{many:,}" if many == valid else f"{many:,}, {valid:,} of them valid"
            raise InputError(
                f"{self.file} has {counted(self.rows, 'row')}, but {of} has {there}. Are these "
                f"files of different versions? {AGAIN}"
            )
        if columns is not None and self.values.shape[1] != columns:
            raise InputError(
                f"{self.file} has {counted(self.values.shape[1], 'column')}, one per class, but "
                f"{of} goes with {columns:,} classes. Are these files of different versions?"
            )
        row_of = np.arange(many) if self.rows == many else np.cumsum(images) - 1
        return replace(self, row_of=row_of)

    def features(self, images: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Rows of images in single precision; NaN and infinity are refused."""
        assert isinstance(self.values, np.ndarray)
        rows = self._rows(images)
        taken = np.empty((len(rows), self.values.shape[1]), np.float32)
        wrong = np.zeros(self.rows, np.bool_)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            with np.errstate(over="ignore"):
                part = self.values[some].astype(np.float32)
            wrong[some] = ~np.isfinite(part).all(axis=1)
            taken[start : start + len(some)] = part
        refuse(self.file, wrong, "features that are NaN, infinite or beyond single precision")
        return taken

    def probabilities(self, images: npt.NDArray[np.int64]) -> Probabilities:
        """Rows of images as they are."""
        taken = self.values[self._rows(images)]
        return taken if isinstance(taken, sp.csr_array) else np.asarray(taken)

    def _rows(self, images: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return images if self.row_of is None else self.row_of[images]


def read_json(path: Path) -> Any:
    """Read a file of JSON, complete or not at all."""
    try:
        return json.loads(path.read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(path, "JSON", error) from None
    except OSError as error:
        raise _closed(path, error) from None


def read_matrix(path: Path) -> Matrix:
    """Read a matrix of NumPy (``.npy``) or a sparse one of SciPy (``.npz``)."""
    sparse = path.suffix == ".npz"
    kind = "sparse matrix of SciPy" if sparse else "array of NumPy"
    try:
        values = _sparse(path) if sparse else np.load(path, mmap_mode="r", allow_pickle=False)
    except PermissionError as error:
        raise _closed(path, error) from None
    except Exception as error:
        # A damaged file can make the readers of NumPy and SciPy raise anything.
        raise _unreadable(path, kind, error) from None
    if getattr(values, "ndim", 0) != 2 or values.dtype.kind not in "fiu":
        raise InputError(
            f"{path} should hold rows and columns of numbers, but holds "
            f"{getattr(values, 'ndim', 'no')} dimensions of {getattr(values, 'dtype', 'others')}."
        )
    return Matrix(path.name, values)


def _sparse(path: Path) -> sp.csr_array:
    # A file opened here is closed, too, if it turns out to be half of one.
    with path.open("rb") as file:
        values = sp.csr_array(sp.load_npz(file))
    # Numbers of columns outside the matrix would be read from elsewhere in memory.
    values.check_format(full_check=True)
    return values


def read_csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read columns of a CSV file that ends where a line does."""
    try:
        if not _ends_with_line(path):
            raise InputError(
                f"{path} does not end with a line break, so that its last row may be cut. {AGAIN} "
                "If it is complete, add a line break at its end."
            )
        table = pd.read_csv(path, encoding="utf-8-sig", low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise _unreadable(path, "CSV", error) from None
    except OSError as error:
        raise _closed(path, error) from None
    names = [str(name) for name in table.columns]
    absent = [name for name in columns if name not in names]
    if absent:
        close = quoted(near) if (near := nearest(absent[0], names)) else quoted(names)
        raise InputError(
            f"{path.name} has no column {quoted(absent)}: found {close}. Is it of another version?"
        )
    if table.empty:
        raise InputError(f"{path.name} has no rows. {AGAIN}")
    return table[list(columns)]


def _ends_with_line(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True  # and pandas says that it is empty
        file.seek(-1, os.SEEK_END)
        return file.read(1) in b"\r\n"


def column_of(values: pd.Series, name: str, file: str, *, complete: bool = True) -> Floats:
    """Read a column of numbers; NaN where one is missing, unless it has to be ``complete``."""
    read, unreadable = numbers(values)
    if unreadable.any():
        example = values.iloc[first_rows(unreadable)[0]]
        refuse(file, unreadable, f"a {name} that is not a number, such as {str(example)[:40]!r}")
    if complete:
        refuse(file, np.isnan(read), f"no {name}")
    return read


def field_of(
    records: Sequence[dict[str, Any]], name: str, file: str, *, complete: bool = True
) -> Floats:
    """Read one field of records of JSON as `column_of` does."""
    return column_of(
        pd.Series([record.get(name) for record in records]), name, file, complete=complete
    )


def records_of(value: Any, what: str) -> list[dict[str, Any]]:
    """Return what JSON holds as a list of objects, or say that it does not."""
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        kind = f"a list of {len(value):,}" if isinstance(value, list) else type(value).__name__
        raise InputError(
            f"{what} should be a list of objects and not empty, but is {kind}. Is it of another "
            "version?"
        )
    return value


def part_of(value: Any, name: str, file: str) -> Any:
    """Return a named part of what a file of JSON holds, or say what is there instead."""
    if not isinstance(value, dict) or name not in value:
        there = quoted(value) if isinstance(value, dict) else type(value).__name__
        raise InputError(f"{file} has no {name!r}: found {there}. Is it of another version?")
    return value[name]


def _unreadable(path: Path, kind: str, error: Exception) -> InputError:
    size = path.stat().st_size
    if size == 0:
        return InputError(f"{path} is empty. {AGAIN}")
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return InputError(
        f"{path}, of {counted(size, 'byte')}, cannot be read as {kind}: {said.rstrip('.')}. {AGAIN}"
    )


def _closed(path: Path, error: OSError) -> InputError:
    return InputError(f"Cannot read {path}: {error.strerror or error}.")
