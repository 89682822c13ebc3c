"""Do the p values, intervals and calibrated scores of geobias hold? Worlds of known truth say.

    python docs/studies/validity.py FOLDER          # simulate; about an hour on two cores
    python docs/studies/validity.py FOLDER --show   # print the tables of docs/validity.md

FOLDER gets one CSV file per question and is continued where it was left.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import geobias
from geobias import simulate

SCORES = ("marked", "relative", "clustering", "isolation")
ACCURACIES = (0.3, 0.5, 0.7, 0.9, 0.95, 0.98)
TESTS, WORLDS = 600, 300
SAMPLES = 800
PERMUTATIONS = 99
SCALES = ("1000km", "knn:50")
CENTRE_LEVELS = (0.05, 0.01, 0.001)

POWER_WORLDS = 25
POWER_SAMPLES = 1200
POWER_SCALES = ("100km", "1000km", "5000km")
GAPS = (0.1, 0.2, 0.3)
POWER_ACCURACY = 0.75
BIASED = tuple(name for name in simulate.WORLDS if name != "unbiased")

COVERAGE_PLACES, COVERAGE_DRAWS = 6, 50


def kind_of(seed: int) -> str:
    """Every other world has uniform locations."""
    return ("cities", "uniform")[seed % 2]


def tested(accuracy: float, seed: int) -> list[dict[str, Any]]:
    """Test a model whose errors fall at random."""
    places = simulate.locations(kind_of(seed), SAMPLES, seed)
    table = simulate.world("unbiased", locations=places, accuracy=accuracy, seed=seed)
    audit = geobias.score(
        table, correct="correct", scales=SCALES, permutations=PERMUTATIONS, seed=seed, threads=1
    )
    return [
        {"accuracy": accuracy, "seed": seed, "scale": row["scale"], "score": score}
        | {"p": row[f"{score}_p"], "p_greater": row[f"{score}_p_greater"]}
        for _, row in audit.summary.iterrows()
        for score in SCORES
    ]


def chance(accuracy: float, seed: int) -> list[dict[str, Any]]:
    """Score a model whose errors fall at random, and judge its centres."""
    places = simulate.locations(kind_of(seed), SAMPLES, seed)
    table = simulate.world("unbiased", locations=places, accuracy=accuracy, seed=seed)
    audit = geobias.score(table, correct="correct", scales=SCALES, fdr=0.05, seed=seed, threads=1)
    published = geobias.score(
        table, correct="correct", scales=SCALES, preset="published", threads=1
    ).summary
    rows = []
    for position, row in audit.summary.iterrows():
        centres = audit.samples[audit.samples["scale"] == row["scale"]]
        for score in (*SCORES, "crowding"):
            line = {"accuracy": accuracy, "seed": seed, "scale": row["scale"], "score": score}
            line["mean"], line["defined"] = row[score], int(centres[score].notna().sum())
            if f"{score}_p" in centres:
                p = centres[f"{score}_p"].dropna()
                line |= {f"centres_{level}": (p <= level).mean() for level in CENTRE_LEVELS}
                line["normal_0.001"] = (centres[f"{score}_z"].dropna().abs() >= 3.2905).mean()
                line["any_label"] = (centres[f"{score}_q"] <= 0.05).any()
                line["any_label_by"] = (centres[f"{score}_q_by"] <= 0.05).any()
            rows.append(line)
        old = {"score": "marked, published", "mean": published.loc[position, "marked"]}
        rows.append({"accuracy": accuracy, "seed": seed, "scale": row["scale"], **old})
    return rows


def pair(accuracies: tuple[float, float], seed: int) -> list[dict[str, Any]]:
    """Compare two models whose errors fall at random."""
    places = simulate.locations(kind_of(seed), SAMPLES, seed)
    draw = np.random.default_rng([seed, 7])
    for name, accuracy in zip("AB", accuracies, strict=True):
        places[name] = draw.random(len(places)) < accuracy
    table = geobias.compare(
        places, correct=["A", "B"], scales=SCALES, permutations=PERMUTATIONS, bootstrap=199,
        seed=seed, threads=1,
    ).table  # fmt: skip
    keep = ["scale", "score", "difference", "low", "high", "blocks", "p"]
    return (
        table[keep].assign(first=accuracies[0], second=accuracies[1], seed=seed).to_dict("records")
    )


def power(world: str, gap: float, seed: int) -> list[dict[str, Any]]:
    """Test a model with a planted bias, at several scales."""
    places = simulate.locations("cities", POWER_SAMPLES, seed)
    size = {"n": POWER_SAMPLES} if world == "repeats" else {"locations": places}
    strength = {} if world == "repeats" else {"gap": gap}
    table = simulate.world(world, **size, **strength, accuracy=POWER_ACCURACY, seed=seed)
    audit = geobias.score(
        table, correct="correct", scales=POWER_SCALES, permutations=PERMUTATIONS, seed=seed,
        threads=1,
    )  # fmt: skip
    return [
        {
            "world": world, "gap": gap, "seed": seed, "scale": row["scale"], "score": score,
            "mean": row[score], "p": row[f"{score}_p"],
        }
        for _, row in audit.summary.iterrows()
        for score in SCORES
    ]  # fmt: skip


def coverage(world: str, place: int, draw: int) -> list[dict[str, Any]]:
    """Give the mean scores of one draw of errors at given places an interval."""
    places = simulate.locations("cities", SAMPLES, 1000 + place)
    gap = {} if world == "unbiased" else {"gap": 0.3}
    table = simulate.world(world, locations=places, accuracy=0.8, seed=place, **gap)
    errors = np.random.default_rng([place, draw, 8])
    table["hit"] = errors.random(len(table)) < table["chance"]
    audit = geobias.score(
        table, correct="hit", scales=("100km", "1000km"), bootstrap=199, seed=draw, threads=1
    )
    return [
        {
            "world": world, "place": place, "draw": draw, "scale": row["scale"], "score": score,
            "mean": row[score], "low": row[f"{score}_low"], "high": row[f"{score}_high"],
            "blocks": audit.aggregates["blocks"].max(),
        }
        for _, row in audit.summary.iterrows()
        for score in SCORES
    ]  # fmt: skip


def questions() -> Iterator[tuple[str, Callable[..., list[dict[str, Any]]], list[tuple[Any, ...]]]]:
    """Name each question, and say what is simulated to answer it."""
    seeds = range(WORLDS)
    yield "chance", chance, [(accuracy, seed) for seed in seeds for accuracy in ACCURACIES]
    yield (
        "pairs",
        pair,
        [(two, seed) for seed in seeds for two in ((0.8, 0.8), (0.95, 0.95), (0.9, 0.7))],
    )
    yield (
        "power",
        power,
        [
            (world, gap, seed)
            for seed in range(POWER_WORLDS)
            for world in BIASED
            for gap in (GAPS if world != "repeats" else GAPS[:1])
        ],
    )
    yield (
        "coverage",
        coverage,
        [
            (world, place, draw)
            for draw in range(COVERAGE_DRAWS)
            for place in range(COVERAGE_PLACES)
            for world in ("unbiased", "weak-region", "patches-500km")
        ],
    )
    yield "tests", tested, [(accuracy, seed) for seed in range(TESTS) for accuracy in ACCURACIES]


def run(folder: Path) -> None:
    """Answer one question after the other."""
    folder.mkdir(exist_ok=True)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for name, simulated, cases in questions():
            target = folder / f"{name}.csv"
            if target.exists():
                continue
            started = time.perf_counter()
            rows: list[dict[str, Any]] = []
            for part in pool.map(simulated, *zip(*cases, strict=True), chunksize=4):
                rows += part
            pd.DataFrame(rows).to_csv(target, index=False, float_format="%.6g")
            print(
                f"{name}: {len(cases):,} worlds in {time.perf_counter() - started:.0f} s",
                flush=True,
            )


def show(folder: Path) -> None:
    """Print the tables."""
    pd.set_option("display.width", 200, "display.max_columns", 40, "display.max_rows", 200)
    found = {name: pd.read_csv(folder / f"{name}.csv") for name, _, _ in questions()}
    chance_rows, tests = found["chance"], found["tests"]
    by = ["scale", "score", "accuracy"]
    print("Share of unbiased worlds with p <= .05, two-sided and one-sided\n")
    for p in ("p", "p_greater"):
        print(tests.assign(hit=tests[p] <= 0.05).groupby(by)["hit"].mean().unstack().round(3))
    print("\nShare of centres with p <= level, and of worlds in which a centre got a label\n")
    judged = [name for name in chance_rows if name.startswith(("centres_", "normal_", "any_"))]
    calibrated = chance_rows[chance_rows["score"].isin(SCORES[1:])]
    print(calibrated.astype(dict.fromkeys(judged, float)).groupby(by)[judged].mean().round(5))
    print("\nMean scores, and their slope in nats per unit of accuracy\n")
    means = chance_rows.groupby(by)["mean"].mean().unstack()
    print(means.assign(slope=[_slope(chance_rows, *key) for key in means.index]).round(3))
    pairs = found["pairs"]
    print("\nShare of pairs of unbiased models with p <= .05, and with 0 in the interval\n")
    pairs = pairs.assign(hit=pairs["p"] <= 0.05, holds=(pairs["low"] <= 0) & (pairs["high"] >= 0))
    print(
        pairs.groupby(["first", "second", "scale", "score"])[["hit", "holds", "blocks"]]
        .mean()
        .round(3)
    )
    strong = found["power"]
    print("\nPower at 5 %\n")
    strong = strong.assign(hit=strong["p"] <= 0.05)
    print(strong.groupby(["world", "scale", "score", "gap"])["hit"].mean().unstack().round(2))
    spans = found["coverage"]
    where = ["world", "scale", "score", "place"]
    truth = spans.groupby(where)["mean"].transform("mean")
    spans = spans.assign(holds=(spans["low"] <= truth) & (truth <= spans["high"]))
    print("\nShare of 95 % intervals that hold the mean over all draws of errors\n")
    print(spans.groupby(["world", "scale", "score"])[["holds", "blocks"]].mean().round(2))


def _slope(rows: pd.DataFrame, scale: str, score: str) -> float:
    part = rows[(rows["scale"] == scale) & (rows["score"] == score)].dropna(subset="mean")
    return float(np.polyfit(part["accuracy"], part["mean"], 1)[0])


if __name__ == "__main__":
    if "--show" in sys.argv:
        show(Path(sys.argv[1]))
    else:
        run(Path(sys.argv[1]))
