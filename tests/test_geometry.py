"""Neighbours, lattice and graph, compared with brute force."""

import math

import numpy as np
import pytest

import naive
import worlds
from geobias.geometry import neighbours as neighbours_module
from geobias.geometry.lattice import POINTS_PER_SAMPLE, lattice_of, most_rings, ring_table
from geobias.geometry.nearest import LIST_FACTOR, nearest_points
from geobias.geometry.neighbours import (
    BallTreeIndex,
    BandIndex,
    chunks,
    neighbourhoods,
    reach_of,
)
from geobias.geometry.places import Places
from geobias.marking import Marking
from geobias.scales import EARTH_RADIUS_KM, Scale
from geobias.sphere import angle
from geobias.ssi.engine import Engine
from geobias.ssi.sums import GRAPH_SUMS
from worlds import KINDS, World

SCALES = (
    "5km", "100km", "1deg", "1500km", "90deg", "knn:2", "knn:20", "knn:60", "7@1deg",
    "15@1500km", "60@90deg",
)  # fmt: skip
LINKS = (1, 2, 3, 4, 5, 6, 8, 12, 16)


def members_of(places, scale, index="bands", centres=None):
    """Members, radius and whether the cap cut any off, for each centre."""
    index = BandIndex(places, 1) if index == "bands" else BallTreeIndex(places)
    centres = np.arange(places.points) if centres is None else centres
    reach = reach_of(index, Scale.parse(scale), centres)
    found = neighbourhoods(index, places, reach, slice(None))
    return np.split(found.members, found.start[1:-1]), found.radius, reach.capped


def graph_sums(places, scale, k, centres):
    """What the engine reduces the graphs around some centres to."""
    marks = np.ones((1, places.seats))
    engine = Engine(
        places, Marking.of(places, marks, (-1.0, 1.0)),
        k=k, preset="geobias", coding="pm", index="bands", threads=1,
    )  # fmt: skip
    reach = reach_of(engine._index, Scale.parse(scale), centres)
    return engine._sums(reach, lambda done, total: None)[0]


def dense_sums(lat, lon, centre, scale, k):
    """The same sums from the dense matrices of the oracle."""
    members, radius, _ = naive.neighbourhood(lat, lon, centre, **worlds.limits(scale))
    n = len(members)
    if radius <= naive.COINCIDENT:
        return dict.fromkeys(GRAPH_SUMS.names, 0.0) | {"samples": n}
    ground_lat, ground_lon = naive.lattice(lat[centre], lon[centre], n, radius)
    lat, lon = lat[members], lon[members]
    w = naive.graph(np.append(lat, ground_lat), np.append(lon, ground_lon), k)
    within, alone = w[:n, :n], naive.graph(lat, lon, k)
    degree, lone_degree = (a.sum(axis=0) + a.sum(axis=1) for a in (within, alone))
    b = naive.background_edges(w, n)
    return {
        "samples": n,
        "background": len(ground_lat),
        "inside": w[n:, n:].sum(),
        "edges": within.sum(),
        "mutual": (within * within.T).sum(),
        "degree2": (degree**2).sum(),
        "border": b.sum(),
        "border2": (b**2).sum(),
        "degree_border": (degree * b).sum(),
        "alone_edges": alone.sum(),
        "alone_mutual": (alone * alone.T).sum(),
        "alone_degree2": (lone_degree**2).sum(),
        "dropped": 0.0,
    }


def assert_sums_agree(places, lat, lon, scale, k, centres):
    for point, sums in zip(centres, graph_sums(places, scale, k, centres), strict=True):
        expected = dense_sums(lat, lon, int(places.seat_start[point]), scale, k)
        assert {name: float(sums[name]) for name in GRAPH_SUMS.names} == expected


# --- Places --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_has_one_seat_at_its_location(kind):
    world = KINDS[kind](60, 1)
    places, lat, lon = worlds.seats(world)
    assert sorted(places.sample_at) == list(range(60))
    assert np.array_equal(lat, world.lat[places.sample_at])
    assert np.array_equal(lon, world.lon[places.sample_at])
    assert np.array_equal(places.lat[places.point_of_sample], world.lat)


