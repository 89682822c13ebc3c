"""``geobias report`` as its user meets it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commandline import refusal

QUICK = ("--scale", "knn:20", "--permutations", 19, "--bootstrap", 19)


@pytest.fixture
def file(tmp_path, monkeypatch):
    draw = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "lat": draw.normal(48, 2, 120),
            "lon": draw.normal(11, 2, 120),
            "correct": draw.random(120) < 0.7,
        }
    )
    monkeypatch.chdir(tmp_path)
    table.to_csv("preds.csv", index=False)
    return "preds.csv"


@pytest.fixture
def idle(monkeypatch):
    """Nothing may be computed."""
    monkeypatch.setattr("geobias.reporting.report", None)


def test_a_page_is_the_default(run, file, tmp_path):
    code, out, err = run("report", file, *QUICK)
    assert (code, err) == (0, "")
    assert out.endswith("Written to report.html.\n")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert f"geobias report {file} --scale knn:20 --permutations 19 --bootstrap 19" in page
    assert "exists already" in refusal(run, "report", file, *QUICK)
    assert run("report", file, *QUICK, "--force").code == 0


def test_cards_and_facts_go_to_standard_output(run, file, tmp_path):
    code, out, err = run("report", file, *QUICK, "--format", "md")
    assert (code, err) == (0, "")
    assert out.startswith("## Geographic bias\n")
    code, out, err = run("report", file, *QUICK, "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out)["answers"][0]["model"] == "correct"
    assert sorted(path.name for path in tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("name", "starts"), [("a.HTML", "<!DOCTYPE"), ("a.md", "## Geo"), ("a.json", "{")]
)
def test_the_name_says_the_format(run, file, tmp_path, name, starts):
    assert run("report", file, *QUICK, "-o", name).code == 0
    assert (tmp_path / name).read_text("utf-8").startswith(starts)


def test_a_page_can_go_to_standard_output(run, file):
    code, out, _ = run("report", file, *QUICK, "-o", "-")
    assert code == 0
    assert out.startswith("<!DOCTYPE html>")
    assert out.endswith("</html>\n")


def test_all_ways_of_reading_are_there(run, file):
    code, out, _ = run(
        "report", file, *QUICK, "--correct", "correct", "--by", "country", "--centres", 50,
        "--fdr", 0.1, "--seed", 3, "--format", "json",
    )  # fmt: skip
    facts = json.loads(out)
    assert code == 0
    assert facts["audit"]["settings"]["centres"] == 50
    assert facts["audit"]["settings"]["fdr"] == 0.1
    assert facts["groups"]["settings"]["by"] == "country"


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "nowhere/report.html"), "there is no folder"),
        (("-o", "folder.html"), "it is a folder"),
        (("-o", "there.html"), "exists already"),
        (("-o", "preds.csv", "--format", "md", "--force"), "it is what is read"),
        (("-o", "report.txt"), "does not say what to write"),
        (("-o", "report.md", "--format", "html"), "ends in what --format html is not"),
        (("--format", "pdf"), "must be html, md or json"),
    ],
)
def test_what_cannot_be_written_is_found_before_the_work(run, file, tmp_path, words, message):
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "there.html").write_text("precious")
    assert message in refusal(run, "report", file, *QUICK, *words)
    assert (tmp_path / "there.html").read_text() == "precious"


@pytest.mark.usefixtures("idle")
def test_an_unwritable_folder_is_found_before_the_work(run, file, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert "not allowed" in refusal(run, "report", file, *QUICK, "-o", "new.html")


@pytest.mark.usefixtures("idle")
def test_what_is_read_in_other_ways_is_not_written_over(run, file, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    part, places = folder / "a.json", tmp_path / "places.json"
    for precious in (part, places):
        precious.write_text("[]")
    for words in (
        (folder, "-o", part),
        (f"{folder}/*.json", "-o", part),
        (file, "--locations", places, "-o", places),
    ):
        assert "it is what is read" in refusal(run, "report", *words, "--force")
    assert part.read_text() == places.read_text() == "[]"


def test_what_cannot_be_written_whole_leaves_what_was_there(run, file, tmp_path, monkeypatch):
    there = tmp_path / "there.md"
    there.write_text("precious")
    whole = Path.write_text

    def halfway(path, text, **how):
        whole(path, text[:100], **how)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", halfway)
    words = ("report", file, *QUICK, "-o", there, "--force")
    assert "No space left on device" in refusal(run, *words)
    assert there.read_text() == "precious"
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_names_cannot_command_the_terminal(run, file, tmp_path):
    name = "x\x1b[31mRED\x1b]0;title\x07"
    table = pd.read_csv(file).rename(columns={"correct": name})
    table.to_csv(tmp_path / "loud.csv", index=False)
    code, out, _ = run(
        "report", tmp_path / "loud.csv", *QUICK, "--correct", name, "-o", tmp_path / "r.html"
    )
    assert code == 0
    assert "\x1b" not in out
    assert "RED" in out


def test_a_device_that_is_full_is_one_line(run, file):
    assert "Cannot write /dev/full" in refusal(
        run, "report", file, *QUICK, "--format", "md", "-o", "/dev/full", "--force"
    )
