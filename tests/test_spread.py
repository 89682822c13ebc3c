"""Partitions: whatever is cut how, what comes out is the same in every bit."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
import worlds
from geobias.crews import Threads
from geobias.geometry.curve import BITS, along_curve, curve_keys, keys_of_cells, pieces_of
from geobias.geometry.places import Places
from geobias.spread.halos import angles_holding, points_around
from partitioned import (
    assert_equal_in_pieces,
    assert_equal_sums,
    case_of,
    cut_at_random,
    ignore,
    runs,
)

cells = st.integers(0, 2**BITS - 1)


def all_cells(bits):
    side = np.arange(2**bits)
    return np.stack(np.meshgrid(side, side, side), axis=-1).reshape(-1, 3)


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_the_curve_visits_every_cell_once_and_steps_to_a_neighbour(bits):
    visited = all_cells(bits)
    keys = keys_of_cells(visited, bits)
    assert sorted(keys) == list(range(8**bits))
    steps = np.abs(np.diff(visited[np.argsort(keys)], axis=0))
    assert (steps.sum(axis=1) == 1).all()


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_the_curve_leaves_a_cube_when_it_has_seen_all_of_it(bits):
    visited = all_cells(bits)
    cube = keys_of_cells(visited, bits) >> np.uint64(3)
    for inside in range(8 ** (bits - 1)):
        assert len(np.unique(visited[cube == inside] >> 1, axis=0)) == 1


@given(st.tuples(cells, cells, cells))
def test_the_way_back_leads_to_the_cell(cell):
    (key,) = keys_of_cells(np.array([cell]), BITS)
    assert naive.hilbert_cell(int(key), BITS) == list(cell)


def test_the_ends_of_the_axes_are_inside():
    keys = curve_keys(np.vstack((np.eye(3), -np.eye(3))))
    assert len(set(keys.tolist())) == 6
    assert (keys < 8**BITS).all()


@pytest.mark.parametrize("world", worlds.KINDS)
def test_the_order_is_of_the_locations_and_ties_stay(world):
    unit = Places.of(*worlds.KINDS[world](300, 1)).unit
    order = along_curve(unit)
    keys = curve_keys(unit)[order]
    assert (np.diff(keys.astype(np.int64)) >= 0).all()
    tied = np.diff(keys) == 0
    assert (np.diff(order)[tied] > 0).all()
    few = worlds.some(len(unit), 100, 2)
    rank = np.argsort(order)
    assert np.array_equal(np.argsort(along_curve(unit[few])), np.argsort(np.argsort(rank[few])))


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 9))
def test_pieces_share_out_the_points(wanted, most, seed):
    unit = Places.of(*worlds.clustered(80, seed)).unit
    points = worlds.some(len(unit), wanted, seed)
    pieces = pieces_of(unit, points, most)
    sizes = [piece.size for piece in pieces]
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    assert len(pieces) == -(-points.size // most)
    assert all((np.diff(piece) > 0).all() for piece in pieces)
    assert np.array_equal(np.sort(np.concatenate(pieces)), points)


def test_pieces_follow_one_another_along_the_curve():
    unit = Places.of(*worlds.uniform(500, 3)).unit
    keys = curve_keys(unit)
    pieces = pieces_of(unit, np.arange(500), 60)
    for piece, after in pairwise(pieces):
        assert keys[piece].max() < keys[after].min()


def test_no_points_make_no_pieces():
    assert pieces_of(np.empty((0, 3)), np.empty(0, np.int64), 5) == []


@pytest.mark.parametrize("world", [worlds.date_line, worlds.polar, worlds.uniform])
def test_pieces_are_compact_at_the_date_line_and_the_poles_too(world):
    """Most hundredths of the points span less than a third of the way across."""
    unit = Places.of(*world(5000, 1)).unit
    across = [np.ptp(unit[piece], axis=0).max() for piece in pieces_of(unit, np.arange(5000), 50)]
    assert np.median(across) < 0.3 * np.ptp(unit, axis=0).max()


# --- Halos ---------------------------------------------------------------------------------------


def angles(places, points):
    """From some points to all."""
    apart = places.unit[points][:, None] - places.unit[None]
    return 2.0 * np.arcsin(np.minimum(np.sqrt((apart**2).sum(axis=2)) / 2.0, 1.0))


@pytest.mark.parametrize("world", worlds.KINDS)
@settings(max_examples=30)
@given(wanted=st.integers(1, 40), seed=st.integers(0, 99), far=st.floats(-4.0, 0.7))
def test_halos_hold_all_within_reach_and_little_else(world, wanted, seed, far):
    places = Places.of(*worlds.KINDS[world](120, seed))
    points = worlds.some(places.points, wanted, seed)
    reach = 10.0**far * np.random.default_rng(seed).uniform(0.0, 1.0, points.size)
    found = points_around(places, points, reach)
    apart = angles(places, points)
    assert (np.diff(found) > 0).all()
    assert np.isin(np.flatnonzero((apart <= reach[:, None]).any(axis=0)), found).all()
    assert (apart[:, found] <= 1.5 * reach[:, None] + 1e-5).any(axis=0).all()


@pytest.mark.parametrize("world", worlds.KINDS)
@settings(max_examples=30)
@given(wanted=st.integers(1, 130), few=st.integers(1, 40), seed=st.integers(0, 99))
def test_angles_hold_as_many_samples_as_are_wanted(world, wanted, few, seed):
    places = Places.of(*worlds.KINDS[world](120, seed))
    points = worlds.some(places.points, few, seed)
    holding = angles_holding(places, points, wanted)
    if wanted > places.seats:
        assert (holding == np.pi).all()
        return
    farthest = np.sort(angles(places, points)[:, places.point_of_seat])[:, wanted - 1]
    assert (holding >= farthest).all()
    assert (holding <= 2.5 * farthest + 1e-5).all()


# --- Scores --------------------------------------------------------------------------------------

SCALES = ["300km", "90deg", "knn:12", "9@1deg", "60@90deg"]


@pytest.mark.parametrize("world", worlds.KINDS)
@pytest.mark.parametrize("scale", SCALES)
def test_scores_are_the_same_in_every_bit(world, scale):
    case = case_of(worlds.KINDS[world](150, 1), scale)
    points = np.arange(case.places.points)
    for pieces in (runs(case, points, 7), cut_at_random(points, 1)):
        assert_equal_in_pieces(case, Threads(2), pieces)


MORE = {
    "p": {"fdr": 0.1},
    "permuted p": {"fdr": 0.1, "centre_permutations": 50},
    "published": {"preset": "published"},
    "published 01": {"preset": "published", "marks": "01"},
    "pygbs": {"preset": "pygbs"},
    "land": {"background": "land"},
    "sri": {"scores": ("ssi", "sri")},
    "sri alone": {"scores": ("sri",), "cell": "20km", "lag": "15km"},
    "published sri": {"scores": ("sri",), "preset": "published"},
    "published sri of lengths": {
        "scores": ("ssi", "sri"), "preset": "published", "cell": "70km", "lag": "65km",
    },
    "several levels": {"levels": (-1.0, 0.25, 1.0)},
    "merged sites": {"levels": (-1.0, -0.5, 1.0 / 3.0, 1.0), "sites": "merge"},
    "one link": {"k": 1},
    "many links": {"k": 16},
    "many models": {"models": 5},
    "balltree": {"index": "balltree"},
}  # fmt: skip


@pytest.mark.parametrize("world", [worlds.clustered, worlds.duplicated])
@pytest.mark.parametrize("choices", MORE)
def test_whatever_is_scored_is_the_same_in_every_bit(world, choices):
    for scale in ("100km", "knn:40", "25@100km"):
        case = case_of(world(220, 2), scale, **MORE[choices])
        points = np.arange(case.places.points)
        assert_equal_in_pieces(case, Threads(2), runs(case, points, 30))


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"scores": ("ssi", "sri"), "preset": "published"},
        {"models": 1, "levels": tuple(np.linspace(-1.0, 1.0, 12))},
    ],
    ids=["plain", "published", "many levels"],
)
@pytest.mark.parametrize("scale", ["500km", "knn:9"])
def test_partitions_of_one_centre(scale, choices):
    case = case_of(worlds.clustered(60, 3), scale, **choices)
    pieces = [np.array([point]) for point in range(case.places.points)]
    assert_equal_in_pieces(case, Threads(1), pieces)


@pytest.mark.parametrize("samples", [3, 4, 30])
@pytest.mark.parametrize("scale", ["1km", "knn:3", "3@1km"])
def test_samples_at_one_place(samples, scale):
    world = worlds.World(np.full(samples, 12.5), np.full(samples, -180.0))
    assert_equal_in_pieces(case_of(world, scale), Threads(1), [np.array([0])])


@pytest.mark.parametrize("samples", [2, 3, 9])
def test_no_more_samples_than_nearest_ones_asked_for(samples):
    case = case_of(worlds.uniform(samples, 1), f"knn:{samples}")
    assert_equal_in_pieces(case, Threads(1), runs(case, np.arange(samples), 1))


@settings(max_examples=40)
@given(
    kind=st.sampled_from(sorted(worlds.KINDS)),
    scale=st.sampled_from(["50km", "3000km", "knn:5", "knn:50", "7@20deg"]),
    n=st.integers(50, 120), k=st.integers(1, 16), most=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1), some=st.booleans(),
)  # fmt: skip
def test_partitions_of_any_world(kind, scale, n, k, most, seed, some):
    case = case_of(worlds.KINDS[kind](n, seed), scale, k=k, seed=seed)
    points = np.arange(case.places.points)
    points = worlds.some(points.size, n // 4, seed) if some else points
    assert_equal_in_pieces(case, Threads(2), runs(case, points, most))


@pytest.mark.parametrize("world", worlds.KINDS)
@pytest.mark.parametrize("choices", ["several levels", "sri", "published sri", "land"])
def test_sums_of_columns_are_the_same_in_every_bit(world, choices):
    for scale in ("400km", "knn:30"):
        case = case_of(worlds.KINDS[world](120, 4), scale, **MORE[choices])
        points = worlds.some(case.places.points, 60, 5)
        assert_equal_sums(case, Threads(3), points, columns=6, seed=6)


def test_progress_is_told_in_centres():
    case = case_of(worlds.uniform(40, 1), "knn:5")
    told = []
    (scale,) = case.settings.scales
    for _ in case.spread(Threads(1)).each(
        scale, runs(case, np.arange(40), 10), lambda *progress: told.append(progress)
    ):
        pass
    assert told == [("knn:5", done, 40) for done in (10, 20, 30, 40)]


def test_pieces_are_put_together_as_they_are_needed():
    """A crew that works on one piece at a time never sees the next one."""
    case = case_of(worlds.uniform(40, 1), "knn:5")
    seen = []

    class OneByOne:
        size = 1

        def map(self, work, shared, items):
            for item in items:
                seen.append(item.number)
                yield work(shared, item)

    made = case.spread(OneByOne()).each(
        *case.settings.scales, runs(case, np.arange(40), 10), ignore
    )
    next(made)
    assert seen == [1]
