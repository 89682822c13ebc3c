import decimal
import subprocess
import sys

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.geometry import MultiPoint, Point, Polygon

from geobias.errors import InputError
from geobias.samples import Drop, Samples

GOOD = pd.DataFrame(
    {"lat": [48.1, 59.9, -1.3, 35.7], "lon": [11.6, 10.8, 36.8, 139.7], "hit": [1, 0, 1, 0]}
)


def refused(data, **keywords):
    with pytest.raises(InputError) as caught:
        Samples.from_table(data, **keywords)
    return str(caught.value)


def points(*geometries, crs=4326):
    hits = [1, 0] * (len(geometries) // 2) + [1] * (len(geometries) % 2)
    return geopandas.GeoDataFrame({"hit": hits}, geometry=list(geometries), crs=crs)


def test_a_plain_table():
    samples = Samples.from_table(GOOD)
    assert samples.lat.tolist() == GOOD["lat"].tolist()
    assert samples.lon.tolist() == GOOD["lon"].tolist()
    assert samples.rows.tolist() == [0, 1, 2, 3]
    assert samples.models == ("hit",)
    assert samples.marks.tolist() == [[1, -1, 1, -1]]
    assert samples.levels == (-1, 1)
    assert not samples.averaged
    assert (samples.ledger.read, samples.ledger.kept, samples.ledger.drops) == (4, 4, ())
    assert samples.accuracy.tolist() == [0.5]
    assert samples.constant == ()
    assert repr(samples) == "Samples(4 samples, 1 model, 4 sites)"
    assert samples.notes == (
        "Latitude comes from column 'lat', longitude from column 'lon'.",
        "Correctness comes from column 'hit'.",
    )


def test_nothing_is_noted_of_columns_that_were_named():
    assert Samples.from_table(GOOD, lat="lat", lon="lon", correct="hit").notes == ()


def test_arrays_cannot_be_changed():
    samples = Samples.from_table(GOOD)
    for values in (samples.lat, samples.lon, samples.rows, samples.marks, samples.sites):
        assert values.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            values[...] = 0
    with pytest.raises(AttributeError):
        samples.lat = None


def test_the_table_is_left_alone():
    table = GOOD.assign(lon=GOOD["lon"] + 360)
    before = table.copy()
    Samples.from_table(table)
    pd.testing.assert_frame_equal(table, before)


def test_digest_depends_on_values_and_names_alone():
    digest = Samples.from_table(GOOD).digest
    assert len(digest) == 64
    table = GOOD.astype({"hit": bool}).assign(other="x").set_index("other")
    assert Samples.from_table(table[["lon", "hit", "lat"]]).digest == digest
    assert Samples.from_table(GOOD.assign(hit=1 - GOOD["hit"])).digest != digest
    assert Samples.from_table(GOOD.assign(lat=GOOD["lat"] + 1e-9)).digest != digest
    assert Samples.from_table(GOOD.rename(columns={"hit": "correct"})).digest != digest


def test_no_heavy_import():
    program = (
        "import sys, pandas as pd; from geobias.samples import Samples\n"
        "Samples.from_table(pd.DataFrame({'lat': [9], 'lon': [9], 'hit': [1]}))\n"
        "print([m for m in ('geopandas', 'pyproj', 'scipy', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


# What the table is


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (GOOD.to_dict("list"), "not a dict: build one with pandas.DataFrame"),
        ([1, 2], "not a list: build one with pandas.DataFrame"),
        (GOOD.to_numpy(), "not an unlabelled ndarray.*columns lat, lon and correct"),
        (GOOD["lat"], "not an unlabelled Series"),
        ("preds.csv", r"not a str: read a file with Samples.read\('preds.csv'\)"),
        (pa.array([1]), r"pass data\.to_pandas\(\)"),
        (None, "not NoneType"),
    ],
)
def test_only_tables_with_named_columns(data, advice):
    with pytest.raises(InputError, match=advice):
        Samples.from_table(data)


