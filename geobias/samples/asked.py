"""Which rows were answered at all, judged or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Asked:
    """Every row with coordinates, and whether it was answered.

    A row that was not answered often has no correctness, and becomes no sample. An answer rate
    that is taken over samples would then be too high.

    Parameters
    ----------
    lat, lon : float64 array
        Normalised degrees.
    groups : int64 array or None
        Group of each row, -1 where there is none; numbered as those of the samples.
    answered : bool array
        Which rows were answered.
    """

    lat: FloatArray
    lon: FloatArray
    groups: IntArray | None
    answered: BoolArray

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.lat)

    def counts(self, group: IntArray, groups: int) -> tuple[IntArray, IntArray]:
        """Return how many rows each group has, and how many of them were answered.

        Parameters
        ----------
        group : int64 array
            Group of each row, -1 where there is none.
        groups : int
            How many groups there are.

        Examples
        --------
        >>> asked = Asked(np.zeros(3), np.zeros(3), None, np.array([True, False, True]))
        >>> asked.counts(np.array([0, 0, -1]), 2)
        (array([2, 0]), array([1, 0]))
        """
        held = group >= 0
        return (
            np.bincount(group[held], minlength=groups),
            np.bincount(group[held & self.answered], minlength=groups),
        )
