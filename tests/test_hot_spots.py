"""Local statistics of errors, against the oracle, esda, chance, and users who slip."""

import json
import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geobias
import naive
from geobias.errors import GeoBiasError, InputError, ScaleError
from geobias.geometry.places import Places
from geobias.local import links as linking
from geobias.local.chance import Chance
from geobias.local.few import MOST
from geobias.local.links import Links
from geobias.samples import Samples
from geobias.scales import EARTH_RADIUS_KM, Scale
from geobias.simulate import world

STATISTICS = ("getis_ord", "moran", "join_counts")


def scattered(n=60, seed=0, lat=0.0, lon=0.0, spread=8.0, accuracy=0.6):
    """Samples around a position, which may be at a pole or on the date line."""
    draw = np.random.default_rng(seed)
    lat, lon = lat + draw.normal(0.0, spread, n), lon + draw.normal(0.0, spread, n)
    over = np.abs(lat) > 90.0
    lat, lon = np.where(over, np.sign(lat) * 180.0 - lat, lat), np.where(over, lon + 180.0, lon)
    lon = (lon + 180.0) % 360.0 - 180.0
    return pd.DataFrame({"lat": lat, "lon": lon, "correct": draw.random(n) < accuracy})


def polar(n=60, seed=0, sign=1.0):
    draw = np.random.default_rng(seed)
    lat = sign * (90.0 - np.abs(draw.normal(0.0, 6.0, n)))
    return pd.DataFrame(
        {"lat": lat, "lon": draw.uniform(-180.0, 180.0, n), "correct": draw.random(n) < 0.6}
    )


def repeated(sites=50, seed=0, **more):
    """Several samples per site, some right and some wrong."""
    table = scattered(sites, seed, **more)
    draw = np.random.default_rng(seed + 100)
    table = table.loc[table.index.repeat(draw.integers(1, 5, sites))].reset_index(drop=True)
    table["correct"] = draw.random(len(table)) < 0.6
    return table


def around(lat, lon, scale):
    """The members of every neighbourhood, by the oracle."""
    parsed = Scale.parse(scale)
    lat, lon = np.asarray(lat, dtype=float), np.asarray(lon, dtype=float)
    return [
        naive.neighbourhood(lat, lon, i, parsed.radius_rad, parsed.cap)[0] for i in range(len(lat))
    ]


WORLDS = {
    "plain": (scattered(), "700km"),
    "southern": (scattered(lat=-35.0, lon=145.0, seed=1), "700km"),
    "date line": (scattered(lon=179.5, seed=2), "600km"),
    "north pole": (polar(seed=3), "500km"),
    "south pole": (polar(seed=4, sign=-1.0), "500km"),
    "nearest": (scattered(seed=5), "knn:7"),
    "capped": (scattered(seed=6), "6@900km"),
    "one lonely": (pd.concat([scattered(seed=7), scattered(3, lat=60.0, spread=15.0)]), "500km"),
}


# --- Against the oracle --------------------------------------------------------------------------


