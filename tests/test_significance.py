"""Single centres: p, q and labels in the table of samples."""

import numpy as np
import pandas as pd
import pytest

import geobias
import naive
import worlds
from geobias.inference.significance import LABELS, NOT_SIGNIFICANT, UNDEFINED
from geobias.samples import Samples

JUDGED = ("relative", "clustering", "isolation")
COLUMNS = [f"{score}_{part}" for score in JUDGED for part in ("p", "q", "q_by", "label")]


def score(table, **choices):
    return geobias.score(table, **{"threads": 1, "scales": "knn:20", "fdr": 0.05, **choices})


def random_errors(kind="clustered", n=80, seed=1, accuracy=0.8):
    return worlds.table(worlds.KINDS[kind](n, seed), hit=worlds.hits(n, seed + 1000, accuracy))


def weak_west(n=300, seed=2):
    world = worlds.tight(n, seed)
    right = np.random.default_rng(seed).random(n) < np.where(world.lon < 11.6, 0.3, 0.97)
    return worlds.table(world, hit=right)


def benjamini_hochberg(p, dependent):
    """The definition: the smallest rate at which each would be rejected."""
    n = len(p)
    factor = sum(1 / i for i in range(1, n + 1)) if dependent else 1.0
    order = np.argsort(p)
    q, least = np.empty(n), 1.0
    for rank in range(n, 0, -1):
        least = min(least, p[order[rank - 1]] * n * factor / rank)
        q[order[rank - 1]] = least
    return q


def test_columns_come_with_fdr_alone():
    table = random_errors()
    plain, judged = score(table, fdr=None).samples, score(table).samples
    assert [name for name in judged if name not in plain] == COLUMNS
    pd.testing.assert_frame_equal(judged[list(plain)], plain, check_exact=True)


@pytest.mark.parametrize("name", JUDGED)
def test_q_is_adjusted_over_all_centres_of_a_model_and_scale(name):
    audit = score(weak_west(), scales=["knn:20", "knn:40"])
    for _, rows in audit.samples.groupby("scale", observed=True):
        known = rows[f"{name}_p"].notna()
        p = rows.loc[known, f"{name}_p"].to_numpy()
        for column, dependent in ((f"{name}_q", False), (f"{name}_q_by", True)):
            expected = benjamini_hochberg(p, dependent)
            assert rows.loc[known, column].to_numpy() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", JUDGED)
def test_labels_follow_q_and_the_sign_of_z(name):
    rows = score(weak_west()).samples
    above, below = LABELS[name]
    significant = rows[f"{name}_q"] <= 0.05
    label = rows[f"{name}_label"].astype(str)
    assert (label[significant & (rows[f"{name}_z"] > 0)] == above).all()
    assert (label[significant & (rows[f"{name}_z"] < 0)] == below).all()
    assert (label[~significant & rows[f"{name}_p"].notna()] == NOT_SIGNIFICANT).all()
    assert (label[rows[f"{name}_p"].isna()] == UNDEFINED).all()


def test_a_weak_region_has_clustered_centres_at_its_rim():
    audit = score(weak_west(), scales="knn:60")
    row = audit.summary.iloc[0]
    assert row["clustering_clustered"] > 20
    assert row["clustering_dispersed"] == 0
    rows = audit.samples
    clustered = rows["clustering_label"] == "clustered"
    assert row["clustering_clustered"] == clustered.sum()
    rim = abs(rows["lon"] - 11.6)
    assert rim[clustered].mean() < rim[~clustered].mean()
    assert "clustered" in audit.findings().iloc[1]["stand out"]


def test_random_errors_rarely_have_a_labelled_centre():
    """BH at 5 %: some centre in at most 5 % of 40 worlds; 7 or more has a chance below 1e-2."""
    worlds_with_any = 0
    for seed in range(40):
        rows = score(random_errors("uniform", 120, seed), scales="knn:30").samples
        worlds_with_any += bool((rows["clustering_q"] <= 0.05).any())
    assert worlds_with_any < 7