def test_an_empty_table():
    assert refused(GOOD.iloc[:0]) == "The table has no rows."
    assert "No latitude and no longitude column" in refused(pd.DataFrame())


def test_repeated_column_names():
    doubled = pd.concat([GOOD, GOOD[["lat"]]], axis=1)
    assert refused(doubled) == "Several columns have the same name: 'lat'. Rename them."


def test_column_names_in_levels():
    assert "2 levels" in refused(pd.concat({"a": GOOD}, axis=1))


# Which columns


@pytest.mark.parametrize("lat", ["lat", "latitude", "y", "Lat", "LATITUDE", " lat "])
@pytest.mark.parametrize("lon", ["lon", "lng", "long", "longitude", "x", "Long"])
def test_coordinate_columns_are_found_by_name(lat, lon):
    samples = Samples.from_table(GOOD.rename(columns={"lat": lat, "lon": lon}))
    assert samples.digest == Samples.from_table(GOOD).digest


@pytest.mark.parametrize(
    ("extra", "word", "keyword"),
    [("Latitude", "latitude", "lat"), ("lng", "longitude", "lon")],
)
def test_two_columns_for_one_coordinate(extra, word, keyword):
    table = GOOD.assign(**{extra: 1.0})
    message = refused(table)
    assert f"2 columns could be the {word}: '{keyword}', '{extra}'" in message
    assert f"Pass {keyword}= (--{keyword})" in message
    assert Samples.from_table(table, **{keyword: keyword}).lat.tolist() == GOOD["lat"].tolist()


def test_mixed_orders_of_coordinates():
    message = refused(GOOD.assign(lat=[48.1, 59.9, -1.3, 139.7], lon=[11.6, 100.8, 36.8, 35.7]))
    assert "1 latitude outside -90 to 90, the first 139.7, in row 3" in message
    assert "does the table mix both orders of coordinates?" in message


@pytest.mark.parametrize("label", ["true_y", "gt_y", "target_x"])
def test_a_true_y_is_a_label(label):
    assert Samples.from_table(GOOD.assign(**{label: 1.0})).digest == Samples.from_table(GOOD).digest


def test_a_label_called_y_and_a_feature_called_x_are_no_coordinates_beside_better_names():
    assert Samples.from_table(GOOD.assign(y=1.0, x=2.0)).digest == Samples.from_table(GOOD).digest


def test_no_coordinate_column():
    message = refused(GOOD.drop(columns="lat"))
    assert "No latitude column" in message
    assert "lat, latitude, y" in message
    assert "Pass lat= (--lat)" in message
    assert "The columns are: 'lon', 'hit'" in message
    assert "No latitude and no longitude column" in refused(GOOD[["hit"]])


def test_a_misspelled_column():
    message = refused(GOOD, lat="Latt")
    assert "no column 'Latt' (lat=, --lat)" in message
    assert "Did you mean 'lat'?" in message
    assert "Did you mean 'hit'?" in refused(GOOD, correct="hit@1")
    assert "Did you mean 'hit'?" in refused(GOOD, correct=["HIT"])


def test_many_columns_are_not_all_listed():
    wide = pd.DataFrame({f"feature {i}": [1.5] for i in range(30)})
    message = refused(wide)
    assert "'feature 19' and 10 more" in message


def test_one_column_for_both_coordinates():
    assert "cannot be latitude and longitude both" in refused(GOOD, lat="lat", lon="lat")


def test_values_where_a_name_belongs():
    assert "takes column names, not a Series" in refused(GOOD, correct=GOOD["hit"])
    assert "takes a column name, not a Series" in refused(GOOD, lat=GOOD["lat"])
    assert "no column '5'" in refused(GOOD, correct=5)