def test_seats_hold_the_marks_of_their_location():
    world = worlds.duplicated(60, 1)
    marks = worlds.binned(60, 2, (-2.0, 1.0, 3.0))
    places = Places.of(*world)
    dealt = places.seated(marks)
    for point in range(places.points):
        here = slice(places.seat_start[point], places.seat_start[point + 1])
        assert sorted(dealt[here]) == sorted(marks[places.point_of_sample == point])


def test_seats_do_not_sort_the_marks_of_a_location():
    lat = np.repeat(np.random.default_rng(0).uniform(-80, 80, 200), 20)
    places = Places.of(lat, np.zeros(lat.size))
    dealt = places.seated(np.tile(np.repeat([-1.0, 1.0], 10), 200)).reshape(200, 20)
    changes = (dealt[:, 1:] != dealt[:, :-1]).mean()
    assert changes == pytest.approx(10 / 19, abs=0.03)  # as in a shuffled row; sorted: 1 / 19


def test_either_zero_is_one_latitude_and_one_longitude():
    marks = worlds.binned(30, 3, (-1.0, 1.0, 2.0))
    plain = Places.of(np.zeros(30), np.zeros(30)).seated(marks)
    for lat, lon in ((-0.0, 0.0), (0.0, -0.0), (-0.0, -0.0)):
        assert (
            Places.of(np.full(30, lat), np.full(30, lon)).seated(marks).tolist() == plain.tolist()
        )


# --- Neighbours ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_members_are_those_of_brute_force(kind, scale):
    places, lat, lon = worlds.seats(KINDS[kind](80, 3))
    members, radius, capped = members_of(places, scale)
    for point in range(places.points):
        seat = int(places.seat_start[point])
        expected = naive.neighbourhood(lat, lon, seat, **worlds.limits(scale))
        assert members[point].tolist() == expected[0].tolist()
        assert radius[point] == pytest.approx(expected[1], rel=1e-9, abs=1e-14)
        assert capped[point] == expected[2]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_both_indexes_find_the_same_members(kind, scale):
    places = Places.of(*KINDS[kind](300, 4))
    bands, balltree = (members_of(places, scale, index) for index in ("bands", "balltree"))
    assert [m.tolist() for m in bands[0]] == [m.tolist() for m in balltree[0]]
    np.testing.assert_allclose(bands[1], balltree[1], rtol=1e-9, atol=1e-14)
    assert bands[2].tolist() == balltree[2].tolist()


@pytest.mark.parametrize("index", ["bands", "balltree"])
@pytest.mark.parametrize("kind", KINDS)
def test_counts_foretell_members(kind, index):
    places = Places.of(*KINDS[kind](80, 5))
    index = BandIndex(places, 1) if index == "bands" else BallTreeIndex(places)
    reach = reach_of(index, Scale.parse("1deg"), np.arange(places.points))
    start = neighbourhoods(index, places, reach, slice(None)).start
    assert index.count(reach.centres, reach.search).tolist() == np.diff(start).tolist()


