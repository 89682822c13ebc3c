"""From the rows of published files to splits: what is kept, renumbered and said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geobias.encoders.locbench.datasets.dataset import Floats, Split, check_places
from geobias.encoders.locbench.datasets.files import Matrix
from geobias.errors import InputError
from geobias.simulate.streams import stream
from geobias.wording import counted, first_rows, in_rows

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Samples as a file holds them, in its order.

    Attributes
    ----------
    file : str
        Its name, for messages.
    lat, lon : float64 array
        Degrees, NaN where a sample has no location.
    targets : int64 or float64 array
    at : int64 array
        The row of each sample in the matrices.
    people : float64 array, optional
        Who took the image; NaN where nobody knows.
    features, probabilities : Matrix, optional
    """

    file: str
    lat: Floats
    lon: Floats
    targets: Ints | Floats
    at: Ints
    people: Floats | None = None
    features: Matrix | None = None
    probabilities: Matrix | None = None

    def __len__(self) -> int:
        return len(self.lat)

    @property
    def located(self) -> npt.NDArray[np.bool_]:
        """Which samples have a location."""
        return ~np.isnan(self.lat)

    def check_places(self) -> None:
        """Refuse places that are none, while rows are still those of the file."""
        check_places(self.file, Split(self.lat, self.lon, self.targets))

    def hide(
        self, split: str, valid: npt.NDArray[np.bool_], because: str
    ) -> tuple[Rows, list[str]]:
        """Take the location from samples whose record is not complete, and say how many."""
        hidden = int((self.located & ~valid).sum())
        if not hidden:
            return self, []
        lat, lon = (np.where(valid, degrees, np.nan) for degrees in (self.lat, self.lon))
        note = (
            f"{split}: {counted(hidden, 'sample')} with a location, but {because}, count as "
            "without one, as in the published results."
        )
        return replace(self, lat=lat, lon=lon), [note]

    def take(self, which: npt.NDArray[np.bool_]) -> Rows:
        """Keep some of the samples."""
        return replace(
            self,
            lat=self.lat[which],
            lon=self.lon[which],
            targets=self.targets[which],
            at=self.at[which],
            people=None if self.people is None else self.people[which],
        )


@dataclass(frozen=True)
class Read:
    """What a reader of files returns: the classes, the rows of each split, and what to say."""

    classes: tuple[str, ...]
    rows: Mapping[str, Rows]
    notes: Sequence[str] = ()


def drawn(rows: Rows, share: float, seed: int, purpose: str) -> npt.NDArray[np.bool_]:
    """Draw a share of rows, whatever order they come in; at least one."""
    canonical = np.lexsort((rows.targets, rows.lon, rows.lat))
    many = max(1, round(share * len(rows)))
    chosen = np.zeros(len(rows), np.bool_)
    chosen[canonical[stream(seed, purpose).permutation(len(rows))[:many]]] = True
    return chosen


def without_answer(rows: Rows, split: str, column: str) -> tuple[Rows, list[str]]:
    """Leave out rows without a value to predict, and say how many."""
    answered = ~np.isnan(rows.targets)
    missing = int((~answered).sum())
    if not answered.any():
        raise InputError(f"{rows.file}: no row of {split} has a value of {column}.")
    if not missing:
        return rows, []
    note = f"{split}: {missing:,} of {counted(len(rows), 'row')} without a {column} left out."
    return rows.take(answered), [note]


def numbered(categories: Floats, labels: Floats, file: str, of: str) -> Ints:
    """Number labels by the order of the identifiers of their classes.

    Raises
    ------
    InputError
        If an identifier comes up twice, or a label is of no class.
    """
    known = np.unique(categories)
    if len(known) != len(categories):
        raise InputError(
            f"{of} lists {len(categories):,} classes, but only {len(known):,} different ones."
        )
    foreign = ~np.isin(labels, known)
    if foreign.any():
        found, rows = int(foreign.sum()), first_rows(foreign)
        raise InputError(
            f"{file}: {counted(found, 'label')} outside the {len(known):,} classes of {of}, such "
            f"as {labels[rows[0]]:g}, {in_rows(rows, found)}. Are these files of different "
            "versions?"
        )
    return np.searchsorted(known, labels).astype(np.int64)


def splits_of(rows: Mapping[str, Rows]) -> tuple[dict[str, Split], int, list[str]]:
    """Make splits of rows; how many people there are, and notes on what has no location.

    Training keeps located samples alone. The others keep all, since a model of images answers
    for every image.
    """
    notes: list[str] = []
    kept: dict[str, Rows] = {}
    for name, all_rows in rows.items():
        located = all_rows.located
        without = int((~located).sum())
        if name == "train" and located.any():
            kept[name] = all_rows.take(located)
            what = "are left out"
        else:
            kept[name] = all_rows
            what = "are judged by their image alone"
        if without:
            notes.append(
                f"{name}: {without:,} of {counted(len(located), 'sample')} without a location "
                f"{what}."
            )
    people = kept["train"].people
    known = np.unique(people[~np.isnan(people)]) if people is not None else np.empty(0)
    return {name: _split(part, known) for name, part in kept.items()}, len(known), notes


def _split(rows: Rows, known: Floats) -> Split:
    people, features, images = rows.people, rows.features, rows.probabilities
    return Split(
        lat=rows.lat,
        lon=rows.lon,
        targets=rows.targets,
        users=None if people is None else _renumbered(people, known),
        features=None if features is None else features.features(rows.at),
        probabilities=None if images is None else images.probabilities(rows.at),
    )


def _renumbered(people: Floats, known: Floats) -> Ints:
    """Count the people of training from 0; -1 for everybody else."""
    numbers = np.searchsorted(known, people)
    return np.where(np.isin(people, known), numbers, -1).astype(np.int64)
