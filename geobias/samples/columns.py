"""Which columns hold the coordinates, and which the correctness or what it follows from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from geobias.errors import InputError
from geobias.readers import Source
from geobias.rules import Coded, Coding, Rule, is_coded
from geobias.wording import nearest, quoted

_COORDINATE_NAMES = {
    "lat": ("lat", "latitude", "y"),
    "lon": ("lon", "lng", "long", "longitude", "x"),
}
_WEAK_NAMES = ("x", "y")
"""A label is often called y, and a feature x: they count where there is no better name."""

_TRUE = re.compile(r"(?:gt|true|truth|groundtruth|target|actual)")
"""Before the name of a coordinate, in lower case without punctuation."""

_PLAIN = Coding.of(None, None)
ANSWERED = "answered"
_WORDS = {"lat": "latitude", "lon": "longitude"}
_CORRECTNESS = re.compile(
    r"(is)?correct(ness)?|hits?(at)?1?|top1(correct|acc|accuracy)?|acc(uracy)?1?"
)
"""Matched against a name in lower case without punctuation, so that hit@1 reads hit1."""

Correct = str | Rule | Sequence[str | Rule] | None
"""What ``correct=`` takes."""


@dataclass(frozen=True)
class Place:
    """The columns that say where samples are.

    Parameters
    ----------
    lat, lon : Hashable or None
        Coordinate columns; None when a geometry holds the coordinates.
    geometry : Hashable or None
        Column of points.
    notes : tuple of str
        What was detected rather than named.
    """

    lat: Hashable | None
    lon: Hashable | None
    geometry: Hashable | None
    notes: tuple[str, ...]

    @property
    def columns(self) -> list[Hashable]:
        """Every column to read."""
        return [name for name in (self.lat, self.lon, self.geometry) if name is not None]


@dataclass(frozen=True)
class Columns:
    """What is read of a table, apart from where its samples are.

    Parameters
    ----------
    rules : tuple of Rule
        What counts as correct.
    group : Hashable or None
        Column of groups inside which marks may be permuted, or which are compared.
    id : Hashable or None
        Column that identifies samples from table to table.
    answered : Hashable or None
        Column that says which samples the models answered.
    answered_named : bool
        Whether that column was named, not found.
    notes : tuple of str
        What was detected rather than named.
    """

    rules: tuple[Rule, ...]
    group: Hashable | None
    id: Hashable | None
    answered: Hashable | None
    answered_named: bool
    notes: tuple[str, ...]

    @property
    def columns(self) -> list[Hashable]:
        """Every column to read, once."""
        judged = [name for rule in self.rules for name in rule.columns]
        single = [name for name in (self.group, self.id, self.answered) if name is not None]
        return list(dict.fromkeys((*judged, *single)))

    @property
    def as_written(self) -> list[Hashable]:
        """Columns of names, which may look like numbers."""
        named = [name for rule in self.rules for name in rule.names]
        return [*named, *(name for name in (self.group, self.id) if name is not None)]


def find_place(source: Source, *, lat: str | None, lon: str | None) -> Place:
    """Match the names of coordinate columns that were passed, and detect the rest.

    Raises
    ------
    InputError
        If a named column is missing, or none or several could be meant.
    """
    names = source.names
    refuse_duplicates(names)
    if source.geometry is not None and lat is None and lon is None:
        note = f"Coordinates come from the geometry in column {str(source.geometry)!r}."
        return Place(None, None, source.geometry, (note,))
    found = coordinate_columns(names, {"lat": lat, "lon": lon})
    notes = []
    if lat is None or lon is None:
        notes.append(
            f"Latitude comes from column {str(found['lat'])!r}, "
            f"longitude from column {str(found['lon'])!r}."
        )
    return Place(found["lat"], found["lon"], None, tuple(notes))


def find_columns(
    source: Source,
    coding: Coding,
    *,
    correct: Correct,
    taken: Collection[Hashable],
    within: str | None,
    by: str | None,
    id: str | None,
    answered: str | None,
) -> Columns:
    """Match the names that were passed, and detect the correctness if none was.

    Parameters
    ----------
    source : Source
        The table, of which only the column names are looked at unless no correctness is found.
    coding : Coding
        How correctness columns are coded.
    correct : str, Rule, sequence of these or None
        Correctness columns and rules; None detects one column.
    taken : collection of Hashable
        Columns that hold something else.
    within, by, id : str or None
        Columns of groups, to permute within or to compare, and of identifiers, if there are any.
    answered : str or None
        Column that says which samples were answered; None takes one of that name.

    Returns
    -------
    Columns

    Raises
    ------
    InputError
        If a named column is missing, or none or several could be meant.
    """
    names = source.names
    refuse_duplicates(names)
    notes = []
    if correct is None:
        detected = _detected_correctness(source, taken)
        rules: tuple[Rule, ...] = (Coded((detected,), coding),)
        notes.append(f"Correctness comes from column {str(detected)!r}.")
    else:
        rules = _rules(correct, coding, names)
    return Columns(
        rules=rules,
        group=_groups(names, within, by),
        id=None if id is None else existing(id, names, "id"),
        answered=_answered(names, answered),
        answered_named=answered is not None,
        notes=tuple(notes),
    )


def refuse_duplicates(names: Iterable[Hashable]) -> None:
    """Refuse columns of the same name."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"Several columns have the same name: {quoted(repeated)}. Rename them.")


