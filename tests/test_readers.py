import gzip
import os

import geopandas
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobias.errors import InputError
from geobias.readers import open_file
from geobias.readers.delimited import open_delimited
from geobias.samples import Samples

CSV = "id,lat,lon,hit\n7,48.1,11.6,1\n8,59.9,10.8,0\n9,-1.3,36.8,1\n"
GOOD = pd.DataFrame({"lat": [48.1, 59.9, -1.3], "lon": [11.6, 10.8, 36.8], "hit": [1, 0, 1]})
DIGEST = Samples.from_table(GOOD).digest


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


def refused(path, **keywords):
    with pytest.raises(InputError) as caught:
        Samples.read(path, **keywords)
    return str(caught.value)


def geo_table(shift=0.0):
    places = geopandas.points_from_xy(GOOD["lon"] + shift, GOOD["lat"])
    return geopandas.GeoDataFrame(GOOD, geometry=places, crs=4326)


# Delimited text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("A.CSV", CSV),
        ("a.csv", "\ufeff" + CSV),
        ("a.csv", CSV.replace("\n", "\r\n")),
        ("a.csv", CSV.rstrip()),
        ("a.csv", "\n\n" + CSV.replace("\n", "\n\n")),
        ("a.csv", CSV.replace(",", ", ")),
        ("a.csv", CSV.replace("id", "").replace("8,59", '"8\n, or ""so""",59')),
        ("a.tsv", CSV.replace(",", "\t")),
        ("a.csv.gz", gzip.compress(CSV.encode())),
        ("a.csv", CSV.replace("7", "Zürich").encode("latin-1")),
    ],
    ids=range(11),
)
def test_delimited_text(write, name, content):
    samples = Samples.read(write(name, content))
    assert samples.digest == DIGEST
    assert samples.rows.tolist() == [0, 1, 2]


def test_a_path_may_be_text(write):
    assert Samples.read(str(write("a.csv", CSV))).digest == DIGEST


def test_only_the_needed_columns_are_read(write):
    path = write("a.csv", CSV)
    assert open_file(path).load(["lon", "lat"]).columns.tolist() == ["lon", "lat"]


def test_rows_are_read_in_parts(write, monkeypatch):
    monkeypatch.setattr("geobias.readers.delimited.ROWS_AT_ONCE", 2)
    path = write("a.csv", CSV + "10,,7,True\n")
    samples = Samples.read(path)
    assert samples.rows.tolist() == [0, 1, 2]
    assert samples.ledger.drops[0].first_rows == (3,)


@given(st.lists(st.floats(-180, 180), min_size=1, max_size=5))
def test_numbers_keep_every_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    pd.DataFrame({"lon": numbers}).to_csv(path)
    assert open_delimited(path, ",").load(["lon"])["lon"].tolist() == numbers


def test_missing_cells_of_text(write):
    text = "lat,lon,hit\n10,20,True\n11,20,False\n12,3,\n,3,True\nNA,4,True\n"
    samples = Samples.read(write("a.csv", text))
    assert samples.marks.tolist() == [[1, -1]]
    assert [drop.count for drop in samples.ledger.drops] == [2, 1]


@pytest.mark.parametrize(
    ("name", "separator", "words"),
    [
        ("a.csv", ";", "separated by semicolons, not by commas"),
        ("a.csv", "\t", "separated by tabs, not by commas"),
        ("a.csv", "|", "separated by vertical bars"),
        ("a.tsv", ",", "separated by commas, not by tabs"),
    ],
)
def test_wrong_separator(write, name, separator, words):
    message = refused(write(name, CSV.replace(",", separator)))
    assert words in message
    assert "Save it with commas as .csv" in message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", "\n\n", "a.csv is empty"),
        ("a.csv", "lat,lon,hit\n", "a.csv has no rows"),
        ("a.csv", "lat,lon,hit", "a.csv has no rows"),
        ("a.csv", "48.1,11.6,1\n59.9,10.8,0\n", "has no header"),
        ("a.csv", CSV.encode("utf-16"), "not UTF-8"),
        ("a.csv", os.urandom(1) + b"\xff\xfe\x00" * 50, "not UTF-8"),
        ("a.csv", CSV.replace("id", "größe").encode("latin-1"), "not UTF-8"),
        ("a.csv", CSV.replace("48.1", "48°").encode("latin-1"), "other than numbers"),
        ("a.csv", CSV.replace("7,", "Bonn, Rhein,"), "4 column names but 5 values"),
        ("a.csv", CSV + "9,1.5\n", "but 2 values in the row that ends on line 5"),
        ("a.csv", CSV.replace("8,", '"8,'), "quotation mark"),
        ("a.csv", CSV.replace("id", "lat"), "same name: 'lat'"),
        ("a.csv.gz", CSV, "cannot be read as a table: Not a gzipped file"),
        ("a.csv.gz", gzip.compress(CSV.encode())[:-12], "cannot be read as a table"),
        ("a.csv.gz", gzip.compress(CSV.encode())[:20] + b"\xff" * 40, "cannot be read as a table"),
    ],
    ids=range(16),
)
def test_broken_text(write, name, content, words):
    assert words in refused(write(name, content))


def test_candidates_of_a_text_file_are_listed(write):
    message = refused(write("a.csv", CSV.replace("hit", "good")))
    assert "0/1 or -1/1 in: 'good'." in message
    assert "The columns are: 'id', 'lat', 'lon', 'good'" in message


# Parquet


def test_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    GOOD.assign(extra="x").to_parquet(path)
    assert Samples.read(path).digest == DIGEST
    assert open_file(path).load(["lat"]).columns.tolist() == ["lat"]


