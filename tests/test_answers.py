"""Audits of answers: what is judged, what is left out and said, and what is refused."""

from __future__ import annotations

import json
import math
import sys

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geobias
import naive
from geobias.answering.country_names import country_names
from geobias.answering.membership import agrees
from geobias.answering.rates import answer_rates, silence_sentence
from geobias.cli.main import main
from geobias.errors import GeoBiasError, InputError
from geobias.rules.thresholds import THRESHOLDS_KM, Threshold
from geobias.sphere import great_circle_km

PARIS, LYON, BERLIN, NEW_YORK = (48.86, 2.35), (45.76, 4.84), (52.52, 13.40), (40.71, -74.01)


def table_of(rows, **more):
    """A table of (place, answer)."""
    places, texts = zip(*rows, strict=True)
    lat, lon = zip(*places, strict=True)
    return pd.DataFrame({"lat": lat, "lon": lon, "answer": texts, **more})


def column(found, name):
    return [None if pd.isna(value) else value for value in found.table[name]]


# --- Distance and thresholds ---------------------------------------------------------------------

LAT, LON = st.floats(-90, 90), st.floats(-180, 180)


@given(LAT, LON, LAT, LON)
def test_distances_are_those_between_unit_vectors(lat, lon, other_lat, other_lon):
    ours = float(great_circle_km(lat, lon, other_lat, other_lon))
    # Near the antipode the haversine loses digits: half the precision of its square.
    assert ours == pytest.approx(naive.distance_km(lat, lon, other_lat, other_lon), abs=1e-3)


@pytest.mark.parametrize(
    ("spec", "km"),
    [("street", 1.0), ("City", 25.0), ("50km", 50.0), ("10 mi", 16.09344), ("500m", 0.5)]
)  # fmt: skip
def test_thresholds_have_names_or_units(spec, km):
    assert Threshold.parse(spec).km == km


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("25", "Threshold '25' has no unit: write 25km."),
        ("cty", "did you mean city"),
        ("near", "use street, city, region, country, continent, or 50km"),
        ("0km", "is not between 0"),
        ("30000km", "is not between 0"),
    ],
)
def test_other_thresholds_are_refused(spec, said):
    with pytest.raises(GeoBiasError, match=said):
        Threshold.parse(spec)


# --- Coordinates ---------------------------------------------------------------------------------


def test_coordinates_are_judged_by_their_distance():
    rows = [(PARIS, "48.8566, 2.3522"), (LYON, "48.8566, 2.3522"), (NEW_YORK, "52.5, 13.4")]
    found = geobias.answers(table_of(rows), task="coordinates")
    for row, ((lat, lon), _) in enumerate(rows):
        record = found.table.loc[row]
        error_km = naive.distance_km(lat, lon, record.predicted_lat, record.predicted_lon)
        assert record.error_km == pytest.approx(error_km)
        for name, km in THRESHOLDS_KM.items():
            assert record[name] == (error_km <= km)


def test_what_is_not_read_is_left_out_and_silence_is_wrong():
    rows = [
        (PARIS, "48.86, 2.35"),
        (PARIS, "48.86, 2.35 or 45.76, 4.84"),
        (PARIS, "lots of trees"),
        (PARIS, "I cannot determine the location."),
        (PARIS, ""),
    ]
    found = geobias.answers(table_of(rows), task="coordinates", thresholds="city")
    statuses = ["parsed", "ambiguous", "unparsed", "refused", "empty"]
    assert column(found, "status") == statuses
    assert column(found, "city") == [True, None, None, False, False]
    assert column(found, "answered") == [True, True, True, False, False]
    assert found.accuracy.loc[0, ["judged", "right", "left out"]].tolist() == [3, 1, 2]
    assert "2 answers ambiguous or unparsed: left out, neither right nor wrong." in found.notes
    assert "2 answers refused or empty: counted as wrong." in found.notes

    found = geobias.answers(
        table_of(rows), task="coordinates", thresholds="city", silence="leave-out"
    )
    assert column(found, "city") == [True, None, None, None, None]
    assert "2 answers refused or empty: left out." in found.notes


def test_rows_without_true_coordinates_are_not_judged_but_said():
    rows = [(PARIS, "48.86, 2.35"), ((np.nan, 2.0), "48.86, 2.35"), ((np.nan, 2.0), "")]
    found = geobias.answers(table_of(rows), task="coordinates", thresholds="city")
    assert column(found, "city") == [True, None, None]
    assert "2 rows without true coordinates." in found.notes