@pytest.mark.parametrize("name", WORLDS)
def test_values_deviates_and_p_are_those_of_the_oracle(name):
    table, scale = WORLDS[name]
    found = geobias.hot_spots(table, scale=scale, sites="keep").samples
    wrong = found["wrong"].to_numpy()
    n, errors = len(wrong), int(wrong.sum())
    members = around(found["lat"], found["lon"], scale)
    assert found["neighbours"].tolist() == [len(own) - 1 for own in members]
    for i, own in enumerate(members):
        row, others = found.iloc[i], own[own != i]
        if not len(others):
            assert all(np.isnan(row[statistic]) for statistic in STATISTICS)
            assert all(row[f"{statistic}_label"] == "undefined" for statistic in STATISTICS)
            continue
        value, z = naive.local_g_star(wrong, own)
        assert row["getis_ord"] == pytest.approx(value, rel=1e-12)
        assert row["getis_ord_z"] == pytest.approx(z, rel=1e-9, abs=1e-9)
        tails = naive.error_tails(n, errors, len(own), round(sum(wrong[own])))
        assert row["getis_ord_p"] == pytest.approx(min(1.0, 2.0 * min(tails)), rel=1e-10)

        assert row["moran"] == pytest.approx(naive.local_moran(wrong, i, others), rel=1e-9)
        assert row["moran_z"] == pytest.approx(naive.local_moran_z(wrong, i, others), rel=1e-9)
        beside = round(sum(wrong[others]))
        tails = naive.error_tails(n - 1, errors - round(wrong[i]), len(others), beside)
        assert row["moran_p"] == pytest.approx(min(1.0, 2.0 * min(tails)), rel=1e-10)

        assert row["join_counts"] == naive.join_count(wrong, i, others)
        if wrong[i]:
            assert row["join_counts_p"] == pytest.approx(tails[0], rel=1e-10)
        else:
            assert np.isnan(row["join_counts_p"])
            assert row["join_counts_label"] == "no error"


@pytest.mark.parametrize("statistic", STATISTICS)
def test_q_values_are_those_of_the_oracle(statistic):
    found = geobias.hot_spots(scattered(seed=8), scale="600km").samples
    tested = found[found[f"{statistic}_p"].notna()]
    expected = naive.benjamini_hochberg(tested[f"{statistic}_p"].to_list())
    assert tested[f"{statistic}_q"].to_list() == pytest.approx(expected)


def test_merged_sites_carry_shares_of_errors():
    table = repeated(24, spread=6.0)
    table["lat"], table["lon"] = table["lat"].round(3), table["lon"].round(3)
    found = geobias.hot_spots(table, scale="500km").samples
    shares = 1.0 - table.groupby(["lat", "lon"])["correct"].mean()
    wrong = found["wrong"].to_numpy()
    assert sorted(wrong) == pytest.approx(sorted(shares))
    parts = np.rint(60 * wrong).astype(int)
    few = 0
    for i, own in enumerate(around(found["lat"], found["lon"], "500km")):
        row, others = found.iloc[i], own[own != i]
        if not len(others):
            continue
        value, z = naive.local_g_star(wrong, own)
        assert row["getis_ord"] == pytest.approx(value, rel=1e-12)
        assert row["getis_ord_z"] == pytest.approx(z, rel=1e-9, abs=1e-9)
        assert row["moran"] == pytest.approx(naive.local_moran(wrong, i, others), abs=1e-12)
        assert row["moran_z"] == pytest.approx(naive.local_moran_z(wrong, i, others), rel=1e-9)
        if len(own) <= 5:
            tails = naive.drawn_tails(parts.tolist(), len(own), parts[own].sum())
            assert row["getis_ord_p"] == pytest.approx(min(1.0, 2.0 * min(tails)), rel=1e-9)
            tails = naive.drawn_tails(
                np.delete(parts, i).tolist(), len(others), parts[others].sum()
            )
            assert row["moran_p"] == pytest.approx(min(1.0, 2.0 * min(tails)), rel=1e-9)
            few += 1
    assert few > 5


def test_join_counts_leave_out_sites_that_are_both():
    table = repeated(40, seed=3, spread=5.0)
    found = geobias.hot_spots(table, scale="500km", statistics="join_counts")
    rows = found.samples
    wrong = rows["wrong"].to_numpy()
    decided = np.isin(wrong, (0.0, 1.0))
    assert 5 < decided.sum() < len(rows) - 5
    n, errors = decided.sum(), round(wrong[decided].sum())
    lonely = 0
    for i, own in enumerate(around(rows["lat"], rows["lon"], "500km")):
        others = own[(own != i) & decided[own]]
        row = rows.iloc[i]
        if not decided[i] or not len(others):
            assert np.isnan(row["join_counts"])
            assert row["join_counts_label"] == "undefined"
            lonely += decided[i]
            continue
        assert row["join_counts"] == naive.join_count(wrong, i, others)
        if wrong[i]:
            tails = naive.error_tails(n - 1, errors - 1, len(others), round(wrong[others].sum()))
            assert row["join_counts_p"] == pytest.approx(tails[0], rel=1e-10)
    summary = found.summary.iloc[0]
    assert summary["undefined"] == (~decided).sum() + lonely
    assert summary["tested"] == rows["join_counts_p"].notna().sum()
    assert f"{(~decided).sum()} some samples are right and some wrong" in " ".join(found.notes)


