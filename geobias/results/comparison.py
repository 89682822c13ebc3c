"""The result of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.results.result import Result, plain
from geobias.results.summary import records
from geobias.results.words import ALPHA, p_value, percent
from geobias.samples import Samples

if TYPE_CHECKING:
    from markupsafe import Markup

    from geobias.cards import Cards
    from geobias.plots.accessors import ComparisonPlots

_MORE_OR_LESS = {
    "clustering": "{second}'s errors cluster {more} than {first}'s",
    "isolation": "{second}'s errors depend {more} on how isolated a sample is than {first}'s",
    "dispersed": "{second}'s errors depart {more} from random places than {first}'s",
    "relative": "given accuracy and locations, {second}'s errors surprise {more} than {first}'s",
    "marked": "{second}'s marked score is {higher} than {first}'s",
}


_UNLIKE = 0.05
"""Accuracies farther apart than this are told with every score: few errors show less pattern."""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """How the scores of models on the same samples differ.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per pair of models, scale and score: the means of both, the difference
        (second minus first), its 95 % interval ``low`` to ``high`` from a spatial block
        bootstrap, the two-sided ``p`` of the paired permutation test, ``p_holm`` adjusted for
        the number of pairs, and ``pz``, the difference in standard deviations of chance.
    summary : pandas.DataFrame
        The scores of each model, as in `Audit.summary`.
    notes : tuple of str
        What was detected, joined, dropped or needs care.
    provenance : dict
        Settings, versions, what was read and dropped, and a hash of the input.
    scored : Samples
        What was compared; of merged sites, the sites.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...]
    provenance: dict[str, Any]
    scored: Samples

    @property
    def plot(self) -> ComparisonPlots:
        """Figures: a method of this for each."""
        from geobias.plots.accessors import ComparisonPlots

        return ComparisonPlots(self)

    def sentences(self) -> list[str]:
        """Say in words what each difference means."""
        scored = {(row["model"], row["scale"]): row for row in records(self.summary)}
        return [
            _sentence(row, *(scored[row[which], row["scale"]] for which in ("first", "second")))
            for row in records(self.table)
        ]

    def facts(self) -> dict[str, Any]:
        """Return everything as plain Python values; NaN becomes None."""
        return {
            "comparison": plain(self.table),
            "summary": plain(self.summary),
            "sentences": self.sentences(),
            "notes": list(self.notes),
            **self.provenance,
        }

    def lines(self) -> pd.DataFrame:
        """Return the table for reading, numbers as text."""
        return pd.DataFrame.from_records([_line(row) for row in records(self.table)])

    def __repr__(self) -> str:
        table = self.lines().to_string(index=False)
        return "\n".join([*self.headlines(), table, *self.sentences(), *self.notes])

    def _names(self) -> Iterable[object]:
        return *self.scored.models, *self.scored.column_names

    def _shown(self, cards: Cards) -> list[Markup]:
        rows = list(zip(self.sentences(), records(self.table), strict=True))
        beyond = [(said, row["score"]) for said, row in rows if row["p_holm"] <= ALPHA]
        others = [said for said, row in rows if not row["p_holm"] <= ALPHA]
        # The marked score grows with accuracy: a difference in it is no verdict.
        verdicts = [cards.said(said) for said, score in beyond if score != "marked"]
        marked = [said for said, score in beyond if score == "marked"]
        none = cards.said("No calibrated score differs beyond chance.")
        return [
            cards.listed([*(verdicts or [none]), *marked]),
            cards.listed(self.headlines()),
            cards.lost(self.provenance["input"]),
            cards.table(self.lines()),
            cards.folded("Differences that chance may have made", cards.listed(others)),
        ]


def _line(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "first": str(row["first"]),
        "second": str(row["second"]),
        "scale": str(row["scale"]),
        "score": str(row["score"]),
        "first mean": _number(row["first_mean"]),
        "second mean": _number(row["second_mean"]),
        "difference": _number(row["difference"], sign=True),
        "95 % interval": _interval(row),
        "p": p_value(row["p"]),
        "p (Holm)": p_value(row["p_holm"]),
    }


def _sentence(row: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Say what one difference means; ``one`` and ``other`` are the scores of the two models."""
    first, second, score = row["first"], row["second"], row["score"]
    if np.isnan(row["difference"]):
        return f"{first} and {second}: {score} at {row['scale']} is undefined for one of them."
    figures = f"Δ {score} {_number(row['difference'], sign=True)} nats"
    if not np.isnan(row["low"]):
        figures += f", 95 % {_interval(row)}"
    figures += f", p {p_value(row['p'])}"
    if row["p_holm"] != row["p"]:
        figures += f", Holm {p_value(row['p_holm'])}"
    if not row["p_holm"] <= ALPHA:
        claim = f"{first} and {second} do not differ in {score} beyond chance"
    else:
        more = row["difference"] > 0.0
        # Errors that keep apart have a high clustering score, too.
        stronger = other if more else one
        apart = score == "clustering" and stronger["clustering_z"] < 0.0
        claim = _MORE_OR_LESS["dispersed" if apart else score].format(
            first=first, second=second,
            more="more" if more else "less", higher="higher" if more else "lower",
        )  # fmt: skip
    text = f"{claim} at {row['scale']} ({figures})"
    accuracies = (
        f"{percent(one['accuracy'])} for {first} and {percent(other['accuracy'])} for {second}"
    )
    if score == "marked":
        text += f"; it grows with accuracy, {accuracies}"
    elif abs(one["accuracy"] - other["accuracy"]) > _UNLIKE:
        text += f"; their accuracies differ, {accuracies}"
    return text + "."


def _interval(row: Mapping[str, Any]) -> str:
    if np.isnan(row["low"]):
        return ""
    return f"{_number(row['low'], sign=True)} … {_number(row['high'], sign=True)}"


def _number(value: float, *, sign: bool = False) -> str:
    if np.isnan(value):
        return "undefined"
    return (f"{value:+.2f}" if sign else f"{value:.2f}").replace("-", "−")