def test_the_order_of_rows_changes_nothing():
    rows = [
        (PARIS, "48.86, 2.35"),
        (LYON, "Lyon"),
        (NEW_YORK, "I don't know."),
        (BERLIN, "Germany"),
    ]
    table = table_of(rows)
    there = geobias.answers(table, task="place")
    back = geobias.answers(table.iloc[::-1].reset_index(drop=True), task="place")
    turned = back.table.iloc[::-1].reset_index(drop=True).drop(columns="sample")
    pd.testing.assert_frame_equal(turned, there.table.drop(columns="sample"))
    for name in ("summary", "accuracy", "rates", "shapes"):
        pd.testing.assert_frame_equal(getattr(there, name), getattr(back, name))


# --- Places --------------------------------------------------------------------------------------


def test_an_answer_is_judged_only_where_it_is_fine_enough():
    rows = [
        (PARIS, "48.8566, 2.3522"),
        (PARIS, "Paris, France"),
        (PARIS, "Bavaria, Germany"),
        (PARIS, "France"),
        (BERLIN, "France"),
        (NEW_YORK, "France"),
    ]
    found = geobias.answers(table_of(rows), task="place")
    assert column(found, "granularity") == ["coordinate", "city", "region", *["country"] * 3]
    assert column(found, "street") == [True, None, None, None, None, None]
    assert column(found, "city") == [True, True, None, None, None, None]
    assert column(found, "region") == [True, True, False, None, None, None]
    assert column(found, "country") == [True, True, True, True, False, False]
    assert column(found, "continent") == [True, True, True, True, True, False]
    assert "5 answers too coarse for street (1 km): left out there." in found.notes


def test_a_threshold_finer_than_every_answer_is_refused():
    rows = [(PARIS, "Paris"), (LYON, "Lyon, France")]
    with pytest.raises(InputError, match="finest answers name a city, too coarse for 'street'"):
        geobias.answers(table_of(rows), task="place", thresholds=["street", "city"])
    found = geobias.answers(table_of(rows), task="place")
    assert "street" not in found.table
    assert any("too coarse for 'street' (1 km); not judged there" in note for note in found.notes)


def test_a_country_is_judged_by_membership_not_by_distance():
    """Vladivostok is in Russia, and farther from Moscow than any threshold."""
    rows = [((43.12, 131.89), "Russia"), ((43.12, 131.89), "Moscow, Russia")]
    found = geobias.answers(table_of(rows), task="place", thresholds="country")
    assert column(found, "country") == [True, False]


# --- Countries -----------------------------------------------------------------------------------


def test_countries_are_judged_by_true_coordinates():
    rows = [
        (PARIS, "France"),
        (BERLIN, "a French street"),
        (NEW_YORK, "US"),
        ((0.0, -30.0), "Peru"),
    ]
    found = geobias.answers(table_of(rows), task="country")
    assert column(found, "truth") == ["FR", "DE", "US", None]
    assert column(found, "correct") == [True, False, True, None]


@pytest.mark.parametrize("truth", [["FR", "DE"], ["FRA", "DEU"], ["France", "Allemagne"]])
def test_countries_are_judged_by_code_or_name(truth):
    table = pd.DataFrame({"reply": ["France", "Austria"], "land": truth})
    found = geobias.answers(table, task="country", answer="reply", truth="land")
    assert column(found, "correct") == [True, False]
    assert found.rates["region"].tolist() == ["Europe"]


def test_a_true_country_that_nobody_knows_is_said():
    table = pd.DataFrame({"answer": ["France"] * 3, "land": ["FR", "Narnia", ""]})
    found = geobias.answers(table, task="country", truth="land")
    assert column(found, "correct") == [True, None, None]
    assert any(
        "1 true country not recognised, such as 'Narnia', in row 1" in n for n in found.notes
    )
    with pytest.raises(InputError, match="must hold ISO codes"):
        geobias.answers(table[1:], task="country", truth="land")


