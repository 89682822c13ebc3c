"""Files that unfold into more than they should, and memory that does not grow with the file."""

import gzip
import os
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geobias.errors import InputError
from geobias.readers import open_file
from geobias.readers.limits import check_bytes, check_rows
from predictions import CSV, column, refused, unopened

MEMBER = 10 * 2**20


def bomb(text, times):
    """A compressed file of many members, each of 10 MiB."""
    return gzip.compress(text * (MEMBER // len(text))) * times


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\0", "a.csv.gz has a line of more than 16,777,216 characters, after line 4: it is not "
         "read."),
        (b"a,b ", "a.csv.gz has a line of more than 16,777,216 characters, after line 4"),
        (b"\n", "a.csv.gz holds more than 16,777,216 spaces or empty lines in a row, up to"),
        (b" \r", "a.csv.gz has 4 column names but 1 values in the row that ends on line 5."),
        (b'"\n', "a.csv.gz has 4 column names but 1 values in the row that ends on line 6."),
    ],
)  # fmt: skip
def test_ten_gigabytes_in_a_small_file(write, text, message):
    path = write("a.csv.gz", gzip.compress(CSV.encode()) + bomb(text, 1024))
    assert path.stat().st_size < 32 * 2**20
    begun = time.perf_counter()
    assert message in refused(path)
    assert time.perf_counter() - begun < 5.0


def test_an_endless_quotation(write):
    path = write("a.csv.gz", gzip.compress(CSV.encode() + b'9,"') + bomb(b"word\n", 100))
    assert "field larger than field limit (16777216), on line" in refused(path)


def test_endless_json(write):
    for name, start in (("a.jsonl.gz", b'{"x": "'), ("a.ndjson.gz", b'{"x": [')):
        path = write(name, gzip.compress(start) + bomb(b"1, ", 100))
        assert "has a line of more than 16,777,216 characters, after line 0" in unopened(path)
    path = write("a.json", b'[{"x": "' + b"x" * 40_000_000)
    assert unopened(path) == (
        "a.json is not JSON on line 1: a value is damaged, or longer than 16,777,216 characters."
    )


@pytest.mark.parametrize(
    ("name", "start", "row", "noun"),
    [
        ("a.csv.gz", b"lat,lon,hit\n", b"0,0,1\n", "lines"),
        ("a.tsv.gz", b"lat\tlon\thit\n", b"0\t0\t1\n", "lines"),
        ("a.jsonl.gz", b'{"x":1}\n', b"{}\n", "lines"),
    ],
)
def test_one_row_again_and_again(write, monkeypatch, name, start, row, noun):
    monkeypatch.setattr("geobias.readers.limits.MANY_ROWS", 100_000)
    monkeypatch.setattr("geobias.readers.texts._BYTES_READ", 2**12)
    path = write(name, gzip.compress(start + row * 3_000_000))
    with pytest.raises(InputError, match=rf"{name} unfolds from [\d,]+ bytes into [\d,]+ {noun}"):
        for _ in open_file(path).batches([open_file(path).names[0]]):
            pass


def test_rows_without_lines_are_counted_too(write, monkeypatch):
    monkeypatch.setattr("geobias.readers.limits.ROWS_PER_BYTE", 0.1)
    monkeypatch.setattr("geobias.readers.limits.MANY_ROWS", 1000)
    path = write("a.json", "[" + '{"x":1},' * 50_000 + '{"x":1}]')
    with pytest.raises(InputError, match=r"a\.json unfolds from [\d,]+ bytes into [\d,]+ rows"):
        column(open_file(path), "x")


