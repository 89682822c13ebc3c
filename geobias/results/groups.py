"""The result of comparing groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.results.group_words import sentence, span
from geobias.results.result import Result, plain
from geobias.results.summary import records
from geobias.results.words import p_value, percent
from geobias.wording import counted
from geobias.writing import write_parquet, writing

if TYPE_CHECKING:
    from markupsafe import Markup

    from geobias.cards import Cards
    from geobias.plots.accessors import GroupsPlots


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
        rows were answered, how many were ``asked``, with a correctness or without, and their
        ``answer_rate`` with its 95 % Wilson interval.
    summary : pandas.DataFrame
        One row per model: its accuracy; how many groups there are and how many were tested; the
        ``worst`` and the ``best`` of these and the ``difference`` of their accuracies;
        chi-square, its degrees of freedom and p value; and ``p``, how often exchanging answers
        between places gives as large a chi-square. Answers as in ``table``.
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

    @property
    def plot(self) -> GroupsPlots:
        """Figures: a method of this for each."""
        from geobias.plots.accessors import GroupsPlots

        return GroupsPlots(self)

    def sentences(self) -> list[str]:
        """Say in words where each model does worse than chance would make it do."""
        large = self.table[self.table["tested"]]
        return [
            sentence(row, records(large[large["model"] == row["model"]]), self.provenance["groups"])
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

    def _names(self) -> Iterable[object]:
        return *self.summary["model"], *self.table["group"]

    def _shown(self, cards: Cards) -> list[Markup]:
        said = zip(self.summary["model"], self.sentences(), strict=True)
        verdicts = [
            cards.said(f"{model}:", sentence.removeprefix(f"{model}: ")) for model, sentence in said
        ]
        return [
            cards.listed(verdicts),
            cards.listed(self.headlines()),
            cards.lost(self.provenance["input"]),
            *self._left_out(cards),
            cards.table(self.lines()),
        ]

    def _left_out(self, cards: Cards) -> list[Markup]:
        left_out, noun = (self.provenance["groups"][key] for key in ("ungrouped", "noun"))
        if not left_out:
            return []
        return [cards.paragraph(f"{counted(left_out, 'sample')} in no {noun}, left out.")]

    def _metrics(self) -> list[str]:
        return [name for name in ("accuracy", "answer_rate") if name in self.summary]


def _line(row: Mapping[str, Any]) -> dict[str, str]:
    line = {
        "model": str(row["model"]),
        "group": str(row["group"]),
        "n": f"{row['n']:,}",
        "sites": f"{row['sites']:,}",
        "accuracy": percent(row["accuracy"]),
        "95 % interval": span(row["low"], row["high"]),
        "gap": _points(row["gap"]),
        "95 % of gap": _points_span(row),
        "p": p_value(row["p"]) if row["tested"] else "too few",
        "p (all groups)": p_value(row["p_adjusted"]) if row["tested"] else "",
    }
    if "answer_rate" in row:
        line["answered"] = f"{percent(row['answer_rate'])} of {row['asked']:,}"
    return line


def _points(gap: float) -> str:
    return "undefined" if np.isnan(gap) else f"{100.0 * gap:+.1f}".replace("-", "−")


def _points_span(row: Mapping[str, Any]) -> str:
    if np.isnan(row["gap_low"]):
        return ""
    return f"{_points(row['gap_low'])} … {_points(row['gap_high'])}"
