"""``geobias encode`` as its user meets it."""

import gzip
import json
import os
import signal
import subprocess
import sys
import sysconfig
from hashlib import sha256
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commandline import refusal
from geobias.encoders import LocationClassifier, build, encode, list_encoders, position, save
from geobias.errors import GeoBiasError
from naive import nerf, xyz

# Date line, poles, beyond ±180, a row without a location, one with half of it.
LAT = [0.5, 0.5, 90.0, -90.0, -33.9, np.nan, 48.2, 12.0]
LON = [180.0, -180.0, 77.0, 0.0, 511.2, np.nan, np.nan, 16.4]
LOCATED = [True] * 5 + [False] * 2 + [True]
TABLE = pd.DataFrame(
    {
        "id": ["007", "008", "009", "010", "011", "012", "013", "014"],
        "lat": LAT,
        "lon": LON,
        "hit": [True, False] * 4,
        "count": [1, 2, 3, 4, 5, 6, 7, 2**53 + 1],
        "share": [0.5, 1.5, np.nan, 3.0, 1e-9, 2.0, -1.0, 0.1],
        "name": ["Suva", "", "Pole", "Pol, süd", "Sydney", None, "NA", "Wien"],
    }
)
WANTED = np.array(
    [xyz(lat, lon) for lat, lon, known in zip(LAT, LON, LOCATED, strict=True) if known]
)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    TABLE.to_csv("places.csv", index=False)
    return "places.csv"


@pytest.fixture
def idle(monkeypatch):
    """Nothing may be read."""
    monkeypatch.setattr("geobias.encoders.tables.encoding.survey", None)


def numbers_in(path):
    """Embeddings of the rows that have one, and which these are."""
    column = pq.read_table(path)["embedding"].combine_chunks()
    known = np.asarray(column.is_valid())
    return np.stack(column.drop_null().to_pylist()), known


def facts_in(path):
    return json.loads(pq.read_schema(path).metadata[b"geobias"])


def test_columns_come_along_and_rows_without_a_location_have_no_embedding(run, file):
    code, out, err = run("encode", file, "--encoder", "xyz", "-o", "out.parquet")
    assert (code, err) == (0, "")
    assert out.splitlines()[:-1] == [
        "6 rows encoded by xyz, 3 numbers each.",
        "2 rows without a location have no embedding: rows 5, 6 (counted from 0).",
        "Latitude comes from column 'lat', longitude from column 'lon'.",
    ]
    assert out.splitlines()[-1].startswith("Written to out.parquet (")
    schema = pq.read_schema("out.parquet")
    assert schema.field("embedding").type == pa.list_(pa.float32())
    kinds = dict(zip(schema.names, map(str, schema.types), strict=True))
    assert [*kinds] == [*TABLE.columns, "embedding"]
    assert kinds == kinds | {
        "id": "string", "lat": "double", "hit": "bool", "count": "int64", "share": "double",
        "name": "string",
    }  # fmt: skip
    back = pd.read_parquet("out.parquet").drop(columns="embedding")
    empty = TABLE.assign(name=TABLE["name"].replace("", None))
    pd.testing.assert_frame_equal(back, empty, check_dtype=False)
    codes, known = numbers_in("out.parquet")
    assert known.tolist() == LOCATED
    np.testing.assert_allclose(codes, WANTED, atol=1e-7)


