"""The locations of all samples in their canonical order.

A *point* is a distinct location; a *seat* is what one sample occupies there. Points run
through bands of latitude from south to north and from west to east inside a band, an
order that depends on the locations alone: neither the order of the rows nor the scale
can change who comes first when two neighbours are equally near.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.scramble import scramble
from geobias.ordering import order_by
from geobias.sphere import Floats, unit_vectors

BAND_DEGREES = 0.1
BANDS = 1801

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Points in canonical order, and the samples seated at each.

    Attributes
    ----------
    lat, lon
        Degrees, one per point.
    unit
        Unit vectors of the points, (points, 3).
    seat_start
        Seats of point ``p`` are ``seat_start[p]`` up to ``seat_start[p + 1]``.
    sample_at
        The sample on each seat.
    band_start
        Points of band ``b`` are ``band_start[b]`` up to ``band_start[b + 1]``.
    """

    lat: Floats
    lon: Floats
    unit: Floats
    seat_start: Ints
    sample_at: Ints
    band_start: Ints

    @classmethod
    def of(cls, lat: Floats, lon: Floats) -> Places:
        """Order samples given in degrees; a pole must come with one longitude only."""
        lat, lon = lat + 0.0, lon + 0.0  # -0.0 and 0.0 are one latitude, in bits too
        band = np.floor((lat + 90.0) / BAND_DEGREES).astype(np.int16)
        order = order_by(band, lon, lat)
        lat, lon, band = lat[order], lon[order], band[order]
        fresh = np.ones(lat.size, dtype=bool)
        fresh[1:] = (lat[1:] != lat[:-1]) | (lon[1:] != lon[:-1])
        first = np.flatnonzero(fresh)
        return cls(
            lat=lat[first],
            lon=lon[first],
            unit=unit_vectors(lat[first], lon[first]),
            seat_start=np.append(first, lat.size).astype(np.int64),
            sample_at=order,
            band_start=np.searchsorted(band[first], np.arange(BANDS + 1)).astype(np.int64),
        )

    def subset(self, points: Ints) -> tuple[Places, Ints]:
        """Return the places of some points, ascending, and the seats at them.

        The order of points and seats stays, and with it whatever follows from the order. The
        samples are numbered anew, as their seats are.
        """
        sizes = np.diff(self.seat_start)[points]
        start = np.concatenate(([0], np.cumsum(sizes)))
        seats = np.repeat(self.seat_start[points] - start[:-1], sizes) + np.arange(start[-1])
        places = Places(
            lat=self.lat[points],
            lon=self.lon[points],
            unit=self.unit[points],
            seat_start=start,
            sample_at=np.arange(start[-1]),
            band_start=np.searchsorted(points, self.band_start),
        )
        return places, seats

    @property
    def points(self) -> int:
        """Number of distinct locations."""
        return int(self.lat.size)

    @property
    def seats(self) -> int:
        """Number of samples."""
        return int(self.sample_at.size)

    @cached_property
    def radians(self) -> tuple[Floats, Floats]:
        """Latitude and longitude of each point in radians."""
        return np.radians(self.lat), np.radians(self.lon)

    @cached_property
    def point_of_seat(self) -> Ints:
        """The point each seat belongs to."""
        return np.repeat(np.arange(self.points), np.diff(self.seat_start))

    @cached_property
    def point_of_sample(self) -> Ints:
        """The point each sample sits at, in the order the samples were given."""
        points = np.empty(self.seats, dtype=np.int64)
        points[self.sample_at] = self.point_of_seat
        return points

    def seated(self, marks: Floats) -> Floats:
        """Return one model's marks by seat instead of by sample.

        Samples that share a point are told apart by nothing but their marks, yet equal
        distances are decided by seat. Giving out the seats in row order would let the
        order of the rows change the score; giving them out by mark would put equal marks
        side by side. So the marks of a point are sorted and dealt onto its seats in an
        order drawn from a hash of its latitude: the same for any order of the rows, any
        company of models and any turn of the globe, and blind to what the marks are.
        """
        dealt = marks[self.sample_at]
        shared, by_draw = self._dealing
        by_mark = np.lexsort((dealt[shared], self.point_of_seat[shared]))
        dealt[by_draw] = dealt[shared[by_mark]]
        return dealt

    @cached_property
    def _dealing(self) -> tuple[Ints, Ints]:
        """The seats at points that samples share, and the order in which marks are dealt onto them.

        At each point it is that of pseudo-random numbers, one per seat, from the latitude and the
        rank of the seat alone.
        """
        sizes = np.diff(self.seat_start)
        shared = np.flatnonzero(np.repeat(sizes > 1, sizes))
        point = self.point_of_seat[shared]
        rank = shared - self.seat_start[point]
        drawn = np.asarray(scramble(self.draw[point] ^ rank.astype(np.uint64)))
        return shared, shared[np.lexsort((drawn, point))]

    @cached_property
    def draw(self) -> NDArray[np.uint64]:
        """A pseudo-random number per point, from its latitude alone."""
        return np.asarray(scramble(self.lat.view(np.uint64)))
