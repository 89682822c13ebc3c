"""From DataFrame to Audit: unmarked, marked and the three calibrated scores together."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from locations import models_of, simulate

import geobias


def _audit(benchmark: Any, table: pd.DataFrame, scale: str, rounds: int = 5) -> None:
    """Measure warm rounds; the first, which compiles or loads the kernels, does not count."""
    audit = benchmark.pedantic(
        geobias.score,
        args=(table,),
        kwargs={"correct": models_of(table), "scales": scale},
        rounds=rounds,
        warmup_rounds=1,
    )
    models = len(models_of(table))
    benchmark.extra_info["centres"] = len(audit.samples) // models
    benchmark.extra_info["pairs"] = int(audit.samples["neighbours"].sum()) // models


@pytest.mark.parametrize("scale", ["100@0.05rad", "400@0.1rad", "100km", "1000km", "knn:100"])
def test_scale(benchmark: Any, table: pd.DataFrame, scale: str) -> None:
    _audit(benchmark, table, scale)


@pytest.mark.parametrize("neighbours", [25, 50, 100, 200, 400, 800, 1600])
def test_mean_neighbours(benchmark: Any, neighbours: int) -> None:
    _audit(benchmark, simulate(), f"knn:{neighbours}")


@pytest.mark.parametrize(
    "samples",
    [
        10_000,
        30_000,
        100_000,
        pytest.param(300_000, marks=pytest.mark.slow),
        pytest.param(1_000_000, marks=pytest.mark.slow),
    ],
)
def test_samples(benchmark: Any, samples: int) -> None:
    _audit(benchmark, simulate(samples), "knn:100", rounds=3)


@pytest.mark.parametrize("models", [1, 4, 16])
def test_models_that_share_locations(benchmark: Any, models: int) -> None:
    _audit(benchmark, simulate(models=models), "100km")
