"""Groups: shares, gaps and exchanges against the oracle, and what is said about them."""

import json
import tracemalloc

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from fairlearn.metrics import MetricFrame
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import accuracy_score

import geobias
import naive
from geobias.errors import GeoBiasError, InputError
from geobias.inference.disparities import Disparities
from geobias.inference.pieces import Pieces
from geobias.inference.proportions import chi_square, newcombe, wilson
from geobias.results.group_words import sentence
from geobias.samples import Samples

EXCHANGES = 99
ATTACK = "<script>alert(1)</script>"


def groups(table, **choices):
    return geobias.groups(table, **{"permutations": EXCHANGES, **choices})


def europe(n=600, seed=0, gap=0.35):
    """Two models around Europe, one of which is weak in the east."""
    draw = np.random.default_rng(seed)
    table = pd.DataFrame({"lat": draw.uniform(44, 50, n), "lon": draw.uniform(5, 28, n)})
    table["weak"] = draw.random(n) < np.where(table["lon"] > 22, 0.9 - gap, 0.9)
    table["even"] = draw.random(n) < 0.8
    return table


def camps(members, **more):
    """A table from (camp, lat, marks) of places, all at longitude 10."""
    rows = [
        {"lat": lat, "lon": 10.0, "camp": camp, "hit": mark}
        for camp, lat, marks in members
        for mark in marks
    ]
    return pd.DataFrame(rows).assign(**more)


# --- Shares --------------------------------------------------------------------------------------


@given(st.integers(1, 300), st.data())
def test_wilson_is_that_of_the_oracle(n, data):
    hits = data.draw(st.integers(0, n))
    low, high = wilson(np.array([hits]), np.array([n]))
    # A root of 0 or 1 comes out of the quadratic with half its digits.
    assert (low[0], high[0]) == pytest.approx(naive.wilson(hits, n), abs=1e-7)
    other = data.draw(st.integers(1, 300))
    other_hits = data.draw(st.integers(0, other))
    found = newcombe(np.array([hits]), np.array([n]), np.array([other_hits]), np.array([other]))
    expected = naive.newcombe(hits, n, other_hits, other)
    assert (found[0][0], found[1][0]) == pytest.approx(expected, abs=1e-7)


def test_wilson_repeats_published_intervals():
    """Newcombe (1998), *Two-sided confidence intervals for the single proportion*, table I."""
    low, high = wilson(np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29]))
    assert low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_nothing_has_no_interval():
    low, high = wilson(np.array([0]), np.array([0]))
    assert np.isnan([*low, *high]).all()


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=2, max_size=6))
def test_chi_square_is_that_of_the_oracle_and_of_scipy(cells):
    right = np.array([float(a) for a, _ in cells])
    size = np.array([float(a + b) for a, b in cells])
    found = chi_square(right, size)
    assert found == pytest.approx(naive.chi_square(list(right), list(size)), abs=1e-9)
    theirs = stats.chi2_contingency(np.vstack((right, size - right)), correction=False)
    assert found == pytest.approx(theirs.statistic, abs=1e-9)


def test_chi_square_needs_two_groups_and_both_answers():
    assert np.isnan(chi_square(np.array([3.0]), np.array([5.0])))
    assert np.isnan(chi_square(np.array([5.0, 4.0]), np.array([5.0, 4.0])))


# --- The table -----------------------------------------------------------------------------------


def test_figures_of_a_group_are_those_of_its_samples():
    table = europe()
    table["camp"] = np.where(table["lon"] > 22, "east", "west")
    found = groups(table, by="camp", correct=["weak", "even"])
    assert list(found.by_group.index) == [
        ("weak", "east"), ("weak", "west"), *((m, g) for m, g in found.by_group.index[2:]),
    ]  # fmt: skip
    for (model, camp), row in found.by_group.iterrows():
        own, rest = (table.loc[(table["camp"] == camp) == which, model] for which in (True, False))
        assert row["n"] == row["sites"] == len(own)
        assert row["accuracy"] == own.mean()
        assert (row["low"], row["high"]) == pytest.approx(naive.wilson(own.sum(), len(own)))
        assert row["gap"] == pytest.approx(own.mean() - rest.mean())
        span = naive.newcombe(own.sum(), len(own), rest.sum(), len(rest))
        assert (row["gap_low"], row["gap_high"]) == pytest.approx(span)
    for _, row in found.summary.iterrows():
        theirs = stats.chi2_contingency(pd.crosstab(table["camp"], table[row["model"]]), False)
        assert row["chi_square"] == pytest.approx(theirs.statistic)
        assert row["p_chi_square"] == pytest.approx(theirs.pvalue)
        assert row["df"] == 1
        assert row["accuracy"] == table[row["model"]].mean()
    shares = table.groupby("camp")["weak"].mean()
    assert found.difference()["weak"] == pytest.approx(shares.max() - shares.min())
    assert found.overall.loc["even", "accuracy"] == table["even"].mean()
    assert found.summary["worst"][0] == "east"
    assert found.summary["best"][0] == "west"


def test_levels_above_0_are_correct():
    table = europe()
    table["grade"] = np.where(table["weak"], 2.0, np.where(table["even"], -1.0, -3.0))
    by_grade = groups(table, correct="grade", levels=[-3, -1, 2])
    by_mark = groups(table, correct="weak")
    left = by_grade.table.drop(columns="model")
    pd.testing.assert_frame_equal(left, by_mark.table.drop(columns="model"))