@pytest.mark.parametrize(
    "name",
    [
        "correct",
        "is_correct",
        "Correct",
        "hit",
        "hit@1",
        "hit_at_1",
        "Hits@1",
        "top1",
        "top-1",
        "top1_acc",
        "acc",
        "accuracy",
    ],
)
def test_correctness_is_found_by_name(name):
    table = GOOD.rename(columns={"hit": name}).assign(**{"hit@3": 1, "id": [1, 0, 0, 1]})
    samples = Samples.from_table(table)
    assert samples.models == (name,)
    assert f"Correctness comes from column {name!r}." in samples.notes


def test_several_columns_for_correctness():
    message = refused(GOOD.assign(top1=1))
    assert "2 columns could be the correctness: 'hit', 'top1'" in message
    assert "correct= (--correct)" in message


def test_no_column_for_correctness_lists_candidates_by_value():
    table = GOOD.rename(columns={"hit": "ok"}).assign(
        flag=[True, False, None, True],
        sign=[1, -1, 1, 1],
        word=["True", "False", "", "True"],
        rank=[1, 2, 3, 4],
        name=["a", "b", "c", "d"],
        empty=None,
    )
    message = refused(table)
    assert "No correctness column found by name" in message
    assert "0/1 or -1/1 in: 'ok', 'flag', 'sign', 'word'." in message
    assert "'rank', 'name', 'empty'" in message


def test_correctness_named_badly():
    assert "names no column" in refused(GOOD, correct=[])
    assert "names 'hit' more than once" in refused(GOOD, correct=["hit", "hit"])


def test_several_models_side_by_side():
    table = GOOD.assign(
        a=[True, True, False, False], b=[-1, 1, 1, 1], c=["True", "", "False", "True"]
    )
    samples = Samples.from_table(table, correct=["c", "a", "b"])
    assert samples.models == ("c", "a", "b")
    assert samples.rows.tolist() == [0, 2, 3]
    assert samples.marks.tolist() == [[1, -1, 1], [1, -1, -1], [-1, 1, 1]]
    assert samples.accuracy.tolist() == pytest.approx([2 / 3, 1 / 3, 2 / 3])
    assert Samples.from_table(table, correct=pd.Index(["a", "b"])).models == ("a", "b")


# Coordinates


def test_missing_coordinates_are_dropped_counted_and_said():
    table = GOOD.assign(lat=[np.nan, 1.0, 2.0, 3.0], lon=[1.0, 2.0, None, 3.0])
    samples = Samples.from_table(table)
    assert samples.rows.tolist() == [1, 3]
    assert samples.ledger.drops == (Drop("no coordinates", 2, (0, 2)),)
    assert samples.ledger.dropped == 2
    assert "2 rows dropped, no coordinates: rows 0, 2 (counted from 0)." in samples.notes


def test_drops_add_up_when_a_row_misses_several_values():
    table = GOOD.assign(lat=[np.nan, 1, 2, 3], hit=[None, None, 1, 0], b=[None, None, None, 1])
    ledger = Samples.from_table(table, correct=["hit", "b"]).ledger
    assert [(drop.count, drop.first_rows) for drop in ledger.drops] == [
        (1, (0,)),
        (1, (1,)),
        (1, (2,)),
    ]
    assert ledger.read == ledger.kept + sum(drop.count for drop in ledger.drops)


def test_long_lists_of_rows_are_cut():
    table = pd.DataFrame({"lat": [np.nan] * 2000 + [5.0], "lon": 5.0, "hit": 1})
    (drop,) = Samples.from_table(table).ledger.drops
    assert str(drop) == "2,000 rows dropped, no coordinates: rows 0, 1, 2, 3, 4, … (counted from 0)"


def test_no_coordinates_at_all():
    assert "Of 4 rows: 4 rows dropped, no coordinates" in refused(GOOD.assign(lat=np.nan))


def test_nothing_left():
    table = GOOD.assign(lat=[np.nan, np.nan, 1, 2], hit=[1, 1, None, None])
    message = refused(table)
    assert "no row with coordinates and correctness. Of 4 rows" in message
    assert "2 rows dropped, no coordinates: rows 0, 1" in message
    assert "2 rows dropped, no correctness in column 'hit': rows 2, 3" in message


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_infinite_coordinates(infinity):
    message = refused(GOOD.assign(lat=[1, infinity, 3, 4]))
    assert "1 infinite latitude, in row 1" in message
    assert "infinite longitude" in refused(GOOD.assign(lon=[1, infinity, 3, 4]))


