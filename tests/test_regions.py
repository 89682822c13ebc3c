"""Regions: countries of known places, and polygons of files against a slow oracle."""

import json
import warnings

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import naive
from geobias.errors import GeoBiasError, InputError
from geobias.regions import SCHEMES, Polygons, countries, locate, read_polygons
from geobias.regions.world import world

TOWNS = {
    "DEU": (48.14, 11.58),
    "LSO": (-29.31, 27.48),  # inside South Africa
    "VAT": (41.9034, 12.4529),  # inside Rome
    "SMR": (43.94, 12.46),
    "MCO": (43.7338, 7.4218),
    "FJI": (-16.78, 179.98),
    "TUV": (-8.52, 179.2),
    "GIB": (36.14, -5.35),
    "SGP": (1.35, 103.82),
    "MDV": (4.175, 73.509),
    "NRU": (-0.528, 166.93),
    "GUF": (4.0, -53.0),
    "REU": (-21.1, 55.5),
    "GLP": (16.2, -61.5),
    "MTQ": (14.65, -61.0),
    "MYT": (-12.8, 45.15),
    "SJM": (78.22, 15.65),
    "BES": (12.15, -68.27),
    "XKX": (42.66, 21.16),
    "CYP": (35.34, 33.32),  # north of the line
    "SOM": (9.56, 44.06),  # Hargeisa
    "UKR": (44.95, 34.10),  # Simferopol
    "TWN": (25.03, 121.56),
    "PSE": (31.9, 35.2),
    "HKG": (22.35, 114.15),
    "NAM": (-22.56, 17.08),
    "FRA": (48.86, 2.35),
    "NOR": (59.91, 10.75),
    "USA": (21.31, -157.86),
    "ESP": (28.1, -15.4),
    "CCK": (-12.19, 96.83),
    "CXR": (-10.45, 105.69),
}


def codes(lat, lon, **choices):
    return list(
        np.append(countries()["iso3"].to_numpy(dtype=object), "")[locate(lat, lon, **choices)]
    )


def squares(**more):
    """Two regions side by side."""
    return geopandas.GeoDataFrame(
        {"zone": ["west", "east"]},
        geometry=[shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 10)],
        crs=4326,
        **more,
    )


# --- Countries -----------------------------------------------------------------------------------


def test_every_country_has_codes_and_regions():
    table = countries()
    assert list(table) == ["iso2", "iso3", *SCHEMES]
    assert len(table) == 249
    known = table.drop(columns="income")
    assert not known.isna().any(axis=None)
    assert table["iso2"].str.fullmatch("[A-Z]{2}").all()
    assert table["iso3"].str.fullmatch("[A-Z]{3}").all()
    for column in ("iso2", "iso3", "country"):
        assert table[column].is_unique
    assert set(table["continent"]) == {
        "Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America",
    }  # fmt: skip
    assert table["un_subregion"].nunique() == 23
    assert not table.astype(str).apply(lambda column: column.str.contains("sea")).any(axis=None)
    assert set(table["income"].dropna()) == {
        f"{level} income" for level in ("Low", "Lower middle", "Upper middle", "High")
    }


def test_a_country_lies_in_one_continent_and_region():
    table = countries()
    assert (table.groupby("un_subregion")["un_region"].nunique() == 1).all()


@pytest.mark.parametrize(
    ("iso3", "expected"),
    [
        ("NAM", ("NA", "Namibia", "Africa", "Africa", "Southern Africa", "Lower middle income")),
        ("XKX", ("XK", "Kosovo", "Europe", "Europe", "Southern Europe", "Upper middle income")),
        ("MDV", ("MV", "Maldives", "Asia", "Asia", "Southern Asia", "Upper middle income")),
        (
            "CRI",
            ("CR", "Costa Rica", "North America", "Americas", "Central America", "High income"),
        ),
        ("RUS", ("RU", "Russia", "Europe", "Europe", "Eastern Europe", "High income")),
    ],
)
def test_attributes_are_those_of_the_country(iso3, expected):
    assert tuple(countries().set_index("iso3").loc[iso3]) == expected


