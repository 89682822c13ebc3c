"""Worlds with known truth: what they say was planted is what is found in them."""

from __future__ import annotations

import json
import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from geobias import GeoBiasError, score, simulate
from geobias.cli.main import main
from geobias.simulate import CITIES, KINDS, WORLDS, locations, world
from geobias.sphere import degrees, tangents, unit_vectors

EARTH_RADIUS_KM = 6371.0088
ROOT = Path(__file__).resolve().parents[1]
PATCHES = {"patches-50km": 50.0, "patches-500km": 500.0, "patches-5000km": 5000.0}
ONE_IMAGE = [name for name in WORLDS if name != "repeats"]
NO_GEOGRAPHY = ("unbiased", "repeats")


def table_of(*places: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(places, columns=["lat", "lon"])


def km_from(table: pd.DataFrame, lat: float, lon: float) -> np.ndarray:
    """Great-circle distance by the haversine formula, which the package does not use."""
    phi, phi0 = np.radians(table["lat"]), np.radians(lat)
    half = np.sin((phi - phi0) / 2) ** 2
    half += np.cos(phi) * np.cos(phi0) * np.sin(np.radians(table["lon"] - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0))).to_numpy()


def assert_within_chance(correct: pd.Series, chance: float) -> None:
    """The share of correct samples is within four standard errors of their chance."""
    error = np.sqrt(chance * (1 - chance) / len(correct))
    assert len(correct) > 100
    assert abs(correct.mean() - chance) < 4 * error


# Locations


@pytest.mark.parametrize("kind", KINDS)
def test_locations_are_degrees_on_the_globe(kind: str) -> None:
    table = locations(kind, 3000, seed=1)
    assert list(table.columns) == ["lat", "lon"]
    assert len(table) == 3000
    assert table["lat"].between(-90, 90).all()
    assert table["lon"].between(-180, 180, inclusive="left").all()


def test_uniform_locations_balance_and_fill_every_octant() -> None:
    table = locations("uniform", 8000, seed=2)
    unit = unit_vectors(table["lat"].to_numpy(), table["lon"].to_numpy())
    # Each coordinate of a random unit vector has variance 1/3.
    assert np.abs(unit.mean(axis=0)).max() < 4 * np.sqrt(1 / 3 / 8000)
    octant = (unit > 0) @ np.array([1, 2, 4])
    assert np.abs(np.bincount(octant, minlength=8) / 1000 - 1).max() < 0.13


def test_city_sizes_have_a_heavy_tail_and_some_samples_are_rural() -> None:
    table = locations("cities", 20_000, seed=3)
    apart = np.stack([km_from(table, *city) for city in CITIES])
    within = np.bincount(apart.argmin(axis=0)[apart.min(axis=0) < 300], minlength=len(CITIES))
    assert within.max() > 10 * np.median(within)
    assert within.min() > 20
    assert 0.03 < (apart.min(axis=0) > 500).mean() < 0.2
    assert np.median(apart.min(axis=0)) < 100


def test_cities_lie_on_every_inhabited_continent() -> None:
    assert len(np.unique(CITIES, axis=0)) == len(CITIES)
    for lat, lon in [(0, 20), (35, 100), (50, 10), (45, -100), (-20, -60), (-28, 140)]:
        assert (km_from(table_of(*CITIES), lat, lon) < 2500).sum() >= 3


def test_given_locations_are_used_as_they_are() -> None:
    given = pd.DataFrame({"name": ["a", "b"], "lon": [359.5, -180.0], "lat": [1, 90]}, index=[7, 7])
    pd.testing.assert_frame_equal(
        locations(given), pd.DataFrame({"lat": [1.0, 90.0], "lon": [359.5, -180.0]})
    )
    assert list(given.columns) == ["name", "lon", "lat"]


def test_tangents_point_north_and_east() -> None:
    lat, lon = np.array([-50.0, 20.0, 80.0]), np.array([-170.0, 0.0, 100.0])
    here = unit_vectors(lat, lon)
    north, east = tangents(lat, lon)
    moved = degrees(here + 1e-6 * north), degrees(here + 1e-6 * east)
    assert (moved[0][0] > lat).all()
    np.testing.assert_allclose(moved[0][1], lon, atol=1e-9)
    np.testing.assert_allclose(moved[1][0], lat, atol=1e-9)
    assert (moved[1][1] > lon).all()


