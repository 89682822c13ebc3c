"""A few rows at a time, gathered into batches that neither long files nor long rows swell."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, TypeVar

import numpy.typing as npt
import pandas as pd

from geobias.readers.limits import check_rows
from geobias.readers.source import BYTES_AT_ONCE, ROWS_AT_ONCE
from geobias.readers.texts import Bytes

ROWS_AT_A_TIME = 64
"""Rows of a text file that are held in full; of others only the columns asked for are kept."""

Cell = TypeVar("Cell")


def gathered(
    chunks: Iterator[tuple[int, list[list[Cell]]]], width: int, counter: Bytes, label: str
) -> Iterator[tuple[pd.RangeIndex, list[list[Cell]]]]:
    """The row numbers of each batch, and its columns; at least one batch.

    Each chunk is a number of rows and their columns.
    """
    index, begun = pd.RangeIndex(0), counter.passed
    columns: list[list[Cell]] = [[] for _ in range(width)]
    for count, chunk in chunks:
        for column, cells in zip(columns, chunk, strict=True):
            column += cells
        index = pd.RangeIndex(index.start, index.stop + count)
        check_rows(label, index.stop, counter.stored)
        if len(index) >= ROWS_AT_ONCE or counter.passed - begun >= BYTES_AT_ONCE:
            yield index, columns
            index, begun = pd.RangeIndex(index.stop, index.stop), counter.passed
            columns = [[] for _ in range(width)]
    if len(index) or not index.start:
        yield index, columns


def framed(columns: Mapping[Hashable, npt.NDArray[Any]], index: pd.RangeIndex) -> pd.DataFrame:
    """Columns as a frame, in the dtypes they have."""
    # Left to itself, pandas takes objects that happen to be texts for a column of texts.
    series = {
        name: pd.Series(values, index, dtype=values.dtype, copy=False)
        for name, values in columns.items()
    }
    return pd.DataFrame(series, index=index)
