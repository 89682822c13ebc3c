"""The scores, their names and the columns they fill."""

from __future__ import annotations

CALIBRATED = ("relative", "clustering", "isolation")
"""Scores whose expectation is about 1 nat (z 0) when errors fall at random."""

NEVER_NEGATIVE = (*CALIBRATED, "crowding")
"""Surprisals; the preset ``published`` of the others can fall below 0."""

SCORES = ("unmarked", "crowding", "marked", *CALIBRATED)

SCORE_COLUMNS = (
    "unmarked",
    "crowding",
    "crowding_z",
    "marked",
    *(column for score in CALIBRATED for column in (score, f"{score}_z")),
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