def test_a_territory_without_a_polygon_counts_for_its_owner():
    rows = [((4.92, -52.31), "French Guiana"), ((4.92, -52.31), "Brazil")]
    assert column(geobias.answers(table_of(rows), task="country"), "correct") == [True, False]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_the_code_of_namibia_is_no_missing_value(suffix, tmp_path):
    table = pd.DataFrame({"answer": ["Namibia", "NAM", "NA", "Kenya"], "land": ["NA"] * 4})
    if suffix == "csv":
        table.to_csv(tmp_path / "in.csv", index=False)
    else:
        table.to_json(tmp_path / "in.jsonl", orient="records", lines=True)
    found = geobias.answers(tmp_path / f"in.{suffix}", task="country", truth="land")
    assert column(found, "truth") == ["NA"] * 4
    assert column(found, "status") == ["parsed", "parsed", "empty", "parsed"]
    assert column(found, "correct") == [True, True, False, False]


def test_codes_that_pandas_took_for_missing_are_suspected():
    table = pd.DataFrame({"answer": ["Namibia", "Kenya"], "land": [None, "KE"]})
    found = geobias.answers(table, task="country", truth="land")
    assert column(found, "correct") == [None, True]
    (said,) = [note for note in found.notes if "true country" in note]
    assert said.startswith("1 row without a true country, in row 0 (counted from 0); left out.")
    assert "keep_default_na=False" in said
    names = geobias.answers(table.assign(land=[None, "Kenya"]), task="country", truth="land")
    assert not any("keep_default_na" in note for note in names.notes)


# --- Locations judged by true countries ----------------------------------------------------------

OUT_AT_SEA, OFF_BREST = "0.0, -30.0", "48.35, -4.95"


def test_locations_are_judged_by_true_countries():
    texts = [
        "48.86, 2.35",
        "Lyon, France",
        "Bavaria, Germany",
        "Kenya",
        "a French village",
        OUT_AT_SEA,
        OFF_BREST,
        "I cannot tell.",
        "lots of trees",
    ]
    table = pd.DataFrame({"answer": texts, "land": "FRA"})
    found = geobias.answers(table, task="place", truth="land")
    right = [True, True, False, False, True, False, True, False, None]
    assert column(found, "country") == right
    right[2] = True
    assert column(found, "continent") == right
    assert column(found, "truth") == ["FR"] * 9
    assert column(found, "predicted_country")[:3] == ["FR", "FR", "DE"]
    assert found.accuracy["correct"].tolist() == ["country", "continent"]
    assert found.rates["region"].tolist() == ["Europe"]
    assert "error_km" not in found.table
    assert any(
        note.startswith("1 answer in no country and farther than 20 km from any: wrong at country")
        for note in found.notes
    )
    assert any("no true coordinates to measure 'street', 'city', 'region' from" in note
               for note in found.notes)  # fmt: skip


@given(st.lists(st.tuples(LAT, LON, st.sampled_from(["FR", "RU", "BR", "NA"])), min_size=1))
def test_coordinates_in_countries_agree_with_the_polygons(rows):
    table = pd.DataFrame(rows, columns=["a", "o", "land"])
    table["answer"] = [f"{a:.4f}, {o:.4f}" for a, o, _ in rows]
    found = geobias.answers(table[["answer", "land"]], task="coordinates", truth="land")
    lat, lon = found.table["predicted_lat"], found.table["predicted_lon"]
    codes = np.append(geobias.regions.countries()["iso2"], "")[geobias.regions.locate(lat, lon)]
    assert column(found, "country") == (codes == table["land"]).tolist()


def test_every_country_that_can_be_named_has_a_continent():
    for code in country_names().iso3:
        assert agrees(code, code, "country")
        assert agrees(code, code, "continent")


def test_a_distance_is_refused_where_only_countries_are_true():
    table = pd.DataFrame({"answer": ["48.86, 2.35"], "land": ["FR"]})
    for asked in (["city", "country"], "50km"):
        with pytest.raises(InputError, match=r"no true coordinates to measure .* as well\.$"):
            geobias.answers(table, task="coordinates", truth="land", thresholds=asked)
    found = geobias.answers(table, task="coordinates", truth="land", thresholds="country")
    assert found.notes == ("Answers come from column 'answer'.",)


