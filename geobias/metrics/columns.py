"""Arguments of a metric, in whatever they come, as columns of one table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from geobias.errors import InputError
from geobias.wording import counted


def side_by_side(**arguments: ArrayLike) -> pd.DataFrame:
    """Put arguments of equal length beside each other, by position.

    Parameters
    ----------
    **arguments : array-like
        Lists, tuples, NumPy arrays, pandas objects or what NumPy takes for an array. The index
        of a Series does not matter.

    Returns
    -------
    pandas.DataFrame
        A column for each argument. The word "nan" in a NumPy array of text is NaN.

    Raises
    ------
    InputError
        If one is not a column of values, or they differ in length.

    Examples
    --------
    >>> side_by_side(lat=[48.1, 59.9], lon=(11.6, 10.8))
        lat   lon
    0  48.1  11.6
    1  59.9  10.8
    """
    columns = {name: _column(name, values) for name, values in arguments.items()}
    if len({len(column) for column in columns.values()}) > 1:
        lengths = [f"{name} has {len(column):,}" for name, column in columns.items()]
        raise InputError(f"{', '.join(lengths)} values. Give one of each for every sample.")
    table = pd.DataFrame(columns)
    if table.empty:
        raise InputError(f"{', '.join(columns)} hold no values. A score needs samples.")
    return table


def _column(name: str, values: ArrayLike) -> pd.Series:
    if isinstance(values, list | tuple):
        # Not through an array, in which [1, "a"] would become text and ["a", nan] lose the NaN.
        return pd.Series(list(values), dtype=object)
    if isinstance(values, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        return pd.Series(values).reset_index(drop=True)
    array = values if isinstance(values, np.ndarray) else np.asarray(values)
    if array.ndim != 1:
        shape = f" with {counted(array.ndim, 'dimension')}" if array.ndim else ""
        raise InputError(
            f"{name} is a {type(values).__name__}{shape}. Give a list, an array or a Series with "
            "one value for every sample."
        )
    if array.dtype.kind == "U":
        # NumPy's text has no missing value: NaN became a word, also on the way through fairlearn.
        return pd.Series(np.where(array == "nan", np.nan, array.astype(object)), dtype=object)
    return pd.Series(array)