def test_a_parquet_of_too_many_rows_is_not_read(tmp_path):
    path = tmp_path / "a.parquet"
    rows = 20_000_000
    pq.write_table(pa.table({"hit": pa.repeat(pa.scalar(True), rows)}), path)
    size = path.stat().st_size
    assert unopened(path) == (
        f"a.parquet unfolds from {size:,} bytes into 20,000,000 rows or more, over 100 to the "
        "byte: it repeats one row and is not read."
    )


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_an_arrow_file_of_too_many_rows_is_not_read(tmp_path, new):
    path = tmp_path / "a.arrow"
    # A column of nothing takes no bytes, however long it is.
    table = pa.table({"lat": pa.nulls(20_000_000)})
    with new(path, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(
        InputError, match=r"a\.arrow unfolds from [\d,]+ bytes into 20,000,000 rows"
    ):
        column(open_file(path), "lat")


@pytest.mark.parametrize("dictionary", [True, False])
def test_a_parquet_of_texts_that_swell(tmp_path, monkeypatch, dictionary):
    monkeypatch.setattr("geobias.readers.limits.MANY_BYTES", 2**24)
    monkeypatch.setattr("geobias.readers.limits.MOST_UNFOLDED", 100)
    path = tmp_path / "a.parquet"
    table = pa.table({"answer": ["x" * 2**16] * 1000, "lat": np.arange(1000.0)})
    pq.write_table(table, path, use_dictionary=dictionary, compression="zstd")
    with pytest.raises(
        InputError, match=r"a\.parquet unfolds from [\d,]+ bytes into [\d,]+ or more"
    ):
        column(open_file(path), "answer")
    assert len(column(open_file(path), "lat")) == 1000


def test_hundreds_of_gigabytes_in_a_dictionary(tmp_path):
    path = tmp_path / "a.parquet"
    prompt = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(200_000, dtype=np.int32)), pa.array(["x" * 2**20])
    )
    # Without the schema of Arrow, in which rows share the texts, each row has its own.
    pq.write_table(pa.table({"prompt": prompt}), path, compression="zstd", store_schema=False)
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match=r"a\.parquet unfolds from [\d,]+ bytes into 1,[\d,]+ or"):
        for _ in open_file(path).batches(["prompt"]):
            pass


def test_limits():
    check_rows("a", 2**31, file_bytes=2**31)
    check_rows("a", 10_000_000, file_bytes=1)
    check_rows("a", 10_000_001, file_bytes=100_001)
    for rows, size in ((2**31 + 1, 2**40), (10_000_001, 100_000)):
        with pytest.raises(InputError):
            check_rows("a", rows, file_bytes=size)
    check_bytes("a", 2**30, file_bytes=1)
    check_bytes("a", 2**31, file_bytes=2**31 // 10_000 + 1)
    with pytest.raises(InputError):
        check_bytes("a", 2**31, file_bytes=2**31 // 10_000)


GROWTH = """
import resource, sys
import geobias.readers.gathering, geobias.readers.parquet, geobias.readers.arrow
for room in (geobias.readers.gathering, geobias.readers.parquet, geobias.readers.arrow):
    room.BYTES_AT_ONCE = 2**22
from geobias.readers import open_file
peaks = []
for path in sys.argv[1:]:
    for rows in open_file(path).batches(["lat", "answer"]):
        pass
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print((peaks[1] - peaks[0]) // 1024)
"""


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "jsonl", "parquet", "arrow"])
def test_memory_does_not_grow_with_the_file(tmp_path, suffix):
    texts = [os.urandom(2000).hex() for _ in range(1000)]
    paths = []
    for megabytes in (8, 80):
        path = tmp_path / f"{megabytes}.{suffix}"
        paths.append(str(path))
        some = pa.table({"lat": np.arange(1000.0), "answer": texts})
        parts = [some] * (megabytes // 4)
        if suffix == "parquet":
            with pq.ParquetWriter(path, some.schema, use_dictionary=False) as writer:
                writer.write_table(pa.concat_tables(parts))
        elif suffix == "arrow":
            with pa.ipc.new_file(path, some.schema) as writer:
                writer.write_table(pa.concat_tables(parts))
        else:
            row = "1.5,{}\n" if suffix.startswith("csv") else '{{"lat":1.5,"answer":"{}"}}\n'
            rows = "".join(row.format(text) for text in texts).encode()
            head = b"lat,answer\n" if suffix.startswith("csv") else b""
            if suffix.endswith("gz"):
                head, rows = gzip.compress(head), gzip.compress(rows, 1)
            path.write_bytes(head + rows * len(parts))
    read = subprocess.run(
        [sys.executable, "-P", "-c", GROWTH, *paths], capture_output=True, text=True, check=True
    )
    assert int(read.stdout) < 40
