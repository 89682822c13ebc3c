"""What must not change a score: row order, full turns, rotation, threads, index, mirrored marks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geobias
import worlds
from worlds import KINDS, World

CALIBRATED = ["relative", "clustering", "isolation"]
SCORES = ["unmarked", "marked", *CALIBRATED, *(f"{name}_z" for name in CALIBRATED)]
SCALES = ["100km", "9@1deg", "knn:12", "60@90deg"]
MODELS = ["good", "fair", "coin"]

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(30, 70)


@st.composite
def tables(draw, kinds=tuple(KINDS), models=tuple(MODELS)):
    """A table of predictions by several models, rounded to 0.001 degrees (see `rounded`)."""
    n, seed = draw(sizes), draw(seeds)
    world = worlds.rounded(KINDS[draw(st.sampled_from(kinds))](n, seed))
    return predicted(world, seed, models)


@st.composite
def drawn_tables(draw):
    """A table of a few samples on a few whole degrees, so that anything may tie or coincide.

    Hypothesis chooses every one of them, and finds the smallest table that breaks a test.
    """
    places = draw(
        st.lists(
            st.tuples(st.integers(-90, 90), st.integers(-180, 179), st.booleans(), st.booleans()),
            min_size=10,
            max_size=25,
        )
    )
    lat, lon, a, b = np.array(places, dtype=float).T
    lat[0], lon[0] = 40.0, 100.0  # degrees beyond doubt
    return worlds.table(World(lat, lon), a=a.astype(int), b=b.astype(int))


def predicted(world, seed, models):
    n = world.lat.size
    accuracy = dict(zip(MODELS, (0.9, 0.7, 0.5), strict=True))
    hits = {model: worlds.hits(n, seed + m, accuracy[model]) for m, model in enumerate(models)}
    return worlds.table(world, **hits)


def models_of(table):
    return [column for column in table if column not in ("lat", "lon")]


def score(table, **choices):
    return geobias.score(
        table, correct=models_of(table), **{"scales": SCALES, "threads": 1, **choices}
    )


def assert_same_bits(one, other):
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def assert_near(one, other, tolerance):
    np.testing.assert_allclose(one[SCORES], other[SCORES], rtol=tolerance, atol=tolerance)


# --- Row order -----------------------------------------------------------------------------------


def by_row(audit, rows):
    """The samples of an audit of reordered rows, numbered and ordered as before."""
    samples = audit.samples.assign(sample=rows[audit.samples["sample"]])
    return samples.sort_values(["model", "scale", "sample"], ignore_index=True)


@settings(max_examples=15)
@given(table=tables(), seed=seeds)
def test_scores_follow_their_rows_bit_for_bit(table, seed):
    rows = np.random.default_rng(seed).permutation(len(table))
    before, after = score(table), score(table.iloc[rows].reset_index(drop=True))
    assert_same_bits(by_row(before, np.arange(len(table))), by_row(after, rows))


@settings(max_examples=15)
@given(table=drawn_tables(), order=st.randoms(use_true_random=False))
def test_scores_of_few_places_follow_their_rows_bit_for_bit(table, order):
    rows = list(range(len(table)))
    order.shuffle(rows)
    choices = {"scales": ["knn:8", "5@30deg", "60deg"], "k": 3}
    before = score(table, **choices)
    after = score(table.iloc[rows].reset_index(drop=True), **choices)
    assert_same_bits(by_row(before, np.arange(len(table))), by_row(after, np.array(rows)))


@pytest.mark.parametrize("choices", [{}, {"centres": 12}, {"sites": "merge"}])
@pytest.mark.parametrize("kind", ["uniform", "clustered", "duplicated"])
def test_means_do_not_change_a_bit_with_the_order_of_rows(kind, choices):
    table = predicted(KINDS[kind](60, 3), 4, MODELS)
    shuffled = table.sample(frac=1, random_state=5, ignore_index=True)
    before, after = (score(t, scales=["2000km", "knn:8"], **choices) for t in (table, shuffled))
    assert_same_bits(before.summary, after.summary)
    assert_same_bits(before.aggregates, after.aggregates)


@settings(max_examples=8)
@given(table=tables(kinds=["duplicated", "gridded"]), seed=seeds)
def test_merged_sites_do_not_change_with_the_order_of_rows(table, seed):
    shuffled = table.sample(frac=1, random_state=seed, ignore_index=True)
    before, after = (score(t, scales=["100km", "knn:6"], sites="merge") for t in (table, shuffled))
    columns = ["model", "scale", "lat", "lon", "correct", "neighbours", *SCORES]
    one, other = (
        audit.samples[columns].sort_values(columns[:4], ignore_index=True)
        for audit in (before, after)
    )
    assert_same_bits(one, other)


@settings(max_examples=8)
@given(table=tables(), seed=seeds)
def test_random_centres_do_not_change_with_the_order_of_rows(table, seed):
    shuffled = table.sample(frac=1, random_state=seed, ignore_index=True)
    before, after = (score(t, centres=12, seed=seed) for t in (table, shuffled))
    columns = ["model", "scale", "lat", "lon", "correct", "neighbours", *SCORES]
    one, other = (
        audit.samples[columns].sort_values(columns[:5], ignore_index=True)
        for audit in (before, after)
    )
    assert_same_bits(one, other)


@settings(max_examples=8)
@given(table=tables(), order=st.permutations(MODELS))
def test_the_order_of_models_does_not_change_a_bit(table, order):
    before, after = score(table), score(table[["lat", "lon", *order]])
    columns = ["model", "scale", "sample"]
    one, other = (
        audit.samples.astype({"model": str, "scale": str}).sort_values(columns, ignore_index=True)
        for audit in (before, after)
    )
    assert_same_bits(one, other)


# --- The globe -----------------------------------------------------------------------------------


@settings(max_examples=10)
@given(table=tables(), seed=seeds, turn=st.sampled_from([360.0, -360.0]))
def test_a_full_turn_of_longitude_does_not_change_a_bit(table, seed, turn):
    turned = np.random.default_rng(seed).random(len(table)) < 0.5
    moved = table.assign(lon=table["lon"] + turn * turned)
    before, after = score(table), score(moved)
    assert_same_bits(before.samples, after.samples)


@settings(max_examples=15)
@given(
    # Not the grid and the rosette: which of several equally near samples comes first has to
    # depend on longitude. Not the poles themselves: their longitude, and so the direction in
    # which the lattice around them starts, is 0 by convention and does not turn with the rest.
    kind=st.sampled_from(["uniform", "clustered", "duplicated", "tight"]),
    n=sizes,
    seed=seeds,
    turn=st.floats(-180, 180),
)
def test_turning_the_globe_about_its_axis_changes_nothing(kind, n, seed, turn):
    world = KINDS[kind](n, seed)
    turned = World(world.lat, (world.lon + turn + 180.0) % 360.0 - 180.0)
    before, after = (score(predicted(w, seed, MODELS)) for w in (world, turned))
    assert before.samples["neighbours"].equals(after.samples["neighbours"])
    assert_near(before.samples, after.samples, 1e-6)


@settings(max_examples=10)
@given(table=tables())
def test_both_indexes_give_the_same_scores(table):
    bands, balltree = (score(table, index=index) for index in ("bands", "balltree"))
    assert bands.samples["neighbours"].equals(balltree.samples["neighbours"])
    assert_near(bands.samples, balltree.samples, 1e-9)


@settings(max_examples=10)
@given(table=tables())
def test_the_number_of_threads_does_not_change_a_bit(table):
    one, two, three = (score(table, threads=threads) for threads in (1, 2, 3))
    for audit in (two, three):
        assert_same_bits(one.samples, audit.samples)
        assert_same_bits(one.summary, audit.summary)


@pytest.mark.parametrize("index", ["bands", "balltree"])
def test_the_number_of_threads_does_not_change_a_bit_of_many_chunks(index, monkeypatch):
    from geobias.geometry import neighbours

    monkeypatch.setattr(neighbours, "PAIRS_PER_CHUNK", 200)
    table = predicted(worlds.duplicated(400, 1), 2, MODELS)
    one, two, three = (score(table, threads=threads, index=index) for threads in (1, 2, 3))
    for audit in (two, three):
        assert_same_bits(one.samples, audit.samples)


# --- Marks ---------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(
    # One sample per location: coincident ones take their seats by mark, the wrong ones first.
    kind=st.sampled_from([kind for kind in KINDS if kind != "duplicated"]),
    n=sizes,
    seed=seeds,
)
def test_flipping_all_marks_keeps_clustering_and_turns_isolation_around(kind, n, seed):
    table = predicted(KINDS[kind](n, seed), seed, MODELS)
    flipped = table.assign(**{model: 1 - table[model] for model in MODELS})
    before, after = score(table).samples, score(flipped).samples
    for column, sign in (("clustering_z", 1), ("relative_z", 1), ("isolation_z", -1)):
        np.testing.assert_allclose(
            after[column], sign * before[column], rtol=1e-9, atol=1e-9, err_msg=column
        )


@settings(max_examples=10)
@given(table=tables(), factor=st.sampled_from([2.0**-20, 0.25, 2.0, 512.0]))
def test_calibrated_scores_do_not_depend_on_the_size_of_the_marks(table, factor):
    marks = table.assign(**{model: factor * (2 * table[model] - 1) for model in MODELS})
    before, after = score(table), score(marks, levels=[-factor, factor])
    for column in (name for name in SCORES if name != "marked"):
        np.testing.assert_allclose(
            after.samples[column], before.samples[column], rtol=1e-12, atol=1e-12, err_msg=column
        )


@settings(max_examples=10)
@given(
    table=tables(), preset=st.sampled_from(["geobias", "pygbs", "published"]), k=st.integers(1, 9)
)
def test_scores_are_numbers_or_undefined(table, preset, k):
    samples = score(table, preset=preset, k=k).samples
    assert not np.isinf(samples[SCORES].to_numpy()).any()
    for name in CALIBRATED:
        assert (samples[name].dropna() >= 0).all()
        assert samples[name].isna().equals(samples[f"{name}_z"].isna())
