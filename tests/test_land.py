"""Lattices without their points on water: against the oracle, and what is said of them."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import shapely

import geobias
import naive
import worlds
from commandline import refusal
from geobias.errors import GeoBiasError
from geobias.geometry.neighbourhood import Neighbourhood
from geobias.geometry.neighbours import index_of
from geobias.geometry.shores import EVERYWHERE, shores_of, which_on_land
from geobias.regions.world import shores, world
from geobias.samples import Samples
from geobias.scales import Scale
from geobias.sphere import unit_vectors

SCORES = [
    "unmarked", "crowding", "marked", "relative", "relative_z", "clustering", "clustering_z",
    "isolation", "isolation_z",
]  # fmt: skip

COASTS = {
    "Lisbon": (38.7, -9.2), "Sydney": (-33.9, 151.2), "Fiji": (-17.8, 178.6),
    "Chukotka": (66.0, -179.8), "Honolulu": (21.3, -157.9), "Antarctica": (-77.8, 166.7),
    "Novaya Zemlya": (74.0, 56.0),
}  # fmt: skip
INLAND = {"Kansas": (38.5, -98.0), "Chad": (15.0, 18.0), "South Pole": (-90.0, 0.0)}
OCEAN = {"Pacific": (-45.0, -130.0), "North Pole": (90.0, 0.0)}


@cache
def rings():
    """The rings of all land, in degrees, polygon by polygon, with their bounds."""
    parts = []
    for part in world().parts:
        around = [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(part)]
        parts.append((part.bounds, around))
    return parts


def on_land(lat, lon):
    """Whether a position is in any polygon, by the oracle's even-odd rule."""
    return any(
        sum(naive.inside_ring(lat, lon, ring) for ring in around) % 2 == 1
        for (west, south, east, north), around in rings()
        if west <= lon <= east and south <= lat <= north
    )


def is_land(there, unit):
    """Whether there is land in each of the directions."""
    found = np.empty(len(unit), np.bool_)
    which_on_land(there, *np.ascontiguousarray(unit.T), found)
    return found


def around(place, n=24, seed=0, spread=0.6):
    """Samples around a place, right or wrong."""
    draw = np.random.default_rng(seed)
    lat, lon = worlds._scattered(*place, spread, n, draw)
    return pd.DataFrame({"lat": lat, "lon": lon, "hit": draw.random(n) < 0.7})


def score(table, **choices):
    return geobias.score(table, **{"threads": 1, "background": "land", **choices})


def assert_agrees(table, scale, centres=3, k=4):
    samples = Samples.from_table(table)
    places, lat, lon = worlds.seats(worlds.World(samples.lat, samples.lon))
    rows = score(table, scales=scale, k=k).samples
    for at in worlds.some(samples.n, centres, seed=1):
        centre = int(places.seat_start[places.point_of_sample[at]])
        dealt = places.seated(samples.marks[0])
        expected = naive.score_centre(
            lat, lon, dealt, centre, **worlds.limits(scale), k=k, on_land=on_land
        )
        for name in SCORES:
            assert rows.loc[at, name] == pytest.approx(
                expected[name], rel=1e-9, abs=1e-9, nan_ok=True
            ), name


# --- What is land --------------------------------------------------------------------------------


def test_land_is_where_the_polygons_are():
    draw = np.random.default_rng(0)
    lat = np.degrees(np.arcsin(draw.uniform(-1, 1, 20_000)))
    lon = draw.uniform(-180, 180, 20_000)
    coasts = np.array(list(COASTS.values()))
    near = coasts[draw.integers(0, len(coasts), 20_000)] + draw.normal(0, 0.5, (20_000, 2))
    lat = np.append(lat, near[:, 0])
    lon = np.append(lon, (near[:, 1] + 180.0) % 360.0 - 180.0)
    there = shores()
    found = is_land(there, unit_vectors(lat, lon))
    expected = world().locate(lat, lon, tolerance_km=0.0) >= 0
    assert (found == expected).all()
    assert 0.2 < expected[:20_000].mean() < 0.4