# Every world


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("kind", KINDS)
def test_chances_have_the_accuracy_as_mean_and_span_no_more_than_the_gap(
    name: str, kind: str
) -> None:
    table = world(name, n=3000, locations=kind, accuracy=0.7, gap=0.4, seed=4)
    assert list(table.columns) == ["lat", "lon", "correct", "chance"]
    assert table["correct"].dtype == bool
    assert table["chance"].mean() == pytest.approx(0.7, abs=1e-12)
    span = table["chance"].max() - table["chance"].min()
    assert span <= 0.4 + 1e-12
    assert span == 0.0 if name in NO_GEOGRAPHY else span > 0.3


@pytest.mark.parametrize("name", ONE_IMAGE)
def test_samples_are_correct_as_often_as_their_chance_says(name: str) -> None:
    table = world(name, n=20_000, accuracy=0.6, gap=0.5, seed=5)
    for _, part in table.groupby(pd.qcut(table["chance"], 4, duplicates="drop")):
        assert_within_chance(part["correct"], part["chance"].mean())


@pytest.mark.parametrize("name", WORLDS)
def test_equal_seeds_give_equal_bytes_and_others_do_not(name: str) -> None:
    first, again, other = (world(name, n=500, seed=seed) for seed in (6, 6, 7))
    assert all(
        first[column].to_numpy().tobytes() == again[column].to_numpy().tobytes() for column in first
    )
    assert first.attrs == again.attrs
    assert not first["correct"].equals(other["correct"])
    assert not first["lat"].equals(other["lat"])


@pytest.mark.parametrize("kind", KINDS)
def test_worlds_of_a_seed_share_locations_but_not_luck(kind: str) -> None:
    places = locations(kind, 4000, seed=8)
    marks = {}
    for name in ONE_IMAGE:
        table = world(name, n=4000, locations=kind, gap=0.0, seed=8)
        pd.testing.assert_frame_equal(table[["lat", "lon"]], places)
        marks[name] = table["correct"].astype(float)
    between = pd.DataFrame(marks).corr().to_numpy()[np.triu_indices(len(marks), 1)]
    assert np.abs(between).max() < 4.5 / np.sqrt(4000)


@pytest.mark.parametrize("name", ONE_IMAGE)
def test_locations_can_be_passed_on(name: str) -> None:
    table = world(name, n=500, seed=9)
    passed = world(name, locations=table[["lat", "lon"]], seed=9)
    pd.testing.assert_frame_equal(passed, table, check_flags=False)


@pytest.mark.parametrize("name", WORLDS)
def test_what_was_planted_survives_parquet(name: str, tmp_path: Path) -> None:
    table = world(name, n=300, seed=10)
    table.to_parquet(tmp_path / "world.parquet")
    back = pd.read_parquet(tmp_path / "world.parquet")
    assert back.attrs == table.attrs
    planted = json.loads(json.dumps(table.attrs["world"]))
    assert planted == table.attrs["world"]
    assert planted["name"] == name
    assert planted["accuracy"] == 0.8
    assert planted["gap"] == (0.0 if name in NO_GEOGRAPHY else 0.3)


def test_worlds_are_ready_to_be_scored() -> None:
    audit = score(world("unbiased", n=300), correct="correct", scales="knn:30")
    assert audit.summary["samples"].tolist() == [300]


def test_default_worlds_can_be_made_with_any_seed() -> None:
    for seed in range(25):
        for name in WORLDS:
            world(name, n=200, seed=seed)


# Each world


def test_the_weak_region_is_weak_by_the_gap() -> None:
    table = world("weak-region", n=20_000, lat=50, lon=5, radius_km=800, gap=0.4)
    inside = km_from(table, 50, 5) <= 800
    weak, strong = table["chance"][inside].unique(), table["chance"][~inside].unique()
    assert weak.size == strong.size == 1
    assert strong[0] - weak[0] == pytest.approx(0.4)
    assert_within_chance(table["correct"][inside], weak[0])
    assert_within_chance(table["correct"][~inside], strong[0])
    planted = table.attrs["world"]
    assert (planted["lat"], planted["lon"], planted["radius_km"]) == (50.0, 5.0, 800.0)


