"""Dask DataFrames, read a partition at a time."""

import subprocess
import sys

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import geobias
from geobias import rules
from geobias.errors import InputError
from geobias.readers import open_source
from geobias.readers.partitions import PARTITIONS_AHEAD
from geobias.readers.source import PEEKED_ROWS
from geobias.samples import Samples
from predictions import DIGEST, GOOD, column, geo_table

PARTS = [GOOD.iloc[:1], GOOD.iloc[:0], GOOD.iloc[1:]]


_computed = []


def frame_of(parts):
    """A Dask DataFrame of these partitions, of which it knows nothing but the first one's types."""
    return dd.from_map(
        lambda number: parts[number],
        range(len(parts)),
        meta=parts[0].iloc[:0],
        enforce_metadata=False,
    )


def good(number):
    """A partition, noted where it is computed in this process."""
    _computed.append(number)
    return GOOD


def refused(frame, **keywords):
    with pytest.raises(InputError) as caught:
        Samples.from_table(frame, **keywords)
    return str(caught.value)


def test_rows_are_counted_on_whatever_the_index():
    frame = frame_of(PARTS)
    assert not frame.known_divisions
    samples = Samples.from_table(frame)
    assert samples.digest == DIGEST
    assert samples.rows.tolist() == [0, 1, 2]
    source = open_source(frame)
    assert source.rows is None
    assert column(source, "lat") == GOOD["lat"].tolist()
    assert source.peek().equals(GOOD)


def test_the_partitions_change_nothing():
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "lat": rng.integers(-60, 60, 500) / 7,
            "lon": rng.integers(-180, 180, 500) / 7,
            "hit": rng.choice([0.0, 1.0, np.nan], 500),
            "land": rng.choice(["a", "b", None], 500),
        },
        index=rng.permutation(500),
    )
    plain = Samples.from_table(table, by="land")
    for count in (1, 7, 500):
        parts = dd.from_pandas(table, npartitions=count, sort=False)
        samples = Samples.from_table(parts, by="land")
        assert samples.digest == plain.digest
        assert samples.ledger == plain.ledger
        assert samples.notes == plain.notes
        for name in ("rows", "sites", "groups"):
            assert np.array_equal(getattr(samples, name), getattr(plain, name))


def test_everything_that_takes_a_table():
    frame, files = frame_of(PARTS), GOOD[["hit"]]
    many = pd.concat([GOOD + shift for shift in range(9)]).assign(hit=[1, 0, 0] * 9)
    scored = geobias.score(dd.from_pandas(many, npartitions=4, sort=False), scales="1000km")
    assert str(scored) == str(geobias.score(many, scales="1000km"))
    assert "The Dask DataFrame: 3 rows" in str(geobias.inspect(frame))
    assert Samples.from_table(files, locations=frame).digest == DIGEST


def test_only_the_columns_that_are_needed_are_read(tmp_path):
    GOOD.assign(extra="x").to_parquet(tmp_path / "a.parquet")
    read = []

    def part(number, columns=None):
        read.append(columns)
        return pd.read_parquet(tmp_path / "a.parquet", columns=columns)

    frame = dd.from_map(part, [0, 1], meta=GOOD.assign(extra="x").iloc[:0])
    assert column(open_source(frame), "hit") == [1, 0, 1] * 2
    assert [list(columns) for columns in read] == [["hit"]] * 2


def test_one_partition_after_the_other():
    _computed.clear()
    batches = open_source(dd.from_map(good, range(9), meta=GOOD)).batches(["hit"])
    for number in range(9):
        next(batches)
        assert _computed == list(range(number + 1))


def test_a_long_partition_comes_in_batches():
    from geobias.readers.source import ROWS_AT_ONCE

    long = pd.DataFrame({"hit": np.arange(ROWS_AT_ONCE + 5) % 2})
    batches = list(open_source(frame_of([long, long])).batches(["hit"]))
    assert [len(rows) for rows in batches] == [ROWS_AT_ONCE, 5] * 2
    assert batches[-1].index[-1] == 2 * len(long) - 1


def test_the_first_rows_come_from_the_first_partitions():
    rows = pd.DataFrame({"hit": np.arange(PEEKED_ROWS - 1)})
    peeked = open_source(frame_of([rows.iloc[:0], rows, rows, rows])).peek()
    assert peeked["hit"].tolist() == [*range(PEEKED_ROWS - 1), 0]


def test_no_rows():
    frame = frame_of([GOOD.iloc[:0]] * 2)
    (rows,) = open_source(frame).batches(["lat", "hit"])
    assert rows.columns.tolist() == ["lat", "hit"]
    assert rows.empty
    assert open_source(frame).peek().columns.tolist() == ["lat", "lon", "hit"]
    assert refused(frame) == "The Dask DataFrame has no rows."


def test_a_partition_that_fails_is_named():
    def part(number):
        if number == 2:
            raise OSError("no such\n  disk")
        return GOOD

    assert refused(dd.from_map(part, range(4), meta=GOOD)) == (
        "Partition 3 of 4 of the Dask DataFrame cannot be computed: OSError: no such disk"
    )


