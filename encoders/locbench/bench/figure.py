"""Accuracy against clustering: who raises which."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from geobias.encoders.locbench.bench.results import SPREAD
from geobias.plots.panels import literally
from geobias.plots.style import QUIET, SERIES, styled

_KINDS = {"image": "s", "prior": "^", "encoder": "o", "external": "D"}
_PANEL = 4.2


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
        figure = Figure(figsize=(_PANEL * len(scales), _PANEL), layout="constrained")
        for axes, scale in zip(
            np.atleast_1d(figure.subplots(1, len(scales), sharex=True)), scales, strict=True
        ):
            for at, (_, row) in enumerate(table.iterrows()):
                colour = SERIES[list(_KINDS).index(row["kind"]) % len(SERIES)]
                spread = [
                    row.get(f"{one}{SPREAD}", np.nan) for one in (quality, f"{scale}:clustering")
                ]
                axes.errorbar(
                    row[quality], row[f"{scale}:clustering"],
                    xerr=None if np.isnan(spread[0]) else spread[0],
                    yerr=None if np.isnan(spread[1]) else spread[1],
                    fmt=_KINDS[row["kind"]], color=colour, markersize=5, elinewidth=1,
                )  # fmt: skip
                if row["kind"] != "encoder" or _stands_out(table, scale, row):
                    named = axes.annotate(
                        str(row["model"]), (row[quality], row[f"{scale}:clustering"]),
                        xytext=(4, 4 if at % 2 else -9), textcoords="offset points", fontsize=7,
                    )  # fmt: skip
                    literally(named)
            axes.axhline(1.0, color=QUIET, linewidth=0.8, linestyle=":")
            axes.set_title(f"at {scale}")
            axes.set_xlabel({"top1": "Top-1", "r2": "R²"}.get(quality, quality))
        figure.axes[0].set_ylabel("clustering (nats; 1 by chance)")
    return figure


def _stands_out(table: pd.DataFrame, scale: str, row: pd.Series[float]) -> bool:
    """Whether an encoder is the most or the least clustered one, and so worth its name."""
    values = table.loc[table["kind"] == "encoder", f"{scale}:clustering"]
    return bool(row[f"{scale}:clustering"] in (values.min(), values.max()))


def drawn(figure: Figure, about: str) -> Markup:
    """Return a figure as an element of a page."""
    held = StringIO()
    figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None})
    text = held.getvalue()
    inner = text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{about}"', 1)
    return Markup(inner)
