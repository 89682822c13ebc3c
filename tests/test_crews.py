"""Crews: threads, and processes that may die."""

import os
import signal
import socket
import sys

import numba
import numpy as np
import pandas as pd
import pytest

import geobias
import poison
import worlds
from geobias.crews import Threads, WorkError
from geobias.crews.choosing import crew_of
from geobias.errors import GeoBiasError
from partitioned import assert_equal_in_pieces, assert_equal_sums, case_of, ignore, runs

WITH = {"scores": ("ssi", "sri"), "fdr": 0.1}


@pytest.fixture(scope="module")
def cluster():
    """Two processes; they live through all tests, unless one ends them."""
    with crew_of("local:2", 1) as crew:
        yield crew


@pytest.fixture
def impatient(monkeypatch):
    """Wait for nobody."""
    monkeypatch.setattr("geobias.crews.dask._CONNECTING", 0.3)
    monkeypatch.setattr("geobias.crews.dask._PATIENCE", 0.3)


def pid_of_one(cluster):
    return min(cluster.client.run(os.getpid).values())


# --- In order, a few ahead -----------------------------------------------------------------------


def test_no_cluster_means_threads():
    with crew_of(None, 3) as crew:
        assert crew == Threads(3)


def test_what_becomes_of_items_comes_in_their_order(cluster):
    for crew in (Threads(2), cluster):
        made = list(crew.map(poison.times, [1, 2], range(20)))
        assert made == [[[1, 2], 2 * item] for item in range(20)]
    assert cluster.size == 2


def test_no_items_make_nothing(cluster):
    assert list(cluster.map(poison.times, [], [])) == []


def test_items_are_taken_a_few_ahead(cluster):
    taken = []
    made = cluster.map(poison.times, [1], (taken.append(item) or item for item in range(100)))
    next(made)
    assert len(taken) == 2 * cluster.size + 1
    made.close()


def test_large_pieces_travel_without_a_warning(cluster):
    """Warnings are errors here, and Dask warns about tasks of 10 MB."""
    (made,) = cluster.map(poison.times, np.zeros(2_000_000), [np.ones(2_000_000)])
    assert made[1].sum() == 2_000_000.0 * 2_000_000


# --- Failures ------------------------------------------------------------------------------------


def test_what_keeps_failing_is_named(cluster):
    with pytest.raises(WorkError, match="ValueError: no way with 3") as failed:
        list(cluster.map(poison.fails, 3, range(6)))
    assert failed.value.item == 3


def test_a_piece_that_failed_is_tried_elsewhere(cluster):
    broken = pid_of_one(cluster)
    made = list(cluster.map(poison.fails_in, broken, range(6)))
    assert len(made) == 6
    assert broken not in made


def test_a_worker_that_dies_changes_nothing(cluster, tmp_path):
    trace = tmp_path / "killed"
    assert list(cluster.map(poison.kills_once, str(trace), range(12))) == list(range(12))
    assert trace.exists()


def test_what_keeps_killing_workers_is_named(cluster):
    with pytest.raises(WorkError, match=r"died, as one does .* \(tried 3 times\)") as failed:
        list(cluster.map(poison.kills, 1, range(4)))
    assert failed.value.item == 1
    assert list(cluster.map(poison.times, [], range(3))) == [[[], 0]] * 3


# --- Partitions on processes ---------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["300km", "knn:15", "12@2deg"])
def test_processes_score_the_same_in_every_bit(cluster, scale):
    case = case_of(worlds.clustered(200, 1), scale, **WITH)
    assert_equal_in_pieces(case, cluster, runs(case, np.arange(case.places.points), 40))
    assert_equal_sums(case, cluster, np.arange(case.places.points), columns=5, seed=1)


def test_scores_are_the_same_when_a_worker_is_killed(cluster):
    case = case_of(worlds.duplicated(300, 2), "knn:20", **WITH)
    pieces = runs(case, np.arange(case.places.points), 4)

    class Killing:
        size = cluster.size

        def map(self, work, shared, items):
            for at, made in enumerate(cluster.map(work, shared, items)):
                if at == 1:
                    os.kill(pid_of_one(cluster), signal.SIGKILL)
                yield made

    assert_equal_in_pieces(case, Killing(), pieces)


