"""`geobias.score` against the oracle, centre by centre, and its tables against each other."""

import math

import numpy as np
import pandas as pd
import pytest

import geobias
import naive
import worlds
from geobias.geometry import neighbours as neighbours_module
from geobias.samples import Samples
from geobias.scoring import MERGED_CENTRES
from worlds import KINDS

CALIBRATED = ["relative", "clustering", "isolation"]
SCORES = [
    "unmarked", "crowding", "crowding_z", "marked", "relative", "relative_z", "clustering",
    "clustering_z", "isolation", "isolation_z",
]  # fmt: skip
KEYS = ["model", "scale"]
SCALES = ["100km", "1deg", "knn:8", "knn:24", "12@300km", "4000km"]
LEVELS = [(-1, 1, 2), (-3, -2, 2, 4), (1, 2, 3), (-2.5, 0.5, 1.5, 3)]


def score(table, **choices):
    return geobias.score(table, **{"threads": 1, **choices})


def model_rows(audit, model, scale):
    rows = audit.samples
    return rows[(rows["model"] == model) & (rows["scale"] == scale)].reset_index(drop=True)


def oracle(samples, m, scale, sample, k=4, preset="geobias", marks01=False):
    """The oracle's scores around one sample, told the canonical order of places."""
    places, lat, lon = worlds.seats(worlds.World(samples.lat, samples.lon))
    centre = int(places.seat_start[places.point_of_sample[sample]])
    dealt = places.seated(samples.marks[m])
    return naive.score_centre(
        lat, lon, dealt, centre, **worlds.limits(scale), k=k, preset=preset, marks01=marks01
    )


def assert_row_agrees(row, expected):
    """To 1e-9, and undefined in the same places."""
    for name in ("neighbours", "radius_km", *SCORES):
        assert row[name] == pytest.approx(expected[name], rel=1e-9, abs=1e-9, nan_ok=True), name


def assert_agrees(audit, samples, centres=4, **choices):
    """Every model and scale at a few centres."""
    for m, model in enumerate(samples.models):
        for scale in audit.summary["scale"].unique():
            rows = model_rows(audit, model, scale)
            for at in worlds.some(samples.n, centres, seed=len(rows) + m):
                expected = oracle(samples, m, scale, int(at), **choices)
                assert_row_agrees(rows.loc[at], expected)


# --- Centre by centre ----------------------------------------------------------------------------


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_the_oracle(kind, scale):
    table = worlds.table(KINDS[kind](60, 1), hit=worlds.hits(60, 2))
    assert_agrees(score(table, scales=scale), Samples.from_table(table))


