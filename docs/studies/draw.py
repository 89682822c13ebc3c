"""Draw the figures of docs/validity.md and docs/location_encoders.md.

python docs/studies/draw.py validity FOLDER docs/validity.png
python docs/studies/draw.py encoders OUT.csv docs/location_encoders.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

mpl.use("Agg")

# Okabe and Ito's palette, which colour-blind readers can tell apart.
COLOURS = {
    "marked": "#000000",
    "relative": "#E69F00",
    "clustering": "#0072B2",
    "isolation": "#009E73",
    "marked, published": "#D55E00",
}
TESTED = ("marked", "relative", "clustering", "isolation")
BASE = "no_prior"
TITLES = {
    "inat2018": "iNat2018",
    "yfcc": "YFCC",
    "birdsnap": "BirdSnap",
    "fmow": "fMoW",
    "nabirds_ebird": "NABirds†",
    "birdsnap_ebird": "BirdSnap†",
}


def validity(folder: Path) -> Figure:
    """Draw false positives, means and power."""
    tests, chance, power = (
        pd.read_csv(folder / f"{name}.csv") for name in ("tests", "chance", "power")
    )
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1, 1.25))
    _false_positives(left, tests)
    _means(middle, chance)
    _power(right, power)
    figure.colorbar(right.images[0], ax=right, label="share of worlds with p ≤ .05")
    return figure


def _false_positives(axes: Axes, tests: pd.DataFrame) -> None:
    axes.axhspan(0.03, 0.07, color="0.92")
    axes.axhline(0.05, color="0.6", linewidth=1)
    shares = tests.assign(hit=tests["p"] <= 0.05).groupby(["scale", "score", "accuracy"])["hit"]
    for (scale, score), part in shares.mean().groupby(level=[0, 1]):
        style = "-" if scale == "1000km" else "--"
        axes.plot(
            part.index.get_level_values("accuracy"), part, style, marker=".",
            color=COLOURS[score], label=score if style == "-" else None,
        )  # fmt: skip
    axes.set(
        ylim=(0, 0.12), xlabel="accuracy", ylabel="share of unbiased worlds with p ≤ .05",
        title="False positives\n(solid 1000km, dashed knn:50)",
    )  # fmt: skip
    axes.legend(frameon=False, ncols=2)


def _means(axes: Axes, chance: pd.DataFrame) -> None:
    rows = chance[(chance["scale"] == "1000km") & chance["score"].isin(COLOURS)]
    for score, part in rows.groupby("score"):
        if score != "marked":
            mean = part.groupby("accuracy")["mean"].mean()
            axes.plot(mean.index, mean, marker=".", color=COLOURS[score], label=score)
    axes.set(
        yscale="log", xlabel="accuracy", ylabel="mean score, nats",
        title="Errors at random: mean score\n(1000km)",
    )  # fmt: skip
    axes.set_yticks([1, 3, 10, 30], ["1", "3", "10", "30"])
    axes.minorticks_off()
    axes.legend(frameon=False)


def _power(axes: Axes, power: pd.DataFrame) -> None:
    shown = power[(power["gap"] == 0.3) | (power["world"] == "repeats")]
    shown = shown[shown["score"] != "marked"].assign(hit=shown["p"] <= 0.05)
    table = shown.pivot_table(index="world", columns=["scale", "score"], values="hit")
    scales = sorted(set(shown["scale"]), key=lambda scale: float(scale[:-2]))
    columns = [(scale, score) for scale in scales for score in TESTED[1:]]
    table = table[columns]
    axes.imshow(table, vmin=0, vmax=1, cmap="cividis", aspect="auto")
    for (y, x), value in np.ndenumerate(table.to_numpy()):
        axes.text(x, y, f"{value:.2f}".removeprefix("0"), ha="center", va="center", fontsize=8,
                  color="white" if value < 0.5 else "black")  # fmt: skip
    axes.set_xticks(range(len(columns)), [score for _, score in columns], rotation=60, ha="right")
    axes.set_yticks(range(len(table)), table.index)
    for place, scale in enumerate(scales):
        axes.text(3 * place + 1, -0.62, scale, ha="center", va="bottom", fontsize=9)
    axes.set_title("Power, accuracy .75, gap .3\n")


def encoders(path: Path) -> Figure:
    """Draw the published marked score of each model, and its clustering, at one scale."""
    rows = pd.read_csv(path)
    rows = rows[(rows["scale"] == "100km") & (rows["sites"] == "keep")]
    found = [name for name in TITLES if name in set(rows["dataset"])]
    figure = Figure(figsize=(12, 7.2), layout="constrained")
    grid = figure.subplots(2, len(found), sharey=True, squeeze=False)
    models = [BASE, *(m for m in rows["model"].unique() if m != BASE)][::-1]
    for column, dataset in enumerate(found):
        part = rows[rows["dataset"] == dataset]
        for axes, score in zip(grid[:, column], ("marked, published", "clustering"), strict=True):
            _forest(axes, part[part["score"] == score].set_index("model"), models, score)
        grid[0, column].set_title(TITLES[dataset])
    grid[0, 0].set_ylabel("published marked score")
    grid[1, 0].set_ylabel("clustering, calibrated")
    figure.supxlabel(
        "mean over all centres at 100km, nats; dashed: image only; dotted: 1 nat, chance; "
        "filled: differs from image only (Holm p ≤ .05)"
    )
    return figure


def _forest(axes: Axes, scores: pd.DataFrame, models: list[str], score: str) -> None:
    for position, model in enumerate(models):
        if model not in scores.index:
            continue
        row = scores.loc[model]
        colour = "0.4" if model == BASE else COLOURS[score]
        distinct = row["p_holm"] <= 0.05 if score == "clustering" else True
        axes.plot(row["mean"], position, "o", color=colour, markersize=5,
                  markerfacecolor=colour if distinct else "white")  # fmt: skip
        if score == "clustering" and model != BASE:
            base = scores.loc[BASE, "mean"]
            axes.plot([base + row["low"], base + row["high"]], [position] * 2,
                      color=colour, linewidth=1, zorder=0)  # fmt: skip
    axes.axvline(scores.loc[BASE, "mean"], color="0.4", linestyle="--", linewidth=1)
    if score == "clustering":
        axes.axvline(1.0, color="0.4", linestyle=":", linewidth=1)
    axes.set_yticks(range(len(models)), [m.replace(BASE, "image only") for m in models], fontsize=8)
    axes.margins(x=0.15)


if __name__ == "__main__":
    draw = {"validity": validity, "encoders": encoders}[sys.argv[1]]
    draw(Path(sys.argv[2])).savefig(sys.argv[3], dpi=110)
