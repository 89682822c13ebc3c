"""Everything that is scored in neighbourhoods: what a process needs to do its share of an audit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geobias.exact import ExactSum
from geobias.geometry.places import Ints, Places
from geobias.geometry.shores import EVERYWHERE, Shores
from geobias.marking import Codes, Marking
from geobias.progress import Advance
from geobias.regions.world import shores
from geobias.scales import EARTH_RADIUS_KM, Scale, length_rad
from geobias.settings import Settings
from geobias.sphere import RIM, Floats
from geobias.sri.chance import DRAWS
from geobias.sri.cuts import Sizes
from geobias.sri.engine import PartEngine, PartScores
from geobias.sri.engine import farthest as farthest_part
from geobias.ssi.engine import CentreScores, Engine, Judge


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


class Scoring(Protocol):
    """Scores neighbourhoods, in this process or in many."""

    def each(self, scale: Scale, pieces: Sequence[Ints], advance: Advance) -> Iterator[Scores]:
        """Yield the scores around the points of each piece, in the order of the pieces."""

    def sums(
        self, scale: Scale, points: Ints, weights: Ints, codes: Codes, advance: Advance
    ) -> ExactSum:
        """Add up each score that depends on the marks, for many columns of marks.

        Parameters
        ----------
        scale
            What a neighbourhood is.
        points, weights
            Centres, and how often each counts.
        codes
            (seats, columns), as in `Marking`.
        advance
            Told about progress.

        Returns
        -------
        ExactSum
            (scores, columns).
        """


@dataclass(frozen=True)
class Scorer:
    """Scores neighbourhoods in this process.

    Attributes
    ----------
    engine
        Scores around points.
    parts
        Scores of the parts of neighbourhoods, if they were asked for.
    with_ssi
        Whether SSI was asked for.
    judge
        How single centres are judged, if they are.
    """

    engine: Engine
    parts: PartEngine | None
    with_ssi: bool
    judge: Judge | None

    @classmethod
    def of(
        cls,
        places: Places,
        marking: Marking,
        settings: Settings,
        threads: int,
        memory: int | None = None,
    ) -> Scorer:
        """Prepare to score the marks on some places, within so many bytes if that is bounded."""
        engine = Engine(
            places, marking, k=settings.k, preset=settings.preset, coding=settings.marks,
            index=settings.index, threads=threads, memory=memory,
            shores=ground_of(settings.background),
        )  # fmt: skip
        parts = None
        if "sri" in settings.scores:
            parts = PartEngine(
                engine.walk, marking.values, marking.levels, _sizes(settings),
                preset=settings.preset, draws=settings.centre_permutations or DRAWS,
                seed=settings.seed,
            )  # fmt: skip
        judge = Judge(settings.centre_permutations or 0, settings.seed) if settings.fdr else None
        return cls(engine, parts, "ssi" in settings.scores, judge)

    def each(self, scale: Scale, pieces: Sequence[Ints], advance: Advance) -> Iterator[Scores]:
        """Yield the scores around the points of each piece; see `Scoring`."""
        for points in pieces:
            yield self.scores(scale, points, advance)

    def scores(self, scale: Scale, points: Ints, advance: Advance) -> Scores:
        """Score every model around some points."""
        walk, codes = self.engine.walk, self.engine.marking.codes
        route = walk.route(walk.reach(scale, points))
        ssi = [self.engine.scoring(scale, route, self.judge)] if self.with_ssi else []
        sri = [self.parts.scoring(scale, route, codes)] if self.parts else []
        made = walk.run(route, [*ssi, *sri], codes.shape[1], partial(advance, scale.name))
        return Scores(
            neighbours=route.counts[route.back],
            radius_km=route.reach.radius[route.back] * EARTH_RADIUS_KM,
            capped=route.reach.capped[route.back],
            ssi=made[0] if ssi else None,
            sri=made[-1] if sri else None,
        )

    def sums(
        self, scale: Scale, points: Ints, weights: Ints, codes: Codes, advance: Advance
    ) -> ExactSum:
        """Add up each score that depends on the marks; see `Scoring`."""
        walk = self.engine.walk
        route = walk.route(walk.reach(scale, points))
        ssi = [self.engine.averaging(route, points, weights, codes)] if self.with_ssi else []
        sri = [self.parts.averaging(scale, points, weights, codes)] if self.parts else []
        return ExactSum.stacked(
            walk.run(route, [*ssi, *sri], codes.shape[1], partial(advance, scale.name))
        )


def farthest(scale: Scale, settings: Settings, radius: Floats) -> Floats:
    """Return angles beyond which no score looks, in neighbourhoods of up to such radii."""
    if "sri" not in settings.scores:
        return radius * (1.0 + RIM)
    return farthest_part(scale, _sizes(settings), settings.preset, radius)


def _sizes(settings: Settings) -> Sizes:
    """Return how large the parts of SRI are."""
    return Sizes(
        length_rad("cell", settings.cell) or 0.0,
        length_rad("lag", settings.lag) or 0.0,
        settings.sectors,
    )


def ground_of(background: str) -> Shores:
    """Return where a lattice may have points."""
    return shores() if background == "land" else EVERYWHERE