@pytest.mark.parametrize(
    ("by", "worst"),
    [
        (None, "Europe"), ("continent", "Europe"), ("un_region", "Europe"),
        ("un_subregion", "Eastern Europe"), ("income", "Upper middle income"),
        ("country", "Romania"),
    ],
)  # fmt: skip
def test_schemes_group_by_where_samples_lie(by, worst):
    found = groups(europe(), by=by, correct="weak")
    assert found.summary["worst"][0] == worst
    assert found.table["n"].sum() == found.summary["samples"][0]


def test_polygons_may_be_the_groups(tmp_path):
    zones = geopandas.GeoDataFrame(
        {"zone": ["west", "east"], "code": [1, 2]},
        geometry=[shapely.box(0, 40, 22, 60), shapely.box(22, 40, 30, 60)],
        crs=4326,
    )
    zones.to_file(tmp_path / "zones.gpkg")
    table = europe()
    table["camp"] = np.where(table["lon"] > 22, "east", "west")
    by_file = groups(table, regions=tmp_path / "zones.gpkg", correct="weak")
    by_table = groups(table, regions=zones, region_name="zone", correct="weak")
    by_column = groups(table, by="camp", correct="weak")
    pd.testing.assert_frame_equal(by_file.table, by_table.table)
    pd.testing.assert_frame_equal(by_file.table, by_column.table)


def test_samples_without_a_group_are_counted_and_left_out():
    table = europe(200).assign(lat=48.0, lon=np.linspace(6.0, 20.0, 200))
    sea = table.assign(lat=-40.0, lon=-20.0)
    found = groups(pd.concat([table, sea]), correct="even")
    assert found.summary["samples"][0] == 200
    assert any("200 samples in none of the countries" in note for note in found.notes)
    assert found.provenance["groups"]["ungrouped"] == 200
    alone = groups(table, correct="even")
    pd.testing.assert_frame_equal(found.table, alone.table)
    camp = table.assign(camp=["a", "b", None, "b"] * 50)
    found = groups(camp, by="camp", correct="even")
    assert any("50 samples without a value in column 'camp'" in note for note in found.notes)
    assert set(found.table["group"]) == {"a", "b"}


def test_small_groups_are_shown_but_not_tested():
    table = europe(300).assign(camp=["a"] * 150 + ["b"] * 145 + ["c"] * 5)
    table.loc[295:, "even"] = False
    found = groups(table, by="camp", correct="even")
    assert found.summary["worst"][0] != "c"
    assert found.summary["tested"][0] == 2
    assert found.summary["df"][0] == 1
    small = found.by_group.loc[("even", "c")]
    assert small["accuracy"] == 0.0
    assert not small["tested"]
    assert np.isnan(small["p"])
    assert any("1 of 3 groups of 'camp' holds fewer than 20" in note for note in found.notes)
    everyone = groups(table, by="camp", correct="even", least=1)
    assert everyone.summary["worst"][0] == "c"


def test_groups_that_are_all_too_small_have_no_worst():
    found = groups(europe(30), correct="even", by="country")
    assert found.summary["worst"][0] is None
    assert np.isnan(found.difference()["even"])
    assert found.sentences() == ["even: no country has enough samples to be tested."]
    json.loads(found.to_json())


def test_a_single_group_has_no_gap():
    found = groups(europe(100).assign(camp="a"), by="camp", correct="even")
    assert np.isnan(found.table.loc[0, ["gap", "gap_low", "p", "p_adjusted"]].astype(float)).all()
    assert np.isnan(found.summary.loc[0, ["chi_square", "p_chi_square", "p"]].astype(float)).all()
    assert "no other group to test it against" in found.sentences()[0]
    assert not any("kept their answers" in note for note in found.notes)


def test_a_model_that_is_always_right_has_no_p():
    table = europe(200).assign(hit=True)
    found = groups(table, by="un_subregion", correct="hit")
    assert np.isnan(found.summary["chi_square"][0])
    assert np.isnan(found.summary["p"][0])
    assert found.table["p"].isna().all()
    assert "no p value could be computed" in found.sentences()[0]
    assert not any("p of chi-square is rough" in note for note in found.notes)


def test_the_order_of_rows_changes_nothing():
    table = pd.concat([europe(200), europe(200).assign(weak=False), europe(60, 3)])
    table["camp"] = np.where(np.arange(len(table)) % 7 < 3, "x", "y")  # sites of both camps
    for by in ("un_subregion", "camp"):
        found = groups(table, by=by, correct=["weak", "even"])
        mixed = groups(table.sample(frac=1.0, random_state=1), by=by, correct=["weak", "even"])
        pd.testing.assert_frame_equal(found.table, mixed.table, check_exact=True)
        pd.testing.assert_frame_equal(found.summary, mixed.summary, check_exact=True)


