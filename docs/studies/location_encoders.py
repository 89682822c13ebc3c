"""Do location encoders raise geographic bias? Score the published predictions again.

    python docs/studies/location_encoders.py FOLDER docs/location_encoders.csv [DATASET ...]
    python docs/studies/location_encoders.py --table docs/location_encoders.csv

FOLDER holds one Parquet file per dataset: lat, lon, ``no_prior`` (the image model alone) and
one column of hits per location encoder. Every model is scored around all centres; the
permutation tests look at a random part of them. OUT.csv gets one row per dataset, treatment
of sites, model, scale and score, and is continued where it was left.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd

import geobias
from geobias import survey

DATASETS = ("birdsnap", "birdsnap_ebird", "inat2018", "yfcc", "nabirds_ebird", "fmow")
SCALES = ("100km", "1000km", "knn:100")
SCORES = ("marked", "relative", "clustering", "isolation")
BASE = "no_prior"
PERMUTATIONS = 999

# A fifth of the bound of the library, so that the study takes an hour instead of several.
survey.MOST_SUMS = 20_000_000_000


def study(table: pd.DataFrame, scale: str, sites: str) -> pd.DataFrame:
    """Score, test and compare all models of one dataset at one scale."""
    models = [name for name in table.columns if name not in ("lat", "lon")]
    choices = {"correct": models, "scales": scale, "sites": sites, "permutations": PERMUTATIONS}
    audit = geobias.score(table, **choices)
    published = geobias.score(table, correct=models, scales=scale, preset="published", sites=sites)
    compared = geobias.compare(table, **choices, against=BASE).table
    compared = compared.set_index(["second", "score"])
    rows = []
    for (_, row), (_, old) in zip(
        audit.summary.iterrows(), published.summary.iterrows(), strict=True
    ):
        facts = {"model": row["model"], "samples": row["samples"], "accuracy": row["accuracy"]}
        for score in SCORES:
            line = {**facts, "score": score, "mean": row[score], "p": row[f"{score}_p"]}
            line["p_greater"], line["pz"] = row[f"{score}_p_greater"], row[f"{score}_pz"]
            if row["model"] != BASE:
                against = compared.loc[(row["model"], score)]
                line |= against[["difference", "low", "high", "p", "p_holm"]].rename(
                    {"p": "p_difference", "p_holm": "p_holm"}
                )
            rows.append(line)
        rows.append({**facts, "score": "marked, published", "mean": old["marked"]})
    result = pd.DataFrame(rows)
    result.insert(0, "scale", scale)
    result.insert(0, "sites", sites)
    return result


def main(folder: Path, out: Path, datasets: list[str]) -> None:
    """Go through the datasets, the largest last."""
    done = pd.read_csv(out) if out.exists() else pd.DataFrame(columns=["dataset", "sites", "scale"])
    finished = set(done[["dataset", "sites", "scale"]].itertuples(index=False, name=None))
    for sites in ("keep", "merge"):
        for dataset in datasets or DATASETS:
            table = pd.read_parquet(folder / f"{dataset}.parquet")
            for scale in SCALES:
                if (dataset, sites, scale) in finished:
                    continue
                started = time.perf_counter()
                result = study(table, scale, sites)
                result.insert(0, "dataset", dataset)
                done = pd.concat([done, result]) if len(done) else result
                done.to_csv(out, index=False, float_format="%.6g")
                print(dataset, sites, scale, f"{time.perf_counter() - started:.0f} s", flush=True)


def table(out: Path) -> None:
    """Print the table of docs/location_encoders.md."""
    done = pd.read_csv(out)
    head = (
        "dataset",
        "sites",
        "scale",
        "published marked",
        "clustering",
        "p ≤ .05",
        "lower",
        "higher",
    )
    print("|".join(("", *head, "")), "|---" * len(head) + "|", sep="\n")
    for (dataset, sites, scale), part in done.groupby(["dataset", "sites", "scale"], sort=False):
        old, new = (
            part[part["score"] == name].set_index("model")
            for name in ("marked, published", "clustering")
        )
        encoders = new.index != BASE
        distinct = new["p_holm"] <= 0.05
        cells = [
            dataset,
            sites,
            scale,
            f"{_nats(old.loc[BASE, 'mean'])} → {_range(old.loc[old.index != BASE, 'mean'])}",
            f"{new.loc[BASE, 'mean']:.2f} → {_range(new.loc[encoders, 'mean'])}",
            f"{int((new['p'] <= 0.05).sum())} of {len(new)}",
            str(int((distinct & (new["difference"] < 0)).sum())),
            str(int((distinct & (new["difference"] > 0)).sum())),
        ]
        print("|".join(("", *cells, "")))


def _nats(value: float) -> str:
    return "undefined" if pd.isna(value) else f"{value:.1f}"


def _range(values: pd.Series) -> str:
    return f"{values.min():.1f} … {values.max():.1f} ({values.median():.1f})"


if __name__ == "__main__":
    if sys.argv[1] == "--table":
        table(Path(sys.argv[2]))
        sys.exit()
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
