"""The permutation test of a dataset: what the mean scores are when errors fall by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from geobias.errors import GeoBiasError
from geobias.geometry.blocks import blocks_of
from geobias.geometry.places import Ints
from geobias.inference.exchange import Exchange
from geobias.inference.permutation import Verdict, judge
from geobias.marking import Codes
from geobias.progress import Advance
from geobias.samples import Samples
from geobias.scales import Scale, length_km
from geobias.settings import Settings
from geobias.sphere import Floats
from geobias.survey import Survey
from geobias.wording import counted

Memory = Callable[[str, Callable[[], Floats]], Floats]
"""Returns what was made under a name before, or makes it."""

SMALL_P = 0.01
"""If no p value can be below this, that is worth a warning."""


@dataclass
class ShuffleTest:
    """Shuffles the marks of all models alike over the dataset, site by site.

    Locations, neighbourhoods and the number of errors are given; where the errors fall is
    left to chance. The p values hold whatever the scores' own distribution.
    """

    survey: Survey
    exchange: Exchange
    permutations: int
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, survey: Survey, settings: Settings) -> ShuffleTest:
        """Prepare the test; refuse it where nothing could move."""
        samples, permutations = survey.samples, settings.permutations or 0
        exchange = survey.exchange(_groups(samples, settings.within))
        inside = f" within {settings.within}" if settings.within else ""
        by_column = settings.within is not None and length_km(settings.within) is None
        ungrouped = ", or a site has no group or several" if by_column else ""
        notes = exchange_notes(exchange, samples, permutations, inside, ungrouped)
        return cls(survey, exchange, permutations, notes)

    def run(self, scale: Scale, remembered: Memory, advance: Advance) -> Verdict:
        """Test every model at one scale; the verdict's arrays are (models, scores).

        ``remembered`` is asked first for the means of a test that was made before.
        """
        survey = self.survey
        columns = len(survey.samples.models) * (self.permutations + 1)
        tested = survey.tested(scale, columns)
        self.notes += centres_note(scale, tested.size, survey.chosen.size)
        means = remembered(
            f"{scale.name}-chance",
            lambda: survey.means(scale, tested, self._arrange, self.permutations + 1, advance),
        )
        return judge(means[..., 0], means[..., 1:])

    def _arrange(self, draw: int) -> Codes:
        codes = self.survey.marking.codes
        if draw == 0:
            return codes
        return codes[self.exchange.shuffle(np.random.default_rng([self.survey.seed, 2, draw]))]


def exchange_notes(
    exchange: Exchange, samples: Samples, permutations: int, inside: str = "", ungrouped: str = ""
) -> list[str]:
    """Say what cannot move and what so many permutations cannot show; refuse where nothing moves.

    ``inside`` says within what marks are permuted, ``ungrouped`` why a site may be in no group.
    """
    if exchange.fixed == samples.n:
        if not inside:
            raise GeoBiasError(
                "No mark can be permuted: there is one site only, or each has another number of "
                'samples. sites="merge" or --sites merge takes each for one.'
            )
        raise GeoBiasError(
            f"No mark can be permuted{inside}: every group holds one site, or sites of "
            f"different sizes{ungrouped}. Choose wider groups or blocks."
        )
    notes = []
    if exchange.fixed:
        notes.append(
            f"{counted(exchange.fixed, 'sample')} of {samples.n:,} kept their marks in every "
            f"permutation: no other site{inside} has as many samples as theirs{ungrouped}."
        )
    if 1.0 / (permutations + 1) > SMALL_P:
        notes.append(draws_note(permutations))
    return notes


def draws_note(permutations: int, tests: int = 1) -> str:
    """Say how small a p value so many permutations can show."""
    adjusted = f", adjusted for {tests:,} pairs," if tests > 1 else ""
    return (
        f"With {counted(permutations, 'permutation')} no p value{adjusted} can be below "
        f"{min(1.0, tests / (permutations + 1)):.3g}: ask for {max(1, tests // 5) * 1000 - 1:,}."
    )


def centres_note(scale: Scale, tested: int, centres: int) -> list[str]:
    """Say if a test looks at some of the centres only."""
    if tested == centres:
        return []
    return [
        f"At {scale} the permutation test looks at {tested:,} random centres of {centres:,}, "
        "to keep its time in bounds."
    ]


def _groups(samples: Samples, within: str | None) -> Ints | None:
    """Return the group of each sample: a spatial block, or what a column says."""
    side = length_km(within)
    if side is not None:
        return blocks_of(samples.lat, samples.lon, side)
    if within is not None and samples.grouped_by != within:
        held = (
            f"with groups from {samples.grouped_by!r}" if samples.grouped_by else "without groups"
        )
        raise GeoBiasError(
            f"within={within!r}: these Samples were read {held}. Name the column when building "
            "them, or give a size, as in 500km."
        )
    return samples.groups if within is not None else None
