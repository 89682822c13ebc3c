"""How long the parts of an audit take, from a pilot of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil
from time import perf_counter

import numpy as np

from geobias.geometry.places import Ints
from geobias.inference.bootstrap import Bootstrap
from geobias.inference.shuffles import ShuffleTest
from geobias.marking import Codes
from geobias.planning.cost import Cost
from geobias.planning.estimate import Estimate
from geobias.planning.pilot import SECONDS, Made, Pilot
from geobias.planning.variation import Variation
from geobias.progress import ignore
from geobias.results.scores import CALIBRATED, SRI, SRI_RELATIVE, SSI
from geobias.scales import EARTH_RADIUS_KM, Scale
from geobias.scorer import Scorer, Scores
from geobias.settings import Settings
from geobias.sphere import Floats
from geobias.survey import MOST_SUMS, Survey

_PILOT_DRAWS, _PILOT_CENTRES = 32, 20_000
"""Of the bootstrap, whose time grows with both."""


@dataclass(frozen=True)
class Shuffled:
    """Columns of shuffled marks, as many as one pass of a permutation test looks at.

    Attributes
    ----------
    codes
        (seats, columns).
    passes
        How many passes there are.
    columns
        Columns of all of them.
    seconds
        How long it takes to shuffle for one scale.
    """

    codes: Codes
    passes: int
    columns: int
    seconds: float

    @classmethod
    def of(cls, survey: Survey, settings: Settings) -> Shuffled:
        """Shuffle a few times, and take the same ones again for the rest of a pass."""
        test = ShuffleTest.of(survey, settings)
        codes, draws = survey.marking.codes, test.permutations + 1

        def shuffle(draw: int) -> Codes:
            return codes[test.exchange.shuffle(np.random.default_rng([survey.seed, 6, draw]))]

        few, begun = min(draws, 2 * survey.threads), perf_counter()
        with ThreadPoolExecutor(survey.threads) as pool:
            made = list(pool.map(shuffle, range(few)))
        seconds = (perf_counter() - begun) / few * draws
        together = min(draws, max(1, survey.batch_bytes // codes.nbytes))
        columns = np.concatenate([made[draw % few] for draw in range(together)], axis=1)
        return cls(columns, ceil(draws / together), draws * codes.shape[1], seconds)


@dataclass(frozen=True)
class Stopwatch:
    """Times the parts of an audit at one scale.

    Parameters
    ----------
    survey, settings, scale
        The audit.
    batches
        Random centres, in batches.
    shuffled
        Shuffled marks, if there is to be a permutation test.
    """

    survey: Survey
    settings: Settings
    scale: Scale
    batches: list[Ints]
    shuffled: Shuffled | None

    def costs(self) -> tuple[list[Cost], dict[str, list[Variation]]]:
        """Return what each part costs, and of each calibrated score its spread by model."""
        scorer, costs, spreads = self.survey.scorer, [], {}
        if scorer.with_ssi:
            plain = self._scored(replace(scorer, parts=None, judge=None))
            spreads = _spreads(plain.made)
            costs.append(Cost("scores", plain.per_pair))
            if scorer.judge:
                judged = self._scored(replace(scorer, parts=None)).per_pair
                more = max(0.0, judged.value - plain.per_pair.value)
                error = judged.error + plain.per_pair.error
                costs.append(Cost("single centres", Estimate(more, error)))
        if scorer.parts:
            parts = self._scored(replace(scorer, with_ssi=False, judge=None))
            spreads |= _spreads(parts.made)
            costs.append(Cost("sri", parts.per_pair))
        if self.settings.bootstrap:
            costs.append(Cost("bootstrap", per_centre=self._resampled()))
        if self.shuffled:
            costs.append(self._permuted(self.shuffled))
        return costs, spreads

    @property
    def _seconds(self) -> float:
        """How long each pilot may take, so that all of a scale take no more than one."""
        scorer = self.survey.scorer
        parts = (scorer.with_ssi, scorer.judge, scorer.parts, self.shuffled)
        return SECONDS / sum(bool(part) for part in parts)

    def _scored(self, scorer: Scorer) -> Pilot[dict[str, Floats]]:
        def work(batch: Ints) -> tuple[int, dict[str, Floats]]:
            points, back = np.unique(batch, return_inverse=True)
            scores = scorer.scores(self.scale, points, ignore)
            return int(scores.neighbours.sum()), _calibrated(scores, back)

        return self._timed(work)

    def _permuted(self, shuffled: Shuffled) -> Cost:
        def work(batch: Ints) -> tuple[int, None]:
            points, weights = np.unique(batch, return_counts=True)
            self.survey.scorer.sums(self.scale, points, weights, shuffled.codes, ignore)
            return int(self.survey.scorer.engine.walk.sizes(self.scale, points).sum()), None

        return Cost(
            "permutations",
            self._timed(work).per_pair.scaled(shuffled.passes),
            fixed=shuffled.seconds,
            most_pairs=MOST_SUMS / shuffled.columns,
        )

    def _timed(self, work: Callable[[Ints], tuple[int, Made]]) -> Pilot[Made]:
        return Pilot.of(self.batches, work, self._seconds)

    def _resampled(self) -> float:
        """Return the seconds per centre that the intervals of all models and scores take."""
        survey, settings = self.survey, self.settings
        points = np.concatenate(self.batches)[:_PILOT_CENTRES]
        side = settings.block_km
        if side is None:
            reach = survey.scorer.engine.walk.reach(self.scale, points[:_PILOT_DRAWS])
            side = max(1.0, 4.0 * float(np.median(reach.radius)) * EARTH_RADIUS_KM)
        draws = min(settings.bootstrap or 0, _PILOT_DRAWS)
        places = survey.places
        begun = perf_counter()
        drawn = Bootstrap.of(places.lat[points], places.lon[points], side, draws, settings.seed)
        drawn.medians(np.random.default_rng(settings.seed).random(points.size))
        seconds = (perf_counter() - begun) / (draws * points.size)
        families = (SSI, (*SRI, *SRI_RELATIVE))
        wanted = (survey.scorer.with_ssi, bool(survey.scorer.parts))
        scores = sum(len(names) for names, asked in zip(families, wanted, strict=True) if asked)
        # Over all centres, and over the wrong ones.
        columns = scores * float((2.0 - survey.samples.accuracy).sum())
        return seconds * columns * (settings.bootstrap or 0)


def _calibrated(scores: Scores, back: Ints) -> dict[str, Floats]:
    """Return each calibrated score around the centres of a batch, (models, centres)."""
    found: dict[str, Floats] = {}
    if scores.ssi is not None:
        found |= {score: scores.ssi.nats(score)[:, back] for score in CALIBRATED}
    if scores.sri is not None:
        relative = scores.sri.relative()[..., back]
        found |= dict(zip(SRI_RELATIVE, relative, strict=True))
    return found


def _spreads(made: Sequence[dict[str, Floats]]) -> dict[str, list[Variation]]:
    """Return the spread of each score by model."""
    return {
        score: [Variation.of(own) for own in np.concatenate([each[score] for each in made], axis=1)]
        for score in made[0]
    }