@pytest.mark.parametrize("index", ["bands", "balltree"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", ["knn:2", "knn:20", "7@1deg", "60@90deg", "knn:80", "knn:99"])
def test_what_is_known_to_be_full_is_as_if_counted(scale, kind, index):
    places = Places.of(*KINDS[kind](80, 5))
    index = BandIndex(places, 1) if index == "bands" else BallTreeIndex(places)
    reach = reach_of(index, Scale.parse(scale), np.arange(places.points))
    counted = index.count(reach.centres, reach.search)
    assert reach.count(index).tolist() == counted.tolist()
    assert (counted[reach.full] == reach.cap).all()


@pytest.mark.parametrize("index", ["bands", "balltree"])
def test_half_the_globe_holds_samples_on_its_rim(index):
    places = Places.of(
        np.array([0.0, 0.0, 0.0, 90.0, -90.0, 45.0, 45.0, -45.0]),
        np.array([-180.0, 0.0, 90.0, 0.0, 0.0, 20.0, -160.0, 110.0]),
    )
    members, _, _ = members_of(places, "90deg", index)
    for point, seats in enumerate(members):
        lat, lon = np.radians(places.lat), np.radians(places.lon)
        apart = np.degrees(naive.haversine(lat[point], lon[point], lat, lon))
        assert seats.tolist() == np.flatnonzero(apart < 90.001).tolist()


@pytest.mark.parametrize("index", ["bands", "balltree"])
@pytest.mark.parametrize("scale", ["knn:4", "4@1deg", "4@2deg"])
def test_a_tie_at_the_cap_goes_to_the_lower_seats(scale, index):
    lat, lon = np.array([0.0, -1.0, 1.0, 0.0, 0.0]), np.array([20.0, 20.0, 20.0, 19.0, 21.0])
    places = Places.of(lat, lon)
    assert places.sample_at.tolist() == [1, 3, 0, 4, 2]  # south, west, centre, east, north
    members, radius, capped = members_of(places, scale, index, np.array([2]))
    assert members[0].tolist() == [0, 1, 2, 3]
    assert math.degrees(radius[0]) == pytest.approx(2.0 if scale == "4@2deg" else 1.0)
    assert capped.tolist() == [scale != "knn:4"]


@pytest.mark.parametrize("index", ["bands", "balltree"])
def test_a_cap_that_nobody_reaches_changes_nothing(index):
    places = Places.of(*worlds.clustered(60, 6))
    capped, free = (members_of(places, scale, index) for scale in ("60@200km", "200km"))
    assert [m.tolist() for m in capped[0]] == [m.tolist() for m in free[0]]
    assert not capped[2].any()


@pytest.mark.parametrize("index", ["bands", "balltree"])
def test_a_cap_above_the_number_of_samples_changes_nothing(index):
    places = Places.of(*worlds.clustered(60, 6))
    capped, free = (members_of(places, scale, index) for scale in ("100@200km", "200km"))
    assert [m.tolist() for m in capped[0]] == [m.tolist() for m in free[0]]
    assert not capped[2].any()


@pytest.mark.parametrize("index", ["bands", "balltree"])
def test_a_cap_may_leave_out_samples_at_the_centre_itself(index):
    places = Places.of(np.array([5.0] * 6 + [6.0]), np.array([7.0] * 7))
    members, radius, _ = members_of(places, "knn:4", index)
    assert members[0].tolist() == [0, 1, 2, 3]
    assert radius[0] == 0.0
    assert members[1].tolist() == [0, 1, 2, 6]


@pytest.mark.parametrize("index", ["bands", "balltree"])
@pytest.mark.parametrize("budget", [1, 50, 10**6])
def test_chunks_do_not_change_members(budget, index, monkeypatch):
    places = Places.of(*worlds.duplicated(80, 7))
    whole = members_of(places, "12@300km", index)[0]
    monkeypatch.setattr(neighbours_module, "PAIRS_PER_CHUNK", budget)
    index = BandIndex(places, 1) if index == "bands" else BallTreeIndex(places)
    reach = reach_of(index, Scale.parse("12@300km"), np.arange(places.points))
    parts = []
    for chunk in chunks(index.count(reach.centres, reach.search)):
        found = neighbourhoods(index, places, reach, chunk)
        parts += np.split(found.members, found.start[1:-1])
    assert [m.tolist() for m in parts] == [m.tolist() for m in whole]


@pytest.mark.parametrize("budget", [1, 7, 1000])
def test_chunks_cover_every_centre_once_and_keep_to_their_budget(budget, monkeypatch):
    monkeypatch.setattr(neighbours_module, "PAIRS_PER_CHUNK", budget)
    counts = np.random.default_rng(0).integers(1, 20, 200)
    found = list(chunks(counts))
    assert [i for chunk in found for i in range(chunk.start, chunk.stop)] == list(range(200))
    for chunk in found:
        assert chunk.stop - chunk.start == 1 or counts[chunk].sum() <= budget


@pytest.mark.parametrize("kind", KINDS)
def test_distances_by_rank_are_those_of_brute_force_whatever_the_order_of_centres(kind):
    places = Places.of(*KINDS[kind](90, 12))
    seats = places.unit[places.point_of_seat]
    everyone = np.arange(places.points)
    for centres in (everyone, np.random.default_rng(1).permutation(everyone), everyone[-1:]):
        steps = seats[None] - places.unit[centres, None]
        apart2 = np.sort(steps[..., 0] ** 2 + steps[..., 1] ** 2 + steps[..., 2] ** 2, axis=1)
        for ranks in ([1, 2], [7, 8], [40, 60], [89, 90], [90, 91], [100, 101]):
            expected = np.full((centres.size, 2), np.inf)
            for column, rank in enumerate(ranks):
                if rank <= places.seats:
                    expected[:, column] = angle(np.sqrt(apart2[:, rank - 1]))
            assert (BandIndex(places, 2).distance_to(centres, ranks) == expected).all()


@pytest.mark.parametrize("kind", KINDS)
def test_nearest_points_are_exact_as_far_as_the_lists_go(kind):
    places = Places.of(*KINDS[kind](90, 8))
    near = nearest_points(places, 4, 1)
    lat, lon = np.radians(places.lat), np.radians(places.lon)
    for point in range(places.points):
        length = int(near.length[point])
        apart = naive.haversine(lat[point], lon[point], lat, lon)
        expected = naive.nearest(apart, length, forbidden_index=point)
        assert near.points[point, :length].tolist() == expected.tolist()


@pytest.mark.parametrize("k", [1, 4, 16])
def test_nearest_points_without_ties_are_as_many_as_promised(k):
    places = Places.of(*worlds.uniform(90, 9))
    assert (nearest_points(places, k, 1).length >= LIST_FACTOR * k).all()


@pytest.mark.parametrize("k", [1, 4, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_seats_are_listed_nearest_first_or_left_open(kind, k):
    places, lat, lon = worlds.seats(KINDS[kind](90, 8))
    seats = nearest_points(places, k, 1).seats
    lat, lon = np.radians(lat), np.radians(lon)
    known = seats[:, 0] >= 0
    assert known.any()
    assert (seats[~known] == -1).all()
    for seat in np.flatnonzero(known):
        apart = naive.haversine(lat[seat], lon[seat], lat, lon)
        assert seats[seat].tolist() == naive.nearest(apart, k, forbidden_index=seat).tolist()


@pytest.mark.parametrize("points", [1, 2, 3])
def test_nearest_points_of_almost_nobody(points):
    places = Places.of(10.0 + np.arange(points), np.zeros(points))
    assert nearest_points(places, 4, 1).length.tolist() == [points - 1] * points


# --- Lattice -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "lon"), [(0.0, 0.0), (48.1, 11.6), (-33.0, -180.0), (90.0, 0.0), (-90.0, 0.0)]
)
@pytest.mark.parametrize("n", [1, 2, 7, 40, 200])
@pytest.mark.parametrize("radius", [1e-6, 100 / EARTH_RADIUS_KM, 0.5, math.pi / 2, 3.1])
def test_the_lattice_lies_where_the_definition_puts_it(lat, lon, n, radius):
    rings = ring_table(most_rings(n, radius), 4)
    lattice = lattice_of(n, radius, 4, rings.size)
    across = lattice.across[rings.ring[: lattice.points]]
    south, east = across * rings.cos[: lattice.points], across * rings.sin[: lattice.points]
    down = lattice.down[rings.ring[: lattice.points]]
    phi, lam = math.radians(lat), math.radians(lon)
    xyz = (
        np.outer(1.0 - down, [math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), 0])
        + np.outer(south, [math.sin(phi) * math.cos(lam), math.sin(phi) * math.sin(lam), 0])
        + np.outer(east, [-math.sin(lam), math.cos(lam), 0])
    )
    xyz[:, 2] = (1.0 - down) * math.sin(phi) - south * math.cos(phi)
    phi, lam = np.radians(naive.lattice(lat, lon, n, radius))
    expected = np.column_stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)))
    np.testing.assert_allclose(xyz, expected, rtol=0, atol=3e-15)


