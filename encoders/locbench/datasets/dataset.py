"""What every benchmark is given: places, what is true there, and what a model of images says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from geobias.errors import InputError
from geobias.wording import counted, where

SPLITS = ("train", "val", "test")
ROUNDING = 1e-3
"""How far a probability of a stored image model may lie outside 0 to 1: some are half precision."""

COLUMNS = {
    "lat": ("f", 1, "decimal numbers"),
    "lon": ("f", 1, "decimal numbers"),
    "targets": ("fiu", 1, "numbers"),
    "users": ("iu", 1, "whole numbers"),
    "features": ("fiu", 2, "numbers"),
    "probabilities": ("fiu", 2, "numbers"),
}
"""Of each column of a split: the kinds of numbers it may hold, its dimensions, and in words."""

Floats: TypeAlias = npt.NDArray[np.float64]
Probabilities: TypeAlias = "npt.NDArray[np.floating[Any]] | sp.csr_array"


@dataclass(frozen=True, eq=False)
class Split:
    """Samples that are trained on, chosen by or evaluated on.

    Attributes
    ----------
    lat, lon : float64 array, (n,)
        Degrees; both NaN where a sample has no location.
    targets : array, (n,)
        int64 numbers of classes, counted from 0, or float64 values.
    users : int64 array, (n,), optional
        Who took the image, counted from 0; -1 where nobody knows.
    features : float32 array, (n, d), optional
        Numbers that a model of images makes of each image.
    probabilities : array or scipy.sparse.csr_array, (n, classes), optional
        The classes that a model of images sees in each image.
    """

    lat: Floats
    lon: Floats
    targets: npt.NDArray[np.int64] | Floats
    users: npt.NDArray[np.int64] | None = None
    features: npt.NDArray[np.float32] | None = None
    probabilities: Probabilities | None = None

    def __len__(self) -> int:
        return len(self.lat)

    @property
    def located(self) -> npt.NDArray[np.bool_]:
        """Which samples have a location."""
        return ~np.isnan(self.lat)

    def image_probabilities(self, rows: slice | npt.NDArray[np.int64]) -> Floats:
        """The probabilities of some rows as an array; there may be too many for all at once."""
        assert self.probabilities is not None
        taken = self.probabilities[rows]
        dense = taken.toarray() if isinstance(taken, sp.csr_array) else taken
        return np.asarray(dense, np.float64)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A benchmark: one question, asked in three splits.

    Attributes
    ----------
    name : str
        What it is called in tables, such as ``fmow``.
    classes : tuple of str
        Names of the classes; empty where the targets are values.
    splits : mapping
        `Split` of ``train``, of ``val`` and, unless there is none, of ``test``.
    evaluated_on : str
        The split that published results are of.
    published : str or None
        Its name in published tables, where it is in any.
    users : int
        How many people took the images; 0 where that is unknown.
    notes : tuple of str
        What was read, left out or needs care.
    truth : mapping
        Of a simulated world, what was planted: ``lat``, ``lon`` and ``radius_km`` of the region
        where the model of images is weak.

    Raises
    ------
    InputError
        If splits do not fit each other or the classes, with the split, the rows and what to do.
    """

    name: str
    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    evaluated_on: str = "test"
    published: str | None = None
    users: int = 0
    notes: tuple[str, ...] = ()
    truth: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Any) -> Dataset:
        """Return what was given if it is a dataset; refuse anything else."""
        if not isinstance(given, cls):
            raise InputError(
                f"dataset={given!r} has to be a Dataset, as in load_dataset('synthetic')."
            )
        return given

    def __post_init__(self) -> None:
        unknown = sorted(set(self.splits) - set(SPLITS))
        if unknown or not {"train", "val", self.evaluated_on} <= set(self.splits):
            raise InputError(
                f"{self.name} has the splits {', '.join(self.splits)}: train, val and "
                f"{self.evaluated_on} are needed, and no others than {', '.join(SPLITS)}."
            )
        for name, split in self.splits.items():
            _check(f"{self.name}, {name}", split, self)

    @property
    def task(self) -> str:
        """``classification`` or ``regression``."""
        return "classification" if self.classes else "regression"

    @property
    def evaluated(self) -> Split:
        """The split that results are of."""
        return self.splits[self.evaluated_on]