def test_samples_at_one_location_are_one_test():
    table = random_errors(n=60)
    once = score(table, scales="300km").samples
    tripled = score(pd.concat([table] * 3, ignore_index=True), scales="300km").samples
    for _, rows in tripled.groupby(["lat", "lon"]):
        assert rows["clustering_q"].nunique(dropna=False) == 1
    # The smallest q is the smallest p times the number of locations at most, not of samples.
    ratio = (tripled["clustering_q"] / tripled["clustering_p"]).max()
    assert ratio <= once[["lat", "lon"]].drop_duplicates().shape[0]


@pytest.mark.parametrize("name", JUDGED)
def test_p_of_few_errors_is_that_of_all_their_arrangements(name):
    """Ten samples, two or three of them wrong: the oracle goes through all arrangements."""
    table = random_errors("clustered", 40, 5)
    rows = score(table, scales="knn:10").samples
    samples = Samples.from_table(table)
    places, lat, lon = worlds.seats(worlds.World(samples.lat, samples.lon))
    dealt = places.seated(samples.marks[0])
    checked = 0
    for row in rows.itertuples():
        centre = int(places.seat_start[places.point_of_sample[row.sample]])
        around = naive.surroundings(lat, lon, centre, cap=10)
        z = dealt[around.members]
        wrong = int((z < 0).sum())
        if wrong not in (2, 3):
            continue
        values = naive.all_choices(statistic(around, name), 10, wrong)
        p = min(1.0, 2.0 * min(naive.tails(values, statistic(around, name)(z))))
        assert getattr(row, f"{name}_p") == pytest.approx(p, rel=1e-9)
        checked += 1
    assert checked > 5


def statistic(around, name):
    """One of the calibrated statistics as a function of the marks."""
    ground, n = np.zeros(around.background), len(around.members)
    b = naive.background_edges(around.w, n)
    return {
        "relative": lambda z: naive.statistic(around.w, np.concatenate([z, ground])),
        "clustering": lambda z: naive.statistic(around.w_samples, z),
        "isolation": lambda z: float(-(b * (z - z.mean())).sum()),
    }[name]


def test_permutations_of_a_centre_agree_with_the_closed_form():
    """Marks half right: the closed form is used, and 20,000 permutations know p to 7 % at .01."""
    table = random_errors("tight", 300, 3, accuracy=0.5)
    closed = score(table, scales="knn:150", centres=12).samples
    drawn = score(table, scales="knn:150", centres=12, centre_permutations=20_000).samples
    for name in JUDGED:
        p, estimate = closed[f"{name}_p"].to_numpy(), drawn[f"{name}_p"].to_numpy()
        error = 4.0 * np.sqrt(2.0 * p / 20_000) + 0.02 * p
        assert (np.abs(estimate - p) <= error).all()


def test_p_does_not_depend_on_threads_rows_or_company():
    table = random_errors("duplicated", 90, 4, accuracy=0.9)
    one = score(table).samples
    assert score(table, threads=3).samples[COLUMNS].equals(one[COLUMNS])
    mixed = table.sample(frac=1.0, random_state=1)
    other = score(mixed.reset_index(drop=True)).samples
    back = other.assign(row=mixed.index[other["sample"]]).set_index("row").sort_index()
    assert back[COLUMNS].reset_index(drop=True).equals(one[COLUMNS])
    more = table.assign(other=1 - table["hit"])
    both = score(more, correct=["other", "hit"]).samples
    alone = both[both["model"] == "hit"].reset_index(drop=True)
    assert alone[COLUMNS[:3]].equals(one[COLUMNS[:3]])


def test_a_constant_model_is_undefined_everywhere():
    rows = score(random_errors().assign(hit=True)).samples
    for name in JUDGED:
        assert rows[f"{name}_p"].isna().all()
        assert (rows[f"{name}_label"] == UNDEFINED).all()


def test_merged_sites_are_judged_too():
    rows = score(random_errors("duplicated", 120, 6), sites="merge").samples
    assert rows["clustering_p"].notna().any()
    assert rows["clustering_p"].dropna().between(0.0, 1.0).all()


def test_tables_with_labels_survive_parquet(tmp_path):
    audit = score(random_errors())
    audit.to_parquet(tmp_path / "scores.parquet")
    back = pd.read_parquet(tmp_path / "scores.parquet")
    assert (
        back["clustering_label"].astype(str).equals(audit.samples["clustering_label"].astype(str))
    )
