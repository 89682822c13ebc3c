"""Land and country borders, from Natural Earth, for a flat map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geobias.maps.view import View
from geobias.regions.world import world
from geobias.sphere import Floats, unit_vectors

_STEP_DEGREES = 1.0
"""Edges are bent at least so often: what is straight in degrees is none on the map."""

_TOO_FAR_DEGREES = 120.0
"""What lies wholly beyond is not on the map of a region, where its projection may tear it apart."""

_DETAILS = 3000.0
"""The width of a map is so many times the finest detail drawn."""


@dataclass(frozen=True, eq=False)
class Land:
    """What lies under the samples, in kilometres on a map.

    Attributes
    ----------
    areas : object array
        Shapely polygons that together are all land on the map.
    borders : object array
        Shapely lines: coasts, and borders between countries; not the edges where a country is cut
        at the date line.

    Examples
    --------
    >>> land = Land.of(View.world())
    >>> len(land.areas) > 200
    True
    """

    areas: NDArray[np.object_]
    borders: NDArray[np.object_]

    @classmethod
    def of(cls, view: View, detail_km: float | None = None) -> Land:
        """Lay the countries flat; details smaller than ``detail_km`` are left out."""
        import shapely

        low, _, high, _ = view.bounds
        detail = (high - low) / _DETAILS if detail_km is None else detail_km
        parts = world().parts
        # Those that touch the date line stand there twice, a full turn apart: once is enough.
        parts = parts[shapely.bounds(parts)[:, 0] >= -180.0]
        if view.frame is not None:
            parts = parts[_near(parts, view)]
        fine = shapely.segmentize(parts, _STEP_DEGREES)
        areas = _flat(fine, view, detail)
        borders = _flat(_borders(fine), view, detail)
        return cls(_inside(areas, view, 2), _inside(borders, view, 1))


def _near(parts: NDArray[np.object_], view: View) -> NDArray[np.bool_]:
    """Whether some corner of each polygon is near enough to be on the map."""
    import shapely

    lonlat, part = shapely.get_coordinates(parts, return_index=True)
    middle = unit_vectors(np.array([view.lat_0]), np.array([view.lon_0]))[0]
    close = unit_vectors(lonlat[:, 1], lonlat[:, 0]) @ middle
    near: NDArray[np.bool_] = np.zeros(parts.size, dtype=bool)
    near[part[close > np.cos(np.radians(_TOO_FAR_DEGREES))]] = True
    return near


def _borders(parts: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the edges of polygons as lines, without those along the date line or at the pole."""
    import shapely

    lines = []
    for ring in shapely.get_rings(parts):
        lonlat = shapely.get_coordinates(ring)
        seam = (np.abs(lonlat[:, 0]) == 180.0) | (lonlat[:, 1] == -90.0)
        drawn = ~(seam[1:] & seam[:-1])
        # A line for every run of edges that are drawn.
        turns = np.flatnonzero(np.diff(np.concatenate(([False], drawn, [False])).astype(int)))
        lines += [
            shapely.LineString(lonlat[first : last + 1])
            for first, last in zip(turns[::2], turns[1::2], strict=True)
        ]
    return np.array(lines, dtype=object)


def _flat(shapes: NDArray[np.object_], view: View, detail: float) -> NDArray[np.object_]:
    import shapely

    def project(lonlat: Floats) -> Floats:
        return np.column_stack(view.project(lonlat[:, 1], lonlat[:, 0]))

    flat: NDArray[np.object_] = shapely.simplify(shapely.transform(shapes, project), detail)
    return flat


def _inside(shapes: NDArray[np.object_], view: View, dimension: int) -> NDArray[np.object_]:
    """Return what of the shapes is on the map: polygons or lines, one by one."""
    import shapely

    if view.frame is not None:
        shapes = shapely.intersection(shapely.make_valid(shapes), view.edge)
    parts: NDArray[np.object_] = shapely.get_parts(shapely.get_parts(shapes))
    fitting = (shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)
    return np.asarray(parts[fitting], dtype=object)
