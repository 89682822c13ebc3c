"""Scoring in partitions: the same scores as on one machine, in every bit.

A score depends on the samples that a neighbourhood can reach, on their order and on nothing else.
So a worker that holds a partition with a halo, in the order of the whole, scores as if it held
all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TypeVar

import numpy as np

from geobias.crews import Crew, WorkError
from geobias.errors import GeoBiasError
from geobias.exact import ExactSum
from geobias.geometry.curve import pieces_of
from geobias.geometry.places import Ints, Places
from geobias.marking import Codes, Marking
from geobias.progress import Advance
from geobias.scales import Scale
from geobias.scorer import Scores, farthest
from geobias.settings import Settings
from geobias.sphere import Floats
from geobias.spread.halos import angles_holding, points_around
from geobias.spread.partition import Partition, Task, add_up, score

_MOST_CENTRES = 20_000
"""Centres of a partition whose scores are added up."""

_ROUNDS = 4
"""Partitions that each worker gets at least, so that none waits long for the slowest."""

Made = TypeVar("Made")


@dataclass(frozen=True)
class Spread:
    """Scores neighbourhoods in partitions, which the members of a crew work on; see `Scoring`.

    Attributes
    ----------
    places, marking
        All samples and their marks.
    settings
        What is scored, and how.
    crew
        Who does the work.
    memory
        How many bytes that of one partition may take, if that is bounded.
    """

    places: Places
    marking: Marking
    settings: Settings
    crew: Crew
    memory: int | None = None

    def each(self, scale: Scale, pieces: Sequence[Ints], advance: Advance) -> Iterator[Scores]:
        """Yield the scores around the points of each piece; see `Scoring`."""
        return self._work(score, scale, pieces, None, self.marking.codes, advance)

    def sums(
        self, scale: Scale, points: Ints, weights: Ints, codes: Codes, advance: Advance
    ) -> ExactSum:
        """Add up each score that depends on the marks; see `Scoring`."""
        most = min(_MOST_CENTRES, max(1, points.size // (_ROUNDS * self.crew.size)))
        pieces = pieces_of(self.places.unit, points, most)
        weight_of = np.zeros(self.places.points, np.int64)
        weight_of[points] = weights
        return reduce(add, self._work(add_up, scale, pieces, weight_of, codes, advance))

    def _work(
        self,
        work: Callable[[Task, Partition], Made],
        scale: Scale,
        pieces: Sequence[Ints],
        weight_of: Ints | None,
        codes: Codes,
        advance: Advance,
    ) -> Iterator[Made]:
        """Yield what workers make of each piece, in order."""
        task = Task(
            scale, self.settings, self.marking.values, self.marking.levels, self.memory
        )  # fmt: skip
        partitions = (
            self._partition(scale, number, len(pieces), points, weight_of, codes)
            for number, points in enumerate(pieces, start=1)
        )
        done, total = 0, sum(points.size for points in pieces)
        made = _told(self.crew.map(work, task, partitions))
        for points, result in zip(pieces, made, strict=True):
            done += points.size
            advance(scale.name, done, total)
            yield result

    def _partition(
        self,
        scale: Scale,
        number: int,
        of: int,
        points: Ints,
        weight_of: Ints | None,
        codes: Codes,
    ) -> Partition:
        """Put together what a worker needs to know about a piece."""
        around = points_around(self.places, points, self._reach(scale, points))
        places, seats = self.places.subset(around)
        weights = None if weight_of is None else weight_of[points]
        own = np.searchsorted(around, points)
        return Partition(number, of, places, own, weights, codes[seats])

    def _reach(self, scale: Scale, points: Ints) -> Floats:
        """Return how far the scores around some points look, at the most."""
        radius = np.full(points.size, np.pi if scale.radius_rad is None else scale.radius_rad)
        if scale.cap is not None:
            # One more than the cap says whether it turns samples away.
            holding = angles_holding(self.places, points, scale.cap + 1)
            radius = np.minimum(radius, holding)
        return farthest(scale, self.settings, radius)


def _told(made: Iterable[Made]) -> Iterator[Made]:
    """Pass on what was made, or say which partition was not."""
    try:
        yield from made
    except WorkError as error:
        raise GeoBiasError(
            f"Scoring failed in {error.item}: {error.reason}. If its worker ran out of memory, "
            "give the workers more; if not, score these samples alone to see more of it."
        ) from error
