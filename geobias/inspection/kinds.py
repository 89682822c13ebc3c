"""What the values of a column look like."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geobias.rules import is_coded
from geobias.rules.ranking import is_ranking
from geobias.values import FloatArray, numbers

LONG_TEXT = 30
"""Mean length from which on text is prose and no label."""

EMPTY = "empty"
CODED = "right or wrong"
LISTS = "lists"
SHARES = "numbers from 0 to 1"
WHOLE = "whole numbers"
NUMBERS = "numbers"
LABELS = "labels"
PROSE = "prose"


def kind_of(column: pd.Series) -> str:
    """Name what the values of a column have in common.

    >>> kind_of(pd.Series([0, 1, 1])), kind_of(pd.Series([0.2, 1])), kind_of(pd.Series(["dam"]))
    ('right or wrong', 'numbers from 0 to 1', 'labels')
    """
    known = column[~is_missing(column)]
    if not len(known):
        return EMPTY
    if any(is_ranking(value) for value in known.to_numpy(dtype=object)):
        return LISTS
    values, unreadable = numbers(known)
    # Words such as NA spell a missing number.
    told = unreadable | ~np.isnan(values)
    known, values, unreadable = known[told], values[told], unreadable[told]
    if not len(known):
        return EMPTY
    if not unreadable.any():
        return _kind_of_numbers(known, values)
    if is_coded(known):
        return CODED
    texts = known.astype(str)
    prose = texts.str.len().mean() > LONG_TEXT and texts.str.contains(r"\s").mean() > 0.5
    return PROSE if prose else LABELS


def coding_of(column: pd.Series) -> str:
    """How a column of right and wrong is coded.

    >>> coding_of(pd.Series([0, 1, None])), coding_of(pd.Series([-1, 1]))
    ('0/1', '-1/1')
    """
    known = column[~is_missing(column)]
    if known.map(lambda value: isinstance(value, bool | np.bool_ | str)).all():
        words = known.astype(str).str.strip().str.casefold()
        if words.isin(["true", "false"]).all():
            return "True/False"
    values, _ = numbers(known)
    return "-1/1" if (values == -1.0).any() else "0/1"


def is_missing(column: pd.Series) -> pd.Series:
    """Where a column holds nothing, or empty text."""
    values = column.to_numpy(dtype=object)
    blank = [isinstance(value, str) and not value.strip() for value in values]
    return pd.Series(np.asarray(column.isna()) | np.array(blank, dtype=bool), index=column.index)


def _kind_of_numbers(known: pd.Series, values: FloatArray) -> str:
    # A rank or a count can be 1 throughout the first rows.
    if is_coded(known) and (values != values[0]).any():
        return CODED
    if values.min() >= 0.0 and values.max() <= 1.0:
        return SHARES
    return WHOLE if (values == np.round(values)).all() else NUMBERS
