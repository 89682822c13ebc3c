"""Bias or chance: what the tests of an audit say of each model, taken together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from geobias.reporting.families import (
    LESS,
    MORE,
    NONE,
    TAKEN,
    UNDECIDED,
    UNDEFINED,
    UNTESTED,
    Family,
    Finding,
    Further,
)
from geobias.results import Audit
from geobias.results.summary import records
from geobias.results.words import ALPHA, p_value
from geobias.wording import capital, listed

_MOST_NAMED = 3
"""Models that a sentence names."""


@dataclass(frozen=True)
class Answer:
    """What an audit says of one model.

    Attributes
    ----------
    model : str
        Its name.
    samples : int
        How many samples it was tried on.
    accuracy : float
        Share of them it got right.
    verdict : str
        Whether its errors show more of a pattern on the map than chance makes.
    bias : str
        That in plain words.
    figures : str
        What it rests on.
    where : str
        In which region it does worse than elsewhere, in a sentence; empty if that is not known.
    places : str
        In which places it fails, in a sentence or two; empty if none were looked for.
    """

    model: str
    samples: int
    accuracy: float
    verdict: str
    bias: str
    figures: str
    where: str
    places: str

    def record(self) -> dict[str, Any]:
        """Return it as plain values; NaN becomes None."""
        known = asdict(self)
        return {**known, "accuracy": None if np.isnan(self.accuracy) else self.accuracy}


def answers_of(
    audit: Audit,
    families: Sequence[Family],
    where: Mapping[str, str] | None = None,
    places: Mapping[str, str] | None = None,
) -> list[Answer]:
    """Return what is to be said of each model.

    Parameters
    ----------
    audit
        What was scored.
    families
        The tests of each model.
    where, places
        What to say of regions and of places, by model.
    """
    known = {row["model"]: row for row in records(audit.summary.drop_duplicates("model"))}
    answers = []
    for family in families:
        model = known[family.model]
        verdict, bias, figures = _bias(family)
        answers.append(
            Answer(
                model=family.model,
                samples=model["samples"],
                accuracy=model["accuracy"],
                verdict=verdict,
                bias=bias,
                figures=figures,
                where=(where or {}).get(family.model, ""),
                places=(places or {}).get(family.model, ""),
            )
        )
    return answers


def summed_up(answers: Sequence[Answer]) -> str:
    """Say in plain words what all models together show."""
    biased = [answer.model for answer in answers if answer.verdict == MORE]
    known = [answer for answer in answers if answer.verdict in (MORE, LESS, NONE)]
    if not known:
        return "Whether chance explains the errors is open."
    if len(answers) == 1:
        return (
            "Its errors lie on the map in a way that chance does not explain."
            if biased
            else "Its errors lie on the map as chance could have put them."
        )
    if not biased:
        return f"{_all_of(known, answers)} {_CALM[any(a.verdict == LESS for a in known)]}."
    said = (
        f"{len(biased):,} of {len(answers):,} models {'errs' if len(biased) == 1 else 'err'} in a "
        "pattern that chance does not explain"
    )
    said += f": {listed(biased)}." if len(biased) <= _MOST_NAMED else "."
    expected, once = ALPHA * len(known), 1.0 - (1.0 - ALPHA) ** len(known)
    luck = (
        f"about {expected:.0f}" if expected >= 1.0 else f"one {100.0 * once:.0f} times in a hundred"
    )
    return (
        f"{said} Each is tested at {100.0 * ALPHA:g} %: of {len(known):,} models without bias, "
        f"chance alone names {luck}."
    )


_CALM = {
    False: "lie as chance could have put them",
    True: "show no more of a pattern than chance makes, or less",
}


def _all_of(known: Sequence[Answer], answers: Sequence[Answer]) -> str:
    """Say whose errors were judged."""
    if len(known) == len(answers):
        return f"The errors of all {len(known):,} models"
    left = len(answers) - len(known)
    return f"The errors of {len(known):,} of {len(answers):,} models ({left:,} could not be judged)"


def _bias(family: Family) -> tuple[str, str, str]:
    """Return a verdict on one model, what it means, and what it rests on."""
    known = [test for test in family.scores if not np.isnan(test.p) and not np.isnan(test.mean)]
    everything: list[Finding | Further] = [*known, *family.further]
    further = [test for test in family.further if test.verdict == MORE]
    more = [test for test in known if test.verdict == MORE]
    if more or further:
        patterns = {test.pattern: _scales(more, test.score) for test in _strongest(more)}
        said = [f"{pattern} at {scales}" for pattern, scales in patterns.items()]
        said += [test.pattern for test in further]
        figures = _figures(more, further, len(everything))
        return MORE, f"Chance does not explain how its errors lie: {'; '.join(said)}.", figures
    if not known:
        return _unknown(family.scores)
    if less := [test for test in known if test.verdict == LESS]:
        said_less = "Its errors show less of a pattern than chance makes."
        return LESS, said_less, _figures(less, [], len(everything))
    least = min(everything, key=lambda test: test.p)
    figures = (
        f"None of {len(everything):,} tests finds more than chance gives: smallest p "
        f"{p_value(least.p)} ({least.name}), adjusted {p_value(least.adjusted)}."
    )
    if least.verdict == NONE:
        return NONE, "Chance can explain how its errors lie.", figures
    return (
        UNDECIDED,
        "This is open: there were too few permutations to tell.",
        f"{figures} With so few it cannot be below {p_value(least.least)}: ask for 999.",
    )


def _unknown(tests: Sequence[Finding]) -> tuple[str, str, str]:
    """Say why nothing is known."""
    defined = [test for test in tests if not np.isnan(test.mean)]
    if not defined:
        return (
            UNDEFINED,
            "Nothing can be said: no calibrated score is defined.",
            "Either neighbourhoods hold too few samples, or the model is right everywhere in them, "
            "or wrong everywhere.",
        )
    if np.isnan(defined[0].least):
        return UNTESTED, "This is open: no permutation test was made.", ""
    return UNDEFINED, "This is open: no test could be computed.", ""


def _strongest(found: Sequence[Finding]) -> list[Finding]:
    """Return the most unusual test of each score; relative only if nothing else was found."""
    best = [
        max(own, key=lambda test: abs(test.z))
        for score in TAKEN
        if (own := [test for test in found if test.score == score])
    ]
    return [test for test in best if test.score != "relative"] or best


def _scales(found: Sequence[Finding], score: str) -> str:
    return listed([test.scale for test in found if test.score == score])


def _figures(found: Sequence[Finding], further: Sequence[Further], tests: int) -> str:
    """Give the figures of the strongest test of each score, and of the further ones."""
    lines = []
    for test in _strongest(found):
        span = "" if np.isnan(test.low) else f" (95 % {test.of(test.low)} … {test.of(test.high)})"
        lines.append(
            f"{test.score.capitalize()} {test.of(test.mean)} nats{span} at {test.scale}, where "
            f"shuffled errors give {test.of(test.chance)}: {_p(test, tests)}."
        )
    lines += [f"{capital(test.name)}: {_p(test, tests)}." for test in further]
    return " ".join(lines)


def _p(test: Finding | Further, tests: int) -> str:
    adjusted = f", adjusted for {tests:,} tests {p_value(test.adjusted)}" if tests > 1 else ""
    return f"p {p_value(test.p)}{adjusted}"
