"""What each score means, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geobias.results.scores import CALIBRATED

_UNMARKED = "how unevenly samples lie around a centre; it says nothing about the model"
_MARKED = "surprise at samples and marks together, on the lattice of the published scores"
_QUESTION = {
    "relative": "does the marked score surprise beyond accuracy and locations?",
    "clustering": "do errors sit beside errors?",
    "isolation": "do errors sit where samples are sparse?",
}
_ANSWER = {
    "relative": ("more than chance would make it", "less than chance would make it"),
    "clustering": ("errors keep together", "errors keep apart"),
    "isolation": ("errors keep to isolated samples", "errors keep to crowded samples"),
}

_WORTH_SAYING = 1.5
"""Nats from which on a direction is named; means scatter around 1 when there is no bias."""


def sentences(row: Mapping[str, Any], preset: str) -> list[str]:
    """Say in words what one row of the summary means, a sentence per score."""
    where = f"{row['model']} at {row['scale']}"
    said = [
        _plain(where, "unmarked", row["unmarked"], _UNMARKED),
        _plain(
            where,
            "marked",
            row["marked"],
            f"{_MARKED} (preset {preset}); it grows with accuracy, here "
            f"{percent(row['accuracy'])}, even when errors fall at random",
        ),
    ]
    said += [_calibrated(where, score, row) for score in CALIBRATED]
    return said


def legend(preset: str) -> list[str]:
    """Say how to read each score, a line each; "(z)" is the mean deviate from chance."""
    return [
        f"unmarked: {_UNMARKED}.",
        f"marked: {_MARKED} (preset {preset}); it grows with accuracy even when errors fall at "
        "random.",
        *(f"{score}: {_QUESTION[score]}" for score in CALIBRATED),
        "Over all centres, errors that fall at random give about 1 nat and z 0 in the last three, "
        "at any accuracy; z > 0: clustered, or isolated.",
        "Wrong centres are chosen by an error, so that even there chance need not give 1 nat.",
    ]


def _plain(where: str, score: str, value: float, meaning: str) -> str:
    if np.isnan(value):
        return f"{where}: {score} is undefined at every centre ({meaning})."
    return f"{where}: {score} {value:.2f} nats: {meaning}."


def _calibrated(where: str, score: str, row: Mapping[str, Any]) -> str:
    value, z = row[score], row[f"{score}_z"]
    if np.isnan(value):
        return f"{where}: {score} is undefined at every centre ({_QUESTION[score]})."
    more, less = _ANSWER[score]
    if value < _WORTH_SAYING:
        answer = "No more than chance alone often gives"
    else:
        answer = f"On average {more if z > 0 else less}"
    return (
        f"{where}: {score} {value:.2f} nats, mean z {z:+.2f}, where chance alone gives about "
        f"1 nat and z 0: {_QUESTION[score]} {answer}. This is a mean, not a test."
    )


def percent(share: float) -> str:
    """Return a share as text, or say that it is unknown."""
    return "unknown" if np.isnan(share) else f"{100.0 * share:.1f} %"
