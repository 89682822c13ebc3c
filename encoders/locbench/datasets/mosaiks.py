"""MOSAIKS: a value of each place, and two thousand features of its satellite image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geobias.encoders.locbench.datasets.files import column_of, read_csv, read_matrix
from geobias.encoders.locbench.datasets.rows import Read, Rows, without_answer
from geobias.encoders.locbench.datasets.splitting import taken_apart


def read_mosaiks(
    files: Mapping[str, Path], seed: int, *, column: str, published_range: str
) -> Read:
    """Read the table of ``values`` with their splits, and ``features`` in the order of its rows."""
    path = files["values"]
    table = read_csv(path, ["lon", "lat", "split", column])
    lat, lon = (column_of(table[name], name, path.name, complete=False) for name in ("lat", "lon"))
    values = column_of(table[column], column, path.name, complete=False)
    features = read_matrix(files["features"]).fitted(path.name, np.ones(len(table), np.bool_))
    every = Rows(path.name, lat, lon, values, at=np.arange(len(table)), features=features)
    every.check_places()
    rows: dict[str, Rows] = {}
    notes: list[str] = []
    for split, part in taken_apart(every, table["split"]).items():
        rows[split], said = without_answer(part, split, column)
        notes += said
    as_they_are = (
        f"Values are taken as {path.name} holds them, from {np.nanmin(values):.4g} to "
        f"{np.nanmax(values):.4g}; those of the published results are {published_range}."
    )
    return Read((), rows, [as_they_are, *notes])
