"""Samples, the centres to score them around, and the engine that does it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geobias.crews import Crew, Threads
from geobias.geometry.places import Ints, Places
from geobias.inference.exchange import Exchange
from geobias.marking import Codes, Marking
from geobias.progress import Advance
from geobias.samples import Samples
from geobias.scales import Scale
from geobias.scorer import Scorer, Scores, Scoring
from geobias.settings import Settings
from geobias.sphere import Floats
from geobias.spread.spread import Spread
from geobias.sri.engine import NAMES
from geobias.ssi.engine import TESTED

MOST_SUMS = 100_000_000_000
"""Neighbours times columns of marks that a test looks at; beyond, it samples the centres."""

BYTES_PER_BATCH = 256_000_000
"""Columns of marks that are held at once; each batch builds the geometry anew."""


@dataclass(frozen=True)
class Survey:
    """What one audit looks at.

    Attributes
    ----------
    samples
        What is scored.
    places
        Where they are.
    chosen
        The samples that serve as centres.
    points, centre_of
        Their distinct locations, and which of them each chosen sample is at.
    marking
        What lies on them.
    scorer, scoring
        Scores around points: in this process, and wherever the work is done.
    crew
        Who does it.
    seed, threads
        Of the random steps, and how many threads may be used.
    """

    samples: Samples
    places: Places
    chosen: Ints
    points: Ints
    centre_of: Ints
    marking: Marking
    scorer: Scorer
    scoring: Scoring
    crew: Crew
    seed: int
    threads: int

    @classmethod
    def of(
        cls,
        samples: Samples,
        settings: Settings,
        centres: int | None,
        threads: int,
        *,
        crew: Crew | None = None,
        memory: int | None = None,
    ) -> Survey:
        """Prepare to score samples around all of them, or around a random subset.

        ``memory`` is how many bytes the work may take, if that is bounded. A ``crew`` on other
        machines is sent the samples it needs.
        """
        places = Places.of(samples.lat, samples.lon)
        chosen = _drawn(samples, places, centres, settings.seed)
        at, serves = places.point_of_sample[chosen], np.zeros(places.points, bool)
        serves[at] = True
        points, centre_of = np.flatnonzero(serves), (np.cumsum(serves) - 1)[at]
        marking = Marking.of(places, samples.marks, samples.levels)
        scorer = Scorer.of(places, marking, settings, threads, memory)
        crew = crew or Threads(threads)
        scoring: Scoring = scorer
        if not isinstance(crew, Threads):
            scoring = Spread(places, marking, settings, crew, memory)
        return cls(
            samples, places, chosen, points, centre_of, marking, scorer, scoring, crew,
            settings.seed, threads,
        )  # fmt: skip

    @cached_property
    def placed(self) -> Ints:
        """The chosen samples, in the order of their places."""
        serves = np.zeros(self.samples.n, bool)
        serves[self.chosen] = True
        in_order = self.places.sample_at
        return in_order[serves[in_order]]

    @cached_property
    def start(self) -> Ints:
        """Placed samples from ``start[e]`` to ``start[e + 1]`` are at ``points[e]``."""
        return np.concatenate(([0], np.cumsum(np.bincount(self.centre_of))))

    @property
    def first(self) -> Ints:
        """The first placed sample at each point."""
        return self.start[:-1]

    @property
    def entry(self) -> Ints:
        """Which of the points each placed sample is at."""
        return np.repeat(np.arange(self.points.size), np.diff(self.start))

    def rows_at(self, entries: Ints) -> tuple[Ints, Ints]:
        """Return which placed samples are at some of the points, and at which of these."""
        sizes = self.start[entries + 1] - self.start[entries]
        before = np.cumsum(sizes) - sizes
        entry = np.repeat(np.arange(entries.size), sizes)
        return (self.start[entries] - before)[entry] + np.arange(entry.size), entry

    @property
    def names(self) -> tuple[str, ...]:
        """The scores that a test of the dataset looks at."""
        scorer = self.scorer
        return (*(TESTED if scorer.with_ssi else ()), *(NAMES if scorer.parts else ()))

    def scores(self, scale: Scale, advance: Advance) -> Scores:
        """Score every model around every point, with p values if centres are judged."""
        return self.scorer.scores(scale, self.points, advance)

    def exchange(self, groups: Ints | None = None) -> Exchange:
        """Return which samples may trade their marks."""
        samples = self.samples
        return Exchange.of(self.places, samples.sites, groups, samples.merged_from)

    def tested(self, scale: Scale, columns: int) -> Ints:
        """Return the samples whose centres a test visits: all, unless that is too much work."""
        sums = self.scorer.engine.walk.sizes(scale, self.points) * columns
        if int(sums.sum()) <= MOST_SUMS:
            return self.chosen
        # In random order as many as fit; samples at one point share its neighbourhood.
        order = np.random.default_rng([self.seed, 3]).permutation(self.chosen.size)
        order = np.argsort(self.centre_of, kind="stable")[order]
        fresh = np.zeros(order.size, dtype=bool)
        fresh[np.unique(self.centre_of[order], return_index=True)[1]] = True
        work = np.cumsum(np.where(fresh, sums[self.centre_of[order]], 0))
        fitting = max(1, int(np.searchsorted(work, MOST_SUMS, side="right")))
        return np.sort(self.chosen[order[:fitting]])

    @property
    def batch_bytes(self) -> int:
        """How many bytes columns of marks may take at once."""
        allowed = self.scorer.engine.walk.memory
        return BYTES_PER_BATCH if allowed is None else min(BYTES_PER_BATCH, allowed // 4)

    def means(
        self,
        scale: Scale,
        tested: Ints,
        arrange: Callable[[int], Codes],
        draws: int,
        advance: Advance,
    ) -> Floats:
        """Return the mean of each of `names` for many arrangements of the marks.

        Parameters
        ----------
        scale
            What a neighbourhood is.
        tested
            Samples that serve as centres.
        arrange
            Returns the codes of draw 0, 1, …, equally many columns each.
        draws
            How many draws to make.
        advance
            Told about progress.

        Returns
        -------
        float64 array
            (columns, scores, draws)
        """
        points, weights = np.unique(self.places.point_of_sample[tested], return_counts=True)
        bytes_each = arrange(0).nbytes
        batch = max(1, self.batch_bytes // bytes_each)
        means = []
        with ThreadPoolExecutor(self.threads) as pool:
            for first in range(0, draws, batch):
                last = min(first + batch, draws)
                codes = np.concatenate(list(pool.map(arrange, range(first, last))), axis=1)

                def tell(_: str, done: int, total: int, first: int = first) -> None:
                    through = first + min(batch, draws - first) * done / total
                    advance(f"{scale.name}, chance", int(through), draws)

                made = self.scoring.sums(scale, points, weights, codes, tell).mean()
                means.append(made.reshape(len(made), last - first, -1))
        # In one piece: how numbers lie in memory decides how they are summed, to the last bit.
        return np.ascontiguousarray(np.concatenate(means, axis=1).transpose(2, 0, 1))


def _drawn(samples: Samples, places: Places, wanted: int | None, seed: int) -> Ints:
    """Draw centres among the samples in an order that does not depend on their rows."""
    if wanted is None or wanted >= samples.n:
        return np.arange(samples.n)
    order = np.lexsort((*samples.marks, places.point_of_sample))
    drawn = np.random.default_rng(seed).choice(samples.n, wanted, replace=False)
    return np.sort(order[drawn])
