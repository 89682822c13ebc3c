"""Latitude and longitude as a pair: in range, and apart from the others or not."""

from __future__ import annotations

import math

SAME_DEGREES = 0.01
"""Coordinates closer than this are one answer said twice, as in decimals and in degrees."""

Pair = tuple[float, float]


def keep(
    found: list[Pair], faults: list[str], lat: float, lon: float, *, named: bool = False
) -> None:
    """Keep a pair in range; of any other, say what is wrong.

    Where the answer does not name the axes, it may have turned them round.
    """
    if math.isnan(lat) or math.isnan(lon):
        faults.append("a coordinate that is not a number")
    elif abs(lat) <= 90.0 and abs(lon) <= 180.0:
        found.append((lat, lon))
    elif not named and abs(lon) <= 90.0 and abs(lat) <= 180.0:
        faults.append(f"{lat:g}, {lon:g} is only valid as longitude, latitude")
    elif abs(lat) > 90.0:
        faults.append(f"latitude {lat:g} is outside -90 to 90")
    else:
        faults.append(f"longitude {lon:g} is outside -180 to 180")


def distinct(found: list[Pair]) -> list[Pair]:
    """Return pairs that lie apart; of those that do not, the first."""
    apart: list[Pair] = []
    for lat, lon in found:
        if not any(_same(lat, lon, *other) for other in apart):
            apart.append((lat, lon))
            if len(apart) > 50:
                break
    return apart


def _same(lat: float, lon: float, other_lat: float, other_lon: float) -> bool:
    around = abs(lon - other_lon) % 360.0
    return abs(lat - other_lat) < SAME_DEGREES and min(around, 360.0 - around) < SAME_DEGREES