# --- What chance gives ---------------------------------------------------------------------------


@given(st.lists(st.integers(0, 4), min_size=4, max_size=9), st.integers(1, 3), st.data())
def test_sums_of_a_few_shares_are_counted_out(values, k, data):
    total = data.draw(st.integers(0, 4 * k))
    bag = np.array([0, *values, 4])
    chance = Chance.of(np.array([total]), np.array([k]), bag)
    assert (chance.upper[0], chance.lower[0]) == pytest.approx(naive.drawn_tails([*bag], k, total))
    own = np.array([values[0]])
    chance = Chance.of(np.array([total]), np.array([k]), bag, own)
    expected = naive.drawn_tails([0, *values[1:], 4], k, total)
    if np.isnan(chance.upper[0]):
        assert len({0, *values[1:], 4}) == 1
    else:
        assert (chance.upper[0], chance.lower[0]) == pytest.approx(expected)


@pytest.mark.parametrize("errors", [3, 12, 60])
@pytest.mark.parametrize("shares", [[9], [30, 20, 40, 15], [30] * 10])
@pytest.mark.parametrize("k", [13, 40, 90])
def test_a_few_sites_that_are_both_leave_p_right(errors, shares, k):
    # Nearly all sums are whole errors: the smallest step is none that sums can take everywhere.
    parts = [*shares, *[60] * errors, *[0] * (240 - errors)]
    expected = k * errors / 240
    for found in range(int(expected) + 1, min(k, int(expected) + 9, errors)):
        chance = Chance.of(np.array([60 * found]), np.array([k]), np.array(parts))
        upper, lower = naive.many_drawn_tails(parts, k, 60 * found)
        assert chance.upper[0] == pytest.approx(upper, rel=1e-9 if errors < 30 else 0.05)
        assert chance.lower[0] == pytest.approx(lower, rel=1e-9 if errors < 30 else 0.05)


@given(st.integers(2, 60), st.data())
def test_errors_have_the_hypergeometric_distribution(n, data):
    errors = data.draw(st.integers(1, n - 1))
    k = data.draw(st.integers(1, n - 1))
    found = data.draw(st.integers(max(0, k - n + errors), min(k, errors)))
    wrong = np.arange(n) < errors
    chance = Chance.of(np.array([found]), np.array([k]), wrong.astype(np.int64))
    assert (chance.upper[0], chance.lower[0]) == pytest.approx(
        naive.error_tails(n, errors, k, found), rel=1e-10
    )


def test_the_moments_of_sums_are_those_of_all_that_can_be_drawn():
    values = np.array([0, 0, 1, 3, 7, 12, 12, 40])
    sums = np.array([values[list(each)].sum() for each in combinations(range(8), 5)])
    chance = Chance.of(np.array([50]), np.array([5]), values)
    assert chance.z[0] == pytest.approx((50 - sums.mean()) / sums.std())
    others = np.delete(values, 4)
    sums = np.array([others[list(each)].sum() for each in combinations(range(7), 5)])
    chance = Chance.of(np.array([50]), np.array([5]), values, own=np.array([7]))
    assert chance.z[0] == pytest.approx((50 - sums.mean()) / sums.std())


