"""Folders, patterns and lists of files, and GeoPackages of several layers."""

import json

import pandas as pd
import pyogrio
import pytest

from geobias.errors import InputError
from geobias.readers import open_file
from geobias.samples import Samples
from predictions import CSV, DIGEST, GOOD, column, geo_table, refused, unopened


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "preds"
    folder.mkdir()
    GOOD.iloc[2:].to_csv(folder / "b.csv", index=False)
    GOOD.iloc[:2].to_csv(folder / "a.csv.gz", index=False)
    (folder / "_SUCCESS").touch()
    (folder / ".hidden.csv").write_text("x")
    return folder


def test_a_folder_or_a_pattern_or_a_list(folder):
    for path in (folder, f"{folder}/*.csv*", [folder / "a.csv.gz", folder / "b.csv"]):
        source = open_file(path)
        samples = Samples.read(path)
        assert samples.digest == DIGEST
        assert samples.rows.tolist() == [0, 1, 2]
        assert column(source, "hit") == [1, 0, 1]
        assert source.peek()["hit"].tolist() == ["1", "0", "1"]
        assert source.rows is None
    assert open_file(folder).notes == (
        f"{folder} (2 files): rows are counted on in the order 'a.csv.gz', 'b.csv'.",
    )


def test_the_order_of_a_list_counts(folder):
    assert column(open_file([folder / "b.csv", folder / "a.csv.gz"]), "hit") == [1, 1, 0]


def test_folders_in_folders(folder):
    (folder / "more").mkdir()
    GOOD.to_csv(folder / "more" / "c.csv", index=False)
    source = open_file(folder)
    assert f"{folder}: 1 folder in it not read." in source.notes
    assert len(column(source, "hit")) == 3
    assert len(column(open_file(f"{folder}/**/*.csv"), "hit")) == 4


def test_other_files_are_named(folder):
    (folder / "README.md").write_text("x")
    assert f"{folder}: 1 other file not read: 'README.md'." in open_file(folder).notes


def test_files_without_rows_among_others(folder):
    (folder / "aa.csv").write_text("lat,lon,hit\n")
    assert Samples.read(folder).digest == DIGEST
    for name in ("a.csv.gz", "b.csv"):
        (folder / name).unlink()
    assert refused(folder) == f"{folder} (1 file) has no rows."


def test_rows_of_several_files(tmp_path):
    for name in "ab":
        GOOD.to_parquet(tmp_path / f"{name}.parquet")
    source = open_file(tmp_path)
    assert source.rows == 6
    assert column(source, "hit") == [1, 0, 1, 1, 0, 1]


def test_the_order_of_columns_may_differ(folder):
    GOOD[["hit", "lon", "lat"]].to_csv(folder / "c.csv", index=False)
    assert column(open_file(folder), "lat") == [48.1, 59.9, -1.3] * 2


def test_files_of_json_may_lack_columns(write, tmp_path):
    rows = GOOD.to_dict("records")
    write("a.jsonl", json.dumps(rows[0]) + "\n" + json.dumps(rows[1]))
    write("b.jsonl", json.dumps(rows[2] | {"error": "late"}))
    source = open_file(tmp_path)
    assert source.names == ["lat", "lon", "hit", "error"]
    assert [None if pd.isna(v) else v for v in column(source, "error")] == [None, None, "late"]
    assert Samples.read(tmp_path).digest == DIGEST


def test_other_columns(folder):
    GOOD.rename(columns={"hit": "correct"}).to_csv(folder / "c.csv", index=False)
    assert unopened(folder) == (
        "c.csv has other columns than a.csv.gz: it lacks 'hit' and adds 'correct'. Files that are "
        "read together hold one table."
    )


def test_other_geometries(tmp_path):
    geo_table().to_parquet(tmp_path / "a.parquet")
    geo_table().to_crs(3857).to_parquet(tmp_path / "b.parquet")
    assert refused(tmp_path) == (
        "b.parquet has the coordinate reference system WGS 84 / Pseudo-Mercator, but a.parquet "
        "has WGS 84: convert one of them."
    )
    GOOD.assign(geometry="x").to_parquet(tmp_path / "b.parquet")
    assert unopened(tmp_path) == (
        f"{tmp_path} (2 files) holds different tables: a.parquet has a geometry in 'geometry', but "
        "b.parquet has no geometry."
    )


def test_several_geoparquet_files(tmp_path):
    for name, rows in (("a", slice(0, 2)), ("b", slice(2, 3))):
        geo_table(1).to_crs(3857).iloc[rows].to_parquet(tmp_path / f"{name}.parquet")
    assert Samples.read(tmp_path).lon == pytest.approx(GOOD["lon"] + 1)


def test_several_formats(folder):
    GOOD.to_parquet(folder / "a.parquet")
    assert unopened(folder) == (
        f"{folder} holds several formats, 1 file of CSV, 1 file of Parquet, 1 file of CSV: name "
        f"those to read with a pattern such as {folder}/*.gz."
    ).replace(
        "1 file of CSV, 1 file of Parquet, 1 file of CSV", "2 files of CSV, 1 file of Parquet"
    )


