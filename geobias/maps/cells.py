"""Cells of equal area, which many samples are summed up in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geobias.errors import GeoBiasError
from geobias.geometry.places import Ints
from geobias.maps.view import View
from geobias.sphere import Floats, degrees, unit_vectors
from geobias.values import is_finite_number

FEW = 20
"""In cells of fewer samples a mean says little: they are drawn smaller and paler."""

SMALLEST, PALEST = 0.35, 0.4
"""No cell is drawn at a smaller scale than this, nor with less of its colour."""

_TAIL = 0.01
"""At either end, cells that hold so much of all samples may be beyond the colours."""

_MOST_ACROSS, _LEAST_ACROSS = 110, 12
"""Of the finest and of the coarsest cells, so many fit into the width of a map."""

_ROUND = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
"""Widths of cells are these, times a power of ten."""

_COLUMNS = 2**32
"""More columns than any row has."""

_CORNERS = np.radians(np.arange(30.0, 360.0, 60.0))


@dataclass(frozen=True, eq=False)
class Cells:
    """Hexagons of equal area on a map; only those that hold samples.

    Attributes
    ----------
    x, y : float64 array
        Middle of each cell on the map, in kilometres.
    among_x, among_y : float64 array
        The same of the samples in it.
    lat, lon : float64 array
        Degrees of the middle of the samples in each cell.
    across_km : float
        Distance between opposite sides.
    count : int64 array
        Samples in each cell, at least one.
    cell : int64 array
        Cell of each sample.

    Examples
    --------
    >>> import numpy as np
    >>> lat, lon = np.array([48.1, 48.2, 59.9]), np.array([11.5, 11.6, 10.8])
    >>> cells = Cells.of(View.of(lat, lon), lat, lon, across_km=100.0)
    >>> cells.count
    array([2, 1])
    >>> mean, known = cells.mean(np.array([1.0, 0.0, np.nan]))
    >>> mean, known
    (array([0.5, nan]), array([2, 0]))
    """

    x: Floats
    y: Floats
    among_x: Floats
    among_y: Floats
    lat: Floats
    lon: Floats
    across_km: float
    count: Ints
    cell: Ints

    @classmethod
    def of(cls, view: View, lat: Floats, lon: Floats, across_km: float | None = None) -> Cells:
        """Sort positions into the hexagons of a map.

        By default they are as small as leaves half of the samples among twenty or more, between
        12 and 110 to the width of the map.
        """
        x, y = view.project(lat, lon)
        across = _suited(view, x, y) if across_km is None else _checked(across_km)
        # Rows from south to north, columns from west to east, whatever the order of the samples.
        number, cell = np.unique(_hexagon(x, y, across), return_inverse=True)
        row, column = np.divmod(number, _COLUMNS)
        column -= _COLUMNS // 2
        count = np.bincount(cell)
        unit = np.array([_sums(axis, cell, number.size) for axis in unit_vectors(lat, lon).T])
        middle_lat, middle_lon = degrees(unit.T)
        return cls(
            x=across * (column + row / 2.0),
            y=across * row * np.sqrt(0.75),
            among_x=_sums(x, cell, number.size) / count,
            among_y=_sums(y, cell, number.size) / count,
            lat=middle_lat,
            lon=middle_lon,
            across_km=across,
            count=count,
            cell=cell,
        )

    @property
    def area_km2(self) -> float:
        """Area of a cell, on the map as on the globe."""
        return float(np.sqrt(0.75) * self.across_km**2)

    def mean(self, values: Any) -> tuple[Floats, Ints]:
        """Average the samples of each cell, leaving out NaN.

        Parameters
        ----------
        values : array-like
            One per sample.

        Returns
        -------
        float64 array
            The mean of each cell, NaN where no value is known.
        int64 array
            How many values are known in each cell.
        """
        numbers = np.asarray(values, dtype=np.float64)
        known = ~np.isnan(numbers)
        count = np.bincount(self.cell[known], minlength=self.x.size)
        with np.errstate(invalid="ignore"):
            mean: Floats = _sums(numbers[known], self.cell[known], self.x.size) / count
        return mean, count

    def hexagons(self, scale: Floats | float = 1.0) -> Floats:
        """Return the corners of each cell in kilometres, (cells, 6, 2), drawn at this scale.

        Small ones are drawn around the samples: a cell may reach over the edge of the map.
        """
        scale = np.broadcast_to(np.asarray(scale, np.float64), self.x.shape)[:, None, None]
        corners = np.stack((np.cos(_CORNERS), np.sin(_CORNERS)), axis=-1)
        middles = np.stack((self.x, self.y), axis=-1)[:, None, :]
        among = np.stack((self.among_x, self.among_y), axis=-1)[:, None, :]
        whole = middles + self.across_km / np.sqrt(3.0) * corners
        hexagons: Floats = among + scale * (whole - among)
        return hexagons


def ends(mean: Floats, count: Ints) -> tuple[float, float]:
    """Return between which means of cells colours should run: below and above lie few samples.

    Cells that hold little stray far, and there may be many of them: they do not set the scale.

    >>> ends(np.array([0.0, 0.6, 0.8, 1.0, np.nan]), np.array([1, 200, 300, 1, 0]))
    (0.6, 0.8)
    """
    order = np.argsort(mean, kind="stable")[: np.count_nonzero(count)]
    below = np.cumsum(count[order])
    low, high = np.searchsorted(below, [_TAIL * below[-1], (1.0 - _TAIL) * below[-1]])
    return float(mean[order[low]]), float(mean[order[high]])


def _suited(view: View, x: Floats, y: Floats) -> float:
    """Return a round width of cells that suits the map, and how densely the samples lie."""
    low, _, high, _ = view.bounds
    finest, coarsest = (high - low) / _MOST_ACROSS, (high - low) / _LEAST_ACROSS
    power = 10.0 ** np.floor(np.log10(finest))
    across = finest
    for size in (*_ROUND, *(10.0 * size for size in _ROUND[1:])):
        if finest <= size * power <= coarsest:
            across = size * power
            number = _hexagon(x, y, across)
            _, cell, count = np.unique(number, return_inverse=True, return_counts=True)
            if np.median(count[cell]) >= FEW:
                break
    return float(across)


def _checked(across_km: Any) -> float:
    if not is_finite_number(across_km) or not 0.0 < across_km <= 10_000.0:
        raise GeoBiasError(
            f"Cells must be more than 0 and at most 10,000 km across, not {across_km!r}."
        )
    return float(across_km)


def _hexagon(x: Floats, y: Floats, across: float) -> Ints:
    """Number the hexagon that each position lies in, by its row and its oblique column.

    The three cube coordinates of a hexagon add up to 0: after rounding, the one that was rounded
    farthest is made to follow from the others.
    """
    row = y / (across * np.sqrt(0.75))
    column = x / across - row / 2.0
    third = -column - row
    whole: list[NDArray[np.float64]] = [np.rint(part) for part in (column, row, third)]
    off = [np.abs(near - part) for near, part in zip(whole, (column, row, third), strict=True)]
    first = (off[0] > off[1]) & (off[0] > off[2])
    second = ~first & (off[1] > off[2])
    column = np.where(first, -whole[1] - whole[2], whole[0])
    row = np.where(second, -whole[0] - whole[2], whole[1])
    return row.astype(np.int64) * _COLUMNS + column.astype(np.int64) + _COLUMNS // 2


def _sums(values: Floats, cell: Ints, cells: int) -> Floats:
    """Add up values by cell, in an order that does not depend on that of the rows."""
    order = np.lexsort((values, cell))
    return np.bincount(cell[order], values[order], minlength=cells).astype(np.float64)
