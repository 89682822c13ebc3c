"""Arrays that grow batch by batch, without a second copy at the end."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)

_ROOM = 8
"""A full array grows by at least an eighth, so that it is seldom moved."""


class Growing(Generic[Scalar]):
    """A column of numbers that comes in batches, held in one array.

    Parameters
    ----------
    dtype : type
        Of the array.

    Examples
    --------
    >>> column = Growing(np.int64)
    >>> column.append(np.array([1, 2]))
    >>> column.append(np.array([3]))
    >>> column.handed_over(), column.handed_over()
    (array([1, 2, 3]), array([], dtype=int64))
    """

    def __init__(self, dtype: type[Scalar]) -> None:
        self._values = np.empty(0, dtype=dtype)
        self._count = 0

    def append(self, batch: npt.NDArray[Scalar]) -> None:
        """Copy a batch behind the others."""
        end = self._count + len(batch)
        if end > len(self._values):
            self._resize(max(end, len(self._values) + len(self._values) // _ROOM))
        self._values[self._count : end] = batch
        self._count = end

    def handed_over(self) -> npt.NDArray[Scalar]:
        """All batches in one array, which is the caller's from now on: nothing is left here."""
        self._resize(self._count)
        values, self._values = self._values, self._values[:0].copy()
        self._count = 0
        return values

    def _resize(self, rows: int) -> None:
        # Large arrays are moved by their pages, not copied; no other array shares this one.
        self._values.resize(rows, refcheck=False)
