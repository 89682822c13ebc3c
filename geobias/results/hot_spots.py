"""The result of looking for hot spots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.local.statistics import LABELS
from geobias.results.result import Result, plain
from geobias.results.summary import records
from geobias.results.words import p_value
from geobias.samples import Samples
from geobias.wording import listed
from geobias.writing import write_parquet

if TYPE_CHECKING:
    from markupsafe import Markup

    from geobias.cards import Cards

NAMES = {
    "getis_ord": "local G*",
    "moran": "local Moran's I",
    "join_counts": "local join counts",
}

_MEANING = {
    "getis_ord": "more or fewer errors in the neighbourhood, the sample included, than by chance",
    "moran": "more or fewer errors among the neighbours than by chance",
    "join_counts": "an error with more errors beside it than by chance",
}

_CALLED = {
    "hot": "hot",
    "cold": "cold",
    "error_outliers": "wrong among right ones",
    "right_outliers": "right among wrong ones",
}


@dataclass(frozen=True, eq=False, repr=False)
class HotSpots(Result):
    """Samples that have more or fewer errors around them than chance would put there.

    Attributes
    ----------
    summary : pandas.DataFrame
        One row per model and statistic: how many samples were ``tested``, at how many it is
        ``undefined``, and how many are ``hot`` and ``cold``; of local Moran's I, errors among
        errors count as hot and right ones among right ones as cold, and ``error_outliers`` are
        errors among right ones, ``right_outliers`` the reverse. NaN where a statistic does not ask
        for that. ``smallest_p`` and ``smallest_q`` of all.
    samples : pandas.DataFrame
        One row per model and sample: ``sample`` is its row number in the input; ``wrong`` is 1 or
        0; its ``neighbours``, itself left out. For each statistic its value under its own name, and
        with that name before it ``_z``, the deviate from chance, ``_p``, ``_q``, the false
        discovery rate at which it stands out, and ``_label``. ``moran_z`` is above 0 where a sample
        is like its neighbours.
    notes : tuple of str
        What was detected, dropped, undefined or needs care, a sentence each.
    provenance : dict
        Settings, versions, what was read and dropped, and a hash of the input.
    scored : Samples
        What was looked at: of each site one sample, unless all were kept.
    """

    summary: pd.DataFrame
    samples: pd.DataFrame
    notes: tuple[str, ...]
    provenance: dict[str, Any]
    scored: Samples

    def sentences(self) -> list[str]:
        """Say in words how many hot spots each model has, a sentence per statistic."""
        return [self._sentence(row) for row in records(self.summary)]

    def lines(self) -> pd.DataFrame:
        """Return the summary for reading, numbers as text."""
        return pd.DataFrame.from_records([_line(row) for row in records(self.summary)])

    def facts(self) -> dict[str, Any]:
        """Return everything but `samples` as plain Python values; NaN becomes None."""
        return {
            "summary": plain(self.summary),
            "sentences": self.sentences(),
            "notes": list(self.notes),
            **self.provenance,
        }

    def to_parquet(self, path: str | Path) -> None:
        """Write `samples` to a Parquet file that carries everything else as metadata."""
        write_parquet(self.samples, self.facts(), path)

    def __repr__(self) -> str:
        table = self.lines().to_string(index=False)
        return "\n".join([*self.headlines(), table, *self.sentences(), *self.notes])

    def _sentence(self, row: dict[str, Any]) -> str:
        settings = self.provenance["settings"]
        where = f"{row['model']}, {NAMES[row['statistic']]} at {settings['scale']}"
        if not row["tested"]:
            return f"{where}: undefined everywhere."
        found = [
            f"{row[column]:,.0f} {_CALLED[column]}"
            for column in LABELS[row["statistic"]]
            if row[column]
        ]
        if not found:
            return (
                f"{where}: none of {row['tested']:,} samples stands out from chance "
                f"(smallest q {p_value(row['smallest_q'])})."
            )
        return (
            f"{where}: of {row['tested']:,} samples {listed(found)}: "
            f"{_MEANING[row['statistic']]} (false discovery rate {settings['fdr']:g})."
        )

    def _names(self) -> Iterable[object]:
        return *self.scored.models, *self.scored.column_names

    def _shown(self, cards: Cards) -> list[Markup]:
        return [
            cards.listed([cards.said(said) for said in self.sentences()]),
            cards.listed(self.headlines()),
            cards.lost(self.provenance["input"]),
            cards.table(self.lines()),
        ]


def _line(row: dict[str, Any]) -> dict[str, str]:
    return {
        "model": str(row["model"]),
        "statistic": NAMES[row["statistic"]],
        "tested": f"{row['tested']:,}",
        "undefined": f"{row['undefined']:,}",
        **{
            name: "" if np.isnan(row[column]) else f"{row[column]:,.0f}"
            for column, name in _CALLED.items()
        },
        "smallest q": p_value(row["smallest_q"]),
    }
