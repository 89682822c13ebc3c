"""Which country an answer lies in, and whether that is the true one or on its continent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from geobias.answering.country_words import owner_of
from geobias.answering.reading import COORDINATE, Reading
from geobias.regions import countries, locate
from geobias.sphere import Floats

TOLERANCE_KM = 20.0
"""Coordinates in no country count for the nearest one, if it is at most so far away."""


def in_countries(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings with the country that the coordinates among them lie in.

    >>> [found.iso2 for found in in_countries([Reading("parsed", "", COORDINATE, 48.1, 11.6)])]
    ['DE']
    """
    rows = [row for row, reading in enumerate(readings) if reading.granularity == COORDINATE]
    lat = np.array([readings[row].lat for row in rows], dtype=np.float64)
    lon = np.array([readings[row].lon for row in rows], dtype=np.float64)
    found = list(readings)
    for row, iso2 in zip(rows, codes_at(lat, lon), strict=True):
        found[row] = replace(readings[row], iso2=iso2)
    return found


def codes_at(lat: Floats, lon: Floats) -> list[str | None]:
    """Return the country (alpha-2) that each position lies in, None where there is none."""
    codes = countries()["iso2"].to_numpy(dtype=object)
    found = locate(lat, lon, tolerance_km=TOLERANCE_KM)
    return [None if row < 0 else str(codes[row]) for row in found]


def agrees(said: str | None, true: str, level: str) -> bool:
    """Whether a country is the true one or, at the level ``continent``, on its continent.

    >>> (
    ...     agrees("BV", "NO", "country"),
    ...     agrees("DE", "FR", "country"),
    ...     agrees("DE", "FR", "continent"),
    ... )
    (True, False, True)
    >>> agrees(None, "FR", "continent")
    False
    """
    if said is None:
        return False
    said, true = place_in(said), place_in(true)
    if level == "continent":
        return region_of("continent")[said] == region_of("continent")[true]
    return said == true


def place_in(iso2: str) -> str:
    """Return a code that the polygons know: a territory they lack belongs to its owner."""
    return iso2 if iso2 in region_of("country") else owner_of(iso2)


@cache
def region_of(scheme: str) -> dict[str, str]:
    """Return the region of each country in a scheme."""
    table = countries()
    return dict(zip(table["iso2"], table[scheme], strict=True))
