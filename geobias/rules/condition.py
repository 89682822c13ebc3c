"""Errors of numbers: within a tolerance, or in bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geobias.errors import InputError
from geobias.rules.coded import ordered
from geobias.rules.formula import Condition, Formula, read_condition, read_formula
from geobias.rules.rule import FloatArray, Judged, Rule, signs
from geobias.values import Numbers, is_finite_number, is_listed, shown
from geobias.wording import counted, where


@dataclass(frozen=True)
class Within(Rule):
    """A prediction is correct where a comparison holds; made by `error`."""

    condition: Condition

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads."""
        right = self.condition.right
        others = right.columns if isinstance(right, Formula) else ()
        return tuple(dict.fromkeys((*self.condition.left.columns, *others)))

    def reading(self) -> _WithinReading:
        """Begin to read a table."""
        return _WithinReading(self)


@dataclass(frozen=True)
class Binned(Rule):
    """A prediction gets the mark of the bin that its error falls in; made by `error`."""

    formula: Formula
    bounds: tuple[float, ...]
    marks: tuple[float, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads."""
        return self.formula.columns

    @property
    def levels(self) -> tuple[float, ...]:
        """Ascending marks that a sample can carry."""
        return tuple(sorted(self.marks))

    def reading(self) -> _BinnedReading:
        """Begin to read a table."""
        return _BinnedReading(self)


def error(
    formula: str, *, bins: Sequence[float] | None = None, marks: Sequence[float] | None = None
) -> Within | Binned:
    """Correct is a prediction whose error is small enough, or marks tell errors in bins.

    Parameters
    ----------
    formula : str
        What holds for a correct prediction: ``abs(pred - true) <= 0.5`` (absolute),
        ``abs(pred - true) <= 0.1 * abs(true)`` (relative), ``abs(pred - true) <= quantile(0.75)``
        (no larger than the three smallest quarters of the errors). With `bins`, the error alone.
        Names that are no plain words stand in backquotes.
    bins : sequence of float, optional
        Ascending bounds, each within its bin: ``[0.1, 0.5]`` makes bins up to 0.1, up to 0.5
        and beyond.
    marks : sequence of float, optional
        Mark of each bin, one more than bounds, none of them 0; above 0 is correct. By default
        the first bin is 1 and correct, the others are wrong by even steps down to -1.

    Returns
    -------
    Within or Binned
        To be passed as ``correct=``.

    Examples
    --------
    >>> import geobias
    >>> table = pd.DataFrame(
    ...     {"lat": [48.1, 59.9], "lon": [11.6, 10.8], "pred": [2.0, 3.0], "true": [2.2, 9.0]}
    ... )
    >>> small = error("abs(pred - true) <= 0.5")
    >>> geobias.Samples.from_table(table, correct=small).marks
    array([[ 1., -1.]])
    >>> error("abs(pred - true)", bins=[0.1, 0.5]).marks
    (1.0, -0.5, -1.0)
    """
    if bins is None:
        if marks is not None:
            raise InputError("marks= goes with bins=: give the bounds of the bins.")
        return Within(read_condition(formula))
    if not is_listed(bins):
        raise InputError(f"bins= takes several bounds, as in [0.1, 0.5], not {bins!r}.")
    bounds = tuple(bins)
    ascending = all(map(is_finite_number, bounds)) and list(bounds) == sorted(set(bounds))
    if not bounds or not ascending:
        raise InputError(f"bins= must be ascending finite numbers, not {list(bounds)!r}.")
    if marks is None:
        marks = [1.0, *(-step / len(bounds) for step in range(1, len(bounds) + 1))]
    elif not is_listed(marks) or len(marks) != len(bounds) + 1:
        raise InputError(
            f"{counted(len(bounds), 'bound')} make {len(bounds) + 1} bins: marks= has to give each "
            f"its mark, not {marks!r}."
        )
    ordered(marks, "marks=")
    return Binned(read_formula(formula), bounds, tuple(map(float, marks)))


class _Values:
    """The columns of formulas, batch by batch."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = {name: Numbers(judged=True) for name in columns}

    def take(self, frame: pd.DataFrame) -> dict[str, FloatArray]:
        return {name: column.take(frame[name]) for name, column in self._columns.items()}

    def refuse_unreadable(self) -> None:
        for name, column in self._columns.items():
            _, unreadable = column.handed_over()
            if unreadable.any():
                raise InputError(
                    f"Column {name!r} holds {counted(int(unreadable.sum()), 'value')} other than "
                    f"numbers: {shown(column.refused)}, {where(unreadable)}."
                )


def _unknown(text: str) -> tuple[str]:
    return (f"not computable: {text}",)


def _evaluated(formula: Formula, values: dict[str, FloatArray], rows: int) -> FloatArray:
    """The value of a formula in every row; NaN where it has no finite one."""
    with np.errstate(all="ignore"):
        result = np.broadcast_to(formula.evaluate(values), (rows,))
    return np.where(np.isfinite(result), result, np.nan)


class _WithinReading:
    def __init__(self, rule: Within) -> None:
        self._condition = rule.condition
        self._values = _Values(rule.columns)
        self._left: list[FloatArray] = []
        self._right: list[FloatArray] = []

    def take(self, frame: pd.DataFrame, lat: FloatArray, lon: FloatArray) -> None:
        values = self._values.take(frame)
        self._left.append(_evaluated(self._condition.left, values, len(frame)))
        if isinstance(self._condition.right, Formula):
            self._right.append(_evaluated(self._condition.right, values, len(frame)))

    def judged(self) -> Judged:
        self._values.refuse_unreadable()
        left, condition = np.concatenate(self._left), self._condition
        known = ~np.isnan(left)
        notes = []
        if isinstance(condition.right, Formula):
            right = np.concatenate(self._right)
            known &= ~np.isnan(right)
        else:
            if not known.any():
                raise InputError(f"{condition.left.text} has no value in any row.")
            quantile = float(np.quantile(left[known], condition.right))
            right = np.full(len(left), quantile)
            notes.append(
                f"The quantile {condition.right:g} of {condition.left.text} is {quantile:.6g}, "
                f"over {counted(int(known.sum()), 'row')}."
            )
        marks = signs(condition.holds(left, right), known)
        return Judged((condition.text,), marks[None], _unknown(condition.text), tuple(notes))


class _BinnedReading:
    def __init__(self, rule: Binned) -> None:
        self._rule = rule
        self._values = _Values(rule.columns)
        self._errors: list[FloatArray] = []

    def take(self, frame: pd.DataFrame, lat: FloatArray, lon: FloatArray) -> None:
        values = self._values.take(frame)
        self._errors.append(_evaluated(self._rule.formula, values, len(frame)))

    def judged(self) -> Judged:
        self._values.refuse_unreadable()
        errors, rule = np.concatenate(self._errors), self._rule
        bins = np.searchsorted(rule.bounds, errors, side="left")
        marks = np.where(np.isnan(errors), np.nan, np.array(rule.marks)[bins])
        bounds = ", ".join(f"{bound:g}" for bound in rule.bounds)
        meanings = ", ".join(f"{mark:g}" for mark in rule.marks)
        note = f"{rule.formula.text} in bins up to {bounds} and beyond has marks {meanings}."
        return Judged((rule.formula.text,), marks[None], _unknown(rule.formula.text), (note,))
