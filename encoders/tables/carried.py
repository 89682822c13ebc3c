"""Columns of the input on their way into the output: Arrow arrays that keep their types."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd

from geobias.errors import InputError
from geobias.readers import Source
from geobias.readers.delimited import DelimitedFile
from geobias.readers.several import SeveralFiles
from geobias.values import spelled

if TYPE_CHECKING:
    import pyarrow as pa

_WHOLE = r"-?(0|[1-9][0-9]{0,17})"
"""A code such as 007, or one with more digits than an integer holds, is no number."""

_WRITTEN = {
    "bool": "(?i:true|false)",
    "int64": _WHOLE,
    "double": r"(-?(0|[1-9][0-9]{0,15})(\.[0-9]*)?|-?\.[0-9]+)([eE][+-]?[0-9]{1,3})?",
}
"""How values look that are written as text; a double does not hold 17 digits before the point."""


class Carried:
    """The columns of a table, whose types are found out batch by batch.

    A column has one type in a Parquet file, but can come in several: from text, where a batch holds
    nothing but numbers and the next does not, or from several files. What does not go together is
    text. Columns of a text file become numbers, or True and False, where every cell is one.

    Parameters
    ----------
    source : Source
        The table.
    as_numbers : collection of Hashable
        Columns of coordinates, which are numbers however they are written.
    """

    def __init__(self, source: Source, *, as_numbers: Collection[Hashable]) -> None:
        import pyarrow as pa

        self._source = source
        self._text = [name for name in source.names if name not in as_numbers]
        self._geometry = source.geometry
        self._written = _is_written(source)
        self._types: dict[Hashable, pa.DataType] = dict.fromkeys(source.names, pa.null())
        self._system: Any = None

    def batches(self) -> Iterator[pd.DataFrame]:
        """Rows of all columns, as they are written."""
        return self._source.batches(self._source.names, self._text)

    def learn(self, frame: pd.DataFrame) -> None:
        """Look at the types of the next batch."""
        if self._geometry is not None:
            self._system = frame[self._geometry].crs
        for name, known in self._types.items():
            self._types[name] = _common(known, self._type(_arrow(frame[name])))

    def schema(self) -> pa.Schema:
        """Columns with their types; those of points as GeoParquet describes them."""
        import pyarrow as pa

        metadata = {}
        if self._geometry is not None:
            system = None if self._system is None else self._system.to_json_dict()
            own: dict[str, Any] = {"encoding": "WKB", "geometry_types": [], "crs": system}
            name = str(self._geometry)
            geo = {"version": "1.0.0", "primary_column": name, "columns": {name: own}}
            metadata["geo"] = json.dumps(geo)
        return pa.schema([(str(name), type_) for name, type_ in self._types.items()], metadata)

    def columns(self, frame: pd.DataFrame) -> list[pa.ChunkedArray]:
        """Return the columns of a batch in the types of all batches."""
        import pyarrow as pa

        found = []
        for name, wanted in self._types.items():
            array = _arrow(frame[name])
            if self._written:
                array = _without_blanks(array)
            if array.null_count == len(array):
                array = pa.chunked_array([pa.nulls(len(array), wanted)])
            elif array.type != wanted:
                with _refusing_losses(name):
                    is_text = pa.types.is_string(wanted)
                    array = _as_text(frame[name]) if is_text else array.cast(wanted)
            found.append(array)
        return found

    def _type(self, array: pa.ChunkedArray) -> pa.DataType:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self._written or not pa.types.is_string(array.type):
            return array.type
        cells = _without_blanks(array)
        if cells.null_count == len(cells):
            return pa.null()
        for kind, pattern in _WRITTEN.items():
            if pc.all(pc.match_substring_regex(cells, f"^({pattern})$")).as_py():
                return pa.type_for_alias(kind)
        return array.type


def _is_written(source: Source) -> bool:
    """Whether every value is text because the format knows nothing else."""
    if isinstance(source, SeveralFiles):
        return all(map(_is_written, source.files))
    return isinstance(source, DelimitedFile)


def _arrow(column: pd.Series) -> pa.ChunkedArray:
    """A column as Arrow has it; shapes as well-known binary, and a mixture as text."""
    import pyarrow as pa

    if column.dtype == "geometry":
        shapes: Any = column
        return pa.chunked_array([pa.array(shapes.to_wkb(), pa.binary())])
    try:
        array = pa.Array.from_pandas(column)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        return _as_text(column)
    array = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    return array.cast(pa.string()) if pa.types.is_large_string(array.type) else array


def _as_text(column: pd.Series) -> pa.ChunkedArray:
    import pyarrow as pa

    try:
        return pa.chunked_array([pa.array(spelled(column), pa.string())])
    except (InputError, UnicodeEncodeError):
        raise InputError(
            f"Column {str(column.name)!r} holds collections of several kinds, or what is no "
            "Unicode text: no type of Parquet holds these. Leave it out."
        ) from None


@contextmanager
def _refusing_losses(name: Hashable) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except pa.ArrowInvalid as error:
        raise InputError(
            f"Column {str(name)!r} holds values that no type holds together: {error}. Leave it out."
        ) from None


def _without_blanks(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Empty cells as missing values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(array.type):
        return array
    blank = pc.equal(pc.utf8_trim_whitespace(array), "")
    return pc.if_else(blank, pa.scalar(None, pa.string()), array)


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """The type that holds both."""
    import pyarrow as pa

    schemas = [pa.schema([("", each)]) for each in (one, other)]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.string()
