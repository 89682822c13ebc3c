"""What an audit and a comparison have in common: how they are read, shown and written."""

from __future__ import annotations

import html
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geobias.results.summary import records
from geobias.results.words import percent
from geobias.writing import writing


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
    def _tables(self) -> list[pd.DataFrame]:
        """Return the tables to read, numbers as text."""

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
        return (
            _listed(self.headlines())
            + "".join(table.to_html(index=False, border=0, escape=True) for table in self._tables())
            + f"<details><summary>What this means</summary>{_listed(self.sentences())}</details>"
            + _listed(self.notes)
        )


def plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows that JSON can hold: NaN becomes None."""
    return [
        {
            key: None if isinstance(value, float) and np.isnan(value) else value
            for key, value in row.items()
        }
        for row in records(table)
    ]


def _listed(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in lines) + "</ul>"
