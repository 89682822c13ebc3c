"""The tables of a benchmark, for pages, Markdown and terminals alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geobias.encoders.locbench.bench.results import SPREAD
from geobias.reporting.tables import Cell, Column, Table, known
from geobias.results.words import ALPHA, p_value, percent

_PERCENT = {
    "top1": "Top-1",
    "top3": "Top-3",
    "location_only_top1": "Location alone, Top-1",
    "within": "Within tolerance",
}
_PLAIN = {"mrr": "MRR", "r2": "R²", "mae": "MAE", "rmse": "RMSE"}
"""Metrics that are shown; all others are in the CSV and in the JSON."""

PUBLISHED_SCALE = "100km"
"""What the printed geo-bias scores are of."""


def quality(table: pd.DataFrame, published: pd.DataFrame) -> Table:
    """Return how good every model is, and what the paper printed where it did."""
    shown = [metric for metric in (*_PERCENT, *_PLAIN) if metric in table]
    printed = [metric for metric in ("top1", "r2") if published[metric].notna().any()]
    columns = [
        Column("Model", "name"),
        Column("Seeds"),
        *(Column({**_PERCENT, **_PLAIN}[metric]) for metric in shown),
        *(Column(f"Published {_named(metric)}") for metric in printed),
        Column("Gain", about="Points of accuracy above the model of images alone."),
        Column("p of gain", about="Adjusted for the number of models (Holm)."),
        Column("Samples", about="With a location: those that are audited."),
    ]
    rows = []
    for _, row in table.iterrows():
        theirs = published[published["model"] == row["model"]]
        cells = [Cell(str(row["model"])), Cell(f"{row['seeds']}", float(row["seeds"]))]
        cells += [_spread(row, metric, 100.0 if metric in _PERCENT else 1.0) for metric in shown]
        cells += [known(theirs[metric].iloc[0] if len(theirs) else np.nan) for metric in printed]
        cells += [
            _gain(row),
            _p(row["gain_p_holm"]),
            Cell(f"{row['audited']:,}", float(row["audited"])),
        ]
        rows.append(tuple(cells))
    return Table("quality", _QUALITY, tuple(columns), tuple(rows))


def bias(table: pd.DataFrame, scale: str, published: pd.DataFrame) -> Table:
    """Return how biased every model is at one scale."""
    beside = scale == PUBLISHED_SCALE and published["marked"].notna().any()
    columns = (
        Column("Model", "name"),
        Column("Unmarked", about="Of the places alone where a model is evaluated."),
        Column("Marked", about="Grows with accuracy, even if errors fall by chance."),
        *([Column("Published unmarked"), Column("Published marked")] if beside else []),
        Column("Clustering", about="Calibrated: about 1 nat where errors fall by chance."),
        Column("p"),
        Column("Change", about="Of the clustering, against the model of images alone."),
        Column("p of change", about="Adjusted for the number of models (Holm)."),
    )
    rows = []
    for _, row in table.iterrows():
        theirs = published[published["model"] == row["model"]]
        printed = ("unmarked", "marked") if beside else ()
        beyond = row[f"{scale}:clustering_p"] <= ALPHA and row[f"{scale}:clustering"] > 1.0
        rows.append(
            (
                Cell(str(row["model"])),
                known(row[f"{scale}:unmarked"]),
                _spread(row, f"{scale}:marked"),
                *(known(theirs[one].iloc[0] if len(theirs) else np.nan) for one in printed),
                _spread(row, f"{scale}:clustering", tone="bad" if beyond else ""),
                _p(row[f"{scale}:clustering_p"]),
                _change(row, scale),
                _p(row[f"{scale}:change_p_holm"]),
            )
        )
    key = "".join(letter if letter.isalnum() else "-" for letter in f"bias-{scale}")
    caption = f"Bias at {scale}. {_BIAS}"
    lost = table[f"{scale}:undefined"]
    if lost.max() > 0:
        span = percent(lost.max())
        if lost.min() < lost.max():
            span = f"{percent(lost.min())} to {span}, by model,"
        caption += (
            f" Clustering is undefined around {span} of the samples, where neighbours are too few "
            "or answers all alike."
        )
    return Table(key, caption, columns, tuple(rows))


def as_text(table: Table) -> pd.DataFrame:
    """Return a table as text, for terminals."""
    titles = [column.title for column in table.columns]
    rows = [[f"{cell.text} {cell.note}".strip() for cell in row] for row in table.rows]
    return pd.DataFrame(rows, columns=titles)


_QUALITY = (
    "How good each model is: means over seeds, ± their standard deviation. Gain: points of "
    "accuracy above the model of images alone, with a 95 % interval, of each model by itself, "
    "from draws of blocks of 1000 km; p throws coins for the signs of blocks."
)
_BIAS = (
    "Nats. Marked scores grow with accuracy even where errors fall by chance; clustering does not. "
    "p of the clustering is of each model by itself. Several seeds: means ± standard deviations, "
    "and twice the median p."
)


def _named(metric: str) -> str:
    return {**_PERCENT, **_PLAIN}[metric]


def _spread(
    row: pd.Series[float] | Mapping[str, float], metric: str, times: float = 1.0, tone: str = ""
) -> Cell:
    cell = known(times * row[metric])
    spread = times * row.get(metric + SPREAD, np.nan)
    note = "" if np.isnan(spread) else f"±{spread:.2f}"
    return Cell(cell.text, cell.order, tone, note)


def _gain(row: pd.Series[float]) -> Cell:
    gain, low, high = (100.0 * row[name] for name in ("gain", "gain_low", "gain_high"))
    cell = known(gain, sign=True)
    sure = row["gain_p_holm"] <= ALPHA
    tone = ("good" if gain > 0 else "bad") if sure else ""
    reach = "" if np.isnan(low) else f"{low:+.2f} to {high:+.2f}".replace("-", "−")
    return Cell(cell.text, cell.order, tone, reach)


def _change(row: pd.Series[float], scale: str) -> Cell:
    cell = known(row[f"{scale}:change"], sign=True)
    if not row[f"{scale}:change_p_holm"] <= ALPHA:
        return cell
    return Cell(cell.text, cell.order, "bad" if row[f"{scale}:change"] > 0 else "good")


def _p(value: float) -> Cell:
    return Cell("–") if np.isnan(value) else Cell(p_value(value), float(value))
