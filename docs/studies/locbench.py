"""Do encoders raise accuracy, published scores and clustering? Train them in simulated worlds.

    python docs/studies/locbench.py docs/locbench.csv [WORLDS]
    python docs/studies/locbench.py --planted docs/locbench_planted.csv [WORLDS]

In every world each encoder is trained once, with a seed of its own. There are worlds of classes
where the image model is weak in one region, and others where it is equally good everywhere; and
worlds of values, where images are noisier in one region. In all, location tells much. OUT.csv gets
one row per kind of world, world, model and scale, and is continued where it was left. With
--planted, one row per kind of world and world: whether the audit finds what is planted in the image
model, and what a constant encoder makes of its answers.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

import geobias
import geobias.sphere
from geobias.encoders.locbench import Dataset, evaluate, field, run, synthetic, train, true_prior

SCALES = ("1000km", "knn:100")
WEAK = {"planted": 0.4, "unbiased": 0.85}
"""How often the image model is right in the region; elsewhere it is in 85 %."""
Study = Callable[[str, int], pd.DataFrame]

BEST = "true prior"
PERMUTATIONS = 999
COLUMNS = ("accuracy", "unmarked", "marked", "relative", "clustering", "isolation")


def dataset_of(kind: str, world: int) -> Dataset:
    """Return a world of classes or, of the kind ``field``, of values."""
    if kind == "field":
        return field(seed=world)
    return synthetic(seed=world, weak_accuracy=WEAK[kind])


def trained(kind: str, world: int) -> pd.DataFrame:
    """Train and score all models in one world."""
    dataset = dataset_of(kind, world)
    with TemporaryDirectory() as folder:
        kept = run(dataset, folder, encoders="all", seeds=[world])
        runs = kept.runs()
        answers = {one.model: kept.predictions(one)[one.correct].to_numpy() for one in runs}
    if kind in WEAK:
        answers[BEST] = evaluate(dataset, true_prior(seed=world)).predictions["hit@1"].to_numpy()
    split = dataset.evaluated
    table = pd.DataFrame({"lat": split.lat, "lon": split.lon, **answers})
    choices = {"correct": list(answers), "lat": "lat", "lon": "lon", "scales": SCALES}
    found = geobias.score(table, **choices, preset="published", marks="01").summary
    return found[["model", "scale", *COLUMNS]].assign(kind=kind, world=world)


def planted(kind: str, world: int) -> pd.DataFrame:
    """Audit the image model of one world, and multiply it with what says the same everywhere."""
    dataset = dataset_of(kind, world)
    image = evaluate(dataset).predictions
    audit = geobias.score(image, correct="hit@1", scales=SCALES, permutations=PERMUTATIONS)
    row = {f"p at {each['scale']}": each["clustering_p"] for _, each in audit.summary.iterrows()}
    places = geobias.where(image, correct="hit@1", permutations=PERMUTATIONS).table
    row["places"] = len(places)
    if len(places) and dataset.truth:
        first, truth = places.iloc[0], dataset.truth
        row["apart_km"] = geobias.sphere.great_circle_km(
            first["lat"], first["lon"], truth["lat"], truth["lon"]
        )
        row["radius_km"], row["planted_km"] = first["radius_km"], truth["radius_km"]
    constant = train(dataset, "tile", options={"cell_size": 360.0}, seed=world).model
    same = evaluate(dataset, constant).predictions["hit@1"]
    both = pd.DataFrame(image[["lat", "lon"]]).assign(image=image["hit@1"], constant=same)
    scored = geobias.score(both, correct=["image", "constant"], scales=SCALES).summary
    row["changed"] = (same != image["hit@1"]).mean()
    for scale in SCALES:
        first, second = scored.loc[scored["scale"] == scale, "clustering"]
        row[f"constant at {scale}"] = second - first
    return pd.DataFrame([row]).assign(kind=kind, world=world)


def main(out: Path, worlds: int, kinds: Sequence[str], study: Study) -> None:
    """Go through the worlds, one of each kind in turn."""
    done = pd.read_csv(out) if out.exists() else pd.DataFrame(columns=["kind", "world"])
    finished = set(done[["kind", "world"]].itertuples(index=False, name=None))
    for world in range(worlds):
        for kind in kinds:
            if (kind, world) in finished:
                continue
            started = time.perf_counter()
            found = study(kind, world)
            done = pd.concat([done, found]) if len(done) else found
            done.to_csv(out, index=False, float_format="%.6g")
            print(kind, world, f"{time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--planted"]
    worlds = int(words[1]) if len(words) > 1 else 10
    if "--planted" in sys.argv:
        main(Path(words[0]), worlds, list(WEAK), planted)
    else:
        main(Path(words[0]), worlds, [*WEAK, "field"], trained)