def test_the_weak_region_lies_around_a_sample_by_default() -> None:
    tables = [world("weak-region", n=300, seed=seed) for seed in (1, 2, 3)]
    for table in tables:
        planted = table.attrs["world"]
        centre = (table["lat"] == planted["lat"]) & (table["lon"] == planted["lon"])
        assert centre.sum() == 1
        weak = table["chance"] == table["chance"].min()
        assert (weak == (km_from(table, planted["lat"], planted["lon"]) <= 1000)).all()
    assert len({table.attrs["world"]["lat"] for table in tables}) == 3


def test_a_weak_region_reaches_over_the_date_line_and_the_pole() -> None:
    for lat, beyond in [(0.0, (0.0, 179.0)), (89.0, (89.0, 0.0))]:
        given = table_of((lat, -179.0), beyond, (0.0, 100.0), (-40.0, 0.0), (10.0, 20.0))
        table = world("weak-region", locations=given, lat=lat, lon=-179, radius_km=300, gap=0.1)
        assert (table["chance"] < 0.8).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("kind", KINDS)
def test_accuracy_falls_with_the_distance_from_cities(kind: str) -> None:
    table = world("remote", n=3000, locations=kind, seed=11)
    planted = table.attrs["world"]
    cities = planted["cities"]
    assert len(cities["lat"]) == len(cities["lon"]) == 50
    apart = [km_from(table, *city) for city in zip(cities["lat"], cities["lon"], strict=True)]
    km = np.min(apart, axis=0)
    assert km.mean() == pytest.approx(planted["mean_km"])
    strength = np.exp(-km / km.mean())
    np.testing.assert_allclose(table["chance"], 0.8 + 0.3 * (strength - strength.mean()))


def test_the_cities_of_a_remote_world_are_where_samples_crowd() -> None:
    table = world("remote", n=20_000, seed=12)
    cities = table.attrs["world"]["cities"]
    largest = table_of(*zip(cities["lat"], cities["lon"], strict=True)).head(10)
    apart = np.min([km_from(largest, *city) for city in CITIES], axis=0)
    assert apart.max() < 150


def test_samples_in_cities_alone_are_not_remote() -> None:
    places = table_of((10.3, 10.1), (-51.7, 77.7), (33.3, -99.9))
    table = world("remote", locations=pd.concat([places] * 3))
    assert (table["chance"] == 0.8).all()
    assert table.attrs["world"]["mean_km"] == 0.0


def test_stripes_are_bands_of_latitude_by_default() -> None:
    table = world("stripes", n=4000, seed=13)
    band = np.floor(np.radians(table["lat"]) * EARTH_RADIUS_KM / 500)
    assert ((table["chance"] > 0.8) == (band % 2 == 0)).all()
    assert table["chance"].nunique() == 2


def walk(lat: float, lon: float, bearing: float, km: np.ndarray) -> pd.DataFrame:
    """Places so far away on the great circle that leaves with this bearing."""
    here = unit_vectors(np.array([lat]), np.array([lon]))
    north, east = tangents(np.array([lat]), np.array([lon]))
    turned, along = np.radians(bearing), km[:, None] / EARTH_RADIUS_KM
    ahead = np.cos(turned) * north + np.sin(turned) * east
    return pd.DataFrame(
        np.column_stack(degrees(np.cos(along) * here + np.sin(along) * ahead)),
        columns=["lat", "lon"],
    )


@pytest.mark.parametrize("azimuth", [0.0, 30.0, 90.0, 135.0, -60.0])
def test_stripes_run_in_their_direction_with_their_width(azimuth: float) -> None:
    across_km, ahead_km = np.arange(50.0, 1000.0, 100.0), np.arange(50.0, 3000.0, 100.0)
    # Leaving two degrees to the left leads less than a stripe aside in 3,000 km.
    walks = [
        walk(40.0, -3.0, azimuth - 90.0, across_km),
        walk(40.0, -3.0, azimuth + 90.0, across_km),
        walk(40.0, -3.0, azimuth - 2.0, ahead_km),
        walk(40.0, -3.0, azimuth + 2.0, ahead_km),
    ]
    table = world(
        "stripes", locations=pd.concat(walks), lat=40.0, lon=-3.0, azimuth=azimuth, width_km=200.0,
        accuracy=0.5, gap=0.1,
    )  # fmt: skip
    strong = (table["chance"] > 0.5).to_numpy()
    left, right, ahead_left, ahead_right = np.split(strong, [10, 20, 20 + len(ahead_km)])
    assert left.tolist() == [True, True, False, False] * 2 + [True, True]
    assert (right == ~left).all()
    assert ahead_left.all()
    assert not ahead_right.any()


