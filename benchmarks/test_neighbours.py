"""Who is near whom, without any scoring; and the floor under every score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pairs import THREADS, floor, index_of, places_of, search

from geobias.geometry.nearest import nearest_points

SCALES = ["100@0.05rad", "400@0.1rad", "100km", "1000km", "knn:100"]


@pytest.mark.parametrize("index", ["bands", "balltree"])
@pytest.mark.parametrize("scale", SCALES)
def test_search(benchmark: Any, table: pd.DataFrame, scale: str, index: str) -> None:
    """Everything a scale looks up: distances by rank if it is capped, then the members."""
    places = places_of(table)
    found = benchmark.pedantic(
        search, args=(index_of(places, index), places, scale), rounds=3, warmup_rounds=1
    )
    benchmark.extra_info["pairs"] = sum(part.members.size for part in found)


@pytest.mark.parametrize("index", ["bands", "balltree"])
def test_distance_by_rank(benchmark: Any, table: pd.DataFrame, index: str) -> None:
    """The bands or the BallTree: how far the 100th nearest is."""
    places = places_of(table)
    benchmark.pedantic(
        index_of(places, index).distance_to,
        args=(np.arange(places.points), [100, 101]),
        rounds=3,
        warmup_rounds=1,
    )


def test_nearest_points(benchmark: Any, table: pd.DataFrame) -> None:
    """The list from which graphs are made, looked up once per dataset."""
    benchmark.pedantic(
        nearest_points, args=(places_of(table), 4, THREADS), rounds=5, warmup_rounds=1
    )


@pytest.mark.parametrize("distance", ["haversine", "squared chord"])
@pytest.mark.parametrize("scale", SCALES)
def test_floor(benchmark: Any, table: pd.DataFrame, scale: str, distance: str) -> None:
    """One distance evaluation per centre and neighbour, over the engine's own lists."""
    places = places_of(table)
    found = search(index_of(places, "bands"), places, scale)
    benchmark.pedantic(floor(places, found, distance), rounds=5, warmup_rounds=1)
    benchmark.extra_info["pairs"] = sum(part.members.size for part in found)