def test_coordinates_judge_distances_and_a_true_country_the_countries():
    """Strasbourg is 2 km from Germany: near by distance, wrong by country."""
    strasbourg = (48.57, 7.75)
    rows = [(strasbourg, "48.58, 7.83"), (strasbourg, "43.3, 5.4"), ((np.nan, 0.0), "Lyon")]
    found = geobias.answers(table_of(rows, land="France"), task="place", truth="land")
    assert column(found, "city") == [True, False, None]
    assert column(found, "region") == [True, False, None]
    assert column(found, "country") == [False, True, True]
    assert column(found, "continent") == [True, True, True]
    silent = table_of([(strasbourg, ""), ((np.nan, 0.0), "")], land=["", "France"])
    found = geobias.answers(silent, task="place", truth="land")
    assert column(found, "city") == [False, None]
    assert column(found, "country") == [None, False]


def test_a_truth_that_is_no_country_is_refused():
    table = pd.DataFrame({"answer": ["48.86, 2.35"], "land": ["Narnia"]})
    with pytest.raises(InputError, match="must hold ISO codes"):
        geobias.answers(table, task="coordinates", truth="land")


@pytest.mark.parametrize("suffix", ["geojson", "parquet", ""])
def test_true_coordinates_come_from_a_geometry(suffix, tmp_path):
    table = table_of([(PARIS, "48.86, 2.35"), (LYON, "Paris"), (BERLIN, "Germany")])
    points = geopandas.GeoDataFrame(
        table[["answer"]], geometry=geopandas.points_from_xy(table["lon"], table["lat"]), crs=4326
    )
    data = points.to_crs(3857)
    if suffix == "geojson":
        data = tmp_path / "in.geojson"
        points.to_file(data)
    elif suffix:
        data = tmp_path / "in.parquet"
        points.to_parquet(data)
    ours = geobias.answers(data, task="place")
    theirs = geobias.answers(table, task="place")
    pd.testing.assert_frame_equal(ours.table, theirs.table, atol=1e-9)
    assert "Coordinates come from the geometry in column 'geometry'." in ours.notes
    flat = points.set_geometry(points.to_crs(3857).buffer(1))
    with pytest.raises(InputError, match="Not points but other geometries"):
        geobias.answers(flat, task="place")


# --- Labels --------------------------------------------------------------------------------------


def test_labels_are_judged_by_rank():
    table = pd.DataFrame(
        {
            "answer": ["['port', 'dam']", "1. Dam\n2. Port", "port", "dam or port", "no idea"],
            "kind": ["port", "port", "dam", "port", "port"],
        }
    )
    found = geobias.answers(table, task="label", truth="kind", top=(1, 2))
    assert [value if value == value else None for value in found.table["rank"]] == [
        1.0, 2.0, None, None, None,
    ]  # fmt: skip
    assert column(found, "top1") == [True, False, False, None, False]
    assert column(found, "top2") == [True, True, False, None, False]


def test_synonyms_and_labels_come_from_files(tmp_path):
    (tmp_path / "labels.txt").write_text("crop_field\nport\n\n", encoding="utf-8")
    (tmp_path / "words.csv").write_text("word,label\nfarmland,crop_field\n", encoding="utf-8")
    table = pd.DataFrame({"answer": ["farmland", "Port"], "kind": ["crop_field", "port"]})
    found = geobias.answers(
        table, task="label", truth="kind",
        labels=tmp_path / "labels.txt", synonyms=tmp_path / "words.csv",
    )  # fmt: skip
    assert column(found, "correct") == [True, True]


def test_labels_that_no_answer_names_are_refused_with_the_nearest():
    table = pd.DataFrame(
        {"answer": ["stadiums and such", "aerodrom"], "kind": ["aerodrome", "dock"]}
    )
    with pytest.raises(InputError, match=r"None of 2 answers .* nearest labels are 'aerodrome'"):
        geobias.answers(table, task="label", truth="kind")


def test_lists_in_cells_are_ranked_lists(tmp_path):
    table = pd.DataFrame({"answer": [["port", "dam"], ["dam"]], "kind": ["dam", "dam"]})
    table.to_parquet(tmp_path / "lists.parquet")
    found = geobias.answers(tmp_path / "lists.parquet", task="label", truth="kind", top=(1, 2))
    assert column(found, "top1") == [False, True]
    assert column(found, "top2") == [True, True]


# --- Silence -------------------------------------------------------------------------------------