def test_latitude_out_of_range():
    message = refused(GOOD.assign(lat=[1, 90.5, 3, -95]))
    assert "2 latitudes outside -90 to 90, the first 90.5, in rows 1, 3" in message
    assert "swapped" not in message


def test_swapped_coordinates():
    message = refused(GOOD, lat="lon", lon="lat")
    assert "latitude and longitude look swapped" in message
    assert "--lat, --lon" in message


@pytest.mark.parametrize(("lat", "lon"), [(5.3e6, 4.4e5), (48, 4.4e5), (5.3e6, 11)])
def test_projected_coordinates(lat, lon):
    message = refused(pd.DataFrame({"y": [lat], "x": [lon], "hit": [1]}))
    assert "projected coordinates" in message


def test_longitude_out_of_range():
    message = refused(GOOD.assign(lon=[1, 2, -541, 3]))
    assert "1 longitude outside -540 to 540, the first -541.0, in row 2" in message


@pytest.mark.parametrize(
    ("convert", "looks"),
    [
        (lambda degrees: np.sin(np.radians(degrees)), "encoded features (sines)"),
        (np.radians, "radians"),
        (lambda degrees: degrees * 0, "encoded features"),
    ],
)
def test_coordinates_in_another_unit(convert, looks):
    table = GOOD.assign(lat=convert(GOOD["lat"]), lon=convert(GOOD["lon"]))
    message = refused(table)
    assert f"look like {looks}" in message
    assert "degrees=True (--degrees)" in message
    assert Samples.from_table(table, degrees=True).lat.tolist() == table["lat"].tolist()


def test_one_place_outside_the_range_of_radians_is_enough():
    assert Samples.from_table(GOOD.assign(lat=0.5, lon=[0.1, 0.2, 0.3, 3.2])).n == 4


@pytest.mark.parametrize(
    ("given_lon", "lon"),
    [
        (180, -180),
        (-180, -180),
        (190, -170),
        (370.1, 10.1),
        (-190.1, 169.9),
        (540, -180),
        (359.9, -0.1),
    ],
)
def test_longitudes_are_wrapped(given_lon, lon):
    assert Samples.from_table(GOOD.assign(lon=given_lon)).lon.tolist() == [lon] * 4


@given(lon=st.floats(-180, 180, exclude_max=True), turn=st.sampled_from([-360, 360]))
def test_a_turn_more_is_the_same_place(lon, turn):
    assume(abs(lon + turn) <= 540)
    one, other = (Samples.from_table(GOOD.assign(lon=value)) for value in (lon, lon + turn))
    assert one.lon[0] == lon
    assert -180 <= other.lon[0] < 180
    assert abs((other.lon[0] - lon + 180) % 360 - 180) < 1e-11


@given(hundredths=st.integers(-18_000_000, 17_999_999))
def test_a_turn_more_changes_no_bit_of_a_decimal(hundredths):
    lon = hundredths / 100_000
    turned = Samples.from_table(GOOD.assign(lon=lon + 360))
    assert turned.digest == Samples.from_table(GOOD.assign(lon=lon)).digest


def test_a_pole_has_no_longitude():
    samples = Samples.from_table(GOOD.assign(lat=[90, -90, 89.9, 90]))
    assert samples.lon.tolist() == [0, 0, 36.8, 0]