def test_sums_of_many_shares_are_close_to_what_is_simulated():
    draw = np.random.default_rng(0)
    parts = np.rint(60 * draw.binomial(3, 0.1, 400) / 3).astype(np.int64)
    for k in (MOST + 1, 40, 200):
        sums = np.array([draw.permutation(parts)[:k].sum() for _ in range(20_000)])
        for share in (0.01, 0.1, 0.5, 0.9, 0.99):
            at = int(np.quantile(sums, share))
            chance = Chance.of(np.array([at]), np.array([k]), parts)
            # 20,000 draws leave an error of 7 % in a probability of 0.01. A normal distribution, or
            # one that forgets that sums move in steps, is off by half of it.
            for ours, drawn in ((chance.upper, sums >= at), (chance.lower, sums <= at)):
                assert ours[0] == pytest.approx(drawn.mean(), rel=0.3, abs=0.005)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "date line", "nearest"])
def test_esda_approaches_the_same_p_by_permutation(name):
    from esda.crand import _prepare_univariate, crand
    from numba import njit

    @njit
    def beside(i, z, permuted_ids, weights, scaling):
        return _prepare_univariate(i, z, permuted_ids, weights[1:])[1] @ weights[1:]

    table, scale = WORLDS[name]
    samples = Samples.from_table(table)
    places = Places.of(samples.lat, samples.lon)
    links = Links.of(places, Scale.parse(scale), 1, lambda *_: None)
    wrong = places.seated(1.0 - samples.correct[0])
    others = links.matrix @ wrong - wrong
    binary = links.graph(own=True).assign_self_weight(0).eliminate_zeros().transform("B")
    tails = [
        crand(
            wrong, binary, others, 9999, False, 1, beside, scaling=1.0, seed=1, alternative=side
        )[0]
        for side in ("greater", "lesser")
    ]  # fmt: skip
    simulated = pd.Series(np.minimum(1.0, 2.0 * np.minimum(*tails)), index=places.sample_at)
    ours = geobias.hot_spots(table, scale=scale, statistics="moran", sites="keep").samples
    known = ours["moran_p"].notna()
    error = np.sqrt(ours["moran_p"] / 9999).clip(lower=2e-4)
    assert known.sum() > 50
    assert ((simulated.sort_index() - ours["moran_p"]).abs()[known] < 6 * error[known]).all()


def test_esda_has_the_same_values():
    from esda.join_counts_local import Join_Counts_Local
    from esda.moran import Moran_Local

    table, scale = WORLDS["nearest"]
    samples = Samples.from_table(table)
    places = Places.of(samples.lat, samples.lon)
    links = Links.of(places, Scale.parse(scale), 1, lambda *_: None)
    wrong = places.seated(1.0 - samples.correct[0])
    ours = geobias.hot_spots(table, scale=scale).samples.iloc[places.sample_at]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts = Join_Counts_Local(connectivity=links.graph(own=True)).fit(wrong, permutations=0)
        local = Moran_Local(wrong, links.graph(own=False), permutations=0)
    assert ours["join_counts"].to_list() == counts.LJC.tolist()
    # Its conditional moments are those of a statistic that divides by n, its value by n - 1.
    n = len(wrong)
    z = (local.Is * n / (n - 1) - local.EIc) / np.sqrt(local.VIc)
    assert ours["moran_z"].to_list() == pytest.approx(z.tolist())


def test_unbiased_worlds_have_false_discoveries_at_the_stated_rate():
    any_at_all = dict.fromkeys(STATISTICS, 0)
    for seed in range(100):
        table = world("unbiased", n=300, seed=seed, accuracy=0.8)
        summary = geobias.hot_spots(table, scale="knn:10", fdr=0.1).summary
        for row in summary.to_dict("records"):
            any_at_all[row["statistic"]] += row["smallest_q"] <= 0.1
    # 10 % of worlds may have one; 18 or more of 100 would be rare.
    assert max(any_at_all.values()) <= 18
    assert min(any_at_all.values()) < 18


