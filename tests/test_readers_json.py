"""JSON lines, arrays of objects and GeoJSON."""

import gzip
import json

import geopandas
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobias.readers import open_file
from geobias.samples import Samples
from predictions import DIGEST, GOOD, column, geo_table, refused, unopened

ROWS = [{"id": f"00{row}", **values} for row, values in enumerate(GOOD.to_dict("records"))]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
ARRAY = json.dumps(ROWS, indent=1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", LINES),
        ("a.jsonl", LINES.rstrip()),
        ("a.jsonl", "\n\n" + LINES.replace("\n", "\r\n\r\n")),
        ("a.ndjson", "\ufeff" + LINES),
        ("a.jsonl.gz", gzip.compress(LINES.encode(), mtime=0)),
        ("a.json", LINES),
        ("a.json", ARRAY),
        ("a.json", json.dumps(ROWS)),
        ("a.JSON", "\ufeff \n" + ARRAY + "\n"),
    ],
)
def test_rows_of_json(write, name, content):
    path = write(name, content)
    assert Samples.read(path).digest == DIGEST
    source = open_file(path)
    assert source.names == ["id", "lat", "lon", "hit"]
    assert column(source, "id") == ["000", "001", "002"]
    assert source.peek()["hit"].tolist() == [1.0, 0.0, 1.0]


def test_values_of_json(write):
    rows = [
        {"n": 1, "s": "x", "b": True, "list": ["a", {"é": None}], "mixed": "7"},
        {"n": None, "s": None, "b": False, "mixed": 7},
        {"n": float("nan"), "s": "", "b": True, "new": 3},
        {"n": float("inf"), "s": "�", "b": False, "list": [], "mixed": None},
    ]
    source = open_file(write("a.jsonl", "\n".join(map(json.dumps, rows))))
    assert source.names == ["n", "s", "b", "list", "mixed", "new"]
    assert column(source, "n") == pytest.approx([1.0, np.nan, np.nan, np.inf], nan_ok=True)
    assert column(source, "s") == ["x", None, "", "�"]
    assert column(source, "b") == [True, False, True, False]
    assert column(source, "list") == ['["a", {"é": null}]', None, None, "[]"]
    assert column(source, "mixed") == ["7", 7, None, None]
    assert column(source, "new") == pytest.approx([np.nan] * 2 + [3.0, np.nan], nan_ok=True)


def test_nested_objects_are_flattened(write):
    rows = [
        {"id": 1, "answer": {"text": "Bonn", "place": {"lat": 50.7}}},
        {"id": 2, "answer": "none", "empty": {}},
    ]
    source = open_file(write("a.jsonl", "\n".join(map(json.dumps, rows))))
    assert source.names == [
        "id", "answer", "answer.text", "answer.place", "answer.place.lat", "empty",
    ]  # fmt: skip
    assert column(source, "answer.place.lat") == pytest.approx([50.7, np.nan], nan_ok=True)
    assert column(source, "answer") == ['{"text": "Bonn", "place": {"lat": 50.7}}', "none"]
    assert column(source, "empty") == [None, "{}"]


def test_json_lines_with_a_long_first_line(write):
    row = json.dumps({"lat": 1.0, "text": "x" * 70_000})
    assert column(open_file(write("a.json", f"\n{row}\n{row}\n")), "lat") == [1.0, 1.0]


def test_large_whole_numbers(write):
    path = write("a.jsonl", f'{{"id": {2**60 + 1}, "x": {10**400}}}\n{{"id": null, "x": null}}\n')
    source = open_file(path)
    assert column(source, "id", text={"id"}) == [2**60 + 1, None]
    assert column(source, "x") == [str(10**400), None]


def test_half_characters_are_replaced(write):
    source = open_file(write("a.jsonl", r'{"x": "ü \ud83d"}' + "\n" + r'{"x": "\ud83c\udf0d"}'))
    assert column(source, "x") == ["ü �", "🌍"]


@given(
    st.lists(
        st.dictionaries(
            st.text("abc", min_size=1),
            st.none() | st.booleans() | st.floats() | st.text(st.characters(codec="utf-8")),
        ).filter(bool),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["a.jsonl", "a.json"]),
)
def test_any_values_survive(tmp_path_factory, rows, name):
    path = tmp_path_factory.getbasetemp() / name
    array = name.endswith(".json")
    path.write_text(json.dumps(rows) if array else "\n".join(map(json.dumps, rows)))
    source = open_file(path)
    for one in source.names:
        expected = [row.get(one) for row in rows]
        assert column(source, one, text={one}) == pytest.approx(expected, nan_ok=True)


