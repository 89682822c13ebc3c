"""Rows that name their values, as in JSON: nested objects flattened, values as columns."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Record = dict[Hashable, Any]

_NUMBERS = {int, float, type(None)}


def unique(pairs: Sequence[tuple[Any, Any]]) -> Record:
    """An object of JSON, refused where it repeats a name, as one of the values would be lost."""
    record = dict(pairs)
    if len(record) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object holds {twice!r} twice")
    return record


def flat(record: Record) -> Record:
    """Nested objects, and beside each its values under names joined by dots.

    The object itself stays because some rows can hold text in its place.

    Examples
    --------
    >>> flat({"id": 7, "place": {"lat": 50.7}})
    {'id': 7, 'place': {'lat': 50.7}, 'place.lat': 50.7}
    """
    if dict not in map(type, record.values()):
        return record
    pairs: list[tuple[Hashable, Any]] = []
    for name, value in record.items():
        pairs.append((name, value))
        if type(value) is dict:
            pairs += ((f"{name}.{inner}", deep) for inner, deep in flat(value).items())
    return unique(pairs)


def column(values: Sequence[Any], *, as_written: bool) -> npt.NDArray[Any]:
    """Values as float64 or bool if they are nothing else, otherwise as objects, lists as JSON.

    Examples
    --------
    >>> column([1, None, 2.5], as_written=False)
    array([1. , nan, 2.5])
    >>> column([1, ["a", None]], as_written=False)
    array([1, '["a", null]'], dtype=object)
    """
    kinds = set(map(type, values))
    if kinds == {bool}:
        return np.array(values, dtype=np.bool_)
    if kinds <= _NUMBERS and not as_written:
        try:
            return np.array(values, dtype=np.float64)
        except OverflowError:
            # A whole number of more than 308 digits is left to whoever reads the column.
            return np.array([None if value is None else str(value) for value in values], object)
    cells = np.empty(len(values), dtype=object)
    cells[:] = [
        value
        if value is None or type(value) in (bool, int, float)
        else _printable(value if type(value) is str else json.dumps(value, ensure_ascii=False))
        for value in values
    ]
    return cells


def _printable(text: str) -> str:
    """Replace half characters, which JSON can escape and no file can hold."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
