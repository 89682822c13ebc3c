"""The pilot: a little of the work, done and timed on the machine at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from time import perf_counter
from typing import Generic, TypeVar

import numpy as np

from geobias.geometry.neighbours import PAIRS_PER_CHUNK
from geobias.geometry.places import Ints
from geobias.planning.estimate import Estimate
from geobias.survey import Survey

Clock = Callable[[], float]
Made = TypeVar("Made")

SECONDS = 2.0
"""How long the pilot of one scale goes on, whatever it times."""

_FEWEST_CENTRES, _MOST_CENTRES = 16, 20_000
_FEWEST_BATCHES = 4


@dataclass(frozen=True)
class Pilot(Generic[Made]):
    """What random centres gave, and how fast.

    Attributes
    ----------
    made
        What each batch gave.
    per_pair
        Seconds that each pair of centre and neighbour takes.
    """

    made: Sequence[Made]
    per_pair: Estimate

    @classmethod
    def of(
        cls,
        batches: Sequence[Ints],
        work: Callable[[Ints], tuple[int, Made]],
        seconds: float,
        clock: Clock = perf_counter,
    ) -> Pilot[Made]:
        """Work on batches in their order until the time is up.

        Parameters
        ----------
        batches
            Random centres.
        work
            Does a batch, and returns its number of pairs and what it made.
        seconds
            How long to go on; a few batches are done in any case.
        clock
            Tells the time.
        """
        begun, centres = clock(), 0
        pairs, times, made = [], [], []
        for number, batch in enumerate(batches):
            start = clock()
            enough = number >= _FEWEST_BATCHES and centres >= _FEWEST_CENTRES
            if enough and start - begun > seconds:
                break
            own, result = work(batch)
            pairs.append(own)
            times.append(clock() - start)
            made.append(result)
            centres += batch.size
        return cls(made, Estimate.rate(np.array(times), np.array(pairs, np.float64)))


def batches_of(survey: Survey, neighbours: float) -> list[Ints]:
    """Return random centres (points, some more than once) in batches of about equal work.

    Centres are drawn among the samples that are to serve as such, not among their locations: so
    the spread of their scores is that of the centres of an audit. ``neighbours`` is how many each
    has on average.
    """
    centres = survey.points[np.sort(survey.centre_of)]
    drawn = np.random.default_rng([survey.seed, 5]).choice(
        centres.size, min(centres.size, _MOST_CENTRES), replace=False
    )
    fitting = int(survey.threads * PAIRS_PER_CHUNK / neighbours)
    each = max(1, min(fitting, ceil(drawn.size / _FEWEST_BATCHES)))
    return [centres[drawn[first : first + each]] for first in range(0, drawn.size, each)]
