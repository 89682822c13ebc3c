"""The calibrated unmarked score: about 1 nat where samples are scattered evenly.

Samples are drawn with fixed seeds. A mean or a standard deviation is accepted within four of its
own standard errors, which a right law misses once in 16,000 checks.
"""

import csv
import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

import naive
import worlds
from geobias.geometry.neighbours import reach_of
from geobias.marking import Marking
from geobias.scales import Scale
from geobias.ssi import nulls
from geobias.ssi.crowding import evenly_scattered, unmarked_z
from geobias.ssi.engine import Engine
from geobias.ssi.sums import GRAPH_SUMS
from geobias.ssi.surprisal import two_sided
from worlds import World

ERRORS = 4
STUDY = Path(__file__).resolve().parents[1] / "docs" / "studies" / "unmarked_null.py"
SCALES = ["radius", "nearest"]


@pytest.fixture(scope="module")
def study():
    specification = importlib.util.spec_from_file_location("unmarked_null", STUDY)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def read(path):
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def turned(away, azimuth, lat, lon):
    """Positions at an angle and azimuth from each of several places, in degrees."""
    lat, lon = np.radians(lat)[:, None], np.radians(lon)[:, None]
    south, east = np.sin(away) * np.cos(azimuth), np.sin(away) * np.sin(azimuth)
    up = np.cos(away)
    across = south * np.sin(lat) + up * np.cos(lat)
    x = across * np.cos(lon) - east * np.sin(lon)
    y = across * np.sin(lon) + east * np.cos(lon)
    z = up * np.sin(lat) - south * np.cos(lat)
    lat, lon = np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))
    return World(lat.ravel(), lon.ravel())


def apart(count):
    """Places all over the globe, none close to another."""
    step = np.arange(count) + 0.5
    lat = np.degrees(np.arcsin(1.0 - 2.0 * step / count))
    return lat, (step * 137.50776405 + 180.0) % 360.0 - 180.0


def evenly(n, radius, discs, seed):
    """Discs with the centre and n - 1 other samples each, evenly over the disc."""
    draw = np.random.default_rng(seed)
    share = draw.random((discs, n))
    share[:, 0] = 0.0
    away = 2.0 * np.arcsin(np.sqrt(share) * math.sin(radius / 2.0))
    return turned(away, draw.uniform(-np.pi, np.pi, (discs, n)), *apart(discs))


def z_around(world, centres, scale, k=4):
    """The deviates around some samples, computed as for any table."""
    places = worlds.seats(world).places
    engine = Engine(
        places,
        Marking.of(places, np.ones((1, world.lat.size)), (-1.0, 1.0)),
        k=k,
        preset="geobias",
        coding="pm",
        index="bands",
        threads=1,
    )
    reach = reach_of(engine._index, Scale.parse(scale), places.point_of_sample[centres])
    graph, _, _ = engine._sums(reach, lambda done, total: None)
    z = unmarked_z(graph, reach.radius, k=k, nearest=scale.startswith("knn"))
    return z, graph["samples"]


def z_of_discs(kind, n, radius, discs, seed):
    """One deviate for each of several discs on one globe."""
    scale = f"{radius}rad" if kind == "radius" else f"knn:{n}"
    z, samples = z_around(evenly(n, radius, discs, seed), np.arange(discs) * n, scale)
    assert (samples == n).all()
    return z


def assert_like_chance(z):
    """Mean 0 and variance 1, and 1 nat on average, which skewness may change by 0.02."""
    count = z.size
    kurtosis = ((z - z.mean()) ** 4).mean() / z.var() ** 2
    assert abs(z.mean()) < ERRORS / math.sqrt(count)
    assert abs(z.var() - 1.0) < ERRORS * math.sqrt((kurtosis - 1.0) / count)
    assert abs(two_sided(z).mean() - 1.0) < 0.02 + ERRORS / math.sqrt(count)


# --- Evenly scattered samples --------------------------------------------------------------------


@pytest.mark.parametrize("kind", SCALES)
# A ring is added to the lattice between 15 and 16 samples, and between 106 and 107.
@pytest.mark.parametrize(
    ("n", "discs"),
    [(8, 4000), (11, 4000), (15, 4000), (16, 4000), (106, 1000), (107, 1000), (437, 250)],
)
def test_samples_scattered_evenly_are_like_chance(n, discs, kind):
    assert_like_chance(z_of_discs(kind, n, 0.0157, discs, seed=n))


@pytest.mark.parametrize("kind", SCALES)
@pytest.mark.parametrize("radius", [0.0005, 0.157])
def test_the_size_of_the_neighbourhood_changes_nothing(radius, kind):
    assert_like_chance(z_of_discs(kind, 40, radius, 100, seed=1))


@pytest.mark.parametrize("kind", SCALES)
@pytest.mark.parametrize("n", [9, 30, 250])
@pytest.mark.parametrize("radius", [0.5, 1.0, math.pi / 2])
def test_nor_does_the_bend_of_the_globe(radius, n, kind):
    z = [z_of_discs(kind, n, radius, 1, seed)[0] for seed in range(80)]
    assert_like_chance(np.array(z))


