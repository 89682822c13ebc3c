"""Through the neighbourhoods of a scale once, for everything that is to be made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from geobias.geometry.neighbours import (
    Index,
    Neighbourhoods,
    Reach,
    chunks,
    index_of,
    neighbourhoods,
    reach_of,
)
from geobias.geometry.places import Ints, Places
from geobias.scales import Scale
from geobias.sphere import Floats

Progress = Callable[[int, int], None]

_RECORDS_PER_CHUNK = 200_000
"""Centres times columns that are in work at once; their sums take 64 bytes each."""


@dataclass(frozen=True)
class Route:
    """The neighbourhoods of a scale in the order in which they are visited.

    Those of one size come one after another: they share their lattice. The order depends on
    the locations alone.

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
    """What to make of each chunk of neighbourhoods, and of all that was made, in order."""

    visit: Callable[[Neighbourhoods], Any]
    finish: Callable[[list[Any]], Any]


def averaging(
    scores: Callable[[Neighbourhoods], Iterable[Floats]],
    points: int,
    centres: Ints,
    weights: Floats,
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

    Returns
    -------
    Task
        It makes (scores, columns), NaN where a score is undefined at every centre.
    """
    weight_of = np.zeros(points)
    weight_of[centres] = weights

    def visit(found: Neighbourhoods) -> Floats:
        weight = weight_of[found.centres]
        made = list(scores(found))
        known = [~np.isnan(score) for score in made]
        return np.array(
            [
                [np.where(k, s, 0.0) @ weight for k, s in zip(known, made, strict=True)],
                [k @ weight for k in known],
            ]
        )

    def finish(parts: list[Floats]) -> Floats:
        sums = np.zeros_like(parts[0])
        for part in parts:
            sums += part
        with np.errstate(invalid="ignore"):
            means: Floats = sums[0] / sums[1]
        return means

    return Task(visit, finish)


class Walk:
    """Looks neighbourhoods up, chunk by chunk, and hands them to those who score them.

    Parameters
    ----------
    places
        Where the samples are.
    index
        ``bands``, or ``balltree`` for scikit-learn's BallTree.
    threads
        How many to use; never changes a result.
    """

    def __init__(self, places: Places, index: str, threads: int) -> None:
        self.places = places
        self.threads = threads
        self.index: Index = index_of(index, places, threads)

    def route(self, reach: Reach) -> Route:
        """Plan the way through such neighbourhoods."""
        counts = self._count(reach)
        order = np.argsort(counts, kind="stable")
        return Route(reach.take(order), counts[order], order)

    def reach(self, scale: Scale, centres: Ints) -> Reach:
        """Work out how far the neighbourhoods around ``centres`` (points) go."""
        return reach_of(self.index, scale, centres)

    def sizes(self, scale: Scale, centres: Ints) -> Ints:
        """Return how many samples the neighbourhood of each centre holds."""
        return self._count(self.reach(scale, centres))

    def run(
        self, route: Route, tasks: Sequence[Task], columns: int, advance: Progress
    ) -> list[Any]:
        """Visit every neighbourhood once, and return what each task has made of them.

        ``columns`` is how many columns of marks the tasks look at, which bounds the chunks;
        ``advance(done, total)`` is told about progress, in pairs of centre and neighbour.
        """

        def visit(chunk: slice) -> tuple[int, list[Any]]:
            found = neighbourhoods(self.index, self.places, route.reach, chunk)
            return found.members.size, [task.visit(found) for task in tasks]

        most = max(1, _RECORDS_PER_CHUNK // columns)
        total, done, made = int(route.counts.sum()), 0, []
        with ThreadPoolExecutor(self.threads) as pool:
            for pairs, parts in pool.map(visit, chunks(route.counts, most)):
                done += pairs
                made.append(parts)
                advance(done, total)
        return [
            task.finish(list(parts))
            for task, parts in zip(tasks, zip(*made, strict=True), strict=True)
        ]

    def _count(self, reach: Reach) -> Ints:
        """Count the members of each neighbourhood."""
        slices = np.array_split(
            np.arange(reach.centres.size), min(8 * self.threads, reach.centres.size)
        )
        with ThreadPoolExecutor(self.threads) as pool:
            parts = pool.map(lambda s: self.index.count(reach.centres[s], reach.search[s]), slices)
            counts = np.concatenate(list(parts))
        return counts if reach.cap is None else np.minimum(counts, reach.cap)
