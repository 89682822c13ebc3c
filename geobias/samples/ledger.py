"""What became of the rows that were read: kept, or dropped for a stated reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from geobias.wording import counted, first_rows, in_rows

BoolArray = npt.NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Drop:
    """Rows left out for one reason.

    Parameters
    ----------
    reason : str
        Why, with the columns it was seen in.
    count : int
        How many rows.
    first_rows : tuple of int
        The first few of them, as row numbers of the input counted from 0.
    """

    reason: str
    count: int
    first_rows: tuple[int, ...]

    def __str__(self) -> str:
        rows = in_rows(self.first_rows, self.count)
        return f"{counted(self.count, 'row')} dropped, {self.reason}: {rows}"


@dataclass(frozen=True)
class Ledger:
    """Rows read, rows kept, and every drop between the two.

    Parameters
    ----------
    read : int
        Rows of the input.
    kept : int
        Rows that became samples.
    drops : tuple of Drop
        One entry per reason; a row with several counts for the first, so that
        ``read == kept + sum(drop.count for drop in drops)``.

    Examples
    --------
    >>> ledger = Ledger(read=10, kept=9, drops=(Drop("no coordinates", 1, (4,)),))
    >>> ledger.dropped
    1
    >>> print(ledger.drops[0])
    1 row dropped, no coordinates: row 4 (counted from 0)
    """

    read: int
    kept: int
    drops: tuple[Drop, ...]

    @property
    def dropped(self) -> int:
        """Rows that did not become samples."""
        return self.read - self.kept

    def record(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {
            "read": self.read,
            "kept": self.kept,
            "dropped": [{"reason": drop.reason, "count": drop.count} for drop in self.drops],
        }


def sift(read: int, reasons: Iterable[tuple[str, BoolArray]]) -> tuple[BoolArray, Ledger]:
    """Keep the rows that no reason drops.

    Parameters
    ----------
    read : int
        Rows of the input.
    reasons : iterable of (str, bool array)
        Each reason with the rows it holds for, in the order in which they are charged.

    Returns
    -------
    keep : bool array
        Rows that no reason holds for.
    ledger : Ledger
    """
    keep = np.ones(read, dtype=np.bool_)
    drops = []
    for reason, holds in reasons:
        charged = keep & holds
        if charged.any():
            drops.append(Drop(reason, int(charged.sum()), first_rows(charged)))
            keep &= ~holds
    return keep, Ledger(read, int(keep.sum()), tuple(drops))


def taken(values: npt.NDArray[Scalar], keep: BoolArray) -> npt.NDArray[Scalar]:
    """The values of kept rows, along the last axis; no copy where all are kept."""
    return values if keep.all() else values[..., keep]
