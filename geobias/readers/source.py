"""What every reader offers: the names of the columns first, then rows of those asked for."""

from __future__ import annotations

import os
from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import pandas as pd

from geobias.errors import InputError


class Streamable(Protocol):
    """A table of polars, pyarrow or another library that speaks the Arrow stream interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the table as a stream of batches."""


class Partitioned(Protocol):
    """A DataFrame of Dask."""

    @property
    def npartitions(self) -> int:
        """How many partitions it has."""


Table = pd.DataFrame | Streamable | Partitioned
"""A table of Python; a GeoDataFrame is a DataFrame."""

File = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""A file, a folder, a pattern such as ``preds/*.csv``, or a list of these."""

PEEKED_ROWS = 1000

ROWS_AT_ONCE = 100_000
"""The most rows of one batch."""

BYTES_AT_ONCE = 32 * 2**20
"""A batch ends early, after about so many bytes, where rows are long."""


class Part(NamedTuple):
    """Rows of a table in parts.

    Parameters
    ----------
    number : int
        Which part, counted from 0.
    label : str
        What messages call it.
    rows : pandas.DataFrame
        Rows of it, counted in the whole table.
    typed : bool
        Whether its values have types, and are not text because the format knows nothing else.
    """

    number: int
    label: str
    rows: pd.DataFrame
    typed: bool = True


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

    @property
    def rows(self) -> int | None:
        """How many rows there are, where that is known without reading them."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was chosen or passed over when it was opened."""

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns, in order, some at a time.

        There is at least one frame, an empty one where the table has no rows, and the index of
        each counts the rows of the whole table from 0. A frame with the geometry is a
        GeoDataFrame. A column of a text file comes as float64 from a batch in which it holds
        nothing but numbers and empty cells, and as objects from another, so that its dtype can
        change from batch to batch; columns in `text` always come as they are written. Lists
        in a cell come as JSON text.
        """

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""


def load(
    source: Source, names: Sequence[Hashable], text: Collection[Hashable] = ()
) -> pd.DataFrame:
    """All rows of these columns at once, for tables known to be small."""
    return pd.concat(list(source.batches(names, text)))


@contextmanager
def as_input_error(label: str, kind: str, *failures: type[Exception]) -> Iterator[None]:
    """Say in one sentence that a file could not be read, instead of how its library failed."""
    try:
        yield
    except InputError:
        raise
    except failures as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{label} cannot be read as {kind}: {reason}") from error
