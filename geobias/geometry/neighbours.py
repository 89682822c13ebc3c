"""Who is within reach of each centre: exact neighbourhoods in bounded chunks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.bands import count_seats_within, list_seats_within, squared_chords_by_rank
from geobias.geometry.curve import along_curve
from geobias.geometry.places import Ints, Places
from geobias.geometry.trim import trim_to_cap
from geobias.scales import Scale
from geobias.sphere import RIM, TIE_RELATIVE, Floats, angle, chord

PAIRS_PER_CHUNK = 250_000


@dataclass(frozen=True)
class Reach:
    """How far each centre's neighbourhood goes, before anyone is looked up.

    Attributes
    ----------
    centres
        Points at the middle of the neighbourhoods.
    radius
        Radius of each neighbourhood in radians, from which its lattice is built.
    search
        Angle within which its members are to be found, in radians.
    cap
        At most this many members, if not None.
    capped
        Whether the cap turned samples away that lie within the radius.
    full
        Whether it is known that just as many samples as the cap lie within ``search``.
    """

    centres: Ints
    radius: Floats
    search: Floats
    cap: int | None
    capped: NDArray[np.bool_]
    full: NDArray[np.bool_]

    def take(self, some: Ints | slice) -> Reach:
        """Return some of the neighbourhoods, in this order."""
        return Reach(
            self.centres[some], self.radius[some], self.search[some], self.cap,
            self.capped[some], self.full[some],
        )  # fmt: skip

    def count(self, index: Index) -> Ints:
        """Return how many samples lie within ``search`` of each centre."""
        counts = np.full(self.centres.size, self.cap or 0)
        if not self.full.all():
            unknown = ~self.full
            counts[unknown] = index.count(self.centres[unknown], self.search[unknown])
        return counts


@dataclass(frozen=True)
class Neighbourhoods:
    """The members of consecutive centres: ``members[start[i]:start[i + 1]]``, ascending seats."""

    centres: Ints
    radius: Floats
    start: Ints
    members: NDArray[np.int32]


class Index(Protocol):
    """Answers the two questions every scale comes down to."""

    def distance_to(self, centres: Ints, ranks: list[int]) -> Floats:
        """Return the angle to the sample of each rank, (centres, ranks); inf if there is none."""

    def count(self, centres: Ints, search: Floats) -> Ints:
        """Return how many seats lie within ``search`` of each centre."""

    def within(self, centres: Ints, search: Floats, start: Ints) -> NDArray[np.int32]:
        """Return those seats, ascending for each centre, at the offsets ``start``."""


class BandIndex:
    """Ranks and members from runs through bands of latitude."""

    def __init__(self, places: Places, threads: int) -> None:
        self._places = places
        self._threads = threads

    def distance_to(self, centres: Ints, ranks: list[int]) -> Floats:
        """Return the angle to the sample of each rank."""
        places = self._places

        def ranked(some: Ints) -> Floats:
            apart2: Floats = squared_chords_by_rank(
                places.lat, places.lon, places.unit, places.band_start, places.seat_start,
                centres[some], np.array(ranks),
            )  # fmt: skip
            return apart2

        along = along_curve(places.unit[centres])
        slices = np.array_split(along, min(8 * self._threads, centres.size))
        distance = np.empty((centres.size, len(ranks)))
        with ThreadPoolExecutor(self._threads) as pool:
            distance[along] = np.sqrt(np.concatenate(list(pool.map(ranked, slices))))
        return np.where(np.isinf(distance), np.inf, angle(distance))

    def count(self, centres: Ints, search: Floats) -> Ints:
        """Return how many seats lie within ``search`` of each centre."""
        places = self._places
        counts: Ints = count_seats_within(
            places.lat, places.lon, places.unit, places.band_start, places.seat_start,
            centres, search, chord(search) ** 2,
        )  # fmt: skip
        return counts

    def within(self, centres: Ints, search: Floats, start: Ints) -> NDArray[np.int32]:
        """Return those seats, ascending for each centre."""
        places = self._places
        seats: NDArray[np.int32] = list_seats_within(
            places.lat, places.lon, places.unit, places.band_start, places.seat_start,
            centres, search, chord(search) ** 2, start,
        )  # fmt: skip
        return seats


class BallTreeIndex:
    """The same answers from scikit-learn's BallTree with the haversine distance."""

    def __init__(self, places: Places) -> None:
        from sklearn.neighbors import BallTree

        self._radians = np.radians(np.column_stack((places.lat, places.lon)))
        self._tree = BallTree(self._radians[places.point_of_seat], metric="haversine")
        self._seats = places.seats

    def distance_to(self, centres: Ints, ranks: list[int]) -> Floats:
        """Return the angle to the sample of each rank."""
        distance = np.full((centres.size, len(ranks)), np.inf)
        deepest = min(max(ranks), self._seats)
        rows = max(1, PAIRS_PER_CHUNK // deepest)
        for first in range(0, centres.size, rows):
            chunk = slice(first, first + rows)
            found, _ = self._tree.query(self._radians[centres[chunk]], k=deepest)
            for column, rank in enumerate(ranks):
                if rank <= deepest:
                    distance[chunk, column] = found[:, rank - 1]
        return distance

    def count(self, centres: Ints, search: Floats) -> Ints:
        """Return how many seats lie within ``search`` of each centre."""
        found = self._tree.query_radius(self._radians[centres], search, count_only=True)
        return np.asarray(found, dtype=np.int64)

    def within(self, centres: Ints, search: Floats, start: Ints) -> NDArray[np.int32]:
        """Return those seats, ascending for each centre."""
        found = self._tree.query_radius(self._radians[centres], search)
        return np.concatenate([np.sort(seats) for seats in found]).astype(np.int32)


def index_of(name: str, places: Places, threads: int) -> Index:
    """Return the index of this name."""
    return BandIndex(places, threads) if name == "bands" else BallTreeIndex(places)


def reach_of(index: Index, scale: Scale, centres: Ints) -> Reach:
    """Work out how far the neighbourhoods of ``scale`` go around ``centres``."""
    everywhere = np.full(centres.size, np.inf if scale.radius_rad is None else scale.radius_rad)
    if scale.cap is None:
        nowhere = np.zeros(centres.size, bool)
        return Reach(centres, everywhere, everywhere * (1.0 + RIM), None, nowhere, nowhere)
    ranked = index.distance_to(centres, [scale.cap, scale.cap + 1])
    nearest, next_one = ranked[:, 0], ranked[:, 1]
    rim = everywhere * (1.0 + RIM)
    if scale.radius_rad is None:
        radius, capped = nearest, np.zeros(centres.size, bool)
    else:
        radius, capped = everywhere, next_one <= rim
    # Reach a little beyond the last one, so that all that tie with it are seen.
    beyond = nearest * (1.0 + TIE_RELATIVE) + 1e-14
    full = (beyond <= rim) & (next_one > beyond * (1.0 + TIE_RELATIVE) + 1e-14)
    return Reach(centres, radius, np.minimum(beyond, rim), scale.cap, capped, full)


def neighbourhoods(
    index: Index, places: Places, reach: Reach, chunk: slice, counts: Ints | None = None
) -> Neighbourhoods:
    """Look up the members of one chunk of centres; ``counts`` are their numbers, if known."""
    some = reach.take(chunk)
    if counts is None or reach.cap is not None:
        # A cap leaves some of those out that are found at first.
        counts = some.count(index)
    start = np.concatenate(([0], np.cumsum(counts)))
    members = index.within(some.centres, some.search, start)
    if not some.full.all() and reach.cap is not None:
        start, members = trim_to_cap(
            places.unit, places.point_of_seat, some.centres, start, members, reach.cap
        )
    return Neighbourhoods(some.centres, some.radius, start, members)


def chunks(
    counts: Ints, most: int = PAIRS_PER_CHUNK, pairs: int = PAIRS_PER_CHUNK, together: int = 1
) -> Iterator[slice]:
    """Cut centres into runs of about so many pairs, if not fewer, and at most ``most`` centres.

    Where neighbourhoods are large, ``together`` tells how many may still make up a run.
    """
    total = np.cumsum(counts)
    first = 0
    while first < total.size:
        before = total[first - 1] if first else 0
        enough = min(pairs, max(PAIRS_PER_CHUNK, together * int(counts[first])))
        last = int(np.searchsorted(total, before + enough, side="right"))
        last = min(max(last, first + 1), first + most)
        yield slice(first, last)
        first = last
