"""What each score means, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geobias.inference.significance import LABELS
from geobias.results.scores import CALIBRATED, SRI, SRI_RELATIVE, nats, present
from geobias.ssi.engine import TESTED

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

ALPHA = 0.05
"""Chance that gives as much this rarely is not taken for an explanation."""

LEANS = 0.5
"""Mean deviate from which on a direction is named; the test is of strength, not of direction."""

WORTH_SAYING = 1.5
"""Nats from which on a direction is named; means scatter around 1 when there is no bias."""


def sentences(row: Mapping[str, Any], preset: str) -> list[str]:
    """Say in words what one row of the summary means, a sentence per score of SSI."""
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
    return [*said, _crowding(where, row["crowding"], row["crowding_z"])]


def findings(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Say what tests and intervals there are of one row of the summary, a line per score."""
    lines = []
    for score in present((*TESTED, *SRI, *SRI_RELATIVE), row):
        tested, spanned = f"{score}_p" in row, f"{score}_low" in row
        counted = [label for label in LABELS.get(score, ()) if f"{score}_{label}" in row]
        if not (tested or spanned or counted):
            continue
        line = {"model": row["model"], "scale": row["scale"], "score": score}
        line["mean"] = "undefined" if np.isnan(row[score]) else nats(score, row[score])
        if spanned:
            low, high = row[f"{score}_low"], row[f"{score}_high"]
            known = not np.isnan(low)
            line["95 % interval"] = f"{nats(score, low)} … {nats(score, high)}" if known else ""
        if tested:
            z = row[f"{score}_pz"]
            line["z of chance"] = "" if np.isnan(z) else f"{z:+.2f}"
            line["p"] = p_value(row[f"{score}_p"])
            line["p (greater)"] = p_value(row[f"{score}_p_greater"])
            line["verdict"] = _verdict(row, score)
        if counted:
            line["stand out"] = ", ".join(
                f"{row[f'{score}_{label}']:,} {label}" for label in counted
            )
        lines.append(line)
    return lines


def _verdict(row: Mapping[str, Any], score: str) -> str:
    """Say what a test means in two or three words."""
    p = row[f"{score}_p"]
    if np.isnan(p):
        return "undefined"
    if p > ALPHA:
        return "no more than chance"
    return "more than chance" if row[f"{score}_pz"] > 0.0 else "less than chance"


def legend(preset: str) -> list[str]:
    """Say how to read each score of SSI; "(z)" is the mean deviate from chance."""
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


def _crowding(where: str, value: float, z: float) -> str:
    meaning = (
        "samples against as many scattered evenly, at sea as on land, which gives about 1 nat; it "
        "says nothing about the model"
    )
    if np.isnan(value):
        return f"{where}: crowding is undefined at every centre ({meaning})."
    return f"{where}: crowding {value:.2f} nats, mean z {z:+.2f}: {meaning}."


def _calibrated(where: str, score: str, row: Mapping[str, Any]) -> str:
    value, z = row[score], row[f"{score}_z"]
    if np.isnan(value):
        return f"{where}: {score} is undefined at every centre ({_QUESTION[score]})."
    more, less = _ANSWER[score]
    direction = "in both directions" if abs(z) < LEANS else more if z > 0 else less
    tested = f"{score}_p" in row
    p = row.get(f"{score}_p", np.nan)
    if not tested and value < WORTH_SAYING:
        answer = "No more than chance alone often gives"
    elif not tested:
        answer = f"On average {direction}"
    elif not p <= ALPHA:
        answer = f"No more than chance gives (p {p_value(p)})"
    elif row[f"{score}_pz"] > 0.0:
        answer = f"More than chance gives (p {p_value(p)}), on average: {direction}"
    else:
        answer = f"Less than chance gives (p {p_value(p)})"
    caution = "" if tested else " This is a mean, not a test."
    return (
        f"{where}: {score} {value:.2f} nats{span_of(score, row)}, mean z {z:+.2f}, where chance "
        f"alone gives about 1 nat and z 0: {_QUESTION[score]} {answer}.{caution}"
    )


def span_of(score: str, row: Mapping[str, Any]) -> str:
    """Return the interval of a mean in brackets; nothing without one."""
    low, high = row.get(f"{score}_low", np.nan), row.get(f"{score}_high", np.nan)
    return "" if np.isnan(low) else f" (95 % {nats(score, low)} … {nats(score, high)})"


def percent(share: float) -> str:
    """Return a share as text, or say that it is unknown."""
    return "unknown" if np.isnan(share) else f"{100.0 * share:.1f} %"


def p_value(p: float) -> str:
    """Return a p value as text with two digits, no more than permutations can tell.

    >>> p_value(0.001), p_value(0.25), p_value(0.0000123)
    ('0.001', '0.25', '1.2e-05')
    """
    return "undefined" if np.isnan(p) else f"{p:.2g}"
