"""Gather scores into the tables of an audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geobias.geometry.places import Ints
from geobias.inference.bootstrap import Bootstrap
from geobias.inference.permutation import Verdict
from geobias.inference.significance import JUDGED_COLUMNS, judge_centres
from geobias.results.notes import water_notes
from geobias.results.scores import CALIBRATED, SAMPLE_COLUMNS, SRI, SRI_RELATIVE, present
from geobias.results.summary import aggregates_of, label_counts, summary_row, verdict_columns
from geobias.samples import Samples
from geobias.scales import Scale
from geobias.sphere import Floats
from geobias.ssi.engine import TESTED, CentreScores
from geobias.ssi.surprisal import two_sided
from geobias.survey import Scores


@dataclass
class Collector:
    """Collects the scores of one set of centres, scale by scale.

    Parameters
    ----------
    samples
        What was scored.
    chosen, centre_of
        The samples that served as centres, and the entry of the scores for each.
    fdr
        False discovery rate at which single centres are judged, if they are.
    tested
        The scores that a test of the dataset looks at.
    notes
        What the scores need to be said with.
    """

    samples: Samples
    chosen: Ints
    centre_of: Ints
    fdr: float | None
    tested: tuple[str, ...] = TESTED
    notes: list[str] = field(default_factory=list)
    _summary: list[dict[str, Any]] = field(default_factory=list)
    _aggregates: list[dict[str, Any]] = field(default_factory=list)
    _blocks: list[dict[str, Any]] = field(default_factory=list)
    _chance: list[pd.DataFrame] = field(default_factory=list)

    def add(
        self, scale: Scale, scores: Scores, bootstrap: Bootstrap | None, test: Verdict | None
    ) -> None:
        """Take in one scale, with intervals and the verdict of a test if there are any."""
        samples, chosen = self.samples, self.chosen
        sampled = chosen.size < samples.n
        # Sums depend on their order in the last bit: take them by place, not by row.
        by_place = np.argsort(self.centre_of, kind="stable")
        for m, model in enumerate(samples.models):
            columns = self._columns(m, scores)
            placed = {name: values[by_place] for name, values in columns.items()}
            wrong = samples.marks[m, chosen[by_place]] < 0.0
            drawn_from = samples.n, int((samples.marks[m] < 0.0).sum())
            rows = aggregates_of(placed, wrong, drawn_from, bootstrap)
            key = {"model": model, "scale": scale.name}
            facts = {**key, "samples": samples.n, "accuracy": float(samples.accuracy[m])}
            self._aggregates += [{**key, **row} for row in rows]
            row = summary_row(facts, placed, wrong, rows, sampled)
            if test:
                row |= verdict_columns(test, m, self.tested)
                self._chance.append(_draws(key, test.drawn[m], self.tested))
            row |= label_counts(columns)
            self._summary.append(row)
            self._blocks.append({**key, **columns})
        if scores.ssi is not None:
            self.notes += water_notes(scale, scores.ssi, self.centre_of)

    def _columns(self, m: int, scores: Scores) -> dict[str, Any]:
        """Spread one model's scores over the samples that share a centre."""
        samples, chosen, centre_of = self.samples, self.chosen, self.centre_of
        columns = {
            "sample": samples.rows[chosen],
            "lat": samples.lat[chosen],
            "lon": samples.lon[chosen],
            "correct": samples.correct[m, chosen],
            "neighbours": scores.neighbours[centre_of],
            "radius_km": scores.radius_km[centre_of],
            "capped": scores.capped[centre_of],
        }
        if scores.ssi is not None:
            columns |= self._ssi(m, scores.ssi)
        if scores.sri is not None:
            of_kinds = (*scores.sri.nats, *scores.sri.relative())
            for name, values in zip((*SRI, *SRI_RELATIVE), of_kinds, strict=True):
                columns[name] = values[m, centre_of]
        return columns

    def _ssi(self, m: int, scores: CentreScores) -> dict[str, Any]:
        centre_of = self.centre_of
        columns: dict[str, Any] = {
            "unmarked": scores.unmarked[centre_of],
            "crowding": two_sided(scores.crowding_z)[centre_of],
            "crowding_z": scores.crowding_z[centre_of],
            "marked": scores.marked[m, centre_of],
        }
        for score in CALIBRATED:
            columns[score] = scores.nats(score)[m, centre_of]
            columns[f"{score}_z"] = getattr(scores, f"{score}_z")[m, centre_of]
        if scores.p is not None and self.fdr is not None:
            for score in CALIBRATED:
                z = getattr(scores, f"{score}_z")[m]
                columns |= judge_centres(score, scores.p[score][m], z, centre_of, self.fdr)
        return columns

    def summary(self) -> pd.DataFrame:
        """Return one row per model and scale, model by model."""
        order = {model: position for position, model in enumerate(self.samples.models)}
        rows = sorted(self._summary, key=lambda row: order[row["model"]])
        return pd.DataFrame.from_records(rows)

    def aggregates(self) -> pd.DataFrame:
        """Return one row per model, scale, set of centres and score."""
        return pd.DataFrame.from_records(self._aggregates)

    def chance(self) -> pd.DataFrame:
        """Return one row per model, scale and permutation; none without a test."""
        if not self._chance:
            return pd.DataFrame(columns=["model", "scale", "permutation", *self.tested])
        return pd.concat(self._chance, ignore_index=True)

    def table(self) -> pd.DataFrame:
        """Return one row per centre, model and scale."""
        sizes = [block["sample"].size for block in self._blocks]
        table: dict[str, Any] = {}
        judged = [f"{score}_{part}" for score in CALIBRATED for part in JUDGED_COLUMNS]
        for column in present((*SAMPLE_COLUMNS, *judged), self._blocks[0]):
            values = [block[column] for block in self._blocks]
            if column.endswith("_label"):
                table[column] = pd.Categorical(np.concatenate(values))
            elif column in ("model", "scale"):
                names: list[str] = list(dict.fromkeys(values))
                codes = np.repeat(np.array([names.index(value) for value in values]), sizes)
                table[column] = pd.Categorical.from_codes(codes, categories=pd.Index(names))
            else:
                table[column] = np.concatenate(values)
        return pd.DataFrame(table)


def _draws(key: dict[str, str], drawn: Floats, tested: tuple[str, ...]) -> pd.DataFrame:
    """Lay out the mean of each tested score in each permutation; ``drawn`` is (scores, draws)."""
    numbers = {"permutation": np.arange(1, drawn.shape[1] + 1)}
    return pd.DataFrame({**key, **numbers, **dict(zip(tested, drawn, strict=True))})