def test_poles_and_date_line_are_what_they_are(run, file):
    assert run("encode", file, "--encoder", "nerf", "-o", "out.parquet").code == 0
    codes, _ = numbers_in("out.parquet")
    np.testing.assert_allclose(codes[0], codes[1], atol=1e-6)
    np.testing.assert_allclose(codes[2], nerf(90.0, 0.0, 10), atol=1e-6)
    np.testing.assert_allclose(codes[4], nerf(-33.9, 151.2, 10), atol=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        "places.csv.gz", "places.tsv", "places.parquet", "places.jsonl", "places.json",
        "places.feather", "places.geojson", "places.gpkg", "places.geoparquet",
    ],
)  # fmt: skip
def test_any_format_gives_the_same(run, tmp_path, name):
    path = tmp_path / name
    points = geopandas.points_from_xy(TABLE["lon"], TABLE["lat"], crs=4326)
    points[~np.array(LOCATED)] = None
    located = geopandas.GeoDataFrame(TABLE.drop(columns=["lat", "lon"]), geometry=points)
    writers = {
        "places.csv.gz": lambda: TABLE.to_csv(path, index=False),
        "places.tsv": lambda: TABLE.to_csv(path, index=False, sep="\t"),
        "places.parquet": lambda: TABLE.to_parquet(path),
        "places.jsonl": lambda: TABLE.to_json(path, orient="records", lines=True),
        "places.json": lambda: TABLE.to_json(path, orient="records"),
        "places.feather": lambda: TABLE.to_feather(path),
        "places.geojson": lambda: located.to_file(path, driver="GeoJSON"),
        "places.gpkg": lambda: located.to_file(path),
        "places.geoparquet": lambda: located.to_parquet(path),
    }
    writers[name]()
    target = tmp_path / "out.parquet"
    code, out, err = run("encode", path, "--encoder", "xyz", "-o", target)
    assert (code, err) == (0, "")
    assert "2 rows without a location" in out
    codes, known = numbers_in(target)
    assert known.tolist() == LOCATED
    np.testing.assert_allclose(codes, WANTED, atol=1e-7)
    back = pq.read_table(target)
    assert back["id"].to_pylist() == TABLE["id"].tolist()
    assert back["count"].to_pylist() == TABLE["count"].tolist()
    assert back["hit"].to_pylist() == TABLE["hit"].tolist()
    # It can be read in turn, in whatever way its coordinates are written.
    code, out, _ = run("inspect", target)
    assert code == 0
    assert "6 located rows at 5 places" in out
    if "geo" in name or name.endswith("gpkg"):
        shapes = geopandas.read_parquet(target).geometry
        assert shapes.crs.equals(4326, ignore_axis_order=True)
        assert (shapes.isna() == ~np.array(LOCATED)).all()


def test_points_in_metres_are_encoded_in_degrees_and_kept_in_metres(run, tmp_path):
    places = TABLE[[True] * 2 + [False] * 2 + [True] + [False] * 2 + [True]]
    located = geopandas.GeoDataFrame(
        {"id": places["id"]}, geometry=geopandas.points_from_xy(places["lon"], places["lat"]),
        crs=4326,
    ).to_crs(3857)  # fmt: skip
    located.to_parquet(tmp_path / "metres.parquet")
    target = tmp_path / "out.parquet"
    run("encode", tmp_path / "metres.parquet", "--encoder", "xyz", "-o", target)
    np.testing.assert_allclose(numbers_in(target)[0], WANTED[[0, 1, 4, 5]], atol=1e-6)
    back = geopandas.read_parquet(target)
    assert back.crs == 3857
    assert back.geometry.geom_equals_exact(located.geometry.reset_index(drop=True), 0).all()