def test_answer_rates_by_continent_name_the_silent_one():
    silent = [((-1.29, 36.82), "I can't tell.")] * 20 + [((-1.29, 36.82), "-1.3, 36.8")] * 5
    found = geobias.answers(table_of([(PARIS, "48.86, 2.35")] * 25 + silent), task="coordinates")
    assert found.rates[["region", "n", "answered"]].values.tolist() == [
        ["Africa", 25, 5],
        ["Europe", 25, 25],
    ]
    p = 2 * naive.as_few_answered(5, 25, 25, 25)
    assert found.sentences()[-1] == (
        f"Africa is answered least, 20.0 % of 25 samples against 100.0 % elsewhere (p {p:.2g})."
    )
    assert "Africa is answered least" in repr(found)


def test_answer_rates_by_a_column():
    rows = [(PARIS, "48.86, 2.35"), (LYON, "")]
    found = geobias.answers(table_of(rows, camera=["a", "b"]), task="coordinates", by="camera")
    assert found.rates["rate"].tolist() == [0.0, 1.0]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=60))
def test_a_region_is_named_only_beyond_chance(rows):
    regions, answered = map(list, zip(*rows, strict=True))
    rates = answer_rates(regions, answered)
    sentence = silence_sentence(rates)
    beyond = []
    for row in rates.itertuples():
        n, few = len(regions) - row.n, sum(answered) - row.answered
        if n and min(1.0, len(rates) * naive.as_few_answered(row.answered, row.n, few, n)) <= 0.05:
            beyond.append((row.rate, row.region))
    assert (sentence is None) == (not beyond)
    if sentence:
        assert sentence.startswith(f"{min(beyond)[1]} is answered least")


# --- The result ----------------------------------------------------------------------------------


@pytest.fixture
def mixed():
    texts = ["48.86, 2.35", "near 5, 3 trees", "near 7, 2 trees", "I am not sure.", "Lyon <b>"]
    return geobias.answers(table_of([(PARIS, text) for text in texts]), task="place")


def test_the_result_shows_itself(mixed):
    assert mixed.headlines() == ["5 answers: 2 parsed, 1 refused, 2 unparsed"]
    assert "5 answers" in repr(mixed)
    assert "<table" in mixed._repr_html_()
    assert mixed.summary["count"].sum() == 5


def test_unread_answers_are_counted_by_shape(mixed):
    shapes = mixed.unparsed()
    assert shapes.loc[0, ["count", "shape", "status"]].tolist() == [
        2, "near 0, 0 trees", "unparsed",
    ]  # fmt: skip
    assert shapes.loc[0, "example"] == "near 5, 3 trees"


def test_the_result_goes_straight_into_a_score(tmp_path):
    draw = np.random.default_rng(0)
    lat, lon = draw.normal(48, 2, 60), draw.normal(8, 2, 60)
    texts = [
        f"{a + e:.4f}, {o:.4f}" for a, o, e in zip(lat, lon, draw.normal(0, 1, 60), strict=True)
    ]
    texts[3] = "somewhere"
    table = pd.DataFrame({"lat": lat, "lon": lon, "answer": texts})
    found = geobias.answers(table, task="coordinates", thresholds=["city", "region"])
    found.to_parquet(tmp_path / "out.parquet")
    metadata = pq.read_schema(tmp_path / "out.parquet").metadata
    assert json.loads(metadata[b"geobias"])["settings"]["task"] == "coordinates"
    audit = geobias.score(tmp_path / "out.parquet", correct=["city", "region"], scales="knn:10")
    assert audit.summary["model"].tolist() == ["city", "region"]
    assert audit.summary["samples"].tolist() == [59, 59]
    accuracy = found.accuracy.set_index("correct")["accuracy"]
    assert audit.summary["accuracy"].tolist() == accuracy[["city", "region"]].tolist()


def test_the_facts_are_plain_json(mixed):
    facts = json.loads(mixed.to_json())
    assert facts["settings"]["thresholds_km"]["city"] == 25.0
    assert {"summary", "accuracy", "answer_rates", "unparsed", "notes", "versions"} <= set(facts)


# --- Bad input -----------------------------------------------------------------------------------

