"""Which positions are on land, told fast enough to ask it of every lattice point.

A raster covers the globe. Most of its cells are all land or all water. Where a shore runs through
a cell, the edges of the shore decide, by the number of times that they wind around the position:
how many pass west of it from north to south, less those that pass from south to north. With land
to the left of every edge that is 1 on land, and 0 on water and in a lake.

Cells are found without trigonometry: their rows are of one height in the sine of the latitude,
and their columns of one width in a stand-in for the longitude that costs a single division.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.sphere import Floats

WATER, LAND = -1, -2
ROWS, COLUMNS = 1000, 2000
_SLACK = 1e-9  # degrees by which edges are widened, against rounding
_FARTHEST = float(np.nextafter(180.0, 0.0))
"""Degrees, just short of the line at which polygons are cut."""


class Shores(NamedTuple):
    """What is land; with an empty raster, everything is.

    Attributes
    ----------
    cells
        (rows, columns) from the south pole and from 180 degrees west: ``LAND``, ``WATER``, or
        the number of a run. A run is cells side by side that shores pass through.
    west
        How often the shores wind around what is west of each run.
    start
        Edges of run ``r`` are ``start[r]`` up to ``start[r + 1]``.
    edges
        South, north, longitude at the southern end, change of longitude with latitude, in
        degrees, and 1 if it runs south, -1 if north; (edges, 5).
    """

    cells: NDArray[np.int32]
    west: NDArray[np.int32]
    start: NDArray[np.int64]
    edges: Floats


EVERYWHERE = Shores(
    np.empty((0, 0), np.int32), np.empty(0, np.int32), np.zeros(1, np.int64), np.empty((0, 5))
)
"""No shore: everything is land."""


def shores_of(polygons: NDArray[np.object_]) -> Shores:
    """Return the shores of land that is given as polygons.

    Parameters
    ----------
    polygons
        Valid shapely polygons in degrees, from 180 degrees west to 180 degrees east, whose edges
        are straight in degrees. Where two meet, there is no shore.

    Examples
    --------
    >>> import shapely
    >>> from geobias.sphere import unit_vectors
    >>> land = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    >>> places = unit_vectors(np.array([5.0, 2.0, -2.0]), np.array([5.0, 3.0, 3.0]))
    >>> on_land = np.empty(3, np.bool_)
    >>> which_on_land(shores_of(np.array([land])), *np.ascontiguousarray(places.T), on_land)
    >>> on_land.tolist()
    [False, True, False]
    """
    lines, turns = _edges(polygons)
    row, first, last, edge, crossing = _cells_crossed(lines, ROWS, COLUMNS)
    # What is west of a run is known from the latitude in the middle of its row.
    winding = np.zeros((ROWS, COLUMNS), np.int32)
    met = crossing >= 0
    np.add.at(winding, (row[met], crossing[met]), turns[edge[met]])
    winding = np.cumsum(winding, axis=1, dtype=np.int32)
    ends = np.zeros((ROWS, COLUMNS + 1), np.int32)
    np.add.at(ends, (row, first), 1)
    np.add.at(ends, (row, last + 1), -1)
    mixed = np.cumsum(ends, axis=1)[:, :-1] > 0
    begins = mixed & ~np.pad(mixed, ((0, 0), (1, 0)))[:, :-1]
    run = np.cumsum(begins).reshape(mixed.shape) - 1
    cells = np.where(mixed, run, np.where(winding > 0, LAND, WATER)).astype(np.int32)
    west = np.pad(winding, ((0, 0), (1, 0)))[:, :-1][begins]
    sloping = lines[edge, 0] < lines[edge, 2]
    row, first, edge = row[sloping], first[sloping], edge[sloping]
    order = np.lexsort((edge, first, row))
    start = np.searchsorted(cells[row[order], first[order]], np.arange(west.size + 1))
    south, lon, north, end = lines[edge[order]].T
    slope = (end - lon) / (north - south)
    edges = np.column_stack((south, north, lon, slope, turns[edge[order]]))
    return Shores(cells, west, start.astype(np.int64), edges)


def _edges(polygons: NDArray[np.object_]) -> tuple[Floats, NDArray[np.int64]]:
    """Return all edges that are no border between two polygons, and which way they run.

    (edges, 4): latitude and longitude of the southern end and of the northern one.
    """
    import shapely

    rings = shapely.get_rings(shapely.orient_polygons(polygons, exterior_cw=False))
    lonlat, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    ends = lonlat[:, ::-1]
    ends = np.column_stack((ends[:-1], ends[1:]))[same]
    north = (ends[:, 0] < ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] < ends[:, 3]))
    ends = np.where(north[:, None], ends, ends[:, [2, 3, 0, 1]])
    lines, line = np.unique(ends, axis=0, return_inverse=True)
    turns = np.bincount(line, weights=np.where(north, -1.0, 1.0)).astype(np.int64)
    return lines[turns != 0], turns[turns != 0]


@njit(cache=True, nogil=True)
def _cells_crossed(lines, rows, columns):
    """List, for each edge and each row of cells it passes through, where it does.

    Returns rows, first and last columns, edges, and the column in which the edge crosses the
    middle of the row, -1 if it does not.
    """
    borders = np.degrees(np.arcsin(np.linspace(-1.0, 1.0, 2 * rows + 1)))
    total = 0
    for line in range(lines.shape[0]):
        low, high = _row_of(lines[line, 0] - _SLACK, rows), _row_of(lines[line, 2] + _SLACK, rows)
        total += high - low + 1
    found = np.empty((5, total), np.int64)
    at = 0
    for line in range(lines.shape[0]):
        south, lon, north, end = lines[line]
        low, high = _row_of(south - _SLACK, rows), _row_of(north + _SLACK, rows)
        for row in range(low, high + 1):
            west, east = min(lon, end), max(lon, end)
            if south < north:
                slope = (end - lon) / (north - south)
                one = lon + slope * (max(south, borders[2 * row] - _SLACK) - south)
                other = lon + slope * (min(north, borders[2 * row + 2] + _SLACK) - south)
                west, east = max(west, min(one, other)), min(east, max(one, other))
            found[0, at], found[3, at], found[4, at] = row, line, -1
            found[1, at] = _column_of(west - _SLACK, columns)
            found[2, at] = _column_of(east + _SLACK, columns)
            middle = borders[2 * row + 1]
            if south <= middle < north:
                found[4, at] = _column_of(lon + slope * (middle - south), columns)
            at += 1
    return found


@njit(cache=True, nogil=True)
def _row_of(lat, rows):
    return _row(np.sin(np.radians(min(max(lat, -90.0), 90.0))), rows)


@njit(cache=True, nogil=True)
def _column_of(lon, columns):
    lon = np.radians(min(max(lon, -180.0), 180.0))
    return _column(np.cos(lon), np.sin(lon), columns)


@njit(cache=True, nogil=True, inline="always")
def _row(z, rows):
    return min(max(int((z + 1.0) * (0.5 * rows)), 0), rows - 1)


@njit(cache=True, nogil=True, inline="always")
def _column(x, y, columns):
    """Return the column of a direction: it grows from 0 at -180 degrees as the angle does."""
    size = abs(x) + abs(y)
    turn = x / size if size > 0.0 else 0.0
    turn = 3.0 - turn if y >= 0.0 else 1.0 + turn
    return min(int(turn * (0.25 * columns)), columns - 1)


@njit(cache=True, nogil=True)
def which_on_land(shores, x, y, z, on_land):
    """Write into ``on_land`` in which directions, vectors of any length, there is land."""
    # Arrays are taken out of the tuple once: each time would count a reference.
    cells, west, start, edges = shores
    if cells.size == 0:
        on_land[:] = True
        return
    rows, columns = cells.shape
    for i in range(on_land.size):
        run = cells[_row(z[i], rows), _column(x[i], y[i], columns)]
        on_land[i] = run == LAND
        if run >= 0:
            lat = np.degrees(np.arctan2(z[i], np.sqrt(x[i] * x[i] + y[i] * y[i])))
            lon = np.degrees(np.arctan2(y[i], x[i]))
            lon = min(max(lon, -_FARTHEST), _FARTHEST)
            winding = float(west[run])
            for e in range(start[run], start[run + 1]):
                if edges[e, 0] <= lat < edges[e, 1]:
                    crossing = edges[e, 2] + edges[e, 3] * (lat - edges[e, 0])
                    winding += edges[e, 4] * (crossing < lon)
            on_land[i] = winding > 0.0
