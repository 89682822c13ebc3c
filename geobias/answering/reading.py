"""What was read from one answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

PARSED = "parsed"
AMBIGUOUS = "ambiguous"
REFUSED = "refused"
EMPTY = "empty"
UNPARSED = "unparsed"

STATUSES = (PARSED, AMBIGUOUS, REFUSED, EMPTY, UNPARSED)
"""Every answer has one of these."""

SILENT = (REFUSED, EMPTY)
"""No answer was given; the others answered, whether that could be read or not."""

COORDINATE = "coordinate"
CITY = "city"
REGION = "region"
COUNTRY = "country"

GRANULARITIES = (COORDINATE, CITY, REGION, COUNTRY)
"""How fine an answer is, the finest first; labels have none."""


@dataclass(frozen=True)
class Reading:
    """What one answer says, or why that could not be read.

    Attributes
    ----------
    status
        One of `STATUSES`.
    reason
        Why there is no single value; empty when there is and the whole text was read.
    granularity
        One of `GRANULARITIES` when a location was read.
    lat, lon
        Degrees: those of the answer, or of the place that it names; NaN if there are none.
    iso2
        Country, when the answer names one or a place in one.
    name
        The place as the gazetteer spells it.
    labels
        Labels in the order of the answer.
    """

    status: str
    reason: str = ""
    granularity: str | None = None
    lat: float = math.nan
    lon: float = math.nan
    iso2: str | None = None
    name: str | None = None
    labels: tuple[str, ...] = ()

    def because(self, reason: str) -> Reading:
        """Return the same reading with one more reason."""
        return replace(self, reason="; ".join(part for part in (self.reason, reason) if part))


def ambiguous(reason: str) -> Reading:
    """Return a reading of an answer that says several things."""
    return Reading(AMBIGUOUS, reason)


def unparsed(reason: str) -> Reading:
    """Return a reading of an answer in which nothing was recognised."""
    return Reading(UNPARSED, reason)


def listed(values: list[str]) -> str:
    """Return a few of the values an answer offers, for its reason."""
    shown = " | ".join(values[:4])
    return f"{shown} | …" if len(values) > 4 else shown
