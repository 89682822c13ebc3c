"""Parquet, Arrow files, and tables that stream Arrow batches."""

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from geobias.errors import InputError
from geobias.readers import open_file, open_table
from geobias.samples import Samples
from predictions import CSV, DIGEST, GOOD, column, geo_table, refused

# Parquet


def test_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    GOOD.assign(extra="x").to_parquet(path)
    assert Samples.read(path).digest == DIGEST
    assert column(open_file(path), "lat") == GOOD["lat"].tolist()


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


def test_parquet_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("geobias.readers.parquet.ROWS_AT_ONCE", 7)
    path = tmp_path / "a.parquet"
    pd.DataFrame({"x": range(20), "t": list("abcde") * 4}).to_parquet(path, row_group_size=9)
    source = open_file(path)
    assert source.rows == 20
    assert column(source, "x") == list(range(20))
    assert column(source, "t") == list("abcde") * 4
    assert max(len(rows) for rows in source.batches(["x"])) <= 7


@pytest.mark.parametrize("texts", [["a", None, "b"] * 5000, [f"id{i}" for i in range(15_000)]])
def test_parquet_texts(tmp_path, texts):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"t": texts}), path)
    read = column(open_file(path), "t")
    assert [None if pd.isna(text) else text for text in read] == texts


def test_lists_and_objects_come_as_json(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"top": [["Köln", 'a "b"'], None], "o": [{"p": 0.5}, {"p": None}]}), path
    )
    assert column(open_file(path), "top") == ['["Köln", "a \\"b\\""]', None]
    assert column(open_file(path), "o") == ['{"p": 0.5}', '{"p": null}']


def test_large_ids_keep_their_digits(tmp_path):
    path = tmp_path / "a.parquet"
    ids = [2**60 + 1, None, 7]
    pq.write_table(pa.table({"id": pa.array(ids, pa.int64())}), path)
    assert column(open_file(path), "id", text={"id"}) == ids


def test_geoparquet_with_geoarrow_points(tmp_path):
    path = tmp_path / "a.parquet"
    geo_table().drop(columns=["lat", "lon"]).to_parquet(path, geometry_encoding="geoarrow")
    assert Samples.read(path).digest == DIGEST


def test_geoparquet_of_other_geometries(tmp_path):
    path = tmp_path / "a.parquet"
    table = geo_table()
    table.geometry = table.to_crs(3857).buffer(0.1)
    table.to_parquet(path)
    assert "Not points but other geometries in column 'geometry': 3 rows" in refused(path)


def test_geoparquet_with_damaged_geometries(tmp_path):
    path = tmp_path / "a.parquet"
    geo = pq.read_table(_written(geo_table(), path))
    damaged = pa.array([b"\x01\x02", b"", b"x"])
    pq.write_table(geo.set_column(geo.schema.names.index("geometry"), "geometry", damaged), path)
    assert "a.parquet cannot be read as Parquet: " in refused(path)
    assert "in column 'geometry'" in refused(path)


def _written(table, path):
    table.to_parquet(path)
    return path


