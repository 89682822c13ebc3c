"""What SRI means, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geobias.results.scores import SRI, SRI_RELATIVE
from geobias.results.words import ALPHA, WORTH_SAYING, p_value, span_of
from geobias.sri.chance import DRAWS
from geobias.sri.parts import FEWEST

PARTS = {
    "sri_grid": "square cells of the neighbourhood",
    "sri_lag": "rings around the centre",
    "sri_sector": "directions from the centre",
}
"""What each kind of SRI compares."""

_GROWS = "it grows as parts get small, even by chance"


def part_sentences(row: Mapping[str, Any], preset: str, draws: int | None) -> list[str]:
    """Say in words what SRI means in one row of the summary, two sentences per kind."""
    where = f"{row['model']} at {row['scale']}"
    said = []
    for kind, parts in PARTS.items():
        value = row[kind]
        meaning = f"how far accuracy differs between {parts} (preset {preset}); {_GROWS}"
        if np.isnan(value):
            said.append(f"{where}: {kind} is undefined at every centre ({meaning}).")
        else:
            said.append(f"{where}: {kind} {value:.4f} nats: {meaning}.")
        said.append(_calibrated(where, kind, parts, row, draws))
    return said


def _calibrated(
    where: str, kind: str, parts: str, row: Mapping[str, Any], draws: int | None
) -> str:
    """Say whether accuracy differs between parts by more than chance makes it."""
    score = f"{kind}_relative"
    value, question = row[score], f"does accuracy differ between {parts}?"
    if np.isnan(value):
        return f"{where}: {score} is undefined at every centre ({question})."
    tested, p = f"{kind}_p" in row, row.get(f"{kind}_p", np.nan)
    if not tested and value < WORTH_SAYING:
        answer = "No more than chance alone often gives"
    elif not tested:
        answer = "On average more than chance would make it"
    elif not p <= ALPHA:
        answer = f"The mean {kind} is no more than chance gives (p {p_value(p)})"
    else:
        more = "more" if row[f"{kind}_pz"] > 0.0 else "less"
        answer = f"The mean {kind} is {more} than chance gives (p {p_value(p)})"
    caution = "" if tested else " This is a mean, not a test."
    return (
        f"{where}: {score} {value:.2f} nats{span_of(score, row)}, where chance alone gives about 1 "
        f"and no centre has more than {ceiling(draws):.2f}: {question} {answer}.{caution}"
    )


def part_legend(preset: str, draws: int | None) -> list[str]:
    """Say how to read SRI."""
    kinds = ", ".join(f"{kind}: {parts}" for kind, parts in PARTS.items())
    return [
        f"SRI asks: does accuracy differ between parts of the neighbourhood? ({kinds}; parts with "
        f"at least {FEWEST} samples count.)",
        f"{', '.join(SRI)}: not calibrated (preset {preset}); {_GROWS}.",
        f"{', '.join(SRI_RELATIVE)}: calibrated, against the marks of each neighbourhood dealt to "
        "its parts at random. Errors that fall at random give about 1 nat on average; one centre "
        f"cannot have more than {ceiling(draws):.2f}.",
    ]


def ceiling(draws: int | None) -> float:
    """Return the most nats that so many draws can show at a centre: -ln of the smallest p.

    >>> round(ceiling(None), 2)
    5.3
    """
    return float(np.log((draws or DRAWS) + 1.0))
