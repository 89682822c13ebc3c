"""The result of planning an audit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.results.plan_words import (
    about,
    centres_sentence,
    duration,
    memory_sentences,
    rounded,
    time_of,
    work_sentence,
)
from geobias.results.result import Result, plain
from geobias.results.summary import records
from geobias.samples import Samples
from geobias.wording import counted

if TYPE_CHECKING:
    from markupsafe import Markup

    from geobias.cards import Cards


@dataclass(frozen=True, eq=False, repr=False)
class Plan(Result):
    """What an audit would take: time, memory, and how many centres would do.

    Attributes
    ----------
    summary : pandas.DataFrame
        One row per scale: ``centres`` at so many distinct ``locations``, around how many of these
        neighbours were ``counted``, how many ``neighbours`` there are on average, at most around
        95 % (``neighbours_p95``) and around the most crowded (``neighbours_most``); ``pairs`` of
        centre and neighbour and the ``seconds`` of the audit, each with the ends of an interval of
        95 %, ``_low`` and ``_high``.
    times : pandas.DataFrame
        One row per scale and part of the audit: ``seconds`` with their interval, and what a pair
        of centre and neighbour takes of them, ``ns_per_pair``; NaN where time does not grow with
        the pairs.
    precision : pandas.DataFrame
        One row per scale, calibrated score and wanted ``standard_error``: how many ``centres`` give
        it, and the ``seconds`` that these take. The ``spread`` between centres is that of the model
        with the widest, as ``seen`` around so many random centres, with its own standard error
        ``spread_se``; the suggested number allows for that.
    memory : dict
        Bytes: of the ``process`` before anything is read, of the ``samples`` as long as the audit
        lasts, more while ``preparing``, of the ``scores`` of all centres, and of the ``work`` on
        all threads; the most of all that at a time in memory as a ``whole``, or ``streamed`` to a
        file; and the ``least`` memory to allow.
    reading : float
        Seconds it took to read the samples and put them in order.
    threads : int
        How many threads the times are for.
    notes : tuple of str
        What was detected, dropped or needs care, a sentence each.
    provenance : dict
        Settings, versions, what was read and dropped, and a hash of the input.
    planned : Samples
        What is to be scored; of merged sites, the sites.
    """

    summary: pd.DataFrame
    times: pd.DataFrame
    precision: pd.DataFrame
    memory: dict[str, int]
    reading: float
    threads: int
    notes: tuple[str, ...]
    provenance: dict[str, Any]
    planned: Samples

    @property
    def centres(self) -> int:
        """How many centres give the wanted standard error at every scale, of the main score."""
        return int(self._main["centres"].max())

    def headlines(self) -> list[str]:
        """Say how much is to be scored."""
        things = "site" if self.provenance["input"]["merged"] else "sample"
        models = counted(len(self.planned.models), "model")
        total = about(float(self.summary["seconds"].sum()) + self.reading)
        return [
            f"{counted(self.planned.n, things)}, {models}, "
            f"{counted(len(self.summary), 'scale')}: {total} in all on "
            f"{counted(self.threads, 'thread')}. Nothing is scored yet."
        ]

    def sentences(self) -> list[str]:
        """Say what each scale takes, how many centres would do, and what memory is needed."""
        said = []
        rows = {row["scale"]: row for row in records(self.summary)}
        for row in records(self._main):
            whole = rows[row["scale"]]
            said.append(work_sentence(whole, self.threads))
            known = {**row, "samples": self.planned.n}
            said.append(centres_sentence(known, whole, len(self.planned.models) > 1))
        return [*said, *memory_sentences(self.memory)]

    def parts(self) -> pd.DataFrame:
        """Return the times for reading, numbers as text."""
        return pd.DataFrame.from_records(
            [
                {
                    "scale": row["scale"],
                    "part": row["part"],
                    "time": duration(row["seconds"])
                    if np.isnan(row["seconds_low"])
                    else time_of(row),
                    "ns per pair": rounded(row["ns_per_pair"]) if row["ns_per_pair"] > 0.0 else "",
                }
                for row in records(self.times)
            ]
        )

    def suggestions(self) -> pd.DataFrame:
        """Return how many centres would do for reading, numbers as text."""
        return pd.DataFrame.from_records(
            [
                {
                    "scale": row["scale"],
                    "score": row["score"],
                    "spread": _spread(row),
                    "seen at": f"{row['seen']:,}",
                    "standard error": f"{row['standard_error']:g}",
                    "centres": f"{row['centres']:,}",
                    "time": duration(row["seconds"]),
                }
                for row in records(self.precision)
            ]
        )

    def facts(self) -> dict[str, Any]:
        """Return everything as plain Python values; NaN becomes None."""
        return {
            "plan": plain(self.summary),
            "times": plain(self.times.replace(np.inf, np.nan)),
            "precision": plain(self.precision),
            "memory": self.memory,
            "reading": self.reading,
            "threads": self.threads,
            "sentences": self.sentences(),
            "notes": list(self.notes),
            **self.provenance,
        }

    @property
    def _main(self) -> pd.DataFrame:
        """The precision that sentences are about: one score, one standard error, every scale."""
        table = self.precision
        scores, wanted = list(dict.fromkeys(table["score"])), table["standard_error"].unique()
        score = "clustering" if "clustering" in scores else scores[0]
        middle = wanted[len(wanted) // 2]
        main: pd.DataFrame = table[(table["score"] == score) & (table["standard_error"] == middle)]
        return main

    def __repr__(self) -> str:
        tables = [table.to_string(index=False) for table in (self.parts(), self.suggestions())]
        return "\n".join([*self.headlines(), *self.sentences(), *tables, *self.notes])

    def _names(self) -> Iterable[object]:
        return *self.planned.models, *self.planned.column_names

    def _shown(self, cards: Cards) -> list[Markup]:
        return [
            cards.listed([cards.said(line) for line in self.headlines()]),
            cards.listed(self.sentences()),
            cards.lost(self.provenance["input"]),
            cards.table(self.suggestions()),
            cards.folded("Times", cards.table(self.parts())),
        ]


def _spread(row: dict[str, Any]) -> str:
    if np.isnan(row["spread"]):
        return "undefined"
    return f"{row['spread']:.2f} ± {row['spread_se']:.2f}"
