import csv
import gzip
import os

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobias.readers import open_file
from geobias.samples import Samples
from predictions import CSV, DIGEST, GOOD, column, refused, unopened

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
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
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
    assert [list(rows) for rows in open_file(path).batches(["lon", "lat"])] == [["lon", "lat"]]


def test_rows_are_read_in_parts(write, monkeypatch):
    monkeypatch.setattr("geobias.readers.gathering.ROWS_AT_ONCE", 2)
    path = write("a.csv", CSV + "10,,7,True\n")
    samples = Samples.read(path)
    assert samples.rows.tolist() == [0, 1, 2]
    assert samples.ledger.drops[0].first_rows == (3,)


@given(st.lists(st.floats(-180, 180), min_size=1, max_size=5))
def test_numbers_keep_every_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    pd.DataFrame({"lon": numbers}).to_csv(path)
    assert column(open_file(path), "lon") == numbers


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
        ("a.csv", CSV.encode("utf-16"), "a.csv is UTF-16 text: save it in UTF-8."),
        ("a.csv", os.urandom(1) + b"\xff\xfe\x00" * 50, "not UTF-8"),
        ("a.csv", CSV.replace("id", "größe").encode("latin-1"), "not UTF-8"),
        (
            "a.csv",
            CSV.replace("48.1", "48°").encode("latin-1"),
            "Column 'lat' of a.csv is not UTF-8 text, first in row 0 (counted from 0), '48",
        ),
        ("a.csv", CSV.replace("7,", "Bonn, Rhein,"), "4 column names but 5 values"),
        ("a.csv", CSV + "9,1.5\n", "but 2 values in the row that ends on line 5"),
        ("a.csv", CSV.replace("8,", '"8,'), "quotation mark"),
        ("a.csv", CSV.replace("id", "lat"), "same name: 'lat'"),
        ("a.csv.gz", CSV, "cannot be read as a table: Not a gzipped file"),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:-12], "cannot be read as a table"),
        (
            "a.csv.gz",
            gzip.compress(CSV.encode(), mtime=0)[:20] + b"\xff" * 40,
            "cannot be read as a table",
        ),
    ],
    ids=range(16),
)
def test_broken_text(write, name, content, words):
    assert words in refused(write(name, content))


def test_candidates_of_a_text_file_are_listed(write):
    message = refused(write("a.csv", CSV.replace("hit", "good")))
    assert "0/1 or -1/1 in: 'good'." in message
    assert "The columns are: 'id', 'lat', 'lon', 'good'" in message


def test_texts_stay_as_written_where_asked(write):
    path = write("a.csv", "id,lat\n007,1\n8.0,2\n,3\n")
    assert column(open_file(path), "id", text={"id"}) == ["007", "8.0", ""]
    assert column(open_file(path), "id")[:2] == [7.0, 8.0]
    assert column(open_file(path), "lat", text={"id"}) == [1.0, 2.0, 3.0]


def test_a_column_may_turn_into_text(write, monkeypatch):
    monkeypatch.setattr("geobias.readers.gathering.ROWS_AT_A_TIME", 2)
    monkeypatch.setattr("geobias.readers.delimited.ROWS_AT_A_TIME", 2)
    monkeypatch.setattr("geobias.readers.gathering.ROWS_AT_ONCE", 2)
    source = open_file(write("a.csv", "x,y\n1,1\n2,2\n,3\nNA,4\n"))
    assert column(source, "x") == [1.0, 2.0, "", "NA"]
    assert [len(rows) for rows in source.batches(["x"])] == [2, 2]


def test_batches_of_long_rows_end_early(write, monkeypatch):
    monkeypatch.setattr("geobias.readers.gathering.BYTES_AT_ONCE", 2**20)
    path = write("a.csv", "x,answer\n" + f"1,{'w' * 10_000}\n" * 600)
    sizes = [len(rows) for rows in open_file(path).batches(["x"])]
    assert sum(sizes) == 600
    assert len(sizes) > 2


def test_a_table_without_rows_still_has_its_columns(write):
    (rows,) = open_file(write("a.csv", "x,y\n")).batches(["y"])
    assert rows.columns.tolist() == ["y"]
    assert len(rows) == 0


def test_quoted_cells(write):
    cells = ['["a, b", "c"]', "two\nlines", "['it''s', \"so\"]", "a;b\tc", ' "x" ', "ä→🌍", ""]
    path = write("a.csv", "")
    pd.DataFrame({"x": cells, "y": 1}).to_csv(path)
    source = open_file(path)
    assert source.names == ["unnamed 0", "x", "y"]
    assert column(source, "x") == cells
    assert source.peek()["x"].tolist() == cells


