"""Whether what was read is right."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geobias.answering.choices import Choices
from geobias.answering.intake import Rows
from geobias.answering.reading import COUNTRY, GRANULARITIES, PARSED, SILENT, Reading
from geobias.answering.thresholds import judges
from geobias.answering.truth import Truth, continents, place_in
from geobias.errors import InputError
from geobias.regions import countries
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
        columns["error_km"] = _errors_km(readings, rows)
        for level in _judgeable(readings, choices, notes):
            columns[level.name] = _within(level, readings, rows, truth, columns["error_km"], notes)
    elif choices.task == "country":
        columns["correct"] = _same_country(readings, truth)
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


def _is_read(readings: list[Reading]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([reading.status == PARSED for reading in readings], dtype=np.bool_)


def _is_known(truth: Truth) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([value is not None for value in truth.values], dtype=np.bool_)


def _errors_km(readings: list[Reading], rows: Rows) -> Floats:
    """Return the distance between the answer and the truth, NaN where one has no position."""
    lat = np.array([reading.lat for reading in readings])
    lon = np.array([reading.lon for reading in readings])
    return great_circle_km(lat, lon, rows.lat, rows.lon)


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
    rows: Rows,
    truth: Truth,
    error_km: Floats,
    notes: list[str],
) -> Floats:
    """Return where an answer is right at one threshold, counting what cannot be told."""
    located = ~np.isnan(rows.lat)
    values = np.full(len(readings), UNKNOWN)
    coarse = at_sea = 0
    continent = continents()
    table = countries()
    for row, reading in enumerate(readings):
        if reading.granularity is None or not located[row]:
            continue
        if not judges(level, reading.granularity):
            coarse += 1
        elif reading.granularity != COUNTRY or reading.iso2 is None:
            values[row] = RIGHT if error_km[row] <= level.km else WRONG
        elif truth.iso2[row] is None:
            at_sea += 1
        else:
            true, said = str(truth.iso2[row]), place_in(reading.iso2, table)
            same = true == said
            if level.name == "continent":
                same = continent.get(true) == continent.get(said)
            values[row] = RIGHT if same else WRONG
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


def _same_country(readings: list[Reading], truth: Truth) -> Floats:
    table = countries()
    values = np.full(len(readings), UNKNOWN)
    for row, (reading, true) in enumerate(zip(readings, truth.values, strict=True)):
        if reading.iso2 is not None and true is not None:
            same = place_in(reading.iso2, table) == place_in(true, table)
            values[row] = RIGHT if same else WRONG
    return values


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
    known = ~np.isnan(rows.lat) if choices.thresholds else _is_known(truth)
    for name in correctness:
        columns[name] = np.where(silent & known, WRONG, columns[name])


def _as_booleans(values: Floats) -> pd.Series:
    return pd.Series(values).map({RIGHT: True, WRONG: False}).astype("boolean")
