"""Accuracy against clustering: who raises which."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from geobias.encoders.locbench.bench.results import SPREAD
from geobias.plots.panels import literally
from geobias.plots.style import QUIET, SERIES, Figure, new_figure, styled

_MARKERS = {"image": "s", "encoder": "o", "prior": "^", "external": "D"}
_SAID = {
    "image": "images alone",
    "encoder": "encoder",
    "prior": "no network",
    "external": "external",
}
_PANEL = 4.2
_MARGIN = 0.18
"""Of the width of a panel, so that names fit."""

_QUALITY = {"top1": "Top-1", "r2": "R²"}


def plot_trade(table: pd.DataFrame, scales: Sequence[str], quality: str) -> Figure:
    """Draw a panel per scale, and in it every model: its accuracy across, its clustering up.

    Parameters
    ----------
    table : pandas.DataFrame
        What `tabled` returns.
    scales : sequence of str
        The scales.
    quality : str
        The metric that says how good a model is.
    """
    with styled():
        figure = new_figure(_PANEL * len(scales), _PANEL)
        panels = np.atleast_1d(figure.subplots(1, len(scales), sharex=True))
        for axes, scale in zip(panels, scales, strict=True):
            _draw(axes, table, f"{scale}:clustering", quality)
            axes.set_title(f"at {scale}")
            axes.set_xlabel(_QUALITY.get(quality, quality))
        panels[0].set_ylabel("clustering (nats; about 1 by chance)")
        kinds = [kind for kind in _MARKERS if (table["kind"] == kind).any()]
        keys = [Line2D([], [], linestyle="", **_look(kind)) for kind in kinds]
        figure.legend(
            keys, [_SAID[kind] for kind in kinds], loc="outside lower center", ncols=len(kinds)
        )
    return figure


def drawn(figure: Figure, about: str) -> Markup:
    """Return a figure as an element of a page."""
    held = StringIO()
    # Ids of elements come from this word, and not from chance: pages are the same again.
    with styled(), mpl.rc_context({"svg.hashsalt": "geobias"}):
        figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None})
    text = held.getvalue()
    inner = text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{about}"', 1)
    return Markup(inner)


def _draw(axes: Axes, table: pd.DataFrame, score: str, quality: str) -> None:
    named = _named(table, score, quality)
    for at, row in table.iterrows():
        across, up = (row.get(one + SPREAD, np.nan) for one in (quality, score))
        axes.errorbar(
            row[quality], row[score],
            xerr=None if np.isnan(across) else across, yerr=None if np.isnan(up) else up,
            elinewidth=1, **_look(row["kind"]),
        )  # fmt: skip
        if at in named:
            name = axes.annotate(
                str(row["model"]), (row[quality], row[score]), xytext=(5, 3),
                textcoords="offset points", fontsize=7,
            )  # fmt: skip
            literally(name)
    axes.axhline(1.0, color=QUIET, linewidth=0.8, linestyle=":")
    axes.margins(x=_MARGIN)


def _named(table: pd.DataFrame, score: str, quality: str) -> set[object]:
    """The rows that get their names: images, external ones, and the extremes of the encoders."""
    encoders = table[(table["kind"] == "encoder") & table[score].notna()]
    named = set(table.index[table["kind"].isin(["image", "external"])])
    if len(encoders):
        named |= {encoders[score].idxmin(), encoders[score].idxmax(), encoders[quality].idxmax()}
    return named


def _look(kind: str) -> dict[str, Any]:
    colour = SERIES[list(_MARKERS).index(kind)]
    return {"marker": _MARKERS[kind], "color": colour, "markersize": 5, "alpha": 0.85}
