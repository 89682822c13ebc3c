"""Correctness, in any of the accepted codings, as marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError
from geobias.values import is_finite_number, numbers
from geobias.wording import counted, where

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

TWO_LEVELS = (-1.0, 1.0)
"""Wrong and correct: the marks of every coding but declared levels."""

MOST_VALUES = 5
_TRUTH = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True)
class Coding:
    """How correctness columns are read.

    Parameters
    ----------
    threshold : float or None
        Scores from here upwards are correct; None reads True/False, 0/1 or -1/1.
    levels : tuple of float
        Ascending marks a sample can carry.
    declared : bool
        Whether the values are these levels already.

    Examples
    --------
    >>> Coding.of(threshold=None, levels=None).marks(pd.Series([0, 1, 1]), "hit")
    array([-1.,  1.,  1.])
    >>> Coding.of(threshold=0.5, levels=None).marks(pd.Series([0.2, None, 0.5]), "score")
    array([-1., nan,  1.])
    """

    threshold: float | None
    levels: tuple[float, ...]
    declared: bool

    @classmethod
    def of(cls, threshold: float | None, levels: Sequence[float] | None) -> Coding:
        """The coding that the keywords ask for, or an error if they contradict each other."""
        if threshold is not None and levels is not None:
            raise InputError("Pass threshold= for a score or levels= for binned marks, not both.")
        if threshold is not None and not is_finite_number(threshold):
            raise InputError(f"threshold= must be a finite number, not {threshold!r}.")
        if levels is None:
            return cls(threshold, TWO_LEVELS, declared=False)
        return cls(None, _ordered(levels), declared=True)

    def marks(self, column: pd.Series, model: str) -> FloatArray:
        """Marks of one model, NaN where its correctness is missing.

        Raises
        ------
        InputError
            If the column holds other values than the coding allows.
        """
        values, unreadable = numbers(column, _TRUTH)
        known = ~(np.isnan(values) | unreadable)
        if self.threshold is not None:
            _refuse_unreadable(column, model, unreadable)
            return _signs(values >= self.threshold, known)
        if self.declared:
            refused = unreadable | (known & ~np.isin(values, self.levels))
            if refused.any():
                raise InputError(
                    f"Column {model!r} holds values that are not among levels="
                    f"{self.levels}: {_found(column[refused])}, {where(refused)}."
                )
            return values
        _refuse_uncoded(column, model, values, known, unreadable)
        return _signs(values > 0, known)


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


def is_coded(column: pd.Series) -> bool:
    """Whether a column holds nothing but True/False, 0/1 or -1/1, and at least one of them."""
    values, unreadable = numbers(column, _TRUTH)
    known = values[~np.isnan(values)]
    return bool(len(known)) and not unreadable.any() and _is_two_valued(known)


def _ordered(levels: Sequence[float]) -> tuple[float, ...]:
    try:
        ordered = tuple(sorted(float(level) for level in levels))
    except (TypeError, ValueError):
        ordered = ()
    if 0.0 in ordered:
        raise InputError(
            "levels= holds 0, which is the mark of empty land: give every level another value, "
            "and a wrong answer -1."
        )
    if len(set(ordered)) < max(len(ordered), 2) or not all(map(is_finite_number, ordered)):
        raise InputError(f"levels= must be at least two different finite numbers, not {levels!r}.")
    return ordered


def _signs(correct: BoolArray, known: BoolArray) -> FloatArray:
    return np.where(known, np.where(correct, 1.0, -1.0), np.nan)


def _is_two_valued(values: FloatArray) -> bool:
    zero, one, minus_one = values == 0, values == 1, values == -1
    return bool((zero | one).all() or (minus_one | one).all())


def _refuse_uncoded(
    column: pd.Series, model: str, values: FloatArray, known: BoolArray, unreadable: BoolArray
) -> None:
    if not unreadable.any() and _is_two_valued(values[known]):
        return
    coded = known & np.isin(values, (-1.0, 0.0, 1.0))
    refused = unreadable | (known & ~coded)
    if not refused.any():
        raise InputError(
            f"Column {model!r} mixes -1, 0 and 1: wrong must not be coded both 0 and -1. It holds "
            f"{_found(column[coded])}. Code wrong as 0 or as -1; leave unknown rows empty."
        )
    raise InputError(
        f"Column {model!r} is not coded as True/False, 0/1 or -1/1: it holds "
        f"{_found(column[known | unreadable])}. For a score pass threshold=, the least value that "
        "is correct; for binned marks pass levels=."
    )


def _refuse_unreadable(column: pd.Series, model: str, unreadable: BoolArray) -> None:
    if unreadable.any():
        raise InputError(
            f"Column {model!r} holds {counted(int(unreadable.sum()), 'value')} that no threshold "
            f"can be compared with: {_found(column[unreadable])}, {where(unreadable)}."
        )


def _found(column: pd.Series) -> str:
    """``0.5 (2 times), 0.7 (once)``: the most frequent values."""
    counts = Counter(repr(value) for value in column.tolist())
    shown = ", ".join(
        f"{value} ({'once' if count == 1 else f'{count:,} times'})"
        for value, count in counts.most_common(MOST_VALUES)
    )
    hidden = len(counts) - MOST_VALUES
    return f"{shown} and {counted(hidden, 'other value')}" if hidden > 0 else shown
