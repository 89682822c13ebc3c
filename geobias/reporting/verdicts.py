"""Bias or chance: what the tests of an audit say of each model, taken together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from geobias.inference.permutation import holm
from geobias.results import Audit, Groups
from geobias.results.group_words import lowest
from geobias.results.summary import records
from geobias.results.words import ALPHA, LEANS, p_value
from geobias.sphere import Floats
from geobias.wording import listed

SHOWN = ("clustering", "isolation", "relative")
"""The calibrated scores, the one to look at first first."""

MORE, LESS, NONE = "more than chance", "less than chance", "no more than chance"
UNDECIDED, UNTESTED, UNDEFINED = "undecided", "not tested", "undefined"

_PATTERNS = {
    "clustering": (
        "errors keep together",
        "errors keep apart",
        "errors keep together here and apart there",
    ),
    "isolation": (
        "errors keep to isolated samples",
        "errors keep to crowded samples",
        "errors keep to isolated samples here and to crowded ones there",
    ),
    "relative": ("errors surprise beyond accuracy and locations",) * 3,
}
"""What more than chance means, by the sign of the mean deviate: above, below, neither."""

_MOST_NAMED = 3
"""Models that a sentence names."""


@dataclass(frozen=True)
class Finding:
    """What is known of one calibrated score of one model at one scale.

    Attributes
    ----------
    model, scale, score : str
        Of what.
    mean, low, high : float
        Mean over all centres, in nats, with its 95 % interval; NaN where there is none.
    leaning : float
        Mean deviate of the centres, whose sign is a direction.
    chance : float
        What shuffled errors give on average.
    z, p : float
        Of the permutation test; NaN where there is none.
    adjusted : float
        p, adjusted for the number of tests of the model (Holm 1979).
    least : float
        What the adjusted p can be at least, with so few permutations; NaN if there were none.
    """

    model: str
    scale: str
    score: str
    mean: float
    low: float
    high: float
    leaning: float
    chance: float
    z: float
    p: float
    adjusted: float
    least: float

    @property
    def verdict(self) -> str:
        """What the test means, in a few words; never more than the adjusted p allows."""
        if np.isnan(self.mean):
            return UNDEFINED
        if np.isnan(self.least):
            return UNTESTED
        if np.isnan(self.p):
            return UNDEFINED
        if self.adjusted > ALPHA:
            return NONE if self.least <= ALPHA else UNDECIDED
        return MORE if self.z > 0.0 else LESS

    @property
    def name(self) -> str:
        """What was tested."""
        return f"{self.score} at {self.scale}"

    @property
    def pattern(self) -> str:
        """What more than chance means here."""
        above, below, neither = _PATTERNS[self.score]
        return neither if abs(self.leaning) < LEANS else above if self.leaning > 0.0 else below


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
    spots : str
        How many errors stand in clusters, and where, in a sentence; empty if they were not judged.
    """

    model: str
    samples: int
    accuracy: float
    verdict: str
    bias: str
    figures: str
    where: str
    spots: str

    def record(self) -> dict[str, Any]:
        """Return it as plain values; NaN becomes None."""
        known = asdict(self)
        return {**known, "accuracy": None if np.isnan(self.accuracy) else self.accuracy}


@dataclass(frozen=True)
class Between:
    """Whether accuracies differ between groups more than exchanging answers makes them.

    ``p``, ``adjusted`` and ``least`` are as those of a `Finding`, ``plural`` names the groups.
    """

    plural: str
    p: float
    adjusted: float
    least: float

    @property
    def verdict(self) -> str:
        """What the test means, in a few words."""
        if self.adjusted <= ALPHA:
            return MORE
        return NONE if self.least <= ALPHA else UNDECIDED

    @property
    def name(self) -> str:
        """What was tested."""
        return f"between {self.plural}"


def findings_of(audit: Audit, groups: Groups | None = None) -> list[Finding]:
    """Return the tests of the calibrated scores, model by model.

    p values are adjusted for all tests of a model, that between groups among them.
    """
    chance = audit.chance.groupby(["model", "scale"])[list(SHOWN)].mean().to_dict("index")
    tests = []
    for own, adjusted, least in _families(audit, groups):
        untested = audit.provenance["settings"]["permutations"] is None
        for (row, score), value in zip(_pairs(own), adjusted[:-1], strict=True):
            drawn = chance.get((row["model"], row["scale"]), {}).get(score, np.nan)
            tests.append(_finding(row, score, drawn, float(value), np.nan if untested else least))
    return tests


def _between(audit: Audit, groups: Groups | None) -> dict[str, Between]:
    """Return the test between groups of each model that has one."""
    if groups is None:
        return {}
    plural, p = groups.provenance["groups"]["plural"], _p_between(groups)
    return {
        own[0]["model"]: Between(plural, p[own[0]["model"]], float(adjusted[-1]), least)
        for own, adjusted, least in _families(audit, groups)
        if not np.isnan(adjusted[-1])
    }


def _p_between(groups: Groups) -> dict[str, float]:
    return dict(zip(groups.summary["model"], groups.summary["p"].astype(float), strict=True))


