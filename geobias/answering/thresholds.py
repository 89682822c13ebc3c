"""Which thresholds an answer is fine enough for."""

from __future__ import annotations

from geobias.answering.reading import CITY, COORDINATE, COUNTRY, REGION
from geobias.rules.thresholds import THRESHOLDS_KM, Threshold

FINEST_KM = {COORDINATE: 0.0, CITY: THRESHOLDS_KM["city"], REGION: THRESHOLDS_KM["region"]}
"""The smallest threshold in km at which an answer of each granularity can be judged."""

BY_MEMBERSHIP = ("country", "continent")
"""Thresholds at which countries are compared where the answer or the truth is one."""


def judges(threshold: Threshold, granularity: str) -> bool:
    """Whether answers of a granularity are fine enough for a threshold.

    >>> city, street = Threshold.parse("city"), Threshold.parse("street")
    >>> judges(city, "city"), judges(street, "city"), judges(city, "country")
    (True, False, False)
    """
    if granularity == COUNTRY:
        return threshold.name in BY_MEMBERSHIP
    return threshold.km >= FINEST_KM[granularity]