def test_long_cells(write):
    path = write("a.csv", f"x,y\n1,{'w' * 2_000_000}\n")
    assert len(column(open_file(path), "y")[0]) == 2_000_000


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_cells_survive(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["x", "y"], *rows])
    source = open_file(path)
    assert column(source, "x", text={"x"}) == [x for x, _ in rows]
    assert column(source, "y", text={"y"}) == [y for _, y in rows]


def test_other_encodings(write):
    content = "id,lat,lon,hit,place\n7,48.1,11.6,1,Bonn\n8,59.9,10.8,0,Zürich\n".encode("latin-1")
    path = write("a.csv", content)
    assert Samples.read(path).n == 2
    assert refused(path, within="place") == (
        "Column 'place' of a.csv is not UTF-8 text, first in row 1 (counted from 0), "
        "'Z\N{REPLACEMENT CHARACTER}rich': save the file in UTF-8."
    )
    assert open_file(path).peek()["place"][1] == "Z\N{REPLACEMENT CHARACTER}rich"
    text = content.decode("latin-1")
    for encoding in ("utf-16-le", "utf-16-be"):
        assert "not UTF-8" in unopened(write("a.csv", text.encode(encoding)))


def test_a_replacement_character_is_a_character(write):
    path = write("a.csv", "x,y\n\N{REPLACEMENT CHARACTER},1\n")
    assert column(open_file(path), "x") == ["\N{REPLACEMENT CHARACTER}"]


def test_decimal_commas(write):
    message = refused(write("a.csv", "lat;lon;hit\n48,1;11,6;1\n"))
    assert message == (
        "a.csv is separated by semicolons, not by commas: its header is 'lat;lon;hit'. Save it "
        "with commas as .csv or with tabs as .tsv, and numbers with decimal points."
    )


# Files in general


def test_what_is_not_there(tmp_path):
    assert "There is no file" in refused(tmp_path / "nothing.csv")
    assert "There is no file" in refused("a" * 5000)
    assert refused("/dev/null") == "/dev/null is not a regular file: write what it holds to one."


def test_other_extensions(write):
    message = refused(write("a.xlsx", CSV))
    assert "a.xlsx has an extension that is not read" in message
    assert ".parquet, .geoparquet, .csv, .csv.gz, .tsv, .tsv.gz, .jsonl, .jsonl.gz" in message


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


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.dat", b"PAR1....", "a.dat is Parquet by its content: name it .parquet."),
        ("a.csv", b"ARROW1\0\0", "a.csv is Arrow by its content: name it .arrow."),
        (
            "a.csv",
            gzip.compress(b"lat,lon", mtime=0),
            "a.csv is compressed with gzip by its content: let its name end in .csv.gz or "
            ".jsonl.gz.",
        ),
        (
            "a.db",
            b"SQLite format 3\0",
            "a.db is an SQLite database by its content: name it .gpkg if it is a GeoPackage.",
        ),
        (
            "a.xlsx",
            b"PK\x03\x04",
            "a.xlsx is a zip archive or a workbook by its content: save the table in it as .csv.",
        ),
        ("a.csv", b"\x28\xb5\x2f\xfd", "a.csv is compressed with zstd by its content: unpack it."),
        (
            "a.feather",
            b"FEA1",
            "a.feather is Feather of version 1 by its content: write it again with a current "
            "version.",
        ),
    ],
)
def test_content_that_belies_the_name(write, name, content, message):
    assert unopened(write(name, content)) == message


@pytest.mark.reference
def test_published_scenes_are_coded_by_sign(reference):
    path = reference / "gpt4o_fmow_sentinel.csv"
    samples = Samples.read(path)
    assert samples.n == 100
    assert samples.accuracy[0] == (pd.read_csv(path)["hit@1"] == 1).mean()
    source = open_file(path)
    expected = pd.read_csv(path, keep_default_na=False)["predicted_categories"].tolist()
    assert column(source, "predicted_categories", text={"predicted_categories"}) == expected
    assert expected[0].startswith("['storage_tank', 'factory_or_powerplant'")


def test_an_underscore_is_no_thousands_separator(write):
    source = open_file(write("a.csv", "lat,lon,hit\n1_0,2,1\n"))
    assert column(source, "lat") == ["1_0"]
    assert column(source, "lon") == [2.0]
