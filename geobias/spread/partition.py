"""Some of the centres with all that they can reach, and what a worker makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geobias.exact import ExactSum
from geobias.geometry.places import Ints, Places
from geobias.marking import Codes, Marking
from geobias.progress import ignore
from geobias.scales import Scale
from geobias.scorer import Scorer, Scores
from geobias.settings import Settings
from geobias.sphere import Floats
from geobias.wording import counted


@dataclass(frozen=True)
class Task:
    """What is to be done with every partition.

    Attributes
    ----------
    scale, settings
        What a neighbourhood is, and how it is scored.
    values, levels
        What codes stand for, as in `Marking`.
    memory
        How many bytes the work of one partition may take, if that is bounded.
    """

    scale: Scale
    settings: Settings
    values: Floats
    levels: tuple[float, ...]
    memory: int | None = None


@dataclass(frozen=True)
class Partition:
    """Some centres and their surroundings.

    Attributes
    ----------
    number, of
        Which partition this is, from 1, and of how many.
    places
        The centres and all that may lie in their neighbourhoods.
    own
        The centres among the points.
    weights
        How often each of them counts, where they are averaged.
    codes
        What lies on the seats, (seats, columns).
    """

    number: int
    of: int
    places: Places
    own: Ints
    weights: Ints | None
    codes: Codes

    def scorer(self, task: Task) -> Scorer:
        """Prepare to score the centres."""
        marking = Marking(self.codes, task.values, task.levels)
        return Scorer.of(self.places, marking, task.settings, threads=1, memory=task.memory)

    def __str__(self) -> str:
        """``partition 3 of 8 (latitude -17.50° to …)``."""
        places = self.places
        samples = int(np.diff(places.seat_start)[self.own].sum())
        lat, (west, east) = places.lat[self.own], span_of_longitudes(places.lon[self.own])
        return (
            f"partition {self.number} of {self.of} (latitude {lat.min():.2f}° to "
            f"{lat.max():.2f}°, longitude {west:.2f}° to {east:.2f}°, {counted(samples, 'sample')} "
            f"and {places.seats - samples:,} around them)"
        )


def score(task: Task, partition: Partition) -> Scores:
    """Score every model around each centre of a partition."""
    return partition.scorer(task).scores(task.scale, partition.own, ignore)


def add_up(task: Task, partition: Partition) -> ExactSum:
    """Add up the scores of every column over the centres of a partition."""
    assert partition.weights is not None
    return partition.scorer(task).sums(
        task.scale, partition.own, partition.weights, partition.codes, ignore
    )


def span_of_longitudes(lon: Floats) -> tuple[float, float]:
    """Return from where to where, going east, longitudes reach: over 180° if that is shorter.

    >>> span_of_longitudes(np.array([-179.0, 10.0, 170.0]))
    (10.0, -179.0)
    """
    lon = np.unique(lon)
    gaps = np.diff(lon, append=lon[0] + 360.0)
    widest = int(np.argmax(gaps))
    return float(lon[(widest + 1) % lon.size]), float(lon[widest])
