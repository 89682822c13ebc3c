"""Several tables of predictions on the same samples, joined into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError
from geobias.samples.samples import IntArray, Samples
from geobias.sphere import great_circle_km, unit_vectors
from geobias.values import is_finite_number, spelled
from geobias.wording import counted

_LARGEST_EXACT = 2.0**53
"""Whole numbers beyond this are not all exact as floats."""


class NothingSharedError(InputError):
    """Tables that have no sample in common."""


@dataclass(frozen=True)
class _Match:
    """Positions of partners in two tables, and a sentence on how they were found."""

    first: IntArray
    second: IntArray
    note: str


def join(tables: Mapping[str, Samples], tolerance_km: float) -> Samples:
    """Join samples of different tables, each of which holds other models.

    Samples with ids are joined by id. Without ids, tables of the same rows at the same locations
    are joined by row, and others by location, where no two samples share one. Whoever is left
    without a partner is counted.

    Parameters
    ----------
    tables
        Samples under the name of their table. A table with one model gives it its name.
    tolerance_km
        Partners lie at most this far apart; the location of the first table counts.

    Returns
    -------
    Samples

    Raises
    ------
    InputError
        If ids repeat, marks are of different kinds, names clash or nothing is shared.
    """
    if not is_finite_number(tolerance_km) or tolerance_km < 0.0:
        raise InputError(f"join_km= must be 0 or more kilometres, not {tolerance_km!r}.")
    (name, joined), *others = tables.items()
    if len({samples.levels for samples in tables.values()}) > 1:
        raise InputError("The tables have marks of different levels: code them alike.")
    joined = _named(joined, name)
    if others:
        joined = replace(joined, notes=_of_table(name, joined.notes))
    for other_name, other in others:
        other = _named(other, other_name)
        clash = set(joined.models) & set(other.models)
        if clash:
            raise InputError(
                f"Model {sorted(clash)[0]!r} is in more than one table: name them apart."
            )
        match = _match(joined, other, tolerance_km)
        if not match.first.size:
            raise NothingSharedError(f"{name} and {other_name} share no sample. {match.note}")
        joined = replace(
            joined.taken(match.first),
            models=(*joined.models, *other.models),
            marks=np.vstack((joined.marks[:, match.first], other.marks[:, match.second])),
            notes=(
                *joined.notes,
                *_of_table(other_name, other.notes),
                f"{other_name} joined to {name}: {match.note}",
            ),
        )
    return joined


def _named(samples: Samples, name: str) -> Samples:
    return replace(samples, models=(name,)) if len(samples.models) == 1 else samples


def _of_table(name: str, notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}: {note}" for note in notes)


def _match(one: Samples, two: Samples, tolerance_km: float) -> _Match:
    if one.ids is not None and two.ids is not None:
        return _by_id(one, two, tolerance_km)
    # Where each has lost another row of a crowded location, all locations agree regardless.
    if np.array_equal(one.rows, two.rows) and (_apart_km(one, two) <= tolerance_km).all():
        return _Match(
            np.arange(one.n), np.arange(two.n),
            f"{counted(one.n, 'sample')}, row by row, as all locations agree.",
        )  # fmt: skip
    return _by_location(one, two, tolerance_km)


def _by_id(one: Samples, two: Samples, tolerance_km: float) -> _Match:
    first, second = _ids(one), _ids(two)
    shared = first.index.intersection(second.index, sort=False)
    positions = first[shared].to_numpy(), second[shared].to_numpy()
    near = _apart_km(one, two, *positions) <= tolerance_km
    moved = int((~near).sum())
    return _Match(
        positions[0][near],
        positions[1][near],
        f"{counted(int(near.sum()), 'sample')} by id; {_left_over(one.n, two.n, len(shared))}, and "
        f"{moved:,} with one id lie over {tolerance_km:g} km apart.",
    )


def _ids(samples: Samples) -> pd.Series:
    """Position of each id; samples without one are left out."""
    assert samples.ids is not None
    for identity in samples.ids:
        if isinstance(identity, float) and abs(identity) > _LARGEST_EXACT:
            raise InputError(
                f"Ids such as {identity:.0f} were read as fractions and have lost digits: store "
                "them as text."
            )
    # Whole numbers come as floats wherever one is missing.
    texts = spelled(pd.Series(samples.ids, dtype=object))
    known = np.flatnonzero(~pd.isna(texts))
    ids = pd.Index(texts[known], dtype=object)
    repeated = ids[ids.duplicated()].unique()
    if len(repeated):
        raise InputError(
            f"{counted(len(repeated), 'id')} of {', '.join(samples.models)} "
            f"{'comes' if len(repeated) == 1 else 'come'} up more than once, for example "
            f"{str(repeated[0])!r}: an id has to name one sample."
        )
    return pd.Series(known, index=ids)


def _by_location(one: Samples, two: Samples, tolerance_km: float) -> _Match:
    """Pair samples that are each other's nearest, where a location holds a single sample."""
    from scipy.spatial import KDTree

    first, second = _unshared(one), _unshared(two)
    crowded = one.n - first.size, two.n - second.size
    if first.size and second.size:
        here = unit_vectors(one.lat[first], one.lon[first])
        there = unit_vectors(two.lat[second], two.lon[second])
        forth = KDTree(there).query(here)[1]
        back = KDTree(here).query(there)[1]
        mutual = np.flatnonzero(back[forth] == np.arange(first.size))
        first, second = first[mutual], second[forth[mutual]]
        near = _apart_km(one, two, first, second) <= tolerance_km
        first, second = first[near], second[near]
    else:
        first = second = np.empty(0, dtype=np.int64)
    note = (
        f"{counted(first.size, 'sample')} by location, within {tolerance_km:g} km; "
        f"{_left_over(one.n, two.n, first.size)}."
    )
    if any(crowded):
        note += (
            f" {crowded[0]:,} and {crowded[1]:,} of these share their location with others: join "
            "them by id."
        )
    return _Match(first, second, note)


def _unshared(samples: Samples) -> IntArray:
    _, place, count = np.unique(
        np.column_stack((samples.lat, samples.lon)), axis=0, return_inverse=True,
        return_counts=True,
    )  # fmt: skip
    return np.flatnonzero(count[place] == 1)


def _left_over(first: int, second: int, shared: int) -> str:
    return (
        f"{counted(first - shared, 'sample')} of the one and {second - shared:,} of the other "
        "have no partner"
    )


def _apart_km(
    one: Samples,
    two: Samples,
    first: IntArray | slice = slice(None),
    second: IntArray | slice = slice(None),
) -> npt.NDArray[np.float64]:
    return great_circle_km(one.lat[first], one.lon[first], two.lat[second], two.lon[second])