def existing(name: object, names: Sequence[Hashable], keyword: str) -> Hashable:
    """Return the column that a keyword names, or say which ones there are."""
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


def _groups(names: Sequence[Hashable], within: str | None, by: str | None) -> Hashable | None:
    if within is not None and by is not None:
        raise InputError("Pass groups to permute within= or to compare by=, not both.")
    if by is not None:
        return existing(by, names, "by")
    return None if within is None else existing(within, names, "within")


def _answered(names: Sequence[Hashable], asked: str | None) -> Hashable | None:
    if asked is not None:
        return existing(asked, names, "answered")
    return ANSWERED if ANSWERED in names else None


def coordinate_columns(
    names: Sequence[Hashable], asked: dict[str, str | None]
) -> dict[str, Hashable]:
    """Return the columns of latitude and longitude: those that are named, others by their names."""
    found: dict[str, Hashable] = {}
    missing = []
    for axis, name in asked.items():
        if name is not None:
            found[axis] = existing(name, names, axis)
            continue
        known = _COORDINATE_NAMES[axis]
        named = [name for name in names if _is_coordinate(name, known)]
        candidates = [
            name for name in named if _letters_and_digits(name) not in _WEAK_NAMES
        ] or named
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
            f"{looked_for}). Pass {' and '.join(f'{a}= (--{a})' for a in missing)}, or "
            "another table of the same rows that has them (locations=, --locations). "
            f"The columns are: {quoted(names)}."
        )
    if found["lat"] == found["lon"]:
        raise InputError(f"Column {str(found['lat'])!r} cannot be latitude and longitude both.")
    return found


def _rules(correct: object, coding: Coding, names: Sequence[Hashable]) -> tuple[Rule, ...]:
    """Rules as they are, and columns between them as rules of their own."""
    if isinstance(correct, pd.Series):
        raise InputError("correct= takes column names, not a Series of values.")
    if isinstance(correct, str | Rule) or not isinstance(correct, Iterable):
        correct = [correct]
    parts: list[Any] = list(correct)
    for part in parts:
        if not isinstance(part, Hashable):
            raise InputError(f"correct= takes columns and rules, not a {type(part).__name__}.")
    repeated = [part for part, count in Counter(parts).items() if count > 1]
    if repeated:
        named = [
            ", ".join(map(str, part.columns)) if isinstance(part, Rule) else part
            for part in repeated
        ]
        raise InputError(f"correct= (--correct) names {quoted(named)} more than once.")
    if not parts:
        raise InputError("correct= names no column.")
    rules: list[Rule] = []
    for is_rule, run in groupby(parts, lambda part: isinstance(part, Rule)):
        if not is_rule:
            columns = tuple(existing(name, names, "correct") for name in run)
            rules.append(Coded(columns, coding))
            continue
        for rule in run:
            for name in rule.columns:
                existing(name, names, "correct")
            rules.append(rule)
    if coding != _PLAIN and not any(isinstance(rule, Coded) for rule in rules):
        raise InputError(
            "threshold= and levels= say how correctness columns are coded, but correct= names a "
            "rule and no column."
        )
    return tuple(rules)


def is_named_correct(name: Hashable) -> bool:
    """Whether a column is called correct, hit@1 or the like."""
    return _CORRECTNESS.fullmatch(_letters_and_digits(name)) is not None


def _detected_correctness(source: Source, taken: Collection[Hashable]) -> Hashable:
    names = [name for name in source.names if name not in taken]
    candidates = [name for name in names if is_named_correct(name)]
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
        "No correctness column found by name. Pass correct= (--correct) with one or more columns, "
        "or a rule of geobias.rules (--prediction and --label, --error, --predicted-lat and "
        f"--predicted-lon). The first rows hold only True/False, 0/1 or -1/1 in: {quoted(coded)}. "
        f"The columns are: {quoted(source.names)}."
    )


def has_coordinates(names: Sequence[Hashable]) -> bool:
    """Whether some columns are called like latitude and longitude."""
    return all(
        any(_is_coordinate(name, known) for name in names) for known in _COORDINATE_NAMES.values()
    )


def _is_coordinate(name: Hashable, known: Sequence[str]) -> bool:
    text = _letters_and_digits(name)
    prefix = _TRUE.match(text)
    rest = "" if prefix is None else text[prefix.end() :]
    # A true y is a label, not a latitude.
    return text in known or (rest in known and rest not in _WEAK_NAMES)


def _letters_and_digits(name: Hashable) -> str:
    return re.sub(r"[\W_]", "", str(name).casefold())
