"""What is read in batches is what is read at once."""

import numpy as np
import pandas as pd
import pytest

import geobias
from geobias import Samples, inspect
from geobias.rules import distance, error, match

DRAW = np.random.default_rng(3)
N = 23
TABLE = pd.DataFrame(
    {
        "lat": np.where(np.arange(N) == 9, np.nan, DRAW.uniform(-80, 80, N)),
        "lon": DRAW.uniform(-400, 400, N),
        "hit": [1, 0, None, 1] * 5 + [0, 1, 1],
        "mixed": [True, 1, "1", 0.0, "b", None, "c "] * 3 + [1, "d"],
        "label": ["1", "1", "1", "0", "b", "a", "c"] * 3 + ["1", "d"],
        "ranked": [["a", "b"], "['b', None, 'a']", None, "a"] * 5 + [["a"], ["b"], ["1"]],
        "pred": DRAW.normal(size=N),
        "true": np.where(np.arange(N) % 5 == 0, 0.0, DRAW.normal(size=N)),
        "plat": DRAW.uniform(-80, 80, N),
        "plon": DRAW.uniform(-180, 180, N),
        "camp": ["b", None, 2.0, 2, "", "a"] * 3 + ["b"] * 5,
        "id": [f"i{row}" for row in range(N)],
        "answered": [True] * N,
    }
).astype({"mixed": object, "camp": object})

RULES = [
    "hit",
    match("mixed", "label"),
    match("ranked", "label", top=(1, 2, 3)),
    error("abs(pred - true) / abs(true) <= 0.5"),
    error("abs(pred - true) <= quantile(0.4)"),
    error("abs(pred - true)", bins=[0.2, 1.0]),
    distance("plat", "plon", thresholds=["5000km", "9000km"]),
]


def state(samples):
    arrays = {
        name: None if value is None else np.asarray(value).tolist()
        for name, value in vars(samples).items()
        if isinstance(value, np.ndarray) or value is None
    }
    return repr((arrays, samples.models, samples.notes, samples.ledger, samples.group_names))


@pytest.fixture(params=[1, 2, 3, 7])
def in_batches(request, monkeypatch):
    """From here on, tables in memory come in batches of so many rows."""
    return lambda: monkeypatch.setattr("geobias.readers.table.ROWS_AT_ONCE", request.param)


@pytest.mark.parametrize("rule", RULES, ids=[str(type(rule).__name__) for rule in RULES])
def test_samples_do_not_depend_on_batches(rule, in_batches):
    read = {"correct": rule, "by": "camp", "id": "id", "degrees": True}
    at_once = state(Samples.from_table(TABLE, **read))
    in_batches()
    assert state(Samples.from_table(TABLE, **read)) == at_once


def test_borrowed_coordinates_do_not_depend_on_batches(in_batches):
    places, others = TABLE[["lat", "lon"]], TABLE.drop(columns=["lat", "lon"])
    at_once = state(Samples.from_table(others, correct="hit", locations=places))
    in_batches()
    assert state(Samples.from_table(others, correct="hit", locations=places)) == at_once


def test_inspections_do_not_depend_on_batches(in_batches):
    at_once = inspect(TABLE).to_json()
    in_batches()
    assert inspect(TABLE).to_json() == at_once


def test_groups_do_not_depend_on_batches(in_batches):
    choices = {"by": "camp", "correct": "hit", "least": 2, "permutations": 19}
    at_once = geobias.groups(TABLE, **choices).to_json()
    in_batches()
    assert geobias.groups(TABLE, **choices).to_json() == at_once