@pytest.mark.parametrize(
    ("spoil", "reason"), [(poison.fails, "no way with 2"), (poison.kills, "died")]
)
def test_a_poisoned_partition_is_reported_with_its_bounds(cluster, spoil, reason):
    world = worlds.World(
        np.array([-17.0, -16.5, -16.0, 50.0]), np.array([179.5, -179.25, -180.0, 0.0])
    )
    case = case_of(world, "knn:3")
    spread = case.spread(poison.Poisoned(cluster, spoil, 2))
    with pytest.raises(GeoBiasError) as failed:
        list(spread.each(*case.settings.scales, [np.array([3]), np.arange(3)], ignore))
    told = str(failed.value)
    assert "partition 2 of 2" in told
    assert "latitude -17.00° to -16.00°, longitude 179.50° to -179.25°" in told
    assert "3 samples" in told
    assert reason in told


# --- Clusters that cannot be had -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("local:0", "1 to 256 processes"),
        ("local:1000", "1 to 256 processes"),
        ("local:x", "not understood.*tcp://"),
        ("local:", "not understood"),
        ("http://host:80", "not understood"),
        ("tcp://host", "not understood"),
        (4, "no cluster.*local:4"),
    ],
)
def test_misspelled_clusters(asked, told):
    with pytest.raises(GeoBiasError, match=told), crew_of(asked, 1):
        pass


@pytest.mark.usefixtures("impatient")
def test_an_unreachable_scheduler():
    told = "answers at tcp://127.0.0.1:1 .*port"
    with pytest.raises(GeoBiasError, match=told), crew_of("tcp://127.0.0.1:1", 1):
        pass


@pytest.mark.usefixtures("impatient")
def test_what_listens_is_no_scheduler():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(GeoBiasError, match="what listens there is none"), crew_of(address, 1):
            pass


@pytest.mark.parametrize("package", ["dask", "distributed"])
def test_without_dask_the_extra_is_named(monkeypatch, package):
    monkeypatch.delitem(sys.modules, "geobias.crews.dask", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    told = rf"package {package}: .*pip install 'geobias\[dask\]'"
    with pytest.raises(GeoBiasError, match=told), crew_of("local:2", 1):
        pass


def test_a_client_a_cluster_and_an_address_are_connected_to(cluster):
    client = cluster.client
    for asked in (client, client.cluster, client.scheduler.address):
        with crew_of(asked, 1) as crew:
            assert list(crew.map(poison.times, [0], [1, 2])) == [[[0], 1], [[0], 2]]
    assert client.status == "running"


def test_a_closed_client(cluster):
    from distributed import Client

    with Client(cluster.client.scheduler.address, set_as_default=False) as client:
        pass
    with pytest.raises(GeoBiasError, match="open"), crew_of(client, 1):
        pass


def test_workers_with_another_version(cluster, monkeypatch):
    monkeypatch.setattr(numba, "__version__", "0.1")
    told = "tcp://.* has numba [0-9.]+, and here it is 0.1: "
    with pytest.raises(GeoBiasError, match=told), crew_of(cluster.client, 1):
        pass


def test_workers_without_geobias(cluster):
    cluster.client.run(poison.take_geobias_away)
    try:
        with pytest.raises(GeoBiasError, match="geobias not installed"):
            crew_of(cluster.client, 1).__enter__()
    finally:
        cluster.client.run(poison.give_geobias_back)


@pytest.mark.usefixtures("impatient")
def test_a_scheduler_without_workers():
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as nobody,
        pytest.raises(GeoBiasError, match="has no workers"),
        crew_of(nobody, 1),
    ):
        pass


def test_a_dask_dataframe_is_scored_on_a_cluster_as_a_table_is_here(cluster, tmp_path):
    frames = pytest.importorskip("dask.dataframe")
    table = worlds.table(worlds.date_line(90, 3), hit=worlds.hits(90, 1))
    options = {"correct": "hit", "scales": ["knn:7", "300km"], "permutations": 9, "bootstrap": 19}
    here = geobias.score(table, **options)
    partitioned = frames.from_pandas(table, npartitions=4)
    there = geobias.score(
        partitioned, **options, dask=cluster.client, output=tmp_path / "scores.parquet"
    )
    for name in ("summary", "aggregates", "chance"):
        pd.testing.assert_frame_equal(getattr(there, name), getattr(here, name), check_exact=True)
    key = ["scale", "sample"]
    pd.testing.assert_frame_equal(
        there.samples.sort_values(key, ignore_index=True),
        here.samples.sort_values(key, ignore_index=True),
        check_exact=True,
    )
