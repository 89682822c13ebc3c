"""How the globe is laid flat: always so that equal areas stay equal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import Floats, unit_vectors

if TYPE_CHECKING:
    import pyproj
    import shapely

REGION_DEGREES = 45.0
"""Samples within so many degrees of one position are a region; beyond that, the world is shown."""

_MARGIN = 0.06
_LEAST_KM = 2.0
_WIDEST, _TALLEST = 2.2, 1.25
"""The frame of a region is at most so many times as wide as tall, and as tall as wide."""

_TORN = 0.4
"""A step of this share of the width of the map goes over its edge."""

_EDGE_STEP = 1.0
_STEPS = 200


@dataclass(frozen=True)
class View:
    """A flat map of the globe, or of a region of it, in kilometres.

    Attributes
    ----------
    lat_0, lon_0 : float
        Degrees of the position in the middle.
    frame : tuple of float, optional
        What is shown of a region: lowest x and y, highest x and y. Without it, the world.

    Examples
    --------
    >>> import numpy as np
    >>> view = View.of(np.array([48.1, 45.5, 52.5]), np.array([11.6, 9.2, 13.4]))
    >>> view.name
    'Lambert azimuthal equal-area projection around 49° N, 11° E'
    >>> View.world().name
    'Equal Earth projection'
    """

    lat_0: float
    lon_0: float
    frame: tuple[float, float, float, float] | None = None

    @classmethod
    def world(cls) -> View:
        """Show all of the globe, the Greenwich meridian in the middle."""
        return cls(0.0, 0.0)

    @classmethod
    def of(cls, lat: Floats, lon: Floats) -> View:
        """Show the region that these positions keep to, or the world if they keep to none."""
        unit = unit_vectors(lat, lon)
        middle = _middle(unit)
        reach = np.degrees(np.arccos(np.clip((unit @ middle).min(), -1.0, 1.0)))
        if reach > REGION_DEGREES:
            return cls.world()
        lat_0 = float(np.degrees(np.arcsin(np.clip(middle[2], -1.0, 1.0))))
        lon_0 = float(np.degrees(np.arctan2(middle[1], middle[0])))
        around = cls(lat_0, lon_0, (0.0, 0.0, 0.0, 0.0))
        return cls(lat_0, lon_0, _frame(*around.project(lat, lon)))

    @property
    def name(self) -> str:
        """Words for a caption."""
        if self.frame is None:
            return "Equal Earth projection"
        return (
            "Lambert azimuthal equal-area projection around "
            f"{_degrees(self.lat_0, 'N', 'S')}, {_degrees(self.lon_0, 'E', 'W')}"
        )

    def project(self, lat: Any, lon: Any) -> tuple[Floats, Floats]:
        """Return where positions in degrees lie on the map, in kilometres."""
        x, y = self._transform(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        return np.asarray(x), np.asarray(y)

    def line(self, lat: Any, lon: Any) -> tuple[Floats, Floats]:
        """Return a line on the map, broken by NaN where it goes over one side to the other.

        >>> x, y = View.world().line([0.0, 0.0, 0.0], [170.0, 179.0, -172.0])
        >>> x.round()
        array([ 16286.,  17148.,     nan, -16478.])
        """
        x, y = self.project(lat, lon)
        low, _, high, _ = self.bounds
        torn = np.flatnonzero(np.abs(np.diff(x)) > _TORN * (high - low)) + 1
        return np.insert(x, torn, np.nan), np.insert(y, torn, np.nan)

    @cached_property
    def edge(self) -> shapely.Polygon:
        """The outline of the map."""
        import shapely

        if self.frame is not None:
            return shapely.box(*self.frame)
        up = np.linspace(-90.0, 90.0, _STEPS + 1)
        # A hair inside, where the two sides of the date line are still two.
        east, west = (self.project(up, np.full(up.size, side)) for side in (180 - 1e-9, -180.0))
        x, y = (np.concatenate((one, other[::-1])) for one, other in zip(east, west, strict=True))
        return shapely.Polygon(np.column_stack((x, y)))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Lowest x and y, highest x and y."""
        low_x, low_y, high_x, high_y = self.edge.bounds
        return low_x, low_y, high_x, high_y

    @cached_property
    def _projection(self) -> pyproj.Proj:
        import pyproj

        kind = "eqearth" if self.frame is None else f"laea +lat_0={self.lat_0!r}"
        radius = f"+R={1000.0 * EARTH_RADIUS_KM!r} +units=km"
        return pyproj.Proj(f"+proj={kind} +lon_0={self.lon_0!r} {radius}")

    def _transform(self, lon: Floats, lat: Floats) -> tuple[Any, Any]:
        return self._projection(lon, lat)


def _middle(unit: Floats) -> Floats:
    """Return a position whose farthest point is about as near as can be.

    Step by step towards the farthest, by ever smaller steps (Bădoiu and Clarkson 2003).
    """
    # Rows in another order must give the same map, and a million repeats say no more than one.
    points = np.unique(unit.round(3), axis=0)
    middle: Floats = points.mean(axis=0)
    for step in range(2, _STEPS):
        middle = middle + (points[np.argmin(points @ middle)] - middle) / step
    length = np.sqrt((middle**2).sum())
    # Points on opposite sides have no middle: any position will do, as none is near them all.
    return middle / length if length > 1e-6 else np.array([1.0, 0.0, 0.0])


def _frame(x: Floats, y: Floats) -> tuple[float, float, float, float]:
    """Return a frame with room around positions, neither too wide nor too tall."""
    low = np.array([x.min(), y.min()])
    high = np.array([x.max(), y.max()])
    size = np.maximum((high - low) * (1.0 + 2.0 * _MARGIN), _LEAST_KM)
    size = np.maximum(size, [size[1] / _TALLEST, size[0] / _WIDEST])
    middle = (low + high) / 2.0
    low, high = middle - size / 2.0, middle + size / 2.0
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _degrees(value: float, above: str, below: str) -> str:
    rounded = round(abs(value))
    side = "" if rounded == 0 else f" {above if value > 0 else below}"
    return f"{rounded}°{side}"