def test_unbiased_repeats_look_like_hot_spots_only_if_kept():
    kept = merged = 0
    for seed in range(10):
        table = world("repeats", n=600, seed=seed)
        kept += geobias.hot_spots(table, scale="50km", sites="keep").summary["hot"].iloc[0]
        merged += geobias.hot_spots(table, scale="50km").summary["hot"].iloc[0]
    assert kept > 100
    assert merged < kept / 20


# --- A planted region ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "lon"), [(20.0, 10.0), (-40.0, 140.0), (0.0, 180.0), (88.0, 0.0), (-89.0, 50.0)]
)
def test_a_weak_region_lights_up_inside(lat, lon):
    table = world(
        "weak-region", n=8000, locations="uniform", lat=lat, lon=lon, radius_km=1500.0, gap=0.7,
        accuracy=0.9,
    )  # fmt: skip
    found = geobias.hot_spots(table, scale="700km")
    rows = found.samples
    km = np.array(
        [naive.distance_km(a, b, lat, lon) for a, b in zip(rows["lat"], rows["lon"], strict=True)]
    )
    hot = (rows["getis_ord_label"] == "hot").to_numpy()
    assert hot[km < 1000.0].mean() > 0.9
    assert not hot[km > 1500.0 + 700.0].any()
    errors = rows["wrong"].to_numpy() == 1.0
    among = (rows["moran_label"] == "errors among errors").to_numpy()
    assert among[errors & (km < 1000.0)].mean() > 0.9
    assert not among[~errors].any()
    assert (rows["moran_label"] == "right among errors")[km < 1000.0].any()
    joined = (rows["join_counts_label"] == "hot").to_numpy()
    assert joined[errors & (km < 1000.0)].mean() > 0.9
    assert not joined[~errors].any()


def test_a_strong_region_is_cold_and_errors_in_it_are_outliers():
    table = world(
        "weak-region", n=8000, locations="uniform", lat=0.0, lon=0.0, radius_km=2500.0, gap=0.5,
        accuracy=0.5,
    )  # fmt: skip
    table["correct"] = ~table["correct"]
    rows = geobias.hot_spots(table, scale="900km").samples
    assert (rows["getis_ord_label"] == "cold").sum() > 30
    assert (rows["moran_label"] == "right among right").sum() > 20
    lone = rows[rows["moran_label"] == "error among right"]
    assert len(lone)
    assert (lone["moran_z"] < 0.0).all()
    assert (lone["wrong"] == 1.0).all()


# --- What must not matter ------------------------------------------------------------------------


@pytest.mark.parametrize("sites", ["keep", "merge"])
def test_neither_the_order_of_rows_nor_threads_change_a_bit(sites):
    table = repeated(60, seed=5)
    table["other"] = np.random.default_rng(1).random(len(table)) < 0.7
    choices = {"correct": ["correct", "other"], "scale": "knn:9", "sites": sites}
    first = geobias.hot_spots(table, **choices, threads=1)
    order = np.random.default_rng(9).permutation(len(table))
    again = geobias.hot_spots(table.iloc[order], **choices, threads=2)
    pd.testing.assert_frame_equal(first.summary, again.summary, check_exact=True)
    # Rows of samples follow those of the input.
    keys = ["model", "lat", "lon", "wrong"]
    one, two = (
        each.samples.drop(columns="sample").sort_values(keys, ignore_index=True)
        for each in (first, again)
    )
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_a_model_does_not_change_with_its_company():
    table = scattered(seed=4)
    table["other"] = ~table["correct"]
    alone = geobias.hot_spots(table, correct="correct", scale="600km").samples
    both = geobias.hot_spots(table, correct=["other", "correct"], scale="600km").samples
    own = both[both["model"] == "correct"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, own, check_exact=True)


