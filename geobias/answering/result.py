"""The result of an audit of answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geobias.answering.rates import silence_sentence
from geobias.results.result import Result, plain
from geobias.results.summary import records
from geobias.results.words import percent
from geobias.wording import counted
from geobias.writing import write_parquet

if TYPE_CHECKING:
    from markupsafe import Markup

    from geobias.cards import Cards


@dataclass(frozen=True, eq=False, repr=False)
class Answers(Result):
    """What free-text answers say, and whether that is right.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per row of the input: ``sample`` (its number), ``lat``, ``lon``, ``truth``,
        ``answer``, ``status``, ``reason``, ``granularity``, ``answered``, what was read
        (``predicted_lat``, ``predicted_lon``, ``predicted_country``, ``predicted_place``,
        ``predicted_label``), ``error_km`` or ``rank``, and the columns of correctness, which
        are missing where an answer cannot be judged.
    summary : pandas.DataFrame
        Number of answers by status and granularity.
    accuracy : pandas.DataFrame
        One row per column of correctness: answers judged, right, their share with its 95 %
        Wilson interval, and how many could not be judged.
    rates : pandas.DataFrame
        One row per region: samples, answered, the answer rate with its 95 % Wilson interval.
    shapes : pandas.DataFrame
        What `unparsed` returns.
    notes : tuple of str
        What was detected, left out or needs care, a sentence each.
    provenance : dict
        Choices, versions, and what was read.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    accuracy: pd.DataFrame
    rates: pd.DataFrame
    shapes: pd.DataFrame
    notes: tuple[str, ...]
    provenance: dict[str, Any]

    def unparsed(self) -> pd.DataFrame:
        """Return the shapes of ambiguous and unparsed answers, the most frequent first.

        Numbers stand as ``0`` and capitalised words as ``X``; each shape has its count, a
        reason and an example, so that what a parser does not know yet can be seen.
        """
        return self.shapes.copy()

    def headlines(self) -> list[str]:
        """Say how many answers there were and what became of them."""
        counts = self.summary.groupby("status", sort=False)["count"].sum()
        said = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)
        return [f"{counted(len(self.table), 'answer')}: {said}"]

    def sentences(self) -> list[str]:
        """Say what the figures mean."""
        said = [
            f"{row['correct']}: {row['right']:,} of {row['judged']:,} right "
            f"({percent(row['accuracy'])})."
            for row in records(self.accuracy)
        ]
        silent = silence_sentence(self.rates)
        return [*said, silent] if silent else said

    def facts(self) -> dict[str, Any]:
        """Return everything but `table` as plain Python values; NaN becomes None."""
        return {
            "summary": plain(self.summary),
            "accuracy": plain(self.accuracy),
            "answer_rates": plain(self.rates),
            "unparsed": plain(self.shapes),
            "sentences": self.sentences(),
            "notes": list(self.notes),
            **self.provenance,
        }

    def to_parquet(self, path: str | Path) -> None:
        """Write `table` to a Parquet file, to be scored with ``geobias score``."""
        write_parquet(self.table, self.facts(), path)

    def __repr__(self) -> str:
        tables = [table.to_string(index=False) for table in self.lines()]
        return "\n".join([*self.headlines(), *tables, *self.closing()])

    def closing(self) -> list[str]:
        """Say what stands below the tables."""
        silent = silence_sentence(self.rates)
        return [*([silent] if silent else []), *self.notes]

    def lines(self) -> list[pd.DataFrame]:
        """Return the tables for reading, numbers as text: statuses, accuracies, answer rates."""
        counts = self.summary.assign(count=self.summary["count"].map("{:,}".format))
        tables = [counts, _for_reading(self.accuracy, "accuracy", ("judged", "right", "left out"))]
        if len(self.rates):
            tables.append(_for_reading(self.rates, "rate", ("n", "answered")))
        return [table for table in tables if len(table)]

    def _names(self) -> Iterable[object]:
        return *self.accuracy["correct"], *self.rates["region"]

    def _shown(self, cards: Cards) -> list[Markup]:
        return [
            *(cards.paragraph(cards.said(headline)) for headline in self.headlines()),
            cards.listed(self.sentences()),
            *map(cards.table, self.lines()),
        ]


def _for_reading(table: pd.DataFrame, share: str, counts: tuple[str, ...]) -> pd.DataFrame:
    """Return a table of shares with its numbers as text."""
    shown = table.drop(columns=["low", "high"]).astype(object)
    for name in counts:
        shown[name] = [f"{value:,}" for value in table[name]]
    shown[share] = [percent(value) for value in table[share]]
    shown["95 % interval"] = [
        "" if low != low else f"{100 * low:.1f} … {100 * high:.1f} %"
        for low, high in zip(table["low"], table["high"], strict=True)
    ]
    names = list(shown.columns)
    at = names.index(share) + 1
    return shown[[*names[:at], "95 % interval", *names[at:-1]]]
