"""Kinds of values, and whether a column holds one kind throughout the parts of a table.

Numbers and booleans go together as 1 and 0 where a column is read as numbers. Where it holds names,
such as classes, 7 and "007" or 1 and True would silently be different names.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geobias.errors import InputError
from geobias.readers.source import Part

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBERS = "numbers"
_TRUTH = "True and False"
_TEXT = "text"

_INFERRED = {
    "integer": _NUMBERS,
    "floating": _NUMBERS,
    "mixed-integer-float": _NUMBERS,
    "decimal": _NUMBERS,
    "boolean": _TRUTH,
    "string": _TEXT,
    "bytes": "bytes",
    "date": "dates",
    "datetime": "times",
    "datetime64": "times",
}
"""Kinds by the words of pandas; values of any other are not told apart."""


class _Kind(NamedTuple):
    kind: str
    stored: str
    part: int
    label: str


class Kinds:
    """What each column held where it was first seen.

    Parameters
    ----------
    as_written : collection of Hashable
        Columns of names, which may look like numbers.
    """

    def __init__(self, as_written: Collection[Hashable]) -> None:
        self._as_written = as_written
        self._first: dict[Hashable, _Kind] = {}

    def check_schema(
        self, number: int, label: str, schema: pa.Schema, names: Iterable[Hashable]
    ) -> None:
        """Refuse a part of which a column is stored as another kind than in parts before.

        Raises
        ------
        InputError
            With both parts and both types.
        """
        for name in names:
            stored = schema.field(name).type
            kind = kind_of_type(stored)
            if kind is not None:
                self._check(name, _Kind(kind, f" ({stored})", number, label))

    def check_values(self, part: Part) -> None:
        """Refuse a part of which a column of names holds another kind than in parts before.

        Raises
        ------
        InputError
            With both parts and both kinds.
        """
        for name in self._as_written:
            kind = kind_of_values(part.rows[name])
            if kind is not None:
                self._check(name, _Kind(kind, "", part.number, part.label))

    def _check(self, name: Hashable, found: _Kind) -> None:
        first = self._first.setdefault(name, found)
        # Rows of one part may mix kinds, in the file as in memory.
        same = found.part == first.part or found.kind == first.kind
        if same or self._are_numbers(name, found.kind, first.kind):
            return
        raise InputError(
            f"Column {str(name)!r} holds {first.kind}{first.stored} in {first.label}, but "
            f"{found.kind}{found.stored} in {found.label}: give it one type throughout."
        )

    def _are_numbers(self, name: Hashable, *kinds: str) -> bool:
        return name not in self._as_written and set(kinds) == {_NUMBERS, _TRUTH}


def kind_of_type(stored: pa.DataType) -> str | None:
    """The kind of a type of Arrow; None for that of columns without a value.

    >>> import pyarrow as pa
    >>> kind_of_type(pa.decimal128(5, 2)), kind_of_type(pa.dictionary(pa.int8(), pa.string()))
    ('numbers', 'text')
    """
    import pyarrow as pa
    from pyarrow import types

    if isinstance(stored, pa.BaseExtensionType):
        return kind_of_type(stored.storage_type)
    if types.is_dictionary(stored):
        return kind_of_type(stored.value_type)
    if types.is_null(stored):
        return None
    if types.is_boolean(stored):
        return _TRUTH
    if types.is_integer(stored) or types.is_floating(stored) or types.is_decimal(stored):
        return _NUMBERS
    texts = (types.is_string, types.is_large_string, types.is_string_view, types.is_nested)
    if any(is_text(stored) for is_text in texts):  # Lists come as text.
        return _TEXT
    if types.is_date(stored):
        return "dates"
    if types.is_timestamp(stored):
        return "times"
    return "other values"


def kind_of_values(column: pd.Series) -> str | None:
    """The kind of the values of a column; None if it has none, or they are not told apart.

    >>> kind_of_values(pd.Series(["a", None])), kind_of_values(pd.Series([None, float("nan")]))
    ('text', None)
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.Series(column.cat.categories)
    known = column[column.notna()]
    return _INFERRED.get(pd.api.types.infer_dtype(known)) if len(known) else None
