"""Local statistics of errors, against the oracle, esda, chance, and users who slip."""

import json
import warnings

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
from geobias.local.links import Links
from geobias.samples import Samples
from geobias.samples.one_per_site import one_per_site
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


# --- What chance gives ---------------------------------------------------------------------------


@given(st.integers(2, 60), st.data())
def test_errors_have_the_hypergeometric_distribution(n, data):
    errors = data.draw(st.integers(1, n - 1))
    k = data.draw(st.integers(1, n - 1))
    found = data.draw(st.integers(max(0, k - n + errors), min(k, errors)))
    chance = Chance.of(np.array([found]), np.array([k]), np.array([errors]), n)
    assert (chance.upper[0], chance.lower[0]) == pytest.approx(
        naive.error_tails(n, errors, k, found), rel=1e-10
    )


@pytest.mark.parametrize(("errors", "k"), [(0, 3), (8, 3), (3, 8)])
def test_where_chance_has_no_choice_nothing_is_unusual(errors, k):
    chance = Chance.of(np.array([min(errors, k)]), np.array([k]), np.array([errors]), 8)
    assert np.isnan([chance.z, chance.upper, chance.lower]).all()


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


def test_sites_of_unequal_size_have_false_discoveries_at_the_stated_rate():
    draw = np.random.default_rng(11)
    discoveries, expected, low = 0, [], {"west": [], "east": []}
    for _ in range(100):
        lon = draw.uniform(-60.0, 60.0, 600)
        sites = pd.DataFrame({"lat": draw.uniform(-40.0, 40.0, 600), "lon": lon})
        table = sites.loc[sites.index.repeat(np.where(lon < 0.0, 1, 20))]
        table = table.assign(correct=draw.random(len(table)) >= 0.2)
        found = geobias.hot_spots(table, scale="knn:20", statistics="getis_ord")
        discoveries += found.summary["smallest_q"].iloc[0] <= 0.05
        west = found.samples["lon"] < 0.0
        assert len(west) == 600
        for half, inside in (("west", west), ("east", ~west)):
            low[half].append((found.samples["getis_ord_p"][inside] <= 0.05).mean())
        # Numbers of errors move in steps, so that p is at most .05 in less than 5 % of cases.
        errors, size = int(found.samples["wrong"].sum()), found.samples["neighbours"].iloc[0] + 1
        tails = [naive.error_tails(600, errors, size, x) for x in range(size + 1)]
        expected.append(
            max((upper for upper, _ in tails if upper <= 0.025), default=0.0)
            + max((lower for _, lower in tails if lower <= 0.025), default=0.0)
        )
    # Shares of single worlds stray by .02 or so.
    assert np.mean(low["west"]) == pytest.approx(np.mean(expected), abs=0.006)
    assert np.mean(low["east"]) == pytest.approx(np.mean(expected), abs=0.006)
    # 5 % of worlds may have one; 12 or more of 100 would be rare.
    assert discoveries < 12


def test_unbiased_repeats_look_like_hot_spots_only_if_kept():
    kept = one = 0
    for seed in range(10):
        table = world("repeats", n=600, seed=seed, agreement=1.0)
        kept += geobias.hot_spots(table, scale="50km", sites="keep").summary["hot"].iloc[0]
        one += geobias.hot_spots(table, scale="1000km").summary["hot"].sum()
    assert kept > 100
    assert one == 0


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


@pytest.mark.parametrize("sites", ["keep", "one"])
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
    assert (
        "correct: a single sample is wrong, and for it all others are alike: undefined there by "
        "local Moran's I and local join counts." in found.notes
    )


def test_a_single_right_answer_has_none_to_be_like():
    table = scattered(30).assign(correct=False)
    table.loc[4, "correct"] = True
    found = geobias.hot_spots(table, scale="knn:5")
    assert found.samples.loc[4, ["moran_label", "join_counts_label"]].tolist() == [
        "undefined",
        "no error",
    ]
    assert found.summary["undefined"].tolist() == [0, 1, 0]
    assert (
        "correct: a single sample is right, and for it all others are alike: undefined there by "
        "local Moran's I." in found.notes
    )