def test_turning_the_globe_changes_nothing():
    table = scattered(seed=3)
    turned = table.assign(lon=(table["lon"] + 190.0 + 180.0) % 360.0 - 180.0)
    one, two = (geobias.hot_spots(each, scale="600km").summary for each in (table, turned))
    pd.testing.assert_frame_equal(one, two)


# --- Where nothing can be said -------------------------------------------------------------------


def test_isolates_are_undefined_counted_and_said():
    table = pd.DataFrame(
        {"lat": [0.0, 0.1, 0.2, 0.3, 50.0], "lon": 0.0, "correct": [1, 0, 1, 0, 0]}
    )
    found = geobias.hot_spots(table, scale="12km")
    assert found.summary["undefined"].tolist() == [1, 1, 1]
    assert found.samples["neighbours"].tolist() == [1, 2, 2, 1, 0]
    last = found.samples.iloc[4]
    assert last[["getis_ord_label", "moran_label", "join_counts_label"]].eq("undefined").all()
    assert last[["getis_ord", "getis_ord_z", "getis_ord_p", "getis_ord_q"]].isna().all()
    assert "1 sample of 5 without another within 12km: undefined there." in found.notes


def test_who_has_all_others_for_neighbours_is_undefined():
    table = scattered(20, lat=40.0, spread=0.1)
    found = geobias.hot_spots(table, scale="1000km")
    assert found.summary["tested"].tolist() == [0, 0, 0]
    assert all(said.endswith("undefined everywhere.") for said in found.sentences())
    assert any(note.startswith("20 samples of 20 with all others") for note in found.notes)


@pytest.mark.parametrize("right", [True, False])
def test_equal_marks_are_undefined_and_said(right):
    table = scattered(20).assign(correct=right)
    found = geobias.hot_spots(table, scale="knn:4")
    assert found.summary["undefined"].tolist() == [20, 20, 20]
    assert found.summary["hot"].tolist() == [0, 0, 0]
    assert found.samples["moran"].isna().all()
    assert "correct: it is all right or all wrong, so that nothing stands out." in found.notes


def test_a_single_error_has_none_to_be_beside():
    table = scattered(30).assign(correct=True)
    table.loc[4, "correct"] = False
    found = geobias.hot_spots(table, scale="knn:5")
    assert found.samples.loc[4, ["moran_label", "join_counts_label"]].tolist() == ["undefined"] * 2
    assert found.summary["undefined"].tolist() == [0, 1, 1]
    assert found.summary["tested"].tolist() == [30, 29, 0]
    assert any("local Moran's I is undefined at 1 more" in note for note in found.notes)


def test_a_crowd_at_one_place_has_no_nearest_neighbours():
    crowd = pd.DataFrame({"lat": 10.0, "lon": 10.0, "correct": [1, 0, 1, 0, 1, 0, 1, 0]})
    table = pd.concat([crowd, scattered(20)], ignore_index=True)
    found = geobias.hot_spots(table, scale="knn:5", sites="keep")
    labels = found.samples["getis_ord_label"]
    assert (labels[:8] == "undefined").all()
    assert (labels[8:] != "undefined").all()
    assert any("or only those at the same place" in note for note in found.notes)


def test_sites_that_are_all_both_have_no_join_counts():
    table = pd.concat([scattered(12).assign(correct=right) for right in (True, False)])
    table.loc[0, "correct"] = False
    found = geobias.hot_spots(table, scale="knn:4", statistics="join_counts")
    assert found.summary["undefined"].tolist() == [12]
    assert found.summary["tested"].tolist() == [0]


def test_what_libraries_warn_of_does_not_reach_users():
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        geobias.hot_spots(WORLDS["one lonely"][0], scale="200km")
    assert not [each for each in caught if "esda" in each.filename or "pysal" in each.filename]
    assert not caught
    assert list(warnings.filters) == before


# --- Sites ---------------------------------------------------------------------------------------


