"""Maps: equal areas stay equal, nothing tears at the date line, and cells count what they hold."""

import numpy as np
import pytest
import shapely

import naive
import worlds
from geobias.errors import GeoBiasError
from geobias.maps import Cells, Land, View
from geobias.regions import locate
from worlds import KINDS

EARTH_KM2 = 4.0 * np.pi * 6371.0088**2

REGIONS = {
    "Fiji": (-17.0, 179.5),
    "Ethiopia": (9.0, 39.0),
    "south pole": (-90.0, 0.0),
    "north pole": (89.0, -120.0),
    "Chile, whose antipode is China": (-33.0, -71.0),
}


def around(place, spread=4.0, n=300):
    lat, lon = REGIONS[place]
    return worlds._scattered(lat, lon, spread, n, np.random.default_rng(1))


# --- Views ---------------------------------------------------------------------------------------


def test_the_map_of_the_world_has_the_area_of_the_globe():
    assert View.world().edge.area == pytest.approx(EARTH_KM2, rel=1e-4)


@pytest.mark.parametrize("place", REGIONS)
def test_areas_are_those_on_the_globe(place):
    lat, lon = REGIONS[place]
    view = View.of(*around(place))
    # A small cap, drawn as a polygon, wherever in the frame it lies.
    for north, east in ((0.0, 0.0), (3.0, 2.0), (-3.0, 1.0)):
        ring = worlds._scattered(lat, lon, 0.0, 1, np.random.default_rng(0))
        cap = naive_cap(ring.lat[0], ring.lon[0], np.radians(1.0), north, east)
        x, y = view.project(*cap)
        expected = 2.0 * np.pi * (1.0 - np.cos(np.radians(1.0))) * 6371.0088**2
        assert shapely.Polygon(np.column_stack((x, y))).area == pytest.approx(expected, rel=1e-3)


def naive_cap(lat, lon, reach, north, east):
    """Return a circle on the globe whose middle lies so many degrees off a position."""
    middle = unit(lat, lon)
    up = np.cross(middle, [1.0, 0.2, 0.3])
    up /= np.sqrt(up @ up)
    side = np.cross(middle, up)
    middle = middle + np.radians(north) * up + np.radians(east) * side
    middle /= np.sqrt(middle @ middle)
    up -= (up @ middle) * middle
    up /= np.sqrt(up @ up)
    side = np.cross(middle, up)
    turn = np.linspace(0.0, 2.0 * np.pi, 400, endpoint=False)[:, None]
    ring = np.cos(reach) * middle + np.sin(reach) * (np.cos(turn) * up + np.sin(turn) * side)
    return np.degrees(np.arcsin(ring[:, 2])), np.degrees(np.arctan2(ring[:, 1], ring[:, 0]))


def unit(lat, lon):
    phi, lam = np.radians(lat), np.radians(lon)
    return np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


@pytest.mark.parametrize("place", REGIONS)
def test_a_region_is_shown_around_its_samples_and_whole(place):
    lat, lon = around(place)
    view = View.of(lat, lon)
    assert view.frame is not None
    x, y = view.project(lat, lon)
    low_x, low_y, high_x, high_y = view.bounds
    assert (x > low_x).all()
    assert (x < high_x).all()
    assert (y > low_y).all()
    assert (y < high_y).all()
    # The map is no larger than it has to be.
    assert high_x - low_x < 2.3 * max(np.ptp(x), np.ptp(y))
    assert high_y - low_y < 2.3 * max(np.ptp(x), np.ptp(y))


def test_neighbours_across_the_date_line_stay_neighbours():
    view = View.of(np.array([-17.0, -17.0, -16.0]), np.array([179.9, -179.9, 178.0]))
    x, y = view.project(np.array([-17.0, -17.0]), np.array([179.9, -179.9]))
    apart = 6371.0088 * naive.haversine(*np.radians([-17.0, 179.9, -17.0, -179.9]))
    assert np.hypot(np.diff(x), np.diff(y)) == pytest.approx(apart, rel=1e-3)


@pytest.mark.parametrize(
    "positions",
    [
        worlds.uniform(200, 3),
        (np.array([0.0, 0.0]), np.array([0.0, 179.99])),
        (np.array([90.0, -90.0]), np.array([0.0, 0.0])),
        (np.array([10.0, 10.0]), np.array([-60.0, 60.0])),
    ],
)
def test_what_lies_far_apart_is_shown_on_the_world(positions):
    assert View.of(*positions) == View.world()


def test_a_single_position_has_a_map():
    view = View.of(np.array([90.0]), np.array([0.0]))
    low_x, low_y, high_x, high_y = view.bounds
    assert high_x - low_x == pytest.approx(2.0)
    assert high_y - low_y == pytest.approx(2.0)


def test_the_order_of_rows_does_not_change_the_map():
    lat, lon = around("Ethiopia")
    back = View.of(lat[::-1], lon[::-1])
    assert View.of(lat, lon) == back
    one, other = Cells.of(back, lat, lon), Cells.of(back, lat[::-1], lon[::-1])
    values = np.random.default_rng(2).normal(size=lat.size)
    assert (one.mean(values)[0] == other.mean(values[::-1])[0]).all()
    assert (one.lat == other.lat).all()
    assert one.across_km == other.across_km