def test_a_crowd_at_one_place_has_no_nearest_neighbours():
    crowd = pd.DataFrame({"lat": 10.0, "lon": 10.0, "correct": [1, 0, 1, 0, 1, 0, 1, 0]})
    table = pd.concat([crowd, scattered(20)], ignore_index=True)
    found = geobias.hot_spots(table, scale="knn:5", sites="keep")
    labels = found.samples["getis_ord_label"]
    assert (labels[:8] == "undefined").all()
    assert (labels[8:] != "undefined").all()
    assert any("or only those at the same place" in note for note in found.notes)


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
    said = [note for note in kept.notes if "Repeated samples of one site are not geography" in note]
    assert len(said) == 1
    assert 'sites="one" judges one of each site' in said[0]
    assert "merge" not in said[0]
    assert len(kept.samples) == len(table)


def test_one_sample_of_each_site_is_judged_and_the_others_are_counted():
    table = repeated(40)
    found = geobias.hot_spots(table, scale="knn:20")
    places = table[["lat", "lon"]].apply(tuple, axis=1)
    assert sorted(places[found.samples["sample"]]) == sorted(set(places))
    judged = table.loc[found.samples["sample"]]
    assert found.samples["wrong"].tolist() == (~judged["correct"]).astype(float).tolist()
    left = len(table) - 40
    assert (
        f"One random sample of each of 40 sites is judged, {left} others are left out: samples of "
        'one site can fail together, and would look like a hot spot; sites="keep" takes all.'
    ) in found.notes
    assert not any("not geography" in note for note in found.notes)
    assert "of 40 samples" in found.sentences()[0]
    assert found.provenance["input"]["samples"] == 40
    assert not found.provenance["input"]["merged"]


def test_the_samples_that_are_judged_follow_from_the_seed():
    table = repeated(40)
    rows = [
        geobias.hot_spots(table, scale="knn:20", seed=seed).samples["sample"].tolist()
        for seed in (0, 0, 1)
    ]
    assert rows[0] == rows[1]
    assert rows[0] != rows[2]
    kept = [
        geobias.hot_spots(table, scale="knn:20", seed=seed, sites="keep").samples for seed in (0, 1)
    ]
    pd.testing.assert_frame_equal(*kept, check_exact=True)


def test_all_samples_of_a_site_are_equally_likely():
    table = repeated(12, seed=2)
    samples = Samples.from_table(table)
    size = np.bincount(samples.sites)
    assert {1, 4} <= {*size.tolist()}
    drawn = np.zeros(samples.n)
    for seed in range(1000):
        one = one_per_site(samples, seed)
        assert (np.diff(one.rows) > 0).all()
        assert one.n == one.n_sites == 12
        drawn[one.rows] += 1
    # A standard error of 1.6 % at most.
    assert drawn / 1000 == pytest.approx(1.0 / size[samples.sites], abs=0.06)


def test_the_order_of_rows_does_not_change_which_sample_is_drawn():
    table = repeated(50, seed=3)
    table["other"] = np.random.default_rng(4).random(len(table)) < 0.5
    order = np.random.default_rng(5).permutation(len(table))
    one, two = (
        one_per_site(Samples.from_table(each, correct=["correct", "other"]), seed=6)
        for each in (table, table.iloc[order])
    )
    assert one.n < len(table)
    first, again = (np.array([s.lat, s.lon, *s.marks]) for s in (one, two))
    assert (first[:, np.lexsort(first)] == again[:, np.lexsort(again)]).all()


def test_other_data_have_a_draw_of_their_own():
    # Sites of 20 of which 4 are wrong: by equal ranks the same sites would be wrong in all data.
    wrong = []
    for data in range(200):
        table = pd.concat([scattered(15, seed=data)] * 20, ignore_index=True)
        table["correct"] = np.arange(300) // 15 > 3
        one = one_per_site(Samples.from_table(table), seed=0)
        wrong.append(one.marks[0, np.argsort(one.sites)] < 0.0)
    # A standard error of 2.8 %.
    assert np.mean(wrong, axis=0) == pytest.approx(0.2, abs=0.11)


