"""The spatial block bootstrap against literal resampling, and the intervals it gives an audit."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

import geobias
import naive
import worlds
from far_crew import FarCrew
from geobias.crews import Threads
from geobias.geometry.blocks import blocks_of
from geobias.inference.bootstrap import Bootstrap, Interval
from geobias.results.scores import SCORE_COLUMNS, present
from geobias.results.summary import aggregates_of
from worlds import KINDS


def score(table, **choices):
    defaults = {"threads": 1, "scales": "knn:12", "bootstrap": 49}
    return geobias.score(table, **{**defaults, **choices})


def predictions(kind="clustered", n=80, seed=1):
    return worlds.table(KINDS[kind](n, seed), hit=worlds.hits(n, seed))


def two_clusters(n=40):
    """One where every answer is right, and a larger one with errors."""
    draw = np.random.default_rng(2)
    lat = np.where(np.arange(n) < n // 4, 5.0, 65.0) + draw.normal(0, 0.1, n)
    hit = np.where(np.arange(n) < n // 4, 1, worlds.hits(n, 4))
    return worlds.table(worlds.World(lat, draw.normal(20, 0.1, n)), hit=hit)


def resamples(bootstrap, kept):
    """The centres of each replicate among those kept, a centre as often as it was drawn."""
    for times in bootstrap.times:
        often = np.where(kept, times[bootstrap.block], 0).astype(int)
        yield np.repeat(np.arange(kept.size), often)


def literal(name, values, weights, bootstrap):
    """A mean, median or weighted mean of each replicate; NaN where nothing was drawn."""
    aggregates = []
    for drawn in resamples(bootstrap, ~np.isnan(values)):
        if not drawn.size:
            aggregates.append(math.nan)
        elif name == "median":
            aggregates.append(np.median(values[drawn]))
        elif name == "mean":
            aggregates.append(values[drawn].mean())
        else:
            aggregates.append(np.average(values[drawn], weights=weights[drawn]))
    return np.array(aggregates)


def sizes(values, bootstrap):
    """Defined centres of each block."""
    return np.bincount(bootstrap.block[~np.isnan(values)], minlength=bootstrap.blocks).tolist()


# --- Replicates ----------------------------------------------------------------------------------


def blocks_at_random(seed, centres=40, blocks=7, draws=60):
    draw = np.random.default_rng(seed)
    block = np.unique(draw.integers(0, blocks, centres), return_inverse=True)[1]
    blocks = block.max() + 1
    times = draw.multinomial(blocks, np.full(blocks, 1 / blocks), size=draws).astype(float)
    return Bootstrap(block, times)


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_replicates_are_those_of_literal_resampling(seed, missing):
    bootstrap, draw = blocks_at_random(seed), np.random.default_rng(seed)
    values = np.round(draw.normal(size=40), seed)  # some tie
    values[draw.random(40) < missing] = np.nan
    weights = draw.integers(1, 30, 40).astype(float)
    for name, found in (
        ("mean", bootstrap.means(values)),
        ("weighted", bootstrap.means(values, weights)),
        ("median", bootstrap.medians(values)),
    ):
        expected = literal(name, values, weights, bootstrap)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e13])
def test_means_do_not_depend_on_who_adds_them_up(scale):
    """Bit for bit what integers of any length make of them, and in any order of the blocks."""
    draw = np.random.default_rng(1)
    times = draw.multinomial(30_000, np.full(30_000, 1 / 30_000), size=9).astype(float)
    bootstrap, values = Bootstrap(np.arange(30_000), times), scale * draw.normal(1.0, 5.0, 30_000)
    found = bootstrap.means(values)
    order = draw.permutation(30_000)
    turned = Bootstrap(np.arange(30_000), times[:, order]).means(values[order])
    assert found.tobytes() == turned.tobytes()
    with threadpool_limits(1):
        assert found.tobytes() == bootstrap.means(values).tobytes()
    for often, mean in zip(times, found, strict=True):
        exact = sum(int(n) * Fraction(v) for n, v in zip(often, values, strict=True) if n) / 30_000
        assert abs(Fraction(mean) - exact) <= 4e-16 * np.abs(values).max()


@pytest.mark.parametrize("segment", [1, 7, 4096])
@pytest.mark.parametrize("missing", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("blocks", [1, 2, 40, 3000])
def test_medians_of_many_are_those_of_literal_resampling(blocks, missing, segment, monkeypatch):
    """Bit for bit, wherever the list is cut; replicates leave out long runs of values."""
    monkeypatch.setattr("geobias.inference.bootstrap._SEGMENT", segment)
    bootstrap, draw = blocks_at_random(blocks, 3000, blocks, 30), np.random.default_rng(blocks)
    values = np.round(bootstrap.block / blocks + draw.normal(0, 0.01, 3000), 3)
    values[draw.random(3000) < missing] = np.nan
    weights = np.ones(3000)
    expected = literal("median", values, weights, bootstrap)
    assert bootstrap.medians(values).tobytes() == expected.tobytes()


def test_as_many_blocks_are_drawn_as_hold_a_centre():
    lat, lon = worlds.clustered(60, 1)
    bootstrap = Bootstrap.of(lat, lon, 500.0, 200, seed=3)
    assert bootstrap.blocks == len(set(blocks_of(lat, lon, 500.0).tolist()))
    assert (bootstrap.times.sum(axis=1) == bootstrap.blocks).all()
    assert bootstrap.times.shape == (200, bootstrap.blocks)
    # 200 multinomial draws: each block comes up about once each, to 5 standard errors.
    assert abs(bootstrap.times.mean(axis=0) - 1).max() < 5 / math.sqrt(200)


def test_centres_of_a_block_stay_together():
    lat, lon = worlds.clustered(60, 1)
    bootstrap, blocks = Bootstrap.of(lat, lon, 500.0, 1, seed=3), blocks_of(lat, lon, 500.0)
    for block in set(blocks.tolist()):
        assert len(set(bootstrap.block[blocks == block].tolist())) == 1
    assert sorted(set(bootstrap.block.tolist())) == list(range(bootstrap.blocks))


def test_an_interval_leaves_two_and_a_half_percent_on_either_side():
    """With very many blocks; with few it is as much wider as a t interval, about the estimate."""
    replicates = np.append(np.arange(1001.0), [np.nan, np.nan])
    interval = Interval.of(500.0, replicates, 1e9)
    assert (interval.low, interval.high) == pytest.approx((25.0, 975.0))
    assert interval.dropped == 2
    wider = Interval.of(400.0, replicates, 5.0)
    stretch = 2.776445 / 1.959964 * math.sqrt(5 / 4)  # t with 4 degrees of freedom, from a table
    assert wider.low == pytest.approx(400 + stretch * (25 - 400), rel=1e-6)
    assert wider.high == pytest.approx(400 + stretch * (975 - 400), rel=1e-6)


@pytest.mark.parametrize("blocks", [0.0, 1.0, 1.0002, 2.9])
def test_hardly_any_blocks_give_no_interval(blocks):
    interval = Interval.of(1.0, np.ones(9), blocks)
    assert math.isnan(interval.low)
    assert interval.dropped == 0


def test_an_interval_of_nothing_is_undefined():
    interval = Interval.of(math.nan, np.full(9, np.nan), 7.0)
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    assert interval.dropped == 9


def test_blocks_are_worth_less_when_they_are_unequal():
    bootstrap = Bootstrap(np.array([0] * 4 + [1] * 4 + [2] * 4), np.ones((1, 3)))
    values = np.ones(12)
    assert bootstrap.worth(values) == pytest.approx(3.0)
    values[[1, 2, 3, 5, 6, 7]] = np.nan
    assert bootstrap.worth(values) == pytest.approx(36 / 18)
    assert bootstrap.worth(np.full(12, np.nan)) == 0.0


# --- Intervals of an audit -----------------------------------------------------------------------


@pytest.mark.parametrize("side_km", [100.0, 1000.0])
@pytest.mark.parametrize("kind", ["uniform", "clustered", "duplicated"])
def test_every_interval_is_that_of_literal_resampling(kind, side_km):
    audit = score(predictions(kind), scales=["knn:12", "300km"], block_km=side_km, seed=5)
    for _, row in audit.aggregates.iterrows():
        rows = audit.samples[audit.samples["scale"] == row["scale"]]
        bootstrap = Bootstrap.of(rows["lat"].to_numpy(), rows["lon"].to_numpy(), side_km, 49, 5)
        values = rows[row["score"]].to_numpy(copy=True)
        if row["centres"] == "wrong":
            values[rows["correct"]] = np.nan
        assert row["blocks"] == bootstrap.blocks
        for name in ("mean", "median", "weighted"):
            replicates = literal(name, values, rows["neighbours"].to_numpy(), bootstrap)
            found = [row[f"{name}_low"], row[f"{name}_high"]]
            expected = naive.interval(row[name], replicates, sizes(values, bootstrap))
            if row["score"] in ("crowding", "relative", "clustering", "isolation"):
                expected = np.maximum(expected, [0.0, -np.inf])
            np.testing.assert_allclose(found, expected, rtol=1e-9)
        assert row["replicates_dropped"] == np.isnan(replicates).sum()


def test_the_summary_holds_the_intervals_of_the_means():
    audit = score(predictions(), scales=["knn:12", "300km"])
    for _, row in audit.aggregates.iterrows():
        line = audit.summary[audit.summary["scale"] == row["scale"]].iloc[0]
        column = row["score"] + ("" if row["centres"] == "all" else "_wrong")
        for end in ("low", "high"):
            np.testing.assert_equal(line[f"{column}_{end}"], row[f"mean_{end}"])
    assert {f"{name}_low" for name in present(SCORE_COLUMNS, audit.summary)} < set(audit.summary)
    assert "marked_low" not in score(predictions(), bootstrap=None).summary


@pytest.mark.parametrize("bootstrap", [None, blocks_at_random(3)])
def test_the_crew_changes_no_bit(bootstrap):
    draw = np.random.default_rng(5)
    columns = {name: draw.exponential(size=40) for name in ("unmarked", "marked", "clustering")}
    columns["clustering"][draw.random(40) < 0.2] = np.nan
    columns["neighbours"] = draw.integers(1, 30, 40)
    wrong = draw.random(40) < 0.4
    tables = [
        pd.DataFrame(aggregates_of(columns, wrong, (90, 30), bootstrap, crew))
        for crew in (Threads(1), Threads(3), FarCrew())
    ]
    for table in tables:
        pd.testing.assert_frame_equal(table, tables[0], check_exact=True)
    assert tables[0][["centres", "score"]].to_numpy().tolist() == [
        [centres, score]
        for centres in ("all", "wrong")
        for score in ("unmarked", "marked", "clustering")
    ]


def test_columns_are_looked_up_once():
    class Columns(dict):
        def __getitem__(self, name):
            looked_up.append(name)
            return super().__getitem__(name)

    looked_up = []
    columns = Columns({name: np.arange(40.0) for name in ("marked", "unmarked", "neighbours")})
    aggregates_of(columns, np.arange(40) < 9, (40, 9), blocks_at_random(3), Threads(2))
    assert sorted(looked_up) == ["marked", "neighbours", "unmarked"]


def test_intervals_hold_what_they_are_of():
    aggregates = score(predictions("uniform"), bootstrap=199, block_km=2000).aggregates
    everyone = aggregates[aggregates["centres"] == "all"]
    for name in ("mean", "median", "weighted"):
        assert (everyone[f"{name}_low"] < everyone[name]).all()
        assert (everyone[f"{name}_high"] > everyone[name]).all()


def test_intervals_leave_the_scores_as_they_are():
    bounded, plain = score(predictions()), score(predictions(), bootstrap=None)
    assert bounded.summary[plain.summary.columns].equals(plain.summary)
    assert bounded.aggregates[plain.aggregates.columns].equals(plain.aggregates)
    assert bounded.samples.equals(plain.samples)


def test_replicates_without_a_defined_centre_are_dropped_and_counted():
    """Of two blocks the one without an error is drawn twice in about a quarter of the draws."""
    audit = score(two_clusters(), scales="knn:10", bootstrap=400, block_km=1000)
    aggregates = audit.aggregates.set_index(["centres", "score"])
    assert set(aggregates["blocks"]) == {2}
    assert aggregates.loc[("all", "unmarked"), "replicates_dropped"] == 0
    dropped = aggregates.loc[("all", "clustering"), "replicates_dropped"]
    assert dropped == aggregates.loc[("wrong", "marked"), "replicates_dropped"]
    assert abs(dropped - 100) < 4 * math.sqrt(400 * 0.25 * 0.75)
    # All others drew the same centres, some twice: one block tells nothing of the spread.
    assert aggregates.loc[("all", "clustering"), ["mean_low", "mean_high"]].isna().all()


def test_a_score_that_is_undefined_everywhere_has_no_interval():
    audit = score(predictions().assign(hit=1))
    row = audit.aggregates.set_index(["centres", "score"]).loc[("all", "clustering")]
    assert row["replicates_dropped"] == 49
    assert row[["mean_low", "mean_high", "median_low", "weighted_high"]].isna().all()
    assert "nan" not in audit.to_json().lower()
    assert "nan" not in repr(audit)


def test_blocks_are_by_default_twice_as_wide_as_a_neighbourhood():
    audit, asked = (score(predictions(), scales="300km", block_km=km) for km in (None, 1200.0))
    pd.testing.assert_frame_equal(audit.summary, asked.summary)
    nearest = score(predictions("uniform"))
    places = nearest.samples.drop_duplicates(["lat", "lon"])
    side_km = 4 * places["radius_km"].median()
    blocks = blocks_of(places["lat"].to_numpy(), places["lon"].to_numpy(), side_km)
    assert nearest.aggregates["blocks"][0] == len(set(blocks.tolist()))


def test_samples_at_one_place_have_blocks_of_a_kilometre():
    table = pd.concat([predictions("tight", 5, seed).assign(lat=48 + seed) for seed in range(4)])
    table["lon"] = 11.0
    audit = score(table.reset_index(drop=True), scales="knn:5")
    assert (audit.samples["radius_km"] == 0).all()
    assert set(audit.aggregates["blocks"]) == {4}


def test_few_blocks_come_with_a_note():
    rough = score(predictions("uniform"), block_km=9000)
    (note,) = [note for note in rough.notes if "of the bootstrap" in note]
    assert "intervals are rough" in note
    none = score(predictions("tight"), block_km=5000)
    (note,) = [note for note in none.notes if "of the bootstrap" in note]
    assert "1 block of the bootstrap, worth 1.0 of equal size: there are no intervals" in note
    assert none.summary.filter(regex="_low$").isna().all(axis=None)
    many = score(predictions("uniform"), block_km=500)
    assert not [note for note in many.notes if "of the bootstrap" in note]


def test_scores_that_are_never_negative_have_no_negative_limit():
    aggregates = score(predictions("uniform", 90), block_km=6000, bootstrap=199).aggregates
    calibrated = aggregates[aggregates["score"].isin(["relative", "clustering", "isolation"])]
    assert (calibrated.filter(regex="_low$").dropna() >= 0).all(axis=None)


# --- What must not change them -------------------------------------------------------------------


def test_equal_seeds_give_equal_bytes():
    first, again, other = (score(predictions(), seed=seed).to_json() for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("choices", [{}, {"centres": 30}, {"sites": "merge"}])
@pytest.mark.parametrize("kind", ["clustered", "duplicated"])
def test_the_order_of_rows_changes_no_bit(kind, choices):
    table = predictions(kind)
    shuffled = table.sample(frac=1, random_state=4, ignore_index=True)
    one, other = (score(t, scales=["knn:12", "300km"], **choices) for t in (table, shuffled))
    pd.testing.assert_frame_equal(one.summary, other.summary, check_exact=True)
    pd.testing.assert_frame_equal(one.aggregates, other.aggregates, check_exact=True)


def test_the_number_of_threads_changes_no_bit():
    one, two = (score(predictions(), threads=threads) for threads in (1, 2))
    pd.testing.assert_frame_equal(one.aggregates, two.aggregates, check_exact=True)


def test_a_permutation_test_leaves_intervals_as_they_are():
    plain, tested = score(predictions()), score(predictions(), permutations=9)
    assert tested.summary[plain.summary.columns].equals(plain.summary)


# --- Words ---------------------------------------------------------------------------------------


def test_intervals_are_shown_and_said():
    audit = score(predictions())
    row = audit.summary.iloc[0]
    span = f"{row['clustering_low']:.2f} … {row['clustering_high']:.2f}"
    findings = audit.findings().set_index("score")
    assert findings.loc["clustering", "95 % interval"] == span
    assert "p" not in findings
    (sentence,) = [s for s in audit.sentences() if ": clustering" in s]
    assert f"(95 % {span})" in sentence
    assert span in repr(audit)
    assert span in audit._repr_html_()