def _check(name: str, split: Split, dataset: Dataset) -> None:
    _check_kinds(name, split, dataset)
    n = len(split)
    if n == 0:
        raise InputError(f"{name}: there are no samples.")
    for column in COLUMNS:
        values = getattr(split, column)
        if values is not None and values.shape[0] != n:
            raise InputError(
                f"{name}: {counted(n, 'sample')}, but {values.shape[0]:,} {column}. Are these "
                "files of different versions?"
            )
    check_places(name, split)
    if dataset.classes:
        _check_classes(name, split, len(dataset.classes))
    else:
        refuse(name, ~np.isfinite(split.targets), "targets that are NaN or infinite")
    if split.features is not None:
        refuse(name, ~np.isfinite(split.features).all(axis=1), "features with NaN or infinity")
    if split.users is not None:
        outside = (split.users < -1) | (split.users >= dataset.users)
        refuse(name, outside, f"users outside 0 to {dataset.users - 1}")


def _check_kinds(name: str, split: Split, dataset: Dataset) -> None:
    """Refuse what is no array, has too few or too many dimensions, or other numbers."""
    kinds = COLUMNS | ({"targets": ("iu", 1, "whole numbers")} if dataset.classes else {})
    for column, (kind, dimensions, what) in kinds.items():
        values = getattr(split, column)
        if values is None and column in ("users", "features", "probabilities"):
            continue
        sparse = column == "probabilities" and isinstance(values, sp.csr_array)
        if not (sparse or isinstance(values, np.ndarray)):
            found = type(values).__name__
        elif values.dtype.kind not in kind or values.ndim != dimensions:
            found = f"{values.dtype} of shape {values.shape}"
        else:
            continue
        raise InputError(
            f"{name}: {column} is {found}: an array of {what} with "
            f"{counted(dimensions, 'dimension')} is needed."
        )


def check_places(name: str, split: Split) -> None:
    """Refuse half places, places that are not on Earth, and samples of which none has a place."""
    half = np.isnan(split.lat) != np.isnan(split.lon)
    refuse(name, half, "a latitude without a longitude or the other way round")
    wrong = (np.abs(split.lat) > 90) | (np.abs(split.lon) > 180)
    refuse(name, wrong, "a place outside -90 to 90 and -180 to 180 degrees")
    if not split.located.any():
        raise InputError(f"{name}: no sample has a location.")


def _check_classes(name: str, split: Split, classes: int) -> None:
    outside = (split.targets < 0) | (split.targets >= classes)
    refuse(name, outside, f"labels outside the {classes:,} classes")
    if split.probabilities is None:
        return
    if split.probabilities.shape[1] != classes:
        raise InputError(
            f"{name}: probabilities of {split.probabilities.shape[1]:,} classes, but there are "
            f"{classes:,}. Are these files of different versions?"
        )
    held = split.probabilities
    stored = held.data if isinstance(held, sp.csr_array) else held
    if not np.isfinite(stored).all() or stored.min(initial=0) < -ROUNDING:
        raise InputError(f"{name}: probabilities that are NaN, infinite or negative.")
    if stored.max(initial=0) > 1 + ROUNDING:
        raise InputError(f"{name}: probabilities above 1. Are they scores? Take their softmax.")


def refuse(name: str, wrong: Any, what: str) -> None:
    """Raise an error if any sample is wrong: how many of them, what it is, and in which rows."""
    if wrong.any():
        found = counted(int(wrong.sum()), "sample")
        raise InputError(f"{name}: {found} with {what}, {where(wrong)}.")
