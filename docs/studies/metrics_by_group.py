"""What scores by group can be compared for: the tables of docs/metrics.md.

    python docs/studies/metrics_by_group.py

Simulated worlds on 6,000 locations around cities, at 500 km, means over 100 seeds; two minutes.
Groups are drawn at random, so that whatever bias there is, all groups have the same.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias import simulate
from geobias.metrics import ssi_scores

SEEDS = 100
SAMPLES = 6000
SCALE = "500km"


def scores(places: pd.DataFrame, correct: NDArray[np.bool_]) -> dict[str, float]:
    """Score one group, whose samples are all there is."""
    right = np.ones(len(places), dtype=bool)
    return ssi_scores(right, correct, lat=places["lat"], lon=places["lon"], scale=SCALE)


def of_unequal_size(seed: int) -> list[dict[str, object]]:
    """Nine tenths and one tenth of one world, without bias and with it."""
    places = simulate.locations("cities", SAMPLES, seed)
    large = np.random.default_rng(seed).random(SAMPLES) < 0.9
    rows = []
    for errors, name, gap in (("random", "unbiased", 0.0), ("patches", "patches-500km", 0.35)):
        correct = simulate.world(name, locations=places, gap=gap, seed=seed)["correct"].to_numpy()
        for group, own in (("nine tenths", large), ("one tenth", ~large)):
            rows.append({"errors": errors, "group": group, **scores(places[own], correct[own])})
    return rows


def of_unequal_accuracy(seed: int) -> list[dict[str, object]]:
    """Two halves of the places, errors at random in both, more of them in one."""
    places = simulate.locations("cities", SAMPLES, seed)
    draw = np.random.default_rng(seed)
    half, luck = draw.random(SAMPLES) < 0.5, draw.random(SAMPLES)
    rows = []
    for accuracy, own in ((0.7, half), (0.95, ~half)):
        right = luck[own] < accuracy
        rows.append({"errors": "random", "group": f"{accuracy:.0%}", **scores(places[own], right)})
    return rows


def drawn_again(seed: int) -> list[dict[str, object]]:
    """A tenth without bias, and as many rows drawn from it with replacement."""
    places = simulate.locations("cities", SAMPLES // 10, seed)
    correct = simulate.world("unbiased", locations=places, seed=seed)["correct"].to_numpy()
    rows = np.random.default_rng(seed).integers(0, len(places), len(places))
    return [
        {"errors": "random", "group": "as it is", **scores(places, correct)},
        {"errors": "random", "group": "drawn again", **scores(places.iloc[rows], correct[rows])},
    ]


if __name__ == "__main__":
    for experiment in (of_unequal_size, of_unequal_accuracy, drawn_again):
        rows = pd.DataFrame([row for seed in range(SEEDS) for row in experiment(seed)])
        grouped = rows.groupby(["errors", "group"], sort=False)
        print(experiment.__doc__)
        print(grouped.mean().round(2).to_string())
        print("standard deviation from world to world")
        print(grouped.std().round(2).to_string(), "\n")