def test_folders_and_patterns_are_one_table(run, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    TABLE[:3].to_csv(folder / "a.csv", index=False)
    TABLE[3:].to_csv(folder / "b.csv", index=False)
    for source in (folder, folder / "*.csv"):
        target = tmp_path / "out.parquet"
        assert run("encode", source, "--encoder", "xyz", "-o", target, "--force").code == 0
        codes, known = numbers_in(target)
        assert known.tolist() == LOCATED
        np.testing.assert_allclose(codes, WANTED, atol=1e-7)
        assert pq.read_table(target)["id"].to_pylist() == TABLE["id"].tolist()


def test_a_column_has_one_type_whatever_its_batches_hold(run, write, monkeypatch):
    monkeypatch.setattr("geobias.readers.gathering.ROWS_AT_ONCE", 1)
    monkeypatch.setattr("geobias.readers.gathering.ROWS_AT_A_TIME", 1)
    rows = [
        "lat,lon,whole,late,mixed,flag,none,zeros,digits",
        "1,2,1,,7,true,,1,123456789012345678901",
        "48.5,16.4,2,,x,FALSE,,01,2",
        "3,4,3,2.5,,True,,1,3",
    ]
    source = write("a.csv", "\n".join(rows) + "\n")
    target = source.parent / "out.parquet"
    assert run("encode", source, "--encoder", "xyz", "-o", target).code == 0
    table = pq.read_table(target)
    assert table.drop_columns("embedding").to_pydict() == {
        "lat": [1.0, 48.5, 3.0],
        "lon": [2.0, 16.4, 4.0],
        "whole": [1, 2, 3],
        "late": [None, None, 2.5],
        "mixed": ["7", "x", None],
        "flag": [True, False, True],
        "none": [None, None, None],
        "zeros": ["1", "01", "1"],
        "digits": ["123456789012345678901", "2", "3"],
    }


def test_what_mixes_kinds_becomes_text(run, write):
    rows = [
        {"lat": 1.0, "lon": 2.0, "any": 1, "place": {"a": 1}, "big": 2**70},
        {"lat": 3.0, "lon": 4.0, "any": "x", "place": None, "big": 1},
    ]
    source = write("a.json", json.dumps(rows))
    target = source.parent / "out.parquet"
    assert run("encode", source, "--encoder", "xyz", "-o", target).code == 0
    table = pq.read_table(target)
    assert table["any"].to_pylist() == ["1", "x"]
    assert table["big"].to_pylist() == [str(2**70), "1"]
    assert table["place"].to_pylist() == ['{"a": 1}', None]
    assert table["place.a"].to_pylist() == [1, None]


def test_numbers_that_no_type_holds_are_refused(run, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, values in (("a", [2**62 + 1]), ("b", [0.5])):
        table = pd.DataFrame({"lat": [10.0], "lon": [20.0], "n": values})
        table.to_parquet(folder / f"{name}.parquet")
    words = ("encode", folder, "--encoder", "xyz", "-o", tmp_path / "out.parquet")
    assert "Column 'n' holds values that no type holds together" in refusal(run, *words)
    assert [each.name for each in tmp_path.iterdir()] == ["parts"]


def test_types_of_columns_survive(tmp_path):
    moments = pd.to_datetime(["2020-01-01", None, "2021-06-01"]).tz_localize("UTC")
    table = pd.DataFrame(
        {
            "lat": np.float32([1, 2, 3]),
            "lon": np.float32([4, 5, 6]),
            "short": np.int8([1, 2, 3]),
            "when": moments,
            "kind": pd.Categorical(["a", "b", "a"]),
            "maybe": pd.array([1, None, 3], dtype="Int32"),
            "raw": [b"\x00", b"\xff", None],
            "many": [[1, 2], [], None],
            3: ["x", "y", "z"],
        }
    )
    done = encode(table, tmp_path / "out.parquet", encoder="xyz")
    assert done.rows == done.located == 3
    back = pd.read_parquet(done.path)
    assert pq.read_schema(done.path).field("short").type == pa.int8()
    assert pq.read_schema(done.path).field("lat").type == pa.float32()
    assert pq.read_schema(done.path).field("when").type == pa.timestamp("us", "UTC")
    assert back["maybe"].tolist()[::2] == [1, 3]
    assert back["raw"].tolist()[:2] == [b"\x00", b"\xff"]
    assert back["kind"].tolist() == ["a", "b", "a"]
    assert [None if each is None else [*each] for each in back["many"]] == [[1, 2], [], None]
    assert back["3"].tolist() == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([["a", 1], [2]], "Column 'odd' holds collections of several kinds"),
        ([{"a": 1}, {"a": "x"}], "Column 'odd' holds collections of several kinds"),
        (["\ud800", "x"], "no Unicode text"),
        ([{}, {}], "struct type 'odd' with no child field"),
    ],
)
def test_values_that_no_type_of_parquet_holds_are_refused(tmp_path, values, message):
    odd = pd.Series(values, dtype=object)
    table = pd.DataFrame({"lat": [10.0, 20.0], "lon": [20.0, 30.0], "odd": odd})
    with pytest.raises(GeoBiasError, match=message) as refused:
        encode(table, tmp_path / "out.parquet", encoder="xyz")
    assert "Leave it out" in str(refused.value)
    assert not [*tmp_path.iterdir()]


def test_blanks_are_empty_cells_and_long_numbers_keep_their_digits(run, write):
    source = write("a.csv", "lat,lon,n,id,wide\n10,20, ,12345678901234567,1234567890123456.0\n"
                   " ,,2,0.5,1\n")  # fmt: skip
    target = source.parent / "out.parquet"
    assert run("encode", source, "--encoder", "xyz", "-o", target).code == 0
    assert pq.read_table(target).drop_columns("embedding").to_pydict() == {
        "lat": [10.0, None],
        "lon": [20.0, None],
        "n": [None, 2],
        "id": ["12345678901234567", "0.5"],
        "wide": [1234567890123456.0, 1.0],
    }