def test_a_tolerance_joins_places_of_which_one_is_judged():
    table = pd.concat([scattered(20), scattered(20).assign(lat=lambda t: t["lat"] + 0.001)])
    found = geobias.hot_spots(table, scale="knn:5", site_tolerance_km=1.0)
    assert len(found.samples) == 20
    assert set(found.samples["lat"]) <= set(table["lat"])
    assert len(geobias.hot_spots(table, scale="knn:5").samples) == 40


def test_samples_that_share_no_site_are_all_judged():
    samples = Samples.from_table(scattered(30))
    assert one_per_site(samples, 0) is samples
    found = geobias.hot_spots(scattered(30), scale="knn:5")
    assert "30 samples" in found.sentences()[0]
    assert not any("left out" in note for note in found.notes)


@pytest.mark.parametrize("sites", ["keep", "one"])
def test_merged_samples_are_refused(sites):
    merged = Samples.from_table(repeated(20)).merged()
    with pytest.raises(GeoBiasError, match=r"^These samples are merged.* as they were before"):
        geobias.hot_spots(merged, scale="knn:5", sites=sites)


def test_levels_below_zero_are_errors():
    table = scattered(40)
    table["grade"] = np.random.default_rng(0).choice([-2.0, -1.0, 1.0, 2.0], 40)
    choices = {"correct": "grade", "levels": [-2, -1, 1, 2], "scale": "knn:6"}
    found = geobias.hot_spots(table, **choices)
    assert found.samples["wrong"].tolist() == (table["grade"] < 0).astype(float).tolist()
    twice = geobias.hot_spots(pd.concat([table, table], ignore_index=True), **choices)
    drop = twice.samples.drop(columns="sample")
    keys = ["lat", "lon"]
    pd.testing.assert_frame_equal(
        drop.sort_values(keys, ignore_index=True),
        found.samples.drop(columns="sample").sort_values(keys, ignore_index=True),
        check_exact=True,
    )


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
        "scale": "1500km", "statistics": list(STATISTICS), "sites": "one",
        "site_tolerance_km": 0.0, "fdr": 0.05, "seed": 0,
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
        ({"sites": "merge"}, GeoBiasError, "sites must be one of keep, one, not 'merge'"),
        ({"seed": -1}, GeoBiasError, "seed must be a whole number of 0 to"),
        ({"seed": 0.5}, GeoBiasError, "seed must be a whole number of 0 to"),
        ({"fdr": 0.0}, GeoBiasError, "fdr must lie between 0 and 1"),
        ({"fdr": "5%"}, GeoBiasError, "fdr must lie between 0 and 1"),
        ({"scale": "100"}, ScaleError, 'has no unit. Did you mean "100km"'),
        ({"scale": ["100km", "200km"]}, ScaleError, "not understood"),
        ({"scale": "knn:99"}, GeoBiasError, "asks for 99 neighbours, but there are only 30 sam"),
        ({"correct": "hit"}, InputError, "'hit'"),
        ({"threads": 0}, GeoBiasError, "threads must be a whole number of 1 or more"),
        ({"site_tolerance_km": -1.0}, InputError, "site_tolerance_km"),
        ({"site_tolerance_km": True}, InputError, "site_tolerance_km= must be 0 or more kilo"),
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


def test_many_samples_at_two_sites_are_too_few():
    table = pd.concat([scattered(2, lat=40.0)] * 9)
    with pytest.raises(GeoBiasError, match=r"^2 sites cannot .* at least 3 are needed"):
        geobias.hot_spots(table)


def test_too_many_links_are_refused_before_they_are_looked_up(monkeypatch):
    monkeypatch.setattr(linking, "MOST_LINKS", 500)
    monkeypatch.setattr(linking, "neighbourhoods", None)
    with pytest.raises(ScaleError, match=r"makes 3,600 links between 60 samples, more than 500: ask"
                       r".* at most knn:8"):  # fmt: skip
        geobias.hot_spots(scattered(60), scale=f"{EARTH_RADIUS_KM * np.pi / 4}km")
