"""The grid of blocks: equal areas, no position without a block, no seam."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import worlds
from geobias.geometry.blocks import blocks_of
from geobias.scales import EARTH_RADIUS_KM

AREA_KM2 = 4 * np.pi * EARTH_RADIUS_KM**2
SIDES = [500.0, 1000.0, 3333.0, 7000.0, 12_000.0, 19_999.0]

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180, exclude_max=True)
sides = st.floats(1.0, 20_000.0)


def block_of(lat, lon, side_km):
    return int(blocks_of(np.array([float(lat)]), np.array([float(lon)]), side_km)[0])


def total(side_km):
    """How many blocks there are: the last one lies in the north-east."""
    return block_of(90, np.nextafter(180, 0), side_km) + 1


@pytest.mark.parametrize("side_km", SIDES)
def test_blocks_have_equal_area(side_km):
    """Chi-square of uniform points; fails by chance once in a thousand seeds, and this is fixed."""
    world = worlds.uniform(200_000, 1)
    counts = np.bincount(blocks_of(world.lat, world.lon, side_km), minlength=total(side_km))
    assert len(counts) == total(side_km)
    assert (counts > 0).all()
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("side_km", [50.0, 200.0, 500.0, 1000.0])
def test_blocks_are_about_as_wide_as_asked(side_km):
    assert AREA_KM2 / total(side_km) == pytest.approx(side_km**2, rel=0.05)


@pytest.mark.parametrize("side_km", [500.0, 2000.0])
def test_blocks_are_about_as_wide_as_high(side_km):
    # Not at the poles, where blocks are sectors.
    step = 0.05
    lat, lon = np.meshgrid(np.arange(-60, 60, step), np.arange(-180, 180, 1.0), indexing="ij")
    blocks = blocks_of(lat.ravel(), lon.ravel(), side_km).reshape(lat.shape)
    height = np.diff(np.flatnonzero(np.diff(blocks[:, 0])))
    assert height * step * np.pi / 180 * EARTH_RADIUS_KM == pytest.approx(side_km, rel=0.3)
    row = blocks[len(blocks) // 2]
    width = 2 * np.pi * EARTH_RADIUS_KM / len(set(row.tolist()))
    assert width == pytest.approx(side_km, rel=0.3)


@given(lat=latitudes, lon=longitudes, side_km=sides)
def test_every_position_has_a_block(lat, lon, side_km):
    assert 0 <= block_of(lat, lon, side_km) < total(side_km)


@given(
    lat=latitudes,
    lon=st.tuples(longitudes, longitudes),
    side_km=sides,
)
def test_blocks_are_numbered_from_west_to_east_and_south_to_north(lat, lon, side_km):
    west, east = sorted(lon)
    assert block_of(lat, west, side_km) <= block_of(lat, east, side_km)
    for other in (lat - 1, lat - 30):
        if other >= -90:
            assert block_of(other, west, side_km) <= block_of(lat, west, side_km)


@given(lat=latitudes, lon=longitudes)
def test_close_positions_share_a_block_or_neighbour_it(lat, lon):
    """Blocks are whole: half a kilometre away begins another one at the most."""
    lats = np.clip(lat + np.linspace(-0.002, 0.002, 5), -90, 90)
    assert len(set(blocks_of(lats, np.full(5, lon), 1000.0).tolist())) <= 2


@pytest.mark.parametrize("lat", [-90, -89.999, -45, 0, 33.3, 89.999, 90])
@pytest.mark.parametrize("side_km", [200.0, 1000.0, 9000.0])
def test_the_date_line_lies_between_the_first_and_the_last_cell_of_a_band(lat, side_km):
    ring = blocks_of(np.full(3601, lat), np.linspace(-180, np.nextafter(180, 0), 3601), side_km)
    assert ring[0] == ring.min() == block_of(lat, -180, side_km)
    assert ring[-1] == ring.max()
    assert sorted(set(ring.tolist())) == list(range(ring[0], ring[-1] + 1))
    # From one cell to the next, the same number of steps, over the line as well.
    assert np.ptp(np.bincount(ring - ring[0])) <= 2


def test_both_ends_of_the_date_line():
    west, east = block_of(10, -180, 1000.0), block_of(10, 179.9999999, 1000.0)
    assert east - west == round(2 * np.pi * EARTH_RADIUS_KM * np.cos(np.radians(10)) / 1000.0) - 1
    assert block_of(10, np.nextafter(180, 0), 1000.0) == east


def test_the_poles_are_the_first_and_the_last_band():
    assert block_of(-90, 0, 500.0) == block_of(-89.9, 0, 500.0)
    assert block_of(90, 0, 500.0) == block_of(89.9, 0, 500.0)
    assert block_of(-90, -180, 500.0) == 0
    assert block_of(90, np.nextafter(180, 0), 500.0) == total(500.0) - 1


def test_a_huge_side_gives_one_block():
    world = worlds.uniform(1000, 2)
    assert set(blocks_of(world.lat, world.lon, 1e6).tolist()) == {0}


def test_the_largest_side_that_is_allowed_gives_two_halves():
    world = worlds.uniform(1000, 3)
    assert (blocks_of(world.lat, world.lon, 20_000.0) == (world.lon >= 0)).all()
