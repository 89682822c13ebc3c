"""Who is whose neighbour: great-circle neighbourhoods as links that libpysal understands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geobias.errors import ScaleError
from geobias.geometry.neighbours import chunks, index_of, neighbourhoods, reach_of
from geobias.geometry.places import Ints, Places
from geobias.progress import Advance
from geobias.scales import Scale
from geobias.wording import counted

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from scipy.sparse import csr_array

MOST_LINKS = 50_000_000
"""Links that are held; esda and pandas take about 100 bytes for each while they work."""

MOST_CENTRES = 1 << 20
"""Centres that are looked up at once."""


@dataclass(frozen=True, eq=False)
class Links:
    """The neighbourhood of each seat, itself included.

    Attributes
    ----------
    start, members
        Those around seat ``s`` are ``members[start[s]:start[s + 1]]``, ascending.
    capped
        Seats whose neighbourhood was cut to the nearest, although more lie within the radius.
    undefined
        Seats that cannot be told from others by where they are: no neighbour, every other sample
        a neighbour, or so many samples at one place that no other place is among the nearest.
    """

    start: Ints
    members: NDArray[np.int32]
    capped: NDArray[np.bool_]
    undefined: NDArray[np.bool_]

    @classmethod
    def of(cls, places: Places, scale: Scale, threads: int, advance: Advance) -> Links:
        """Look the neighbours of all seats up.

        Raises
        ------
        ScaleError
            If there are too many to be held.
        """
        index = index_of("bands", places, threads)
        reach = reach_of(index, scale, np.arange(places.points))
        held = np.diff(places.seat_start)
        counts = reach.count(index)
        sizes = counts if scale.cap is None else np.minimum(counts, scale.cap)
        _refuse_too_many(scale, int((sizes * held).sum()), places.seats)
        found = []
        for chunk in chunks(counts, MOST_CENTRES):
            advance("neighbours", chunk.start, places.points)
            found.append(neighbourhoods(index, places, reach, chunk).members)
        members = np.concatenate(found)
        of = places.point_of_seat
        if places.points < places.seats:
            members = _repeated(members, sizes, of)
        size = sizes[of]
        at_one_place = (held >= sizes) & (held > 1) & (scale.cap is not None)
        return cls(
            start=np.concatenate(([0], np.cumsum(size))),
            members=members,
            capped=reach.capped[of],
            undefined=(size < 2) | (size >= places.seats) | at_one_place[of],
        )

    @property
    def size(self) -> Ints:
        """Seats in each neighbourhood, its own included."""
        return np.diff(self.start)

    @cached_property
    def matrix(self) -> csr_array:
        """The links as a matrix of ones, the diagonal included."""
        from scipy.sparse import csr_array

        ones = np.ones(self.members.size, dtype=np.float64)
        return csr_array((ones, self.members, self.start), shape=(self.size.size,) * 2)

    def graph(self, own: bool) -> Graph:
        """Return the links for libpysal: binary with the diagonal, or row-standardised without.

        Parameters
        ----------
        own
            Whether each seat is its own neighbour.
        """
        import pandas as pd
        from libpysal.graph import Graph

        size = self.size
        focal = np.repeat(np.arange(size.size, dtype=np.int32), size)
        neighbour = self.members
        weight = np.ones(focal.size)
        if not own:
            # libpysal wants one that has no neighbour to be its own, with a weight of 0.
            alone = size == 1
            kept = (focal != neighbour) | alone[focal]
            focal, neighbour = focal[kept], neighbour[kept]
            weight = np.where(alone, 0.0, 1.0 / np.maximum(size - 1, 1))[focal]
        seats = pd.RangeIndex(size.size)
        index = pd.MultiIndex(
            levels=[seats, seats], codes=[focal, neighbour],  # type: ignore[list-item]
            names=["focal", "neighbor"], verify_integrity=False,
        )  # fmt: skip
        adjacency = pd.Series(weight, index=index, name="weight")
        return Graph(adjacency, transformation="B" if own else "R", is_sorted=True)


def _refuse_too_many(scale: Scale, links: int, samples: int) -> None:
    if links > MOST_LINKS:
        each = max(2, MOST_LINKS // samples)
        raise ScaleError(
            f"Scale {scale} makes {links:,} links between {counted(samples, 'sample')}, more than "
            f"{MOST_LINKS:,}: ask for a smaller radius, or for nearest ones, at most knn:{each}."
        )


def _repeated(members: NDArray[np.int32], sizes: Ints, point_of_seat: Ints) -> NDArray[np.int32]:
    """Return the neighbourhood of a point once for each seat there."""
    start = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    size = sizes[point_of_seat]
    ends = np.cumsum(size)
    shift = np.repeat(start[point_of_seat] - (ends - size), size)
    taken: NDArray[np.int32] = members[np.arange(shift.size) + shift]
    return taken
