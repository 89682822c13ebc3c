"""Permutation tests: many columns at once, fair exchanges, literal p values, calibrated answers."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import geobias
import naive
import worlds
from geobias import survey as survey_module
from geobias.geometry import neighbours as neighbours_module
from geobias.geometry import walk as walk_module
from geobias.geometry.blocks import blocks_of
from geobias.geometry.places import Places
from geobias.inference.exchange import Exchange
from geobias.inference.permutation import holm, judge
from geobias.marking import Marking
from geobias.samples import Samples
from geobias.scales import Scale
from geobias.settings import Settings
from geobias.ssi.engine import TESTED, Engine
from geobias.survey import Survey
from worlds import KINDS

SCALES = ["300km", "12@300km", "knn:12"]
VERDICT = ("p", "p_greater", "pz")
RARELY = 1e-3  # a test of randomness fails by chance for one in a thousand seeds; these are fixed


def score(table, **choices):
    defaults = {"threads": 1, "scales": "knn:12", "permutations": 19}
    return geobias.score(table, **{**defaults, **choices})


def predictions(kind="clustered", n=60, seed=1, **more):
    return worlds.table(KINDS[kind](n, seed), hit=worlds.hits(n, seed), **more)


def planted(n=120, seed=3):
    """Errors that keep together: the western half is mostly wrong."""
    world = worlds.tight(n, seed)
    right = np.random.default_rng(seed).random(n) < np.where(world.lon < 11.6, 0.3, 0.95)
    return worlds.table(world, hit=right)


def verdicts(audit, model="hit"):
    columns = [f"{name}_{suffix}" for name in TESTED for suffix in VERDICT]
    rows = audit.summary[audit.summary["model"] == model]
    return rows[["model", "scale", *columns]].reset_index(drop=True)


def p_of(audit):
    return verdicts(audit).filter(regex="_p$|_p_greater$")


def assert_same_tests(one, other):
    """The same p values, and z but for the order in which sums were taken."""
    assert p_of(one).equals(p_of(other))
    pd.testing.assert_frame_equal(verdicts(one), verdicts(other), rtol=1e-9)


# --- Columns: many arrangements of marks at once -------------------------------------------------


def engine_of(samples, **choices):
    defaults = {
        "k": 4, "preset": "geobias", "coding": "pm", "index": "bands", "threads": 1,
    }  # fmt: skip
    places = Places.of(samples.lat, samples.lon)
    return places, Engine(
        places, Marking.of(places, samples.marks, samples.levels), **{**defaults, **choices}
    )


def marked_samples(marks):
    """Sixty samples at 15 places, or sixty merged sites, with marks of a kind."""
    world = worlds.duplicated(60, 2)
    if marks == "several levels":
        table, levels = worlds.table(world, hit=worlds.binned(60, 3, (-3, 1, 2))), (-3, 1, 2)
        return Samples.from_table(table, correct="hit", levels=levels)
    if marks == "merged":
        world = worlds.sited(60, 2, 2)
        hit = worlds.hits(60, 3)[np.unique(world.lat, return_inverse=True)[1]]
        hit[:6] = 1 - hit[:6]  # a few sites are right and wrong
        return Samples.from_table(worlds.table(world, hit=hit)).merged()
    return Samples.from_table(worlds.table(world, hit=worlds.hits(60, 3)))


def shuffled_columns(engine, columns, seed=4):
    draw = np.random.default_rng(seed)
    seats = [draw.permutation(len(engine.marking.codes)) for _ in range(columns)]
    return np.column_stack([engine.marking.codes[order, 0] for order in seats])


def quiet(done, total):
    assert 0 <= done <= total


@pytest.mark.parametrize("marks", ["two levels", "several levels", "merged"])
@pytest.mark.parametrize("scale", SCALES)
def test_means_of_columns_are_those_of_each_column_by_itself(scale, marks):
    places, engine = engine_of(marked_samples(marks))
    scale, points = Scale.parse(scale), np.arange(places.points)
    weights = np.random.default_rng(5).integers(1, 5, places.points)
    codes = shuffled_columns(engine, 130)
    alone = {name: np.empty((130, places.points)) for name in TESTED}
    for column in range(130):
        engine.marking = replace(engine.marking, codes=codes[:, [column]].copy())
        scores = engine.score(scale, points, quiet)
        for name in TESTED:
            alone[name][column] = scores.nats(name)[0]
    for name in TESTED:
        assert not np.isnan(alone[name]).all()
    for count in (1, 63, 64, 65, 130):
        some = np.ascontiguousarray(codes[:, :count])
        engine.marking = replace(engine.marking, codes=some)
        together = engine.score(scale, points, quiet)
        means = engine.means(scale, points, weights, some, quiet)
        assert means.shape == (len(TESTED), count)
        for row, name in zip(means, TESTED, strict=True):
            np.testing.assert_array_equal(together.nats(name), alone[name][:count])
            known = ~np.isnan(alone[name][:count])
            total = np.where(known, alone[name][:count] * weights, 0.0).sum(axis=1)
            with np.errstate(invalid="ignore"):
                expected = total / (known * weights).sum(axis=1)
            np.testing.assert_allclose(row, expected, rtol=1e-12)


@pytest.mark.parametrize("scale", ["300km", "9@300km", "knn:9"])
@pytest.mark.parametrize("kind", ["clustered", "duplicated", "date_line"])
def test_means_of_columns_are_those_of_the_oracle(kind, scale):
    samples = Samples.from_table(predictions(kind, 20))
    places, lat, lon = worlds.seats(worlds.World(samples.lat, samples.lon))
    _, engine = engine_of(samples)
    codes = shuffled_columns(engine, 3)
    centres = places.seat_start[places.point_of_seat]  # each sample is a centre
    arounds = [naive.surroundings(lat, lon, int(c), **worlds.limits(scale)) for c in centres]
    weights = np.diff(places.seat_start)
    means = engine.means(Scale.parse(scale), np.arange(places.points), weights, codes, quiet)
    values = np.unique(samples.marks)
    for column in range(3):
        expected = naive.mean_scores(arounds, values[codes[:, column]])
        assert means[:, column] == pytest.approx(list(expected.values()), rel=1e-9, nan_ok=True)


def test_means_are_undefined_where_every_score_is():
    samples = Samples.from_table(predictions(n=12).assign(hit=1))
    places, engine = engine_of(samples)
    ones = np.ones(places.points, int)
    means = engine.means(Scale.parse("knn:9"), np.arange(12), ones, engine.marking.codes, quiet)
    assert np.isnan(means[1:]).all()
    assert means[0] > 0


# --- Exchanges -----------------------------------------------------------------------------------


def random_exchange(seed=1, n=60, groups=None):
    samples = Samples.from_table(predictions("duplicated", n, seed))
    places = Places.of(samples.lat, samples.lon)
    return samples, places, Exchange.of(places, samples.sites, groups)


def draws(count, seed=0):
    return [np.random.default_rng([seed, 2, draw]) for draw in range(1, count + 1)]


def seats_by(labels):
    seats = {}
    for seat, label in enumerate(labels.tolist()):
        seats.setdefault(label, []).append(seat)
    return seats


@pytest.mark.parametrize("seed", range(5))
def test_a_shuffle_gives_every_mark_to_one_seat(seed):
    samples, _, exchange = random_exchange(seed)
    for draw in draws(20):
        assert sorted(exchange.shuffle(draw)) == list(range(samples.n))


@pytest.mark.parametrize("seed", range(5))
def test_whole_sites_move_together_to_sites_of_equal_size(seed):
    samples, places, exchange = random_exchange(seed)
    sites = seats_by(samples.sites[places.sample_at])
    before = {frozenset(seats) for seats in sites.values()}
    moved = 0
    for draw in draws(20):
        source = exchange.shuffle(draw)
        for seats in sites.values():
            assert frozenset(source[seats].tolist()) in before
            moved += set(source[seats].tolist()) != set(seats)
    assert moved > 0


@pytest.mark.parametrize("side_km", [50.0, 2000.0, 9000.0])
def test_blocks_keep_the_number_of_errors_of_every_model(side_km):
    table = worlds.table(worlds.sited(40, 2, 3), a=worlds.hits(80, 1), b=worlds.hits(80, 2, 0.4))
    samples = Samples.from_table(table, correct=["a", "b"])
    places, engine = engine_of(samples)
    blocks = blocks_of(samples.lat, samples.lon, side_km)
    exchange = Exchange.of(places, samples.sites, blocks)
    block = blocks[places.sample_at]
    changed = 0
    for draw in draws(20):
        shuffled = engine.marking.codes[exchange.shuffle(draw)]
        changed += (shuffled != engine.marking.codes).any()
        for model in range(2):
            before = np.bincount(block, engine.marking.codes[:, model])
            assert np.bincount(block, shuffled[:, model]).tolist() == before.tolist()
    assert changed == 20


def test_samples_without_a_group_or_a_peer_never_move_and_are_counted():
    # Sites of 1, 1, 1, 2, 2 and 3 samples; one of the single ones has no group.
    site = np.array([0, 1, 2, 3, 3, 4, 4, 5, 5, 5])
    places = Places.of(site * 1.0, np.zeros(10))
    group = np.where(site == 2, -1, 0)
    exchange = Exchange.of(places, site, group)
    assert exchange.fixed == 1 + 3
    stays = np.isin(site[places.sample_at], [2, 5])
    ever = np.zeros(10, dtype=bool)
    for draw in draws(50):
        ever |= exchange.shuffle(draw) != np.arange(10)
    assert ever.tolist() == (~stays).tolist()


def test_two_samples_without_a_group_do_not_trade():
    places = Places.of(np.arange(4.0), np.zeros(4))
    exchange = Exchange.of(places, np.arange(4), np.array([-1, -1, 0, 0]))
    assert exchange.fixed == 2
    for draw in draws(20):
        assert sorted(exchange.shuffle(draw)[:2]) == [0, 1]
        assert exchange.shuffle(draw)[:2].tolist() == [0, 1]


def test_samples_of_one_place_that_lie_in_several_groups_keep_their_marks():
    lat = np.array([1.0, 1.0, 2.0, 2.0, 3.0, 3.0])
    places, sites = Places.of(lat, np.zeros(6)), np.array([0, 0, 1, 1, 2, 2])
    exchange = Exchange.of(places, sites, np.array([0, 1, 0, 0, 0, 0]))
    assert exchange.fixed == 2
    seen = {tuple(exchange.shuffle(draw).tolist()) for draw in draws(30)}
    assert seen == {(0, 1, 2, 3, 4, 5), (0, 1, 4, 5, 2, 3)}


def test_every_arrangement_comes_up_equally_often():
    """Chi-square over the 3! 2! 2! = 24 exchanges; fails by chance once in a thousand seeds."""
    site = np.array([0, 1, 2, 3, 4, 5, 5, 6, 6])
    group = np.array([0, 0, 0, 1, 1, 0, 0, 0, 0])
    exchange = Exchange.of(Places.of(site * 1.0, np.zeros(9)), site, group)
    seen = Counter(tuple(exchange.shuffle(draw).tolist()) for draw in draws(2400))
    assert len(seen) == 24
    assert stats.chisquare(list(seen.values())).pvalue > RARELY


def test_a_coin_is_tossed_once_per_site():
    samples, places, exchange = random_exchange()
    for draw in draws(20):
        heads = exchange.toss(draw)
        for seats in seats_by(samples.sites[places.sample_at]).values():
            assert len(set(heads[seats].tolist())) == 1


def test_coins_are_fair_and_independent():
    """Chi-square over the 2^4 outcomes; fails by chance once in a thousand seeds."""
    site = np.array([0, 1, 1, 2, 3, 3, 3])
    exchange = Exchange.of(Places.of(site * 1.0, np.zeros(7)), site)
    seen = Counter(tuple(exchange.toss(draw)[[0, 1, 3, 4]].tolist()) for draw in draws(1600))
    assert len(seen) == 16
    assert stats.chisquare(list(seen.values())).pvalue > RARELY


# --- p values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("middle", [None, 0.0, 2.5])
@pytest.mark.parametrize("seed", range(4))
def test_p_values_are_those_of_the_oracle(seed, middle):
    draw = np.random.default_rng(seed)
    # Few values, so that many tie, and some undefined.
    drawn = draw.integers(0, 7, (3, 2, 40)) / 3.0
    drawn[draw.random(drawn.shape) < 0.1] = np.nan
    observed = draw.integers(0, 9, (3, 2)) / 3.0
    observed[2, 1] = np.nan
    found = judge(observed, drawn, middle)
    for at in np.ndindex(3, 2):
        expected = naive.verdict(float(observed[at]), drawn[at].tolist(), middle)
        got = found.p[at], found.p_greater[at], found.z[at]
        assert got == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_ties_count_even_when_rounding_parts_them():
    found = judge(np.array([0.1 + 0.2]), np.array([[0.3, 0.3, 0.0, 0.0, 0.0]]), middle=0.0)
    assert found.p_greater.tolist() == [3 / 6]
    assert found.p.tolist() == [3 / 6]


def test_chance_that_never_differs_says_nothing():
    found = judge(np.array([2.0]), np.full((1, 9), 2.0))
    assert (found.p[0], found.p_greater[0]) == (1.0, 1.0)
    assert math.isnan(found.z[0])


def test_undefined_draws_count_against_what_was_observed():
    found = judge(np.array([5.0]), np.array([[0.0, 1.0, np.nan, np.nan]]))
    assert found.p_greater.tolist() == [3 / 5]
    assert judge(np.array([5.0]), np.full((1, 4), np.nan)).p.tolist() == [1.0]


def test_p_values_go_down_to_one_in_the_draws_and_no_further():
    found = judge(np.array([99.0, -99.0]), np.arange(38.0).reshape(2, 19))
    assert found.p.tolist() == [1 / 20, 1 / 20]
    assert found.p_greater.tolist() == [1 / 20, 1.0]


def test_a_known_middle_replaces_the_mean_of_chance():
    drawn = np.array([[1.0, 2.0, 4.0, -2.0]])
    assert judge(np.array([3.0]), drawn, middle=0.0).p.tolist() == [2 / 5]
    assert judge(np.array([3.0]), drawn).p.tolist() == [3 / 5]


@pytest.mark.parametrize("seed", range(5))
def test_holm_is_that_of_the_oracle(seed):
    draw = np.random.default_rng(seed)
    p = np.round(draw.random(8) ** 2, 1 + seed % 3)
    p[draw.random(8) < 0.2] = np.nan
    assert holm(p) == pytest.approx(naive.holm(p.tolist()), nan_ok=True)


def test_holm_of_nothing_and_of_one():
    assert holm(np.array([])).tolist() == []
    assert holm(np.array([0.3])).tolist() == [0.3]
    assert np.isnan(holm(np.array([np.nan]))).all()


# --- The test of a dataset -----------------------------------------------------------------------


def test_every_tested_score_has_its_columns():
    audit = score(predictions(), permutations=9)
    for name in TESTED:
        for suffix in ("_p", "_p_greater"):
            assert 0.1 <= audit.summary[name + suffix][0] <= 1.0
        assert math.isfinite(audit.summary[f"{name}_pz"][0])
    assert not any(column.startswith("unmarked_p") for column in audit.summary)
    assert "marked_p" not in score(predictions(), permutations=None).summary


def test_an_audit_keeps_what_chance_gave():
    audit = score(predictions(), permutations=19, scales=["knn:12", "knn:9"])
    assert audit.chance.columns.to_list() == ["model", "scale", "permutation", *TESTED]
    for row in audit.summary.to_dict("records"):
        draws = audit.chance.query("model == @row['model'] and scale == @row['scale']")
        assert draws["permutation"].to_list() == list(range(1, 20))
        for tested in TESTED:
            as_much = (draws[tested] >= row[tested] * (1 - 1e-9)).sum()
            assert row[f"{tested}_p_greater"] == (1 + as_much) / 20


def test_without_permutations_chance_is_an_empty_table():
    chance = score(predictions(), permutations=None).chance
    assert len(chance) == 0
    assert chance.columns.to_list() == ["model", "scale", "permutation", *TESTED]


def test_a_test_leaves_the_scores_as_they_are():
    tested, plain = score(predictions()), score(predictions(), permutations=None)
    assert tested.summary[plain.summary.columns].equals(plain.summary)
    assert tested.samples.equals(plain.samples)


@pytest.mark.parametrize("sites", ["keep", "merge"])
def test_the_number_of_threads_changes_no_bit(sites):
    table = predictions("duplicated", 90)
    audits = [score(table, threads=threads, sites=sites) for threads in (1, 2, 3)]
    for other in audits[1:]:
        assert verdicts(audits[0]).equals(verdicts(other))


def test_the_number_of_threads_changes_no_bit_of_many_chunks(monkeypatch):
    monkeypatch.setattr(neighbours_module, "PAIRS_PER_CHUNK", 200)
    monkeypatch.setattr(survey_module, "BYTES_PER_BATCH", 90 * 7)
    table = predictions("duplicated", 90)
    audits = [score(table, threads=threads) for threads in (1, 2, 3)]
    for other in audits[1:]:
        assert verdicts(audits[0]).equals(verdicts(other))


@pytest.mark.parametrize("within", [None, "500km", "group"])
@pytest.mark.parametrize("kind", ["clustered", "duplicated"])
def test_the_order_of_rows_changes_no_bit(kind, within):
    # In places of several samples, these lie in different groups now and then.
    table = predictions(
        kind, 90, group=np.random.default_rng(2).choice(["a", "b", "c"], 90, p=[0.9, 0.05, 0.05])
    )
    shuffled = table.sample(frac=1, random_state=3, ignore_index=True)
    one, other = (score(t, within=within) for t in (table, shuffled))
    assert verdicts(one).equals(verdicts(other))


def test_a_model_has_the_same_p_alone_and_in_company():
    table = predictions(n=90, b=worlds.hits(90, 7, 0.5), c=worlds.hits(90, 8, 0.9))
    company = score(table, correct=["c", "hit", "b"])
    alone = score(table, correct="hit")
    assert_same_tests(alone, company)


@pytest.mark.parametrize("held", [1, 90 * 2, 90 * 7, 90 * 20])
def test_the_size_of_a_batch_changes_nothing(monkeypatch, held):
    table = predictions(n=90)
    before = score(table)
    monkeypatch.setattr(survey_module, "BYTES_PER_BATCH", held)
    assert_same_tests(before, score(table))


@pytest.mark.parametrize("records", [1, 50, 777])
def test_the_size_of_a_chunk_changes_nothing(monkeypatch, records):
    table = predictions("duplicated", n=90)
    before = score(table)
    monkeypatch.setattr(walk_module, "_RECORDS_PER_CHUNK", records)
    monkeypatch.setattr(neighbours_module, "PAIRS_PER_CHUNK", 10 * records)
    assert_same_tests(before, score(table))


def test_the_seed_decides():
    table = predictions(n=90)
    first, again, other = (score(table, seed=seed, permutations=99) for seed in (1, 1, 2))
    assert verdicts(first).equals(verdicts(again))
    assert not p_of(first).equals(p_of(other))


def test_both_indexes_give_the_same_p():
    bands, balltree = (score(predictions(n=90), index=index) for index in ("bands", "balltree"))
    assert_same_tests(bands, balltree)


@pytest.mark.parametrize(("scale", "seed"), [("knn:9", 1), ("knn:8", 2), ("9@4km", 3)])
def test_p_comes_near_the_exact_p_of_all_arrangements(scale, seed):
    """The oracle goes through all 120 ways to place three errors among ten samples.

    With B = 2,000 draws p is off by a binomial error; one beyond 4 standard errors fails, which
    chance does once in 15,000. What else moves is where chance is centred: it is estimated too.
    """
    marks = np.where(np.arange(10) < 3, 0, 1)[np.random.default_rng(seed).permutation(10)]
    table = worlds.table(worlds.tight(10, seed), hit=marks)
    samples = Samples.from_table(table)
    places, lat, lon = worlds.seats(worlds.World(samples.lat, samples.lon))
    arounds = [naive.surroundings(lat, lon, c, **worlds.limits(scale)) for c in range(10)]
    means = pd.DataFrame(
        [
            naive.mean_scores(arounds, way)
            for way in naive.arrangements(places.seated(samples.marks[0]))
        ]
    )
    observed = naive.mean_scores(arounds, places.seated(samples.marks[0]))
    row = score(table, scales=scale, permutations=2000).summary.iloc[0]
    for name in TESTED:
        assert row[name] == pytest.approx(observed[name], rel=1e-9)
        chance = means[name].to_numpy()
        assert not np.isnan(chance).any()
        off = 4.0 / math.sqrt(2000)
        greater = np.mean(chance >= observed[name] - 1e-9)
        assert abs(row[f"{name}_p_greater"] - greater) < off * 0.5 + 1 / 2001
        centres = chance.mean() + chance.std() * np.linspace(-off, off, 201)
        exact = [np.mean(abs(chance - c) >= abs(observed[name] - c) - 1e-9) for c in centres]
        assert min(exact) - off * 0.5 < row[f"{name}_p"] < max(exact) + off * 0.5 + 1 / 2001
        z = (observed[name] - chance.mean()) / chance.std()
        assert row[f"{name}_pz"] == pytest.approx(z, abs=0.15 * (1 + abs(z)))


def assert_uniform(p, permutations):
    """Kolmogorov-Smirnov; each p is spread over its step, so that what is uniform is continuous."""
    steps = np.random.default_rng(0).random(len(p)) / (permutations + 1)
    assert stats.kstest(p - steps, "uniform").pvalue > RARELY


def test_p_is_uniform_when_errors_fall_at_random():
    """Each of the eight Kolmogorov-Smirnov tests fails for one in a thousand sets of seeds."""
    found = [
        score(
            worlds.table(worlds.clustered(120, seed), hit=worlds.hits(120, seed + 1)),
            permutations=99,
            seed=seed,
        )
        for seed in range(200)
    ]
    rows = pd.concat([audit.summary for audit in found])
    for name in TESTED:
        assert_uniform(rows[f"{name}_p"], 99)
        assert_uniform(rows[f"{name}_p_greater"], 99)


def test_p_is_uniform_when_the_samples_of_a_site_fail_together():
    """As above, with errors of whole sites: 120 samples, but 40 sites."""
    rows = []
    for seed in range(100):
        world = worlds.sited(40, 3, seed)
        failing = np.random.default_rng(seed + 1).random(40) < 0.4
        site = np.unique(world.lat, return_inverse=True)[1]
        table = worlds.table(world, hit=~failing[site])
        rows.append(score(table, permutations=39, seed=seed).summary)
    for name in TESTED:
        assert_uniform(pd.concat(rows)[f"{name}_p"], 39)


def test_planted_bias_is_found():
    row = score(planted(), scales="knn:30", permutations=99).summary.iloc[0]
    assert row["clustering_p"] == row["clustering_p_greater"] == 0.01
    assert row["clustering_pz"] > 4


def test_bias_between_blocks_only_is_no_bias_within_them():
    table = planted(200)
    table["side"] = np.where(table["lon"] < 11.6, "west", "east")
    anywhere, inside = (
        score(table, scales="knn:60", permutations=199, within=within).summary.iloc[0]
        for within in (None, "side")
    )
    assert anywhere["clustering_p"] <= 0.01
    assert inside["clustering_p"] > 0.05


def test_a_constant_model_has_no_calibrated_p():
    audit = score(predictions().assign(hit=1))
    row = audit.summary.iloc[0]
    for name in ("relative", "clustering", "isolation"):
        assert all(math.isnan(row[f"{name}_{suffix}"]) for suffix in VERDICT)
    assert (row["marked_p"], row["marked_p_greater"]) == (1.0, 1.0)
    assert math.isnan(row["marked_pz"])
    assert audit.findings()["verdict"].tolist() == ["no more than chance"] + 3 * ["undefined"]
    assert "nan" not in repr(audit)


@pytest.mark.parametrize("choices", [{}, {"sites": "merge"}, {"centres": 30}])
def test_merged_sites_and_random_centres_are_tested(choices):
    row = score(predictions("duplicated", 120), **choices).summary.iloc[0]
    for name in TESTED[1:]:
        assert 0.05 <= row[f"{name}_p"] <= 1.0


def test_merged_sites_trade_with_sites_of_as_many_samples():
    world = worlds.clustered(40, 3)
    times = np.arange(40) % 3 + 1
    table = worlds.table(worlds.World(np.repeat(world.lat, times), np.repeat(world.lon, times)))
    samples = Samples.from_table(table.assign(hit=worlds.hits(len(table), 4))).merged()
    exchange = surveyed(samples).exchange()
    assert exchange.fixed == 0
    places = surveyed(samples).places
    size = samples.merged_from[places.sample_at]
    assert sorted(size.tolist()) == sorted(times.tolist())
    moved = False
    for seed in range(20):
        source = exchange.shuffle(np.random.default_rng(seed))
        assert (size[source] == size).all()
        moved |= bool((source != np.arange(40)).any())
    assert moved


def test_p_of_merged_sites_is_right_where_their_size_has_a_geography():
    """Sites of one image in a corner, of twenty elsewhere; 12 of 80 has a chance below 1e-3."""
    found = np.zeros(3)
    for seed in range(80):
        draw = np.random.default_rng(seed)
        lat, lon = draw.uniform(40, 50, 120), draw.uniform(0, 14, 120)
        times = np.where((lat > 45) & (lon > 7), 1, 20)
        table = pd.DataFrame({"lat": np.repeat(lat, times), "lon": np.repeat(lon, times)})
        table["hit"] = draw.random(len(table)) < 0.5
        row = score(table, scales="400km", sites="merge", seed=seed).summary.iloc[0]
        found += [row[f"{name}_p"] <= 0.05 for name in TESTED[1:]]
    assert (found < 12).all()


# --- Too much work -------------------------------------------------------------------------------


def test_centres_are_sampled_when_all_would_be_too_much(monkeypatch):
    table = predictions(n=200)
    whole = score(table, permutations=None)
    monkeypatch.setattr(survey_module, "MOST_SUMS", 1200 * 20)
    audit = score(table)
    assert audit.summary[whole.summary.columns].equals(whole.summary)
    (note,) = [note for note in audit.notes if "random centres" in note]
    assert note.startswith("At knn:12 the permutation test looks at 100 random centres of 200,")


def surveyed(table, seed=0):
    settings = Settings.checked(
        scales="knn:12", preset="geobias", marks="pm", k=4, sites="keep", site_tolerance_km=0.0,
        centres=None, seed=seed, index="bands", permutations=9, within=None, bootstrap=None,
        block_km=None, fdr=None, centre_permutations=None, background="everywhere",
    )  # fmt: skip
    samples = table if isinstance(table, Samples) else Samples.from_table(table)
    return Survey.of(samples, settings, None, 1)


def places_tested(table, seed=0):
    survey = surveyed(table, seed)
    tested = survey.tested(Scale.parse("knn:12"), 20)
    return sorted(survey.places.point_of_sample[tested].tolist())


@pytest.mark.parametrize("kind", ["clustered", "duplicated"])
def test_the_centres_of_a_test_are_random_and_do_not_follow_the_rows(monkeypatch, kind):
    monkeypatch.setattr(survey_module, "MOST_SUMS", 100 * 20)
    table = predictions(kind, n=90)
    shuffled = table.sample(frac=1, random_state=3, ignore_index=True)
    assert len(places_tested(table)) < 50
    assert places_tested(table) == places_tested(shuffled)
    assert places_tested(table) != places_tested(table, seed=1)
    assert verdicts(score(table)).equals(verdicts(score(shuffled)))


def test_centres_are_sampled_until_their_distinct_neighbourhoods_are_enough(monkeypatch):
    monkeypatch.setattr(survey_module, "MOST_SUMS", 2000)
    samples = Samples.from_table(worlds.table(worlds.sited(40, 25, 1), hit=True))
    survey = surveyed(samples)
    tested = survey.tested(Scale.parse("300km"), 1)
    points = np.unique(survey.places.point_of_sample[tested])
    assert 1000 < survey.scorer.engine.walk.sizes(Scale.parse("300km"), points).sum() <= 2000


def test_the_observed_mean_is_that_of_the_sampled_centres(monkeypatch):
    monkeypatch.setattr(survey_module, "MOST_SUMS", 240 * 20)
    survey, scale = surveyed(predictions(n=60)), Scale.parse("knn:12")
    tested = survey.tested(scale, 20)
    assert tested.size == 20
    codes = survey.marking.codes
    means = survey.means(scale, tested, lambda draw: codes, 3, lambda *_: None)
    rows = score(predictions(n=60), permutations=None).samples.iloc[tested]
    for found, name in zip(means[0], TESTED, strict=True):
        assert found == pytest.approx(np.full(3, rows[name].mean()), rel=1e-12)


# --- Notes, words and refusals -------------------------------------------------------------------


def test_groups_of_another_column_are_refused():
    table = predictions().assign(region=list("ab") * 30, country="x")
    samples = Samples.from_table(table, within="region")
    assert score(samples, within="region").summary["clustering_p"].notna().all()
    with pytest.raises(geobias.GeoBiasError, match="read with groups from 'region'"):
        score(samples, within="country")


def test_a_seed_beyond_64_bits_is_refused():
    with pytest.raises(geobias.GeoBiasError, match="seed must be a whole number"):
        score(predictions(), seed=2**64)


def test_few_permutations_come_with_a_note():
    note = "With 19 permutations no p value can be below 0.05: ask for 999."
    assert note in score(predictions(), permutations=19).notes
    assert not any("ask for" in note for note in score(predictions(), permutations=99).notes)


def test_fixed_samples_are_counted_in_a_note():
    table = predictions(n=60, group=["a"] * 50 + ["b"] * 6 + ["c", "d", None, None])
    (note,) = [n for n in score(table, within="group").notes if "kept their marks" in n]
    assert note.startswith("4 samples of 60 kept their marks in every permutation: no other site")
    assert "within group" in note


def test_groups_of_one_site_cannot_be_permuted():
    table = predictions(n=60, group=np.arange(60))
    with pytest.raises(geobias.GeoBiasError, match="No mark can be permuted within group: every"):
        score(table, within="group")
    with pytest.raises(geobias.GeoBiasError, match=r"permuted within 0\.2km"):
        score(predictions("uniform"), within="0.2km")


def test_a_group_that_nobody_has_permutes_nothing():
    with pytest.raises(geobias.GeoBiasError, match="No mark can be permuted"):
        score(predictions(n=60, group=[None] * 60), within="group")


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"permutations": None, "within": "500km"}, "within goes with permutations"),
        ({"permutations": 0}, "permutations must be a whole number of 1 or more, not 0"),
        ({"permutations": 9.5}, "permutations must be a whole number"),
        ({"permutations": True}, "permutations must be a whole number"),
        ({"permutations": "many"}, "permutations must be a whole number"),
        ({"block_km": 500}, "block_km goes with bootstrap"),
        ({"bootstrap": 0}, "bootstrap must be a whole number of 1 or more"),
        ({"bootstrap": 9, "block_km": -5}, "block_km must lie between"),
        ({"bootstrap": 9, "block_km": 1e-6}, "block_km must lie between"),
        ({"bootstrap": 9, "block_km": 30_000}, "block_km must lie between"),
        ({"bootstrap": 9, "block_km": math.nan}, "block_km must lie between"),
        ({"bootstrap": 9, "block_km": "wide"}, "block_km must lie between"),
        ({"within": "0.000001km"}, "within must lie between"),
        ({"within": ["a", "b"]}, "within= takes a column name"),
    ],
)
def test_choices_that_make_no_sense(choices, said):
    with pytest.raises(geobias.GeoBiasError, match=said):
        score(predictions(), **choices)


def test_an_unknown_column_of_groups_lists_the_columns():
    table = predictions(country=["x"] * 60)
    with pytest.raises(geobias.InputError, match=r"no column 'county'.*'country'.*'lat', 'lon'"):
        score(table, within="county")


def test_samples_know_their_groups():
    table = predictions(n=60, group=["a", "b"] * 30)
    samples = Samples.from_table(table, within="group")
    assert_same_tests(score(samples, within="group"), score(table, within="group"))
    assert_same_tests(score(samples), score(table))
    with pytest.raises(geobias.GeoBiasError, match="read without groups"):
        score(Samples.from_table(table), within="group")


def test_a_size_is_no_column():
    table = predictions(n=90)
    blocks = blocks_of(table["lat"].to_numpy(), table["lon"].to_numpy(), 500.0)
    table["blocks"] = [f"block {block:06d}" for block in blocks]
    by_size, by_column = (score(table, within=within) for within in ("500km", "blocks"))
    assert_same_tests(by_size, by_column)
    assert not p_of(by_size).equals(p_of(score(table)))


def test_words_tell_chance_from_more_than_chance():
    audit = score(planted(), scales="knn:30", permutations=99)
    clustering = audit.findings().set_index("score").loc["clustering"]
    assert clustering["p"] == "0.01"
    assert clustering["verdict"] == "more than chance"
    (sentence,) = [s for s in audit.sentences() if ": clustering" in s]
    assert sentence.endswith("More than chance gives (p 0.01), on average: errors keep together.")
    at_random = score(predictions(seed=5, n=120), permutations=99)
    (sentence,) = [s for s in at_random.sentences() if ": clustering" in s]
    assert f"No more than chance gives (p {at_random.summary['clustering_p'][0]:.2g})." in sentence
    assert "clustering" in repr(audit)