def test_the_table_is_a_copy():
    table = countries()
    table["iso2"] = "??"
    assert (countries()["iso2"] != "??").all()


def test_towns_lie_in_their_countries():
    lat, lon = np.array(list(TOWNS.values())).T
    assert codes(lat, lon) == list(TOWNS)


def test_countries_that_cross_the_date_line_are_found_on_both_sides():
    lat = [66.9, 66.9, 66.9, -16.9, -16.5, -18.0]
    lon = [179.0, -179.0, -180.0, 179.9, -179.99, 540.0 - 361.0]
    assert codes(lat, lon) == ["RUS", "RUS", "RUS", "FJI", "FJI", ""]


def test_poles():
    lat, lon = [-90.0, -90.0, -89.9999, 90.0, -85.0, -85.0], [0.0, 77.0, 10.0, 0.0, -180.0, 179.99]
    assert codes(lat, lon) == ["ATA", "ATA", "ATA", "", "ATA", "ATA"]


def test_the_sea_is_nowhere_and_the_coast_counts_within_the_tolerance():
    # Off the Atlantic coast of Portugal, some 30 km and 1,000 km west of it.
    lat, lon = [40.0, 40.0], [-9.25, -20.0]
    assert codes(lat, lon) == ["", ""]
    assert codes(lat, lon, tolerance_km=50.0) == ["PRT", ""]
    assert codes(lat, lon, tolerance_km=1500.0) == ["PRT", "PRT"]
    assert codes([40.0, 48.14], [-9.25, 11.58], tolerance_km=0.0) == ["", "DEU"]


def test_the_nearest_coast_may_be_across_the_date_line():
    # East of the date line, with the nearest island of Fiji to its west.
    found = locate([-17.0], [-179.95], tolerance_km=40.0)
    near = locate([-17.0], [180.05], tolerance_km=40.0)
    assert found == near
    assert codes([-17.0], [-179.95], tolerance_km=40.0) == ["FJI"]


def test_missing_coordinates_lie_nowhere():
    assert list(locate([np.nan, 48.1, 48.1], [11.6, np.nan, np.nan])) == [-1, -1, -1]
    assert locate([], []).dtype == np.int64


def test_the_order_of_rows_changes_nothing():
    draw = np.random.default_rng(4)
    lat, lon = np.degrees(np.arcsin(draw.uniform(-1, 1, 3000))), draw.uniform(-180, 180, 3000)
    order = draw.permutation(3000)
    found = locate(lat, lon, tolerance_km=100.0)
    assert (locate(lat[order], lon[order], tolerance_km=100.0) == found[order]).all()
    turned = locate(lat, lon + 360.0, tolerance_km=100.0)
    assert (turned == found).mean() > 0.999  # rounding moves positions by a tenth of a micrometre


def test_positions_on_borders_belong_to_one_country():
    """Every vertex of a shared border lies in the first of its countries, every time."""
    line = shapely.get_coordinates(world().parts[np.flatnonzero(world().owner == 12)[0]])
    lon, lat = line.T
    found = locate(lat, lon, tolerance_km=0.0)
    assert (found >= 0).all()
    assert (found <= 12).all()
    assert (locate(lat[::-1], lon[::-1], tolerance_km=0.0)[::-1] == found).all()


def test_polygons_of_the_world_do_not_overlap():
    draw = np.random.default_rng(8)
    lat, lon = np.degrees(np.arcsin(draw.uniform(-1, 1, 20_000))), draw.uniform(-180, 180, 20_000)
    part, point = shapely.STRtree(shapely.points(lon, lat)).query(world().parts, "contains")
    owners = pd.Series(world().owner[part]).groupby(point).nunique()
    assert (owners == 1).all()