def test_parquet_keeps_row_numbers_whatever_its_index(tmp_path):
    path = tmp_path / "a.parquet"
    GOOD.set_index("lat").to_parquet(path)
    assert Samples.read(path).digest == DIGEST


def test_parquet_under_a_folder_that_looks_like_a_partition(tmp_path):
    folder = tmp_path / "lat=5"
    folder.mkdir()
    GOOD.to_parquet(folder / "a.parquet")
    assert Samples.read(folder / "a.parquet").digest == DIGEST


def test_parquet_columns_with_dots_and_nested_ones(tmp_path):
    path = tmp_path / "a.parquet"
    GOOD.rename(columns={"hit": "hit.1"}).assign(hit=[{"1": 5}] * 3).to_parquet(path)
    assert Samples.read(path, correct="hit.1").marks.tolist() == [[1, -1, 1]]
    assert "not coded" in refused(path, correct="hit")


def test_parquet_with_nullable_types(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "lat": pa.array([48, None, 50, 51], pa.int16()),
            "lon": pa.array([1.5, 2.5, 3.5, 4.5], pa.float32()),
            "hit": pa.array([True, True, None, False], pa.bool_()),
        }
    )
    pq.write_table(table, path)
    samples = Samples.read(path)
    assert samples.rows.tolist() == [0, 3]
    assert samples.marks.tolist() == [[1, -1]]


def test_parquet_without_correctness_or_rows(tmp_path):
    path = tmp_path / "a.parquet"
    GOOD.rename(columns={"hit": "good"}).to_parquet(path)
    assert "0/1 or -1/1 in: 'good'." in refused(path)
    GOOD.rename(columns={"hit": "good"}).iloc[:0].to_parquet(path)
    assert "0/1 or -1/1 in: none." in refused(path)
    GOOD.iloc[:0].to_parquet(path)
    assert refused(path) == "a.parquet has no rows."


def test_parquet_with_repeated_names(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([[1.0], [2.0], [3.0], [1]], names=["lat", "lon", "lat", "hit"]), path)
    assert "same name: 'lat'" in refused(path)


def test_damaged_parquet(write, tmp_path):
    GOOD.to_parquet(tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    damaged = [b"", CSV.encode(), whole[:-20], whole[:100], whole[:4] + b"\xff" * 60 + whole[64:]]
    for content in damaged:
        assert "b.parquet cannot be read as Parquet" in refused(write("b.parquet", content))


@pytest.mark.parametrize("name", ["a.parquet", "a.geoparquet"])
def test_geoparquet(tmp_path, name):
    path = tmp_path / name
    geo_table(shift=1).to_crs(3857).to_parquet(path)
    samples = Samples.read(path)
    assert samples.lon == pytest.approx(GOOD["lon"] + 1)
    assert "Coordinates come from the geometry in column 'geometry'." in samples.notes
    assert Samples.read(path, lat="lat", lon="lon").digest == DIGEST
    assert Samples.read(path, lon="lon").digest == DIGEST


def test_geoparquet_with_missing_geometries(tmp_path):
    table = geo_table()
    table.loc[1, "geometry"] = None
    table.rename_geometry("place").to_parquet(tmp_path / "a.parquet")
    samples = Samples.read(tmp_path / "a.parquet")
    assert samples.rows.tolist() == [0, 2]
    assert samples.ledger.drops[0].first_rows == (1,)


def test_geoparquet_without_reference_system_or_correctness(tmp_path):
    path = tmp_path / "a.parquet"
    geo_table().set_crs(None, allow_override=True).to_parquet(path)
    assert "no coordinate reference system" in refused(path)
    geo_table().rename(columns={"hit": "good"}).to_parquet(path)
    assert "0/1 or -1/1 in: 'good'." in refused(path)


@pytest.mark.parametrize("described", [b"{", b"{}", b'{"primary_column": "shape"}'])
def test_geoparquet_with_broken_metadata(tmp_path, described):
    path = tmp_path / "a.parquet"
    table = pa.table(GOOD.to_dict("list")).replace_schema_metadata({b"geo": described})
    pq.write_table(table, path)
    assert "cannot be read as Parquet" in refused(path)


# Files in general


def test_what_is_not_there(tmp_path):
    assert "There is no file" in refused(tmp_path / "nothing.csv")
    assert "is a directory" in refused(tmp_path)


def test_other_extensions(write):
    message = refused(write("a.xlsx", CSV))
    assert "a.xlsx has an extension that is not read" in message
    assert ".parquet, .geoparquet, .csv, .csv.gz, .tsv" in message


def test_a_table_where_a_path_belongs():
    assert "Samples.from_table" in refused(GOOD)


@pytest.mark.reference
def test_published_csv_files(reference):
    folder = reference / "torchspatial_csv"
    name = "eval_birdsnap_ebird_meta_test_{}.csv"
    samples = Samples.read(folder / name.format("xyz"))
    assert samples.models == ("hit@1",)
    assert (samples.n, samples.ledger.read) == (2217, 2262)
    assert samples.ledger.drops[0].reason == "no coordinates"
    assert "encoded features" in refused(folder / name.format("wrap"))
    assert "No latitude and no longitude" in refused(folder / name.format("no_prior"))


@pytest.mark.reference
def test_published_scenes_are_coded_by_sign(reference):
    path = reference / "gpt4o_fmow_sentinel.csv"
    samples = Samples.read(path)
    assert samples.n == 100
    assert samples.accuracy[0] == (pd.read_csv(path)["hit@1"] == 1).mean()
