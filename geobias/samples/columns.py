"""Which columns hold the coordinates and the correctness."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from geobias.errors import InputError
from geobias.readers import Source
from geobias.samples.marks import is_coded
from geobias.wording import nearest, quoted

_COORDINATE_NAMES = {
    "lat": ("lat", "latitude", "y"),
    "lon": ("lon", "lng", "long", "longitude", "x"),
}
_WORDS = {"lat": "latitude", "lon": "longitude"}
_CORRECTNESS = re.compile(
    r"(is)?correct(ness)?|hits?(at)?1?|top1(correct|acc|accuracy)?|acc(uracy)?1?"
)
"""Matched against a name in lower case without punctuation, so that hit@1 reads hit1."""


@dataclass(frozen=True)
class Columns:
    """The columns that samples are made of.

    Parameters
    ----------
    lat, lon : Hashable or None
        Coordinate columns; None when a geometry holds the coordinates.
    geometry : Hashable or None
        Column of points.
    correct : tuple of Hashable
        Correctness of each model.
    group : Hashable or None
        Column of groups inside which marks may be permuted.
    id : Hashable or None
        Column that identifies samples from table to table.
    notes : tuple of str
        What was detected rather than named.
    """

    lat: Hashable | None
    lon: Hashable | None
    geometry: Hashable | None
    correct: tuple[Hashable, ...]
    group: Hashable | None
    id: Hashable | None
    notes: tuple[str, ...]

    @property
    def needed(self) -> list[Hashable]:
        """Every column to read, once."""
        single = (self.lat, self.lon, self.geometry, self.group, self.id)
        return list(dict.fromkeys([*(name for name in single if name is not None), *self.correct]))


def resolve(
    source: Source,
    *,
    correct: str | Sequence[str] | None,
    lat: str | None,
    lon: str | None,
    group: str | None,
    id: str | None,
) -> Columns:
    """Match the names that were passed, and detect the rest.

    Parameters
    ----------
    source : Source
        The table, of which only the column names are looked at unless no correctness is found.
    correct : str, sequence of str or None
        Correctness columns; None detects one.
    lat, lon : str or None
        Coordinate columns; None detects each.
    group, id : str or None
        Columns of groups and of identifiers, if there are any.

    Returns
    -------
    Columns

    Raises
    ------
    InputError
        If a named column is missing, or none or several could be meant.
    """
    names = source.names
    _refuse_duplicates(names)
    geometry = source.geometry if lat is None and lon is None else None
    notes = []
    found: dict[str, Hashable] = {}
    if geometry is not None:
        notes.append(f"Coordinates come from the geometry in column {str(geometry)!r}.")
    else:
        found = _coordinate_columns(names, {"lat": lat, "lon": lon})
        if lat is None or lon is None:
            notes.append(
                f"Latitude comes from column {str(found['lat'])!r}, "
                f"longitude from column {str(found['lon'])!r}."
            )
    if correct is not None:
        models = _named_correctness(correct, names)
    else:
        models = (_detected_correctness(source, {*found.values(), geometry}),)
        notes.append(f"Correctness comes from column {str(models[0])!r}.")
    return Columns(
        lat=found.get("lat"),
        lon=found.get("lon"),
        geometry=geometry,
        correct=models,
        group=None if group is None else _existing(group, names, "within"),
        id=None if id is None else _existing(id, names, "id"),
        notes=tuple(notes),
    )


def _refuse_duplicates(names: Iterable[Hashable]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"Several columns have the same name: {quoted(repeated)}. Rename them.")


def _existing(name: object, names: Sequence[Hashable], keyword: str) -> Hashable:
    if not isinstance(name, Hashable):
        raise InputError(f"{keyword}= takes a column name, not a {type(name).__name__} of values.")
    if name in names:
        return name
    close = nearest(name, names)
    advice = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
    raise InputError(
        f"There is no column {str(name)!r} ({keyword}=, --{keyword}). {advice}"
        f"The columns are: {quoted(names)}."
    )


def _coordinate_columns(
    names: Sequence[Hashable], asked: dict[str, str | None]
) -> dict[str, Hashable]:
    found: dict[str, Hashable] = {}
    missing = []
    for axis, name in asked.items():
        if name is not None:
            found[axis] = _existing(name, names, axis)
            continue
        known = _COORDINATE_NAMES[axis]
        candidates = [name for name in names if str(name).strip().casefold() in known]
        if len(candidates) > 1:
            raise InputError(
                f"{len(candidates)} columns could be the {_WORDS[axis]}: {quoted(candidates)}. "
                f"Pass {axis}= (--{axis}) with the right one."
            )
        if candidates:
            found[axis] = candidates[0]
        else:
            missing.append(axis)
    if missing:
        looked_for = "; ".join(f"{_WORDS[a]}: {', '.join(_COORDINATE_NAMES[a])}" for a in missing)
        raise InputError(
            f"No {' and no '.join(_WORDS[axis] for axis in missing)} column (known names are "
            f"{looked_for}). Pass {' and '.join(f'{a}= (--{a})' for a in missing)}. "
            f"The columns are: {quoted(names)}."
        )
    if found["lat"] == found["lon"]:
        raise InputError(f"Column {str(found['lat'])!r} cannot be latitude and longitude both.")
    return found


def _named_correctness(correct: object, names: Sequence[Hashable]) -> tuple[Hashable, ...]:
    if isinstance(correct, pd.Series):
        raise InputError("correct= takes column names, not a Series of values.")
    if isinstance(correct, str) or not isinstance(correct, Iterable):
        correct = [correct]
    models = tuple(_existing(name, names, "correct") for name in correct)
    if not models:
        raise InputError("correct= names no column.")
    repeated = [model for model, count in Counter(models).items() if count > 1]
    if repeated:
        raise InputError(f"correct= (--correct) names {quoted(repeated)} more than once.")
    return models


def _detected_correctness(source: Source, taken: set[Hashable | None]) -> Hashable:
    names = [name for name in source.names if name not in taken]
    candidates = [name for name in names if _CORRECTNESS.fullmatch(_letters_and_digits(name))]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise InputError(
            f"{len(candidates)} columns could be the correctness: {quoted(candidates)}. "
            "Pass correct= (--correct) with one or more of them."
        )
    rows = source.peek()
    coded = [name for name in names if name in rows.columns and is_coded(rows[name])]
    raise InputError(
        "No correctness column found by name. Pass correct= (--correct) with one or more "
        f"columns. The first rows hold only True/False, 0/1 or -1/1 in: {quoted(coded)}. "
        f"The columns are: {quoted(source.names)}."
    )


def _letters_and_digits(name: Hashable) -> str:
    return re.sub(r"[\W_]", "", str(name).casefold())