def test_negative_zero_is_zero():
    zero = GOOD.assign(lat=0.0)
    assert Samples.from_table(zero.assign(lat=-0.0)).digest == Samples.from_table(zero).digest


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1.5, 2, None, 4]),
        pd.Series([1.5, 2, None, 4], dtype="Float64"),
        pd.Series([1.5, 2, None, 4], dtype="float32"),
        pd.Series([1.5, 2, None, 4], dtype=pd.ArrowDtype(pa.float64())),
        pd.Series([1.5, 2, None, 4], dtype="category"),
        pd.Series(["1.5", "2", None, " 4 "]),
        pd.Series(["1.5", "2", "NA", "4"], dtype=object),
        pd.Series(["1.5", "2", "", "4"], dtype=pd.ArrowDtype(pa.string())),
        pd.Series([1.5, "2", None, decimal.Decimal(4)], dtype=object),
        pd.Series(pd.arrays.SparseArray([1.5, 2, np.nan, 4])),
    ],
    ids=lambda values: str(values.dtype),
)
def test_coordinates_of_any_dtype(values):
    samples = Samples.from_table(GOOD.assign(lat=values))
    assert samples.lat.tolist() == [1.5, 2, 4]
    assert samples.rows.tolist() == [0, 1, 3]


def test_integer_coordinates_with_missing_values():
    table = GOOD.assign(lat=pd.array([10, None, 30, 40], dtype="Int64"))
    assert Samples.from_table(table).lat.tolist() == [10, 30, 40]


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (["1", "48°N", "x", "4"], "'48°N'"),
        (pd.to_datetime(["2020-01-01"] * 4), "Timestamp"),
        ([[1], 2, 3, 4], "[1]"),
        ([10**400, 2, 3, None], "1000"),
    ],
)
def test_coordinates_that_are_not_numbers(values, first):
    message = refused(GOOD.assign(lat=values))
    assert "Column 'lat' holds" in message
    assert "other than numbers" in message
    assert first in message


def test_coordinates_that_are_true_and_false():
    assert "True and False, not degrees" in refused(GOOD.assign(lat=True))


# Geometries


def test_geometry_in_degrees():
    samples = Samples.from_table(points(Point(11.6, 48.1), Point(10.8, 59.9)))
    assert (samples.lat.tolist(), samples.lon.tolist()) == ([48.1, 59.9], [11.6, 10.8])
    assert "Coordinates come from the geometry in column 'geometry'." in samples.notes


@pytest.mark.parametrize("crs", [3857, 32632, "OGC:CRS84", "ESRI:54009"])
def test_geometry_in_any_reference_system(crs):
    table = points(Point(11.6, 48.1), None, Point(10.8, 59.9)).to_crs(crs)
    samples = Samples.from_table(table)
    assert samples.lat == pytest.approx([48.1, 59.9], abs=1e-6)
    assert samples.lon == pytest.approx([11.6, 10.8], abs=1e-6)
    assert samples.rows.tolist() == [0, 2]


def test_missing_and_empty_geometries_are_dropped_and_counted():
    nowhere = Point(float("nan"), float("nan"))
    samples = Samples.from_table(points(Point(5, 50), None, Point(), nowhere).set_crs(4326))
    assert samples.rows.tolist() == [0]
    assert samples.ledger.drops == (Drop("no coordinates", 3, (1, 2, 3)),)
    projected = points(Point(5e5, 5e6), nowhere, crs=32632)
    assert Samples.from_table(projected).rows.tolist() == [0]


def test_geometry_without_reference_system():
    message = refused(points(Point(5, 50), crs=None))
    assert "no coordinate reference system" in message
    assert "set_crs" in message


def test_geometries_that_are_not_points():
    square = Polygon([(0, 0), (0, 1), (1, 1)])
    message = refused(points(Point(5, 50), square, None, MultiPoint([(1, 2), (3, 4)])))
    assert "2 rows, the first a Polygon, in rows 1, 3" in message


def test_points_outside_their_reference_system():
    message = refused(points(Point(5e5, 5e6), Point(1e12, 1e12), crs=32632))
    assert (
        "1 point of column 'geometry' outside the area of WGS 84 / UTM zone 32N, in row 1"
        in message
    )


def test_a_reference_system_that_is_nowhere_on_earth():
    message = refused(points(Point(5, 50), crs='LOCAL_CS["building site"]'))
    assert "cannot be converted from building site to degrees" in message