def _families(
    audit: Audit, groups: Groups | None
) -> Iterator[tuple[list[dict[str, Any]], Floats, float]]:
    """Return the rows of each model, its adjusted p values, and how low these could have been.

    The last p value is that between groups, NaN without any.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in records(audit.summary):
        rows.setdefault(row["model"], []).append(row)
    between = {} if groups is None else _p_between(groups)
    asked = [result.provenance["settings"]["permutations"] for result in (audit, groups) if result]
    draws = min((draw for draw in asked if draw is not None), default=0)
    for model, own in rows.items():
        p = [row.get(f"{score}_p", np.nan) for row, score in _pairs(own)]
        family = np.array([*p, between.get(model, np.nan)])
        least = min(1.0, np.count_nonzero(~np.isnan(family)) / (draws + 1))
        yield own, holm(family), least


def _pairs(own: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    return [(row, score) for row in own for score in SHOWN]


def _finding(
    row: Mapping[str, Any], score: str, chance: float, adjusted: float, least: float
) -> Finding:
    return Finding(
        model=row["model"],
        scale=row["scale"],
        score=score,
        mean=row[score],
        low=row.get(f"{score}_low", np.nan),
        high=row.get(f"{score}_high", np.nan),
        leaning=row[f"{score}_z"],
        chance=chance,
        z=row.get(f"{score}_pz", np.nan),
        p=row.get(f"{score}_p", np.nan),
        adjusted=adjusted,
        least=least,
    )


def answers_of(
    audit: Audit,
    groups: Groups | None,
    tests: Sequence[Finding],
    spots: Mapping[str, str] | None = None,
) -> list[Answer]:
    """Return what is to be said of each model; ``spots`` is what to say of hot spots, by model."""
    between = _between(audit, groups)
    places = {} if groups is None else _places(groups, between)
    answers = []
    for row in records(audit.summary.drop_duplicates("model")):
        own = [test for test in tests if test.model == row["model"]]
        model = row["model"]
        verdict, bias, figures = _bias(own, between.get(model))
        where = places.get(model, ""), (spots or {}).get(model, "")
        answers.append(
            Answer(model, row["samples"], row["accuracy"], verdict, bias, figures, *where)
        )
    return answers


def _places(groups: Groups, between: Mapping[str, Between]) -> dict[str, str]:
    """Say of each model where it does worse than elsewhere, if that is more than chance."""
    spoken = groups.provenance["groups"]
    said = {}
    for model, sentence in zip(groups.summary["model"], groups.sentences(), strict=True):
        tested = groups.table[(groups.table["model"] == model) & groups.table["tested"]]
        told = sentence
        if model in between and between[model].verdict != MORE and len(tested) > 1:
            open_or_not = (
                f"No {spoken['noun']} stands out"
                if between[model].verdict == NONE
                else f"Whether a {spoken['noun']} stands out is open"
            )
            rows = records(tested)
            told = f"{open_or_not}, all tests of the model counted; {lowest(rows, spoken)}."
        said[model] = _capital(told.removeprefix(f"{model}: "))
    return said


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


def _bias(tests: Sequence[Finding], between: Between | None) -> tuple[str, str, str]:
    """Return a verdict on one model, what it means, and what it rests on."""
    known = [test for test in tests if not np.isnan(test.p) and not np.isnan(test.mean)]
    everything: list[Finding | Between] = [*known, *([] if between is None else [between])]
    apart = [] if between is None or between.verdict != MORE else [between]
    more = [test for test in known if test.verdict == MORE]
    if more or apart:
        patterns = {test.pattern: _scales(more, test.score) for test in _strongest(more)}
        said = [f"{pattern} at {scales}" for pattern, scales in patterns.items()]
        said += [f"accuracy differs {each.name}" for each in apart]
        figures = _figures(more, apart, len(everything))
        return MORE, f"Chance does not explain how its errors lie: {'; '.join(said)}.", figures
    if not known:
        return _unknown(tests)
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
        for score in SHOWN
        if (own := [test for test in found if test.score == score])
    ]
    return [test for test in best if test.score != "relative"] or best


def _scales(found: Sequence[Finding], score: str) -> str:
    return listed([test.scale for test in found if test.score == score])


def _figures(found: Sequence[Finding], apart: Sequence[Between], tests: int) -> str:
    """Give the figures of the strongest test of each score, and of that between groups."""
    lines = []
    for test in _strongest(found):
        span = "" if np.isnan(test.low) else f" (95 % {test.low:.2f} … {test.high:.2f})"
        lines.append(
            f"{test.score.capitalize()} {test.mean:.2f} nats{span} at {test.scale}, where shuffled "
            f"errors give {test.chance:.2f}: {_p(test, tests)}."
        )
    lines += [f"{_capital(each.name)}: {_p(each, tests)}." for each in apart]
    return " ".join(lines)


def _p(test: Finding | Between, tests: int) -> str:
    adjusted = f", adjusted for {tests:,} tests {p_value(test.adjusted)}" if tests > 1 else ""
    return f"p {p_value(test.p)}{adjusted}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
