"""What a model of images says of each split: which file holds it, and whether it fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geobias.encoders.locbench.datasets.files import read_matrix
from geobias.encoders.locbench.datasets.folder import Needed
from geobias.encoders.locbench.datasets.rows import Rows

Bools: TypeAlias = npt.NDArray[np.bool_]

SPELLINGS = {"train": ("train",), "val": ("val", "valid"), "test": ("test",)}
"""Names of splits in files; both spellings of validation are met."""


def image_files(
    stem: str, splits: Sequence[str], *, ending: str, evaluated_on: str
) -> dict[str, Needed]:
    """Files of class probabilities; those of a split that nothing is evaluated on are optional.

    >>> image_files("a/yfcc", ["test"], ending="preds.npy", evaluated_on="test")
    {'probabilities test': Needed(names=('a/yfcc_test_preds.npy',), optional=False)}
    """
    return {
        f"probabilities {split}": Needed(_spelled(stem, split, ending), split != evaluated_on)
        for split in splits
    }


def feature_files(stem: str, splits: Sequence[str]) -> dict[str, Needed]:
    """Files of what the last layer of a model of images holds."""
    return {f"features {split}": Needed(_spelled(stem, split, "net_feats.npy")) for split in splits}


def _spelled(stem: str, split: str, ending: str) -> tuple[str, ...]:
    return tuple(f"{stem}_{spelling}_{ending}" for spelling in SPELLINGS[split])


def with_images(
    rows: Rows, files: Mapping[str, Path], split: str, *, images: Bools, classes: int
) -> Rows:
    """Add features and probabilities of a split where there are files of them."""
    features, probabilities = (
        read_matrix(path).fitted(rows.file, images, columns=columns) if path is not None else None
        for path, columns in (
            (files.get(f"features {split}"), None),
            (files.get(f"probabilities {split}"), classes),
        )
    )
    return replace(rows, features=features, probabilities=probabilities)