# --- Encoders and their options ------------------------------------------------------------------


def test_options_are_set_by_name(run, file):
    words = ("encode", file, "--force", "-o", "out.parquet", "--encoder")
    assert run(*words, "sphereC+", "--set", "frequency_num=4", "--set", "min-radius=.5").code == 0
    lat, lon = np.array(LAT)[LOCATED], np.array(LON)[LOCATED]
    given = module_of("sphere2vec-spherec+", frequency_num=4, min_radius=0.5)
    np.testing.assert_allclose(numbers_in("out.parquet")[0], given(lat, lon), atol=1e-6)
    assert facts_in("out.parquet")["settings"] == {
        "encoder": "sphere2vec-spherec+",
        "options": {"frequency_num": 4, "min_radius": 0.5},
        "compat": None,
        "seed": 0,
        "dim": 24,
    }
    assert run(*words, "geoclip", "--set", "sigmas=1,4", "--set", "frequency_num=3").code == 0
    given = module_of("geoclip", sigmas=[1, 4], frequency_num=3)
    np.testing.assert_allclose(numbers_in("out.parquet")[0], given(lat, lon), atol=1e-6)
    assert run(*words, "wrap", "--set", "loc_encode=encode_3D").code == 0
    assert numbers_in("out.parquet")[0].shape == (6, 3)
    assert run(*words, "rff", "--map-range", "-180,180,-90,90", "--seed", 4).code == 0
    given = module_of("rff", seed=4)
    np.testing.assert_allclose(numbers_in("out.parquet")[0], given(lat, lon), atol=1e-6)


def module_of(name, **options):
    import torch

    module = position(name, **options)

    def codes(lat, lon):
        return module(lat=torch.from_numpy(lat), lon=torch.from_numpy(lon)).detach().numpy()

    return codes


def test_compat_rounds_coordinates_first(run, file):
    words = ("encode", file, "-o", "out.parquet", "--compat", "torchspatial", "--encoder", "theory")
    assert run(*words, "--set", "min_radius=1e-6").code == 0
    lat, lon = np.float32(LAT)[LOCATED], np.float32(LON)[LOCATED]
    given = module_of("theory", compat="torchspatial", min_radius=1e-6)
    np.testing.assert_array_equal(numbers_in("out.parquet")[0], given(lat, lon))


def test_anchors_are_drawn_from_the_file_and_kept_with_the_result(run, file):
    words = ("encode", file, "--force", "-o", "out.parquet", "--encoder", "rbf")
    code, out, _ = run(*words, "--set", "kernel_size=10", "--set", "n_anchors=4", "--seed", 2)
    assert code == 0
    assert "4 anchors drawn from places.csv: other places give others" in out
    options = facts_in("out.parquet")["settings"]["options"]
    assert options["kernel_size"] == 10
    assert "n_anchors" not in options
    assert len(options["anchors"]) == 4
    lat, lon = np.array(LAT)[LOCATED], np.array(LON)[LOCATED]
    given = module_of("rbf", **options)
    np.testing.assert_array_equal(numbers_in("out.parquet")[0], np.float32(given(lat, lon)))
    assert "6 anchors drawn" in run(*words).out