@pytest.mark.parametrize(
    ("lat", "lon", "tolerance", "message"),
    [
        ([91.0], [0.0], 20.0, "outside -90 to 90"),
        ([np.inf], [0.0], 20.0, "infinite"),
        ([0.0, 1.0], [0.0], 20.0, "two lists of one length"),
        ([[0.0]], [[0.0]], 20.0, "two lists of one length"),
        ([0.0], [0.0], -1.0, "tolerance_km must be 0 to"),
        ([0.0], [0.0], np.nan, "tolerance_km must be 0 to"),
        ([0.0], [0.0], "20", "tolerance_km must be 0 to"),
        ([0.0], [0.0], None, "tolerance_km must be 0 to"),
        (["x"], [1], 20.0, "latitudes are not all numbers of degrees: .*'x'"),
        ([1.0], [None, "y"], 20.0, "longitudes are not all numbers of degrees"),
    ],
)
def test_bad_positions_are_refused(lat, lon, tolerance, message):
    with pytest.raises(GeoBiasError, match=message):
        locate(lat, lon, tolerance_km=tolerance)


# --- Polygons against the oracle -----------------------------------------------------------------


def star(lat, lon, radius, corners, draw):
    """A ring around a position, closed, with corners at random distances."""
    angle = np.sort(draw.uniform(0, 2 * np.pi, corners))
    away = radius * draw.uniform(0.4, 1.0, corners)
    ring = np.column_stack((lon + away * np.cos(angle), lat + away * np.sin(angle)))
    return [tuple(corner) for corner in (*ring, ring[0])]


@given(st.integers(0, 10_000), st.sampled_from([0.0, 60.0, -80.0]))
def test_inside_and_nearest_are_those_of_the_oracle(seed, lat0):
    draw = np.random.default_rng(seed)
    rings = [star(lat0, 2.0 * k, 0.9, 9, draw) for k in range(3)]
    shapes = [shapely.Polygon(ring) for ring in rings]
    if not all(shape.is_valid for shape in shapes):
        return
    polygons = Polygons.of(("a", "b", "c"), shapes)
    lat, lon = lat0 + draw.uniform(-2, 2, 30), draw.uniform(-2, 6, 30)
    tolerance = 60.0
    found = polygons.locate(lat, lon, tolerance_km=tolerance)
    for at in range(30):
        inside = [naive.inside_ring(lat[at], lon[at], ring) for ring in rings]
        if any(inside):
            assert found[at] == inside.index(True)
            continue
        km = np.array([naive.km_to_ring(lat[at], lon[at], ring, 400) for ring in rings])
        close = np.sort(km)
        if abs(close[0] - tolerance) < 0.5 or close[1] - close[0] < 0.5:
            continue  # the oracle knows distances to some hundred metres only
        assert found[at] == (int(km.argmin()) if close[0] < tolerance else -1)


def test_distance_is_measured_along_great_circles():
    """At 80 degrees north, 3 degrees of longitude are nearer than 1 degree of latitude."""
    polygons = Polygons.of(
        ("south", "east"), [shapely.box(-1, 78, 1, 79), shapely.box(3, 79.9, 4, 80.1)]
    )
    assert polygons.locate([80.0], [0.0], tolerance_km=120.0) == [1]
    assert polygons.locate([80.0], [0.0], tolerance_km=50.0) == [-1]


def test_equally_near_regions_are_decided_by_their_order():
    boxes = [shapely.box(1, -1, 2, 1), shapely.box(-2, -1, -1, 1)]
    assert Polygons.of(("a", "b"), boxes).locate([0.0], [0.0], tolerance_km=200.0) == [0]
    assert Polygons.of(("b", "a"), boxes[::-1]).locate([0.0], [0.0], tolerance_km=200.0) == [0]


def test_polygons_may_reach_beyond_180_degrees():
    polygons = Polygons.of(
        ("fiji", "chukotka"), [shapely.box(175, -20, 185, -15), shapely.box(-190, 60, -170, 70)]
    )
    lat, lon = (
        [-17.0, -17.0, -17.0, 65.0, 65.0, 65.0],
        [176.0, -176.0, -180.0, 175.0, -175.0, 165.0],
    )
    assert list(polygons.locate(lat, lon)) == [0, 0, 0, 1, 1, -1]


