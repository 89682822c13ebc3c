"""The tests of each model: p values are adjusted for how many of them there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geobias.inference.permutation import holm
from geobias.results import Audit, Groups, WeakPlaces
from geobias.results.part_words import PARTS
from geobias.results.scores import SRI, nats, present
from geobias.results.summary import records
from geobias.results.words import ALPHA, LEANS

SHOWN = ("clustering", "isolation", "relative")
"""The calibrated scores of SSI, the one to look at first first."""

TAKEN = (*SHOWN, *SRI)
"""The scores that an answer is made from, where an audit has them."""

BETWEEN, IN_PLACES = "between groups", "in places"
"""The kinds of further tests: do accuracies differ between groups, do errors pile up in places?"""

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
    **{kind: (f"accuracy differs between {parts}",) * 3 for kind, parts in PARTS.items()},
}
"""What more than chance means, by the sign of the mean deviate: above, below, neither."""


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

    def of(self, value: float) -> str:
        """Return a value of this score as text."""
        return nats(self.score, value)

    @property
    def name(self) -> str:
        """What was tested."""
        return f"{self.score} at {self.scale}"

    @property
    def pattern(self) -> str:
        """What more than chance means here."""
        above, below, neither = _PATTERNS[self.score]
        if not abs(self.leaning) >= LEANS:
            return neither
        return above if self.leaning > 0.0 else below


@dataclass(frozen=True)
class Further:
    """A test of one model beside those of its scores.

    Attributes
    ----------
    kind : str
        `BETWEEN` or `IN_PLACES`.
    name : str
        What was tested.
    pattern : str
        What more than chance means.
    p, adjusted, least : float
        As those of a `Finding`.
    """

    kind: str
    name: str
    pattern: str
    p: float
    adjusted: float
    least: float

    @property
    def verdict(self) -> str:
        """What the test means, in a few words."""
        if self.adjusted <= ALPHA:
            return MORE
        return NONE if self.least <= ALPHA else UNDECIDED


@dataclass(frozen=True)
class Family:
    """All tests of one model.

    Attributes
    ----------
    model : str
        Its name.
    scores : tuple of Finding
        Those of its calibrated scores at every scale.
    further : tuple of Further
        The others.
    """

    model: str
    scores: tuple[Finding, ...]
    further: tuple[Further, ...] = ()

    def of_kind(self, kind: str) -> Further | None:
        """Return the further test of a kind, if there is one."""
        return next((test for test in self.further if test.kind == kind), None)


@dataclass(frozen=True)
class _Kind:
    """A kind of further tests: what it is called and means, and p by model."""

    kind: str
    name: str
    pattern: str
    p: Mapping[str, float]


def families_of(
    audit: Audit, groups: Groups | None = None, places: WeakPlaces | None = None
) -> list[Family]:
    """Return the tests of each model, their p values adjusted for the number of these."""
    asked = [
        result.provenance["settings"]["permutations"]
        for result in (audit, groups, places)
        if result
    ]
    draws = min((draw for draw in asked if draw is not None), default=0)
    taken = list(present(TAKEN, audit.summary))
    chance = audit.chance.groupby(["model", "scale"])[taken].mean().to_dict("index")
    kinds, families = _kinds(groups, places), []
    for model, rows in audit.summary.groupby("model", sort=False, observed=True):
        pairs = [(row, score) for row in records(rows) for score in taken]
        further = [(kind, kind.p.get(str(model), np.nan)) for kind in kinds]
        further = [(kind, p) for kind, p in further if not np.isnan(p)]
        own = [row.get(f"{score}_p", np.nan) for row, score in pairs]
        p = np.array([*own, *(p for _, p in further)])
        adjusted = iter(holm(p).tolist())
        least = min(1.0, np.count_nonzero(~np.isnan(p)) / (draws + 1))
        reached = np.nan if audit.provenance["settings"]["permutations"] is None else least
        scores = [_finding(row, score, chance, next(adjusted), reached) for row, score in pairs]
        others = [
            Further(kind.kind, kind.name, kind.pattern, p, next(adjusted), least)
            for kind, p in further
        ]
        families.append(Family(str(model), tuple(scores), tuple(others)))
    return families


def _kinds(groups: Groups | None, places: WeakPlaces | None) -> Sequence[_Kind]:
    """Return the kinds of further tests that were made."""
    kinds = []
    if groups is not None:
        name = f"between {groups.provenance['groups']['plural']}"
        kinds.append(_Kind(BETWEEN, name, f"accuracy differs {name}", _p(groups)))
    if places is not None:
        kinds.append(_Kind(IN_PLACES, IN_PLACES, "errors pile up in places", _p(places)))
    return kinds


def _p(result: Groups | WeakPlaces) -> dict[str, float]:
    return dict(zip(result.summary["model"], result.summary["p"].astype(float), strict=True))


def _finding(
    row: Mapping[str, Any],
    score: str,
    chance: Mapping[Any, Mapping[Any, float]],
    adjusted: float,
    least: float,
) -> Finding:
    return Finding(
        model=row["model"],
        scale=row["scale"],
        score=score,
        mean=row[score],
        low=row.get(f"{score}_low", np.nan),
        high=row.get(f"{score}_high", np.nan),
        leaning=row.get(f"{score}_z", np.nan),
        chance=chance.get((row["model"], row["scale"]), {}).get(score, np.nan),
        z=row.get(f"{score}_pz", np.nan),
        p=row.get(f"{score}_p", np.nan),
        adjusted=adjusted,
        least=least,
    )
