"""Labels: correct is what equals the truth."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError
from geobias.wording import counted, where

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
ObjectArray = npt.NDArray[np.object_]

_KINDS: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "bytes": bytes,
    "numbers": (Number, np.bool_),
}
"""Kinds of labels of which one never equals another."""


def agreement(y_true: pd.Series, y_pred: pd.Series) -> FloatArray:
    """Whether each predicted label equals the true one.

    Parameters
    ----------
    y_true, y_pred : pandas.Series
        Text, whole numbers, booleans or other scalars, in any dtype.

    Returns
    -------
    float64 array
        1 where they are equal, 0 where not, NaN where either is missing.

    Raises
    ------
    InputError
        If a value is no label, or true and predicted ones are of kinds that are never equal.

    Examples
    --------
    >>> agreement(pd.Series(["cat", "dog", None]), pd.Series(["cat", "cat", "dog"]))
    array([ 1.,  0., nan])
    """
    truth, no_truth = _labels(y_true, "y_true")
    answer, no_answer = _labels(y_pred, "y_pred")
    known = ~(no_truth | no_answer)
    truth, answer = truth[known], answer[known]
    _refuse_strangers(truth, answer)
    agreed = np.full(known.size, np.nan)
    agreed[known] = truth == answer
    return agreed


def _labels(column: pd.Series, name: str) -> tuple[ObjectArray, BoolArray]:
    """Labels as Python objects, and which of them are missing."""
    labels = column.to_numpy(dtype=object)
    missing = np.asarray(pd.isna(labels), dtype=np.bool_)
    _refuse(~missing & ~_each(labels, pd.api.types.is_scalar), labels, name, "no single labels")
    _refuse(
        ~missing & _each(labels, _is_fraction),
        labels,
        name,
        "numbers that are not whole, which are scores rather than labels",
    )
    return labels, missing


def _each(labels: ObjectArray, holds: Any) -> BoolArray:
    return np.fromiter(map(holds, labels), dtype=np.bool_, count=labels.size)


def _is_fraction(label: object) -> bool:
    return isinstance(label, float | np.floating) and not float(label).is_integer()


def _refuse(refused: BoolArray, labels: ObjectArray, name: str, what: str) -> None:
    if refused.any():
        raise InputError(
            f"{name} holds {counted(int(refused.sum()), 'value')}, {where(refused)}, that are "
            f"{what}, the first {labels[int(np.argmax(refused))]!r}. A prediction is correct if "
            "it equals the truth: pass labels."
        )


def _refuse_strangers(truth: ObjectArray, answer: ObjectArray) -> None:
    """Refuse text against numbers, and the like, which would count as all wrong."""
    kinds, others = _kinds(truth), _kinds(answer)
    if truth.size and kinds | others <= set(_KINDS) and not kinds & others:
        raise InputError(
            f"y_true holds {' and '.join(sorted(kinds))}, such as {truth[0]!r}, and y_pred "
            f"{' and '.join(sorted(others))}, such as {answer[0]!r}: they are never equal. Pass "
            "labels of one kind."
        )


def _kinds(labels: ObjectArray) -> set[str]:
    """Names of the kinds; of other types, their own."""
    types = set(map(type, labels))
    return {
        next((kind for kind, known in _KINDS.items() if issubclass(each, known)), each.__name__)
        for each in types
    }