def test_a_lattice_fits_the_table_of_its_rings():
    for radius in (1e-7, 1e-3, 0.1, 1.0, 3.0):
        for n in (*range(1, 40), 1000, 10**6):
            table = ring_table(most_rings(n, radius), 4)
            lattice = lattice_of(n, radius, 4, table.size)
            assert lattice.points == table.size[: lattice.rings + 1].sum() <= table.ring.size


def test_a_lattice_has_about_five_points_per_sample_and_reaches_over_the_rim():
    rings = ring_table(most_rings(500, 0.02), 4)
    lattice = lattice_of(500, 0.02, 4, rings.size)
    assert 0.02 <= lattice.rings * lattice.spacing < 0.02 + lattice.spacing
    assert lattice.points == pytest.approx(POINTS_PER_SAMPLE * 500, rel=0.1)


@pytest.mark.parametrize("k", LINKS)
@pytest.mark.parametrize("radius", [1e-4, 0.3, math.pi / 2, 3.1])
def test_every_lattice_point_finds_its_neighbours_in_reach(k, radius):
    for n in (1, 2, 3, 5, 9, 20, 60):
        lattice = lattice_of(n, radius, k, ring_table(most_rings(n, radius), 4).size)
        phi, lam = np.radians(naive.lattice(20.0, 30.0, n, radius))
        for point in range(lattice.points):
            apart = np.sort(naive.haversine(phi[point], lam[point], phi, lam))
            assert (2 * np.sin(apart[k] / 2)) ** 2 <= lattice.reach2