# Arrow files


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_feather(tmp_path, compression):
    path = tmp_path / "a.feather"
    pyarrow.feather.write_feather(GOOD.assign(extra="x"), path, compression=compression)
    source = open_file(path)
    assert source.rows == 3
    assert column(source, "lat") == GOOD["lat"].tolist()
    assert Samples.read(path).digest == DIGEST


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
@pytest.mark.parametrize("name", ["a.arrow", "a.ipc"])
def test_arrow_files_and_streams(tmp_path, new, name):
    table = pa.Table.from_pandas(GOOD.assign(kind=pd.Categorical(["a", None, "b"])))
    with new(tmp_path / name, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    source = open_file(tmp_path / name)
    assert Samples.read(tmp_path / name).digest == DIGEST
    assert column(source, "hit") == [1, 0, 1]
    assert column(source, "kind") == ["a", None, "b"]
    assert source.peek()["hit"].tolist() == [1, 0]
    assert source.rows == (3 if new is pa.ipc.new_file else None)


def test_geometries_of_feather(tmp_path):
    path = tmp_path / "a.feather"
    geo_table(1).to_crs(3857).to_feather(path)
    assert Samples.read(path).lon == pytest.approx(GOOD["lon"] + 1)
    assert open_file(path).peek().columns.tolist() == ["lat", "lon", "hit"]


def test_arrow_without_rows(tmp_path):
    path = tmp_path / "a.feather"
    pyarrow.feather.write_feather(GOOD.iloc[:0], path)
    assert refused(path) == "a.feather has no rows."
    (rows,) = open_file(path).batches(["lat", "hit"])
    assert rows.columns.tolist() == ["lat", "hit"]


def test_damaged_arrow_files(write, tmp_path):
    path = tmp_path / "a.feather"
    pyarrow.feather.write_feather(GOOD.assign(t="x" * 500), path, compression="uncompressed")
    whole = path.read_bytes()
    for content in [b"", CSV.encode(), whole[:-20], whole[:100], whole[:16] + b"\xff" * 200]:
        assert "b.feather cannot be read as Arrow: " in refused(write("b.feather", content))


def test_arrow_with_offsets_out_of_bounds(tmp_path):
    offsets = pa.py_buffer(np.array([0, 10**6, 2 * 10**6, 5], dtype=np.int32))
    texts = pa.StringArray.from_buffers(3, offsets, pa.py_buffer(b"abcde"))
    table = pa.table({"lat": GOOD["lat"], "lon": GOOD["lon"], "hit": texts})
    path = tmp_path / "a.arrow"
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    assert "a.arrow cannot be read as Arrow: " in refused(path)


def test_damaged_metadata_do_not_end_the_process(tmp_path):
    """Whatever bit of a small file is wrong, it is read or refused."""
    pq.write_table(pa.table({"t": ["a", "b"], "x": [1, None]}), tmp_path / "a.parquet")
    pyarrow.feather.write_feather(GOOD, tmp_path / "a.feather")
    paths = []
    for name in ("a.parquet", "a.feather"):
        whole = (tmp_path / name).read_bytes()
        for place in np.random.default_rng(4).integers(0, len(whole), 150):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << int(place) % 8
            paths.append(tmp_path / f"{place}{name}")
            paths[-1].write_bytes(damaged)
    read = subprocess.run(
        [sys.executable, "-P", "-c", DAMAGED, *map(str, paths)], capture_output=True
    )
    assert read.returncode == 0, read.stderr.decode()
    assert int(read.stdout) > 100


DAMAGED = """
import sys
from geobias.errors import InputError
from geobias.readers import open_file
refused = 0
for path in sys.argv[1:]:
    try:
        source = open_file(path)
        source.peek()
        for rows in source.batches(source.names):
            pass
    except InputError:
        refused += 1
print(refused)
"""


# Tables in memory


@pytest.mark.parametrize(
    "convert",
    [
        pa.Table.from_pandas,
        pa.RecordBatch.from_pandas,
        lambda table: pa.Table.from_pandas(table).to_reader(max_chunksize=2),
        pl.from_pandas,
        lambda table: pl.from_pandas(table).with_columns(pl.lit("x").alias("t")),
    ],
    ids=["table", "batch", "reader", "polars", "polars with text"],
)
def test_tables_of_other_libraries(convert):
    assert Samples.from_table(convert(GOOD)).digest == DIGEST


def test_columns_of_polars():
    table = pl.DataFrame(
        {
            "text": ["a", None, "ü"],
            "kind": pl.Series(["p", "q", None], dtype=pl.Categorical),
            "fixed": pl.Series(["p", "q", "q"], dtype=pl.Enum(["p", "q"])),
            "hit": [True, None, False],
            "count": pl.Series([1, 2, None], dtype=pl.UInt8),
            "list": [["a"], [], None],
        }
    )
    source = open_table(table)
    assert source.rows == 3
    assert source.label == "The table"
    read = {
        name: [None if pd.isna(v) else v for v in column(source, name)] for name in source.names
    }
    assert read == {
        "text": ["a", None, "ü"],
        "kind": ["p", "q", None],
        "fixed": ["p", "q", "q"],
        "hit": [True, None, False],
        "count": [1, 2, None],
        "list": ['["a"]', "[]", None],
    }
    assert source.peek().columns.tolist() == source.names


def test_geometries_of_a_stream():
    table = pa.table(geo_table(1).to_crs(3857).to_arrow())
    source = open_table(table)
    assert source.geometry == "geometry"
    assert Samples.from_table(table).lon == pytest.approx(GOOD["lon"] + 1)
    assert "geometry" not in source.peek().columns


def test_a_reader_of_batches_is_read_once():
    reader = pa.Table.from_pandas(GOOD).to_reader(max_chunksize=1)
    source = open_table(reader)
    assert source.rows is None
    assert source.peek()["lat"].tolist() == [48.1]
    assert column(source, "lat") == GOOD["lat"].tolist()
    with pytest.raises(InputError, match="can be read once, and has been"):
        column(source, "lat")


def test_large_tables_are_cut(monkeypatch):
    monkeypatch.setattr("geobias.readers.arrow.ROWS_AT_ONCE", 2)
    monkeypatch.setattr("geobias.readers.table.ROWS_AT_ONCE", 2)
    for table in (GOOD, GOOD.set_index("hit"), pa.Table.from_pandas(GOOD), pl.from_pandas(GOOD)):
        source = open_table(table)
        assert column(source, "lat") == GOOD["lat"].tolist()
        assert [len(rows) for rows in source.batches(["lat"])] == [2, 1]


def test_empty_tables():
    for table in (
        GOOD.iloc[:0],
        pa.Table.from_pandas(GOOD.iloc[:0]),
        pl.from_pandas(GOOD.iloc[:0]),
    ):
        (rows,) = open_table(table).batches(["lat", "hit"])
        assert rows.columns.tolist() == ["lat", "hit"]
        assert not len(open_table(table).peek())


def test_what_exports_no_table():
    with pytest.raises(InputError, match=r"pass data\.collect\(\)"):
        open_table(pl.from_pandas(GOOD).lazy())
    with pytest.raises(InputError, match="The table cannot be read as a table of Arrow: "):
        open_table(pl.Series([1, 2]))


def test_polars_is_not_imported():
    code = "import geobias.readers, sys; assert not {'polars', 'geopandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


def test_text_that_is_not_utf_8_is_refused(tmp_path):
    texts = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0\4\0\0\0"), pa.py_buffer(b"\xe9abc")]
    )
    table = pa.table({"lat": [1.0, 2.0], "lon": [1.0, 2.0], "hit": [1, 0], "t": texts})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    for source in (open_file(path), open_table(table)):
        with pytest.raises(InputError, match="Invalid UTF8"):
            list(source.batches(["t"]))
        with pytest.raises(InputError, match="Invalid UTF8"):
            source.peek()
