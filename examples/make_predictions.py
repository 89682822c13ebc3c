"""Simulate the predictions that the demo audits: two models of equal accuracy, one unfair.

Samples scatter around forty large cities. Both models are right four times in five; the
errors of `even` fall at random, those of `uneven` pile up around every fourth city.
Everything here is simulated; the city coordinates are rounded common knowledge.

    python examples/make_predictions.py examples/predictions.parquet
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

SAMPLES = 6000
ACCURACY = 0.8
WEAK_ACCURACY = 0.4
WEAK_RADIUS_KM = 150.0
EARTH_RADIUS_KM = 6371.0088

CITIES = np.array(
    [
        (35.7, 139.7), (28.6, 77.2), (31.2, 121.5), (-23.6, -46.6), (19.4, -99.1), (30.0, 31.2),
        (19.1, 72.9), (39.9, 116.4), (23.8, 90.4), (34.7, 135.5), (40.7, -74.0), (24.9, 67.0),
        (-34.6, -58.4), (41.0, 29.0), (6.5, 3.4), (-4.3, 15.3), (14.6, 121.0), (23.1, 113.3),
        (55.8, 37.6), (48.9, 2.4), (4.7, -74.1), (-6.2, 106.8), (-12.0, -77.0), (13.8, 100.5),
        (51.5, -0.1), (34.1, -118.2), (35.7, 51.4), (10.8, 106.7), (-26.2, 28.0), (-1.3, 36.8),
        (9.0, 38.7), (0.3, 32.6), (-6.8, 39.3), (52.5, 13.4), (40.4, -3.7), (-33.9, 151.2),
        (49.3, -123.1), (61.2, -149.9), (-36.8, 174.8), (-18.1, 178.4),
    ]
)  # fmt: skip


def great_circle_km(lat: np.ndarray, lon: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Distance to a centre by the haversine formula."""
    phi, phi0 = np.radians(lat), np.radians(centre[0])
    half = np.sin((phi - phi0) / 2) ** 2
    half += np.cos(phi) * np.cos(phi0) * np.sin(np.radians(lon - centre[1]) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half))


def simulate(seed: int = 0) -> pd.DataFrame:
    """Draw the table."""
    draw = np.random.default_rng(seed)
    city = CITIES[draw.integers(len(CITIES), size=SAMPLES)]
    spread = draw.exponential(2.0, size=(SAMPLES, 1))
    lat, lon = (city + spread * draw.normal(size=(SAMPLES, 2))).T
    lat = np.clip(lat, -85.0, 85.0)
    lon = (lon + 180.0) % 360.0 - 180.0
    weak = np.zeros(SAMPLES, dtype=bool)
    for weak_city in CITIES[::4]:
        weak |= great_circle_km(lat, lon, weak_city) < WEAK_RADIUS_KM
    strong_accuracy = (ACCURACY - WEAK_ACCURACY * weak.mean()) / (1.0 - weak.mean())
    chance = np.where(weak, WEAK_ACCURACY, strong_accuracy)
    return pd.DataFrame(
        {
            "lat": lat.round(4),
            "lon": lon.round(4),
            "even": draw.random(SAMPLES) < ACCURACY,
            "uneven": draw.random(SAMPLES) < chance,
        }
    )


if __name__ == "__main__":
    simulate().to_parquet(sys.argv[1], index=False)
