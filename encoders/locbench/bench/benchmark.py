"""A benchmark as a whole: what its folder holds, audited, tabled and said in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from geobias.encoders.locbench.bench.auditing import Audited, Choices, audit
from geobias.encoders.locbench.bench.folder import IMAGE_ONLY, KINDS, Folder
from geobias.encoders.locbench.bench.published import published_results
from geobias.encoders.locbench.bench.results import least_p, sentences, summed_up, tabled
from geobias.encoders.locbench.bench.tables import as_text, bias, quality
from geobias.errors import InputError
from geobias.reporting.foreign import Names
from geobias.reporting.markdown import points, table_lines
from geobias.reporting.rendering import asset, render
from geobias.reporting.tables import Table
from geobias.reporting.writing import written
from geobias.results.result import plain
from geobias.results.words import ALPHA
from geobias.wording import counted

_LONG = 25

_PRINTED = (
    "Published: Wu et al. (2024), TorchSpatial (arXiv 2406.15658), tables 1 to 4: one run each, "
    "without an interval. Their geo-bias scores could not be reproduced from public code and data."
)
_SCORES = (
    "Unmarked and marked scores are computed as published, with wrong answers counted as 0, so "
    "that they can stand beside printed ones. They measure accuracy as well as bias."
)
_SWAPS = (
    "p of a change: answers of the two models are swapped at random, site by site. Where "
    "accuracies differ much, a part of the change is that of the accuracy."
)


@dataclass(frozen=True, repr=False, eq=False)
class Benchmark:
    """What came of a benchmark.

    Attributes
    ----------
    folder : Folder
        All that was evaluated.
    audited : Audited
        How biased it is.
    """

    folder: Folder
    audited: Audited

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per model; see `geobias.encoders.locbench.bench.results.tabled`."""
        return tabled(self.folder, self.audited)

    @cached_property
    def published(self) -> pd.DataFrame:
        """What the paper printed of this dataset; no row if it printed nothing."""
        return published_results(self.folder.dataset["published"] or "")

    @cached_property
    def tables(self) -> list[Table]:
        """The tables to read: how good the models are, and how biased at each scale."""
        scales = self.audited.choices.scales
        return [
            quality(self.table, self.published),
            *(bias(self.table, scale, self.published) for scale in scales),
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        """What needs care."""
        dataset = self.folder.dataset
        said = [*dataset["notes"], *self.audited.notes, _SCORES, _SWAPS]
        if dataset["without_location"]:
            said.append(
                f"{dataset['without_location']:,} samples without a location are in the metrics "
                "of images and locations together, and not in the gains and the audit."
            )
        n = self.audited.choices.permutations
        least = least_p(self.table, self.audited.choices)
        if least > ALPHA:
            said.append(
                f"With {counted(n, 'permutation')} no p of a change can be below "
                f"{min(least, 1.0):.2g} for so many models and seeds, and no change can be found: "
                f"ask for {least * (n + 1) / ALPHA:,.0f} or more."
            )
        return tuple(dict.fromkeys([*said, *([_PRINTED] if len(self.published) else [])]))

    def sentences(self) -> list[str]:
        """Say of each model whether it is more accurate than images alone, and more biased."""
        return sentences(self.table, self.audited.choices.scales)

    @property
    def summary(self) -> str:
        """How many encoders are more accurate than images alone, and how many more biased."""
        return summed_up(self.table, self.audited.choices.scales)

    def facts(self) -> dict[str, Any]:
        """Return everything as plain Python values; NaN becomes None."""
        return {
            "dataset": self.folder.dataset,
            "choices": asdict(self.audited.choices),
            "models": plain(self.table),
            "runs": _finite([asdict(run) for run in self.folder.runs()]),
            "published": plain(self.published),
            "summary": self.summary,
            "sentences": self.sentences(),
            "notes": list(self.notes),
        }

    def to_json(self, path: str | Path | None = None, *, force: bool = False) -> str:
        """Return the `facts` as JSON, and write them if asked to."""
        text = json.dumps(self.facts(), indent=2, allow_nan=False, ensure_ascii=False)
        return written(text + "\n", path, force)

    def to_markdown(self, path: str | Path | None = None, *, force: bool = False) -> str:
        """Return the tables in Markdown, and write them if asked to."""
        names = self._names
        lines = [f"# {self._title}", "", self._lead, ""]
        lines += [f"**{self.summary}**", "", *points(self.sentences(), names), ""]
        for table in self.tables:
            lines += [*table_lines(table, names), ""]
        lines += ["## Notes", "", *points(self.notes, names)]
        return written("\n".join(lines) + "\n", path, force)

    def to_html(self, path: str | Path | None = None, *, force: bool = False) -> str:
        """Return everything as one page that needs nothing else, and write it if asked to."""
        from geobias.encoders.locbench.bench.figure import drawn, plot_trade

        scales = self.audited.choices.scales
        metric = "top1" if self.folder.dataset["task"] == "classification" else "r2"
        about = "Each model by how good it is, across, and how clustered its errors are, up."
        text = render(
            "benchmark.html",
            self._names,
            [asset("tables.js")],
            package=__package__,
            title=self._title,
            lead=self._lead,
            facts=self._at_a_glance(),
            summed_up=self.summary,
            figure=drawn(plot_trade(self.table, scales, metric), about),
            figure_about=about + " Bars: standard deviations over seeds.",
            sentences=self.sentences(),
            tables=self.tables,
            titles=["How good", *(f"How biased at {scale}" for scale in scales)],
            notes=self.notes,
            long=_LONG,
        )
        return written(text, path, force)

    def __repr__(self) -> str:
        lines = [self._lead]
        for table in self.tables:
            lines += ["", table.caption, as_text(table).to_string(index=False)]
        return "\n".join([*lines, "", self.summary, *self.sentences(), "", *self.notes])

    def _repr_html_(self) -> str:
        from geobias.cards import Cards

        cards = Cards(self.table["model"])
        tables = [
            cards.paragraph(table.caption) + cards.table(as_text(table)) for table in self.tables
        ]
        return cards.whole(
            cards.paragraph(self._lead),
            cards.paragraph(cards.said(self.summary)),
            *tables,
            cards.folded("In words", cards.listed(self.sentences())),
            cards.notes(self.notes),
        )

    @property
    def _names(self) -> Names:
        return Names(self.table["model"].tolist())

    @property
    def _title(self) -> str:
        return f"What location encoders do on {self.folder.dataset['name']}"

    @property
    def _lead(self) -> str:
        dataset = self.folder.dataset
        count = {kind: int((self.table["kind"] == kind).sum()) for kind in KINDS}
        samples = dataset["samples"]
        return (
            f"{dataset['name']}: {samples['train']:,} samples to train on, "
            f"{samples[dataset['evaluated_on']]:,} of {dataset['evaluated_on']} evaluated. "
            f"{counted(count['encoder'], 'encoder')}, {counted(count['prior'], 'model')} without a "
            f"network, {count['external']} from elsewhere, beside {IMAGE_ONLY}."
        )

    def _at_a_glance(self) -> list[tuple[str, str]]:
        choices, dataset = self.audited.choices, self.folder.dataset
        return [
            ("Task", dataset["task"]),
            ("Runs", f"{len(self.folder.runs()):,}"),
            ("Scales", ", ".join(choices.scales)),
            ("Permutations", f"{choices.permutations:,}"),
        ]


def report(
    folder: str | Path | Folder,
    *,
    scales: str | Sequence[str] | None = None,
    permutations: int | None = None,
    sites: str = "keep",
    centres: int | None = None,
    progress: bool = False,
) -> Benchmark:
    """Audit everything in the folder of a benchmark, and put it side by side.

    Parameters
    ----------
    folder
        What `run` returned, or its path.
    scales, permutations, sites, centres
        As for `geobias.score`; by default 100km, 1000km and knn:100, and 999.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Benchmark

    Raises
    ------
    InputError
        If nothing was run there.
    """
    kept = folder if isinstance(folder, Folder) else Folder.open(folder)
    if not kept.runs():
        raise InputError(f"{kept.path} holds no finished run. Go on: geobias bench run.")
    choices = Choices.checked(scales, permutations=permutations, sites=sites, centres=centres)
    return Benchmark(kept, audit(kept, choices, progress=progress))


def _finite(value: Any) -> Any:
    """Plain values for JSON, which has no NaN."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and value != value else value