def test_one_test_per_distinct_site():
    table = pd.concat([scattered(30)] * 3, ignore_index=True)
    kept = geobias.hot_spots(table, scale="900km", sites="keep", statistics="getis_ord").samples
    first = kept.iloc[:30]
    p = first["getis_ord_p"].to_list()
    assert first["getis_ord_q"].to_list() == pytest.approx(naive.benjamini_hochberg(p))
    for more in (kept.iloc[30:60], kept.iloc[60:]):
        assert more["getis_ord_q"].tolist() == first["getis_ord_q"].tolist()


def test_kept_repeats_are_warned_of():
    table = repeated(40)
    kept = geobias.hot_spots(table, scale="knn:20", sites="keep")
    assert any("Repeated samples of one site are not geography" in note for note in kept.notes)
    assert any('sites="merge" judges sites' in note for note in kept.notes)
    merged = geobias.hot_spots(table, scale="knn:20")
    assert not any("independent" in note for note in merged.notes)
    assert any("strays less from the mean" in note for note in merged.notes)
    assert merged.provenance["input"]["merged"]
    assert "sites" in merged.sentences()[0]


def test_samples_that_share_no_site_stay_samples():
    found = geobias.hot_spots(scattered(30), scale="knn:5")
    assert not found.provenance["input"]["merged"]
    assert "30 samples" in found.sentences()[0]


def test_levels_below_zero_are_errors():
    table = scattered(40)
    table["grade"] = np.random.default_rng(0).choice([-2.0, -1.0, 1.0, 2.0], 40)
    found = geobias.hot_spots(table, correct="grade", levels=[-2, -1, 1, 2], scale="knn:6")
    assert found.samples["wrong"].tolist() == (table["grade"] < 0).astype(float).tolist()
    twice = pd.concat([table, table])
    with pytest.raises(GeoBiasError, match=r'mean of 4 levels.* use sites="keep"'):
        geobias.hot_spots(twice, correct="grade", levels=[-2, -1, 1, 2], scale="knn:6")


# --- What users get ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found():
    table = world(
        "weak-region", n=600, locations="uniform", lat=10.0, lon=10.0, radius_km=2500.0, gap=0.7
    )
    table["luck"] = np.random.default_rng(1).random(600) < 0.8
    return geobias.hot_spots(table, correct=["correct", "luck"], scale="1500km")


def test_the_summary_counts_the_labels(found):
    assert found.summary["statistic"].tolist() == [*STATISTICS] * 2
    for row in found.summary.to_dict("records"):
        own = found.samples[found.samples["model"] == row["model"]]
        labels = own[f"{row['statistic']}_label"]
        called = {
            "moran": ("errors among errors", "right among right", "error among right",
                      "right among errors"),
            "getis_ord": ("hot", "cold"),
            "join_counts": ("hot",),
        }[row["statistic"]]  # fmt: skip
        columns = ("hot", "cold", "error_outliers", "right_outliers")
        for column, label in zip(columns, called, strict=False):
            assert row[column] == (labels == label).sum()
        assert all(np.isnan(row[column]) for column in columns[len(called) :])
        assert row["tested"] == own[f"{row['statistic']}_p"].notna().sum()
        assert row["undefined"] == (labels == "undefined").sum()
        assert row["smallest_q"] == own[f"{row['statistic']}_q"].min()


def test_sentences_claim_nothing_of_chance(found):
    weak, luck = found.sentences()[:3], found.sentences()[3:]
    assert all("hot" in said and "false discovery rate 0.05" in said for said in weak)
    assert all("stands out from chance (smallest q" in said for said in luck)
    assert "correct, local G* at 1500km: of 599 samples" in weak[0]


