"""The result of comparing groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geobias.results.result import Result, plain
from geobias.results.summary import records
from geobias.results.words import ALPHA, p_value, percent
from geobias.writing import write_parquet, writing

FIGURES = (
    "n", "sites", "accuracy", "low", "high", "gap", "gap_low", "gap_high", "p", "p_adjusted",
)  # fmt: skip
"""What is known of every group; the answer rate, if it is known, follows."""

ANSWERS = ("answer_rate", "answer_low", "answer_high")


@dataclass(frozen=True, eq=False, repr=False)
class Groups(Result):
    """How well models do in each of several groups of samples.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per model and group, the lowest accuracy first: ``n`` samples at so many
        ``sites``; ``accuracy`` with its 95 % Wilson interval ``low`` to ``high``; ``gap``, the
        accuracy minus that of all other groups, with its 95 % Newcombe interval; ``p`` of the gap
        by exchanging answers between places, and ``p_adjusted`` for having looked at all tested
        groups; ``tested``, whether the group is large enough for that. Where it is known which
        samples were answered, ``answer_rate`` with its 95 % Wilson interval.
    summary : pandas.DataFrame
        One row per model: its accuracy; how many groups there are and how many were tested; the
        ``worst`` and the ``best`` of these and the ``difference`` of their accuracies;
        chi-square, its degrees of freedom and p value; and ``p``, how often exchanging answers
        between places gives as large a chi-square.
    notes : tuple of str
        What was detected, left out or needs care, a sentence each.
    provenance : dict
        Settings, versions, what was read and dropped, and a hash of the input.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...]
    provenance: dict[str, Any]

    @property
    def overall(self) -> pd.DataFrame:
        """Accuracy, and answer rate if known, of each model over all groups."""
        return self.summary.set_index("model")[self._metrics()]

    @property
    def by_group(self) -> pd.DataFrame:
        """Everything known of each group; the index is the model and the group."""
        return self.table.set_index(["model", "group"])

    def difference(self) -> pd.Series[float]:
        """Return the largest difference in accuracy between two tested groups, by model."""
        return self.summary.set_index("model")["difference"]

    def sentences(self) -> list[str]:
        """Say in words where each model does worst, and whether chance explains that."""
        worst = {(row["model"], row["group"]): row for row in records(self.table)}
        return [
            _sentence(row, worst.get((row["model"], row["worst"])), self.provenance["groups"])
            for row in records(self.summary)
        ]

    def facts(self) -> dict[str, Any]:
        """Return everything as plain Python values; NaN becomes None."""
        return {
            "summary": plain(self.summary),
            "table": plain(self.table),
            "sentences": self.sentences(),
            "notes": list(self.notes),
            **self.provenance,
        }

    def lines(self) -> pd.DataFrame:
        """Return the table for reading, numbers as text."""
        return pd.DataFrame.from_records([_line(row) for row in records(self.table)])

    def to_parquet(self, path: str | Path) -> None:
        """Write `table` to a Parquet file that carries the rest as metadata."""
        write_parquet(self.table, self.facts(), path)

    def to_csv(self, path: str | Path) -> None:
        """Write `table` to a CSV file."""
        with writing(path) as target:
            self.table.to_csv(target, index=False)

    def __repr__(self) -> str:
        table = self.lines().to_string(index=False)
        return "\n".join([*self.headlines(), table, *self.sentences(), *self.notes])

    def _tables(self) -> list[pd.DataFrame]:
        return [self.lines()]

    def _metrics(self) -> list[str]:
        return [name for name in ("accuracy", "answer_rate") if name in self.summary]


def _line(row: Mapping[str, Any]) -> dict[str, str]:
    line = {
        "model": str(row["model"]),
        "group": str(row["group"]),
        "n": f"{row['n']:,}",
        "sites": f"{row['sites']:,}",
        "accuracy": percent(row["accuracy"]),
        "95 % interval": _span(row["low"], row["high"]),
        "gap": _points(row["gap"]),
        "95 % of gap": _points_span(row),
        "p": p_value(row["p"]) if row["tested"] else "too few",
        "p (all groups)": p_value(row["p_adjusted"]) if row["tested"] else "",
    }
    if "answer_rate" in row:
        line["answered"] = percent(row["answer_rate"])
    return line


def _sentence(
    row: Mapping[str, Any], worst: Mapping[str, Any] | None, spoken: Mapping[str, str]
) -> str:
    """Say of one model where it is worst; ``worst`` is what is known of that group."""
    model, tested = row["model"], row["tested"]
    if worst is None:
        return f"{model}: no {spoken['noun']} has enough samples to be tested."
    place = spoken["place"].format(worst["group"])
    figures = (
        f"accuracy in {place} {_percent(worst['accuracy'])} "
        f"({_span(worst['low'], worst['high'])}, n {worst['n']:,})"
    )
    if tested < 2:
        return f"{model}: {figures}; there is no other {spoken['noun']} to test it against."
    p = worst["p_adjusted"]
    far = f"{figures} is {_apart(worst['gap'])} the rest"
    over = f"p {p_value(p)} over all {tested:,} {spoken['plural']}"
    if np.isnan(p):
        return f"{model}: {far}; no p value could be computed."
    if p <= ALPHA:
        return f"{model}: {far}; {over}."
    text = f"{model}: no {spoken['noun']} is worse than chance would make one; the lowest, {far}"
    if row["p"] <= ALPHA:
        return (
            f"{text} ({over}), yet accuracies differ between {spoken['plural']} "
            f"more than chance gives (p {p_value(row['p'])})."
        )
    return f"{text} ({over})."


def _apart(gap: float) -> str:
    points = abs(100.0 * gap)
    size = f"{points:.0f}" if points >= 1.0 else f"{points:.1g}"
    noun = "point" if size == "1" else "points"
    return f"{size} {noun} {'below' if gap < 0.0 else 'above'}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def _span(low: float, high: float) -> str:
    return f"{100.0 * low:.0f}-{100.0 * high:.0f}"


def _points(gap: float) -> str:
    return "undefined" if np.isnan(gap) else f"{100.0 * gap:+.1f}".replace("-", "−")


def _points_span(row: Mapping[str, Any]) -> str:
    if np.isnan(row["gap_low"]):
        return ""
    return f"{_points(row['gap_low'])} … {_points(row['gap_high'])}"
