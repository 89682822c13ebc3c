"""Correctness that the table already holds, in any of the accepted codings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geobias.errors import InputError
from geobias.rules.rule import TWO_LEVELS, FloatArray, Judged, Rule, signs
from geobias.values import BoolArray, Numbers, frequencies, is_finite_number, numbers, shown
from geobias.wording import counted, where

TRUTH = {"true": 1.0, "false": 0.0}
"""Words for right and wrong."""


@dataclass(frozen=True)
class Coding:
    """How correctness columns are coded.

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
    >>> Coding.of(threshold=0.5, levels=None)
    Coding(threshold=0.5, levels=(-1.0, 1.0), declared=False)
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
        return cls(None, ordered(levels), declared=True)

    def marks(self, model: str, column: Numbers) -> FloatArray:
        """Marks of one model, NaN where its correctness is missing; nothing is left of the column.

        Raises
        ------
        InputError
            If the column holds other values than the coding allows.
        """
        values, unreadable = column.handed_over()
        known = ~(np.isnan(values) | unreadable)
        if self.threshold is not None:
            if unreadable.any():
                raise InputError(
                    f"Column {model!r} holds {counted(int(unreadable.sum()), 'value')} that no "
                    f"threshold can be compared with: {shown(column.refused)}, "
                    f"{where(unreadable)}."
                )
            return signs(values >= self.threshold, known)
        if self.declared:
            strange = known & ~np.isin(values, self.levels)
            if (unreadable | strange).any():
                raise InputError(
                    f"Column {model!r} holds values that are not among levels={self.levels}: "
                    f"{shown(column.refused + frequencies(values[strange]))}, "
                    f"{where(unreadable | strange)}."
                )
            return values
        if unreadable.any() or not _is_two_valued(values):
            raise InputError(_uncoded(model, values[known], column.refused))
        return signs(values > 0, known)


@dataclass(frozen=True)
class Coded(Rule):
    """Correctness columns, one per model.

    Parameters
    ----------
    models : tuple of Hashable
        Names of the columns.
    coding : Coding
        What their values mean.
    """

    models: tuple[Hashable, ...]
    coding: Coding

    @property
    def columns(self) -> tuple[Hashable, ...]:
        """Names of the columns it reads."""
        return self.models

    @property
    def levels(self) -> tuple[float, ...]:
        """Ascending marks that a sample can carry."""
        return self.coding.levels

    def reading(self) -> _CodedReading:
        """Begin to read a table."""
        return _CodedReading(self)


class _CodedReading:
    def __init__(self, rule: Coded) -> None:
        self._rule = rule
        self._read = [Numbers(TRUTH, judged=True) for _ in rule.columns]
        self._rows = 0

    def take(self, frame: pd.DataFrame, lat: FloatArray, lon: FloatArray) -> None:
        for name, column in zip(self._rule.columns, self._read, strict=True):
            column.take(frame[name])
        self._rows += len(frame)

    def judged(self) -> Judged:
        models = tuple(map(str, self._rule.columns))
        marks = np.empty((len(models), self._rows))
        for own, model, column in zip(marks, models, self._read, strict=True):
            own[:] = self._rule.coding.marks(model, column)
        missing = tuple(f"no correctness in column {model!r}" for model in models)
        return Judged(models, marks, missing)


def is_coded(column: pd.Series) -> bool:
    """Whether a column holds nothing but True/False, 0/1 or -1/1, and at least one of them."""
    values, unreadable = numbers(column, TRUTH)
    known = ~np.isnan(values)
    return bool(known.any()) and not unreadable.any() and _is_two_valued(values)


def ordered(levels: Sequence[float], keyword: str = "levels=") -> tuple[float, ...]:
    """Levels of marks in ascending order, or an error if they are none."""
    try:
        ascending = tuple(sorted(float(level) for level in levels))
    except (TypeError, ValueError):
        ascending = ()
    if 0.0 in ascending:
        raise InputError(
            f"{keyword} holds 0, which is the mark of empty land: give every level another value, "
            "and a wrong answer -1."
        )
    several = len(set(ascending)) == len(ascending) >= len(TWO_LEVELS)
    if not several or not all(map(is_finite_number, ascending)):
        raise InputError(
            f"{keyword} must be at least two different finite numbers, not {levels!r}."
        )
    return ascending


def _is_two_valued(values: FloatArray) -> bool:
    """Whether all values but NaN are 0 and 1, or -1 and 1."""
    others = values[~(np.isnan(values) | (values == 1))]
    return bool((others == 0).all() or (others == -1).all())


def _uncoded(model: str, values: FloatArray, refused: Counter[str]) -> str:
    coded: BoolArray = np.isin(values, (-1.0, 0.0, 1.0))
    if coded.all() and not refused:
        return (
            f"Column {model!r} mixes -1, 0 and 1: wrong must not be coded both 0 and -1. It holds "
            f"{shown(frequencies(values))}. Code wrong as 0 or as -1; leave unknown rows empty."
        )
    return (
        f"Column {model!r} is not coded as True/False, 0/1 or -1/1: it holds "
        f"{shown(refused + frequencies(values))}. For a score pass threshold=, the least value "
        "that is correct; for binned marks pass levels=; for a prediction beside a label see "
        "geobias.rules (--prediction and --label, or --error)."
    )
