"""Whether what was read is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.answering.choices import Choices
from geobias.answering.intake import Rows
from geobias.answering.membership import TOLERANCE_KM, agrees
from geobias.answering.reading import COUNTRY, GRANULARITIES, PARSED, SILENT, Reading
from geobias.answering.thresholds import BY_MEMBERSHIP, judges
from geobias.answering.truth import Truth
from geobias.errors import InputError
from geobias.rules.thresholds import Threshold
from geobias.sphere import Floats, great_circle_km
from geobias.wording import counted, quoted

RIGHT, WRONG, UNKNOWN = 1.0, 0.0, np.nan


def judged(
    readings: list[Reading], rows: Rows, truth: Truth, choices: Choices
) -> tuple[pd.DataFrame, list[str]]:
    """Judge every answer.

    Returns
    -------
    columns : pandas.DataFrame
        ``error_km`` and the columns of correctness, as nullable booleans: missing where an
        answer was not read, is too coarse, or the truth is not known.
    notes : list of str
        What was left out.

    Raises
    ------
    InputError
        If a threshold was asked for that no answer is fine enough for.
    """
    notes: list[str] = []
    columns: dict[str, Floats] = {}
    if choices.thresholds:
        located = ~np.isnan(rows.lat)
        error_km = _errors_km(readings, rows)
        if located.any():
            columns["error_km"] = error_km
        else:
            choices = _without_distances(choices, notes)
        for level in _judgeable(readings, choices, notes):
            if truth.named and level.name in BY_MEMBERSHIP:
                columns[level.name] = _in_true_country(level.name, readings, truth)
            else:
                columns[level.name] = _within(level, readings, located, truth, error_km, notes)
        if truth.named:
            notes += _at_sea(readings)
    elif choices.task == "country":
        columns["correct"] = _in_true_country("country", readings, truth)
    else:
        columns["rank"] = ranks = _ranks(readings, truth)
        for name, top in zip(choices.correctness, choices.top, strict=True):
            right = np.where(ranks <= top, RIGHT, WRONG)
            columns[name] = np.where(_is_read(readings) & _is_known(truth), right, UNKNOWN)
    correctness = [name for name in columns if name not in ("error_km", "rank")]
    _judge_silence(columns, correctness, readings, rows, truth, choices)
    return pd.DataFrame(
        {
            name: _as_booleans(values) if name in correctness else values
            for name, values in columns.items()
        }
    ), notes


def _is_read(readings: list[Reading]) -> NDArray[np.bool_]:
    return np.array([reading.status == PARSED for reading in readings], dtype=np.bool_)


def _is_known(truth: Truth) -> NDArray[np.bool_]:
    return np.array([value is not None for value in truth.values], dtype=np.bool_)


def _errors_km(readings: list[Reading], rows: Rows) -> Floats:
    """Return the distance between the answer and the truth, NaN where one has no position."""
    lat = np.array([reading.lat for reading in readings])
    lon = np.array([reading.lon for reading in readings])
    return great_circle_km(lat, lon, rows.lat, rows.lon)


def _without_distances(choices: Choices, notes: list[str]) -> Choices:
    """Leave out the thresholds that need true coordinates, or refuse them if asked for."""
    kept = tuple(level for level in choices.thresholds if level.name in BY_MEMBERSHIP)
    names = quoted(level.name for level in choices.thresholds if level not in kept)
    if len(kept) < len(choices.thresholds):
        said = (
            f"There are no true coordinates to measure {names} from: true countries judge "
            f"{' and '.join(BY_MEMBERSHIP)} alone"
        )
        if choices.asked:
            raise InputError(
                f"{said}. Ask for those, or pass lat= and lon= (--lat, --lon) as well."
            )
        notes.append(f"{said}.")
    return replace(choices, thresholds=kept)


def _judgeable(readings: list[Reading], choices: Choices, notes: list[str]) -> list[Threshold]:
    """Return the thresholds that some answer is fine enough for."""
    found = {reading.granularity for reading in readings if reading.granularity}
    kept = [
        level
        for level in choices.thresholds
        if any(judges(level, granularity) for granularity in found)
    ]
    refused = [level for level in choices.thresholds if level not in kept]
    if not found:
        return list(choices.thresholds)
    if refused:
        finest = next(granularity for granularity in GRANULARITIES if granularity in found)
        names = quoted(level.name for level in refused)
        said = (
            f"The finest answers name a {finest}, too coarse for {names} "
            f"({', '.join(f'{level.km:g} km' for level in refused)})"
        )
        if choices.asked:
            fitting = [level.name for level in choices.thresholds if level in kept]
            advice = f"Ask for {', '.join(fitting)}." if fitting else "Ask for a larger one."
            raise InputError(f"{said}. {advice}")
        notes.append(f"{said}; not judged there.")
    return kept


def _within(
    level: Threshold,
    readings: list[Reading],
    located: NDArray[np.bool_],
    truth: Truth,
    error_km: Floats,
    notes: list[str],
) -> Floats:
    """Return where an answer is right at one threshold, counting what cannot be told."""
    values = np.full(len(readings), UNKNOWN)
    coarse = at_sea = 0
    for row, reading in enumerate(readings):
        if reading.granularity is None or not located[row]:
            continue
        if not judges(level, reading.granularity):
            coarse += 1
        elif reading.granularity != COUNTRY or reading.iso2 is None:
            values[row] = RIGHT if error_km[row] <= level.km else WRONG
        elif (true := truth.iso2[row]) is None:
            at_sea += 1
        else:
            values[row] = RIGHT if agrees(reading.iso2, true, level.name) else WRONG
    if coarse:
        notes.append(
            f"{counted(coarse, 'answer')} too coarse for {level.name} ({level.km:g} km): left out "
            "there."
        )
    if at_sea:
        notes.append(
            f"{counted(at_sea, 'answer')} with the name of a country where the true place lies in "
            f"none: left out at {level.name}."
        )
    return values


def _in_true_country(level: str, readings: list[Reading], truth: Truth) -> Floats:
    """Return where an answer lies in the true country, or on its continent; wrong at sea."""
    values = np.full(len(readings), UNKNOWN)
    for row, (reading, true) in enumerate(zip(readings, truth.values, strict=True)):
        if reading.status == PARSED and true is not None:
            values[row] = RIGHT if agrees(reading.iso2, true, level) else WRONG
    return values


def _at_sea(readings: list[Reading]) -> list[str]:
    """Say how many answers are coordinates in no country."""
    lost = sum(reading.status == PARSED and reading.iso2 is None for reading in readings)
    if not lost:
        return []
    return [
        f"{counted(lost, 'answer')} in no country and farther than {TOLERANCE_KM:g} km from any: "
        f"wrong at {' and '.join(BY_MEMBERSHIP)}."
    ]


def _ranks(readings: list[Reading], truth: Truth) -> Floats:
    """Return the rank of the true label in each list, counted from 1; NaN where it is absent."""
    ranks = np.full(len(readings), np.nan)
    for row, (reading, true) in enumerate(zip(readings, truth.values, strict=True)):
        if true in reading.labels:
            ranks[row] = 1.0 + reading.labels.index(true)
    return ranks


def _judge_silence(
    columns: dict[str, Floats],
    correctness: list[str],
    readings: list[Reading],
    rows: Rows,
    truth: Truth,
    choices: Choices,
) -> None:
    """Count refused and empty answers as wrong where the truth is known, if asked to."""
    if choices.silence != "wrong":
        return
    silent = np.array([reading.status in SILENT for reading in readings])
    located, named = ~np.isnan(rows.lat), _is_known(truth)
    for name in correctness:
        by_distance = choices.thresholds and not (truth.named and name in BY_MEMBERSHIP)
        known = located if by_distance else named
        columns[name] = np.where(silent & known, WRONG, columns[name])


def _as_booleans(values: Floats) -> pd.Series:
    return pd.Series(values).map({RIGHT: True, WRONG: False}).astype("boolean")
