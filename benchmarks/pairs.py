"""Neighbour lists as the engine makes them, and the least work that can be done on them."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pandas as pd
from locations import models_of

from geobias import Samples, Scale
from geobias.geometry.neighbours import (
    BallTreeIndex,
    BandIndex,
    Index,
    Neighbourhoods,
    chunks,
    neighbourhoods,
    reach_of,
)
from geobias.geometry.places import Places

THREADS = int(numba.config.NUMBA_NUM_THREADS)


def places_of(table: pd.DataFrame) -> Places:
    """Put the locations of a table in order."""
    samples = Samples.from_table(table, correct=models_of(table))
    return Places.of(samples.lat, samples.lon)


def index_of(places: Places, name: str) -> Index:
    """Build an index; `bands` takes no time, `balltree` builds its tree."""
    return BandIndex(places, THREADS) if name == "bands" else BallTreeIndex(places)


def search(index: Index, places: Places, scale: str) -> list[Neighbourhoods]:
    """Look up the neighbourhood of every location, in chunks on all threads."""
    reach = reach_of(index, Scale.parse(scale), np.arange(places.points))

    def count(some: np.ndarray) -> np.ndarray:
        return index.count(reach.centres[some], reach.search[some])

    with ThreadPoolExecutor(THREADS) as pool:
        slices = np.array_split(np.arange(places.points), 8 * THREADS)
        counts = np.concatenate(list(pool.map(count, slices)))
        return list(
            pool.map(lambda chunk: neighbourhoods(index, places, reach, chunk), chunks(counts))
        )


def floor(places: Places, found: list[Neighbourhoods], distance: str) -> Callable[[], float]:
    """Prepare one distance evaluation per pair; the sum it returns keeps the work alive."""
    if distance == "haversine":
        lat = np.radians(places.lat)[places.point_of_seat]
        lon = np.radians(places.lon)[places.point_of_seat]
        kernel, arrays = _haversines, (lat, lon, np.cos(lat))
    else:
        kernel, arrays = _squared_chords, (places.unit[places.point_of_seat],)
    parts = [(places.seat_start[part.centres], part.start, part.members) for part in found]

    def evaluate() -> float:
        with ThreadPoolExecutor(THREADS) as pool:
            return math.fsum(pool.map(lambda part: kernel(*arrays, *part), parts))

    return evaluate


@numba.njit(nogil=True)
def _haversines(lat, lon, cos_lat, centres, start, members):
    """Add up the great-circle distances of all pairs."""
    total = 0.0
    for i in range(centres.size):
        centre = centres[i]
        for seat in members[start[i] : start[i + 1]]:
            by_lat = math.sin((lat[seat] - lat[centre]) / 2.0)
            by_lon = math.sin((lon[seat] - lon[centre]) / 2.0)
            half = by_lat * by_lat + cos_lat[seat] * cos_lat[centre] * by_lon * by_lon
            total += 2.0 * math.asin(math.sqrt(min(1.0, half)))
    return total


@numba.njit(nogil=True)
def _squared_chords(unit, centres, start, members):
    """Add up the squared straight-line distances of all pairs, which order pairs alike."""
    total = 0.0
    for i in range(centres.size):
        x, y, z = unit[centres[i]]
        for seat in members[start[i] : start[i + 1]]:
            dx, dy, dz = unit[seat, 0] - x, unit[seat, 1] - y, unit[seat, 2] - z
            total += dx * dx + dy * dy + dz * dz
    return total