@pytest.mark.parametrize("to_farthest", [False, True])
@pytest.mark.parametrize("n", [8, 12])
def test_the_oracle_on_samples_scattered_evenly_is_like_chance(n, to_farthest):
    z = []
    for seed in range(150):
        lat, lon = evenly(n, 0.1, 1, seed)
        radius = naive.neighbourhood(lat, lon, 0, cap=n)[1] if to_farthest else 0.1
        ground_lat, ground_lon = naive.lattice(lat[0], lon[0], n, radius)
        w = naive.graph(np.append(lat, ground_lat), np.append(lon, ground_lon))
        u = naive.statistic(w, np.repeat([1.0, 0.0], [n, ground_lat.size]))
        z.append(naive.crowding_z(u, n, radius, to_farthest))
    assert_like_chance(np.array(z))


# --- Other samples -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SCALES)
def test_clustered_samples_crowd_together(kind):
    draw = np.random.default_rng(2)
    heads = turned(0.08 * np.sqrt(draw.random((1, 8))), draw.uniform(-3.1, 3.1, (1, 8)), *apart(1))
    lat = np.append(apart(1)[0], np.repeat(heads.lat, 15) + draw.normal(0.0, 0.2, 120))
    lon = np.append(apart(1)[1], np.repeat(heads.lon, 15) + draw.normal(0.0, 0.2, 120))
    z, _ = z_around(World(lat, lon), [0], "0.1rad" if kind == "radius" else "knn:121")
    assert z[0] > 10.0


@pytest.mark.parametrize("kind", SCALES)
def test_samples_on_a_grid_keep_apart(kind):
    lat, lon = np.meshgrid(np.arange(-6.0, 7.0), np.arange(-6.0, 7.0))
    world = World(lat.ravel(), lon.ravel())
    z, _ = z_around(world, [84], "6.2deg" if kind == "radius" else "knn:121")
    assert z[0] < -4.0


# --- Where it is defined -------------------------------------------------------------------------


def some_sums(samples, background=100.0):
    graph = np.zeros(len(samples), GRAPH_SUMS)
    graph["samples"], graph["background"] = samples, background
    return graph


def test_fewer_than_eight_samples_have_no_score():
    z = unmarked_z(some_sums([1.0, 7.0, 8.0]), np.full(3, 0.1), k=4, nearest=False)
    assert np.isnan(z).tolist() == [True, True, False]


def test_no_lattice_no_score():
    z = unmarked_z(some_sums([8.0, 9.0], background=0.0), np.zeros(2), k=4, nearest=True)
    assert np.isnan(z).all()


def test_beyond_a_hemisphere_there_is_no_score():
    radius = np.array([math.radians(90.0), 1.6, np.inf])
    z = unmarked_z(some_sums([50.0] * 3), radius, k=4, nearest=True)
    assert np.isnan(z).tolist() == [False, True, True]


@pytest.mark.parametrize("k", [1, 3, 5, 16])
def test_other_numbers_of_neighbours_have_no_score(k):
    z, samples = z_around(evenly(20, 0.1, 1, 3), [0], "knn:20", k)
    assert samples.tolist() == [20]
    assert np.isnan(z).all()


def test_no_neighbourhoods_no_scores():
    assert unmarked_z(some_sums([]), np.empty(0), k=4, nearest=False).shape == (0,)


# --- The law and where it comes from --------------------------------------------------------------


@pytest.mark.parametrize("nearest", [False, True])
def test_the_law_is_that_of_the_oracle(nearest):
    draw = np.random.default_rng(4)
    samples = np.exp(draw.uniform(np.log(8), np.log(1e5), 50)).round()
    radius = draw.uniform(0.001, math.pi / 2, 50)
    graph = some_sums(samples, background=5.0 * samples)
    graph["edges"], graph["border"], graph["inside"] = draw.uniform(0.0, 1e3, (3, 50))
    u = nulls.unmarked_statistic(graph)
    expected = [
        naive.crowding_z(*each, nearest)
        for each in zip(u.tolist(), samples.astype(int).tolist(), radius.tolist(), strict=True)
    ]
    found = unmarked_z(graph, radius, k=4, nearest=nearest)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("row", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_the_study_finds_again_what_it_has_written(study, row):
    planned, rows = study.plan(), read(study.SIMULATED)
    assert [tuple(row[name] for name in study.Neighbourhood._fields) for row in rows] == [
        tuple(map(str, at)) for at in planned
    ]
    found = study.simulate(row, planned[row])
    assert [str(value) for value in found] == [rows[row]["mean"], rows[row]["sd"]]


def test_the_law_is_what_the_study_fits(study):
    rows = read(study.SIMULATED)
    found = [study.Found(float(row["mean"]), float(row["sd"])) for row in rows]
    fitted = study.fit(study.plan(), found)
    shipped = read(study.LAW)
    assert [row.pop("term") for row in shipped] == list(study.TERMS)
    shipped = np.array([[float(value) for value in row.values()] for row in shipped])
    np.testing.assert_allclose(fitted, shipped, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("nearest", [False, True])
def test_the_spread_is_positive_everywhere(nearest):
    samples, radius = np.meshgrid(np.unique(np.geomspace(8, 1e7, 500).round()), [1e-4, 0.8, 1.57])
    _, sd = evenly_scattered(samples.ravel(), radius.ravel(), nearest=nearest)
    share = sd / np.sqrt(samples.ravel())
    assert ((share > 0.7) & (share < 0.9)).all()
