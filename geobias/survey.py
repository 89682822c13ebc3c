"""Samples, the centres to score them around, and the engine that does it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints, Places
from geobias.geometry.shores import EVERYWHERE, Shores
from geobias.inference.exchange import Exchange
from geobias.progress import Advance
from geobias.regions.world import shores
from geobias.samples import Samples
from geobias.scales import EARTH_RADIUS_KM, Scale, length_rad
from geobias.settings import Settings
from geobias.sphere import Floats
from geobias.sri.chance import DRAWS
from geobias.sri.cuts import Sizes
from geobias.sri.engine import NAMES, PartEngine, PartScores
from geobias.ssi.engine import TESTED, CentreScores, Codes, Engine, Judge

MOST_SUMS = 100_000_000_000
"""Neighbours times columns of marks that a test looks at; beyond, it samples the centres."""

_BYTES_PER_BATCH = 256_000_000
"""Columns of marks that are held at once; each batch builds the geometry anew."""


@dataclass(frozen=True)
class Scores:
    """What one visit to the neighbourhoods of a scale gave, by distinct location.

    Attributes
    ----------
    neighbours, radius_km, capped
        Of each neighbourhood.
    ssi, sri
        The scores of each family, None if it was not asked for.
    """

    neighbours: Ints
    radius_km: Floats
    capped: NDArray[np.bool_]
    ssi: CentreScores | None
    sri: PartScores | None


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
    engine
        Scores around points.
    parts
        Scores of the parts of neighbourhoods, if they were asked for.
    with_ssi
        Whether SSI was asked for.
    seed, threads
        Of the random steps, and how many threads may be used.
    """

    samples: Samples
    places: Places
    chosen: Ints
    points: Ints
    centre_of: Ints
    engine: Engine
    parts: PartEngine | None
    with_ssi: bool
    seed: int
    threads: int

    @classmethod
    def of(cls, samples: Samples, settings: Settings, centres: int | None, threads: int) -> Survey:
        """Prepare to score samples around all of them, or around a random subset."""
        places = Places.of(samples.lat, samples.lon)
        chosen = _drawn(samples, places, centres, settings.seed)
        points, centre_of = np.unique(places.point_of_sample[chosen], return_inverse=True)
        engine = Engine(
            places, samples.marks, samples.levels,
            k=settings.k, preset=settings.preset, coding=settings.marks, index=settings.index,
            threads=threads, shores=ground_of(settings.background),
        )  # fmt: skip
        parts = None
        if "sri" in settings.scores:
            parts = PartEngine(
                engine.walk, engine.values, samples.levels,
                Sizes(
                    length_rad("cell", settings.cell) or 0.0,
                    length_rad("lag", settings.lag) or 0.0,
                    settings.sectors,
                ),
                preset=settings.preset, draws=settings.centre_permutations or DRAWS,
                seed=settings.seed,
            )  # fmt: skip
        return cls(
            samples, places, chosen, points, centre_of, engine, parts, "ssi" in settings.scores,
            settings.seed, threads,
        )  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """The scores that a test of the dataset looks at."""
        return (*(TESTED if self.with_ssi else ()), *(NAMES if self.parts else ()))

    def scores(self, scale: Scale, advance: Advance, judge: Judge | None = None) -> Scores:
        """Score every model around every point, with p values if a judge says how."""
        walk, codes = self.engine.walk, self.engine.codes
        route = walk.route(walk.reach(scale, self.points))
        ssi = [self.engine.scoring(scale, route, judge)] if self.with_ssi else []
        sri = [self.parts.scoring(scale, route, codes)] if self.parts else []
        made = walk.run(route, [*ssi, *sri], codes.shape[1], partial(advance, scale.name))
        return Scores(
            neighbours=route.counts[route.back],
            radius_km=route.reach.radius[route.back] * EARTH_RADIUS_KM,
            capped=route.reach.capped[route.back],
            ssi=made[0] if ssi else None,
            sri=made[-1] if sri else None,
        )

    def exchange(self, groups: Ints | None = None) -> Exchange:
        """Return which samples may trade their marks."""
        samples = self.samples
        return Exchange.of(self.places, samples.sites, groups, samples.merged_from)

    def tested(self, scale: Scale, columns: int) -> Ints:
        """Return the samples whose centres a test visits: all, unless that is too much work."""
        sums = self.engine.walk.sizes(scale, self.points) * columns
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
        batch = max(1, _BYTES_PER_BATCH // bytes_each)
        means = []
        with ThreadPoolExecutor(self.threads) as pool:
            for first in range(0, draws, batch):
                last = min(first + batch, draws)
                codes = np.concatenate(list(pool.map(arrange, range(first, last))), axis=1)

                def tell(done: int, total: int, first: int = first, last: int = last) -> None:
                    through = first + (last - first) * done / total
                    advance(f"{scale.name}, chance", int(through), draws)

                walk, weighted = self.engine.walk, weights.astype(np.float64)
                route = walk.route(walk.reach(scale, points))
                ssi = [self.engine.averaging(route, points, weighted, codes)]
                sri = [self.parts.averaging(scale, points, weighted, codes)] if self.parts else []
                tasks = [*(ssi if self.with_ssi else []), *sri]
                made = np.concatenate(walk.run(route, tasks, codes.shape[1], tell))
                means.append(made.reshape(len(made), last - first, -1))
        return np.concatenate(means, axis=1).transpose(2, 0, 1)


def ground_of(background: str) -> Shores:
    """Return where a lattice may have points."""
    return shores() if background == "land" else EVERYWHERE


def _drawn(samples: Samples, places: Places, wanted: int | None, seed: int) -> Ints:
    """Draw centres among the samples in an order that does not depend on their rows."""
    if wanted is None or wanted >= samples.n:
        return np.arange(samples.n)
    order = np.lexsort((*samples.marks, places.point_of_sample))
    drawn = np.random.default_rng(seed).choice(samples.n, wanted, replace=False)
    return np.sort(order[drawn])
