"""Mean scores by radius, and what is said of where a score peaks."""

import numpy as np
import pytest

import geobias
import naive
import worlds
from geobias.errors import GeoBiasError
from geobias.results.profile import peaks

LADDER = "100km..3000km"


def world(gap, n=600, seed=1):
    """Samples over a continent; accuracy drops on half of a chessboard of 6 degrees."""
    draw = np.random.default_rng(seed)
    lat, lon = draw.uniform(35, 60, n), draw.uniform(-5, 35, n)
    black = (np.floor(lat / 6) + np.floor(lon / 6)) % 2 == 0
    places = worlds.World(lat, lon)
    return worlds.table(places, hit=draw.random(n) < np.where(black, 0.9 - gap, 0.9))


@pytest.fixture(scope="module")
def biased():
    return geobias.score(
        world(0.6, n=900), scales=[LADDER, "knn:30"], scores=("ssi", "sri"), permutations=199,
        bootstrap=99, block_km=400, threads=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fair():
    return geobias.score(world(0.0), scales=LADDER, permutations=199, threads=1)


def test_a_ladder_is_scored_rung_by_rung(fair):
    assert fair.summary["scale"].tolist() == [
        "100km",
        "200km",
        "500km",
        "1000km",
        "2000km",
        "3000km",
    ]


def test_a_profile_has_a_row_per_scale_from_small_to_large(biased):
    profile = biased.profile()
    assert list(profile.columns) == [
        "model", "scale", "radius_km", "mean", "low", "high", "z", "p", "centres", "undefined",
    ]  # fmt: skip
    assert profile["radius_km"].is_monotonic_increasing
    row = profile[profile["scale"] == "500km"].iloc[0]
    summary = biased.summary.set_index("scale").loc["500km"]
    assert row["mean"] == summary["clustering"]
    assert (row["low"], row["high"]) == (summary["clustering_low"], summary["clustering_high"])
    assert (row["z"], row["p"]) == (summary["clustering_pz"], summary["clustering_p"])
    nearest = biased.samples[biased.samples["scale"] == "knn:30"]
    at = profile[profile["scale"] == "knn:30"].iloc[0]
    assert at["radius_km"] == nearest["radius_km"].median()
    assert at["undefined"] == nearest["clustering"].isna().sum()


@pytest.mark.parametrize("score", ["unmarked", "marked", "sri_lag", "sri_sector_relative"])
def test_every_score_has_a_profile(biased, score):
    profile = biased.profile(score)
    assert profile["mean"].notna().any()
    assert profile["p"].notna().any() == (score in ("marked", "sri_lag"))
    assert profile["low"].notna().any()


def test_it_is_said_where_a_score_peaks_if_that_is_beyond_chance(biased):
    (said,) = peaks(biased, "clustering", ["hit"])
    profile = biased.profile().set_index("scale")
    p = dict(zip(profile.index, naive.holm(profile["p"].tolist()), strict=True))
    beyond = [scale for scale in profile.index if p[scale] <= 0.05 and profile["z"][scale] > 0]
    top = profile.loc[beyond, "mean"].idxmax()
    assert said.startswith(f"hit: clustering is highest at {top} ({profile['mean'][top]:.2f} nats")
    assert f"beyond chance at {len(beyond)} of them, the smallest {beyond[0]}." in said
    assert said in biased.sentences()
    caption = biased.plot.profile().texts, biased.plot.profile().get_supxlabel()
    assert "is highest at" in caption[1].replace("\n", " ")


def test_raw_scores_are_not_compared_between_scales_but_with_chance(biased):
    (said,) = peaks(biased, "sri_lag", ["hit"])
    profile = biased.profile("sri_lag").set_index("scale")
    assert f"sri_lag is farthest above chance at {profile['z'].idxmax()}" in said
    assert peaks(biased, "sri_grid_relative", ["hit"]) == []
    assert peaks(biased, "unmarked", ["hit"]) == []


def test_chance_is_not_called_a_finding(fair):
    assert peaks(fair, "clustering", ["hit"]) == [
        "hit: at no scale is clustering more than chance gives."
    ]
    assert not any("highest" in sentence for sentence in fair.sentences())


def test_nothing_is_said_without_a_test_or_of_few_radii():
    untested = geobias.score(world(0.6), scales=LADDER, centres=50, threads=1)
    few = geobias.score(world(0.6), scales="500km..2000km", centres=50, permutations=19, threads=1)
    for audit in (untested, few):
        assert peaks(audit, "clustering", ["hit"]) == []
    assert untested.profile()[["low", "high", "z", "p"]].isna().all().all()


def test_scores_and_models_that_do_not_exist_are_refused(fair):
    with pytest.raises(GeoBiasError, match="no score 'sri_grid'"):
        fair.profile("sri_grid")
    with pytest.raises(GeoBiasError, match="no model 'miss'"):
        fair.profile(model="miss")


def test_the_command_takes_a_ladder(run, tmp_path):
    world(0.6, n=200).to_csv(tmp_path / "p.csv", index=False)
    found = run("score", tmp_path / "p.csv", "--scale", "200km..1000km", "--centres", 20)
    assert found.code == 0
    assert all(f" {scale} " in found.out for scale in ("200km", "500km", "1000km"))


def test_few_permutations_leave_open_where_a_score_is_beyond_chance():
    audit = geobias.score(world(0.6), scales=LADDER, permutations=19, threads=1)
    (said,) = peaks(audit, "clustering", audit.scored.models)
    assert "with 19 permutations it is open at which of 6 scales clustering is beyond" in said


def test_intervals_of_sri_do_not_fall_below_nothing(biased):
    for kind in ("sri_grid", "sri_lag", "sri_sector"):
        low = biased.summary[f"{kind}_low"]
        assert (low[low.notna()] >= 0.0).all()
