"""Pictures of the two traps: what grows although there is no bias."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from geobias.plots.style import INK, QUIET, SERIES, Figure, new_figure, styled

CALIBRATED = ("clustering", "isolation", "relative")


def accuracy_trap(summary: pd.DataFrame) -> Figure:
    """Draw scores against the accuracies of models without bias."""
    with styled():
        figure = new_figure(7.0, 3.0)
        left, right = figure.subplots(1, 2, sharex=True)
        percent = 100.0 * summary["accuracy"]
        left.plot(percent, summary["marked"], "o", color=INK, markersize=3.5, alpha=0.6)
        left.set_title("marked, the published score")
        for score, colour, marker in zip(CALIBRATED, SERIES, "os^", strict=False):
            right.plot(
                percent, summary[score], marker, color=colour, markersize=3.5, alpha=0.6,
                label=score,
            )  # fmt: skip
        _chance(right)
        right.set_ylim(0.0, 4.0)
        right.legend(loc="upper left", ncols=3, handletextpad=0.2, columnspacing=1.0)
        right.set_title("calibrated scores")
        left.set_ylim(bottom=0.0)
        for ax in (left, right):
            ax.set_xlabel("accuracy of a model without bias, %")
        left.set_ylabel("mean score, nats")
    return figure


def two_models(summary: pd.DataFrame) -> Figure:
    """Draw two scores of each model side by side."""
    with styled():
        figure = new_figure(7.0, 1.7)
        for ax, score in zip(
            figure.subplots(1, 2, sharey=True), ("marked", "clustering"), strict=True
        ):
            ax.barh(summary["model"], summary[score], height=0.55, color=SERIES[: len(summary)])
            ax.set_title(score)
            ax.set_xlabel("mean score, nats")
            ax.margins(x=0.15)
            for place, value in enumerate(summary[score]):
                ax.annotate(
                    f"{value:.1f}", (value, place), (4, 0), textcoords="offset points", va="center",
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
                )  # fmt: skip
            ax.invert_yaxis()
        _chance(ax, across=False)
    return figure


def repeated_sites(found: pd.DataFrame) -> Figure:
    """Draw clustering against how often each site was seen."""
    with styled():
        figure = new_figure(4.6, 2.8)
        ax = figure.add_subplot()
        for (sites, rows), colour, marker in zip(
            found.groupby("sites"), SERIES[1::-1], "os", strict=False
        ):
            ax.plot(rows["images"], rows["clustering"], marker=marker, color=colour, markersize=4)
            last = rows.iloc[-1]
            ax.annotate(
                f"sites {'kept' if sites == 'keep' else 'merged'}",
                (last["images"], last["clustering"]), (7, 0), textcoords="offset points",
                va="center", color=colour,
            )  # fmt: skip
        ax.set_xticks(found["images"].unique())
        ax.set_ylim(bottom=0.0)
        ax.set_xlabel("images of each site, all alike")
        ax.set_ylabel("mean clustering, nats")
    return figure


def _chance(ax: Axes, *, across: bool = True) -> None:
    """Mark the 1 nat of chance."""
    line = ax.axhline if across else ax.axvline
    line(1.0, color=QUIET, linewidth=0.8, linestyle="--", zorder=0)
    if across:
        ax.annotate(
            "chance", (1.0, 1.0), (0, 3), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", color=QUIET, fontsize=7.5,
        )  # fmt: skip
