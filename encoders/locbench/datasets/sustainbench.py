"""SustainBench: surveys of health and wealth, and how bright their places are at night."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geobias.encoders.locbench.datasets.dataset import refuse
from geobias.encoders.locbench.datasets.files import Matrix, column_of, read_csv
from geobias.encoders.locbench.datasets.rows import Read, Rows, drawn, without_answer

SHARE_OF_VAL = 0.1
"""Of the rows that the project publishes for training and validation, those to choose by."""


def read_sustainbench(files: Mapping[str, Path], seed: int, *, task: str) -> Read:
    """Read the tables ``trainval`` and ``test``; the one feature is the light at night.

    A tenth of the first table is drawn for validation.
    """
    both, said_of_both = _rows(files["trainval"], "train and val", task)
    test, said_of_test = _rows(files["test"], "test", task)
    chosen = drawn(both, SHARE_OF_VAL, seed, "val")
    note = (
        f"val is a share of {SHARE_OF_VAL:g} of {files['trainval'].name}, drawn with seed {seed}: "
        f"it lies among the places of train, and test need not."
    )
    rows = {"train": both.take(~chosen), "val": both.take(chosen), "test": test}
    return Read((), rows, [*said_of_both, *said_of_test, note])


def _rows(path: Path, split: str, task: str) -> tuple[Rows, list[str]]:
    column = f"{task}_normalized"
    table = read_csv(path, ["lon", "lat", "nl_mean", column])
    lat, lon, light, values = (
        column_of(table[name], name, path.name, complete=False)
        for name in ("lat", "lon", "nl_mean", column)
    )
    refuse(path.name, np.isnan(light) & ~np.isnan(values), "no nl_mean, which is their feature")
    found = Rows(
        file=path.name,
        lat=lat,
        lon=lon,
        targets=values,
        at=np.arange(len(table)),
        features=Matrix(path.name, light[:, None]),
    )
    found.check_places()
    return without_answer(found, split, column)
