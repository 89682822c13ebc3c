"""Polygons out of a file of any vector format."""

from __future__ import annotations

import os
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.errors import InputError
from geobias.readers.source import as_input_error
from geobias.regions.dateline import turned_back
from geobias.regions.polygons import Polygons
from geobias.values import spelled
from geobias.wording import counted, nearest, quoted, where

_WGS84 = 4326
_KINDS = ("Polygon", "MultiPolygon")

SLIVER = 1e-6
"""Regions that share less than this part of the smaller one touch, and do not overlap."""

FARTHEST = 540.0
"""Longitudes beyond this, half a turn beyond 360, are no degrees."""


def read_polygons(source: str | os.PathLike[str] | Any, *, name: str | None = None) -> Polygons:
    """Read named polygons from a file or a GeoDataFrame.

    Polygons that share a name are one region; blanks around it do not count. Invalid polygons are
    repaired, and where regions overlap, positions lie in the first of them; the notes count both.
    Polygons that reach beyond 180 degrees of longitude go on from there.

    Parameters
    ----------
    source : str, path-like or geopandas.GeoDataFrame
        GeoParquet, GeoJSON, GeoPackage, a shapefile or what else GDAL reads, in any coordinate
        reference system.
    name : str, optional
        The column of names; by default the only column of text.

    Returns
    -------
    Polygons

    Raises
    ------
    InputError
        If the source cannot be read, has no reference system, holds other geometries than
        polygons, or it is not clear how they are named.

    Examples
    --------
    >>> import geopandas, shapely
    >>> boxes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> table = geopandas.GeoDataFrame({"zone": ["a", "b"]}, geometry=boxes, crs=4326)
    >>> read_polygons(table).names
    ('a', 'b')
    """
    import geopandas
    import shapely

    if isinstance(source, geopandas.GeoDataFrame):
        label, frame = "The table of regions", source
    elif isinstance(source, (str, os.PathLike)):
        label, frame = Path(source).name, _read(Path(source))
    else:
        raise InputError(
            f"Regions come from a file or a GeoDataFrame, not from a {type(source).__name__}."
        )
    if not len(frame):
        raise InputError(f"{label} has no polygons.")
    if frame.active_geometry_name is None:
        raise InputError(f"{label} has no geometry: set it, as in data.set_geometry(polygons).")
    names = _names(frame, name, label)
    shapes, notes = _shapes(frame.geometry, label)
    notes += _long_edges(shapes)
    shapes = turned_back(shapes)
    code, distinct = pd.factorize(names)
    merged = [shapely.union_all(shapes[code == row]) for row in range(len(distinct))]
    kept = np.array([not shape.is_empty for shape in merged])
    regions = np.array(merged, dtype=object)[kept]
    if not kept.any():
        raise InputError(f"{label} has no polygons: all geometries are empty.")
    notes += _overlaps(regions)
    return Polygons.of(tuple(distinct[kept]), regions, tuple(notes))


def _read(path: Path) -> Any:
    """Read a file that holds a single layer of geometries."""
    import geopandas
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    if not path.exists():
        raise InputError(f"There is no file {path}.")
    if path.suffix.casefold() in {".parquet", ".geoparquet"}:
        import pyarrow as pa

        with as_input_error(path.name, "GeoParquet", pa.ArrowException, OSError, ValueError):
            return geopandas.read_parquet(path)
    with as_input_error(path.name, "polygons", DataSourceError, DataLayerError):
        layers = [layer for layer, kind in pyogrio.list_layers(path) if kind is not None]
        if len(layers) != 1:
            found = f"{counted(len(layers), 'layer')} of geometries: {quoted(layers)}"
            raise InputError(f"{path.name} has {found}. Give a file with one.")
        return geopandas.read_file(path, layer=layers[0])


