"""The command line, as its user meets it: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import geobias
from commandline import Command, refusal
from geobias import rules


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "lat": draw.normal(48, 2, 250),
            "lon": draw.normal(11, 2, 250),
            "correct": draw.random(250) < 0.7,
            "other": draw.random(250) < 0.7,
            "surety": draw.random(250),
        }
    )


@pytest.fixture(scope="module")
def file(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "predictions.parquet"
    table.to_parquet(path)
    return path


def test_a_score_shows_each_scale_and_says_what_was_found(run: Command, file: Path) -> None:
    code, out, err = run("score", file, "--scale", "100km", "--scale", "knn:30")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("correct: 250 samples, ")
    assert [line.split()[:3] for line in lines[2:6]] == [
        ["correct", scale, over] for scale in ("100km", "knn:30") for over in ("all", "wrong")
    ]
    assert "Latitude comes from column 'lat', longitude from column 'lon'." in lines


def test_the_command_prints_what_python_computes(
    run: Command, file: Path, table: pd.DataFrame
) -> None:
    audit = geobias.score(table, correct=["correct", "other"], scales="300km", k=3)
    words = ("--correct", "correct", "--correct", "other", "--scale", "300km", "--k", 3)
    assert run("score", file, *words).out == f"{audit!r}\n"


def test_json_on_standard_output_is_alone_there(run: Command, file: Path) -> None:
    code, out, err = run("score", file, "--scale", "100km", "--json", "-")
    assert (code, err) == (0, "")
    facts = json.loads(out)
    assert facts["summary"][0]["scale"] == "100km"
    assert facts["settings"]["preset"] == "geobias"


def test_files_are_written_and_agree(run: Command, file: Path, tmp_path: Path) -> None:
    samples, summary = tmp_path / "samples.parquet", tmp_path / "summary.json"
    run("score", file, "--scale", "100km", "--output", samples, "--json", summary)
    written = pq.read_table(samples).to_pandas()
    mean = json.loads(summary.read_text())["summary"][0]["clustering"]
    assert len(written) == 250
    assert written["clustering"].mean() == pytest.approx(mean, rel=1e-12)


def test_csv_gives_what_parquet_gives(
    run: Command, file: Path, table: pd.DataFrame, tmp_path: Path
) -> None:
    table.to_csv(tmp_path / "predictions.csv", index=False)
    from_csv = run("score", tmp_path / "predictions.csv", "--scale", "100km")
    assert from_csv.code == 0
    assert from_csv.out == run("score", file, "--scale", "100km").out


def test_centres_are_a_random_subset_with_standard_errors(run: Command, file: Path) -> None:
    words = ("score", file, "--scale", "100km", "--centres", 40, "--json", "-")
    first, again, other = (
        json.loads(run(*words, "--seed", seed).out)["summary"][0] for seed in (1, 1, 2)
    )
    assert first == again != other
    assert first["centres"] == 40
    assert first["samples"] == 250
    assert first["clustering_se"] > 0


def test_a_score_needs_its_threshold(run: Command, file: Path) -> None:
    assert "threshold" in refusal(run, "score", file, "--correct", "surety")
    words = ("--correct", "surety", "--threshold", 0.5, "--scale", "100km")
    assert run("score", file, *words).code == 0


def test_merged_sites_and_presets_are_reached(run: Command, file: Path) -> None:
    words = ("--scale", "50@100km", "--preset", "published", "--marks", "01", "--sites", "merge")
    code, out, _ = run("score", file, *words)
    assert code == 0
    assert "589.46" in out


def test_levels_are_numbers_between_commas(run: Command, file: Path) -> None:
    assert "--levels" in refusal(run, "score", file, "--levels", "low,high")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scale", "100"), "no unit"),
        (("--scale", "15000km"), "half the globe"),
        (("--scale", "knn:251"), "only 250 samples"),
        (("--preset", "best"), "geobias, pygbs, published"),
        (("--marks", "01"), "preset published alone"),
        (("--marks", "yes"), "pm, 01"),
        (("--sites", "drop"), "keep, merge"),
        (("--k", "0"), "k must be a whole number of 1 to 16"),
        (("--k", "four"), "--k"),
        (("--centres", "1"), "centres must be a whole number of 2 or more"),
        (("--seed", "-1"), "seed"),
        (("--site-tolerance", "-1"), "site_tolerance_km"),
        (("--correct", "korrect"), "'correct'"),
        (("--lat", "nowhere"), "'nowhere'"),
        (("--no-such-option",), "--no-such-option"),
        (("--output", "no/such/folder/samples.parquet"), "no/such/folder"),
        (("--json", "no/such/folder/summary.json"), "no/such/folder"),
    ],
)
def test_wrong_choices_are_refused(
    run: Command, file: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refusal(run, "score", file, *words)


def test_too_few_samples_are_refused(run: Command, table: pd.DataFrame, tmp_path: Path) -> None:
    table.head(4).to_parquet(tmp_path / "four.parquet")
    assert "at least 5" in refusal(run, "score", tmp_path / "four.parquet", "--scale", "100km")


@pytest.mark.parametrize("words", [("score",), ("score", "no-such-file.parquet"), ("guess",)])
def test_wrong_commands_are_refused(run: Command, words: tuple[str, ...]) -> None:
    refusal(run, *words)


def test_constant_correctness_says_what_is_undefined(
    run: Command, table: pd.DataFrame, tmp_path: Path
) -> None:
    table.assign(correct=True).to_parquet(tmp_path / "right.parquet")
    code, out, _ = run("score", tmp_path / "right.parquet", "--scale", "100km")
    assert code == 0
    assert "undefined" in out
    assert "Model 'correct' is always correct" in out


def test_dropped_rows_are_said(run: Command, table: pd.DataFrame, tmp_path: Path) -> None:
    holes = table.assign(correct=table["correct"].astype("boolean"))
    holes.loc[3, "lat"] = np.nan
    holes.loc[[5, 8], "correct"] = pd.NA
    holes.to_parquet(tmp_path / "holes.parquet")
    out = run("score", tmp_path / "holes.parquet", "--scale", "100km").out
    assert "1 row dropped, no coordinates: row 3" in out
    assert "2 rows dropped, no correctness in column 'correct': rows 5, 8" in out


def test_names_are_not_taken_for_markup(
    table: pd.DataFrame, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from geobias.cli.score import _show

    audit = geobias.score(
        table.rename(columns={"correct": "hit[red]"}), correct="hit[red]", scales="100km"
    )
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    _show(audit)
    out = capsys.readouterr().out
    assert out.count("hit[red]") >= 3
    assert "…" not in out


# --- Tests, intervals and comparisons ------------------------------------------------------------


def test_a_score_is_tested_and_bounded_as_in_python(
    run: Command, file: Path, table: pd.DataFrame
) -> None:
    words = ("--permutations", 19, "--bootstrap", 19, "--within", "500km", "--block-km", 200)
    code, out, err = run("score", file, "--scale", "knn:30", *words, "--seed", 3)
    assert (code, err) == (0, "")
    audit = geobias.score(
        table.drop(columns=["other", "surety"]), scales="knn:30", permutations=19, bootstrap=19,
        within="500km", block_km=200, seed=3,
    )  # fmt: skip
    assert out == f"{audit!r}\n"
    assert "95 % interval" in out
    assert "p (greater)" in out
    assert "With 19 permutations no p value can be below 0.05" in out


def test_tests_and_intervals_reach_json_and_parquet(
    run: Command, file: Path, tmp_path: Path
) -> None:
    words = ("--permutations", 19, "--bootstrap", 19, "--output", tmp_path / "samples.parquet")
    out = run("score", file, "--scale", "knn:30", *words, "--json", "-").out
    facts = json.loads(out)
    assert {"clustering_p", "clustering_low", "clustering_high"} < set(facts["summary"][0])
    assert {"median_low", "blocks", "replicates_dropped"} < set(facts["aggregates"][0])
    metadata = pq.read_schema(tmp_path / "samples.parquet").metadata
    assert json.loads(metadata[b"geobias"]) == facts


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--permutations", "0"), "permutations must be a whole number"),
        (("--permutations", "some"), "--permutations"),
        (("--within", "500km"), "within goes with permutations"),
        (("--permutations", "9", "--within", "country"), "no column 'country'"),
        (("--block-km", "500"), "block_km goes with bootstrap"),
        (("--bootstrap", "9", "--block-km", "-1"), "block_km must lie between"),
    ],
)
def test_wrong_tests_are_refused(
    run: Command, file: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refusal(run, "score", file, *words)


PAIR = ("--correct", "correct", "--correct", "other", "--scale", "knn:30")
FEW = ("--permutations", 19, "--bootstrap", 19)


def test_the_command_compares_as_python_does(run: Command, file: Path, table: pd.DataFrame) -> None:
    code, out, err = run("compare", file, *PAIR, *FEW)
    assert (code, err) == (0, "")
    comparison = geobias.compare(
        table, correct=["correct", "other"], scales="knn:30", permutations=19, bootstrap=19
    )
    assert out == f"{comparison!r}\n"
    assert "95 % interval" in out


def test_a_comparison_as_json_is_alone_on_standard_output(run: Command, file: Path) -> None:
    code, out, err = run("compare", file, *PAIR, *FEW, "--json", "-")
    assert (code, err) == (0, "")
    facts = json.loads(out)
    assert [row["score"] for row in facts["comparison"]] == [
        "marked", "relative", "clustering", "isolation",
    ]  # fmt: skip


def test_a_comparison_is_written(run: Command, file: Path, tmp_path: Path) -> None:
    run("compare", file, *PAIR, *FEW, "--json", tmp_path / "comparison.json")
    facts = json.loads((tmp_path / "comparison.json").read_text())
    assert facts["comparison"][0]["second"] == "other"


def test_files_of_models_are_joined_by_id(
    run: Command, table: pd.DataFrame, tmp_path: Path
) -> None:
    numbered = table.assign(photo=np.arange(len(table)))
    numbered[["lat", "lon", "photo", "correct"]].to_parquet(tmp_path / "a.parquet")
    other = numbered[["lat", "lon", "photo"]].assign(correct=numbered["other"])
    other.sample(frac=1, random_state=1)[10:].to_parquet(tmp_path / "b.parquet")
    words = ("--id", "photo", "--scale", "knn:30", "--against", "b")
    code, out, err = run("compare", tmp_path / "a.parquet", tmp_path / "b.parquet", *words, *FEW)
    assert (code, err) == (0, "")
    assert "b joined to a: 240 samples by id; 10 samples of the one and 0 of the other" in out
    assert out.splitlines()[3].split()[:3] == ["b", "a", "knn:30"]


def test_a_comparison_needs_two_models(run: Command, file: Path) -> None:
    assert "at least two models" in refusal(run, "compare", file, "--correct", "correct")
    said = refusal(run, "compare", file, *PAIR, "--against", "others")
    assert "Did you mean 'other'?" in said
    assert "FILE" in refusal(run, "compare")
    assert "nowhere.parquet" in refusal(run, "compare", "nowhere.parquet")


def test_tables_on_a_terminal_are_drawn_whole(
    run: Command, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = "a rather long name for a model [red]"
    table.rename(columns={"correct": named}).to_parquet(tmp_path / "named.parquet")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    words = (tmp_path / "named.parquet", "--correct", named, "--scale", "knn:30", *FEW)
    for command in ("score", "compare"):
        code, out, _ = run(command, *words, "--correct", "other")
        assert code == 0
        assert out.count(named) >= 5
        assert "95 % interval" in out
        assert "…" not in out.replace(" … ", "")


def test_nothing_asked_shows_the_help(run: Command) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "score" in out


def test_the_version_is_the_package_s(run: Command) -> None:
    assert run("--version").out == f"geobias {geobias.__version__}\n"


def installed_command() -> str:
    return str(Path(sysconfig.get_path("scripts")) / "geobias")


def test_help_imports_nothing_heavy() -> None:
    seen = subprocess.run(
        [sys.executable, "-X", "importtime", installed_command(), "score", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    imported = {
        line.rsplit("|", 1)[1].strip().split(".")[0] for line in seen.splitlines() if "|" in line
    }
    assert imported.isdisjoint(
        {"numpy", "pandas", "scipy", "numba", "sklearn", "geopandas", "pyarrow"}
    )


def test_a_reader_that_leaves_early_gets_no_traceback(file: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(
            [installed_command(), "score", str(file), "--scale", "100km"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert "Traceback" not in done.stderr


# --- What counts as correct ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def predictions(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = np.random.default_rng(6)
    path = tmp_path_factory.mktemp("cli") / "predictions.csv"
    pd.DataFrame(
        {
            "lat": table["lat"],
            "lon": table["lon"],
            "pred": draw.choice(["dam", "port"], 250),
            "label": draw.choice(["dam", "port"], 250),
            "ranked": [str(list(draw.permutation(["dam", "port", "zoo"]))) for _ in range(250)],
            "height": draw.normal(size=250),
            "true_height": draw.normal(size=250),
            "plat": table["lat"] + draw.normal(size=250),
            "plon": table["lon"] + draw.normal(size=250),
        }
    ).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("--prediction", "pred", "--label", "label"), rules.match("pred", "label")),
        (
            ("--prediction", "ranked", "--label", "label", "--top", "1,2"),
            rules.match("ranked", "label", top=(1, 2)),
        ),
        (
            ("--error", "abs(height - true_height) <= 1"),
            rules.error("abs(height - true_height) <= 1"),
        ),
        (
            ("--error", "abs(height - true_height)", "--bins", "0.5,1", "--levels", "1,-1,-2"),
            rules.error("abs(height - true_height)", bins=[0.5, 1], marks=[1, -1, -2]),
        ),
        (("--predicted-lat", "plat", "--predicted-lon", "plon"), rules.distance("plat", "plon")),
        (
            ("--predicted-lat", "plat", "--predicted-lon", "plon", "--threshold", "city,90km"),
            rules.distance("plat", "plon", thresholds=["city", "90km"]),
        ),
    ],
)
def test_rules_are_options(
    run: Command, predictions: Path, words: tuple[str, ...], rule: object
) -> None:
    code, out, err = run("score", predictions, *words, "--scale", "100km")
    assert (code, err) == (0, "")
    assert out == f"{geobias.score(predictions, correct=rule, scales='100km')!r}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--prediction", "pred"), "--prediction goes with --label"),
        (("--label", "label"), "--label goes with --prediction"),
        (("--correct", "pred", "--top", "1"), "--top goes with --prediction and --label"),
        (("--correct", "pred", "--bins", "1"), "--bins goes with --error"),
        (("--predicted-lat", "plat"), "--predicted-lat goes with --predicted-lon"),
        (("--prediction", "ranked", "--label", "label", "--top", "1.7"), "--top needs whole"),
        (("--prediction", "ranked", "--label", "label", "--top", "nan"), "--top needs whole"),
        (("--correct", "height", "--threshold", "25km"), "'25km' is no number"),
        (
            ("--predicted-lat", "plat", "--predicted-lon", "plon", "--threshold", "25"),
            "Threshold '25' has no unit: write 25km.",
        ),
        (("--error", "height <"), "cannot be read as a formula"),
        (("--error", "hight <= 1"), "Did you mean 'height' or"),
        (("--locations", "nowhere.csv", "--correct", "pred"), "There is no file nowhere.csv"),
    ],
)
def test_rules_that_are_none_are_refused(
    run: Command, predictions: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refusal(run, "score", predictions, *words)


def test_rules_go_to_comparisons_too(run: Command, predictions: Path) -> None:
    words = ("--error", "height <= 1", "--error", "true_height <= 1", "--scale", "100km")
    code, out, err = run("compare", predictions, *words, "--permutations", 9, "--bootstrap", 9)
    assert (code, err) == (0, "")
    assert "height <= 1" in out


# --- Where results go ----------------------------------------------------------------------------


def test_what_is_read_is_not_written_over(run: Command, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    link = tmp_path / "link.parquet"
    link.symlink_to(file)
    for target in (file, link):
        for words in (("score", "--output"), ("groups", "--output"), ("groups", "--json")):
            command, option = words
            said = refusal(run, command, file, "--correct", "correct", option, target)
            assert "it is what is read" in said
    assert file.read_bytes() == before


@pytest.mark.parametrize("target", ["scores.csv", "-", "scores"])
def test_scores_are_written_as_parquet_alone(run: Command, file: Path, target: str) -> None:
    said = refusal(run, "score", file, "--correct", "correct", "--output", target)
    assert "its name has to end in .parquet" in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_said_in_a_line(file: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [installed_command(), "inspect", str(file)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "geobias: Cannot write: No space left on device.\n"
