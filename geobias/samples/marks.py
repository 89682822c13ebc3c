"""Marks that are averaged, and marks that are all equal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def shares_correct(marks: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Share of marks above 0 that each mean mark stands for.

    The mean of two levels tells how many of the averaged marks were the upper one. The mean of
    more levels does not: then the share is NaN.
    """
    if len(levels) > 2:
        return np.full(marks.shape, np.nan)
    return np.interp(marks, levels, [float(level > 0.0) for level in levels])


def are_constant(marks: FloatArray) -> BoolArray:
    """Whether all marks of a model are equal, per model."""
    return np.asarray((marks == marks[:, :1]).all(axis=1))