def test_land_is_that_of_the_oracle():
    draw = np.random.default_rng(1)
    for place in {**COASTS, **INLAND, **OCEAN}.values():
        lat, lon = worlds._scattered(*place, 1.0, 40, draw)
        expected = [on_land(*at) for at in zip(lat, lon, strict=True)]
        assert is_land(shores(), unit_vectors(lat, lon)).tolist() == expected


def test_the_pole_is_land_and_the_other_is_not():
    poles = unit_vectors(np.array([-90.0, 90.0]), np.zeros(2))
    assert is_land(shores(), poles).tolist() == [True, False]


def test_both_sides_of_the_date_line_are_one():
    lat = np.array([68.0, 68.0, -85.0, -85.0, 0.0, 0.0])
    lon = np.array([180.0, -180.0, 180.0, -180.0, 180.0, -180.0])
    found = is_land(shores(), unit_vectors(lat, lon))
    assert found.tolist() == [True, True, True, True, False, False]


def test_lakes_are_as_the_polygons_have_them():
    land = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    there = shores_of(np.array([land, shapely.box(10, 0, 12, 10)]))
    inside = unit_vectors(np.array([5.0, 5.0, 5.0, 5.0]), np.array([5.0, 3.0, 10.0, 13.0]))
    assert is_land(there, inside).tolist() == [False, True, True, False]
    assert is_land(EVERYWHERE, inside).all()


# --- Scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["60km", "150km", "knn:9", "12@200km"])
@pytest.mark.parametrize("place", COASTS)
def test_coasts_are_those_of_the_oracle(place, scale):
    assert_agrees(around(COASTS[place]), scale)


@pytest.mark.parametrize("k", [1, 2, 7])
@pytest.mark.parametrize("place", ["Fiji", "Honolulu", "Lisbon"])
def test_any_number_of_links_is_that_of_the_oracle(place, k):
    assert_agrees(around(COASTS[place], seed=3), "150km", k=k)


@pytest.mark.parametrize("scale", ["300km", "2000km"])
def test_a_few_islands_in_an_ocean_are_those_of_the_oracle(scale):
    assert_agrees(around(COASTS["Honolulu"], n=9, spread=2.0), scale)
    assert_agrees(around((-15.0, -140.0), n=16, spread=6.0), scale)


def test_several_samples_at_one_place_are_those_of_the_oracle():
    table = around(COASTS["Sydney"], n=10)
    assert_agrees(pd.concat([table, table, table], ignore_index=True), "100km")


@pytest.mark.parametrize("place", INLAND)
def test_inland_nothing_changes_in_any_bit(place):
    table = around(INLAND[place], n=60)
    land = score(table, scales=["100km", "knn:20"])
    pd.testing.assert_frame_equal(
        land.samples, score(table, scales=["100km", "knn:20"], background="everywhere").samples
    )
    assert not any("reach over water" in note for note in land.notes)


@pytest.mark.parametrize("place", OCEAN)
def test_without_land_only_clustering_is_left(place):
    table = around(OCEAN[place], n=40)
    audit = score(table, scales="100km")
    everywhere = score(table, scales="100km", background="everywhere")
    for name in ("unmarked", "marked", "relative", "isolation", "crowding"):
        assert audit.samples[name].isna().all()
        assert everywhere.samples[name].notna().any()
    pd.testing.assert_series_equal(audit.samples["clustering"], everywhere.samples["clustering"])
    assert any(
        "no lattice point around 40 centres is on land: unmarked, marked, relative and isolation "
        "are undefined there" in note
        for note in audit.notes
    )


def test_clustering_is_the_same_on_any_background():
    table = around(COASTS["Lisbon"], n=80)
    one, other = (score(table, scales="100km", background=each) for each in ("land", "everywhere"))
    pd.testing.assert_series_equal(one.samples["clustering_z"], other.samples["clustering_z"])
    assert (one.samples["isolation_z"] != other.samples["isolation_z"]).any()
    assert any("reach over water" in note for note in one.notes)
    assert one.provenance["settings"]["background"] == "land"