def test_equal_inputs_give_equal_bytes(run, file):
    for name in ("a.parquet", "b.parquet"):
        assert run("encode", file, "--encoder", "rbf", "-o", name).code == 0
    assert Path("a.parquet").read_bytes() == Path("b.parquet").read_bytes()


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Nothing says how to encode: pass encoder= (--encoder)"),
        (("--encoder", "sphere2vec-spheerc"), "Did you mean sphere2vec-spherec"),
        (("--encoder", "xyz", "--set", "min_radius=1"), "xyz has no option min_radius"),
        (("--encoder", "grid", "--set", "min_radios=1"), "Did you mean min_radius and"),
        (("--encoder", "grid", "--set", "min_radius=-1"), "min_radius=-1 has to be a positive"),
        (("--encoder", "grid", "--set", "min_radius=few"), "min_radius='few' has to be a positive"),
        (("--encoder", "grid", "--set", "min_radius=nan"), "min_radius=nan has to be a positive"),
        (("--encoder", "grid", "--set", "min_radius"), "--set needs NAME=VALUE"),
        (("--encoder", "grid", "--set", "=3"), "--set needs NAME=VALUE"),
        (("--encoder", "grid", "--set", "seed=3"), "say --seed 3"),
        (("--encoder", "grid", "--set", "compat=x"), "say --compat x"),
        (("--encoder", "grid", "--set", "name=x"), "say --encoder x"),
        (
            ("--encoder", "grid", "--set", "min_radius=1", "--set", "min-radius=2"),
            "min_radius is given more than once",
        ),
        (
            ("--encoder", "rff", "--map-range", "1,2,3,4", "--set", "map_range=1,2,3,4"),
            "map_range is given more than once",
        ),
        (("--encoder", "rff", "--map-range", "1,2"), "map_range=[1.0, 2.0] has to be west, east"),
        (("--encoder", "rff", "--map-range", "a,b"), "--map-range needs numbers between commas"),
        (("--encoder", "xyz", "--map-range", "1,2,3,4"), "xyz has no option map_range"),
        (("--encoder", "sh", "--set", "legendre_polys=1e9"), "legendre_polys=1000000000.0 has to"),
        (("--encoder", "sh", "--set", "legendre_polys=999"), "has to be from 1 to 100"),
        (("--encoder", "xyz", "--compat", "torch"), "compat='torch' is no mode"),
        (("--encoder", "satclip", "--compat", "torchspatial"), "has no satclip"),
        (("--encoder", "rff", "--seed", "-1"), "seed=-1 has to be from 0"),
        (("--encoder", "xyz", "--checkpoint", "none.pth.tar"), "There is no file none.pth.tar"),
        (("--checkpoint", "places.csv"), "places.csv is not a checkpoint"),
        (("--checkpoint", "x.pth.tar", "--compat", "torchspatial"), "compat: a checkpoint knows"),
        (("--checkpoint", "x.pth.tar", "--set", "min_radius=1"), "min_radius: a checkpoint knows"),
        (("--checkpoint", "x.pth.tar", "--encoder", "nothing"), "There is no encoder 'nothing'"),
    ],
)
def test_wrong_options_are_found_before_the_work(run, file, words, message):
    assert message in refusal(run, "encode", file, "-o", "out.parquet", *words)
    assert sorted(os.listdir()) == [file]


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "nowhere/out.parquet"), "there is no folder"),
        (("-o", "out.csv"), "its name has to end in .parquet"),
        (("-o", "-"), "its name has to end in .parquet"),
        (("-o", "folder.parquet"), "it is a folder"),
        (("-o", "there.parquet"), "exists already"),
        ((), "Missing option '--output'"),
    ],
)
def test_what_cannot_be_written_is_found_before_the_work(run, file, tmp_path, words, message):
    (tmp_path / "folder.parquet").mkdir()
    (tmp_path / "there.parquet").write_text("precious")
    assert message in refusal(run, "encode", file, "--encoder", "xyz", *words)
    assert (tmp_path / "there.parquet").read_text() == "precious"


@pytest.mark.usefixtures("idle")
def test_what_is_read_is_not_written_over(run, tmp_path, file):
    precious = tmp_path / "parts" / "a.parquet"
    precious.parent.mkdir()
    precious.write_text("precious")
    for words in (
        (precious,),
        (precious.parent,),
        (f"{precious.parent}/*.parquet",),
        (file, "--locations", precious),
        (file, "--checkpoint", precious),
    ):
        words = ("encode", *words, "--encoder", "xyz", "--force", "-o", precious)
        assert "it is what is read" in refusal(run, *words)
    assert precious.read_text() == "precious"


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        ("lat,lon\n91,5\n", (), "1 latitude outside -90 to 90"),
        ("lat,lon\n5,541\n", (), "1 longitude outside -540 to 540"),
        ("lat,lon\n5,inf\n", (), "1 infinite longitude"),
        ("lat,lon\n0.5,0.7\n", (), "The coordinates look like encoded features"),
        ("lat,lon\n5,east\n", (), "holds 1 value other than numbers"),
        ("lat,lon\n,\n,5\n", (), "no row with coordinates: none of 2"),
        ("lat,lon\n", (), "has no rows"),
        ("", (), "places.csv is empty"),
        ("north,east\n5,5\n", (), "No latitude and no longitude column"),
        ("lat,lon,embedding\n5,5,1\n", (), "has a column 'embedding' already"),
        ("lat,lon,a,a\n5,5,1,2\n", (), "Several columns have the same name"),
        ("lat,lon\n5,5\n", ("--lat", "north"), "There is no column 'north'"),
        ("lat,lon\n5\n", (), "1 values in the row"),
        ("lat,lon\n5,5\n", ("--locations", "none.csv"), "There is no file none.csv"),
    ],
)
def test_wrong_files_are_one_line(run, file, content, words, message):
    Path(file).write_text(content)
    words = ("encode", file, "--encoder", "xyz", "-o", "out.parquet", *words)
    assert message in refusal(run, *words)
    assert sorted(os.listdir()) == [file]