# --- Graph ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", LINKS)
@pytest.mark.parametrize("kind", KINDS)
def test_graphs_are_those_of_brute_force(kind, k):
    places, lat, lon = worlds.seats(KINDS[kind](60, 10 + k))
    for step, scale in enumerate(("60km", "knn:9", "20@300km", "3000km")):
        centres = worlds.some(places.points, 4, seed=20 * k + step)
        assert_sums_agree(places, lat, lon, scale, k, centres)


@pytest.mark.parametrize("k", LINKS)
@pytest.mark.parametrize("scale", ["90deg", "10000km", "knn:30"])
def test_graphs_around_the_globe_are_those_of_brute_force(scale, k):
    places, lat, lon = worlds.seats(worlds.uniform(30, 11))
    assert_sums_agree(places, lat, lon, scale, k, worlds.some(places.points, 2, seed=k))


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_a_lattice_that_laps_over_the_far_side_of_the_globe_is_that_of_brute_force(k):
    """Rings beyond 180 degrees come back on the other side, among points of earlier rings."""
    lat, lon = worlds.uniform(90, 17)
    draw = np.random.default_rng(18)
    lat[:60], lon[:60] = draw.uniform(-25, 25, 60), draw.uniform(-25, 25, 60)
    lat[-2:], lon[-2:] = [0.0, 0.66], [-180.0, 0.0]
    places, lat, lon = worlds.seats(World(lat, lon))
    centre = np.flatnonzero(places.lon == -180.0)
    (_,), (radius,), _ = members_of(places, "knn:90", centres=centre)
    lattice = lattice_of(90, radius, k, ring_table(most_rings(90, radius), 4).size)
    assert lattice.rings * lattice.spacing > math.pi + 0.8 * lattice.spacing
    assert_sums_agree(places, lat, lon, "knn:90", k, centre)


@pytest.mark.parametrize("k", LINKS)
def test_graphs_of_very_few_samples_are_those_of_brute_force(k):
    places, lat, lon = worlds.seats(worlds.tight(5, 12))
    for scale in ("knn:2", "knn:3", "knn:5", "0.5km", "2@0.5km"):
        assert_sums_agree(places, lat, lon, scale, k, np.arange(places.points))


