"""Geometries as they are stored, turned into shapes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geobias.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_EXTENSION_NAME = b"ARROW:extension:name"
_EXTENSION_METADATA = b"ARROW:extension:metadata"
_GEOARROW = b"geoarrow."

WGS84 = "OGC:CRS84"
"""What geometries are in unless they say otherwise: degrees, longitude first."""


@dataclass(frozen=True)
class ArrowGeometry:
    """The column of an Arrow or Parquet schema that holds the geometries.

    Parameters
    ----------
    name : str
        The column.
    extension : bytes
        How it is stored, as GeoArrow calls it.
    metadata : bytes
        Its coordinate reference system, as GeoArrow describes it.
    """

    name: str
    extension: bytes
    metadata: bytes

    def shapes(self, column: Any) -> Any:
        """A GeoSeries of an Arrow array.

        Raises
        ------
        ValueError
            If the geometries or their reference system cannot be read.
        """
        import geopandas
        import pyarrow as pa
        from pyproj.exceptions import CRSError
        from shapely.errors import ShapelyError

        stored = column.storage if isinstance(column, pa.ExtensionArray) else column
        field = pa.field(
            self.name,
            stored.type,
            metadata={_EXTENSION_NAME: self.extension, _EXTENSION_METADATA: self.metadata},
        )
        table = pa.table([stored], schema=pa.schema([field]))
        try:
            return geopandas.GeoDataFrame.from_arrow(table).geometry
        except (CRSError, ShapelyError, TypeError) as error:
            raise ValueError(f"{error}, in column {self.name!r}") from error


def arrow_geometry(schema: pa.Schema) -> ArrowGeometry | None:
    """Find the geometries of a GeoParquet, or else the first column that GeoArrow describes.

    Raises
    ------
    KeyError, ValueError
        If the description breaks its specification.
    """
    described = (schema.metadata or {}).get(b"geo")
    if described is not None:
        geo = json.loads(described)
        name = geo["primary_column"]
        own = geo["columns"][name]
        # Without a description it is WGS 84, by the standard; null says that it is unknown.
        crs = own.get("crs", WGS84)
        extension = _GEOARROW + own["encoding"].casefold().encode()
        return ArrowGeometry(name, extension, json.dumps({"crs": crs} if crs else {}).encode())
    for field in schema:
        metadata = field.metadata or {}
        extension = metadata.get(_EXTENSION_NAME, b"")
        if extension.startswith(_GEOARROW):
            return ArrowGeometry(field.name, extension, metadata.get(_EXTENSION_METADATA, b"{}"))
    return None


def from_geojson(geometries: Sequence[Any], label: str, start: int) -> npt.NDArray[np.object_]:
    """Shapes of GeoJSON geometries; None where one is missing or without coordinates."""
    import shapely
    from shapely.errors import ShapelyError

    places = np.full((len(geometries), 2), np.nan)
    others: dict[int, Any] = {}
    for row, geometry in enumerate(geometries):
        try:
            if geometry is None:
                continue
            if geometry["type"] != "Point":
                others[row] = shapely.geometry.shape(geometry)
            elif geometry["coordinates"]:
                places[row] = geometry["coordinates"][:2]
        # A damaged geometry can fail anywhere in the library; every failure means the same.
        except (ShapelyError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            raise InputError(
                f"{label} holds no geometry in row {start + row} (counted from 0) but "
                f"{str(geometry)[:60]}."
            ) from None
    shapes = np.asarray(shapely.points(places), dtype=object)
    shapes[np.isnan(places).any(axis=1)] = None
    for row, shape in others.items():
        shapes[row] = shape
    return shapes
