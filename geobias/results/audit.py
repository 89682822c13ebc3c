"""The result of an audit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.results.part_words import part_legend, part_sentences
from geobias.results.profile import peaks, profile_of
from geobias.results.result import Result, plain
from geobias.results.scores import CALIBRATED, SCORES, SRI, SRI_RELATIVE, nats, present
from geobias.results.summary import records
from geobias.results.words import findings, legend, sentences
from geobias.samples import Samples

if TYPE_CHECKING:
    from markupsafe import Markup

    from geobias.cards import Cards
    from geobias.keeping import Rows
    from geobias.plots.accessors import AuditPlots
    from geobias.reporting.explorer import Explorer


@dataclass(frozen=True, eq=False, repr=False)
class Audit(Result):
    """Scores of one or more models at one or more scales.

    Attributes
    ----------
    summary : pandas.DataFrame
        One row per model and scale: means over all centres, and with the suffix ``_wrong``
        over the centres the model got wrong. ``<score>_z`` is the mean deviate. When the
        centres are a random subset, ``<score>_se`` is the standard error of the mean. When
        many samples share a site, ``relative_merged`` is the relative score with one sample
        per site.
    aggregates : pandas.DataFrame
        One row per model, scale, score and set of centres (``all`` or ``wrong``): mean,
        median, mean weighted by neighbours, standard error, and how many centres were
        defined and undefined.
    notes : tuple of str
        What was detected, dropped or needs care, a sentence each.
    provenance : dict
        Settings, versions, what was read and dropped, and a hash of the input.
    chance : pandas.DataFrame
        One row per model, scale and permutation: the mean scores that it gave. Without
        permutations there is no row.
    scored : Samples
        What was scored; of merged sites, the sites.
    rows
        The scores of single centres, which `samples` reads.
    """

    summary: pd.DataFrame
    aggregates: pd.DataFrame
    notes: tuple[str, ...]
    provenance: dict[str, Any]
    chance: pd.DataFrame
    scored: Samples
    rows: Rows

    @cached_property
    def samples(self) -> pd.DataFrame:
        """One row per centre, model and scale; ``sample`` is the row number in the input.

        They are in the order of the input, or, of scores that were written to a file as they
        came, in that of the file.
        """
        return self.rows.frame()

    @property
    def plot(self) -> AuditPlots:
        """Figures: a method of this for each."""
        from geobias.plots.accessors import AuditPlots

        return AuditPlots(self)

    def sentences(self) -> list[str]:
        """Say what the scores mean, a sentence per model, scale and score.

        Tests at four radii or more are summed up: at which is there most of a pattern.
        """
        preset, draws = self._settings["preset"], self._settings["centre_permutations"]
        said = []
        for row in records(self.summary):
            if "unmarked" in row:
                said += sentences(row, preset)
            if "sri_grid" in row:
                said += part_sentences(row, preset, draws)
        for score in present(("clustering",), self.summary) or SRI:
            said += peaks(self, score, self.scored.models)
        return said

    def profile(
        self, score: str = "clustering", *, model: str | Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Return the mean of a score by radius: it shows at which distance the bias lives.

        Larger neighbourhoods hold more samples, and the same pattern surprises more in them: look
        where a score begins to be beyond chance, too, and not only where it is highest.

        Parameters
        ----------
        score
            A column of `summary`: ``clustering``, ``isolation``, ``relative``, ``marked``,
            ``unmarked``, ``crowding``, or a kind of SRI such as ``sri_grid_relative``.
        model
            The models; by default all.

        Returns
        -------
        pandas.DataFrame
            A row per model and scale, from the smallest radius to the largest: ``radius_km``,
            at scales of nearest samples the median; ``mean`` and its 95 % interval ``low`` to
            ``high``; ``z`` and two-sided ``p`` of the permutation test; ``centres``, and how
            many of them are ``undefined``. NaN where the audit has no interval or test.

        Raises
        ------
        GeoBiasError
            If there is no such score or model.

        Examples
        --------
        >>> import geobias
        >>> from geobias import simulate
        >>> world = simulate.world("weak-region", n=500, lat=48.9, lon=2.4, gap=0.6)
        >>> audit = geobias.score(world, scales="500km..2000km")
        >>> audit.profile()[["scale", "centres"]].to_dict("list")
        {'scale': ['500km', '1000km', '2000km'], 'centres': [500, 500, 500]}
        """
        from geobias.plots.choosing import chosen_score, named_models

        score = chosen_score(present(SCORES, self.summary), score)
        return profile_of(self, score, named_models(self.scored.models, model))

    def table(self) -> pd.DataFrame:
        """Return the summary for reading: numbers as text, all and wrong centres in rows."""
        lines = []
        for row in records(self.summary):
            for over, suffix in (("all", ""), ("wrong", "_wrong")):
                lines.append(_line(row, over, suffix))
        return pd.DataFrame.from_records(lines)

    def findings(self) -> pd.DataFrame:
        """Return what the tests and intervals say of each mean, for reading; empty without them."""
        return pd.DataFrame.from_records(
            [line for row in records(self.summary) for line in findings(row)]
        ).fillna("")

    def explore(self) -> Explorer:
        """Return an interactive map of the scores, which a notebook shows by itself.

        Returns
        -------
        Explorer
            A map in a frame, with layers for accuracy, scores and hot spots; ``to_html`` writes it
            to a file.
        """
        from geobias.reporting.explorer import Explorer

        return Explorer.of(self)

    def to_parquet(self, path: str | Path) -> None:
        """Write `samples` to a Parquet file that carries the provenance as metadata."""
        self.rows.write(path, self.facts())

    def facts(self) -> dict[str, Any]:
        """Return everything but `samples` as plain Python values; NaN becomes None."""
        return {
            "summary": plain(self.summary),
            "aggregates": plain(self.aggregates),
            "sentences": self.sentences(),
            "notes": list(self.notes),
            **self.provenance,
        }

    def legend(self) -> list[str]:
        """Say in words how to read the scores of the table."""
        preset, draws = self._settings["preset"], self._settings["centre_permutations"]
        return [
            *(legend(preset) if "unmarked" in self.summary else []),
            *(part_legend(preset, draws) if "sri_grid" in self.summary else []),
        ]

    @property
    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = self.provenance["settings"]
        return settings

    def __repr__(self) -> str:
        tables = [table for table in (self.table(), self.findings()) if len(table)]
        texts = [table.to_string(index=False) for table in tables]
        return "\n".join([*self.headlines(), *texts, *self.legend(), *self.notes])

    def _names(self) -> Iterable[object]:
        return *self.scored.models, *self.scored.column_names

    def _shown(self, cards: Cards) -> list[Markup]:
        from geobias.reporting.families import families_of
        from geobias.reporting.verdicts import answers_of

        verdicts = [
            cards.said(f"{answer.model}: {answer.verdict}.", f"{answer.bias} {answer.figures}")
            for answer in answers_of(self, families_of(self))
        ]
        scores, findings = cards.table(self.table()), cards.table(self.findings())
        legend = cards.listed(self.legend())
        return [
            cards.listed(verdicts),
            cards.listed(self.headlines()),
            cards.lost(self.provenance["input"]),
            findings,
            cards.folded("Mean scores", scores, legend) if findings else scores,
            cards.folded("What this means", cards.listed(self.sentences())),
        ]


