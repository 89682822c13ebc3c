"""A column of any dtype as numbers, with missing and unreadable values told apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_MISSING_WORDS = {"", "na", "n/a", "nan", "<na>", "null", "none"}


def is_finite_number(value: object) -> bool:
    """Whether an argument is a real number, and not NaN or infinite."""
    return isinstance(value, Real) and math.isfinite(value)


def numbers(
    column: pd.Series, words: Mapping[str, float] | None = None
) -> tuple[FloatArray, BoolArray]:
    """Read a column as float64.

    Parameters
    ----------
    column : pandas.Series
        Numbers, booleans (as 1 and 0) or text, in any NumPy, nullable, Arrow or object dtype.
    words : mapping of str to float, optional
        Lower-case words that stand for numbers, such as ``{"true": 1.0}``.

    Returns
    -------
    values : float64 array
        NaN where the column is missing or unreadable.
    unreadable : bool array
        Where a value is neither a number nor missing.
    """
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "fiub":
        return column.to_numpy(dtype=np.float64), np.zeros(len(column), dtype=np.bool_)
    if _is_extension_of_numbers(dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return values, np.zeros(len(column), dtype=np.bool_)
    return _parsed(column, words or {})


def _is_extension_of_numbers(dtype: object) -> bool:
    """Whether pandas converts the dtype in one step; a categorical hides its values instead."""
    return (
        isinstance(dtype, pd.api.extensions.ExtensionDtype)
        and not isinstance(dtype, pd.CategoricalDtype)
        and (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype))
    )


def _parsed(column: pd.Series, words: Mapping[str, float]) -> tuple[FloatArray, BoolArray]:
    objects = column.to_numpy(dtype=object)
    missing = np.asarray(pd.isna(objects), dtype=np.bool_)
    values = np.full(len(objects), np.nan)
    unreadable = np.zeros(len(objects), dtype=np.bool_)
    for row in np.flatnonzero(~missing):
        number = _number(objects[row], words)
        if number is None:
            unreadable[row] = True
        else:
            values[row] = number
    return values, unreadable


def _number(value: object, words: Mapping[str, float]) -> float | None:
    """A single value as a number, NaN if it spells a missing one, None if it is not a number."""
    if isinstance(value, str):
        text = value.strip().casefold()
        if text in _MISSING_WORDS:
            return math.nan
        if text in words:
            return words[text]
        try:
            return float(text)
        except ValueError:
            return None
    if isinstance(value, (Real, Decimal, np.bool_)):
        return float(value)
    return None
