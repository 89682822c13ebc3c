"""A column of any dtype as numbers, with missing and unreadable values told apart."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from numbers import Real

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError
from geobias.growing import Growing
from geobias.wording import counted

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MOST_SHOWN = 5
MOST_DISTINCT = 10_000
"""Different values that are remembered for messages."""

_WHOLE = re.compile(r"^([+-]?[0-9]+)\.0+$")
"""A whole number in text, as programs write it that held it as a float."""

_MISSING_WORDS = {"", "na", "n/a", "nan", "<na>", "null", "none"}


def is_finite_number(value: object) -> bool:
    """Whether an argument is a real number, and not NaN or infinite."""
    try:
        return isinstance(value, Real) and math.isfinite(value)
    except OverflowError:
        return False


def is_listed(value: object) -> bool:
    """Whether an argument is several values in order, and not one text."""
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)


class Numbers:
    """A column of numbers that comes in batches; what is not a number is remembered for messages.

    Parameters
    ----------
    words : mapping of str to float, optional
        As for `numbers`.
    judged : bool
        Whether values are compared with decimal numbers, so that those of single precision have
        to count as the decimals they are written as: 0.9 and not 0.899999976.
    """

    def __init__(self, words: Mapping[str, float] | None = None, *, judged: bool = False) -> None:
        self.refused: Counter[str] = Counter()
        self._words = words
        self._judged = judged
        self._values = Growing(np.float64)
        self._unreadable = Growing(np.bool_)

    def take(self, column: pd.Series) -> FloatArray:
        """Read the next batch, and return its values."""
        values, unreadable = numbers(column, self._words)
        if self._judged and _is_short(column.dtype):
            values = values.astype(np.float32).astype(str).astype(np.float64)
        if unreadable.any():
            remember(self.refused, map(repr, column[unreadable].tolist()))
        self._values.append(values)
        self._unreadable.append(unreadable)
        return values

    def handed_over(self) -> tuple[FloatArray, BoolArray]:
        """All batches, which are the caller's from now on: nothing is left here.

        Returns
        -------
        values : float64 array
            NaN where the column is missing or unreadable.
        unreadable : bool array
            Where a value is neither a number nor missing.
        """
        return self._values.handed_over(), self._unreadable.handed_over()


def _is_short(dtype: object) -> bool:
    """Whether a dtype holds fewer digits than float64."""
    kind = getattr(dtype, "numpy_dtype", dtype)
    return isinstance(kind, np.dtype) and kind.kind == "f" and kind.itemsize < 8


def remember(counts: Counter[str], texts: Iterable[str]) -> None:
    """Count texts, but not more than ten thousand different ones."""
    for text in texts:
        if text in counts or len(counts) < MOST_DISTINCT:
            counts[text] += 1


def shown(counts: Mapping[str, int]) -> str:
    """``0.5 (2 times), 0.7 (once)``: the most frequent values.

    >>> shown({"0.5": 2, "0.7": 1})
    '0.5 (2 times), 0.7 (once)'
    """
    frequent = Counter(counts).most_common(MOST_SHOWN)
    texts = ", ".join(
        f"{text} ({'once' if count == 1 else f'{count:,} times'})" for text, count in frequent
    )
    hidden = len(counts) - MOST_SHOWN
    return f"{texts} and {counted(hidden, 'other value')}" if hidden > 0 else texts


def frequencies(values: FloatArray) -> Counter[str]:
    """How often each number comes up, NaN left out."""
    numbers, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    found: Counter[str] = Counter()
    for number, count in zip(numbers, counts, strict=True):
        found[f"{number:.6g}"] += int(count)
    return found


def spelled(column: pd.Series) -> npt.NDArray[np.object_]:
    """A column as text without surrounding blanks; whole numbers alike, however they are stored.

    Raises
    ------
    InputError
        If it holds lists or other collections.

    >>> spelled(pd.Series(["cat ", None, 3, 3.0, "3.0", "03", True])).tolist()
    ['cat', None, '3', '3', '3', '03', 'True']
    """
    values = column.to_numpy(dtype=object)
    # Equal values of different types, such as True and 1, are not spelled alike.
    cache: dict[tuple[type, object], str | None] = {}
    texts = np.empty(len(values), dtype=object)
    try:
        for row, value in enumerate(values):
            key = type(value), value
            if key not in cache:
                cache[key] = None if is_empty(value) else spelling(value)
            texts[row] = cache[key]
    except TypeError as error:
        raise InputError(
            f"Column {str(column.name)!r} holds collections, such as {str(values[row])[:60]!r}, "
            "where names are needed: give every row one name."
        ) from error
    return texts


def is_empty(value: object) -> bool:
    """Whether a single value is missing."""
    return value is None or value is pd.NaT or value is pd.NA or value != value


def spelling(value: object) -> str | None:
    """A value as text, None if it is blank; words such as NA, Namibia's code, are text."""
    number = isinstance(value, float | np.floating | Decimal)
    whole = number and math.isfinite(value) and value == int(value)  # type: ignore[arg-type,call-overload]
    text = str(int(value) if whole else value).strip()  # type: ignore[call-overload]
    return _WHOLE.sub(r"\1", text) or None


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
            # Python reads 1_0 as 10.
            return None if "_" in text else float(text)
        except ValueError:
            return None
    if isinstance(value, (Real, Decimal, np.bool_)):
        try:
            return float(value)
        except OverflowError:
            return None
    return None