def test_other_files_are_refused(run, tmp_path):
    words = ("--encoder", "xyz", "-o", tmp_path / "out.parquet")
    assert "There is no file" in refusal(run, "encode", tmp_path / "none.csv", *words)
    (tmp_path / "a.parquet").write_bytes(b"PAR1 is not all that it takes")
    assert "cannot be read as Parquet" in refusal(run, "encode", tmp_path / "a.parquet", *words)
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    assert "extension that is not read" in refusal(run, "encode", tmp_path / "a.xlsx", *words)


def test_names_of_coordinates_and_their_unit_can_be_said(run, file):
    Path(file).write_text("north,east,lat\n0.5,0.7,x\n")
    words = ("--lat", "north", "--lon", "east", "--degrees", "-o", "out.parquet")
    assert run("encode", file, "--encoder", "xyz", *words).code == 0
    np.testing.assert_allclose(numbers_in("out.parquet")[0], [xyz(0.5, 0.7)], atol=1e-7)


def test_coordinates_can_come_from_another_file(run, file):
    sines = TABLE.assign(lon=np.sin(np.pi * TABLE["lon"] / 180))
    sines.assign(lat=np.sin(np.pi * TABLE["lat"] / 90)).to_parquet("sines.parquet")
    words = ("encode", "sines.parquet", "--locations", file, "--encoder", "xyz", "-o", "o.parquet")
    code, out, _ = run(*words)
    assert code == 0
    assert "Coordinates come from places.csv, row by row" in out
    np.testing.assert_allclose(numbers_in("o.parquet")[0], WANTED, atol=1e-7)
    TABLE[:3].to_csv("short.csv", index=False)
    words = ("encode", file, "--locations", "short.csv", "--encoder", "xyz", "-o", "p.parquet")
    assert "another number than the table" in refusal(run, *words)


# --- Checkpoints ----------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [None, 5])
def test_trained_weights_give_embeddings(run, file, classes):
    model = build("sphereC+", dim=6, seed=3, frequency_num=4)
    model = model if classes is None else LocationClassifier(model, classes)
    save(model, "mine.safetensors")
    words = ("encode", file, "--checkpoint", "mine.safetensors", "--force", "-o", "out.parquet")
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert "6 rows encoded by sphere2vec-spherec+, 6 numbers each." in out
    lat, lon = np.array(LAT)[LOCATED], np.array(LON)[LOCATED]
    np.testing.assert_array_equal(numbers_in("out.parquet")[0], model.embed(lat=lat, lon=lon))
    assert facts_in("out.parquet")["settings"]["checkpoint"] == {
        "name": "mine.safetensors",
        "sha256": sha256(Path("mine.safetensors").read_bytes()).hexdigest(),
    }
    assert run(*words, "--encoder", "SphereGrid").code == 0
    message = "holds weights of sphere2vec-spherec+, not of xyz"
    assert message in refusal(run, *words, "--encoder", "xyz")
    assert "map_range is for published" in refusal(run, *words, "--map-range", "1,2,3,4")


@pytest.mark.reference
@pytest.mark.parametrize("name", ["fmow|xyz", "yfcc|Sphere2Vec-sphereC"])
def test_published_checkpoints_give_the_published_embeddings(
    run, reference, published_pairs, tmp_path, name
):
    pairs = published_pairs("encoder_checkpoint_pairs")
    folder = reference / "encoders" / "checkpoints"
    (path,) = folder.glob(f"model_{name.replace('|', '_')}_*")
    source, target = tmp_path / "places.parquet", tmp_path / "out.parquet"
    pd.DataFrame(pairs["lonlat_f32"], columns=["lon", "lat"]).to_parquet(source)
    code, out, err = run("encode", source, "--checkpoint", path, "-o", target)
    assert (code, err) == (0, "")
    assert "Checkpoint: " in out
    np.testing.assert_allclose(numbers_in(target)[0], pairs[f"{name}|embedding"], atol=1e-5)


