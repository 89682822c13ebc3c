"""GeoPackage files."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geobias.errors import InputError
from geobias.readers.arrow import frames, within_limits
from geobias.readers.limits import check_rows
from geobias.readers.shapes import arrow_geometry
from geobias.readers.source import PEEKED_ROWS, ROWS_AT_ONCE, as_input_error
from geobias.wording import quoted

if TYPE_CHECKING:
    import pyarrow as pa

_POINTS = ("Point", "Unknown")
"""What a layer that can hold points says it holds, whatever dimensions it adds."""


@dataclass(frozen=True)
class GeoPackageLayer:
    """A layer of a GeoPackage as a source; its fields are known, its rows have not been read."""

    path: Path
    layer: str
    schema: pa.Schema
    names: list[Hashable]
    geometry: str | None
    rows: int
    notes: tuple[str, ...]

    @property
    def label(self) -> str:
        """Name of the file."""
        return self.path.name

    def batches(
        self, names: Sequence[Hashable], text: Collection[Hashable] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of these columns; a GeoDataFrame when the geometry is among them."""
        with _reading(self.label), self._opened(names, ROWS_AT_ONCE) as reader:
            batches = within_limits(reader, self.label, self.path.stat().st_size)
            shapes = arrow_geometry(reader.schema)
            yield from frames(batches, reader.schema, names, text, shapes)

    def peek(self) -> pd.DataFrame:
        """The first rows of every column but the geometry."""
        names = [name for name in self.names if name != self.geometry]
        with _reading(self.label), self._opened(names, PEEKED_ROWS) as reader:
            return next(frames(reader, reader.schema, names, (), None))

    def _opened(self, names: Sequence[Hashable], rows: int) -> AbstractContextManager[Any]:
        return _opened(self.path, self.layer, names, self.geometry, rows)


def open_geopackage(path: Path) -> GeoPackageLayer:
    """Choose the layer of a GeoPackage that holds the samples, and read the names of its fields.

    Raises
    ------
    InputError
        If the file is no GeoPackage, is damaged, or several of its layers could be meant.
    """
    import pyogrio

    with open(path, "rb") as file, as_input_error(path.name, "a GeoPackage", OSError):
        # Other formats, which may name other files, are not to be guessed from the content.
        if not file.read(16).startswith(b"SQLite format 3\0"):
            raise InputError(f"{path.name} cannot be read as a GeoPackage: it is no database.")
    with _reading(path.name):
        layer, notes = _layer(path.name, pyogrio.list_layers(path))
        about = pyogrio.read_info(path, layer=layer)
        rows = int(about["features"])
        check_rows(path.name, rows, path.stat().st_size)
        geometry = about["geometry_name"] or None
        fields = list(map(str, about["fields"]))
        with _opened(path, layer, fields, None, 1) as reader:
            schema = reader.schema
        names = [*fields, *([geometry] if geometry else [])]
        return GeoPackageLayer(path, layer, schema, names, geometry, rows, notes)


@contextmanager
def _opened(
    path: Path, layer: str, names: Sequence[Hashable], geometry: str | None, rows: int
) -> Iterator[Any]:
    """A reader of these columns of a layer, so many rows at once."""
    from pyogrio.raw import open_arrow

    # Something has to be read for rows to be counted: their numbers, if nothing else.
    with open_arrow(
        path,
        layer=layer,
        columns=[name for name in names if name != geometry],
        read_geometry=geometry in names,
        return_fids=not names,
        use_pyarrow=True,
        batch_size=rows,
    ) as (_, reader):
        yield reader


def _layer(label: str, layers: Any) -> tuple[str, tuple[str, ...]]:
    """Take the only layer, or the only one that can hold points."""
    kinds = {str(name): kind for name, kind in layers}
    if len(kinds) == 1:
        return next(iter(kinds)), ()
    points = [name for name, kind in kinds.items() if str(kind).startswith(_POINTS)]
    if len(points) != 1:
        raise InputError(
            f"{label} has {len(kinds)} layers, of which {len(points) or 'none'} can hold points: "
            f"{quoted(points or kinds)}. Save the layer of the samples in a file of its own."
        )
    others = quoted(name for name in kinds if name != points[0])
    return points[0], (f"{label}: layer {points[0]!r} is read, the others are not: {others}.",)


def _reading(label: str) -> AbstractContextManager[None]:
    import pyarrow as pa
    from pyogrio.errors import DataLayerError, DataSourceError

    return as_input_error(
        label, "a GeoPackage", DataLayerError, DataSourceError, pa.ArrowException, OSError,
        RuntimeError, ValueError,
    )  # fmt: skip
