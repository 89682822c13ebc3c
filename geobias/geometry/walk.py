"""Through the neighbourhoods of a scale once, for everything that is to be made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import add, itemgetter
from typing import Any, NamedTuple

import numpy as np

from geobias.errors import GeoBiasError
from geobias.exact import ExactSum
from geobias.geometry.curve import along_curve
from geobias.geometry.neighbours import (
    PAIRS_PER_CHUNK,
    Index,
    Neighbourhoods,
    Reach,
    chunks,
    index_of,
    neighbourhoods,
    reach_of,
)
from geobias.geometry.places import Ints, Places
from geobias.memory import spelled_size
from geobias.scales import Scale
from geobias.sphere import Floats

Progress = Callable[[int, int], None]

_LEAST_PAIRS = 20_000
"""A chunk is no smaller than this, so that its preparation does not matter."""

_LARGE_PER_CHUNK = 16
"""Even if they are large, so many neighbourhoods come together: work space is made for each chunk,
and a large one, returned to the system each time, takes as long to get as the work."""

_RECORDS_PER_CHUNK = 200_000
"""Centres times columns that are in work at once; their sums take 64 bytes each."""


@dataclass(frozen=True)
class Route:
    """The neighbourhoods of a scale in the order in which they are visited.

    Those of one size come one after another, for they share their lattice, and among them those
    that are near each other, for they share their members. The order depends on the locations
    alone.

    Attributes
    ----------
    reach
        The neighbourhoods.
    counts
        How many samples each holds.
    order
        Which of the centres that were asked for each is around.
    """

    reach: Reach
    counts: Ints
    order: Ints

    @cached_property
    def back(self) -> Ints:
        """Where each of the centres that were asked for is visited."""
        return np.argsort(self.order)


class Task(NamedTuple):
    """What to make of each chunk of neighbourhoods, and of all that was made, in order.

    ``room`` says how many bytes the work on a neighbourhood of so many members and such a radius
    takes. If there is a ``fold``, it makes one of what two chunks gave, so that there is only one
    to finish.
    """

    visit: Callable[[Neighbourhoods], Any]
    finish: Callable[[list[Any]], Any]
    room: Callable[[int, float], int]
    fold: Callable[[Any, Any], Any] | None = None


def averaging(
    scores: Callable[[Neighbourhoods], Iterable[Floats]],
    points: int,
    centres: Ints,
    weights: Ints,
    room: Callable[[int, float], int],
) -> Task:
    """Return the task of averaging scores over centres.

    Parameters
    ----------
    scores
        Returns (columns, centres) of each score, NaN where a centre has none.
    points
        How many points there are.
    centres, weights
        Points, and how often each counts.
    room
        As in `Task`.

    Returns
    -------
    Task
        It makes the `ExactSum` of (scores, columns).
    """
    weight_of = np.zeros(points, np.int64)
    weight_of[centres] = weights

    def visit(found: Neighbourhoods) -> ExactSum:
        return ExactSum.of(np.array(list(scores(found))), weight_of[found.centres])

    return Task(visit, itemgetter(0), room, add)


def listing_bytes(members: int) -> int:
    """Return how many bytes the list of a chunk takes whose largest neighbourhood is so large."""
    return 8 * max(_LARGE_PER_CHUNK * members, 2 * PAIRS_PER_CHUNK)


class Walk:
    """Looks neighbourhoods up, chunk by chunk, and hands them to those who score them.

    Parameters
    ----------
    places
        Where the samples are.
    index
        ``bands``, or ``balltree`` for scikit-learn's BallTree.
    threads, memory
        How many threads to use, and how many bytes their work may take, if that is bounded; never
        change a result.
    """

    def __init__(self, places: Places, index: str, threads: int, memory: int | None = None) -> None:
        self.places = places
        self.threads = threads
        self.memory = memory
        self.index: Index = index_of(index, places, threads)

    def route(self, reach: Reach) -> Route:
        """Plan the way through such neighbourhoods."""
        counts = self._count(reach)
        along = along_curve(self.places.unit[reach.centres])
        order = along[np.argsort(counts[along], kind="stable")]
        return Route(reach.take(order), counts[order], order)

    def reach(self, scale: Scale, centres: Ints) -> Reach:
        """Work out how far the neighbourhoods around ``centres`` (points) go."""
        return reach_of(self.index, scale, centres)

    def sizes(self, scale: Scale, centres: Ints) -> Ints:
        """Return how many samples the neighbourhood of each centre holds."""
        if scale.radius_rad is None:
            return np.full(centres.size, scale.cap)
        return self._count(self.reach(scale, centres))

    def run(
        self, route: Route, tasks: Sequence[Task], columns: int, advance: Progress
    ) -> list[Any]:
        """Visit every neighbourhood once, and return what each task has made of them.

        ``columns`` is how many columns of marks the tasks look at, which bounds the chunks;
        ``advance(done, total)`` is told about progress, in pairs of centre and neighbour.
        """

        def visit(chunk: slice) -> tuple[int, list[Any]]:
            found = neighbourhoods(self.index, self.places, route.reach, chunk, route.counts[chunk])
            return found.members.size, [task.visit(found) for task in tasks]

        self._refuse_too_large(tasks, route)
        most = max(1, _RECORDS_PER_CHUNK // columns)
        total, done = int(route.counts.sum()), 0
        pairs_each = max(_LEAST_PAIRS, total // (4 * self.threads))
        made: list[list[Any]] = [[] for _ in tasks]
        # Sizes ascend: what comes later takes more memory, and goes on in fewer threads at once.
        stages = groupby(
            chunks(route.counts, most, pairs_each, _LARGE_PER_CHUNK),
            lambda chunk: self._fitting(tasks, route, chunk),
        )
        for threads, some in stages:
            with ThreadPoolExecutor(threads) as pool:
                for pairs, parts in pool.map(visit, some):
                    done += pairs
                    for task, own, part in zip(tasks, made, parts, strict=True):
                        if task.fold and own:
                            own[0] = task.fold(own[0], part)
                        else:
                            own.append(part)
                    advance(done, total)
        return [task.finish(own) for task, own in zip(tasks, made, strict=True)]

    def _fitting(self, tasks: Sequence[Task], route: Route, chunk: slice) -> int:
        """Return how many threads may work on such chunks at once.

        They may take half of the memory: what threads before them have given back is not free for
        them to take.
        """
        if self.memory is None:
            return self.threads
        fitting = self.memory // (2 * self._room(tasks, route, chunk.stop - 1))
        return max(1, min(self.threads, fitting))

    def _room(self, tasks: Sequence[Task], route: Route, last: int) -> int:
        """Return how many bytes a chunk takes that ends with this neighbourhood."""
        members, radius = int(route.counts[last]), float(route.reach.radius[last])
        return listing_bytes(members) + sum(task.room(members, radius) for task in tasks)

    def _refuse_too_large(self, tasks: Sequence[Task], route: Route) -> None:
        """Refuse neighbourhoods that do not fit into the memory one at a time."""
        if self.memory is None:
            return
        needed = self._room(tasks, route, route.counts.size - 1)
        if needed > self.memory:
            raise GeoBiasError(
                f"A neighbourhood of {int(route.counts[-1]):,} samples takes "
                f"{spelled_size(needed)}, more than the memory of {spelled_size(self.memory)}: "
                "allow more (memory=, --memory), or choose a smaller scale."
            )

    def _count(self, reach: Reach) -> Ints:
        """Count the members of each neighbourhood."""
        slices = np.array_split(
            np.arange(reach.centres.size), min(8 * self.threads, reach.centres.size)
        )
        with ThreadPoolExecutor(self.threads) as pool:
            parts = pool.map(lambda some: reach.take(some).count(self.index), slices)
            counts = np.concatenate(list(parts))
        return counts if reach.cap is None else np.minimum(counts, reach.cap)