# --- Land ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["world", *REGIONS])
def test_land_lies_where_the_countries_are(kind):
    if kind == "world":
        view, (lat, lon) = View.world(), worlds.uniform(3000, 5)
    else:
        lat, lon = around(kind, spread=6.0, n=3000)
        view = View.of(lat, lon)
    land = shapely.union_all(shapely.make_valid(Land.of(view, detail_km=1.0).areas))
    x, y = view.project(lat, lon)
    drawn = shapely.contains_xy(land, x, y)
    inside = locate(lat, lon, tolerance_km=0.0) >= 0
    assert inside.sum() > 0
    # They may differ where an edge was bent or a detail left out.
    assert np.mean(drawn != inside) < 0.006


@pytest.mark.parametrize("kind", ["world", *REGIONS])
def test_borders_stay_on_the_map_and_do_not_cross_it(kind):
    view = View.world() if kind == "world" else View.of(*around(kind))
    land = Land.of(view, detail_km=1.0)
    assert shapely.within(land.borders, view.edge.buffer(1.0)).all()
    # What is torn apart would be drawn across the sea.
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(land.borders, 50.0)))
    ground = shapely.union_all(shapely.make_valid(land.areas))
    shapely.prepare(ground)
    assert shapely.dwithin(ground, points, 5.0).all()


def test_the_seam_of_the_date_line_is_no_border():
    lines = shapely.union_all(Land.of(View.world()).borders)
    # Chukotka and Antarctica are cut at 180 degrees.
    for lat in (67.0, 67.5, 68.0, -80.0, -82.0):
        x, y = View.world().project(lat, -180.0)
        assert shapely.distance(lines, shapely.Point(x, y)) > 30.0


# --- Cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_samples_lie_in_their_hexagons(kind):
    lat, lon = KINDS[kind](500, 7)
    view = View.of(lat, lon)
    cells = Cells.of(view, lat, lon)
    x, y = view.project(lat, lon)
    shapes = shapely.buffer(shapely.polygons(cells.hexagons()), 1e-6)
    assert shapely.contains_xy(shapes[cells.cell], x, y).all()
    assert (cells.count == np.bincount(cells.cell)).all()
    assert (cells.count > 0).all()
    assert shapely.area(shapely.polygons(cells.hexagons())) == pytest.approx(cells.area_km2)
    # Hexagons do not overlap.
    whole = shapely.polygons(cells.hexagons())
    one, other = shapely.STRtree(whole).query(whole, "intersects")
    shared = shapely.area(shapely.intersection(whole[one], whole[other]))[one != other]
    assert (shared < 1e-6 * cells.area_km2).all()


@pytest.mark.parametrize("across_km", [17.0, 300.0, 2500.0])
def test_the_cell_is_the_one_with_the_nearest_middle(across_km):
    lat, lon = worlds.uniform(400, 8)
    view = View.world()
    cells = Cells.of(view, lat, lon, across_km)
    x, y = view.project(lat, lon)
    apart = np.hypot(x[:, None] - cells.x, y[:, None] - cells.y)
    assert (cells.across_km, apart.min(axis=1).max() <= across_km / np.sqrt(3)) == (across_km, True)
    assert apart[np.arange(400), cells.cell] == pytest.approx(apart.min(axis=1))


def test_means_leave_out_what_is_not_known_and_count_the_rest():
    lat = np.array([10.0, 10.0, 10.0, 40.0, 40.0, -20.0])
    lon = np.array([20.0, 20.0, 20.0, 30.0, 30.0, 40.0])
    cells = Cells.of(View.world(), lat, lon, 300.0)
    mean, known = cells.mean([1.0, np.nan, 0.0, np.nan, np.nan, 5.0])
    assert cells.count.tolist() == [1, 3, 2]
    assert known.tolist() == [1, 2, 0]
    np.testing.assert_array_equal(mean, [5.0, 0.5, np.nan])
    assert cells.lat == pytest.approx([-20.0, 10.0, 40.0])
    assert cells.lon == pytest.approx([40.0, 20.0, 30.0])


def test_cells_grow_until_they_hold_enough():
    sizes = {n: Cells.of(View.world(), *worlds.uniform(n, 9)) for n in (300, 60_000, 300_000)}
    assert [cells.across_km for cells in sizes.values()] == [2000.0, 500.0, 500.0]
    held = [np.median(cells.count[cells.cell]) for cells in sizes.values()]
    assert (held[0] < 20.0, held[1] >= 20.0, held[2] >= 20.0) == (True, True, True)


def test_cells_are_no_larger_than_a_twelfth_of_the_map():
    assert Cells.of(View.world(), *worlds.uniform(5, 9)).across_km == 2000.0


@pytest.mark.parametrize("across_km", [0.0, -1.0, np.nan, 1e9, "wide"])
def test_cells_of_no_size_are_refused(across_km):
    with pytest.raises(GeoBiasError, match="more than 0 and at most 10,000 km across, not"):
        Cells.of(View.world(), np.array([1.0]), np.array([1.0]), across_km)


def test_small_cells_lie_in_large_ones_and_around_their_samples():
    lat, lon = worlds.uniform(300, 2)
    view = View.world()
    cells = Cells.of(view, lat, lon, 1500.0)
    scale = np.linspace(0.3, 1.0, cells.x.size)
    small, large = (shapely.polygons(cells.hexagons(each)) for each in (scale, 1.0))
    assert shapely.area(small) == pytest.approx(cells.area_km2 * scale**2)
    assert shapely.covers(shapely.buffer(large, 1e-6), small).all()
    x, y = view.project(lat, lon)
    for at in range(cells.x.size):
        own = cells.cell == at
        assert shapely.contains_xy(small[at], x[own].mean(), y[own].mean())
