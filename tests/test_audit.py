"""What an audit leaves the user with: files, words, tables and a record of how it was made."""

import json
import math
import re
from importlib.metadata import version

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import geobias
import worlds
from geobias.results import words as wording

SCORES = ("unmarked", "marked", "relative", "clustering", "isolation", "crowding")
ATTACK = "<script>alert(1)</script>"


def score(table, **choices):
    return geobias.score(table, **{"threads": 1, "scales": ["knn:12", "300km"], **choices})


def predictions(kind="clustered", n=60, seed=1, **names):
    hits = {name: worlds.hits(n, seed + i, a) for i, (name, a) in enumerate(names.items(), 1)}
    return worlds.table(worlds.KINDS[kind](n, seed), **(hits or {"hit": worlds.hits(n, seed)}))


@pytest.fixture(scope="module")
def audit():
    return score(predictions(good=0.9, fair=0.6), correct=["good", "fair"])


@pytest.fixture(scope="module")
def undefined():
    """Nothing can be calibrated where samples have no neighbours, or marks that never differ."""
    table = predictions("uniform").assign(hit=1)
    return score(table, scales=["1km", "knn:12"])


def strict(text):
    """Parse JSON as strict parsers do."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


# --- Parquet -------------------------------------------------------------------------------------


def test_parquet_reads_back_equal(audit, tmp_path):
    audit.to_parquet(tmp_path / "samples.parquet")
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "samples.parquet"), audit.samples, check_exact=True
    )


def test_parquet_keeps_undefined_scores(undefined, tmp_path):
    undefined.to_parquet(tmp_path / "samples.parquet")
    back = pd.read_parquet(tmp_path / "samples.parquet")
    assert back["relative"].isna().all()
    pd.testing.assert_frame_equal(back, undefined.samples, check_exact=True)


def test_parquet_carries_everything_else_as_metadata(audit, tmp_path):
    audit.to_parquet(str(tmp_path / "samples.parquet"))
    metadata = pq.read_schema(tmp_path / "samples.parquet").metadata
    assert strict(metadata[b"geobias"]) == strict(audit.to_json())
    assert b"pandas" in metadata


def test_equal_audits_write_equal_bytes(tmp_path):
    for name in ("one", "two"):
        score(predictions()).to_parquet(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


# --- JSON ----------------------------------------------------------------------------------------


def test_json_is_strict_and_holds_the_tables(audit):
    facts = strict(audit.to_json())
    assert {"summary", "aggregates", "sentences", "notes", "settings", "versions", "input"} == set(
        facts
    )
    for name in ("summary", "aggregates"):
        table = getattr(audit, name)
        assert [list(row) for row in facts[name]] == [list(table)] * len(table)
        pd.testing.assert_frame_equal(
            pd.DataFrame(facts[name]), table, check_exact=True, check_dtype=False
        )


def test_json_has_null_for_what_is_undefined(undefined):
    facts = strict(undefined.to_json())
    for row in facts["summary"]:
        for name in ("relative", "relative_z", "clustering", "isolation", "marked_wrong"):
            assert row[name] is None
    assert facts["summary"][0]["unmarked"] is None
    assert facts["summary"][1]["unmarked"] > 0


def test_json_of_a_subset_of_shared_sites_is_strict():
    audit = score(predictions("duplicated", 120), centres=20, scales=["knn:12", "knn:100"])
    facts = strict(audit.to_json())
    assert facts["summary"][0]["relative_merged"] > 0
    assert facts["summary"][1]["relative_merged"] is None  # more neighbours than sites
    assert facts["summary"][0]["relative_se"] > 0


def test_json_is_also_written_to_a_file(audit, tmp_path):
    text = audit.to_json(tmp_path / "audit.json")
    assert (tmp_path / "audit.json").read_text("utf-8") == text + "\n"


def test_json_keeps_every_letter(tmp_path):
    audit = score(predictions().rename(columns={"hit": "modèle 模型"}), correct="modèle 模型")
    audit.to_json(tmp_path / "audit.json")
    text = (tmp_path / "audit.json").read_text("utf-8")
    assert "modèle 模型" in text
    assert strict(text)["summary"][0]["model"] == "modèle 模型"


# --- Writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", ["to_parquet", "to_json"])
@pytest.mark.parametrize("target", ["nowhere/file", "a file/file", "folder"])
def test_paths_that_cannot_be_written(audit, tmp_path, write, target):
    (tmp_path / "a file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(geobias.GeoBiasError, match=r"^Cannot write .*: .*\.$") as caught:
        getattr(audit, write)(tmp_path / target)
    assert str(tmp_path / target) in str(caught.value)
    assert "\n" not in str(caught.value)


# --- Text and HTML -------------------------------------------------------------------------------


def test_repr_shows_every_model_and_scale_over_all_and_wrong_centres(audit):
    lines = repr(audit).splitlines()
    for model in ("good", "fair"):
        for scale in ("knn:12", "300km"):
            for over in ("all", "wrong"):
                pattern = rf"\s*{model}\s+{scale}\s+{over}\s"
                assert len([line for line in lines if re.match(pattern, line)]) == 1


def test_repr_says_how_good_each_model_is(audit):
    accuracy = audit.summary.drop_duplicates("model")["accuracy"]
    for model, share in zip(("good", "fair"), accuracy, strict=True):
        assert f"{model}: 60 samples, {100 * share:.1f} % correct" in repr(audit)


def test_repr_holds_every_note():
    audit = score(predictions("duplicated"), preset="published", centres=20)
    assert len(audit.notes) >= 3
    for note in audit.notes:
        assert note in repr(audit)


def test_the_table_rounds_the_summary(audit):
    table, row = audit.table(), audit.summary.iloc[0]
    assert list(table)[:6] == ["model", "scale", "over", "centres", "undefined", "unmarked"]
    assert table.loc[0, "unmarked"] == f"{row['unmarked']:.2f}"
    assert table.loc[1, "unmarked"] == f"{row['unmarked_wrong']:.2f}"
    assert table.loc[0, "relative (z)"] == f"{row['relative']:.2f} ({row['relative_z']:+.2f})"


def test_the_table_says_undefined(undefined):
    table = undefined.table()
    assert (table["relative (z)"] == "undefined").all()
    assert "nan" not in repr(undefined).lower()
    assert "nan" not in undefined._repr_html_().lower()


def test_the_table_shows_standard_errors_of_a_subset():
    audit = score(predictions(), centres=20, scales="knn:12")
    row = audit.summary.iloc[0]
    expected = f"{row['unmarked']:.2f} ± {row['unmarked_se']:.2f}"
    assert audit.table().loc[0, "unmarked"] == expected


def test_html_has_a_row_per_model_scale_and_set_of_centres(audit):
    page = audit._repr_html_()
    assert page.count("<tr") == 1 + 2 * 2 * 2
    for sentence in audit.sentences():
        assert sentence.replace("'", "&#39;") in page


def test_html_runs_nothing_that_a_name_says():
    table = predictions().rename(columns={"hit": ATTACK})
    page = score(table, correct=ATTACK)._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_text_and_json_repeat_a_strange_name_as_it_is():
    audit = score(predictions().rename(columns={"hit": ATTACK}), correct=ATTACK)
    assert ATTACK in repr(audit)
    assert strict(audit.to_json())["summary"][0]["model"] == ATTACK


# --- Sentences -----------------------------------------------------------------------------------


def test_there_is_a_sentence_per_model_scale_and_score(audit):
    expected = [
        f"{model} at {scale}: {name} "
        for model in ("good", "fair")
        for scale in ("knn:12", "300km")
        for name in SCORES
    ]
    sentences = audit.sentences()
    assert len(sentences) == len(expected)
    for sentence, start in zip(sentences, expected, strict=True):
        assert sentence.startswith(start)
        assert sentence.endswith(".")


def test_sentences_repeat_the_numbers_of_the_summary(audit):
    for row, sentences in zip(
        audit.summary.to_dict("records"), np.array(audit.sentences()).reshape(4, 6), strict=True
    ):
        for name, sentence in zip(SCORES, sentences, strict=True):
            assert f"{name} {row[name]:.2f} nats" in sentence
            if f"{name}_z" in row:
                assert f"mean z {row[f'{name}_z']:+.2f}" in sentence


def test_the_marked_sentence_warns_of_accuracy(audit):
    sentence = audit.sentences()[1]
    assert f"{100 * audit.summary['accuracy'][0]:.1f} %" in sentence
    assert "grows with accuracy" in sentence


def test_sentences_say_what_is_undefined(undefined):
    said = [
        sentence for sentence in undefined.sentences() if "undefined at every centre" in sentence
    ]
    assert len(said) == 2 * 3 + 3  # the calibrated ones at both scales, the others at one
    assert not any("nan" in sentence for sentence in undefined.sentences())


@pytest.mark.parametrize(
    ("wrong_north", "words"), [(True, "errors keep together"), (False, "errors keep apart")]
)
def test_the_clustering_sentence_tells_together_from_apart(wrong_north, words):
    lat, lon = np.divmod(np.arange(100), 10)
    hit = lat < 5 if wrong_north else (lat + lon) % 2 == 0
    table = worlds.table(worlds.World(lat + 40.0, lon + 0.0), hit=hit)
    sentence = score(table, scales="knn:25").sentences()[3]
    assert words in sentence


# --- Provenance ----------------------------------------------------------------------------------


def test_provenance_holds_every_choice():
    choices = {
        "scales": ["knn:12", "100 KM"], "preset": "published", "marks": "01", "k": 5,
        "sites": "keep", "site_tolerance_km": 0.5, "centres": 20, "seed": 7, "index": "balltree",
        "background": "land",
        "permutations": 3, "within": "500km", "bootstrap": 5, "block_km": 900.0, "fdr": 0.1,
        "centre_permutations": 99,
    }  # fmt: skip
    audit = score(predictions(), **choices)
    assert audit.provenance["settings"] == {**choices, "scales": ["knn:12", "100km"]}


def test_provenance_holds_versions(audit):
    versions = audit.provenance["versions"]
    assert versions["geobias"] == geobias.__version__ == version("geobias")
    for package in ("numpy", "scipy", "numba", "pandas"):
        assert versions[package] == version(package)
    assert re.fullmatch(r"3\.\d+\.\d+.*", versions["python"])


def test_provenance_counts_what_was_read_and_dropped():
    table = predictions("duplicated", 60).astype({"hit": float})
    table.loc[:2, "lat"] = np.nan
    table.loc[5, "hit"] = np.nan
    facts = score(table).provenance["input"]
    assert (facts["read"], facts["kept"], facts["samples"]) == (60, 56, 56)
    assert facts["sites"] == len(table.dropna().drop_duplicates(["lat", "lon"]))
    assert sum(drop["count"] for drop in facts["dropped"]) == 4
    assert facts["levels"] == [-1, 1]


def test_equal_input_has_an_equal_hash(audit):
    again = score(predictions(good=0.9, fair=0.6), correct=["good", "fair"], scales="knn:9")
    assert re.fullmatch("[0-9a-f]{64}", audit.provenance["input"]["sha256"])
    assert again.provenance["input"]["sha256"] == audit.provenance["input"]["sha256"]


def test_every_change_of_input_changes_the_hash():
    table = predictions()
    changed = {
        "same": table,
        "latitude": table.assign(lat=table["lat"].where(table.index != 4, 40.0)),
        "longitude": table.assign(lon=table["lon"].where(table.index != 4, 40.0)),
        "mark": table.assign(hit=table["hit"].where(table.index != 4, 1 - table["hit"])),
        "order": table[::-1],
        "name": table.rename(columns={"hit": "correct"}),
        "fewer": table[1:],
    }
    hashes = {
        what: score(t, scales="knn:9").provenance["input"]["sha256"] for what, t in changed.items()
    }
    assert len(set(hashes.values())) == len(hashes)


def test_notes_say_that_a_preset_saturates():
    noted = {
        preset: any("589.46" in note for note in score(predictions(), preset=preset).notes)
        for preset in ("geobias", "pygbs", "published")
    }
    assert noted == {"geobias": False, "pygbs": True, "published": True}


def test_notes_say_how_many_neighbourhoods_were_cut():
    audit = score(predictions(), scales=["5@5000km", "5000km"])
    capped = audit.summary["capped"].tolist()
    assert capped[0] > 0
    assert capped[1] == 0
    said = [note for note in audit.notes if "cut to the nearest" in note]
    assert len(said) == 1
    assert f"At 5@5000km, {capped[0]} of 60 neighbourhoods" in said[0]


def test_an_audit_holds_no_infinity(audit):
    numbers = audit.samples.select_dtypes("number").to_numpy()
    assert not np.isinf(numbers).any()
    assert all(math.isfinite(v) for v in audit.summary.select_dtypes("number").to_numpy().flat)


@pytest.mark.parametrize(
    ("nats", "z", "said"),
    [
        (0.92, 0.18, "No more than chance"),
        (1.41, -0.4, "No more than chance"),
        (4.84, 1.21, "errors keep together"),
        (4.84, -1.21, "errors keep apart"),
    ],
)
def test_what_chance_often_gives_is_not_called_a_finding(nats, z, said):
    row = {"model": "m", "scale": "1km", "accuracy": 0.8, "unmarked": 1.0, "marked": 1.0}
    for score in ("relative", "clustering", "isolation", "crowding"):
        row |= {score: nats, f"{score}_z": z}
    (sentence,) = [line for line in wording.sentences(row, "geobias") if ": clustering" in line]
    assert said in sentence
