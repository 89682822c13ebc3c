"""The paired permutation test: whether it matters which model gave which answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from geobias.inference.exchange import Exchange
from geobias.inference.permutation import Verdict, judge
from geobias.inference.shuffles import SMALL_P, centres_note, draws_note
from geobias.marking import Codes
from geobias.progress import Advance
from geobias.scales import Scale
from geobias.settings import Settings
from geobias.survey import Survey


@dataclass
class SwapTest:
    """Swaps the marks of two models at random, site by site.

    If two models are alike in every respect, accuracy included, either could have given
    either answer. What the test says is that the difference of their scores is more than
    swapping answers makes of it.

    Attributes
    ----------
    survey
        What both models are scored on.
    pairs
        Positions of the first and the second model of each pair.
    """

    survey: Survey
    exchange: Exchange
    pairs: Sequence[tuple[int, int]]
    permutations: int
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, survey: Survey, pairs: Sequence[tuple[int, int]], settings: Settings) -> SwapTest:
        """Prepare the test."""
        permutations = settings.permutations or 0
        notes = []
        if len(pairs) / (permutations + 1) > SMALL_P:
            notes.append(draws_note(permutations, len(pairs)))
        return cls(survey, survey.exchange(), pairs, permutations, notes)

    def run(self, scale: Scale, advance: Advance) -> Verdict:
        """Test every pair at one scale; the verdict's arrays are (pairs, scores)."""
        columns = 2 * len(self.pairs) * (self.permutations + 1)
        tested = self.survey.tested(scale, columns)
        self.notes += centres_note(scale, tested.size, self.survey.chosen.size)
        means = self.survey.means(scale, tested, self._arrange, self.permutations + 1, advance)
        first, second = np.split(means, 2)
        difference = second - first
        return judge(difference[..., 0], difference[..., 1:], middle=0.0)

    def _arrange(self, draw: int) -> Codes:
        codes = self.survey.marking.codes
        first, second = (codes[:, list(models)] for models in zip(*self.pairs, strict=True))
        if draw:
            heads = self.exchange.toss(np.random.default_rng([self.survey.seed, 4, draw]))
            first, second = (
                np.where(heads[:, None], second, first),
                np.where(heads[:, None], first, second),
            )
        return np.concatenate((first, second), axis=1)
