"""Plans: what is counted, estimated and suggested, against what an audit then takes."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import geobias
import worlds
from commandline import Command, refusal
from geobias.geometry.places import Ints
from geobias.planning import crowd as crowd_module
from geobias.planning import timing
from geobias.planning.cost import Cost, total
from geobias.planning.crowd import Crowd
from geobias.planning.estimate import Estimate
from geobias.planning.footprint import Footprint, neighbourhood_bytes
from geobias.planning.pilot import Pilot
from geobias.planning.variation import Variation
from geobias.progress import ignore
from geobias.results.plan_words import duration, rounded
from geobias.results.summary import aggregate
from geobias.scales import Scale
from geobias.scoring import read_samples
from geobias.settings import Settings
from geobias.survey import Survey


def table_of(world: worlds.World, models: int = 1, seed: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    names = ["correct", *(f"model {number}" for number in range(2, models + 1))]
    marks = {name: draw.random(world.lat.size) < 0.7 for name in names}
    return pd.DataFrame({"lat": world.lat, "lon": world.lon, **marks})


def plan_of(table: pd.DataFrame, **choices: Any) -> geobias.Plan:
    return geobias.plan(table, correct=list(table.columns[2:]), **choices)


def audit_of(table: pd.DataFrame, **choices: Any) -> geobias.Audit:
    return geobias.score(table, correct=list(table.columns[2:]), **choices)


def settings_of(**choices: object) -> Settings:
    known = Settings.__dataclass_fields__
    given = {
        name: parameter.default
        for name, parameter in signature(geobias.score).parameters.items()
        if name in known
    }
    return Settings.checked(**{**given, **choices})  # type: ignore[arg-type]


def survey_of(table: pd.DataFrame, centres: int | None = None, **choices: object) -> Survey:
    samples = read_samples(table, correct=list(table.columns[2:]))
    return Survey.of(samples, settings_of(centres=centres, **choices), centres, 1)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilots of a few batches."""
    monkeypatch.setattr(timing, "SECONDS", 0.0)


