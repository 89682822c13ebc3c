"""What was recognised in a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geobias.results.words import percent
from geobias.wording import counted


@dataclass(frozen=True, eq=False, repr=False)
class Inspection:
    """What was recognised in a table of predictions.

    Attributes
    ----------
    label : str
        What the table is called.
    rows : int
        How many rows it has.
    columns : pandas.DataFrame
        A row per column: its name, what it holds, judged by the first thousand rows, how many
        values are missing, an example, and what it is perhaps for.
    continents : pandas.DataFrame
        How many located rows lie on each continent.
    findings : tuple of str
        What there is to say of coordinates, places and ids, a sentence each.
    command : str or None
        The command to run next, if the columns allow one.
    """

    label: str
    rows: int
    columns: pd.DataFrame
    continents: pd.DataFrame
    findings: tuple[str, ...]
    command: str | None

    def lines(self) -> list[str]:
        """Say what was found, and what to run next."""
        said = [
            f"{self.label}: {counted(self.rows, 'row')}, {counted(len(self.columns), 'column')}."
        ]
        said += self.findings
        if len(self.continents):
            parts = [
                f"{continent} {rows:,} ({percent(share)})"
                for continent, rows, share in self.continents.itertuples(index=False)
            ]
            said.append(f"Coverage: {', '.join(parts)}.")
        if self.command is None:
            said.append(
                "What counts as correct is not to be seen: name it with --correct, --prediction "
                "and --label, --error, or --predicted-lat and --predicted-lon."
            )
        else:
            said.append(f"Next: {self.command}")
        return said

    def facts(self) -> dict[str, Any]:
        """Return everything as plain Python values."""
        return {
            "label": self.label,
            "rows": self.rows,
            "columns": self.columns.to_dict("records"),
            "continents": self.continents.to_dict("records"),
            "findings": list(self.findings),
            "command": self.command,
        }

    def to_json(self) -> str:
        """Return the `facts` as JSON."""
        return json.dumps(self.facts(), indent=2, ensure_ascii=False)

    def table(self) -> pd.DataFrame:
        """Return the columns for reading: numbers as text."""
        return self.columns.assign(missing=[f"{count:,}" for count in self.columns["missing"]])

    def __repr__(self) -> str:
        first, *others = self.lines()
        return "\n".join([first, self.table().to_string(index=False), *others])

    def _repr_html_(self) -> str:
        from geobias.cards import Cards

        cards = Cards([self.label, *self.columns["column"], *self.columns["example"]])
        first, *others = self.lines()
        if self.command is not None:
            others[-1:] = [cards.code("Next: ", self.command)]
        return cards.whole(
            cards.paragraph(cards.said(first)), cards.table(self.table()), cards.listed(others)
        )
