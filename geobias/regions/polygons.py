"""Polygons on the globe, and which of them positions lie in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geobias.coordinates import check, normalise
from geobias.errors import GeoBiasError, InputError
from geobias.regions.dateline import turned_back
from geobias.regions.outlines import Ints, Outlines
from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import Floats
from geobias.values import is_finite_number

NOWHERE = -1
"""The row of a position that lies in no polygon and near none."""

AT_ONCE = 50_000
"""Positions looked up at one time; each takes about a kilobyte."""

_HALF_ROUND_KM = np.pi * EARTH_RADIUS_KM


@dataclass(frozen=True, eq=False, repr=False)
class Polygons:
    """Named polygons, of which `locate` finds the one that each position lies in.

    Attributes
    ----------
    names : tuple of str
        One per row; rows are numbered from 0.
    parts : object array
        Shapely polygons in degrees, from 180 degrees west to 180 degrees east. Those that touch
        180 degrees east stand there a second time, a full turn away, for positions have -180.
    owner : int64 array
        Row of each part, ascending.
    notes : tuple of str
        What was repaired or is worth knowing about them, a sentence each.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> polygons = Polygons.of(("west", "east"), [shapely.box(0, 0, 5, 9), shapely.box(5, 0, 9, 9)])
    >>> polygons.locate(np.array([4.0, 4.0, 4.0]), np.array([1.0, 9.1, 30.0]))
    array([ 0,  1, -1])
    """

    names: tuple[str, ...]
    parts: NDArray[np.object_]
    owner: Ints
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: tuple[str, ...], shapes: Any, notes: tuple[str, ...] = ()) -> Polygons:
        """Take valid polygons and multipolygons in degrees apart."""
        import shapely

        parts, owner = shapely.get_parts(turned_back(shapes), return_index=True)
        last = np.flatnonzero(shapely.bounds(parts)[:, 2] == 180.0)
        again = shapely.transform(parts[last], lambda lonlat: lonlat - (360.0, 0.0))
        owner = np.append(owner, owner[last]).astype(np.int64)
        order = np.argsort(owner, kind="stable")
        parts, owner = np.append(parts, again)[order], owner[order]
        shapely.prepare(parts)
        return cls(names, parts, owner, notes)

    @cached_property
    def outlines(self) -> Outlines:
        """The edges of all parts."""
        return Outlines.of(self.parts, self.owner)

    def locate(self, lat: Any, lon: Any, *, tolerance_km: float = 20.0) -> NDArray[np.int64]:
        """Find the polygon that each position lies in.

        Edges are straight lines in degrees, as GeoJSON draws them. A position on the border of
        several polygons lies in the first. A pole, which has every longitude, lies in the
        polygons that touch it.

        Parameters
        ----------
        lat, lon : array-like
            Degrees; NaN lies nowhere.
        tolerance_km : float
            A position outside all polygons is given to the nearest one, if it is at most so far
            away along a great circle; 0 asks for positions inside.

        Returns
        -------
        int64 array
            The row of the polygon, -1 where there is none.

        Raises
        ------
        GeoBiasError
            If coordinates are no degrees or do not pair up, or the tolerance makes no sense.
        """
        within_km = checked_tolerance(tolerance_km)
        lat, lon = _numbers("latitudes", lat), _numbers("longitudes", lon)
        if lat.ndim != 1 or lat.shape != lon.shape:
            raise InputError(
                "Latitudes and longitudes must be two lists of one length, not of shapes "
                f"{lat.shape} and {lon.shape}."
            )
        check(lat, lon, degrees=True)
        row = np.full(lat.size, NOWHERE, dtype=np.int64)
        known = np.flatnonzero(~(np.isnan(lat) | np.isnan(lon)))
        for first in range(0, known.size, AT_ONCE):
            some = known[first : first + AT_ONCE]
            row[some] = self._locate(*normalise(lat[some], lon[some]), within_km)
        return row

    def _locate(self, lat: Floats, lon: Floats, tolerance_km: float) -> Ints:
        row = self._inside(lat, lon)
        outside = np.flatnonzero(row == NOWHERE)
        if tolerance_km > 0.0 and outside.size:
            row[outside] = self.outlines.nearest(lat[outside], lon[outside], tolerance_km)
        return row

    def _inside(self, lat: Floats, lon: Floats) -> Ints:
        import shapely

        part, point = shapely.STRtree(shapely.points(lon, lat)).query(self.parts, "intersects")
        row = np.full(lat.size, len(self.names), dtype=np.int64)
        np.minimum.at(row, point, self.owner[part])
        _, south, _, north = shapely.bounds(self.parts).T
        for pole, touching in ((-90.0, south == -90.0), (90.0, north == 90.0)):
            row[lat == pole] = self.owner[touching].min(initial=len(self.names))
        row[row == len(self.names)] = NOWHERE
        return row


def checked_tolerance(tolerance_km: Any) -> float:
    """Return a tolerance in kilometres, or say that it makes no sense."""
    if not is_finite_number(tolerance_km) or not 0.0 <= tolerance_km <= _HALF_ROUND_KM:
        raise GeoBiasError(
            f"tolerance_km must be 0 to {_HALF_ROUND_KM:,.0f} kilometres, not {tolerance_km!r}."
        )
    return float(tolerance_km)


def _numbers(word: str, values: Any) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"The {word} are not all numbers of degrees: {error}.") from error
