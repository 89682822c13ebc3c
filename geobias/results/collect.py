"""Gather scores into the tables of an audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geobias.crews import Threads
from geobias.inference.bootstrap import Bootstrap
from geobias.inference.permutation import Verdict
from geobias.keeping import Keeping
from geobias.results.notes import parts_note, water_notes
from geobias.results.summary import aggregates_of, label_counts, summary_row, verdict_columns
from geobias.scales import Scale
from geobias.sphere import Floats
from geobias.survey import Survey


@dataclass
class Collector:
    """Collects what is to be said of the scores of one survey, scale by scale.

    Parameters
    ----------
    survey
        What was scored.
    keeping
        Where its scores are.
    notes
        What the scores need to be said with.
    """

    survey: Survey
    keeping: Keeping
    notes: list[str] = field(default_factory=list)
    _summary: list[dict[str, Any]] = field(default_factory=list)
    _aggregates: list[dict[str, Any]] = field(default_factory=list)
    _chance: list[pd.DataFrame] = field(default_factory=list)

    def add(self, scale: Scale, bootstrap: Bootstrap | None, test: Verdict | None) -> None:
        """Take in one scale, with intervals and the verdict of a test if there are any."""
        survey = self.survey
        samples, tested = survey.samples, survey.names
        for m, model in enumerate(samples.models):
            columns = self.keeping.columns(scale, m)
            wrong = samples.marks[m, survey.placed] < 0.0
            drawn_from = samples.n, int((samples.marks[m] < 0.0).sum())
            # Without intervals there is so little to do that it is not worth sending out.
            crew = survey.crew if bootstrap else Threads(1)
            rows = aggregates_of(columns, wrong, drawn_from, bootstrap, crew)
            key = {"model": model, "scale": scale.name}
            facts = {**key, "samples": samples.n, "accuracy": float(samples.accuracy[m])}
            self._aggregates += [{**key, **row} for row in rows]
            row = summary_row(facts, columns, wrong, rows, survey.chosen.size < samples.n)
            if test:
                row |= verdict_columns(test, m, tested)
                self._chance.append(_draws(key, test.drawn[m], tested))
            row |= label_counts(columns)
            self._summary.append(row)
        one = self.keeping.columns(scale, 0)
        if survey.scorer.parts is not None:
            self.notes += parts_note(scale, one)
        if survey.scorer.with_ssi:
            self.notes += water_notes(scale, one["background"], one["dropped"])

    def summary(self) -> pd.DataFrame:
        """Return one row per model and scale, model by model."""
        order = {model: position for position, model in enumerate(self.survey.samples.models)}
        rows = sorted(self._summary, key=lambda row: order[row["model"]])
        return pd.DataFrame.from_records(rows)

    def aggregates(self) -> pd.DataFrame:
        """Return one row per model, scale, set of centres and score."""
        return pd.DataFrame.from_records(self._aggregates)

    def chance(self) -> pd.DataFrame:
        """Return one row per model, scale and permutation; none without a test."""
        if not self._chance:
            return pd.DataFrame(columns=["model", "scale", "permutation", *self.survey.names])
        return pd.concat(self._chance, ignore_index=True)


def _draws(key: dict[str, str], drawn: Floats, tested: tuple[str, ...]) -> pd.DataFrame:
    """Lay out the mean of each tested score in each permutation; ``drawn`` is (scores, draws)."""
    numbers = {"permutation": np.arange(1, drawn.shape[1] + 1)}
    return pd.DataFrame({**key, **numbers, **dict(zip(tested, drawn, strict=True))})