def test_documents_longer_than_what_is_held(write, monkeypatch):
    monkeypatch.setattr("geobias.readers.jsondocument._CHARACTERS_READ", 3)
    assert Samples.read(write("a.json", ARRAY)).digest == DIGEST
    features = geo_table().to_json(indent=2)
    assert Samples.read(write("a.geojson", features)).digest == DIGEST


def test_batches_of_json(write, monkeypatch):
    monkeypatch.setattr("geobias.readers.gathering.ROWS_AT_ONCE", 64)
    rows = [{"x": row} for row in range(200)]
    for name, content in (
        ("a.jsonl", "\n".join(map(json.dumps, rows))),
        ("a.json", json.dumps(rows)),
    ):
        source = open_file(write(name, content))
        assert column(source, "x") == list(range(200))
        assert [len(part) for part in source.batches(["x"])] == [64, 64, 64, 8]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "", "a.jsonl has no rows."),
        ("a.jsonl", "\n", "a.jsonl has no rows."),
        ("a.json", "[]", "a.json has no rows."),
        (
            "a.jsonl",
            LINES + '{"lat": 4',
            "a.jsonl is not JSON on line 4: Expecting ',' delimiter, at its end.",
        ),
        (
            "a.jsonl",
            LINES + "[1, 2]",
            "a.jsonl holds no JSON object on line 4 but '[1, 2]': JSON lines have the form "
            '{"lat": 48.1, "lon": 11.6, "correct": true}.',
        ),
        (
            "a.jsonl",
            '{"lat": 1, "lat": 2}',
            "a.jsonl cannot be read on line 1: an object holds 'lat' twice.",
        ),
        (
            "a.jsonl",
            '{"a": {"b": 1}, "a.b": 2}',
            "a.jsonl cannot be read on line 1: an object holds 'a.b' twice.",
        ),
        (
            "a.jsonl",
            LINES.encode() + '{"x": "Zürich"}'.encode("latin-1"),
            "a.jsonl is not UTF-8 text on line 4: save it in UTF-8.",
        ),
        ("a.jsonl", LINES.encode("utf-16"), "a.jsonl is UTF-16 text: save it in UTF-8."),
        (
            "a.json",
            ARRAY[:-20],
            "a.json is not JSON on line 17: Expecting ',' delimiter.",
        ),
        ("a.json", ARRAY[:-1] + ",", "a.json is not JSON on line 20: Expecting value."),
        ("a.json", ARRAY + "x", "a.json is not JSON on line 20: more text follows the end of the "
         "document."),
        (
            "a.json",
            "[1, 2]",
            "a.json holds no object in element 0 (counted from 0) but '1': an array of objects is "
            "read, one for each row.",
        ),
        (
            "a.json",
            '{\n"lat": [1, 2]\n}',
            "a.json holds one JSON object: read are a GeoJSON FeatureCollection, an array of "
            "objects, and JSON lines.",
        ),
        ("a.json", '{"lat": 1,\n"lat": 2}', "a.json holds one JSON object: read are a GeoJSON "
         "FeatureCollection, an array of objects, and JSON lines."),
        ("a.json", "lat,lon\n1,2\n", "a.json is not JSON on line 1: a GeoJSON starts with '{'."),
        ("a.json", "", "a.json is not JSON on line 1: a GeoJSON starts with '{'."),
        (
            "a.geojson",
            '{"type": "Feature", "geometry": null, "properties": {}}',
            "a.geojson holds one JSON object of type 'Feature': read are a GeoJSON "
            "FeatureCollection, an array of objects, and JSON lines.",
        ),
    ],
)  # fmt: skip
def test_broken_json(write, name, content, message):
    path = write(name, content)
    assert refused(path) == message


def test_deep_nesting(write):
    message = unopened(write("a.jsonl", '{"x":' + "[" * 100_000))
    assert message.startswith("a.jsonl cannot be read on line 1: maximum recursion depth")
    message = unopened(write("a.json", '[{"x":' + "[" * 100_000))
    assert message.startswith("a.json is not JSON on line 1: maximum recursion depth")