@pytest.fixture
def thorough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilots that go on until all centres are done: no clock decides how many."""
    monkeypatch.setattr(timing, "SECONDS", np.inf)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("centres", [None, 150])
@pytest.mark.parametrize("world", [worlds.clustered, worlds.duplicated])
def test_pairs_are_exact_where_all_centres_are_looked_at(world, centres):
    table, scales = table_of(world(400, 1)), ["100km", "knn:20", "10@200km"]
    plan = plan_of(table, scales=scales, centres=centres)
    audit = audit_of(table, scales=scales, centres=centres)
    places = audit.samples.drop_duplicates(["scale", "lat", "lon"]).groupby("scale", observed=True)
    for row in plan.summary.to_dict("records"):
        sizes = places.get_group(row["scale"])["neighbours"]
        assert row["pairs"] == row["pairs_low"] == row["pairs_high"] == sizes.sum()
        assert row["counted"] == row["locations"] == sizes.size
        assert row["neighbours_most"] == sizes.max()
        assert row["neighbours"] == pytest.approx(sizes.mean())
        assert row["centres"] == (centres or 400)


def test_intervals_of_estimated_pairs_hold_the_truth(monkeypatch):
    survey, scale = survey_of(table_of(worlds.clustered(4000, 2))), Scale.parse("60km")
    truth = Crowd.of(survey, scale).pairs
    assert truth.error == 0.0
    monkeypatch.setattr(crowd_module, "_FEWEST", 60)
    monkeypatch.setattr(crowd_module, "_MOST", 150)
    found = [Crowd.of(replace(survey, seed=seed), scale).pairs for seed in range(300)]
    held = np.mean([each.low <= truth.value <= each.high for each in found])
    assert 0.91 <= held <= 0.985
    assert np.mean([each.value for each in found]) == pytest.approx(truth.value, rel=0.01)


def test_with_large_neighbourhoods_fewer_are_counted(monkeypatch):
    survey, scale = survey_of(table_of(worlds.clustered(2000, 2))), Scale.parse("knn:50")
    monkeypatch.setattr(crowd_module, "_FEWEST", 100)
    monkeypatch.setattr(crowd_module, "_MOST_COUNTED", 50 * 300)
    assert Crowd.of(survey, scale).sizes.size == 300
    monkeypatch.setattr(crowd_module, "_MOST_COUNTED", 1)
    assert Crowd.of(survey, scale).sizes.size == 100


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, batch: Ints) -> tuple[int, int]:
        """Take a microsecond for each of 1,000 pairs per centre."""
        self.now += batch.size * 1e-3
        return 1000 * batch.size, batch.size


def test_a_pilot_stops_when_its_time_is_up_and_tells_the_time_per_pair():
    clock, batches = Clock(), [np.arange(size) for size in (5, 10, 20, 5, 40, 10, 20, 30)]
    pilot = Pilot.of(batches, clock.work, 0.05, clock)
    assert pilot.made == [5, 10, 20, 5, 40]
    assert pilot.per_pair.value == pytest.approx(1e-6)
    assert pilot.per_pair.error == pytest.approx(0.0, abs=1e-15)


def test_a_pilot_does_a_few_batches_in_any_case():
    clock, batches = Clock(), [np.arange(3)] * 20
    assert sum(Pilot.of(batches, clock.work, 0.0, clock).made) == 18


def test_time_is_linear_in_pairs():
    cost = Cost("scores", per_pair=Estimate(2e-6, 1e-7))
    one, ten = cost.seconds(Estimate(1e6, 1e5), 10), cost.seconds(Estimate(1e7, 1e6), 10)
    assert one.value == pytest.approx(2.0)
    assert ten.value == pytest.approx(10.0 * one.value)
    assert ten.error == pytest.approx(10.0 * one.error)
    # Both figures are uncertain: by a tenth, and by a twentieth.
    assert one.error == pytest.approx(2.0 * np.hypot(0.1, 0.05))


def test_a_test_that_samples_its_centres_takes_no_longer_with_more():
    cost = Cost("permutations", per_pair=Estimate(1e-6), fixed=3.0, most_pairs=1e6)
    assert cost.seconds(Estimate(5e5), 10).value == pytest.approx(3.5)
    assert cost.seconds(Estimate(5e9), 10).value == pytest.approx(4.0)
    assert total([cost, Cost("bootstrap", per_centre=0.1)], Estimate(5e5), 10).value == 4.5


@pytest.mark.usefixtures("hasty")
def test_every_part_that_was_asked_for_has_its_time():
    table = table_of(worlds.duplicated(300, 4))
    asked = {"permutations": 19, "bootstrap": 50, "fdr": 0.1, "scores": ("ssi", "sri")}
    plan = plan_of(table, scales=["100km", "knn:10"], **asked)
    parts = ["preparing", "scores", "single centres", "sri", "bootstrap", "permutations"]
    for scale in ("100km", "knn:10"):
        own = plan.times[plan.times["scale"] == scale]
        assert own["part"].tolist() == [*parts, "merged sites"]
        whole = plan.summary.set_index("scale")["seconds"][scale]
        assert own["seconds"].sum() == pytest.approx(whole)
        assert (own["seconds"] >= 0.0).all()
    assert list(plan.precision["score"].unique()) == [
        "relative", "clustering", "isolation",
        "sri_grid_relative", "sri_lag_relative", "sri_sector_relative",
    ]  # fmt: skip
    alone = plan_of(table, scales="100km", scores="sri")
    assert alone.times["part"].tolist() == ["preparing", "sri"]
    assert "mean sri_grid_relative" in " ".join(alone.sentences())


@pytest.mark.usefixtures("thorough")
def test_suggested_centres_reach_the_wanted_standard_error():
    table = table_of(worlds.clustered(3000, 6), models=2)
    plan = plan_of(table, scales="50km", standard_error=0.06)
    # The widest of both models.
    for row in plan.precision.to_dict("records"):
        errors = []
        for seed in range(5):
            audit = audit_of(table, scales="50km", centres=row["centres"], seed=seed)
            errors.append(audit.summary[f"{row['score']}_se"].max())
        assert 0.85 * 0.06 <= np.mean(errors) <= 1.05 * 0.06
    assert plan.centres == plan.precision.set_index("score")["centres"]["clustering"]


def test_a_suggestion_from_few_centres_is_on_the_safe_side():
    draw = np.random.default_rng(8)
    scores = draw.exponential(1.0, 20_000)
    short = 0
    for _ in range(400):
        spread = Variation.of(draw.choice(scores, 60, replace=False))
        centres = spread.needed(0.05, scores.size)
        exact = scores.std(ddof=1) * np.sqrt((1.0 - centres / scores.size) / centres)
        short += exact > 0.05
    assert short / 400 < 0.1


@pytest.mark.parametrize("undefined", [0, 40])
def test_an_expected_standard_error_is_that_of_an_audit(undefined):
    values = np.random.default_rng(9).gamma(1.0, 1.0, 200)
    values[:undefined] = np.nan
    told = aggregate(values, np.ones(200), 1000)["se"]
    assert Variation.of(values).error(200, 1000) == pytest.approx(told)


def test_the_number_needed_gives_the_error_wanted():
    spread = Variation(sd=1.3, doubt=0.0, defined=0.8, seen=500)
    for of in (800, 10_000, 10**9):
        needed = spread.needed(0.05, of)
        assert spread.error(needed, of) <= 0.05 < spread.error(needed - 1, of)
    assert spread.needed(1e-9, 700) == 700
    assert spread.needed(100.0, 700) == 2
    nothing = Variation.of(np.array([np.nan, 1.0, np.nan]))
    assert nothing.needed(0.1, 700) == 700


@pytest.mark.usefixtures("thorough")
def test_no_more_centres_are_suggested_than_there_are():
    plan = plan_of(table_of(worlds.clustered(150, 4)), scales="knn:20", standard_error=1e-4)
    assert (plan.precision["centres"] == 150).all()
    assert "needs all 150 centres" in " ".join(plan.sentences())


@pytest.mark.usefixtures("thorough")
def test_the_order_of_rows_changes_nothing():
    table = table_of(worlds.duplicated(500, 5))
    choices = {"scales": ["100km", "knn:20"], "centres": 300}
    one = plan_of(table, **choices)
    other = plan_of(table.sample(frac=1.0, random_state=1), **choices)
    for name in ("summary", "precision"):
        first, second = (getattr(each, name).filter(regex="^(?!seconds)") for each in (one, other))
        pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert one.memory == other.memory


@pytest.mark.parametrize("models", [1, 3])
def test_memory_is_what_is_allocated(models):
    draw = np.random.default_rng(1)
    count = 100_000
    world = worlds.World(draw.uniform(-60, 60, count).round(5), draw.uniform(-179, 179, count))
    table = table_of(world, models)
    audit_of(table[:500], scales="knn:5")  # what is loaded once is no part of it
    tracemalloc.start()
    try:
        survey = survey_of(table)
        _ = survey.places.point_of_sample, survey.places.radians, survey.placed, survey.start
        # The nearest are looked up when the first neighbourhood is.
        survey.scorer.scores(Scale.parse("knn:5"), survey.points[:1], ignore)
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        audit = audit_of(table, scales="knn:5", threads=1)
        peak = tracemalloc.get_traced_memory()[1] - held
        rows = audit.samples.memory_usage(index=False).sum()
    finally:
        tracemalloc.stop()
    told = Footprint.of(
        samples=count, locations=survey.places.points, models=models, k=4, centres=count,
        columns=10, scales=1, largest=5, threads=1,
    )  # fmt: skip
    assert held == pytest.approx(told.samples, rel=0.05)
    # Neighbourhoods of five take no room to speak of.
    assert peak == pytest.approx(told.samples + max(told.preparing, told.scores), rel=0.15)
    assert rows == pytest.approx(count * models * (43 + 8 * 10), rel=0.01)


def test_memory_grows_with_the_largest_neighbourhood_and_the_threads():
    given = {
        "samples": 10**7, "locations": 10**7, "models": 1, "k": 4, "centres": 10**7,
        "columns": 10, "scales": 2,
    }  # fmt: skip
    small, large, many = (
        Footprint.of(**given, largest=largest, threads=threads)
        for largest, threads in ((100, 2), (10**6, 2), (10**6, 8))
    )
    more = neighbourhood_bytes(10**6, 4) - neighbourhood_bytes(100, 4)
    assert large.work - small.work == 2 * more > 10**9
    assert many.work == 4 * large.work
    assert small.least == 50_000_000
    assert large.least == neighbourhood_bytes(10**6, 4)
    assert large.streamed(large.least) < large.whole


@pytest.mark.usefixtures("hasty")
def test_a_plan_is_shown_and_written(tmp_path):
    plan = plan_of(table_of(worlds.clustered(300, 4), models=2), scales="100km")
    said = repr(plan)
    assert "At 100km 300 centres have " in said
    assert "clustering of each model to ± 0.05 nats" in said
    assert "Nothing is scored yet." in said
    facts = json.loads(plan.to_json(tmp_path / "plan.json"))
    assert facts["plan"][0]["centres"] == 300
    assert facts["memory"] == plan.memory
    assert json.loads((tmp_path / "plan.json").read_text()) == facts
    assert "<table" in plan._repr_html_()
    assert set(plan.precision["standard_error"]) == {0.1, 0.05, 0.02}


def test_words_for_times_and_counts():
    times = [duration(10.0**power) for power in range(-1, 8)]
    assert times == [
        "less than 1 s", "1 s", "10 s", "1.7 min", "17 min", "2.8 hours", "28 hours", "12 days",
        "120 days",
    ]  # fmt: skip
    assert duration(np.inf) == "unknown"
    assert all(float(low) < float(high) for low, high in pairwise(map(rounded, (0.5, 7, 11, 9e7))))


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"standard_error": 0}, "standard_error must lie between 0 and inf, not 0"),
        ({"standard_error": "small"}, "standard_error must lie between 0 and inf, not 'small'"),
        ({"standard_error": float("nan")}, "standard_error must lie between"),
        ({"memory": "2 elephants"}, "A size is written"),
        ({"memory": "1MB"}, "less than 50 MB"),
        ({"scales": "knn:5000"}, "asks for 5,000 neighbours"),
        ({"permutations": 0}, "permutations must be a whole number"),
        ({"centres": 1}, "centres must be a whole number of 2"),
    ],
)
def test_choices_that_make_no_sense_are_refused_in_words(choices, words):
    with pytest.raises(geobias.GeoBiasError, match=words):
        plan_of(table_of(worlds.clustered(100, 4)), **choices)


@pytest.mark.usefixtures("hasty")
def test_memory_that_a_neighbourhood_exceeds_is_refused(monkeypatch):
    monkeypatch.setattr(
        "geobias.planning.footprint.records_bytes", lambda members: 20_000_000 + 10**6 * members
    )
    table = table_of(worlds.clustered(300, 4))
    with pytest.raises(geobias.GeoBiasError, match=r"'60MB' is less than the largest .* 224 MB"):
        plan_of(table, scales="knn:200", memory="60MB")
    plan = plan_of(table, scales="knn:200", memory="1GB")
    assert plan.memory["streamed"] > 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "predictions.parquet"
    table_of(worlds.clustered(300, 4)).to_parquet(path)
    return path


@pytest.mark.usefixtures("hasty")
def test_a_dry_run_prints_the_plan_and_writes_no_scores(run: Command, file: Path):
    written, scores = file.with_name("plan.json"), file.with_name("scores.parquet")
    words = ("--dry-run", "--scale", "100km", "--standard-error", "0.2")
    code, out, err = run("score", file, *words, "--output", scores, "--json", written)
    assert (code, err) == (0, "")
    assert out.startswith("300 samples, 1 model, 1 scale: ")
    assert "± 0.2 nats" in out
    assert not scores.exists()
    assert json.loads(written.read_text())["precision"][0]["standard_error"] == 0.2
    assert json.loads(run("score", file, *words, "--json", "-").out)["threads"] >= 1


def test_a_dry_run_is_not_for_a_cluster(run: Command, file: Path):
    code, _, err = run("score", file, "--dry-run", "--dask", "local:2")
    assert code == 2
    assert "--dry-run times the work on this machine" in err


def test_a_standard_error_goes_with_a_dry_run(run: Command, file: Path):
    code, _, err = run("score", file, "--standard-error", "0.1")
    assert code == 2
    assert "--standard-error goes with --dry-run" in err
    assert "standard_error must lie" in refusal(
        run, "score", file, "--dry-run", "--standard-error", "-1"
    )
