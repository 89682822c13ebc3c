"""Pictures of the study of encoders in simulated worlds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import t

from geobias.plots.style import QUIET, SERIES, Figure, new_figure, styled

IMAGES = "image-only"
SCORES = ("points", "marked", "clustering")
"""Points of accuracy, and nats."""

_NAMES = {"marked": "marked score, nats", "clustering": "clustering, nats"}


def changes(study: pd.DataFrame) -> pd.DataFrame:
    """Return what every model changes against images alone, in each world and at each scale."""
    keys = ["kind", "world", "scale"]
    table = study.assign(points=100.0 * study["accuracy"])
    images = table[table["model"] == IMAGES].set_index(keys)[list(SCORES)]
    others = table[table["model"] != IMAGES].set_index([*keys, "model"])[list(SCORES)]
    return (others - images).reset_index()


def interval(values: pd.Series[float]) -> str:
    """Return the mean over worlds and its 95 % interval, Student's t."""
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    mean = values.mean()
    return f"{mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f})".replace("-", "−")


def trained_encoders(study: pd.DataFrame, scale: str, kinds: Mapping[str, str]) -> Figure:
    """Draw what each encoder changes: the published score, and the calibrated one."""
    table = changes(study[~study["model"].str.startswith("prior-")])
    table = table[table["scale"] == scale]
    models = sorted(table["model"].unique())
    with styled():
        figure = new_figure(8.0, 0.24 * len(models) + 1.2)
        for axes, score in zip(figure.subplots(1, 2, sharey=True), _NAMES, strict=True):
            for number, (kind, said) in enumerate(kinds.items()):
                of_kind = table[table["kind"] == kind].groupby("model")[score]
                mean, worlds = of_kind.mean().reindex(models), of_kind.count().max()
                half = t.ppf(0.975, worlds - 1) * of_kind.std().reindex(models) / np.sqrt(worlds)
                axes.errorbar(
                    mean, np.arange(len(models)) + 0.2 * number, xerr=half, fmt="o", markersize=4,
                    elinewidth=1, color=SERIES[number], label=said,
                )  # fmt: skip
            axes.axvline(0.0, color=QUIET, linewidth=0.8, linestyle=":")
            axes.set_xlabel(f"change of the {_NAMES[score]}")
        figure.axes[0].set_yticks(np.arange(len(models)) + 0.1, models)
        figure.axes[0].invert_yaxis()
        figure.legend(
            *figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2
        )
    return figure