def _names(frame: Any, name: str | None, label: str) -> NDArray[np.object_]:
    """Return the name of every polygon as text."""
    columns: list[Hashable] = [column for column in frame.columns if column != frame.geometry.name]
    if name is None:
        texts = [column for column in columns if pd.api.types.is_string_dtype(frame[column])]
        if len(texts) != 1:
            found = f"{counted(len(texts), 'column')} of text" + (
                f", {quoted(texts)}," if texts else ""
            )
            raise InputError(
                f"{label} has {found} where one would name the regions. Pass region_name= "
                f"(--region-name) with a column. The columns are: {quoted(columns)}."
            )
        name = str(texts[0])
    elif not isinstance(name, Hashable):
        raise InputError(
            f"region_name= takes a column name, not a {type(name).__name__} of values."
        )
    elif name not in columns:
        close = nearest(name, columns)
        advice = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise InputError(
            f"{label} has no column {name!r} (region_name=, --region-name). {advice}"
            f"The columns are: {quoted(columns)}."
        )
    names = spelled(frame[name])
    missing = np.asarray(pd.isna(names))
    if missing.any():
        raise InputError(
            f"{counted(int(missing.sum()), 'polygon')} of {label} without a name in column "
            f"{name!r}, {where(missing)}. Name them, or leave them out."
        )
    return names


def _shapes(geometry: Any, label: str) -> tuple[NDArray[np.object_], list[str]]:
    """Return valid polygons in degrees, empty where there are none, and what was repaired."""
    import shapely
    from pyproj.exceptions import ProjError

    if geometry.crs is None:
        raise InputError(
            f"{label} has no coordinate reference system: set it, as in data.set_crs(4326) for "
            "degrees."
        )
    missing = np.asarray(geometry.isna() | geometry.is_empty)
    other = ~missing & ~np.asarray(geometry.geom_type.isin(_KINDS))
    if other.any():
        kind = geometry.geom_type.iloc[int(np.argmax(other))]
        raise InputError(
            f"{label} holds other geometries than polygons: {counted(int(other.sum()), 'row')}, "
            f"the first a {kind}, {where(other)}."
        )
    try:
        degrees = geometry.to_crs(_WGS84)
    except ProjError as error:
        raise InputError(
            f"{label} cannot be converted from {geometry.crs.name} to degrees: {error}"
        ) from error
    shapes = shapely.force_2d(np.asarray(degrees.array, dtype=object))
    shapes = np.where(missing, shapely.Polygon(), shapes)
    _refuse_elsewhere(shapes, label)
    notes = []
    if missing.any():
        notes.append(
            f"{counted(int(missing.sum()), 'region')} of {label} left out, without a geometry: "
            f"{where(missing)}."
        )
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        shapes[broken] = shapely.make_valid(
            shapes[broken], method="structure", keep_collapsed=False
        )
        notes.append(
            f"{counted(int(broken.sum()), 'polygon')} of {label} repaired, which crossed "
            f"themselves or were otherwise invalid: {where(broken)}."
        )
    return shapes, notes


def _refuse_elsewhere(shapes: NDArray[np.object_], label: str) -> None:
    """Refuse polygons that do not lie on the globe."""
    import shapely

    west, south, east, north = shapely.bounds(shapes).T
    # The bounds of an empty shape are NaN, which no comparison holds for.
    astray = (south < -90.0) | (north > 90.0) | (west < -FARTHEST) | (east > FARTHEST)
    astray |= np.isinf(west) | np.isinf(east) | np.isinf(south) | np.isinf(north)
    if astray.any():
        raise InputError(
            f"{counted(int(astray.sum()), 'polygon')} of {label} outside the globe, "
            f"{where(astray)}: correct them or their reference system."
        )


def _long_edges(shapes: NDArray[np.object_]) -> list[str]:
    """Say if edges span more than half the globe, as those do that should have been cut."""
    import shapely

    rings = shapely.get_rings(shapes)
    lonlat, ring = shapely.get_coordinates(rings, return_index=True)
    span = np.abs(np.diff(lonlat[:, 0]))
    long = (ring[1:] == ring[:-1]) & (span > 180.0) & (span < 359.0)
    if not long.any():
        return []
    return [
        f"{counted(int(long.sum()), 'edge')} of regions longer than 180 degrees, taken the long "
        "way: cut polygons at 180 degrees of longitude if they cross it."
    ]


def _overlaps(regions: NDArray[np.object_]) -> list[str]:
    """Say how many regions overlap."""
    import shapely

    one, two = shapely.STRtree(regions).query(regions, "intersects")
    one, two = one[one < two], two[one < two]
    area = shapely.area(regions)
    shared = shapely.area(shapely.intersection(regions[one], regions[two]))
    pairs = int((shared > SLIVER * np.minimum(area[one], area[two])).sum())
    if not pairs:
        return []
    return [
        f"{counted(pairs, 'pair')} of regions overlap: a position in both counts for the one that "
        "comes first in the file."
    ]