FINE = table_of([(PARIS, "48.86, 2.35")])


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (FINE, {"task": "cordinates"}, "There is no task 'cordinates'. Did you mean coordinates?"),
        (FINE, {"task": "coordinates", "silence": "right"}, "There is no silence 'right'"),
        (FINE, {"task": "coordinates", "answer": "anser"}, "no column 'anser' .* 'answer'"),
        (FINE.rename(columns={"answer": "blah"}), {"task": "place"}, "Text is in: 'blah'"),
        (FINE.assign(response="x"), {"task": "place"}, "2 columns could hold the answers"),
        (FINE[["answer"]], {"task": "coordinates"}, r"pass lat= .* or truth= .* true countries"),
        (FINE, {"task": "coordinates", "truth": "answer"}, "must hold ISO codes"),
        (FINE, {"task": "label"}, r"Task label needs what is true: pass truth="),
        (FINE[["answer"]], {"task": "country"}, r"pass truth= .* or lat= and lon="),
        (
            FINE,
            {"task": "country", "thresholds": "city"},
            "are for the tasks coordinates and place",
        ),
        (FINE, {"task": "place", "thresholds": "25"}, "has no unit: write 25km"),
        (FINE, {"task": "place", "thresholds": []}, "names no threshold"),
        (FINE, {"task": "place", "top": 3}, "is for the task label"),
        (FINE, {"task": "label", "truth": "answer", "top": 0}, "takes ranks from 1"),
        (FINE, {"task": "place", "labels": ["a"]}, "are for the task label, not for place"),
        (FINE, {"task": "place", "by": "contnent"}, "no column 'contnent'"),
        (FINE[:0], {"task": "place"}, "The table has no rows"),
        (FINE.assign(lat=np.nan), {"task": "place"}, "No row has true coordinates"),
        (FINE.assign(lat=148.0), {"task": "place"}, "1 latitude outside -90 to 90"),
        (FINE.assign(kind=""), {"task": "label", "truth": "kind"}, "There are no labels"),
    ],
)
def test_bad_input_is_refused_in_words(table, options, said):
    with pytest.raises(GeoBiasError, match=said):
        geobias.answers(table, **options)


def test_a_missing_package_names_the_extra(monkeypatch):
    from geobias.answering import country_names

    country_names.country_names.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == "babel"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(GeoBiasError, match=r"needs the package babel: .*'geobias\[answers\]'"):
        geobias.answers(FINE, task="country")
    country_names.country_names.cache_clear()


# --- The command ---------------------------------------------------------------------------------


@pytest.fixture
def run(monkeypatch, capsys):
    def command(*words):
        monkeypatch.setattr(sys, "argv", ["geobias", "answers", *map(str, words)])
        with pytest.raises(SystemExit) as leaving:
            main()
        captured = capsys.readouterr()
        return int(leaving.value.code or 0), captured.out, captured.err

    return command


@pytest.fixture
def file(tmp_path):
    rows = [(PARIS, "48.86, 2.35"), (LYON, "45.7, 4.8"), (NEW_YORK, "trees"), (BERLIN, "No idea.")]
    path = tmp_path / "answers.csv"
    table_of(rows).to_csv(path, index=False)
    return path


def test_the_command_writes_and_says_what_to_run_next(run, file, tmp_path):
    out = tmp_path / "out.parquet"
    code, said, err = run(
        file, "--task", "coordinates", "--level", "city", "--threshold", "50km", "-o", out,
        "--unparsed", tmp_path / "unparsed.csv", "--json", tmp_path / "out.json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert said.startswith("4 answers: 2 parsed, 1 refused, 1 unparsed\n")
    assert said.endswith(f"Next: geobias score {out} --correct city --correct 50km\n")
    assert pd.read_parquet(out)["50km"].tolist()[:2] == [True, True]
    assert pd.read_csv(tmp_path / "unparsed.csv")["example"].tolist() == ["trees"]
    assert json.loads((tmp_path / "out.json").read_text("utf-8"))["input"]["rows"] == 4


def test_the_command_gives_json_alone(run, file):
    code, said, _ = run(file, "--task", "coordinates", "--json", "-")
    assert code == 0
    assert json.loads(said)["accuracy"][0]["correct"] == "street"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--task", "places"), "There is no task 'places'. Did you mean place?"),
        (("--task", "label", "--truth", "answer", "--top", "x"), "--top needs whole numbers"),
        (("--task", "place", "-o", "/nowhere/at/all.parquet"), "there is no folder"),
        (("--task", "label", "--truth", "answer", "--labels", "none.txt"), "Cannot read labels"),
    ],
)
def test_the_command_refuses_in_one_line(run, file, words, said):
    code, out, err = run(file, *words)
    assert (code, out) == (2, "")
    assert err.startswith("geobias: ")
    assert said in err
    assert err.count("\n") == 1


