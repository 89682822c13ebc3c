"""What every reader offers: the names of the columns first, then only the columns asked for."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import pandas as pd

from geobias.errors import InputError

PEEKED_ROWS = 1000


class Source(Protocol):
    """A table whose columns are known before any of them is read."""

    @property
    def label(self) -> str:
        """What messages call it."""

    @property
    def names(self) -> list[Hashable]:
        """Column names, in order, repeated where the table repeats them."""

    @property
    def geometry(self) -> Hashable | None:
        """The column of geometries that holds the coordinates, if there is one."""

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns, in order and a batch at a time, under their row numbers.

        A batch is a GeoDataFrame when the geometry is among the columns. Columns in `text` are
        left as they are written.
        """

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""


def load(source: Source, names: Sequence[Hashable]) -> pd.DataFrame:
    """All rows of these columns at once, for tables known to be small."""
    return pd.concat(list(source.batches(names)))


@contextmanager
def as_input_error(label: str, kind: str, *failures: type[Exception]) -> Iterator[None]:
    """Say in one sentence that a file could not be read, instead of how its library failed."""
    try:
        yield
    except failures as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{label} cannot be read as {kind}: {reason}") from error
