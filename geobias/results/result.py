"""What an audit and a comparison have in common: how they are read, shown and written."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.results.summary import records
from geobias.results.words import percent
from geobias.writing import writing

if TYPE_CHECKING:
    from markupsafe import Markup

    from geobias.cards import Cards


class Result(ABC):
    """A summary with a row per model and scale, notes on it, and how it was made."""

    summary: pd.DataFrame
    notes: tuple[str, ...]
    provenance: dict[str, Any]

    @abstractmethod
    def sentences(self) -> list[str]:
        """Say in words what was found."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Return what was found as plain Python values; NaN becomes None."""

    @abstractmethod
    def _names(self) -> Iterable[object]:
        """Return what the data call models, groups and columns."""

    @abstractmethod
    def _shown(self, cards: Cards) -> list[Markup]:
        """Return what a notebook shows: verdicts first, notes left out."""

    def headlines(self) -> list[str]:
        """Say how many samples there were and how many of them each model got right."""
        things = "sites" if self.provenance["input"]["merged"] else "samples"
        return [
            f"{row['model']}: {row['samples']:,} {things}, {percent(row['accuracy'])} correct"
            for row in records(self.summary.drop_duplicates("model"))
        ]

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the `facts` as JSON, and write them to ``path`` if given."""
        text = json.dumps(self.facts(), indent=2, allow_nan=False, ensure_ascii=False)
        if path is not None:
            with writing(path) as target:
                target.write_text(text + "\n", encoding="utf-8")
        return text

    def _repr_html_(self) -> str:
        from geobias.cards import Cards

        cards = Cards(self._names())
        return cards.whole(*self._shown(cards), cards.notes(self.notes))


def plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows that JSON can hold: NaN becomes None."""
    return [
        {
            key: None if isinstance(value, float) and np.isnan(value) else value
            for key, value in row.items()
        }
        for row in records(table)
    ]