def test_rows_and_threads_change_nothing():
    parts = [around(place, n=40, seed=at) for at, place in enumerate(COASTS.values())]
    table = pd.concat(parts, ignore_index=True)
    order = np.random.default_rng(0).permutation(len(table))
    one = score(table, scales="150km").samples
    other = score(table.iloc[order], scales="150km", threads=3).samples
    back = np.argsort(order)
    for name in SCORES:
        np.testing.assert_array_equal(one[name], other[name].to_numpy()[back])


def test_permutations_and_single_centres_go_with_land():
    table = around(COASTS["Sydney"], n=80)
    audit = score(table, scales="100km", permutations=19, fdr=0.05)
    assert audit.summary[["isolation_p", "relative_p"]].notna().all(axis=None)
    assert audit.samples["isolation_p"].notna().any()
    means = audit.summary["isolation"].iloc[0], audit.samples["isolation"].mean()
    assert means[0] == pytest.approx(means[1])


def test_a_picture_shows_the_lattice_that_is_left():
    table = around(COASTS["Lisbon"], n=30)
    counts = []
    for background in ("land", "everywhere"):
        figure = score(table, scales="100km", background=background).plot.neighbourhood(0)
        lattice = next(line for line in figure.axes[0].lines if line.get_gid() == "lattice")
        counts.append(len(lattice.get_xdata()))
    assert 0 < counts[0] < counts[1]


@pytest.mark.parametrize("place", OCEAN)
def test_a_picture_may_have_no_lattice_at_all(place):
    figure = score(around(OCEAN[place], n=30), scales="100km").plot.neighbourhood(0)
    lattice = next(line for line in figure.axes[0].lines if line.get_gid() == "lattice")
    assert len(lattice.get_xdata()) == 0


# --- Choices -------------------------------------------------------------------------------------


@pytest.mark.parametrize("background", ["sea", "LAND", None, True, 1])
def test_other_backgrounds_are_refused(background):
    with pytest.raises(GeoBiasError, match="background must be one of everywhere, land, not"):
        score(around(COASTS["Lisbon"]), background=background)


def test_the_command_takes_a_background(run, tmp_path):
    around(COASTS["Lisbon"], n=40).to_parquet(tmp_path / "preds.parquet")
    code, out, _ = run(
        "score", tmp_path / "preds.parquet", "--scale", "100km", "--background", "land"
    )
    assert code == 0
    assert "Lattice points on water were left out" in out.replace("\n", " ")
    said = refusal(run, "score", tmp_path / "preds.parquet", "--background", "sea")
    assert "background must be one of everywhere, land" in said


# --- Graphs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 4, 8])
@pytest.mark.parametrize(
    ("place", "spread", "scale"),
    [
        (COASTS["Lisbon"], 0.6, "100km"),
        (COASTS["Fiji"], 0.6, "knn:15"),
        (COASTS["Antarctica"], 0.6, "150km"),
        (COASTS["Honolulu"], 2.0, "300km"),  # single points left, far from one another
        ((-15.0, -140.0), 6.0, "2000km"),
        (OCEAN["Pacific"], 0.6, "100km"),
    ],
)
def test_every_edge_is_that_of_the_oracle(place, spread, scale, k):
    table = around(place, n=24, seed=5, spread=spread)
    places, lat, lon = worlds.seats(worlds.World(table["lat"].to_numpy(), table["lon"].to_numpy()))
    for point in range(0, places.points, 5):
        found = Neighbourhood.of(
            places, index_of("bands", places, 1), Scale.parse(scale), point, k, shores()
        )
        members = found.seats
        ground = zip(
            *naive.lattice(places.lat[point], places.lon[point], members.size, found.radius_rad),
            strict=True,
        )
        left = np.array([at for at in ground if on_land(*at)]).reshape(-1, 2)
        n, m = members.size, len(left)
        w = naive.graph(np.append(lat[members], left[:, 0]), np.append(lon[members], left[:, 1]), k)
        assert found.lattice_km[0].size == m
        for edges, rows, columns in zip(
            found.edges, (w[:n, :n], w[:n, n:], w[n:, :n]), ((n, n), (n, m), (m, n)), strict=True
        ):
            dense = np.zeros(columns)
            np.add.at(dense, (edges[:, 0], edges[:, 1]), 1.0)
            assert np.array_equal(dense, rows)
