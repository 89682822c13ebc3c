"""Tables of predictions to measure on: simulated locations of any number, or a file's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SAMPLES = 24_343
"""As many as iNat2018 has validation samples with a location."""
ACCURACY = 0.73
REGIONS, REGION_KM = 10, 600.0
TOWNS, TOWN_KM = 2000, 40.0
TOWN_SLOPE = 0.88
KM_PER_DEGREE = 111.195


def simulate(samples: int = SAMPLES, models: int = 1, seed: int = 0) -> pd.DataFrame:
    """Scatter samples around towns, and towns around regions; errors fall at random.

    Regions and towns follow rank-size rules, so that most samples crowd in few places, as
    people and their photographs do. With `SAMPLES` samples, a neighbourhood holds about as
    many of them as in iNat2018: some 250 within 100 km and 2,500 within 1,000 km.
    """
    draw = np.random.default_rng(seed)
    region_lat = np.degrees(np.arcsin(draw.uniform(-0.6, 0.85, REGIONS)))
    region_lon = draw.uniform(-180.0, 180.0, REGIONS)
    region = draw.choice(REGIONS, TOWNS, p=_shares(REGIONS, 1.0))
    town_lat, town_lon = _scatter(draw, region_lat[region], region_lon[region], REGION_KM)
    town = draw.choice(TOWNS, samples, p=_shares(TOWNS, TOWN_SLOPE))
    spread_km = draw.exponential(TOWN_KM, samples)
    lat, lon = _scatter(draw, town_lat[town], town_lon[town], spread_km)
    marks = {f"model {number}": draw.random(samples) < ACCURACY for number in range(models)}
    return pd.DataFrame({"lat": lat.round(4), "lon": lon.round(4), **marks})


def read(path: str | Path, correct: str) -> pd.DataFrame:
    """Read the coordinates and one correctness column of a Parquet file."""
    return pd.read_parquet(path, columns=["lat", "lon", correct])


def models_of(table: pd.DataFrame) -> list[str]:
    """Name the correctness columns."""
    return [column for column in table.columns if column not in ("lat", "lon")]


def _shares(count: int, slope: float) -> np.ndarray:
    sizes = np.arange(1, count + 1) ** -slope
    return sizes / sizes.sum()


def _scatter(
    draw: np.random.Generator, lat: np.ndarray, lon: np.ndarray, km: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    north, east = draw.normal(size=(2, lat.size)) * km / KM_PER_DEGREE
    lat = np.clip(lat + north, -85.0, 85.0)
    return lat, (lon + east / np.cos(np.radians(lat)) + 180.0) % 360.0 - 180.0