def test_named_columns_win_over_the_geometry():
    table = geopandas.GeoDataFrame(
        GOOD, geometry=geopandas.points_from_xy(GOOD["lon"] + 1, GOOD["lat"]), crs=4326
    )
    assert Samples.from_table(table).lon.tolist() == (GOOD["lon"] + 1).tolist()
    assert Samples.from_table(table, lat="lat").lon.tolist() == GOOD["lon"].tolist()


def test_a_geodataframe_without_geometry_is_a_table():
    assert Samples.from_table(geopandas.GeoDataFrame(GOOD)).n == 4


# Correctness


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_codings_say_the_same(correct):
    codings = {
        "bool": correct,
        "integer": [int(value) for value in correct],
        "float": [float(value) for value in correct],
        "sign": [1 if value else -1 for value in correct],
        "word": [str(value) for value in correct],
        "lower": [str(value).lower() for value in correct],
        "digit": [str(int(value)) for value in correct],
        "nullable": pd.array(correct, dtype="boolean"),
        "arrow": pd.array(correct, dtype=pd.ArrowDtype(pa.bool_())),
    }
    table = pd.DataFrame({"lat": 50.0, "lon": 8.0, **codings})
    samples = Samples.from_table(table, correct=list(codings))
    assert (samples.marks == np.where(correct, 1.0, -1.0)).all()


@pytest.mark.parametrize(
    "values",
    [
        [True, False, None, True],
        [1, 0, np.nan, 1],
        [1, -1, np.nan, 1],
        ["True", "False", None, "True"],
        ["true", "FALSE", " ", "1"],
        pd.array([1, 0, None, 1], dtype="Int8"),
    ],
)
def test_missing_correctness_is_dropped_and_counted(values):
    samples = Samples.from_table(GOOD.assign(hit=values))
    assert samples.marks.tolist() == [[1, -1, 1]]
    assert samples.ledger.drops == (Drop("no correctness in column 'hit'", 1, (2,)),)


def test_a_score_with_a_threshold():
    table = GOOD.assign(hit=[0.2, 0.5, np.nan, 0.9])
    samples = Samples.from_table(table, threshold=0.5)
    assert samples.marks.tolist() == [[-1, 1, 1]]
    assert samples.rows.tolist() == [0, 1, 3]
    infinite = Samples.from_table(GOOD.assign(hit=[-np.inf, np.inf, 0, 1]), threshold=0.5)
    assert infinite.marks.tolist() == [[-1, 1, -1, 1]]


def test_a_score_without_a_threshold():
    table = pd.DataFrame({"lat": 50.0, "lon": 8.0, "hit": [0.25, 0.25, *np.linspace(0.5, 0.9, 8)]})
    message = refused(table)
    assert "Column 'hit' is not coded as True/False, 0/1 or -1/1" in message
    assert "0.25 (2 times), 0.5 (once)" in message
    assert "and 4 other values" in message
    assert "threshold=" in message
    assert "levels=" in message


@pytest.mark.parametrize("values", [[1, 2, 1, 2], ["yes", "no", "yes", "no"], [1, 0, np.inf, 1]])
def test_other_codings(values):
    assert "is not coded as" in refused(GOOD.assign(hit=values))


def test_wrong_coded_both_0_and_minus_1():
    message = refused(GOOD.assign(hit=[1, 0, -1, -1]))
    assert "wrong must not be coded both 0 and -1" in message
    assert "-1 (2 times), 0 (once), 1 (once)" in message


def test_each_model_is_judged_on_its_own():
    table = GOOD.assign(a=[1, 0, 1, 0], b=[1, -1, 1, 5])
    assert "Column 'b'" in refused(table, correct=["a", "b"])


def test_text_cannot_be_compared_with_a_threshold():
    message = refused(GOOD.assign(hit=["0.5", "good", "0.1", None]), threshold=0.5)
    assert "1 value that no threshold can be compared with: 'good' (once), in row 1" in message


