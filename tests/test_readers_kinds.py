"""Parts of a table that store a column in different types."""

import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import geobias
from geobias import rules
from geobias.errors import InputError
from geobias.readers import open_file
from geobias.samples import Samples
from predictions import DIGEST, GOOD, geo_table, refused

LABELLED = GOOD.assign(label=[7, 8, 9], guess=[7, 8, 8])
MATCH = rules.match("guess", "label")


def two_files(folder, **second):
    """The good rows, and the same in other types: 6 rows in 2 Parquet files."""
    table = pa.Table.from_pandas(LABELLED, preserve_index=False)
    pq.write_table(table, folder / "a.parquet")
    for name, stored in second.items():
        place = table.schema.names.index(name)
        table = table.set_column(place, name, stored)
    pq.write_table(table, folder / "b.parquet")
    return folder


@pytest.mark.parametrize(
    "stored",
    [
        pa.array([1, 0, 1], pa.int8()),
        pa.array([1, 0, 1], pa.uint64()),
        pa.array([1, 0, 1], pa.float32()),
        pa.array([Decimal("1.0"), Decimal("0.0"), Decimal("1.0")], pa.decimal128(4, 1)),
        pa.array([True, False, True]),
        pa.array([1, 0, 1]).dictionary_encode(),
    ],
    ids=lambda stored: str(stored.type),
)
def test_numbers_of_all_types_go_together(tmp_path, stored):
    samples = Samples.read(two_files(tmp_path, hit=stored), correct="hit")
    assert samples.marks.tolist() == [[1, -1, 1] * 2]


def test_a_column_without_a_value_goes_with_all(tmp_path):
    samples = Samples.read(two_files(tmp_path, label=pa.nulls(3)), correct=MATCH)
    assert samples.rows.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "type_",
    [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()), pa.json_()],
    ids=str,
)
def test_texts_of_all_types_go_together(tmp_path, type_):
    words = pa.array(["7", "8", "9"])
    pq.write_table(pa.table(LABELLED.assign(label=words.to_pylist())), tmp_path / "a.parquet")
    other = pa.Table.from_pandas(LABELLED).set_column(3, "label", words.cast(type_))
    pq.write_table(other, tmp_path / "b.parquet")
    samples = Samples.read(tmp_path, correct=MATCH)
    assert samples.marks.tolist() == [[1, 1, -1] * 2]


@pytest.mark.parametrize(
    ("name", "stored", "first", "second"),
    [
        ("lat", pa.array(["48.1", "N", ""]), "numbers (double)", "text (string)"),
        ("hit", pa.array(["yes", "no", "yes"]), "numbers (int64)", "text (string)"),
        ("hit", pa.array([[1], [0], [1]]), "numbers (int64)", "text (list<item: int64>)"),
        ("lon", pa.array([1, 2, 3], pa.date32()), "numbers (double)", "dates (date32[day])"),
        ("lon", pa.array([b"1"] * 3), "numbers (double)", "other values (binary)"),
        (
            "hit",
            pa.array([1, 2, 3], pa.timestamp("ms")),
            "numbers (int64)",
            "times (timestamp[ms])",
        ),
    ],
)
def test_other_types_are_refused_before_rows_are_read(
    tmp_path, monkeypatch, name, stored, first, second
):
    folder = two_files(tmp_path, **{name: stored})
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", None)
    said = refused(folder, correct="hit").replace("element:", "item:")
    assert said == (
        f"Column {name!r} holds {first} in a.parquet, but {second} in b.parquet: give it one type "
        "throughout."
    )


@pytest.mark.parametrize(
    ("stored", "second"),
    [
        (pa.array(["007", "8", "9"]), "text (string)"),
        (pa.array([True, False, True]), "True and False (bool)"),
    ],
)
def test_names_are_of_one_type(tmp_path, stored, second):
    folder = two_files(tmp_path, label=stored)
    expected = (
        f"Column 'label' holds numbers (int64) in a.parquet, but {second} in b.parquet: give it "
        "one type throughout."
    )
    assert refused(folder, correct=MATCH) == expected
    assert refused(folder, correct="hit", within="label") == expected
    assert refused(folder, correct="hit", id="label") == expected
    assert Samples.read(folder, correct="hit").n == 6