def test_partitions_of_other_columns():
    other = GOOD.rename(columns={"hit": "correct"})
    frame = frame_of([GOOD.assign(id=1), other.assign(id=1)])
    assert refused(frame).startswith(
        "Partition 2 of 2 of the Dask DataFrame cannot be computed: KeyError: "
    )
    assert refused(frame_of([GOOD, other])) == (
        "Partition 2 of 2 of the Dask DataFrame holds other columns than the DataFrame says: "
        "'lat', 'lon', 'correct', not 'lat', 'lon', 'hit'. Give the DataFrame the meta= of its "
        "partitions."
    )


def test_numbers_in_other_types_are_the_same_numbers():
    short = GOOD.iloc[1:].astype({"hit": "int8"})
    truth = GOOD.iloc[1:].astype({"hit": bool})
    text = GOOD.iloc[1:].astype(str)
    arrow = GOOD.iloc[1:].convert_dtypes(dtype_backend="pyarrow")
    for other in (short, truth, text, arrow):
        assert Samples.from_table(frame_of([GOOD.iloc[:1], other])).digest == DIGEST


def test_names_in_other_types_are_refused():
    numbers = GOOD.assign(label=[7, 8, 9], guess="007")
    texts = numbers.assign(label=["007", "8", "9"])
    with dask.config.set({"dataframe.convert-string": False}):
        frame = frame_of([numbers, numbers.assign(label=np.nan), texts])
        assert refused(frame, correct=rules.match("guess", "label")) == (
            "Column 'label' holds numbers in Partition 1 of 3 of the Dask DataFrame, but text in "
            "Partition 3 of 3 of the Dask DataFrame: give it one type throughout."
        )


def test_texts_and_categories_are_the_same_names():
    table = GOOD.assign(land=["a", "b", "a"])
    plain = Samples.from_table(table, by="land")
    parts = [
        table.iloc[:1],
        table.iloc[1:2].astype({"land": "category"}),
        table.iloc[2:].astype({"land": pd.ArrowDtype(pa.string())}),
    ]
    for frame in (frame_of(parts), frame_of(parts[::-1]), dd.from_pandas(table).categorize()):
        samples = Samples.from_table(frame, by="land")
        assert samples.group_names == plain.group_names


def test_columns_of_the_same_name():
    twice = pd.DataFrame([[1, 2, 0, 1]], columns=["lat", "lon", "hit", "hit"])
    assert refused(frame_of([twice])) == "Several columns have the same name: 'hit'. Rename them."


def test_what_is_no_dataframe():
    message = refused(frame_of(PARTS)["hit"])
    assert message.startswith("Samples come from a DataFrame")


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_parquet_without_statistics(tmp_path):
    for name, part in zip("abc", PARTS, strict=True):
        table = pa.Table.from_pandas(part, preserve_index=False)
        pq.write_table(table, tmp_path / f"{name}.parquet", write_statistics=False)
    assert Samples.from_table(dd.read_parquet(tmp_path)).digest == DIGEST
    assert Samples.read(tmp_path).digest == DIGEST


def test_a_cluster_computes_a_few_partitions_ahead(tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            dashboard_address=":0",
            local_directory=tmp_path,
        ) as cluster,
        distributed.Client(cluster),
    ):
        _computed.clear()
        frame = dd.from_map(good, range(20), meta=GOOD)
        for number, rows in enumerate(open_source(frame).batches(["hit"])):
            assert number < len(_computed) <= number + 1 + PARTITIONS_AHEAD
            assert rows.index[0] == 3 * number
        assert sorted(_computed) == list(range(20))
        assert Samples.from_table(frame_of(PARTS)).digest == DIGEST

        def broken(number):
            raise ValueError("broken")

        assert refused(dd.from_map(broken, range(2), meta=GOOD)) == (
            "Partition 1 of 2 of the Dask DataFrame cannot be computed: ValueError: broken"
        )


def test_dask_is_not_imported_for_other_tables():
    code = (
        "import sys, pandas, geobias\n"
        "table = pandas.DataFrame({'lat': [1, 50], 'lon': [2, 70], 'hit': [1, 0]})\n"
        "geobias.Samples.from_table(table)\n"
        "assert 'dask' not in sys.modules and 'distributed' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Geometries


@pytest.fixture
def dask_geopandas():
    return pytest.importorskip("dask_geopandas", reason="dask_geopandas is not installed")


def test_geometries_without_the_bounds_of_partitions(dask_geopandas):
    frame = dask_geopandas.from_geopandas(geo_table().to_crs(3857), npartitions=2)
    assert frame.spatial_partitions is None
    source = open_source(frame)
    assert source.geometry == "geometry"
    assert source.peek().columns.tolist() == ["lat", "lon", "hit"]
    samples = Samples.from_table(frame)
    assert samples.lat == pytest.approx(GOOD["lat"])
    assert samples.lon == pytest.approx(GOOD["lon"])


def test_partitions_without_geometries(dask_geopandas):
    plain = pd.DataFrame(geo_table())
    frame = frame_of([geo_table(), plain])
    assert isinstance(frame, dask_geopandas.GeoDataFrame)
    assert refused(frame) == (
        "Partition 2 of 2 of the Dask DataFrame holds no geometries in column 'geometry', as the "
        "DataFrame says it does. Give the DataFrame the meta= of its partitions."
    )
