"""``geobias bench``: the command, with next to nothing trained."""

import json
from shutil import copytree

import pandas as pd
import pytest

from commandline import refusal
from geobias.encoders.locbench import list_datasets, synthetic

TINY = ("--n", 1_000, "--encoders", "xyz", "--epochs", 1, "--dim", 8, "--no-priors")
QUICK = ("--scale", "knn:20", "--permutations", 19)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bench") / "made"


@pytest.fixture
def made(folder, run):
    """A benchmark of one encoder; it is trained once."""
    code, out, err = run("bench", "run", *TINY, *QUICK, "--bench", folder)
    assert (code, err) == (0, "")
    assert "1 encoder, 0 models without a network, 0 from elsewhere" in out
    return folder


def test_a_second_run_does_nothing_again_and_says_the_same(made, run):
    trained = made / "runs" / "xyz" / "seed-0" / "checkpoint.pt"
    before = trained.stat().st_mtime_ns
    first = run("bench", "run", *TINY, *QUICK, "--bench", made, "--json", "-")
    again = run("bench", "run", *TINY, *QUICK, "--bench", made, "--json", "-")
    assert first == again
    assert trained.stat().st_mtime_ns == before
    facts = json.loads(first.out, parse_constant=pytest.fail)
    assert [each["model"] for each in facts["models"]] == ["image-only", "xyz"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--scale", "5 parsecs"), "scale"),
        (("--permutations", 0), "permutations must be"),
        (("--centres", 1), "centres must be"),
        (("--dim", 0), "dim must be"),
        (("--seeds", 0), "seeds must be"),
        (("--epochs", 0), "epochs must be"),
        (("--lr", "nan"), "lr=nan"),
        (("--encoders", "xzy"), "no encoder 'xzy'"),
        (("--dataset", "birds"), "no dataset 'birds'"),
        (("--n", 3), "n must be"),
        (("--json", "nowhere/all.json"), "no folder"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_trained(tmp_path, run, words, message):
    choices = ("bench", "run", *TINY, *QUICK, "--bench", tmp_path / "new", *words)
    assert message.casefold() in refusal(run, *choices).casefold()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("ending", "begins"), [(".html", "<!doctype html>"), (".md", "# What"), (".json", "{")]
)
def test_reports_are_written_and_not_written_over(made, tmp_path, run, ending, begins):
    path = tmp_path / f"report{ending}"
    words = ("bench", "report", "--bench", made, *QUICK, "-o", path)
    assert run(*words) == (0, "", "")
    text = path.read_text(encoding="utf-8")
    assert text.casefold().startswith(begins.casefold())
    assert "it exists already" in refusal(run, *words)
    assert run(*words, "--force").code == 0
    assert path.read_text(encoding="utf-8") == text


def test_reports_are_printed(made, run):
    code, out, err = run("bench", "report", "--bench", made, *QUICK)
    assert (code, err) == (0, "")
    assert "Bias at knn:20." in out


def test_reports_of_nothing_and_of_strange_endings_are_refused(made, tmp_path, run):
    assert "no bench.json" in refusal(run, "bench", "report", "--bench", tmp_path)
    words = ("bench", "report", "--bench", made, "-o", tmp_path / "report.txt")
    assert "has to end in .html or .md or .json" in refusal(run, *words)


def test_predictions_are_added_and_stand_in_the_report(made, tmp_path, run):
    made = copytree(made, tmp_path / "made")
    split = synthetic(1_000).evaluated
    table = pd.DataFrame({"lat": split.lat, "lon": split.lon, "answer": 0, "truth": 0})
    table.sample(frac=1.0, random_state=0).to_csv(tmp_path / "theirs.csv", index=False)
    words = (
        "bench", "add", tmp_path / "theirs.csv", "--name", "gpt-4o", "--prediction", "answer",
        "--label", "truth", "--bench", made,
    )  # fmt: skip
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert "200 samples by location" in out
    assert f"gpt-4o is in {made}. Next: geobias bench report" in out
    assert "added before" in refusal(run, *words)
    assert run(*words, "--force").code == 0
    assert "gpt-4o" in run("bench", "report", "--bench", made, *QUICK).out
    assert "There is no file" in refusal(
        run, "bench", "add", tmp_path / "none.csv", "--name", "none", "--bench", made
    )


def test_a_search_goes_on_where_it_ended(tmp_path, run):
    words = ("bench", "search", "--encoder", "xyz", "--n", 1_000, "--epochs", 1)
    code, out, err = run(*words, "--folder", tmp_path / "search", "--trials", 1)
    assert (code, err) == (0, "")
    assert "Best, with " in out
    again = run(*words, "--folder", tmp_path / "search", "--trials", 1)
    assert again.out == out


def test_datasets_are_listed(run):
    code, out, err = run("bench", "datasets")
    assert (code, err) == (0, "")
    for name in list_datasets()["name"]:
        assert name in out