# --- Published answers ---------------------------------------------------------------------------


@pytest.mark.reference
def test_published_hits_of_ranked_labels_are_found_again(reference):
    """The published evaluation counts rows answered "0" as wrong; here they are not read."""
    published = pd.read_csv(reference / "gpt4o_fmow_sentinel.csv")
    found = geobias.answers(
        reference / "gpt4o_fmow_sentinel.csv",
        task="label", truth="category", answer="predicted_categories", top=(1, 3),
    )  # fmt: skip
    zero = published["predicted_categories"] == "0"
    assert zero.sum() == 27
    assert (found.table["status"] == np.where(zero, "unparsed", "parsed")).all()
    for name, hit in (("top1", "hit@1"), ("top3", "hit@3")):
        ours = found.table.loc[~zero, name].map({True: 1, False: -1})
        assert ours.tolist() == published.loc[~zero, hit].tolist()
        assert set(published.loc[zero, hit]) == {-1}
    reciprocal = (1.0 / found.table["rank"]).fillna(0.0)
    assert reciprocal.tolist() == pytest.approx(published["reciprocal_rank"].tolist())


@pytest.mark.reference
def test_published_distances_of_coordinates_are_found_again(reference):
    published = pd.read_parquet(reference / "geoclip_geolocation.parquet")
    texts = [
        f"{lat!r}, {lon!r}"
        for lat, lon in zip(published["Latitude"], published["Longitude"], strict=True)
    ]
    found = geobias.answers(
        published.assign(said=texts),
        task="coordinates", answer="said", lat="gt_latitude", lon="gt_longitude",
    )  # fmt: skip
    error_km = published["haversine_distance_km"]
    assert (found.table["status"] == "parsed").all()
    assert found.table["error_km"].to_numpy() == pytest.approx(error_km.to_numpy(), rel=1e-8)
    for name, km in THRESHOLDS_KM.items():
        assert found.table[name].sum() == (error_km <= km).sum()
    assert math.isclose(found.accuracy.loc[0, "accuracy"], (error_km <= 1).mean())


# --- Forms of tables -----------------------------------------------------------------------------


def test_objects_and_texts_in_one_column_are_both_answers(tmp_path):
    places = {"lat": 48.8, "lon": 2.3}
    rows = [{"answer": places, **places}, {"answer": "48.8, 2.3", **places}] * 2
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    found = geobias.answers(path, task="coordinates", thresholds="city")
    assert found.table["status"].tolist() == ["parsed"] * 4
    assert found.table["city"].all()


def test_whole_numbers_as_labels_are_alike_in_every_form(tmp_path):
    table = pd.DataFrame({"y": [3.0, 30.0, 4.0, np.nan], "answer": ["3", "30", "3", "4"]})
    table.to_csv(tmp_path / "t.csv", index=False)
    read = {"task": "label", "truth": "y"}
    by_table, by_file = geobias.answers(table, **read), geobias.answers(tmp_path / "t.csv", **read)
    assert by_table.table["correct"].tolist()[:3] == [True, True, False]
    assert by_file.table["correct"].tolist()[:3] == [True, True, False]


def test_silence_without_a_truth_is_left_out_and_said():
    rows = [(PARIS, "48.86, 2.35"), ((np.nan, np.nan), "I cannot tell."), (PARIS, "")]
    notes = geobias.answers(table_of(rows), task="coordinates").notes
    assert "1 answer refused or empty: counted as wrong." in notes
    assert "1 answer refused or empty, without a truth: left out." in notes


def test_the_lowest_rate_by_chance_is_not_called_least():
    regions = ["Africa"] * 2 + ["America"] * 100 + ["Europe"] * 100
    answered = [False] * 2 + [True, False] * 50 + [True] * 100
    sentence = silence_sentence(answer_rates(regions, answered))
    assert sentence.startswith("America is answered less than the others, 50.0 % of 100 samples")
    assert sentence.endswith("the lowest rate, 0.0 % of 2 samples in Africa, may be chance.")


@pytest.mark.parametrize("top", ["1", [1.5], [0], [], None])
def test_ranks_are_whole_numbers(top):
    table = pd.DataFrame({"y": ["a", "b"], "answer": ["a", "b"]})
    with pytest.raises(GeoBiasError, match="takes ranks from 1"):
        geobias.answers(table, task="label", truth="y", top=top)
