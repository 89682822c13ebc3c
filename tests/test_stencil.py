"""What lies around positions on plain lattices, against a look at every lattice point."""

import numpy as np
import pytest

from geobias.geometry.graph import room_for_offers, shortest
from geobias.geometry.lattice import lattice_of, most_rings, ring_table
from geobias.geometry.stencil import (
    OWN_SLOTS,
    SLOTS,
    TILE,
    find_shortest,
    is_straight,
    locate,
    room_for_tile,
    surround,
    surround_points,
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
    points, offers = points_of(lattice, rings), room_for_offers(rings.ring.size, 4)
    within = COVERS * lattice.spacing**2
    offers.limit2[:] = within
    for seed in range(20):
        tile, _, _ = filled(lattice, seed)
        locate(tile, TILE, lattice.spacing)
        many = surround(
            tile, TILE, lattice, rings, offers.limit2, offers.found, offers.found2, offers.ends
        )
        find_shortest(tile, TILE, SLOTS)
        assert many == offers.ends[-1]
        for i, (first, end) in enumerate(zip((0, *offers.ends[:-1]), offers.ends, strict=True)):
            apart2 = squared_chords(tile, i, points)
            near = np.flatnonzero(apart2 <= within)
            order = np.argsort(offers.found[first:end])
            assert (offers.found[first:end][order] == near).all()
            assert (offers.found2[first:end][order] == apart2[near]).all()
            assert (tile.low2[:, i] == with_room(apart2, 4)).all()


@pytest.mark.parametrize(("n", "radius"), SIZES[:-1])
def test_around_a_lattice_point_are_its_four_nearest_others_within_the_limit_of_its_ring(n, radius):
    lattice, rings = lattice_and_rings(n, radius)
    points, tile = points_of(lattice, rings), room_for_tile()
    for first in range(0, lattice.points, TILE):
        some = np.arange(first, min(first + TILE, lattice.points))
        surround_points(tile, some, lattice, rings)
        find_shortest(tile, some.size, OWN_SLOTS)
        tile.south[: some.size], tile.east[: some.size], tile.down[: some.size] = (
            axis[some] for axis in points
        )
        for i, point in enumerate(some):
            ring = rings.ring[point]
            own2 = with_room(np.delete(squared_chords(tile, i, points), point), 4)
            assert own2[3] <= lattice.limit2[ring] <= COVERS * (1.0 + 1e-5) * lattice.spacing**2
            if ring == 1:
                straight = is_straight(point, ring, 2, rings)
            else:
                straight = ring == lattice.rings and is_straight(point, ring, ring - 1, rings)
            if straight:  # one of two ties was looked at; they may differ in the last bits
                np.testing.assert_allclose(tile.low2[:, i], own2, rtol=1e-12)
            else:
                assert (tile.low2[:, i] == own2).all()


def test_tiny_wide_and_crowded_lattices_are_not_plain():
    for n, radius, k in [(15, 0.01, 4), (1000, 0.6, 4), (1000, 2e-8, 4), (1000, 0.01, 5)]:
        assert not lattice_of(n, radius, k, ring_table(most_rings(n, radius)).size).plain
