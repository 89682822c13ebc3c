"""Samples in an order of their own: that of the rows of a file changes no bit of a model."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from geobias.encoders.locbench.datasets.dataset import Dataset, Split

Rows = npt.NDArray[np.int64]


def canonical(split: Split) -> Rows:
    """The order of samples by place, target and user, and where these are equal by the image.

    Samples that are equal in everything may change places: nobody can tell.

    >>> places = np.array([2.0, 1.0, np.nan])
    >>> canonical(Split(lat=places, lon=places, targets=np.array([0, 1, 1])))
    array([1, 0, 2])
    """
    users = np.zeros(len(split), np.int64) if split.users is None else split.users
    # Minus zero and zero are one longitude, in bits too.
    keys = [users, split.targets + 0, split.lat + 0.0, split.lon + 0.0]
    order: Rows = np.lexsort(keys).astype(np.int64)
    if split.features is None and split.probabilities is None:
        return order
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = False
    for key in keys:
        here, before = key[order][1:], key[order][:-1]
        # No location is as good as none.
        fresh[1:] |= (here != before) & ((here == here) | (before == before))
    starts = np.append(np.flatnonzero(fresh), len(order))
    for group in np.flatnonzero(np.diff(starts) > 1):
        alike = slice(starts[group], starts[group + 1])
        order[alike] = sorted(order[alike].tolist(), key=lambda row: _bytes_of_image(split, row))
    return order


def located_in_order(split: Split) -> Rows:
    """The samples that have a location, in that order."""
    order = canonical(split)
    return order[split.located[order]]


def _bytes_of_image(split: Split, row: int) -> bytes:
    said = b"" if split.features is None else split.features[row].tobytes()
    if split.probabilities is not None:
        said += split.image_probabilities(slice(row, row + 1)).tobytes()
    return said


def taken(split: Split, rows: Rows) -> Split:
    """Some samples of a split, in the order of the rows."""
    held = {name: getattr(split, name) for name in ("users", "features", "probabilities")}
    return replace(
        split,
        lat=split.lat[rows],
        lon=split.lon[rows],
        targets=split.targets[rows],
        **{name: None if values is None else values[rows] for name, values in held.items()},
    )


def fingerprint(dataset: Dataset) -> str:
    """A hash of what a training sees of a dataset."""
    digest = hashlib.sha256(repr((dataset.classes, dataset.users)).encode())
    for name in ("train", "val"):
        split = dataset.splits[name]
        columns: list[Any] = [split.lat, split.lon, split.targets, split.users, split.features]
        held: Any = split.probabilities if name == "val" else None
        columns += [held.data, held.indices, held.indptr] if sp.issparse(held) else [held]
        for values in columns:
            if values is not None:
                found = np.ascontiguousarray(values)
                digest.update(f"{found.dtype}{found.shape}".encode())
                digest.update(found.data)
    return digest.hexdigest()
