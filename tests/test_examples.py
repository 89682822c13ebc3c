"""The notebooks of examples/: they run, give what is stored, and what is stored is fit to show."""

import importlib.util
import json
import re
import time
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import geobias
import worlds

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "examples"
NAMES = [
    "audit_a_classifier", "audit_llm_answers", "compare_two_models", "fairlearn_metricframe",
    "where_and_at_which_scale",
]  # fmt: skip
LARGEST_BYTES = 400_000
LONGEST_S = 120.0


def script(name):
    spec = importlib.util.spec_from_file_location(f"examples_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stored(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def outputs(notebook):
    return [out for cell in notebook.cells for out in cell.get("outputs", [])]


def said(notebook):
    """What a notebook puts out, in order; of pictures only that they are there."""
    return [
        out["text"]
        if out.output_type == "stream"
        else "picture"
        if "image/png" in out["data"]
        else dict(out["data"])
        for out in outputs(notebook)
    ]


def printed(name):
    return "".join(out["text"] for out in outputs(stored(name)) if out.output_type == "stream")


def prose(name):
    return "\n".join(c.source for c in stored(name).cells if c.cell_type == "markdown")


def test_these_are_all_notebooks():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES
    listed = (FOLDER / "README.md").read_text("utf-8")
    assert re.findall(r"\((\w+)\.ipynb\)", listed) == NAMES


@pytest.fixture(scope="module")
def compiled():
    """The engine is compiled before a notebook's time is taken: that happens once ever."""
    table = worlds.table(worlds.clustered(60, 1), a=worlds.hits(60, 1), b=worlds.hits(60, 2))
    choices = {"correct": ["a", "b"], "scales": "knn:12", "permutations": 9, "bootstrap": 9}
    geobias.score(table, **choices, fdr=0.05)
    geobias.score(table, **choices, sites="merge")
    geobias.compare(table, **choices)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_gives_what_is_stored(name):
    run = script("run")
    began = time.monotonic()
    fresh = run.run(FOLDER / f"{name}.ipynb")
    assert time.monotonic() - began < LONGEST_S
    for out in outputs(fresh):
        assert out.output_type in ("stream", "execute_result")
        assert out.get("name") != "stderr"
    assert said(fresh) == said(stored(name))
    # Only what stands in the outputs may differ, and there only pictures.
    for cell in (*fresh.cells, *(kept := stored(name)).cells):
        cell.pop("outputs", None)
    assert fresh == kept


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_ends_in_a_figure(name):
    last = stored(name).cells[-1]
    assert last.cell_type == "code"
    picture = Image.open(BytesIO(b64decode(last.outputs[-1]["data"]["image/png"])))
    assert picture.width >= 500
    shades = np.asarray(picture.convert("L"))
    assert (shades < 200).mean() > 0.01, "the figure is blank"


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_stored_as_it_runs_from_top_to_bottom(name):
    path = FOLDER / f"{name}.ipynb"
    assert path.stat().st_size < LARGEST_BYTES
    notebook = json.loads(path.read_text("utf-8"))
    nbformat.validate(notebook)
    assert notebook["metadata"] == script("run").METADATA
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    # Numbers that are in no output are in no notebook.
    assert sum(bool(cell["outputs"]) for cell in code) >= len(code) - 1
    assert not re.search(r"/(tmp|home|root|work)/|[A-Z]:\\", path.read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_says_at_once_that_its_data_are_simulated(name):
    first = stored(name).cells[0]
    assert first.source.startswith("# ")
    assert re.search(r"\*\*[^*]*simulated[^*]*\*\*", first.source)


def test_storing_makes_pictures_small_and_changes_nothing_else():
    run = script("run")
    draw = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    made = BytesIO()
    Image.fromarray(draw).save(made, format="png")
    cell = nbformat.v4.new_code_cell("a")
    big = run.b64encode(made.getvalue()).decode()
    cell.outputs = [
        nbformat.v4.new_output("execute_result", {"image/png": big, "text/plain": "b"}),
        nbformat.v4.new_output("stream", text="c"),
    ]
    small = run.small(nbformat.v4.new_notebook(cells=[cell]))
    picture, text = outputs(small)
    assert len(picture["data"]["image/png"]) < len(big) / 2
    assert Image.open(BytesIO(b64decode(picture["data"]["image/png"]))).size == (60, 40)
    assert picture["data"]["text/plain"] == "b"
    assert text["text"] == "c"


def test_the_replies_are_those_of_their_script():
    """They depend on a list of cities, which grows: only their form is compared."""
    made, kept = script("make_replies").replies(), pd.read_parquet(FOLDER / "replies.parquet")
    assert made.dtypes.equals(kept.dtypes)
    assert len(made) == len(kept)
    for table in (made, kept):
        declined = table["answer"].isin(script("make_replies").DECLINING).mean()
        assert 0.05 < declined < 0.12


# --- What the prose claims -----------------------------------------------------------------------


def test_the_classifier_is_biased_and_much_of_its_marked_score_is_not():
    scales = re.findall(
        r"marked ([\d.]+) nats; shuffled errors give ([\d.]+) .* p ([\d.]+)",
        printed("audit_a_classifier"),
    )
    assert len(scales) == 2
    for seen, chance, p in scales:
        assert float(seen) > float(chance) > 0.5 * float(seen)
        assert float(p) <= 0.05
    text = json.dumps(said(stored("audit_a_classifier")))
    assert "prediction: more than chance." in text
    assert "0 clustered, 0 dispersed" in text, "no single centre stands out at one scale"


def test_the_answers_cluster_at_both_scales():
    (audit,) = [
        each["text/plain"]
        for each in said(stored("audit_llm_answers"))
        if isinstance(each, dict) and "z of chance" in each["text/plain"]
    ]
    lines = [line.split() for line in audit.splitlines() if " clustering " in line]
    verdicts = {
        (model, scale): " ".join(rest[-3:])
        for model, scale, score, *rest in lines
        if score == "clustering"
    }
    assert verdicts == dict.fromkeys(
        [(model, scale) for model in ("city", "country") for scale in ("1000km", "4000km")],
        "more than chance",
    )


def test_the_comparison_is_a_trap_for_the_published_score_alone():
    trap, comparison = [
        each["text/plain"]
        for each in said(stored("compare_two_models"))
        if isinstance(each, dict) and "p (Holm)" in each["text/plain"]
    ]
    for text, better in ((trap, "better"), (comparison, "new")):
        assert text.count(f"{better}'s marked score is higher") == 3
        assert text.count("do not differ in") == 9
    old, new, p = re.search(
        r"from ([\d.]+)% to ([\d.]+)%.* p ([\d.]+)\.$", printed("compare_two_models").strip()
    ).groups()
    assert float(new) > float(old) + 5.0
    assert float(p) <= 0.05


def test_the_cameras_are_equally_accurate_and_one_fails_in_places():
    found = {
        camera: (float(accuracy), float(score), float(p))
        for camera, accuracy, score, p in re.findall(
            r"(\w+): accuracy ([\d.]+)%, clustering ([\d.]+) nats, p ([\d.]+)",
            printed("fairlearn_metricframe"),
        )
    }
    assert found["digital"][0] == pytest.approx(found["film"][0], abs=3.0)
    assert found["digital"][1] < 1.3
    assert found["digital"][2] > 0.05
    assert found["film"][1] > 3.0
    assert found["film"][2] <= 0.05
    frame = said(stored("fairlearn_metricframe"))[1]["text/plain"]
    assert re.search(r"phone +3\.0 .* NaN", frame)


def test_bias_shows_from_the_size_of_its_patches_on():
    tables = [
        each["text/plain"]
        for each in said(stored("where_and_at_which_scale"))
        if isinstance(each, dict) and "\nscale" in each["text/plain"]
    ]
    p = {
        scale: dict(zip(("even", "patches", "continents"), map(float, values.split()), strict=True))
        for scale, values in re.findall(r"^(\d+km) +(.*)$", tables[1], re.MULTILINE)
    }
    assert all(row["even"] > 0.05 for row in p.values())
    assert next(scale for scale, row in p.items() if row["patches"] <= 0.05) == "500km"
    assert [scale for scale, row in p.items() if row["continents"] <= 0.05] == ["4000km"]
    assert "there are no\nintervals" in printed("where_and_at_which_scale")
