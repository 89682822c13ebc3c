"""YFCC: photographs, their places and classes in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from geobias.encoders.locbench.datasets.dataset import Floats
from geobias.encoders.locbench.datasets.files import column_of, read_csv
from geobias.encoders.locbench.datasets.images import with_images
from geobias.encoders.locbench.datasets.rows import Read, Rows, numbered
from geobias.encoders.locbench.datasets.splitting import taken_apart
from geobias.values import spelled


def read_yfcc(files: Mapping[str, Path], seed: int) -> Read:
    """Read the table of ``places``, the names of ``classes`` and probabilities of each split."""
    path, names = files["places"], files["classes"]
    table = read_csv(path, ["split", "lon", "lat", "class"])
    identifiers, classes = _classes(names)
    lat, lon = (column_of(table[name], name, path.name, complete=False) for name in ("lat", "lon"))
    labels = column_of(table["class"], "class", path.name)
    targets = numbered(identifiers, labels, path.name, names.name)
    every = Rows(file=path.name, lat=lat, lon=lon, targets=targets, at=np.arange(len(table)))
    every.check_places()
    rows = {}
    for split, part in taken_apart(every, table["split"]).items():
        # Probabilities of a split are counted from its own first row.
        counted_anew = replace(part, file=f"{split} of {path.name}", at=np.arange(len(part)))
        images = np.ones(len(part), np.bool_)
        rows[split] = with_images(counted_anew, files, split, images=images, classes=len(classes))
    return Read(classes, rows)


def _classes(path: Path) -> tuple[Floats, tuple[str, ...]]:
    """Identifiers and names of classes, sorted."""
    table = read_csv(path, ["id", "name"])
    identifiers = column_of(table["id"], "id", path.name)
    order = np.argsort(identifiers, kind="stable")
    return identifiers[order], tuple(str(name) for name in spelled(table["name"])[order])