@pytest.mark.parametrize("name", ["tile", "rff"])
def test_places_beyond_the_map_of_an_encoder_are_counted(run, file, name):
    words = ("encode", file, "--encoder", name, "--force", "-o", "out.parquet")
    told = "outside map_range, 0 to 60 east and -5 to 60 north, which"
    # Vienna has no longitude, and Sydney's is a whole turn too far.
    assert f"5 rows lie {told} {name} was" in run(*words, "--map-range", "0,60,-5,60").out
    assert "outside" not in run(*words, "--map-range", "-180,180,-90,90").out
    assert "outside" not in run(*words).out
    narrow = run(*words, "--map-range", "-180,152,-90,90").out
    assert (
        f"1 row lies outside map_range, -180 to 152 east and -90 to 90 north, which {name}"
        in narrow
    )


# --- Files ----------------------------------------------------------------------------------------


def test_batches_are_row_groups_without_a_seam(run, file, monkeypatch):
    words = ("encode", file, "--encoder", "xyz", "-o")
    assert run(*words, "whole.parquet").code == 0
    monkeypatch.setattr("geobias.encoders.tables.encoding.NUMBERS_AT_ONCE", 7)
    assert run(*words, "parts.parquet").code == 0
    assert pq.read_metadata("whole.parquet").num_row_groups == 1
    assert pq.read_metadata("parts.parquet").num_row_groups == 4
    assert pq.read_table("parts.parquet").equals(pq.read_table("whole.parquet"))


def test_a_failure_leaves_what_was_there(run, file, monkeypatch):
    Path("out.parquet").write_text("precious")

    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("geobias.encoders.tables.encoding._codes", interrupted)
    code, out, _ = run("encode", file, "--encoder", "xyz", "-o", "out.parquet", "--force")
    assert (code, out) == (130, "")
    assert Path("out.parquet").read_text() == "precious"
    assert sorted(os.listdir()) == ["out.parquet", file]


KILLED = """
import os, signal
import geobias.encoders.tables.encoding as encoding

done, encoding.NUMBERS_AT_ONCE, codes = [], 6, encoding._codes

def killed(*given):
    if done:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(1)
    return codes(*given)

encoding._codes = killed
encoding.encode("places.csv", "out.parquet", encoder="xyz")
"""


def test_a_killed_run_leaves_no_half_file(file, tmp_path, run):
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not Path("out.parquet").exists()
    # What it left behind is in nobody's way.
    assert run("encode", file, "--encoder", "xyz", "-o", "out.parquet").code == 0
    assert sorted(os.listdir()) == ["out.parquet", file]


def test_a_full_device_is_one_line_and_stays_a_device(run, file):
    os.symlink("/dev/full", "out.parquet")
    words = ("encode", file, "--encoder", "xyz", "-o", "out.parquet", "--force")
    assert "Cannot write out.parquet: No space left on device" in refusal(run, *words)
    assert Path("/dev/full").is_char_device()


def test_a_file_that_changes_meanwhile_is_noticed(run, file, monkeypatch):
    from geobias.encoders.tables import encoding

    first = encoding.survey

    def changed(*given, **told):
        found = first(*given, **told)
        with open(file, "a") as opened:
            opened.write("015,1,2,True,1,1,x\n")
        return found

    monkeypatch.setattr(encoding, "survey", changed)
    words = ("encode", file, "--encoder", "xyz", "-o", "out.parquet")
    assert "places.csv was changed while it was read" in refusal(run, *words)
    assert sorted(os.listdir()) == [file]


def test_the_result_says_how_it_was_made(file):
    done = encode(file, "out.parquet", encoder="xyz")
    facts = facts_in("out.parquet")
    assert facts == done.provenance
    assert facts["input"] == {"name": "places.csv", "rows": 8, "located": 6}
    assert {"geobias", "torch", "numpy"} <= facts["versions"].keys()
    with pytest.raises(GeoBiasError, match="exists already"):
        encode(file, "out.parquet", encoder="xyz")


def test_arrays_can_be_options(tmp_path):
    anchors = np.array([[0.0, 1.0], [2.0, 3.0]])
    done = encode(TABLE, tmp_path / "o.parquet", encoder="rbf", options={"anchors": anchors})
    assert facts_in(done.path)["settings"]["options"] == {"anchors": anchors.tolist()}
    assert done.dim == 2
    assert "anchors drawn" not in " ".join(done.notes)