def _line(row: dict[str, Any], over: str, suffix: str) -> dict[str, str]:
    """Format one row of the summary over one set of centres."""
    everyone = over == "all"
    line = {
        "model": str(row["model"]),
        "scale": str(row["scale"]),
        "over": over,
        "centres": f"{row[f'centres{suffix}']:,}",
        "undefined": f"{row[f'undefined{suffix}']:,}",
    }
    for score in present(("unmarked", "marked"), row):
        line[score] = _number(row, f"{score}{suffix}")
    for score in present(CALIBRATED, row):
        text = _number(row, f"{score}{suffix}")
        z = row[f"{score}_z{suffix}"]
        line[f"{score} (z)"] = text if np.isnan(z) else f"{text} ({z:+.2f})"
    for score in present((*SRI, *SRI_RELATIVE), row):
        line[score] = _number(row, f"{score}{suffix}")
    if "relative_merged" in row:
        line["relative merged"] = _number(row, "relative_merged") if everyone else ""
    return line


def _number(row: dict[str, Any], column: str) -> str:
    value, error = row[column], row.get(f"{column}_se", 0.0)
    if np.isnan(value):
        return "undefined"
    said = nats(column.removesuffix("_wrong"), value)
    return f"{said} ± {nats(column.removesuffix('_wrong'), error)}" if error > 0.0 else said