def test_groups_are_spelled_alike_in_every_file(tmp_path):
    table = europe(80).assign(
        year=[2019.0, 2020.0, np.nan, 2020.0] * 20, camp=["a", "b", "", "b"] * 20
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_parquet(tmp_path / "t.parquet")
    for by, names in (("year", {"2019", "2020"}), ("camp", {"a", "b"})):
        for data in (table, tmp_path / "t.csv", tmp_path / "t.parquet"):
            found = groups(data, by=by, correct="even")
            assert set(found.table["group"]) == names
            assert any("20 samples without a value" in note for note in found.notes)


# --- Answers -------------------------------------------------------------------------------------


def test_answer_rates_are_given_where_they_are_known():
    table = europe()
    table["camp"] = np.where(table["lon"] > 22, "east", "west")
    table["answered"] = np.random.default_rng(3).random(len(table)) < 0.7
    found = groups(table, by="camp", correct="even")
    rates = table.groupby("camp")["answered"].mean()
    for (_, camp), row in found.by_group.iterrows():
        own = table.loc[table["camp"] == camp, "answered"]
        assert row["answer_rate"] == rates[camp]
        low, high = naive.wilson(int(own.sum()), len(own))
        assert (row["answer_low"], row["answer_high"]) == pytest.approx((low, high))
    assert found.overall.loc["even", "answer_rate"] == table["answered"].mean()
    renamed = groups(
        table.rename(columns={"answered": "spoke"}), by="camp", correct="even", answered="spoke"
    )
    pd.testing.assert_frame_equal(renamed.table, found.table)
    assert "answer_rate" not in groups(table.drop(columns="answered"), correct="even").table


def silent_in_the_east():
    """Four in ten are answered in the east and all in the west; the silent have no correctness."""
    table = europe(500)
    table["camp"] = np.where(table["lon"] > 22, "east", "west")
    table["answered"] = (table["camp"] == "west") | (np.arange(500) % 10 < 4)
    table["hit"] = table["weak"].astype(object).where(table["answered"], None)
    return table


ZONES = geopandas.GeoDataFrame(
    {"zone": ["west", "east"]},
    geometry=[shapely.box(0, 40, 22, 60), shapely.box(22, 40, 30, 60)],
    crs=4326,
)


@pytest.mark.parametrize("choice", [{"by": "camp"}, {"regions": ZONES}, {"by": "country"}])
def test_answer_rates_count_rows_that_were_never_judged(choice):
    table = silent_in_the_east()
    found = groups(table, correct="hit", **choice)
    of = table["camp"]
    if choice.get("by") == "country":
        row = geobias.regions.locate(table["lat"], table["lon"])
        of = np.append(geobias.regions.countries()["country"], None)[row]
    table = table.assign(of=of).dropna(subset="of")
    expected = table.groupby("of")["answered"].agg(["size", "sum", "mean"])
    own = found.by_group.loc["hit"].loc[expected.index]
    assert own["asked"].tolist() == expected["size"].tolist()
    assert own["answer_rate"].tolist() == expected["mean"].tolist()
    assert own["n"].tolist() == expected["sum"].tolist()
    assert found.summary["asked"][0] == len(table)
    assert found.overall.loc["hit", "answer_rate"] == table["answered"].mean()
    silent = int((~table["answered"]).sum())
    assert (
        f"Answer rates are of {len(table)} rows; {silent} of these have no correctness, and are no "
        "samples." in found.notes
    )


def test_a_group_that_never_answers_is_shown():
    table = europe(100).assign(camp=["a", "b"] * 50, answered=[True, False] * 50)
    table["hit"] = table["even"].astype(object).where(table["answered"], None)
    found = groups(table, by="camp", correct="hit")
    silent = found.by_group.loc[("hit", "b")]
    assert (silent["n"], silent["sites"], silent["asked"], silent["answer_rate"]) == (0, 0, 50, 0.0)
    assert np.isnan([silent["accuracy"], silent["gap"], silent["p"]]).all()
    assert found.summary["worst"][0] == "a"
    assert found.sentences()[0].endswith("there is no other group to test it against.")
    assert "nan" not in repr(found)
    assert found.lines()["answered"].tolist() == ["100.0 % of 50", "0.0 % of 50"]


def test_rows_without_a_group_are_left_out_of_the_answer_rates():
    table = silent_in_the_east()
    sea = table.assign(lat=-40.0, lon=-20.0)
    found = groups(pd.concat([table, sea]), by="continent", correct="hit", tolerance_km=500.0)
    alone = groups(table, by="continent", correct="hit", tolerance_km=500.0)
    pd.testing.assert_frame_equal(found.table, alone.table)
    silent = int((~table["answered"]).sum())
    assert (
        f"{silent} rows without correctness and without continent, left out of the answer rates."
        in found.notes
    )
    lost = table.assign(lat=np.where(table["answered"], table["lat"], np.nan))
    found = groups(lost, by="camp", correct="hit")
    assert (found.table["answer_rate"] == 1.0).all()


def test_the_order_of_rows_changes_no_answer_rate():
    table = silent_in_the_east()
    for by in ("camp", "country"):
        one = groups(table, by=by, correct="hit")
        other = groups(table.sample(frac=1.0, random_state=2), by=by, correct="hit")
        pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_a_column_that_does_not_say_answered_is_not_read_and_said():
    table = europe().assign(answered="2024-01-01")
    found = groups(table, correct="even")
    assert "answer_rate" not in found.table
    assert any("Column 'answered' is not read" in note for note in found.notes)
    samples = Samples.from_table(table, correct="even")
    assert not any("answered" in note for note in samples.notes)
    assert any("Column 'answered' is not read" in note for note in groups(samples).notes)
    assert not any("answered" in note for note in groups(europe(), correct="even").notes)


def test_a_bad_column_of_answers_is_refused():
    table = europe(4).assign(spoke=[True, None, True, False])
    with pytest.raises(InputError, match=r"'spoke' has 1 empty cell, in row 1"):
        groups(table, correct="even", answered="spoke")
    with pytest.raises(InputError, match="'lat'"):
        groups(table, correct="even", answered="lat")
    with pytest.raises(InputError, match="no column 'speak'"):
        groups(table, correct="even", answered="speak")


# --- Exchanges -----------------------------------------------------------------------------------


TINY = {
    "one sample each": [
        ("a", 1.0, [1]), ("a", 2.0, [1]), ("a", 3.0, [1]), ("b", 4.0, [0]), ("b", 5.0, [1]),
        ("b", 6.0, [0]), ("c", 7.0, [0]), ("c", 8.0, [1]),
    ],
    "repeats": [
        ("a", 1.0, [1, 1]), ("a", 2.0, [0, 1]), ("a", 3.0, [1]), ("b", 4.0, [0, 0]),
        ("b", 5.0, [0]), ("b", 6.0, [0, 1]), ("c", 7.0, [1]), ("c", 8.0, [0]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", TINY)
def test_p_values_are_those_of_all_exchanges(kind):
    members = TINY[kind]
    found = groups(camps(members), by="camp", correct="hit", least=1, permutations=4999)
    units = [("abc".index(camp), marks) for camp, _, marks in members]
    exact = naive.exchanged(units, [0, 1, 2])
    by_camp = found.by_group.loc["hit"]
    error = 4.0 * 0.5 / np.sqrt(4999)  # four standard errors of a share, at most
    assert by_camp.loc[list("abc"), "p"].to_numpy() == pytest.approx(exact.p, abs=error)
    assert by_camp.loc[list("abc"), "p_adjusted"].to_numpy() == pytest.approx(
        exact.p_adjusted, abs=error
    )
    assert found.summary["p"][0] == pytest.approx(exact.p_statistic, abs=error)


SHARED = {
    "two groups at every site": [
        ("a", 1.0, [1]), ("b", 1.0, [0]), ("a", 2.0, [1]), ("b", 2.0, [1]), ("a", 3.0, [1]),
        ("b", 3.0, [0]), ("c", 4.0, [0]), ("b", 4.0, [0]),
    ],
    "pieces of several sizes": [
        ("a", 1.0, [1, 1]), ("b", 1.0, [0]), ("b", 2.0, [0, 1]), ("a", 2.0, [1]),
        ("c", 3.0, [0, 0]), ("a", 3.0, [0]), ("b", 4.0, [1]), ("c", 5.0, [0]),
    ],
    "runs and sites that are whole": [
        ("a", 1.0, [1, 1]), ("b", 1.0, [0, 1]), ("c", 1.0, [0]), ("c", 2.0, [0, 0]),
        ("a", 2.0, [1, 0]), ("b", 2.0, [1]), ("a", 3.0, [1]), ("b", 4.0, [0]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", SHARED)
def test_p_values_are_those_of_all_exchanges_where_sites_hold_several_groups(kind):
    members = SHARED[kind]
    found = groups(camps(members), by="camp", correct="hit", least=1, permutations=4999)
    units = [("abc".index(camp), marks) for camp, _, marks in members]
    exact = naive.exchanged(units, [0, 1, 2], [int(lat) for _, lat, _ in members])
    by_camp = found.by_group.loc["hit"].loc[list("abc")]
    error = 4.0 * 0.5 / np.sqrt(4999)
    assert by_camp["p"].to_numpy() == pytest.approx(exact.p, abs=error)
    assert by_camp["p_adjusted"].to_numpy() == pytest.approx(exact.p_adjusted, abs=error)
    assert found.summary["p"][0] == pytest.approx(exact.p_statistic, abs=error)
    split = len({lat for _, lat, _ in members}) - len(
        [lat for _, lat, _ in members if [x for _, x, _ in members].count(lat) == 1]
    )
    assert any(note.startswith(f"{split} sites of ") for note in found.notes)


@given(st.integers(0, 10_000))
def test_mean_and_spread_over_all_exchanges_are_known(seed):
    draw = np.random.default_rng(seed)
    sites = np.unique(draw.integers(0, 9, 60), return_inverse=True)[1]
    group = draw.integers(0, 4, 60)
    pieces = Pieces.of(sites, group)
    sums = np.bincount(pieces.of_sample, weights=draw.random(60) < 0.6)
    mean, sd = pieces.moments(sums[None], pieces.group, 4)
    hits = np.array(
        [
            np.bincount(pieces.group, sums[pieces.trade(np.random.default_rng([seed, k]))], 4)
            for k in range(600)
        ]
    )
    assert hits.mean(axis=0) == pytest.approx(mean[0], abs=5.0 * sd.max() / np.sqrt(600) + 1e-9)
    assert hits.std(axis=0) == pytest.approx(sd[0], rel=0.25, abs=1e-6)
    assert ((hits.std(axis=0) > 0.0) == (sd[0] > 0.0)).all()


@given(st.integers(0, 10_000))
def test_pieces_trade_whole_and_sites_stay_together(seed):
    draw = np.random.default_rng(seed)
    sites = np.unique(draw.integers(0, 12, 40), return_inverse=True)[1]
    pieces = Pieces.of(sites, draw.integers(0, 3, 40))
    source = pieces.trade(draw)
    assert sorted(source) == list(range(pieces.size.size))
    assert (pieces.size[source] == pieces.size).all()
    moves = np.unique(np.column_stack((pieces.site, pieces.site[source])), axis=0)
    assert len(moves) == pieces.kind.size
    stays = np.bincount(pieces.of_sample, minlength=pieces.size.size)
    assert (stays == pieces.size).all()


def test_samples_that_never_reach_another_group_are_counted():
    # Sites of one sample in a and b trade; those of two are all in c, and those of three are one.
    members = [("a", 1.0, [1]), ("b", 2.0, [0]), ("c", 3.0, [1, 0]), ("c", 4.0, [0, 0])]
    members += [("a", 5.0, [1, 1, 0])]
    found = groups(camps(members), by="camp", correct="hit", least=1)
    (note,) = [note for note in found.notes if "kept their answers" in note]
    assert note == (
        "7 samples of 9 kept their answers in their group in every exchange: no site of another "
        "group has as many samples."
    )
    assert np.isnan(found.by_group.loc[("hit", "c"), "p"])
    assert found.by_group.loc[("hit", "a"), "p"] == 1.0


def test_only_large_groups_count_in_the_adjustment():
    members = TINY["one sample each"]
    found = groups(camps(members), by="camp", correct="hit", least=3, permutations=4999)
    exact = naive.exchanged([("abc".index(camp), marks) for camp, _, marks in members], [0, 1])
    by_camp = found.by_group.loc["hit"]
    error = 4.0 * 0.5 / np.sqrt(4999)
    assert by_camp.loc[["a", "b"], "p_adjusted"].to_numpy() == pytest.approx(
        exact.p_adjusted, abs=error
    )
    assert found.summary["p"][0] == pytest.approx(exact.p_statistic, abs=error)


def test_repeats_of_a_site_are_no_evidence():
    """Ten sites of 30 samples that agree: the chi-square is fooled, the exchanges are not."""
    draw = np.random.default_rng(2)
    members = [("ab"[k % 2], float(k), [int(draw.random() < 0.5)] * 30) for k in range(10)]
    members[0], members[1] = ("a", 0.0, [1] * 30), ("b", 1.0, [0] * 30)
    found = groups(camps(members), by="camp", correct="hit", permutations=999)
    assert found.summary["p_chi_square"][0] < 1e-3
    assert found.summary["p"][0] > 0.05
    assert any("Repeated samples of one site are not independent" in n for n in found.notes)


def test_places_that_cannot_be_exchanged_give_no_p():
    members = [("a", 1.0, [1] * 30), ("b", 2.0, [0] * 31), ("b", 3.0, [1] * 32)]
    found = groups(camps(members), by="camp", correct="hit")
    assert found.table["p"].isna().all()
    assert np.isnan(found.summary["p"][0])
    assert any("93 samples of 93 kept their answers" in note for note in found.notes)
    assert "no p value could be computed" in found.sentences()[0]


def test_adjusted_p_values_are_never_smaller():
    found = groups(europe(), by="country", correct=["weak", "even"], permutations=199)
    tested = found.table[found.table["tested"]]
    assert (tested["p_adjusted"] >= tested["p"]).all()
    assert (tested["p"] >= 1 / 200).all()


def null_p_values(runs):
    """p of the chi-square and of the worst group in worlds where errors fall at random."""
    p = []
    for seed in range(runs):
        draw = np.random.default_rng([99, seed])
        sites = pd.DataFrame({"lat": draw.uniform(-60, 60, 60), "lon": draw.uniform(-180, 180, 60)})
        sites["camp"] = draw.choice(list("abcdef"), 60, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
        sites["skill"] = draw.random(60)  # repeated samples of a site fail together
        table = sites.loc[np.repeat(np.arange(60), draw.integers(1, 4, 60))]
        table["hit"] = draw.random(len(table)) < table["skill"]
        found = groups(table, by="camp", correct="hit", least=5, permutations=99, seed=seed)
        p.append((found.summary["p"][0], found.table["p_adjusted"].min()))
    return np.array(p)


def test_p_values_hold_when_errors_fall_at_random():
    p = null_p_values(60)
    # 1 in 10,000 would see more than 11 of 60 below 0.05 or more than 18 below 0.1.
    assert ((p <= 0.05).sum(axis=0) <= 11).all()
    assert ((p <= 0.1).sum(axis=0) <= 18).all()


def test_groups_that_are_not_tested_take_no_memory_in_exchanges():
    """Every exchange once held a number for each group, 8 bytes of 4,000 times 500 here."""
    table = pd.DataFrame({"camp": ["a", "b"] * 50 + [f"small {k}" for k in range(4000)]})
    draw = np.random.default_rng(5)
    table["lat"], table["lon"] = draw.uniform(-60, 60, (2, len(table)))
    samples = Samples.from_table(table.assign(hit=draw.random(len(table)) < 0.5), by="camp")
    tracemalloc.start()
    Disparities.of(samples, samples.groups, 4002, 20, 499, 0, lambda *_: None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6


def cameras(draw, sites, at_site, common):
    """Sites of several cameras: a site's skill, or one outcome for it or for each of its pieces."""
    rows = []
    for site in range(sites):
        skill = float(draw.random() < 0.5) if common == "site" else draw.random()
        for camera, size in at_site(draw, site).items():
            own = float(draw.random() < 0.5) if common == "piece" else skill
            rows += [(site, camera, draw.random() < own) for _ in range(size)]
    table = pd.DataFrame(rows, columns=["site", "camera", "hit"])
    return table.assign(lat=table["site"] * 0.5 - 40.0, lon=10.0)


def ten_and_one_elsewhere(draw, site):
    return dict.fromkeys("ABDEFGHIJK", 1) if site < 20 else {"C": 1}


def both(draw, site):
    return {"A": 2, "B": 2}


def both_unequally(draw, site):
    return {"A": int(draw.integers(1, 4)), "B": int(draw.integers(1, 4))}


def several(draw, site):
    return dict(zip(*np.unique(draw.choice(list("AABC"), 4), return_counts=True), strict=True))


DESIGNS = [
    (80, ten_and_one_elsewhere, "skill"), (40, both, "skill"), (40, both_unequally, "skill"),
    (40, both_unequally, "piece"), (60, several, "skill"), (60, several, "piece"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "most"), [(50, 10), pytest.param(100, 14, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: f"{design[1].__name__}-{design[2]}")
def test_p_values_hold_where_sites_hold_several_groups(design, number, most):
    """If a quarter of all worlds had a p below 0.05, 74 % of all sets of 50 would show it.

    Of all sets of 100, 99 % would.
    """
    p = []
    for seed in range(number):
        table = cameras(np.random.default_rng([98, seed]), *design)
        found = groups(table, by="camera", correct="hit", least=5, seed=seed)
        p.append((found.summary["p"][0], found.table["p_adjusted"].min()))
    assert not np.isnan(p).any()
    # 1 in 10,000 would see more than 14 of 100 below 0.05, and fewer more than 10 of 50.
    assert ((np.array(p) <= 0.05).sum(axis=0) <= most).all()


def test_outcomes_that_sites_share_are_no_evidence_about_one_group():
    """One camera alone at small sites cannot be told from its places: it has no p."""
    for seed in range(20):
        table = cameras(np.random.default_rng([97, seed]), 80, ten_and_one_elsewhere, "site")
        found = groups(table, by="camera", correct="hit", seed=seed)
        assert found.table["p"].isna().all()
        assert np.isnan(found.summary["p"][0])
        assert "no p value could be computed" in found.sentences()[0]


def test_a_gap_inside_sites_is_found_whatever_the_sites_are_like():
    found = 0
    for seed in range(20):
        table = cameras(np.random.default_rng([96, seed]), 60, both, "skill")
        worse = (table["camera"] == "A") & (np.random.default_rng(seed).random(len(table)) < 0.4)
        table["hit"] &= ~worse
        result = groups(table, by="camera", correct="hit", seed=seed)
        found += result.table["p_adjusted"].min() <= 0.05
    assert found >= 15


@pytest.mark.slow
def test_p_values_are_uniform_when_errors_fall_at_random():
    p = null_p_values(400)
    for level in (0.01, 0.05, 0.1, 0.5):
        hits = (p <= level).sum(axis=0)
        low, high = stats.binom.ppf([1e-4, 1 - 1e-4], 400, level)
        assert (hits <= high).all(), (level, hits)
        assert (hits >= low).all(), (level, hits)


# --- Words ---------------------------------------------------------------------------------------


def test_sentences_claim_nothing_at_chance_level():
    weak, even = groups(europe(), by="un_subregion", correct=["weak", "even"]).sentences()
    assert weak.startswith("weak: accuracy in Eastern Europe ")
    assert weak.endswith(" points below the rest; p 0.01 over all 3 UN sub-regions.")
    assert even.startswith("even: no UN sub-region is worse than chance would make one; the lowest")


SPOKEN = {"noun": "zone", "plural": "zones", "place": "{}"}


def zone(group, accuracy, gap, p, n=100):
    return {
        "group": group, "accuracy": accuracy, "low": accuracy - 0.1, "high": accuracy + 0.1,
        "n": n, "gap": gap, "p_adjusted": p,
    }  # fmt: skip


def said(*zones, p=0.5):
    return sentence({"model": "m", "p": p}, zones, SPOKEN)


def test_a_large_group_that_is_worse_is_named_behind_a_small_one_that_may_be_chance():
    draw = np.random.default_rng(11)
    rows = [("g0", 25, 0.64), ("g1", 3000, 0.70), ("g2", 3000, 0.80), ("g3", 3000, 0.80)]
    parts = [
        pd.DataFrame({"camp": camp, "hit": np.arange(n) < round(n * share)})
        for camp, n, share in rows
    ]
    table = pd.concat(parts, ignore_index=True)
    table["lat"], table["lon"] = draw.uniform(-60, 60, (2, len(table)))
    found = groups(table, by="camp", correct="hit")
    assert found.summary["worst"][0] == "g0"
    assert found.by_group.loc[("hit", "g0"), "p_adjusted"] > 0.05
    (sentence,) = found.sentences()
    assert sentence.startswith(
        "hit: accuracy in camp g1 70 % (68-72, n 3,000) is 10 points below the rest; p 0.01 over "
        "all 4 groups of 'camp'. The lowest, camp g0 64 % (45-80, n 25), may be chance (p "
    )


def test_every_group_that_is_worse_is_said():
    a, b, c = zone("a", 0.4, -0.3, 0.001), zone("b", 0.5, -0.2, 0.01), zone("c", 0.6, -0.1, 0.05)
    d, e = zone("d", 0.65, -0.004, 0.04, 9000), zone("e", 0.9, 0.3, 0.001)
    assert said(a, e) == (
        "m: accuracy in a 40 % (30-50, n 100) is 30 points below the rest; p 0.001 over all 2 "
        "zones."
    )
    assert said(a, b, e) == (
        "m: accuracy in a 40 % (30-50, n 100) is 30 points below the rest (p 0.001), in b 50 % "
        "(40-60, n 100) 20 points below it (p 0.01); p over all 3 zones."
    )
    assert said(a, b, c, d, e) == (
        "m: accuracy in a 40 % (30-50, n 100) is 30 points below the rest (p 0.001), in b 50 % "
        "(40-60, n 100) 20 points below it (p 0.01), in c 60 % (50-70, n 100) 10 points below it "
        "(p 0.05), and 1 more; p over all 5 zones."
    )
    unknown = zone("u", 0.1, -0.5, np.nan)
    assert said(unknown, a, e) == (
        "m: accuracy in a 40 % (30-50, n 100) is 30 points below the rest; p 0.001 over all 3 "
        "zones. The lowest, u 10 % (0-20, n 100), has no p value."
    )
    assert said(a).endswith("; p 0.001 of the only zone tested.")


def test_no_group_is_called_worse_where_chance_explains_it():
    low, high = zone("a", 0.6, -0.1, 0.06), zone("b", 0.8, 0.1, 0.04)
    assert said(low, high) == (
        "m: no zone is worse than chance would make one; the lowest, accuracy in a 60 % (50-70, "
        "n 100) is 10 points below the rest (p 0.06 over all 2 zones)."
    )
    assert said(low, high, p=0.05).endswith(
        "(p 0.06 over all 2 zones), yet accuracies differ between zones more than chance gives "
        "(p 0.05)."
    )
    assert said(high, p=np.nan) == (
        "m: no zone large enough to be tested is below the rest; the lowest, accuracy in b 80 % "
        "(70-90, n 100) is 10 points above the rest (p 0.04 of the only zone tested)."
    )
    level = zone("c", 0.6, 0.0, 0.9)
    assert "accuracy in c 60 % (50-70, n 100) is level with the rest" in said(level, level)
    unknown = zone("u", 0.1, -0.5, np.nan)
    assert said(unknown, low, high) == (
        "m: accuracy in u 10 % (0-20, n 100) is 50 points below the rest, for which no p value "
        "could be computed; no other zone is worse than chance would make one."
    )
    assert said(unknown, unknown).endswith(
        "50 points below the rest; no p value could be computed."
    )


def test_tested_groups_may_all_lie_above_the_rest():
    table = europe(400).assign(camp=["a"] * 180 + ["b"] * 180 + list("cdef") * 10)
    table.loc[360:, "even"] = False
    (sentence,) = groups(table, by="camp", correct="even").sentences()
    assert "no group large enough to be tested is below the rest; the lowest, accuracy" in sentence
    assert "points above the rest" in sentence


def test_accuracies_may_differ_where_no_group_is_worse():
    """Two groups above the rest of six, none far enough below by itself."""
    table = camps([("abcdef"[k % 6], k / 10.0, [0]) for k in range(600)])
    for camp, right in zip("abcdef", (71, 71, 71, 71, 71, 92), strict=True):
        own = table.index[table["camp"] == camp]
        table.loc[own[:right], "hit"] = 1
    found = groups(table, by="camp", correct="hit")
    assert found.summary["p"][0] <= 0.05
    assert found.sentences()[0].startswith("hit: no group is worse than chance would make one")
    assert "yet accuracies differ between groups of 'camp' more than chance" in found.sentences()[0]


@pytest.mark.parametrize("name", ["a{b}", "a{", "{0.__class__}", "a{}"])
def test_braces_in_a_name_are_only_braces(name):
    table = europe().rename(columns={"even": "hit"}).assign(**{name: ["x", "y"] * 300})
    sentence = groups(table, by=name, correct="hit").sentences()[0]
    assert f"{name} x" in sentence or f"{name} y" in sentence


def test_a_sentence_names_the_value_of_a_column():
    table = europe()
    table["camp"] = np.where(table["lon"] > 22, "east", "west")
    (sentence,) = groups(table, by="camp", correct="weak").sentences()
    assert sentence.startswith("weak: accuracy in camp east ")
    assert "over all 2 groups of 'camp'" in sentence


def test_everything_is_json():
    found = groups(europe(), by="country", correct=["weak", "even"])
    facts = json.loads(found.to_json())
    assert set(facts) >= {"summary", "table", "sentences", "notes", "settings", "versions", "input"}
    assert facts["settings"]["by"] == "country"
    assert facts["settings"]["seed"] == 0
    assert len(facts["table"]) == len(found.table)


def test_a_notebook_shows_text_and_never_runs_it():
    table = europe().assign(camp=ATTACK).rename(columns={"even": ATTACK})
    shown = groups(table, by="camp", correct=ATTACK)._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown


def test_the_same_seed_gives_the_same_result():
    table = europe(300)
    one, two = (groups(table, correct="even", by="country", seed=5) for _ in range(2))
    other = groups(table, correct="even", by="country", seed=6)
    assert one.to_json() == two.to_json()
    assert one.to_json() != other.to_json()


# --- Refusals ------------------------------------------------------------------------------------


def test_what_makes_no_sense_is_refused():
    table = europe(60).assign(camp="a")
    for choices, message in (
        ({"by": "country", "regions": "zones.gpkg"}, "not both"),
        ({"region_name": "zone"}, "goes with regions="),
        ({"by": "contry"}, r"no column 'contry' \(by=, --by\)"),
        ({"regions": "zones.gpkg"}, "There is no file zones.gpkg"),
        ({"least": 0}, "least must be a whole number"),
        ({"permutations": 0}, "permutations must be a whole number"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"tolerance_km": -1.0}, "tolerance_km must be"),
        ({"tolerance_km": None, "by": "camp"}, "tolerance_km must be .* not None"),
        ({"tolerance_km": "zz"}, "tolerance_km must be .* not 'zz'"),
        ({"tolerance_km": np.nan, "by": "camp"}, "tolerance_km must be .* not nan"),
        ({"site_tolerance_km": None}, "site_tolerance_km= must be 0 or more"),
        ({"by": table["camp"]}, "by= takes a region scheme or .* not a Series of values"),
        ({"by": ["camp"]}, "by= takes a region scheme or .* not a list of values"),
        ({"by": "contnent"}, "Did you mean 'continent'.* The schemes are: 'country', 'continent'"),
        ({"by": "cammp"}, "Did you mean 'camp'"),
        ({"regions": geopandas.GeoDataFrame({"zone": ["a"]})}, "has no geometry: set it"),
        ({"regions": ZONES, "region_name": table["camp"]}, "not a Series of values"),
    ):
        with pytest.raises(GeoBiasError, match=message):
            groups(table, **{"correct": "even", **choices})
    sea = table.assign(lat=-40.0, lon=-20.0)
    with pytest.raises(GeoBiasError, match=r"No sample has a continent\. 60 samples in none"):
        groups(sea, correct="even")


def test_a_column_that_a_scheme_outranks_is_said():
    table = europe(80).assign(continent="Atlantis")
    note = "The table has a column 'continent', which is not used"
    for data in (table, Samples.from_table(table, correct="even")):
        choices = {} if isinstance(data, Samples) else {"correct": "even"}
        found = groups(data, by="continent", **choices)
        assert found.table["group"].tolist() == ["Europe"]
        assert any(each.startswith(note) for each in found.notes)
        assert not any(
            each.startswith(note) for each in groups(data, by="country", **choices).notes
        )


def test_a_reader_of_batches_is_read_once():
    stream = pa.Table.from_pandas(europe(80).assign(camp="a")).to_reader()
    assert groups(stream, by="camp", correct="even").table["n"].tolist() == [80]


def test_samples_have_to_hold_the_groups_that_are_asked_for():
    table = europe(80).assign(camp="a", other="b")
    samples = Samples.from_table(table, correct="even", by="camp")
    assert samples.group_names == ("a",)
    assert groups(samples, by="camp").table["n"].sum() == 80
    assert groups(samples, by="continent", tolerance_km=500.0).table["n"].sum() == 80
    with pytest.raises(GeoBiasError, match="read with groups from 'camp'"):
        groups(samples, by="other")
    with pytest.raises(GeoBiasError, match="merged into sites"):
        groups(samples.merged(), by="continent")
    with pytest.raises(InputError, match="not both"):
        Samples.from_table(table, correct="even", by="camp", within="camp")


# --- In fairlearn --------------------------------------------------------------------------------


def test_regions_are_features_of_fairlearn_and_the_figures_agree():
    table = europe()
    row = geobias.regions.locate(table["lat"], table["lon"])
    regions = geobias.regions.countries()["un_subregion"].reindex(row).fillna("none").to_numpy()
    frame = MetricFrame(
        metrics=accuracy_score,
        y_true=np.ones(len(table)),
        y_pred=table["weak"].astype(float),
        sensitive_features=regions,
    )
    own = groups(table, by="un_subregion", correct="weak").table.set_index("group")["accuracy"]
    assert len(own) > 2
    np.testing.assert_allclose(frame.by_group[own.index], own, rtol=1e-12)


# --- The command ---------------------------------------------------------------------------------


def test_the_command_prints_what_python_computes(run, tmp_path):
    table = europe()
    table.to_parquet(tmp_path / "p.parquet")
    words = ("--correct", "weak", "--by", "un_subregion", "--permutations", EXCHANGES)
    code, out, err = run("groups", tmp_path / "p.parquet", *words)
    found = groups(tmp_path / "p.parquet", by="un_subregion", correct="weak")
    assert (code, err) == (0, "")
    assert out == f"{found!r}\n"


def test_the_command_writes_files(run, tmp_path):
    europe().to_csv(tmp_path / "p.csv", index=False)
    words = ("groups", tmp_path / "p.csv", "--correct", "weak", "--permutations", 9)
    csv, parquet, facts = (tmp_path / f"g.{suffix}" for suffix in ("csv", "parquet", "json"))
    assert run(*words, "-o", csv, "--json", facts)[0] == 0
    assert run(*words, "-o", parquet)[0] == 0
    stored = pd.read_parquet(parquet)
    pd.testing.assert_frame_equal(pd.read_csv(csv)[["n", "gap"]], stored[["n", "gap"]])
    meta = json.loads(pq.read_schema(parquet).metadata[b"geobias"])
    assert meta == json.loads(facts.read_text("utf-8"))
    code, out, _ = run(*words, "--json", "-")
    assert code == 0
    assert json.loads(out) == meta


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--by", "contnent"), "no region scheme of that name. Did you mean 'continent'?"),
        (("-o", "groups.xlsx"), "has to end in .csv or .parquet"),
        (("-o", "nowhere/groups.csv"), "there is no folder"),
        (("--regions", "none.shp"), "There is no file none.shp"),
    ],
)
def test_the_command_refuses_in_one_line(run, tmp_path, words, message):
    europe(40).to_csv(tmp_path / "p.csv", index=False)
    code, out, err = run("groups", tmp_path / "p.csv", "--correct", "weak", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


# --- Published predictions -----------------------------------------------------------------------


@pytest.mark.reference
def test_published_photo_geolocation_is_grouped_by_continent(reference):
    table = pd.read_parquet(reference / "geoclip_geolocation.parquet")
    table["near"] = table["haversine_distance_km"] <= 200
    where = {"lat": "gt_latitude", "lon": "gt_longitude"}
    found = geobias.groups(table, correct="near", **where, permutations=99)
    assert found.table["n"].sum() > 0.99 * len(table)
    assert set(found.table["group"]) >= {"Africa", "Asia", "Europe", "North America"}
    assert found.table["accuracy"].is_monotonic_increasing


@pytest.mark.reference
def test_photos_lie_in_the_country_that_their_publisher_names(reference):
    table = pd.read_parquet(reference / "geoclip_geolocation.parquet")
    row = geobias.regions.locate(table["gt_latitude"], table["gt_longitude"])
    found = np.append(geobias.regions.countries()["iso2"].to_numpy(dtype=str), "")[row]
    # Published is the country of the nearest city, which may lie across a border.
    assert (found == table["gt_unique_city"].str[-2:]).mean() > 0.97
