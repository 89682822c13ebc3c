"""From columns to the rows that can be scored."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import chain, compress

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.coordinates import check, normalise
from geobias.errors import InputError
from geobias.readers import Source, agreeing_batches
from geobias.rules import TRUTH, Coding, Rule
from geobias.samples.asked import Asked
from geobias.samples.columns import Columns
from geobias.samples.ledger import Ledger, sift, taken
from geobias.samples.located import Borrowed, Located
from geobias.samples.marks import are_constant
from geobias.values import BoolArray, Numbers, spelled
from geobias.wording import counted, quoted, where

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ObjectArray = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Intake:
    """Rows with coordinates and every model's correctness, and what became of the others."""

    lat: FloatArray
    lon: FloatArray
    rows: IntArray
    models: tuple[str, ...]
    marks: FloatArray
    levels: tuple[float, ...]
    groups: IntArray | None
    group_names: tuple[str, ...]
    ids: ObjectArray | None
    asked: Asked | None
    column_names: tuple[Hashable, ...]
    ledger: Ledger
    notes: tuple[str, ...]


def take_in(
    source: Source, located: Located | Borrowed, columns: Columns, *, degrees: bool
) -> Intake:
    """Read the columns, check every value, and drop the rows that miss one.

    Parameters
    ----------
    source : Source
        The table.
    located : Located or Borrowed
        Where its rows are.
    columns : Columns
        Its other columns to read.
    degrees : bool
        Whether the user vouches for the unit of the coordinates.

    Returns
    -------
    Intake

    Raises
    ------
    InputError
        If a value is not what its column should hold, or no row is left.
    """
    readings = [rule.reading() for rule in columns.rules]
    groups, ids, answers, read = [], [], Numbers(TRUTH), 0
    needed = list(dict.fromkeys((*located.columns, *columns.columns)))
    for frame in agreeing_batches(source, needed, text=columns.as_written):
        read += len(frame)
        lat, lon = located.take(frame)
        for reading in readings:
            reading.take(frame, lat, lon)
        if columns.group is not None:
            groups.append(spelled(frame[columns.group]))
        if columns.id is not None:
            ids.append(frame[columns.id].to_numpy(dtype=object))
        if columns.answered is not None:
            answers.take(frame[columns.answered])
    if not read:
        raise InputError(f"{source.label} has no rows.")
    lat, lon = located.handed_over()
    check(lat, lon, degrees=degrees)
    judged = [reading.judged() for reading in readings]
    models = tuple(model for part in judged for model in part.models)
    _refuse_same_names(models)
    levels = _shared_levels(columns.rules)
    marks = judged[0].marks if len(judged) == 1 else np.concatenate([part.marks for part in judged])
    missing = [why for part in judged for why in part.missing]
    said = [note for part in judged for note in part.notes]
    del judged
    placed = ~(np.isnan(lat) | np.isnan(lon))
    unmarked = ((why, np.isnan(own)) for why, own in zip(missing, marks, strict=True))
    keep, ledger = sift(read, chain([("no coordinates", ~placed)], unmarked))
    if not ledger.kept:
        raise InputError(
            f"{source.label} has no row with coordinates and correctness. Of "
            f"{counted(ledger.read, 'row')}: {'; '.join(map(str, ledger.drops))}."
        )
    lat, lon = taken(lat, placed), taken(lon, placed)
    lat, lon = normalise(lat, lon)
    codes, names = _groups(groups, placed)
    answered = _answered(answers, columns)
    asked = None if answered is None else Asked(lat, lon, codes, taken(answered, placed))
    scored = keep[placed]
    marks = taken(marks, keep)
    return Intake(
        lat=taken(lat, scored),
        lon=taken(lon, scored),
        rows=np.flatnonzero(keep),
        models=models,
        marks=marks,
        levels=levels,
        groups=None if codes is None else taken(codes, scored),
        group_names=names,
        ids=None if columns.id is None else taken(np.concatenate(ids), keep),
        asked=asked,
        column_names=tuple(source.names),
        ledger=ledger,
        notes=(
            *source.notes,
            *located.notes,
            *columns.notes,
            *said,
            *(f"{drop}." for drop in ledger.drops),
            *_constants(models, marks),
        ),
    )


def _refuse_same_names(models: tuple[str, ...]) -> None:
    if len(set(models)) < len(models):
        raise InputError(
            f"Several rules make a model of the same name: {quoted(models)}. Give them columns or "
            "distances of different names."
        )


def _shared_levels(rules: Sequence[Rule]) -> tuple[float, ...]:
    levels = {rule.levels for rule in rules}
    if len(levels) > 1:
        raise InputError(
            "Models that are scored together carry marks of the same levels, not "
            f"{' and '.join(map(str, sorted(levels)))}: score them one by one."
        )
    return levels.pop()


def _groups(
    batches: list[ObjectArray], placed: BoolArray
) -> tuple[IntArray | None, tuple[str, ...]]:
    """Number the groups of rows with coordinates, in the order of their names."""
    if not batches:
        return None, ()
    codes, names = pd.factorize(np.concatenate(batches)[placed], sort=True)
    return np.asarray(codes, dtype=np.int64), tuple(names)


def _answered(answers: Numbers, columns: Columns) -> BoolArray | None:
    """Read which rows were answered, if a column holds nothing but True and False."""
    if columns.answered is None:
        return None
    name = str(columns.answered)
    try:
        marks = Coding.of(None, None).marks(name, answers)
        unknown = np.isnan(marks)
        if unknown.any():
            raise InputError(
                f"Column {name!r} has {counted(int(unknown.sum()), 'empty cell')}, "
                f"{where(unknown)}: say True or False for every sample."
            )
    except InputError:
        if columns.answered_named:
            raise
        return None
    return marks > 0.0


def _constants(models: tuple[str, ...], marks: FloatArray) -> list[str]:
    """A sentence for each model whose marks are all equal."""
    words = {1.0: "correct", -1.0: "wrong"}
    return [
        f"Model {model!r} is always {words.get(mark, f'marked {mark:g}')}: marked comparisons "
        "inside a neighbourhood are undefined."
        for model, mark in compress(
            zip(models, marks[:, 0].tolist(), strict=True), are_constant(marks)
        )
    ]