@pytest.mark.parametrize("preset", ["pygbs", "published"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_preset_is_that_of_the_oracle(kind, preset):
    table = worlds.table(KINDS[kind](60, 3), hit=worlds.hits(60, 4))
    audit = score(table, scales=["300km", "20@90deg"], preset=preset)
    assert_agrees(audit, Samples.from_table(table), preset=preset)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_marks_coded_0_are_those_of_the_oracle(kind):
    table = worlds.table(KINDS[kind](60, 5), hit=worlds.hits(60, 6))
    audit = score(table, scales=["300km", "20@90deg"], preset="published", marks="01")
    assert_agrees(audit, Samples.from_table(table), preset="published", marks01=True)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 7, 8, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_every_k_is_that_of_the_oracle(kind, k):
    table = worlds.table(KINDS[kind](60, 7), hit=worlds.hits(60, 8))
    audit = score(table, scales=["300km", "20@90deg"], k=k)
    assert_agrees(audit, Samples.from_table(table), centres=2, k=k)


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("kind", KINDS)
def test_marks_of_several_levels_are_those_of_the_oracle(kind, levels):
    table = worlds.table(KINDS[kind](60, 9), mark=worlds.binned(60, 10, levels))
    audit = score(table, correct="mark", levels=levels, scales=["300km", "20@90deg"])
    assert_agrees(audit, Samples.from_table(table, correct="mark", levels=levels))


def test_two_hundred_levels_are_those_of_the_oracle():
    levels = tuple(float(level) for level in range(-100, 101) if level)
    table = worlds.table(worlds.clustered(250, 11), mark=worlds.binned(250, 12, levels))
    audit = score(table, correct="mark", levels=levels, scales="knn:30")
    assert_agrees(audit, Samples.from_table(table, correct="mark", levels=levels), centres=3)


def test_wrong_marks_coded_0_make_no_sense_of_other_levels():
    table = worlds.table(worlds.clustered(60, 13), mark=worlds.binned(60, 14, (-2, 1, 3)))
    choices = {"correct": "mark", "levels": (-2, 1, 3), "preset": "published", "marks": "01"}
    with pytest.raises(geobias.GeoBiasError, match="not for levels -2, 1, 3"):
        score(table, scales="300km", **choices)


@pytest.mark.parametrize("accuracy", [0.02, 0.5, 0.98])
def test_rare_marks_are_those_of_the_oracle(accuracy):
    table = worlds.table(worlds.clustered(120, 15), hit=worlds.hits(120, 16, accuracy))
    audit = score(table, scales=["knn:40", "300km"])
    assert_agrees(audit, Samples.from_table(table), centres=3)


def test_several_models_at_once_are_those_of_the_oracle():
    table = worlds.table(
        worlds.duplicated(60, 17), a=worlds.hits(60, 18, 0.5), b=worlds.hits(60, 19, 0.9)
    )
    audit = score(table, correct=["b", "a"], scales=["300km", "knn:15"])
    assert_agrees(audit, Samples.from_table(table, correct=["b", "a"]))


@pytest.mark.parametrize("index", ["bands", "balltree"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("n", [5, 12])
def test_very_small_tables_are_scored(n, threads, index):
    table = worlds.table(worlds.tight(n, 20), hit=worlds.hits(n, 21, 0.5))
    audit = score(table, scales=["knn:5", "2km", "100@2km"], threads=threads, index=index)
    assert_agrees(audit, Samples.from_table(table))


@pytest.mark.parametrize("marks", [[1] * 10, [0] * 10, [1] * 8 + [0] * 2])
def test_nothing_is_defined_where_all_neighbours_coincide(marks):
    table = pd.DataFrame({
        "lat": [5.0] * 10 + [6.0, 7.0, 8.0], "lon": [7.0] * 13, "hit": [*marks, 1, 0, 1],
    })  # fmt: skip
    rows = score(table, scales="knn:10").samples
    assert (rows["radius_km"][:10] == 0).all()
    assert (rows["neighbours"] == 10).all()
    assert rows.loc[:9, SCORES].isna().all(axis=None)


def test_a_centre_without_neighbours_is_undefined():
    table = worlds.table(worlds.uniform(30, 22), hit=worlds.hits(30, 23))
    rows = score(table, scales="5km").samples
    assert (rows["neighbours"] == 1).all()
    assert rows[SCORES].isna().all(axis=None)


def test_a_model_that_is_always_right_is_scored_without_marks_to_compare():
    table = worlds.table(worlds.clustered(60, 24), hit=np.ones(60, dtype=int))
    audit = score(table, scales="knn:20")
    assert audit.samples[[*CALIBRATED, *(f"{name}_z" for name in CALIBRATED)]].isna().all(axis=None)
    assert audit.samples["marked"].equals(audit.samples["unmarked"].rename("marked"))


def test_rows_that_were_dropped_keep_their_numbers_out():
    table = worlds.table(worlds.clustered(60, 25), hit=worlds.hits(60, 26).astype(float))
    table.loc[[3, 10], "lat"] = np.nan
    table.loc[20, "hit"] = np.nan
    kept = table.drop(index=[3, 10, 20])
    rows, again = (score(t, scales="knn:20").samples for t in (table, kept.reset_index(drop=True)))
    assert rows["sample"].tolist() == kept.index.tolist()
    pd.testing.assert_frame_equal(rows.drop(columns="sample"), again.drop(columns="sample"))


def test_samples_say_where_they_are_and_whether_they_are_correct():
    world, hit = worlds.clustered(60, 27), worlds.hits(60, 28)
    rows = score(worlds.table(world, hit=hit), scales=["knn:20", "50km"]).samples
    assert list(rows) == [
        "model", "scale", "sample", "lat", "lon", "correct", "neighbours", "radius_km", *SCORES,
    ]  # fmt: skip
    for _, part in rows.groupby("scale", observed=True):
        assert part["sample"].tolist() == list(range(60))
        assert part["lat"].tolist() == world.lat.tolist()
        assert part["lon"].tolist() == world.lon.tolist()
        assert part["correct"].tolist() == [bool(h) for h in hit]


# --- Several models, chunks, files ---------------------------------------------------------------


@pytest.mark.parametrize("preset", ["geobias", "pygbs", "published"])
@pytest.mark.parametrize("kind", KINDS)
def test_models_in_company_get_the_bits_each_gets_alone(kind, preset):
    hits = {name: worlds.hits(60, seed, a) for seed, (name, a) in enumerate([
        ("coin", 0.5), ("good", 0.9), ("bad", 0.1), ("fair", 0.7),
    ])}  # fmt: skip
    table = worlds.table(KINDS[kind](60, 29), **hits)
    choices = {"scales": ["knn:15", "300km"], "preset": preset}
    together = score(table, correct=list(hits), **choices)
    for model in hits:
        alone = score(table, correct=model, **choices)
        for part in ("summary", "samples", "aggregates"):
            company, lone = getattr(together, part), getattr(alone, part)
            company = company[company["model"] == model].reset_index(drop=True)
            pd.testing.assert_frame_equal(
                company.astype({"model": str}), lone.astype({"model": str}), check_exact=True
            )


@pytest.mark.parametrize("budget", [1, 100])
@pytest.mark.parametrize("index", ["bands", "balltree"])
def test_chunks_do_not_change_a_bit(budget, index, monkeypatch):
    table = worlds.table(worlds.duplicated(80, 30), hit=worlds.hits(80, 31))
    whole = score(table, scales=["300km", "knn:9"], index=index)
    monkeypatch.setattr(neighbours_module, "PAIRS_PER_CHUNK", budget)
    parts = score(table, scales=["300km", "knn:9"], index=index)
    pd.testing.assert_frame_equal(whole.samples, parts.samples, check_exact=True)


def test_scales_in_company_get_the_bits_each_gets_alone():
    table = worlds.table(worlds.clustered(60, 32), hit=worlds.hits(60, 33))
    together = score(table, scales=SCALES)
    assert together.summary["scale"].tolist() == SCALES
    for scale in SCALES:
        alone = score(table, scales=scale).samples[SCORES]
        pd.testing.assert_frame_equal(
            model_rows(together, "hit", scale)[SCORES], alone, check_exact=True
        )


def test_samples_and_files_are_scored_like_tables(tmp_path):
    table = worlds.table(worlds.clustered(60, 34), hit=worlds.hits(60, 35))
    table.to_parquet(tmp_path / "table.parquet")
    read = score(tmp_path / "table.parquet", scales="knn:20")
    for data in (table, Samples.from_table(table)):
        audit = score(data, scales="knn:20")
        pd.testing.assert_frame_equal(audit.samples, read.samples, check_exact=True)


# --- Merged sites --------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["knn:12", "300km", "10@90deg"])
def test_merged_sites_are_those_of_the_oracle_where_no_site_is_mixed(scale):
    table = worlds.table(worlds.duplicated(100, 36), hit=worlds.hits(100, 37))
    merged = Samples.from_table(table).merged()
    rows = score(table, scales=scale, sites="merge").samples
    assert len(rows) == merged.n
    places, lat, lon = worlds.seats(worlds.World(merged.lat, merged.lon))
    mixed = np.abs(places.seated(merged.marks[0])) < 1
    for at in range(merged.n):
        expected = oracle(merged, 0, scale, at)
        centre = int(places.point_of_sample[at])
        members, _, _ = naive.neighbourhood(lat, lon, centre, **worlds.limits(scale))
        if mixed[members].any():
            expected["marked"] = math.nan
        assert_row_agrees(rows.loc[at], expected)


def test_merged_sites_that_nobody_mixes_keep_their_marked_score():
    world = worlds.duplicated(100, 38)
    table = worlds.table(world, hit=(world.lat * 1e6).astype(int) % 2)  # one mark per site
    audit = score(table, scales="knn:12", sites="merge")
    assert audit.samples["marked"].notna().all()
    assert_agrees(audit, Samples.from_table(table).merged())


def test_merged_sites_of_several_levels():
    table = worlds.table(worlds.duplicated(100, 39), mark=worlds.binned(100, 40, (-2, 1, 3)))
    read = {"correct": "mark", "levels": (-2, 1, 3)}
    audit = score(table, scales="knn:12", sites="merge", **read)
    merged = Samples.from_table(table, **read).merged()
    for at in range(0, merged.n, 4):
        expected = oracle(merged, 0, "knn:12", at)
        row = audit.samples.loc[at]
        if math.isnan(row["marked"]):
            expected["marked"] = math.nan
        assert_row_agrees(row, expected)


def test_merging_changes_nothing_where_no_site_is_shared():
    table = worlds.table(worlds.clustered(60, 41), hit=worlds.hits(60, 42))
    kept, merged = (score(table, scales="knn:12", sites=sites) for sites in ("keep", "merge"))
    pd.testing.assert_frame_equal(kept.samples[SCORES], merged.samples[SCORES], check_exact=True)


# --- Summary and aggregates ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def audit():
    table = worlds.table(
        worlds.clustered(90, 43), good=worlds.hits(90, 44, 0.9), fair=worlds.hits(90, 45, 0.6)
    )
    return score(table, correct=["good", "fair"], scales=["60km", "20@300km", "knn:9"])


def test_the_columns_of_the_summary(audit):
    assert list(audit.summary) == [
        "model", "scale", "samples", "centres", "undefined", "capped", "accuracy", *SCORES,
        "centres_wrong", "undefined_wrong", "capped_wrong", *(f"{name}_wrong" for name in SCORES),
    ]  # fmt: skip


def test_the_summary_goes_model_by_model_and_scale_by_scale(audit):
    scales = ["60km", "20@300km", "knn:9"]
    expected = [(model, scale) for model in ("good", "fair") for scale in scales]
    assert list(zip(audit.summary["model"], audit.summary["scale"], strict=True)) == expected


def test_the_summary_counts_centres(audit):
    for _, row in audit.summary.iterrows():
        rows = model_rows(audit, row["model"], row["scale"])
        unknown = rows[CALIBRATED].isna().any(axis=1)
        wrong = ~rows["correct"].astype(bool)
        assert row["samples"] == row["centres"] == 90
        assert row["accuracy"] == pytest.approx((~wrong).mean())
        assert row["undefined"] == unknown.sum()
        assert row["centres_wrong"] == wrong.sum()
        assert row["undefined_wrong"] == (unknown & wrong).sum()
    assert audit.summary["undefined"].max() > 0


def test_the_summary_counts_capped_centres(audit):
    samples = Samples.from_table(audit.samples.head(90)[["lat", "lon", "correct"]])
    expected = np.array([oracle(samples, 0, "20@300km", at)["capped"] for at in range(90)])
    assert 0 < expected.sum() < 90
    for _, row in audit.summary.iterrows():
        rows = model_rows(audit, row["model"], row["scale"])
        capped = expected if row["scale"] == "20@300km" else np.zeros(90, dtype=bool)
        assert row["capped"] == capped.sum()
        assert row["capped_wrong"] == (capped & ~rows["correct"].astype(bool)).sum()


def test_the_summary_holds_the_means_of_the_samples(audit):
    for suffix, rows in (("", audit.samples), ("_wrong", audit.samples.query("not correct"))):
        means = rows.astype(dict.fromkeys(KEYS, str)).groupby(KEYS)[SCORES].mean()
        measured = audit.summary.set_index(KEYS)[[f"{name}{suffix}" for name in SCORES]]
        measured.columns = SCORES
        pd.testing.assert_frame_equal(measured.sort_index(), means, rtol=1e-12)


@pytest.mark.parametrize("over", ["all", "wrong"])
def test_aggregates_are_those_of_the_samples(audit, over):
    chosen = audit.samples if over == "all" else audit.samples.query("not correct")
    aggregates = audit.aggregates[audit.aggregates["centres"] == over]
    assert len(aggregates) == 6 * len(SCORES)
    grouped = dict(list(chosen.groupby(KEYS, observed=True)))
    for _, row in aggregates.iterrows():
        part = grouped[row["model"], row["scale"]]
        known = part.dropna(subset=row["score"])
        assert row["defined"] == len(known)
        assert row["undefined"] == len(part) - len(known)
        assert row["mean"] == pytest.approx(known[row["score"]].mean(), nan_ok=True)
        assert row["median"] == pytest.approx(known[row["score"]].median(), nan_ok=True)
        weighted = (known[row["score"]] * known["neighbours"]).sum() / known["neighbours"].sum()
        assert row["weighted"] == pytest.approx(weighted, nan_ok=True)
        assert row["se"] == 0 or len(known) < 2


def test_a_model_that_is_never_wrong_has_no_wrong_centres():
    table = worlds.table(worlds.clustered(60, 24), hit=np.ones(60, dtype=int))
    summary = score(table, scales="knn:20").summary
    assert summary.loc[0, "centres_wrong"] == 0
    assert summary[[f"{name}_wrong" for name in SCORES]].isna().all(axis=None)


# --- A random subset of centres ------------------------------------------------------------------


def test_a_subset_of_centres_gets_the_scores_of_the_full_audit():
    table = worlds.table(
        worlds.duplicated(90, 46), a=worlds.hits(90, 47), b=worlds.hits(90, 48, 0.9)
    )
    choices = {"correct": ["a", "b"], "scales": ["knn:12", "300km"]}
    full, part = score(table, **choices), score(table, centres=25, seed=4, **choices)
    assert part.summary["centres"].tolist() == [25] * 4
    assert part.summary["samples"].tolist() == [90] * 4
    drawn = part.samples["sample"].unique()
    assert len(drawn) == 25
    assert sorted(drawn) == list(drawn)
    expected = full.samples[full.samples["sample"].isin(drawn)].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.samples, expected, check_exact=True)


def test_the_seed_decides_which_centres_are_drawn():
    table = worlds.table(worlds.clustered(90, 49), hit=worlds.hits(90, 50))
    first, again, other = (
        score(table, scales="knn:12", centres=20, seed=seed).samples for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert set(first["sample"]) != set(other["sample"])


def test_every_sample_is_as_likely_a_centre_as_any_other():
    table = worlds.table(worlds.duplicated(40, 51), hit=worlds.hits(40, 52))
    drawn = np.zeros(40)
    for seed in range(120):
        rows = score(table, scales="knn:5", centres=10, seed=seed).samples["sample"]
        drawn[rows] += 1
    assert drawn.sum() == 1200
    # 30 times each on average; beyond four standard deviations of the binomial is never.
    assert np.abs(drawn - 30).max() < 4 * math.sqrt(120 * 0.25 * 0.75)


@pytest.mark.parametrize("centres", [90, 500])
def test_as_many_centres_as_samples_are_all_of_them(centres):
    table = worlds.table(worlds.clustered(90, 49), hit=worlds.hits(90, 50))
    full, all_of_them = (
        score(table, scales="knn:12"),
        score(table, scales="knn:12", centres=centres),
    )
    pd.testing.assert_frame_equal(full.samples, all_of_them.samples, check_exact=True)
    pd.testing.assert_frame_equal(full.summary, all_of_them.summary, check_exact=True)


def test_standard_errors_come_with_a_subset_alone():
    table = worlds.table(worlds.clustered(90, 49), hit=worlds.hits(90, 50))
    errors = [f"{name}{suffix}" for suffix in ("_se", "_wrong_se") for name in SCORES]
    assert not set(errors) & set(score(table, scales="knn:12").summary)
    part = score(table, scales="knn:12", centres=40)
    assert list(part.summary)[-len(errors) :] == errors
    assert (part.summary[errors] > 0).all(axis=None)
    assert any("standard error" in note for note in part.notes)


def test_standard_errors_are_the_spread_over_seeds():
    """Over 80 seeds, the spread of a mean is known to 8 % and an error's average better still."""
    table = worlds.table(worlds.clustered(200, 53), hit=worlds.hits(200, 54))
    full = score(table, scales="knn:20").summary.loc[0]
    parts = pd.concat([
        score(table, scales="knn:20", centres=60, seed=seed).summary for seed in range(80)
    ])  # fmt: skip
    for suffix in ("", "_wrong"):
        for name in SCORES:
            means, errors = parts[f"{name}{suffix}"], parts[f"{name}{suffix}_se"]
            spread = means.std()
            assert 0.75 < errors.mean() / spread < 1.33, name
            assert abs(means.mean() - full[f"{name}{suffix}"]) < 4 * spread / math.sqrt(80), name


# --- Samples that share sites --------------------------------------------------------------------


def paired(n: int, pairs: int) -> pd.DataFrame:
    """A table in which so many pairs of samples share a site."""
    lat, lon = worlds.clustered(n, 55)
    lat[:pairs], lon[:pairs] = lat[-pairs:], lon[-pairs:]
    return worlds.table(worlds.World(lat, lon), hit=worlds.hits(n, 56))


@pytest.mark.parametrize(
    ("n", "pairs", "warned"), [(100, 2, False), (120, 3, False), (100, 3, True)]
)
def test_the_warning_comes_when_more_than_5_percent_share_a_site(n, pairs, warned):
    audit = score(paired(n, pairs), scales="knn:12")
    said = [note for note in audit.notes if "share one of" in note]
    assert len(said) == warned
    assert ("relative_merged" in audit.summary) == warned
    if warned:
        assert said[0].startswith("6 % of the 100 samples share one of 97 sites with others.")


def test_the_merged_relative_score_is_that_of_merged_sites():
    table = worlds.table(
        worlds.duplicated(120, 57), a=worlds.hits(120, 58), b=worlds.hits(120, 59, 0.9)
    )
    choices = {"correct": ["a", "b"], "scales": ["knn:12", "500km", "15@90deg"]}
    kept, merged = (score(table, sites=sites, **choices) for sites in ("keep", "merge"))
    assert kept.summary["relative_merged"].tolist() == merged.summary["relative"].tolist()
    assert kept.summary["relative_merged"].notna().all()
    assert "relative_merged_se" not in kept.summary
    assert "relative_merged" not in merged.summary
    assert not any("share one of" in note for note in merged.notes)


def test_the_merged_relative_score_does_not_depend_on_the_centres_drawn():
    table = worlds.table(worlds.duplicated(120, 60), hit=worlds.hits(120, 61))
    full, part = (score(table, scales="knn:12", centres=c).summary for c in (None, 30))
    assert part["relative_merged"].tolist() == full["relative_merged"].tolist()


def test_the_merged_relative_score_is_unknown_where_sites_are_too_few():
    table = worlds.table(worlds.duplicated(40, 62), hit=worlds.hits(40, 63))
    summary = score(table, scales=["knn:20", "knn:8"]).summary
    assert summary["relative_merged"].isna().tolist() == [True, False]


def test_the_merged_relative_score_of_very_many_sites_is_estimated():
    lat, lon = worlds.tight(MERGED_CENTRES + 400, 64)
    lat[:200], lon[:200] = lat[-200:], lon[-200:]
    table = worlds.table(worlds.World(lat, lon), hit=worlds.hits(lat.size, 65))
    kept = score(table, scales="knn:12").summary.loc[0]
    merged = score(table, scales="knn:12", sites="merge").summary.loc[0]
    error = kept["relative_merged_se"]
    assert 0 < error < 0.01
    assert kept["relative_merged"] != merged["relative"]
    assert abs(kept["relative_merged"] - merged["relative"]) < 4 * error


def test_a_tolerance_makes_sites_of_near_samples():
    table = worlds.table(worlds.tight(60, 66), hit=worlds.hits(60, 67))
    audit = score(table, scales="knn:8", site_tolerance_km=0.2)
    assert "relative_merged" in audit.summary
    assert audit.provenance["input"]["sites"] < 60


# --- Choices that make no sense ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"scales": []}, "No scale"),
        ({"scales": "100"}, 'Did you mean "100km"'),
        ({"preset": "gbs"}, "preset must be one of geobias, pygbs, published"),
        ({"marks": "0/1"}, "marks must be one of pm, 01"),
        ({"marks": "01"}, "preset published alone"),
        ({"sites": "drop"}, "sites must be one of keep, merge"),
        ({"index": "rtree"}, "index must be one of bands, balltree"),
        ({"k": 0}, "k must be a whole number of 1 to 16"),
        ({"k": 17}, "k must be a whole number of 1 to 16"),
        ({"k": 2.5}, "k must be a whole number of 1 to 16"),
        ({"seed": -1}, "seed must be a whole number of 0 to"),
        ({"centres": 1}, "centres must be a whole number of 2 or more"),
        ({"threads": 0}, "threads must be a whole number of 1 or more"),
        ({"scales": "knn:61"}, "asks for 61 neighbours, but there are only 60 samples"),
    ],
)
def test_choices_that_make_no_sense(choices, words):
    table = worlds.table(worlds.clustered(60, 68), hit=worlds.hits(60, 69))
    with pytest.raises(geobias.GeoBiasError, match=words):
        score(table, **choices)


@pytest.mark.parametrize("name", ["k", "seed", "centres", "threads"])
def test_whole_numbers_of_numpy_are_whole_numbers(name):
    table = worlds.table(worlds.clustered(60, 68), hit=worlds.hits(60, 69))
    audit, plain = (
        score(table, **{"scales": "knn:12", "centres": 20, name: six}) for six in (np.int64(6), 6)
    )
    assert audit.to_json() == plain.to_json()
    pd.testing.assert_frame_equal(audit.samples, plain.samples, check_exact=True)


@pytest.mark.parametrize("name", ["k", "seed", "centres", "threads"])
@pytest.mark.parametrize("number", [6.0, "6", True, math.nan])
def test_what_only_looks_like_a_whole_number_is_refused(name, number):
    table = worlds.table(worlds.clustered(60, 68), hit=worlds.hits(60, 69))
    with pytest.raises(geobias.GeoBiasError, match=f"^{name} must be a whole number"):
        score(table, **{name: number})


def test_fewer_samples_than_links():
    table = worlds.table(worlds.tight(4, 70), hit=worlds.hits(4, 71))
    with pytest.raises(geobias.GeoBiasError, match="4 samples are too few"):
        score(table, scales="5km")


def test_fewer_sites_than_links():
    table = worlds.table(worlds.duplicated(12, 72), hit=worlds.hits(12, 73))
    with pytest.raises(geobias.GeoBiasError, match="sites are too few"):
        score(table, scales="5km", sites="merge")


def test_samples_are_read_already():
    samples = Samples.from_table(worlds.table(worlds.tight(9, 74), hit=worlds.hits(9, 75)))
    with pytest.raises(geobias.GeoBiasError, match="threshold"):
        score(samples, threshold=0.5)