def test_columns_that_are_not_read_may_differ(tmp_path):
    folder = two_files(tmp_path, label=pa.array(["a", "b", "c"]))
    assert Samples.read(folder, correct="hit").n == 6
    assert "6 rows, 5 columns" in str(geobias.inspect(folder))


def test_borrowed_coordinates_are_compared(tmp_path):
    folder = two_files(tmp_path, lat=pa.array(["48.1", "59.9", "-1.3"]))
    with pytest.raises(InputError, match="Column 'lat' holds numbers"):
        Samples.from_table(pd.concat([GOOD[["hit"]]] * 2), locations=folder)


def test_files_of_arrow_and_geopackage(tmp_path):
    arrow, package = tmp_path / "a.arrow", tmp_path / "b.gpkg"
    pyarrow.feather.write_feather(pa.table(GOOD), arrow)
    geo_table().drop(columns="geometry").pipe(pd.DataFrame).astype({"hit": str}).pipe(
        _as_layer, package
    )
    assert refused([arrow, package]) == (
        "Column 'hit' holds numbers (int64) in a.arrow, but text (string) in b.gpkg: give it one "
        "type throughout."
    )
    assert refused([package, arrow]).startswith("Column 'hit' holds text (string) in b.gpkg, but")


def test_names_of_json_are_compared_as_they_are_read(write, tmp_path):
    rows = LABELLED.to_dict("records")
    write("a.jsonl", "\n".join(map(json.dumps, rows)))
    write("b.jsonl", "\n".join(json.dumps(row | {"label": "07"}) for row in rows))
    write("c.jsonl", "\n".join(json.dumps(row | {"label": None}) for row in rows))
    files = [tmp_path / f"{name}.jsonl" for name in "cab"]
    assert refused(files, correct=MATCH) == (
        "Column 'label' holds numbers in a.jsonl, but text in b.jsonl: give it one type throughout."
    )
    assert Samples.read(files[:2], correct=MATCH).rows.tolist() == [3, 4, 5]


def test_rows_of_one_file_may_mix_kinds_wherever_a_batch_ends(write, tmp_path, monkeypatch):
    rows = LABELLED.to_dict("records")
    mixed = [rows[0], rows[1] | {"label": "08"}, rows[2]]
    write("a.jsonl", "\n".join(map(json.dumps, mixed)))
    for size in (100_000, 1):
        monkeypatch.setattr("geobias.readers.gathering.ROWS_AT_ONCE", size)
        monkeypatch.setattr("geobias.readers.jsonfile.ROWS_AT_A_TIME", size)
        samples = Samples.read([tmp_path / "a.jsonl"], correct=MATCH)
        assert samples.marks.tolist() == [[1, -1, -1]]


def test_delimited_text_has_no_types(tmp_path):
    LABELLED.to_csv(tmp_path / "a.csv", index=False)
    LABELLED.to_parquet(tmp_path / "b.parquet")
    files = [tmp_path / "a.csv", tmp_path / "b.parquet"]
    samples = Samples.read(files, correct=MATCH)
    assert samples.marks.tolist() == [[1, 1, -1] * 2]


def test_geometries_are_not_compared_as_they_are_stored(tmp_path):
    geo_table().to_parquet(tmp_path / "a.parquet", geometry_encoding="WKB")
    geo_table().to_parquet(tmp_path / "b.parquet", geometry_encoding="geoarrow")
    source = open_file(tmp_path)
    assert Samples.read(tmp_path).lat.tolist() == [*GOOD["lat"]] * 2
    assert source.geometry == "geometry"
    assert Samples.read(tmp_path / "a.parquet").digest == DIGEST


def _as_layer(frame, path):
    import pyogrio

    pyogrio.write_dataframe(frame, path)