def test_it_is_written_and_shown(found, tmp_path):
    facts = json.loads(found.to_json(tmp_path / "spots.json"))
    assert facts["settings"] == {
        "scale": "1500km", "statistics": list(STATISTICS), "sites": "merge",
        "site_tolerance_km": 0.0, "fdr": 0.05,
    }  # fmt: skip
    assert facts["summary"][0]["error_outliers"] is None
    assert json.loads((tmp_path / "spots.json").read_text()) == facts
    found.to_parquet(tmp_path / "spots.parquet")
    stored = pq.read_table(tmp_path / "spots.parquet")
    assert json.loads(stored.schema.metadata[b"geobias"])["sentences"] == found.sentences()
    pd.testing.assert_frame_equal(stored.to_pandas(), found.samples)
    assert "local G*" in found._repr_html_()
    assert "local Moran" in repr(found)


def test_statistics_can_be_chosen():
    table = scattered(30)
    found = geobias.hot_spots(table, scale="knn:5", statistics=["moran", "moran"])
    assert found.summary["statistic"].tolist() == ["moran"]
    assert "getis_ord" not in found.samples


# --- Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"statistics": "geary"}, GeoBiasError, "statistics must be one of getis_ord, moran, join"),
        ({"statistics": []}, GeoBiasError, "No statistic was given: ask for getis_ord"),
        ({"statistics": [3]}, GeoBiasError, "statistics must be one of .* not 3"),
        ({"sites": "drop"}, GeoBiasError, "sites must be one of keep, merge"),
        ({"fdr": 0.0}, GeoBiasError, "fdr must lie between 0 and 1"),
        ({"fdr": "5%"}, GeoBiasError, "fdr must lie between 0 and 1"),
        ({"scale": "100"}, ScaleError, 'has no unit. Did you mean "100km"'),
        ({"scale": ["100km", "200km"]}, ScaleError, "not understood"),
        ({"scale": "knn:99"}, GeoBiasError, "asks for 99 neighbours, but there are only 30 sam"),
        ({"correct": "hit"}, InputError, "'hit'"),
        ({"threads": 0}, GeoBiasError, "threads must be a whole number of 1 or more"),
        ({"site_tolerance_km": -1.0}, InputError, "site_tolerance_km"),
        ({"site_tolerance_km": "far"}, InputError, "site_tolerance_km= must be 0 or more kilo"),
        ({"site_tolerance_km": [1.0]}, InputError, "site_tolerance_km= must be 0 or more kilo"),
    ],
)
def test_slips_are_explained(choices, error, message):
    with pytest.raises(error, match=message):
        geobias.hot_spots(scattered(30), **choices)


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_samples_are_too_few(n):
    table = scattered(n, lat=40.0).assign(correct=np.arange(n) > 0)
    with pytest.raises(GeoBiasError, match=rf"^{n} samples? cannot .* at least 3 are needed"):
        geobias.hot_spots(table)


def test_small_shares_are_told_apart():
    table = pd.concat([scattered(30, accuracy=2.0)] * 400, ignore_index=True)
    table.loc[np.arange(45), "correct"] = False
    found = geobias.hot_spots(table, scale="knn:5", statistics="getis_ord")
    assert found.summary["tested"].tolist() == [30]


def test_sites_of_unequal_size_are_warned_of_and_no_others():
    unequal = geobias.hot_spots(repeated(40), scale="knn:20")
    assert any(
        "more than the stated rate of hot and cold ones are false" in n for n in unequal.notes
    )
    table = pd.concat([scattered(40), scattered(40).assign(correct=True)])
    equal = geobias.hot_spots(table, scale="knn:20")
    assert not any("strays" in note for note in equal.notes)


def test_too_many_links_are_refused_before_they_are_looked_up(monkeypatch):
    monkeypatch.setattr(linking, "MOST_LINKS", 500)
    monkeypatch.setattr(linking, "neighbourhoods", None)
    with pytest.raises(ScaleError, match=r"makes 3,600 links between 60 samples, more than 500: ask"
                       r".* at most knn:8"):  # fmt: skip
        geobias.hot_spots(scattered(60), scale=f"{EARTH_RADIUS_KM * np.pi / 4}km")