# --- What is shown --------------------------------------------------------------------------------


def test_the_list_names_every_encoder(run, monkeypatch):
    plain = run("encode", "--list")
    assert (plain.code, plain.err) == (0, "")
    head, *lines = plain.out.splitlines()
    assert head.split()[:2] == ["encoder", "numbers"]
    assert [line.split()[0] for line in lines] == list_encoders()["name"].tolist()
    assert "n_anchors=200, kernel_size=2.0" in plain.out
    # Columns stand below their headings.
    assert {line[head.index("options") - 1] for line in lines} == {" "}
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    drawn = run("encode", "--list")
    assert drawn.code == 0
    for name in list_encoders()["name"]:
        assert f" {name} " in drawn.out
    assert "…" not in drawn.out


def test_a_terminal_shows_progress(run, file, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    told = []
    monkeypatch.setattr(
        "geobias.encoders.tables.encoding.progress_bar", lambda shown: _Bar(shown, told)
    )
    assert run("encode", file, "--encoder", "xyz", "-o", "out.parquet").code == 0
    assert told == [
        True, ("reading places.csv", 0, 1), ("reading places.csv", 0, 1),
        ("encoding by xyz", 8, 8),
    ]  # fmt: skip


class _Bar:
    def __init__(self, shown, told):
        told.append(shown)
        self.told = told

    def __enter__(self):
        return lambda *given: self.told.append(given)

    def __exit__(self, *failure):
        pass


def test_help_imports_nothing_heavy():
    command = Path(sysconfig.get_path("scripts")) / "geobias"
    seen = subprocess.run(
        [sys.executable, "-X", "importtime", command, "encode", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    imported = {
        line.rsplit("|", 1)[1].strip().split(".")[0] for line in seen.splitlines() if "|" in line
    }
    assert imported.isdisjoint({"numpy", "pandas", "pyarrow", "sklearn", "torch"})


@pytest.mark.parametrize(
    "words", [["places.csv", "--encoder", "xyz", "-o", "o.parquet"], ["--list"]]
)
def test_without_torch_the_extra_is_named(file, tmp_path, words):
    attempt = f"""
import sys

sys.modules["torch"] = None
sys.argv = ["geobias", "encode", *{words}]
from geobias.cli.main import main

main()
"""
    done = subprocess.run(
        [sys.executable, "-c", attempt], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "geobias: Location encoders need torch, which is not installed: "
        "pip install 'geobias[torch]'\n"
    )


MEMORY = """
import resource, sys

sys.argv = ["geobias", "encode", "places.parquet", "--encoder", "spherical_harmonics",
            "--set", "legendre_polys=40", "-o", "codes.parquet"]
from geobias.cli.main import main

try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)
"""


def peak_mb(rows, folder):
    """The most memory that encoding so many places takes, in MiB."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"lat": draw.uniform(-90, 90, rows), "lon": draw.uniform(-180, 180, rows)})
    table.to_parquet(folder / "places.parquet")
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], cwd=folder, capture_output=True, text=True, check=True
    )
    assert f"{rows:,} rows encoded by spherical_harmonics, 1,600 numbers each." in done.stdout
    assert pq.read_metadata(folder / "codes.parquet").num_rows == rows
    (folder / "codes.parquet").unlink()
    return float(done.stderr.splitlines()[-1])


def test_memory_does_not_grow_with_the_places(tmp_path):
    # 50,000 places have 305 MiB of numbers, twice that in float64.
    assert peak_mb(50_000, tmp_path) < peak_mb(10_000, tmp_path) + 150


@pytest.mark.slow
def test_many_places_need_little_memory(tmp_path):
    # 1.8 GiB of numbers.
    assert peak_mb(300_000, tmp_path) < 1000


def test_compressed_files_are_what_they_say(run, tmp_path):
    with gzip.open(tmp_path / "a.csv.gz", "wt") as opened:
        opened.write("lat,lon\n5,5\n")
    words = ("encode", tmp_path / "a.csv.gz", "--encoder", "xyz", "-o", tmp_path / "o.parquet")
    assert run(*words).code == 0
    np.testing.assert_allclose(numbers_in(tmp_path / "o.parquet")[0], [xyz(5, 5)], atol=1e-7)