def test_declared_levels():
    table = GOOD.assign(hit=[-2, 0.5, None, 3])
    samples = Samples.from_table(table, levels=[3, 0.5, -2])
    assert samples.levels == (-2, 0.5, 3)
    assert samples.marks.tolist() == [[-2, 0.5, 3]]
    assert samples.accuracy == pytest.approx([2 / 3])


def test_values_outside_the_declared_levels():
    message = refused(GOOD.assign(hit=[1, 2, 4, 4]), levels=(1, 2))
    assert "not among levels=(1.0, 2.0): 4 (2 times), in rows 2, 3" in message


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"levels": (0, 1)}, "levels= holds 0"),
        ({"levels": (1,)}, "at least two"),
        ({"levels": (1, 1, 2)}, "different"),
        ({"levels": (1, np.nan)}, "finite"),
        ({"levels": "ab"}, "finite numbers"),
        ({"levels": 3}, "finite numbers"),
        ({"threshold": np.nan}, "threshold= must be a finite number"),
        ({"threshold": "0.5"}, "threshold= must be a finite number"),
        ({"threshold": 1, "levels": (1, 2)}, "not both"),
    ],
)
def test_impossible_codings(keywords, words):
    assert words in refused(GOOD, **keywords)


@pytest.mark.parametrize(
    ("value", "keywords", "always"),
    [(1, {}, "correct"), (False, {}, "wrong"), (2, {"levels": (1, 2)}, "marked 2")],
)
def test_constant_correctness_is_allowed_and_said(value, keywords, always):
    samples = Samples.from_table(GOOD.assign(hit=value), **keywords)
    assert samples.constant == ("hit",)
    assert (
        f"Model 'hit' is always {always}: marked comparisons inside a neighbourhood are undefined."
    ) in samples.notes


def test_some_samples_are_taken_in_the_order_that_is_asked_for():
    table = pd.DataFrame(
        {
            "lat": [1.0, 2.0, 2.0, 3.0, np.nan], "lon": 5.0, "hit": [1, 0, 1, 1, 0],
            "camp": ["a", "b", "b", "c", "c"], "photo": list("pqrst"), "answered": True,
        }
    )  # fmt: skip
    samples = Samples.from_table(table, by="camp", id="photo")
    some = samples.taken(np.array([3, 1]))
    assert some.rows.tolist() == [3, 1]
    assert some.lat.tolist() == [3.0, 2.0]
    assert some.marks.tolist() == [[1.0, -1.0]]
    assert some.sites.tolist() == [1, 0]
    assert [some.group_names[group] for group in some.groups] == ["c", "b"]
    assert some.ids.tolist() == ["s", "q"]
    assert some.asked is samples.asked
    assert some.ledger == samples.ledger
    merged = samples.merged().taken(np.array([1]))
    assert merged.merged_from.tolist() == [2]
    with pytest.raises(ValueError, match="read-only"):
        some.lat[0] = 0.0


def test_rows_that_were_asked_are_those_with_coordinates():
    table = pd.DataFrame(
        {
            "lat": [1.0, 2.0, np.nan, 90.0], "lon": [5.0, 365.0, 7.0, 8.0],
            "hit": [1, None, None, 0], "camp": ["a", "b", "c", None],
            "answered": [True, False, True, True],
        }
    )  # fmt: skip
    samples = Samples.from_table(table, by="camp")
    asked = samples.asked
    assert samples.rows.tolist() == [0, 3]
    assert asked.n == 3
    assert (asked.lat.tolist(), asked.lon.tolist()) == ([1.0, 2.0, 90.0], [5.0, 5.0, 0.0])
    assert asked.answered.tolist() == [True, False, True]
    assert asked.groups.tolist() == [0, 1, -1]
    assert samples.groups.tolist() == [0, -1]
    assert samples.group_names == ("a", "b")
    assert samples.column_names == tuple(table.columns)
    assert Samples.from_table(table.drop(columns="answered")).asked is None
