"""From columns to the rows that can be scored."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError
from geobias.readers import Source
from geobias.samples.columns import Columns
from geobias.samples.coordinates import check, normalise, read_degrees
from geobias.samples.ledger import Ledger, sift
from geobias.samples.marks import Coding, are_constant
from geobias.samples.points import read_points
from geobias.wording import counted

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
    ids: ObjectArray | None
    ledger: Ledger
    notes: tuple[str, ...]


def take_in(source: Source, columns: Columns, coding: Coding, *, degrees: bool) -> Intake:
    """Read the columns, check every value, and drop the rows that miss one.

    Parameters
    ----------
    source : Source
        The table.
    columns : Columns
        Its columns to read.
    coding : Coding
        How its correctness is coded.
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
    frame = source.load(columns.needed)
    if not len(frame):
        raise InputError(f"{source.label} has no rows.")
    lat, lon = _coordinates(frame, columns)
    check(lat, lon, degrees=degrees)
    models = tuple(str(name) for name in columns.correct)
    marks = np.stack([coding.marks(frame[name], str(name)) for name in columns.correct])
    reasons = [("no coordinates", np.isnan(lat) | np.isnan(lon))]
    for model, own in zip(models, marks, strict=True):
        reasons.append((f"no correctness in column {model!r}", np.isnan(own)))
    keep, ledger = sift(len(frame), reasons)
    if not ledger.kept:
        raise InputError(
            f"{source.label} has no row with coordinates and correctness. Of "
            f"{counted(ledger.read, 'row')}: {'; '.join(map(str, ledger.drops))}."
        )
    lat, lon = normalise(lat[keep], lon[keep])
    marks = marks[:, keep]
    return Intake(
        lat=lat,
        lon=lon,
        rows=np.flatnonzero(keep),
        models=models,
        marks=marks,
        levels=coding.levels,
        groups=None if columns.group is None else _groups(frame[columns.group][keep]),
        ids=None if columns.id is None else frame[columns.id][keep].to_numpy(dtype=object),
        ledger=ledger,
        notes=(*columns.notes, *(f"{drop}." for drop in ledger.drops), *_constants(models, marks)),
    )


def _groups(column: pd.Series) -> IntArray:
    """Number the groups in the order of their names, which row order cannot change."""
    names = column.astype(str).where(column.notna())
    return np.asarray(pd.factorize(names, sort=True)[0], dtype=np.int64)


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


def _coordinates(frame: pd.DataFrame, columns: Columns) -> tuple[FloatArray, FloatArray]:
    if columns.geometry is not None:
        return read_points(frame[columns.geometry])
    return read_degrees(frame[columns.lat]), read_degrees(frame[columns.lon])
