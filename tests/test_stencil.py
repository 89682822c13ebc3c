"""What lies around positions on plain lattices, against a look at every lattice point."""

import numpy as np
import pytest

from geobias.geometry.lattice import lattice_of, most_rings, ring_table
from geobias.geometry.ranking import shortest
from geobias.geometry.stencil import (
    TILE,
    find_shortest,
    locate,
    room_for_met,
    room_for_tile,
    surround,
)

COVERS = 2.2
SIZES = [(25, 1e-8), (60, 1e-4), (100, 0.02), (333, 0.47), (2000, 0.1), (20_000, 0.49)]


def lattice_and_rings(n, radius):
    rings = ring_table(most_rings(n, radius))
    lattice = lattice_of(n, radius, 4, rings.size)
    assert lattice.plain
    return lattice, rings


def points_of(lattice, rings):
    """Where the lattice points lie, as (south, east, down)."""
    ring = rings.ring[: lattice.points]
    across = lattice.across[ring]
    cos, sin = rings.cos[: lattice.points], rings.sin[: lattice.points]
    return across * cos, across * sin, lattice.down[ring]


def filled(lattice, seed):
    """A tile of positions all over a lattice, some next to its centre and on its rim."""
    draw = np.random.default_rng(seed)
    theta = lattice.rings * np.sqrt(draw.random(TILE))
    theta[:40] = draw.uniform(0.0, 2.6, 40)
    theta[40:80] = draw.uniform(lattice.rings - 1.6, lattice.rings, 40)
    theta[80:84] = lattice.rings
    azimuth = draw.uniform(-np.pi, np.pi, TILE)
    azimuth[::10] = np.pi * draw.integers(-4, 5, azimuth[::10].size) / 4
    tile = room_for_tile()
    angle = theta * lattice.spacing
    tile.south[:] = np.sin(angle) * np.cos(azimuth)
    tile.east[:] = np.sin(angle) * np.sin(azimuth)
    tile.down[:] = 2.0 * np.sin(angle / 2.0) ** 2
    tile.south[0] = tile.east[0] = tile.down[0] = 0.0
    theta[0] = 0.0
    return tile, theta, azimuth


def squared_chords(tile, i, points):
    south, east, down = points
    return (tile.south[i] - south) ** 2 + (tile.east[i] - east) ** 2 + (tile.down[i] - down) ** 2


def with_room(apart2, k):
    row = np.empty((1, k))
    shortest(apart2, apart2.size, row, 0, k)
    return row[0]


@pytest.mark.parametrize(("n", "radius"), SIZES)
def test_positions_are_located_to_a_thousandth_of_a_ring_and_of_a_step(n, radius):
    lattice, _ = lattice_and_rings(n, radius)
    tile, theta, azimuth = filled(lattice, 1)
    locate(tile, TILE, lattice.spacing)
    np.testing.assert_allclose(tile.rounds, theta, rtol=0, atol=1e-3)
    away = (tile.turns - (azimuth + np.pi) / (2.0 * np.pi))[theta > 0.0]
    assert np.abs(away - np.round(away)).max() * 2.0 * np.pi * lattice.rings < 1e-3


@pytest.mark.parametrize(("n", "radius"), SIZES)
def test_around_a_position_is_all_that_is_near_and_its_four_nearest(n, radius):
    lattice, rings = lattice_and_rings(n, radius)
    points, met = points_of(lattice, rings), room_for_met()
    within = COVERS * lattice.spacing**2
    lattice.limit2[:] = within
    for seed in range(20):
        tile, _, _ = filled(lattice, seed)
        tile.number[:] = np.arange(TILE)[::-1]
        locate(tile, TILE, lattice.spacing)
        many = surround(tile, TILE, lattice, rings, met)
        find_shortest(tile, TILE)
        number, point = np.divmod(met.pair[:many], np.uint64(2**32))
        for i in range(TILE):
            apart2 = squared_chords(tile, i, points)
            near = np.flatnonzero(apart2 <= within)
            mine = np.flatnonzero(number == tile.number[i])
            order = mine[np.argsort(point[mine])]
            assert (point[order] == near).all()
            assert (met.apart2[order] == apart2[near]).all()
            assert (tile.low2[:, i] == with_room(apart2, 4)).all()


@pytest.mark.parametrize(("n", "radius"), SIZES[:-1])
def test_a_flat_lattice_bounds_how_far_the_four_nearest_others_are(n, radius):
    lattice, rings = lattice_and_rings(n, radius)
    south, east, down = points_of(lattice, rings)
    away = rings.ring[: lattice.points]
    flat_south, flat_east = away * rings.cos[: away.size], away * rings.sin[: away.size]
    for point in range(lattice.points):
        ring = rings.ring[point]
        flat2 = (flat_south - flat_south[point]) ** 2 + (flat_east - flat_east[point]) ** 2
        expected = np.partition(np.delete(flat2, point), 4)[:4]
        known = rings.flat2[int(ring == lattice.rings), point]
        np.testing.assert_allclose(known, np.sort(expected), rtol=2e-7)
        own2 = (south - south[point]) ** 2 + (east - east[point]) ** 2 + (down - down[point]) ** 2
        own2 = np.sort(np.partition(np.delete(own2, point), 4)[:4])
        assert (own2 <= known * lattice.spacing**2 * (1.0 + 2e-7)).all()
        assert (own2 >= known * lattice.spacing**2 * (1.0 - lattice.bend - 2e-7)).all()
        assert own2[3] <= lattice.limit2[ring] <= COVERS * (1.0 + 1e-5) * lattice.spacing**2


def test_tiny_wide_and_crowded_lattices_are_not_plain():
    for n, radius, k in [(15, 0.01, 4), (1000, 0.6, 4), (1000, 2e-8, 4), (1000, 0.01, 5)]:
        assert not lattice_of(n, radius, k, ring_table(most_rings(n, radius)).size).plain
