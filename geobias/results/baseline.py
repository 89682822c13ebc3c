"""The result of what others measure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.inference.permutation import Verdict
from geobias.results.result import Result, plain
from geobias.results.summary import records
from geobias.results.words import ALPHA, p_value
from geobias.samples import Samples
from geobias.sphere import Floats
from geobias.writing import write_parquet

if TYPE_CHECKING:
    from markupsafe import Markup

    from geobias.cards import Cards

_NAMES = {"moran": "Moran's I of errors", "spad": "SPAD"}

_MORE = {
    "moran": "errors lie beside errors more than chance would make them",
    "spad": "accuracy differs between places more than chance would make it",
}

_LESS = {"moran": "errors keep apart more than chance would make them"}


@dataclass(frozen=True, eq=False, repr=False)
class Baseline(Result):
    """What others measure, and what chance makes of it.

    Attributes
    ----------
    summary : pandas.DataFrame
        One row per model, and per scale if there are several measurements: the ``measure`` and
        the ``scale`` it is of, its ``value``, its mean by ``chance`` when the marks are permuted,
        the ``excess`` over that, ``z``, the excess in standard deviations of chance, and its
        ``p``. The function that returns it says what else.
    notes : tuple of str
        What was detected, dropped or needs care, a sentence each.
    provenance : dict
        Settings, versions, what was read and dropped, and a hash of the input.
    scored : Samples
        What was looked at; of merged sites, the sites.
    """

    summary: pd.DataFrame
    notes: tuple[str, ...]
    provenance: dict[str, Any]
    scored: Samples

    def sentences(self) -> list[str]:
        """Say in words whether each value is more than chance."""
        return [_sentence(row) for row in records(self.summary)]

    def lines(self) -> pd.DataFrame:
        """Return the summary for reading, numbers as text."""
        return pd.DataFrame.from_records([_line(row) for row in records(self.summary)])

    def facts(self) -> dict[str, Any]:
        """Return everything as plain Python values; NaN becomes None."""
        return {
            "summary": plain(self.summary),
            "sentences": self.sentences(),
            "notes": list(self.notes),
            **self.provenance,
        }

    def to_parquet(self, path: str | Path) -> None:
        """Write `summary` to a Parquet file that carries the rest as metadata."""
        write_parquet(self.summary, self.facts(), path)

    def __repr__(self) -> str:
        table = self.lines().to_string(index=False)
        return "\n".join([*self.headlines(), table, *self.sentences(), *self.notes])

    def _names(self) -> Iterable[object]:
        return *self.scored.models, *self.scored.column_names

    def _shown(self, cards: Cards) -> list[Markup]:
        return [
            cards.listed([cards.said(said) for said in self.sentences()]),
            cards.listed(self.headlines()),
            cards.lost(self.provenance["input"]),
            cards.table(self.lines()),
        ]


def baseline_row(
    samples: Samples, model: int, measure: str, scale: str, verdict: Verdict, values: Floats
) -> dict[str, Any]:
    """Lay out what was measured of one model.

    Parameters
    ----------
    samples, model
        Whose, and which model.
    measure, scale
        What was measured, and how wide.
    verdict
        How unusual the values of all models are.
    values
        What was observed of this one, then what chance gave.
    """
    chance = float(values[1:].mean())
    return {
        "model": samples.models[model],
        "samples": samples.n,
        "accuracy": float(samples.accuracy[model]),
        "measure": measure,
        "scale": scale,
        "value": float(values[0]),
        "chance": chance,
        "excess": float(values[0]) - chance,
        "z": float(verdict.z[model]),
    }


def _line(row: dict[str, Any]) -> dict[str, str]:
    return {
        "model": str(row["model"]),
        "measure": _NAMES[row["measure"]],
        "scale": str(row["scale"]),
        "value": _number(row["value"]),
        "by chance": _number(row["chance"]),
        "excess": _number(row["excess"], sign=True),
        "z": _number(row["z"], sign=True),
        "p": p_value(row["p"]),
    }


def _sentence(row: dict[str, Any]) -> str:
    measure = row["measure"]
    what = f"{row['model']}: {_NAMES[measure]} at {row['scale']}"
    if np.isnan(row["value"]):
        return f"{what} is undefined."
    beyond = row["p"] <= ALPHA
    answer = "no more than chance gives"
    if beyond:
        answer = _MORE[measure] if row["excess"] > 0.0 else _LESS[measure]
    return (
        f"{what} is {_number(row['value'])}, where chance gives {_number(row['chance'])} "
        f"(excess {_number(row['excess'], sign=True)}, p {p_value(row['p'])}): {answer}."
    )


def _number(value: float, *, sign: bool = False) -> str:
    if np.isnan(value):
        return "undefined"
    return (f"{value:+.4f}" if sign else f"{value:.4f}").replace("-", "−")