@given(st.floats(-540, 400), st.floats(0.5, 350), st.floats(-179, 179))
def test_polygons_hold_the_same_positions_whatever_turn_they_are_on(west, width, lon):
    box = shapely.box(west, 0, min(west + width, 540.0), 5)
    found = Polygons.of(("box",), [box]).locate([2.5], [lon], tolerance_km=0.0)
    turns = [lon + turn for turn in (-360.0, 0.0, 360.0)]
    _, _, east, _ = box.bounds
    if any(abs(turn - end) < 1e-6 for turn in turns for end in (west, east)):
        return  # on a border, where rounding decides
    assert (found[0] == 0) == any(west < turn < east for turn in turns)


def test_a_position_on_180_degrees_lies_in_the_polygons_on_both_sides():
    east, west = shapely.box(170, 0, 180, 5), shapely.box(-180, 0, -170, 5)
    for lon in (180.0, -180.0, 540.0):
        assert Polygons.of(("east",), [east]).locate([2.0], [lon], tolerance_km=0.0) == [0]
        assert Polygons.of(("west",), [west]).locate([2.0], [lon], tolerance_km=0.0) == [0]
        assert Polygons.of(("over",), [shapely.box(530, 0, 540, 5)]).locate([2.0], [lon]) == [0]


def test_a_pole_lies_in_the_polygons_that_touch_it():
    shapes = [shapely.box(-40, 60, 0, 89), shapely.box(10, 80, 20, 90), shapely.box(50, 80, 60, 90)]
    polygons = Polygons.of(("below", "wedge", "other"), shapes)
    assert list(polygons.locate([90.0, -90.0], [0.0, 15.0], tolerance_km=0.0)) == [1, -1]
    assert list(polygons.locate([90.0], [-170.0], tolerance_km=0.0)) == [1]
    south = Polygons.of(("wedge",), [shapely.box(10, -90, 20, -80)])
    assert list(south.locate([-90.0, 90.0], [0.0, 0.0], tolerance_km=0.0)) == [0, -1]


# --- Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "parquet", "shp"])
def test_files_of_many_formats_are_read(suffix, tmp_path):
    path = tmp_path / f"zones.{suffix}"
    frame = squares()
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    polygons = read_polygons(path)
    assert polygons.names == ("west", "east")
    assert polygons.notes == ()
    assert list(polygons.locate([5.0, 5.0, 50.0], [1.0, 9.0, 50.0])) == [0, 1, -1]


def test_any_reference_system_will_do():
    polygons = read_polygons(squares().to_crs(3857))
    assert list(polygons.locate([5.0, 5.0], [1.0, 9.0])) == [0, 1]


def test_polygons_of_one_name_are_one_region():
    frame = squares()
    frame["zone"] = "both"
    polygons = read_polygons(frame)
    assert polygons.names == ("both",)
    assert list(polygons.locate([5.0, 5.0], [1.0, 9.0])) == [0, 0]


def test_blanks_around_a_name_do_not_make_a_region():
    polygons = read_polygons(squares().assign(zone=["A", " A "]))
    assert polygons.names == ("A",)
    assert list(polygons.locate([5.0, 5.0], [1.0, 9.0])) == [0, 0]


def test_regions_on_both_sides_of_180_degrees_may_be_one_or_overlap():
    """A box beyond 180 degrees is the same place as one east of -180."""
    frame = geopandas.GeoDataFrame(
        {"zone": ["over", "west"]},
        geometry=[shapely.box(170, 0, 190, 10), shapely.box(-180, 0, -170, 10)],
        crs=4326,
    )
    polygons = read_polygons(frame)
    assert polygons.notes[0].startswith("1 pair of regions overlap")
    assert list(polygons.locate([5.0, 5.0, 5.0], [-175.0, 175.0, -165.0])) == [0, 0, -1]
    apart = frame.set_geometry([shapely.box(170, 0, 180, 10), shapely.box(-180, 0, -170, 10)])
    assert read_polygons(apart.set_crs(4326)).notes == ()


def test_numbers_may_be_names():
    assert read_polygons(squares(index=[3, 4]).assign(code=[7, 8]), name="code").names == ("7", "8")