def test_a_number_of_many_digits(write):
    assert "a.jsonl cannot be read on line 1: Exceeds the limit" in unopened(
        write("a.jsonl", '{"x": ' + "9" * 5000 + "}")
    )


def test_a_damaged_last_line_is_found_when_it_is_read(write, monkeypatch):
    monkeypatch.setattr("geobias.readers.jsonfile.ROWS_THAT_NAME", 2)
    path = write("a.jsonl", LINES + "{")
    assert open_file(path).names == ["id", "lat", "lon", "hit"]
    assert "a.jsonl is not JSON on line 4" in refused(path)


# GeoJSON


@pytest.mark.parametrize("name", ["a.geojson", "a.json"])
@pytest.mark.parametrize("indent", [None, 1])
def test_geojson(write, name, indent):
    text = geo_table(1).to_json(indent=indent)
    samples = Samples.read(write(name, text))
    assert samples.lon == pytest.approx(GOOD["lon"] + 1)
    assert "Coordinates come from the geometry in column 'geometry'." in samples.notes
    assert open_file(write(name, text)).peek().columns.tolist() == ["lat", "lon", "hit"]
    assert Samples.read(write(name, text), lat="lat", lon="lon").digest == DIGEST


@pytest.mark.parametrize("rfc7946", [True, False])
def test_geojson_of_other_programs(tmp_path, rfc7946):
    path = tmp_path / "a.geojson"
    table = geo_table(1).to_crs(3857)
    table.to_file(path, RFC7946="YES" if rfc7946 else "NO")
    assert Samples.read(path).lon == pytest.approx(GOOD["lon"] + 1)


def feature(shape, **properties):
    return {"type": "Feature", "geometry": shape, "properties": properties}


def collection(*features, **members):
    return json.dumps({"type": "FeatureCollection", **members, "features": features})


def test_missing_geometries_and_properties(write):
    text = collection(
        feature({"type": "Point", "coordinates": [11.6, 48.1, 520.0]}, hit=1, of={"n": 3}),
        feature(None, hit=0),
        feature({"type": "Point", "coordinates": []}, hit=1),
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [1, 2]},
            "properties": None,
        },
    )
    path = write("a.geojson", text)
    samples = Samples.read(path)
    assert samples.rows.tolist() == [0]
    assert [drop.first_rows for drop in samples.ledger.drops] == [(1, 2), (3,)]
    assert open_file(path).names == ["hit", "of", "of.n", "geometry"]


def crs(name):
    return {"crs": {"type": "name", "properties": {"name": name}}}


POINT = feature({"type": "Point", "coordinates": [11.6, 48.1]}, hit=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            collection(
                feature(
                    {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, hit=1
                )
            ),
            "Not points but other geometries in column 'geometry': 1 row, the first a Polygon",
        ),
        (
            collection(POINT, feature({"type": "Point", "coordinates": ["a", 1]}, hit=1)),
            "a.geojson holds no geometry in row 1 (counted from 0) but {'type': 'Point', "
            "'coordinates': ['a', 1]}.",
        ),
        (collection(feature({"type": "Ball"}, hit=1)), "holds no geometry in row 0"),
        (collection(feature(["x"], hit=1)), "holds no geometry in row 0"),
        (
            collection(POINT, {"type": "Point"}),
            "a.geojson holds no feature with properties and a geometry in element 1 of its",
        ),
        (collection(POINT, **crs("EPSG:0")), "that is not read"),
        (collection(POINT, crs={"type": "link"}), "that is not read"),
        (collection(POINT, crs=None), "no coordinate reference system"),
        (
            collection(POINT)[:-1] + ", " + json.dumps(crs("EPSG:3857"))[1:],
            "a.geojson names its coordinate reference system after its features",
        ),
        (collection(feature(None, geometry=1)), "has a property named 'geometry': rename it."),
        (collection(), "a.geojson has no rows."),
        (collection(POINT)[:-30], "a.geojson is not JSON on line 1: "),
        ('{"features": 5}', "a.geojson is not JSON on line 1: '[' expected, '5' found."),
    ],
)
def test_broken_geojson(write, text, message):
    assert message in refused(write("a.geojson", text))


def test_a_geojson_can_be_read_without_geopandas_knowing_its_driver(write):
    text = geopandas.GeoDataFrame.from_features(json.loads(collection(POINT))).to_json()
    assert Samples.read(write("a.geojson", text)).lat.tolist() == [48.1]
