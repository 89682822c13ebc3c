"""The scores, their names and the columns they fill."""

from __future__ import annotations

from collections.abc import Collection

from geobias.sri.engine import NAMES

CALIBRATED = ("relative", "clustering", "isolation")
"""Scores whose expectation is about 1 nat (z 0) when errors fall at random."""

SRI = NAMES
"""How far accuracy differs between parts of a neighbourhood, uncalibrated."""

SRI_RELATIVE = tuple(f"{kind}_relative" for kind in SRI)
"""SRI against the same marks dealt at random to the parts, -ln p: about 1 nat by chance."""

NEVER_NEGATIVE = (*CALIBRATED, "crowding", *SRI_RELATIVE)
"""Surprisals; the preset ``published`` of the others can fall below 0."""

SSI = ("unmarked", "crowding", "marked", *CALIBRATED)

SCORES = (*SSI, *SRI, *SRI_RELATIVE)

SCORE_COLUMNS = (
    "unmarked",
    "crowding",
    "crowding_z",
    "marked",
    *(column for score in CALIBRATED for column in (score, f"{score}_z")),
    *SRI,
    *SRI_RELATIVE,
)
"""Every score in nats, and the calibrated ones also as deviates z."""

SAMPLE_COLUMNS = (
    "model",
    "scale",
    "sample",
    "lat",
    "lon",
    "correct",
    "neighbours",
    "radius_km",
    *SCORE_COLUMNS,
)


def present(scores: Collection[str], columns: Collection[object]) -> tuple[str, ...]:
    """Return those of the scores that an audit has, in their order.

    >>> present(("marked", "sri_grid"), ["model", "sri_grid"])
    ('sri_grid',)
    """
    return tuple(score for score in scores if score in columns)


def nats(score: str, value: float) -> str:
    """Return a score as text; SRI is small, and gets more digits.

    >>> nats("clustering", 1.234), nats("sri_lag", 0.01234)
    ('1.23', '0.0123')
    """
    return f"{value:.4f}" if score in SRI else f"{value:.2f}"
