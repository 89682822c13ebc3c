"""Do encoders raise accuracy, published scores and clustering? Train them in simulated worlds.

    python docs/studies/locbench.py docs/locbench.csv [WORLDS]

In every world each encoder is trained once, with a seed of its own. There are worlds where the
image model is weak in one region, and worlds where it is equally good everywhere; in both,
location tells much of the class. OUT.csv gets one row per kind of world, world, model and scale,
and is continued where it was left.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

import geobias
from geobias.encoders.locbench import run, synthetic, true_prior
from geobias.encoders.locbench.evaluation.evaluating import evaluate

SCALES = ("1000km", "knn:100")
KINDS = {"planted": 0.4, "unbiased": 0.85}
"""How often the image model is right in the region; elsewhere it is in 85 %."""
BEST = "true prior"
COLUMNS = ("accuracy", "unmarked", "marked", "relative", "clustering", "isolation")


def study(kind: str, world: int) -> pd.DataFrame:
    """Train and score all models in one world."""
    dataset = synthetic(seed=world, weak_accuracy=KINDS[kind])
    with TemporaryDirectory() as folder:
        kept = run(dataset, folder, encoders="all", seeds=[world])
        runs = kept.runs()
        answers = {one.model: kept.predictions(one)["hit@1"].to_numpy() for one in runs}
    answers[BEST] = evaluate(dataset, true_prior(seed=world)).predictions["hit@1"].to_numpy()
    split = dataset.evaluated
    table = pd.DataFrame({"lat": split.lat, "lon": split.lon, **answers})
    choices = {"correct": list(answers), "lat": "lat", "lon": "lon", "scales": SCALES}
    found = geobias.score(table, **choices, preset="published", marks="01").summary
    return found[["model", "scale", *COLUMNS]].assign(kind=kind, world=world)


def main(out: Path, worlds: int) -> None:
    """Go through the worlds, one of each kind in turn."""
    done = pd.read_csv(out) if out.exists() else pd.DataFrame(columns=["kind", "world"])
    finished = set(done[["kind", "world"]].itertuples(index=False, name=None))
    for world in range(worlds):
        for kind in KINDS:
            if (kind, world) in finished:
                continue
            started = time.perf_counter()
            found = study(kind, world)
            done = pd.concat([done, found]) if len(done) else found
            done.to_csv(out, index=False, float_format="%.6g")
            print(kind, world, f"{time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8)