def test_no_files(tmp_path):
    assert unopened(tmp_path) == f"{tmp_path} holds no file that is read."
    (tmp_path / "x=1").mkdir()
    assert unopened(tmp_path) == (
        f"{tmp_path} holds no file that is read, but 1 folder: name {tmp_path}/**/*.parquet, say."
    )
    assert unopened(f"{tmp_path}/*.csv") == f"No file matches {tmp_path}/*.csv."
    assert unopened([]) == "The list of files is empty."


def test_a_file_named_twice(folder):
    path = folder / "b.csv"
    (folder / "link.csv").symlink_to(path)
    spelled = f"{folder}/./b.csv"
    for paths in ([path, path], [path, spelled], [path, f"{folder}/*.csv"], folder):
        assert "'b.csv' would be read more than once, by several names or links" in unopened(paths)


def test_an_error_names_the_file(folder):
    (folder / "c.csv").write_text("lat,lon,hit\n1,2\n")
    assert refused(folder) == (
        "c.csv has 3 column names but 2 values in the row that ends on line 2."
    )


def test_a_file_whose_name_looks_like_a_pattern(write):
    path = write("a[1].csv", CSV)
    assert Samples.read(path).digest == DIGEST
    assert Samples.read(str(path)).digest == DIGEST


# GeoPackage


def test_geopackage(tmp_path):
    path = tmp_path / "a.gpkg"
    geo_table(1).assign(t=["a", None, "ü"]).to_crs(3857).to_file(path, layer="preds")
    source = open_file(path)
    assert source.names == ["lat", "lon", "hit", "t", "geom"]
    assert source.rows == 3
    assert [None if pd.isna(t) else t for t in column(source, "t")] == ["a", None, "ü"]
    assert source.peek().columns.tolist() == ["lat", "lon", "hit", "t"]
    assert Samples.read(path).lon == pytest.approx(GOOD["lon"] + 1)
    assert Samples.read(path, lat="lat", lon="lon").digest == DIGEST


def test_a_layer_without_geometries_or_rows(tmp_path):
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(GOOD, path, layer="preds")
    assert Samples.read(path).digest == DIGEST
    geo_table().iloc[:0].to_file(tmp_path / "b.gpkg")
    assert refused(tmp_path / "b.gpkg") == "b.gpkg has no rows."


def test_missing_and_other_geometries_of_a_geopackage(tmp_path):
    path = tmp_path / "a.gpkg"
    table = geo_table()
    table.loc[1, "geometry"] = None
    table.to_file(path)
    assert Samples.read(path).rows.tolist() == [0, 2]
    shapes = geo_table().to_crs(3857)
    shapes.geometry = shapes.buffer(5)
    shapes.to_file(tmp_path / "b.gpkg")
    assert "Not points but other geometries in column 'geom': 3 rows" in refused(
        tmp_path / "b.gpkg"
    )


def test_layers_of_a_geopackage(tmp_path):
    path = tmp_path / "a.gpkg"
    shapes = geo_table().to_crs(3857)
    shapes.geometry = shapes.buffer(5)
    shapes.to_file(path, layer="areas")
    geo_table().to_file(path, layer="preds")
    assert Samples.read(path).digest == DIGEST
    assert open_file(path).notes == ("a.gpkg: layer 'preds' is read, the others are not: 'areas'.",)
    geo_table().to_file(path, layer="more")
    assert unopened(path) == (
        "a.gpkg has 3 layers, of which 2 can hold points: 'preds', 'more'. Save the layer of the "
        "samples in a file of its own."
    )


def test_damaged_geopackages(write, tmp_path):
    geo_table().to_file(tmp_path / "a.gpkg")
    whole = (tmp_path / "a.gpkg").read_bytes()
    for content in (b"", CSV.encode(), whole[:50], whole[:5000], whole[:100] + b"\xff" * 70_000):
        message = refused(write("b.gpkg", content))
        assert "b.gpkg cannot be read as a GeoPackage: " in message


def test_only_a_database_is_handed_on(write):
    other = write(
        "a.gpkg", '<OGRVRTDataSource><OGRVRTLayer name="x"></OGRVRTLayer></OGRVRTDataSource>'
    )
    with pytest.raises(InputError, match=r"a\.gpkg cannot be read as a GeoPackage: it is no data"):
        open_file(other)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: GOOD.to_csv(path / "a.csv"),
        lambda path: GOOD.to_json(path / "a.jsonl", orient="records", lines=True),
        lambda path: GOOD.to_parquet(path / "a.parquet"),
        lambda path: GOOD.to_feather(path / "a.feather"),
        lambda path: geo_table().to_file(path / "a.geojson"),
        lambda path: geo_table().to_file(path / "a.gpkg"),
    ],
)
def test_rows_can_be_counted_without_columns(tmp_path, write):
    write(tmp_path)
    assert [rows.shape for rows in open_file(tmp_path).batches([])] == [(3, 0)]