def test_the_south_is_weak_in_hemisphere() -> None:
    given = table_of((0.0, 5.0), (60.0, -170.0), (-1e-9, 5.0), (-80.0, 100.0))
    table = world("hemisphere", locations=given, gap=0.2)
    assert table["chance"].tolist() == pytest.approx([0.9, 0.9, 0.7, 0.7])


@pytest.mark.parametrize(("name", "size_km"), PATCHES.items())
def test_patches_vary_at_their_distance_alone(name: str, size_km: float) -> None:
    """The correlation of chances over many worlds follows that of the planted field."""
    # A pair of points at each distance, around many places; the curve holds for chords.
    steps = np.array([0.02, 0.1, 0.5, 1.0, 1.43, 2.0])
    draw = np.random.default_rng(14)
    lat, lon = np.degrees(np.arcsin(draw.uniform(-1, 1, 150))), draw.uniform(-180, 180, 150)
    north, east = tangents(lat, lon)
    bearing = draw.uniform(0, 2 * np.pi, (150, 1))
    angle = 2 * np.arcsin(steps * size_km / EARTH_RADIUS_KM / 2)[:, None, None]
    ahead = np.cos(bearing) * north + np.sin(bearing) * east
    there = np.cos(angle) * unit_vectors(lat, lon) + np.sin(angle) * ahead
    ends = degrees(there.reshape(-1, 3))
    given = pd.DataFrame({"lat": np.append(lat, ends[0]), "lon": np.append(lon, ends[1])})
    chances = np.stack(
        [
            world(name, locations=given, accuracy=0.5, gap=0.2, seed=seed)["chance"]
            for seed in range(40)
        ]
    )
    off = (chances - 0.5).reshape(40, len(steps) + 1, 150)
    found = (off[:, :1] * off[:, 1:]).mean(axis=(0, 2)) / (off**2).mean()
    # sin(x)/x through the normal distribution function of twice the field (arcsine law).
    field = np.sinc(steps)
    expected = np.arcsin(4 / 5 * field) / np.arcsin(4 / 5)
    # Little is independent on a globe of patches 5,000 km across, and the mean is taken out.
    np.testing.assert_allclose(found, expected, atol=0.15 if size_km > 1000 else 0.05)


@pytest.mark.parametrize("name", PATCHES)
def test_patches_have_no_seam_at_the_date_line_and_the_poles(name: str) -> None:
    lat = np.linspace(-80.0, 80.0, 9)
    west, east = np.full(9, -179.99999), np.full(9, 179.99999)
    turns = np.arange(-180.0, 180.0, 40.0)
    given = pd.DataFrame(
        {
            "lat": np.concatenate([lat, lat, np.full(9, 89.99999), np.full(9, -89.99999)]),
            "lon": np.concatenate([west, east, turns, turns]),
        }
    )
    chance = world(name, locations=given, accuracy=0.5, gap=0.5)["chance"].to_numpy()
    assert np.ptp(chance[:9]) > 0.2 or name == "patches-5000km"
    np.testing.assert_allclose(chance[:9], chance[9:18], atol=1e-3)
    assert np.ptp(chance[18:27]) < 1e-3
    assert np.ptp(chance[27:]) < 1e-3


def test_a_town_sees_nothing_of_patches_a_hundred_times_its_size() -> None:
    places = locations("uniform", 500, seed=15) * [0.0005, 0.0005] + [48.0, 11.0]
    chance = world("patches-5000km", locations=places)["chance"]
    assert chance.max() - chance.min() < 0.02


@pytest.mark.parametrize("agreement", [0.0, 0.3, 0.8, 1.0])
def test_errors_agree_within_sites_and_not_between_them(agreement: float) -> None:
    table = world("repeats", n=30_000, images=3, agreement=agreement, accuracy=0.7, seed=16)
    assert (table["chance"] == 0.7).all()
    correct = table["correct"].to_numpy().reshape(-1, 3).astype(float)
    within = np.corrcoef(correct, rowvar=False)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(within, agreement, atol=0.045)
    between = np.corrcoef(correct[:-1].ravel(), correct[1:].ravel())[0, 1]
    assert abs(between) < 0.03
    assert table["correct"].mean() == pytest.approx(0.7, abs=0.02)