def test_overlaps_are_counted_and_the_first_wins():
    frame = geopandas.GeoDataFrame(
        {"zone": ["a", "b"]},
        geometry=[shapely.box(0, 0, 6, 10), shapely.box(5, 0, 10, 10)],
        crs=4326,
    )
    polygons = read_polygons(frame)
    assert polygons.notes == (
        "1 pair of regions overlap: a position in both counts for the one that comes first in the "
        "file.",
    )
    assert list(polygons.locate([5.0], [5.5])) == [0]
    assert list(read_polygons(frame[::-1]).locate([5.0], [5.5])) == [0]
    assert read_polygons(frame[::-1]).names == ("b", "a")


def test_invalid_polygons_are_repaired_and_counted():
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    frame = geopandas.GeoDataFrame({"zone": ["bow"]}, geometry=[bow], crs=4326)
    polygons = read_polygons(frame)
    assert "1 polygon of The table of regions repaired" in polygons.notes[0]
    assert "row 0" in polygons.notes[0]
    assert list(polygons.locate([1.0, 1.9], [0.2, 1.0], tolerance_km=0.0)) == [0, -1]


def test_missing_geometries_are_left_out_and_counted():
    frame = squares()
    frame.loc[0, "geometry"] = None
    polygons = read_polygons(frame)
    assert polygons.names == ("east",)
    assert "1 region of The table of regions left out, without a geometry" in polygons.notes[0]


def test_edges_that_span_the_globe_are_said():
    frame = squares()
    frame.loc[0, "geometry"] = shapely.Polygon([(170, 0), (-170, 0), (-170, 5), (170, 5)])
    assert "2 edges of regions longer than 180 degrees" in read_polygons(frame).notes[0]
    frame.loc[0, "geometry"] = shapely.box(100, 20, 300, 30)
    assert "2 edges of regions longer than 180 degrees" in read_polygons(frame).notes[0]


def refused(source, message, **choices):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=message):
            read_polygons(source, **choices)


def test_bad_regions_are_refused(tmp_path):
    refused(tmp_path / "none.gpkg", "There is no file")
    (tmp_path / "text.geojson").write_text("hello")
    refused(tmp_path / "text.geojson", "cannot be read as polygons")
    (tmp_path / "text.parquet").write_text("hello")
    refused(tmp_path / "text.parquet", "cannot be read as GeoParquet")
    squares().drop(columns="geometry").to_parquet(tmp_path / "plain.parquet")
    refused(tmp_path / "plain.parquet", "cannot be read as GeoParquet")
    refused(3, "not from a int")
    refused(squares()[:0], "has no polygons")
    refused(squares().set_crs(None, allow_override=True), "no coordinate reference system")
    refused(
        squares().set_geometry(squares().representative_point()), "the first a Point, in rows 0, 1"
    )
    refused(squares().set_geometry(squares().boundary), "the first a LineString")
    refused(squares().drop(columns="zone"), "0 columns of text where one would name")
    refused(squares().assign(other="x"), "2 columns of text, 'zone', 'other', where")
    refused(squares(), "no column 'zones'.* Did you mean 'zone'", name="zones")
    refused(squares().assign(zone=["a", None]), "1 polygon .* without a name .* row 1", name="zone")
    refused(squares().assign(zone=["a", "  "]), "1 polygon .* without a name .* in row 1")
    refused(geopandas.GeoDataFrame({"zone": ["a"]}), "has no geometry: set it")
    refused(squares(), "region_name= takes a column name, not a list", name=["zone"])
    refused(
        squares().set_crs(4326).translate(0, 85).to_frame("geometry").assign(zone="a"),
        "2 polygons .* outside the globe",
    )


def test_a_file_of_several_layers_is_refused(tmp_path):
    path = tmp_path / "layers.gpkg"
    squares().to_file(path, layer="one")
    squares().to_file(path, layer="two")
    refused(path, "2 layers of geometries: 'one', 'two'")


def test_a_table_without_geometries_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("zone,n\na,1\n")
    refused(path, "0 layers of geometries")


def test_geojson_with_points_is_refused(tmp_path):
    path = tmp_path / "points.geojson"
    point = {
        "type": "Feature",
        "properties": {"zone": "a"},
        "geometry": {"type": "Point", "coordinates": [0, 0]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [point]}))
    refused(path, "other geometries than polygons")