@pytest.mark.parametrize("k", [1, 4, 9])
def test_a_graph_of_a_hundred_and_more_samples_is_that_of_brute_force(k):
    places, lat, lon = worlds.seats(worlds.clustered(160, 13))
    assert_sums_agree(places, lat, lon, "knn:130", k, worlds.some(places.points, 1, seed=k))


def ringed(k: int) -> World:
    """A sample just inside 100 km whose ``4 k + 2`` nearest lie just outside, and a few others."""
    inside, outside = 99 / EARTH_RADIUS_KM, 101 / EARTH_RADIUS_KM
    lat = np.degrees(np.linspace(-0.1, 0.1, 4 * k + 2) / EARTH_RADIUS_KM)
    lon = np.full(lat.size, np.degrees(outside)) + 10.0
    west = 10.0 - np.degrees(np.linspace(10, 90, k + 3) / EARTH_RADIUS_KM)
    return World(
        np.concatenate(([0.0, 0.0], lat, 0.05 + 0.01 * np.arange(west.size))),
        np.concatenate(([10.0, 10.0 + np.degrees(inside)], lon, west)),
    )


@pytest.mark.parametrize("scale", ["100km", "8@100km"])
@pytest.mark.parametrize("k", [1, 4, 5])
def test_a_sample_whose_nearest_are_all_outside_still_finds_its_neighbours(k, scale):
    world = ringed(k)
    places, lat, lon = worlds.seats(world)
    centre, rim = places.point_of_sample[:2]
    (members,), _, _ = members_of(places, "100km", centres=np.array([centre]))
    assert places.seat_start[rim] in members
    near = nearest_points(places, k, 1)
    listed = near.points[rim, : near.length[rim]]
    assert listed.size >= LIST_FACTOR * k
    assert not np.isin(places.seat_start[listed], members).any()
    assert members.size > k + 1
    assert_sums_agree(places, lat, lon, scale, k, np.array([centre]))


def test_a_sample_whose_nearest_are_cut_off_by_the_cap_still_finds_its_neighbours():
    lat = np.concatenate(([0.0], np.linspace(-0.3, -0.2, 6), [1.0], np.full(40, 1.0)))
    lon = np.concatenate(([10.0], np.full(6, 10.0), [10.0], 10.0 + np.linspace(0.01, 0.1, 40)))
    places, lat, lon = worlds.seats(World(lat, lon))
    centre, far = places.point_of_sample[[0, 7]]
    (members,), _, (capped,) = members_of(places, "8@2deg", centres=np.array([centre]))
    assert capped
    near = nearest_points(places, 4, 1)
    listed = near.points[far, : near.length[far]]
    assert not np.isin(places.seat_start[listed], members).any()
    assert places.seat_start[far] in members
    assert_sums_agree(places, lat, lon, "8@2deg", 4, np.array([centre]))


def test_samples_whose_lists_are_all_ties_still_find_their_neighbours():
    turn = np.arange(60) * 6.0 - 180.0
    places, lat, lon = worlds.seats(World(np.append(np.full(60, 80.0), 90.0), np.append(turn, 0)))
    assert nearest_points(places, 4, 1).length[-1] == 0
    pole = np.array([places.points - 1])
    for scale in ("knn:20", "12deg"):
        assert_sums_agree(places, lat, lon, scale, 4, pole)


def test_coincident_samples_have_no_graph():
    places = Places.of(np.array([5.0] * 9 + [6.0, 7.0]), np.full(11, 7.0))
    sums = graph_sums(places, "knn:9", 4, np.array([0]))
    assert {name: float(sums[0][name]) for name in GRAPH_SUMS.names if sums[0][name]} == {
        "samples": 9
    }


def test_neighbourhoods_do_not_disturb_each_other():
    """Work space is used again and again: alone or in company, a graph is the same."""
    places = Places.of(*worlds.duplicated(80, 14))
    centres = np.arange(places.points)
    together = graph_sums(places, "15@400km", 4, centres)
    alone = [graph_sums(places, "15@400km", 4, centres[[point]])[0] for point in centres]
    assert [record.tolist() for record in together] == [record.tolist() for record in alone]