def test_sites_are_repeated_one_after_the_other() -> None:
    table = world("repeats", n=25, images=10, seed=17)
    sites = locations("cities", 3, seed=17)
    assert table["lat"].tolist() == np.repeat(sites["lat"], 10).tolist()[:25]
    given = world("repeats", locations=sites, images=2)
    assert given["lon"].tolist() == np.repeat(sites["lon"], 2).tolist()


# What cannot be


HERE = table_of((10.0, 10.0), (10.0, 11.0))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: locations("citys", 10), "There are no locations 'citys'.* Did you mean cities?"),
        (lambda: locations("cities", 0), "n must be a whole number of 1 or more, not 0"),
        (lambda: locations("uniform", 5, seed=-1), "seed must be"),
        (lambda: locations(HERE.rename(columns={"lat": "y"})), "have no column lat: name"),
        (lambda: locations(HERE[[]]), "no column lat and no column lon"),
        (lambda: locations(HERE.head(0)), "have no rows"),
        (lambda: locations(HERE, 3), "n is 3, but 2 locations came with it"),
        (lambda: locations(HERE.assign(lat=[np.nan, 1])), "1 location without coordinates, in row"),
        (lambda: locations(HERE.assign(lat=[95, 1])), "1 latitude outside -90 to 90"),
        (lambda: locations(HERE.assign(lon="east")), "other than numbers"),
        (lambda: world("patches-500"), "There is no world 'patches-500'.*mean patches-500km?"),
        (lambda: world("zzz"), r"There is no world 'zzz': use unbiased, .*repeats\.$"),
        (lambda: world("unbiased", n=0), "n must be a whole number of 1 or more"),
        (lambda: world("repeats", n=0), "n must be a whole number of 1 or more"),
        (lambda: world("unbiased", n=2.5), "n must be a whole number"),
        (lambda: world("unbiased", seed=-1), "seed must be"),
        (lambda: world("unbiased", accuracy=0), "accuracy must be a number above 0 and below 1"),
        (lambda: world("unbiased", accuracy=1.0), "accuracy must be .*, not 1.0"),
        (lambda: world("unbiased", accuracy="high"), "accuracy must be .*, not 'high'"),
        (lambda: world("remote", gap=-0.1), "gap must be a number from 0 to 1, not -0.1"),
        (lambda: world("remote", gap=float("nan")), "gap must be"),
        (lambda: world("weak-region", radius_km=0), "radius_km must be a number above 0"),
        (lambda: world("weak-region", lat=3), "needs both lat and lon"),
        (lambda: world("weak-region", lat=91, lon=0), "lat must be a number from -90 to 90"),
        (lambda: world("weak-region", lat=0, lon=-40, radius_km=5), "Every sample lies outside"),
        (lambda: world("weak-region", locations=HERE), "Every sample lies inside the region"),
        (lambda: world("hemisphere", locations=HERE), "in the northern hemisphere"),
        (lambda: world("stripes", locations=HERE, width_km=2000), "in a strong stripe"),
        (lambda: world("stripes", radius_km=5), "stripes has no radius_km: choose lat, lon, az"),
        (lambda: world("unbiased", lat=5, lon=5), "unbiased has no lat and no lon: leave it out"),
        (lambda: world("repeats", images=0), "images must be a whole number of 1 or more"),
        (lambda: world("repeats", agreement=1.5), "agreement must be a number from 0 to 1"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(GeoBiasError, match=said):
        make()


@pytest.mark.parametrize("accuracy", [0.9, 0.05])
def test_a_gap_that_is_too_large_is_refused_with_the_largest_possible(accuracy: float) -> None:
    with pytest.raises(GeoBiasError, match="asks for chances from") as refused:
        world("hemisphere", accuracy=accuracy, gap=0.99)
    largest = float(re.search(r"at most ([0-9.]+)\.$", str(refused.value))[1])
    world("hemisphere", accuracy=accuracy, gap=largest)
    with pytest.raises(GeoBiasError, match="at most"):
        world("hemisphere", accuracy=accuracy, gap=largest + 0.001)


def test_the_largest_gap_reaches_certainty() -> None:
    table = world("hemisphere", locations=table_of((5.0, 0.0), (-5.0, 0.0)), accuracy=0.7, gap=0.6)
    assert table["chance"].tolist() == pytest.approx([1.0, 0.4])
    assert table["chance"].max() <= 1.0


# The command


class Run(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run the command in this process."""

    def command(*words: object) -> Run:
        monkeypatch.setattr(sys, "argv", ["geobias", "simulate", *map(str, words)])
        with pytest.raises(SystemExit) as leaving:
            main()
        captured = capsys.readouterr()
        return Run(int(leaving.value.code or 0), captured.out, captured.err)

    return command


@pytest.mark.parametrize("words", [(), ("--list",), ("stripes", "--list")])
def test_the_command_lists_the_worlds(run: Callable[..., Run], words: tuple[str, ...]) -> None:
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert [re.split("  +", line) for line in out.splitlines()] == [
        [name, says] for name, says in WORLDS.items()
    ]


def test_the_command_writes_what_python_makes(run: Callable[..., Run], tmp_path: Path) -> None:
    file = tmp_path / "world.parquet"
    words = ("--lat", 10, "--lon", 20, "--azimuth", 0, "--width", 300, "--accuracy", 0.6)
    code, out, err = run("stripes", "-o", file, "-n", 700, "--gap", 0.2, "--seed", 3, *words)
    table = world(
        "stripes", n=700, accuracy=0.6, gap=0.2, seed=3, lat=10, lon=20, azimuth=0, width_km=300
    )
    assert (code, err) == (0, "")
    share = f"{100 * table['correct'].mean():.1f} %"
    assert out == f"{file}: 700 samples, {share} correct; {WORLDS['stripes']}.\n"
    back = pd.read_parquet(file)
    pd.testing.assert_frame_equal(back, table)
    assert back.attrs == table.attrs


def test_the_other_options_arrive(run: Callable[..., Run], tmp_path: Path) -> None:
    file = tmp_path / "w.parquet"
    run("repeats", "-o", file, "-n", 60, "--images", 3, "--agreement", 1, "--locations", "uniform")
    made = world("repeats", n=60, images=3, agreement=1.0, locations="uniform")
    pd.testing.assert_frame_equal(pd.read_parquet(file), made)
    run("weak-region", "-o", file, "--radius", 2000)
    pd.testing.assert_frame_equal(pd.read_parquet(file), world("weak-region", radius_km=2000))


def test_a_world_is_written_under_its_own_name(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("unbiased", "-n", 50).out.startswith("unbiased.parquet: 50 samples, ")
    assert len(pd.read_parquet("unbiased.parquet")) == 50


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_locations_come_from_a_file(run: Callable[..., Run], tmp_path: Path, suffix: str) -> None:
    places = locations("uniform", 40, seed=18).assign(name="x")
    file, out = tmp_path / f"places.{suffix}", tmp_path / "world.parquet"
    places.to_csv(file, index=False) if suffix == "csv" else places.to_parquet(file)
    assert run("hemisphere", "-o", out, "--locations", file).code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(out), world("hemisphere", locations=places))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("strpes",), "Did you mean stripes?"),
        (("stripes", "-o", "no/such/folder/world.parquet"), "there is no folder"),
        (("stripes", "-o", "world.csv"), "name it FILE.parquet"),
        (("stripes", "--locations", "citys"), "Did you mean cities?"),
        (("stripes", "--locations", "nowhere.csv"), "There is no file nowhere.csv"),
        (("stripes", "--locations", "names.csv"), "no column lat and no column lon"),
        (("stripes", "--gap", "0.9"), "the gap can be at most"),
        (("stripes", "-n", "0"), "n must be a whole number"),
        (("stripes", "--azimuth", "north"), "--azimuth"),
        (("unbiased", "-o", "folder.parquet"), "Cannot write folder.parquet"),
    ],
)
def test_wrong_choices_are_one_line_on_standard_error(
    run: Callable[..., Run],
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.csv").write_text("name,place\na,b\n")
    Path("folder.parquet").mkdir()
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("geobias: ")
    assert err.count("\n") == 1
    assert said in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.parquet", "names.csv"]


# The bundled predictions


def test_the_bundled_predictions_are_what_the_example_makes() -> None:
    made = runpy.run_path(str(ROOT / "examples" / "make_predictions.py"))["predictions"]()
    bundled = pd.read_parquet(ROOT / "examples" / "predictions.parquet")
    pd.testing.assert_frame_equal(made, bundled, check_exact=True)
    assert list(bundled.columns) == ["lat", "lon", "even", "uneven"]
    assert bundled[["lat", "lon"]].round(4).equals(bundled[["lat", "lon"]])


def test_simulate_is_a_room_of_geobias() -> None:
    assert simulate.world is world
