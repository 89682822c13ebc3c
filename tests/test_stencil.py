"""What lies around positions on plain lattices, against a look at every lattice point."""

import numpy as np
import pytest

from geobias.geometry.lattice import bounds_on_globe, lattice_of, most_rings, ring_table
from geobias.geometry.stencil import (
    DOWN,
    EAST,
    EMPTY,
    LOW2,
    NEAR2,
    PRECISION,
    SHORTER,
    SLOTS,
    SOUTH,
    TILE,
    TINY,
    TURNS,
    UNSURE,
    compare,
    find_shortest,
    locate,
    room_around,
    room_for_tile,
    surround,
)
from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE

SIZES = [
    (25, 1e-8),
    (25, 0.43),
    (60, 1e-4),
    (100, 0.02),
    (333, 0.47),
    (2000, 0.1),
    (370, 1.06),
    (700, 1.07),
    (5000, 1.08),
    (20_000, 0.49),
]


def lattice_and_rings(n, radius, k=4):
    rings = ring_table(most_rings(n, radius), k)
    lattice = lattice_of(n, radius, k, rings.size)
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
    theta[0] = 0.0
    angle = theta * lattice.spacing
    tile = room_for_tile()
    tile.work[SOUTH : SOUTH + TILE] = np.sin(angle) * np.cos(azimuth)
    tile.work[EAST : EAST + TILE] = np.sin(angle) * np.sin(azimuth)
    tile.work[DOWN : DOWN + TILE] = 2.0 * np.sin(angle / 2.0) ** 2
    return tile, theta, azimuth


def squared_chords(tile, points):
    """To all lattice points, (positions, points)."""
    return sum(
        (tile.work[row : row + TILE, None] - axis) ** 2
        for row, axis in zip((SOUTH, EAST, DOWN), points, strict=True)
    )


def farthest_of_four(lattice, rings):
    """A squared chord from each lattice point that the fourth nearest other does not exceed."""
    within = np.empty(lattice.points)
    for ring in range(1, lattice.rings + 1):
        _, high, _, more_high = bounds_on_globe(ring, ring, lattice)
        own = np.flatnonzero(rings.ring[: lattice.points] == ring)
        within[own] = more_high + high * rings.flat2[int(ring == lattice.rings), 4 * own]
    return within


@pytest.mark.parametrize(("n", "radius"), SIZES)
def test_positions_are_located_by_their_rings_and_turns(n, radius):
    lattice, _ = lattice_and_rings(n, radius)
    tile, theta, azimuth = filled(lattice, 1)
    locate(tile, TILE, lattice.spacing)
    assert (np.abs(tile.inner + 1.0 - theta) < 0.501).all()
    away = (tile.work[TURNS : TURNS + TILE] - (azimuth + np.pi) / (2.0 * np.pi))[theta > 0.0]
    assert np.abs(away - np.round(away)).max() < 3e-16


@pytest.mark.parametrize(("n", "radius"), SIZES)
def test_around_a_position_is_all_that_is_near_and_its_four_nearest(n, radius):
    lattice, rings = lattice_and_rings(n, radius)
    points, around = points_of(lattice, rings), room_around(TILE)
    within = farthest_of_four(lattice, rings)
    for seed in range(20):
        tile, _, _ = filled(lattice, seed)
        locate(tile, TILE, lattice.spacing)
        surround(tile, TILE, lattice, rings, around.point[0], around.apart2[0])
        find_shortest(tile.work, TILE, around.apart2[0])
        found = around.point[0].reshape(SLOTS, TILE)
        found2 = around.apart2[0].reshape(SLOTS, TILE)
        expected2 = squared_chords(tile, points)
        for i in range(TILE):
            there = found2[:, i] < EMPTY
            assert np.unique(found[there, i]).size == there.sum()
            assert np.isin(np.flatnonzero(expected2[i] <= within), found[there, i]).all()
            exact2 = expected2[i, found[there, i]]
            error = np.abs(found2[there, i] - exact2)
            assert (error <= PRECISION * np.maximum(exact2, TINY * lattice.spacing**2)).all()
        low2 = tile.work[LOW2 : LOW2 + 4 * TILE].reshape(4, TILE).T
        shortest2 = np.sort(np.partition(expected2, 3)[:, :4])
        error = np.abs(low2 - shortest2 * (1.0 + TIE_RELATIVE) - TIE_ABSOLUTE)
        assert (error <= PRECISION * np.maximum(low2, TINY * lattice.spacing**2)).all()


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_positions_that_compete_are_counted(k):
    draw = np.random.default_rng(k)
    near2, low2 = np.sort(draw.random((2, 4, TILE)), axis=1)
    near2[k:] = np.inf
    near2[0, :9] = low2[k - 1, :9] * (1.0 + PRECISION * draw.choice([-3.0, -1.0, 0.0, 1.0, 3.0], 9))
    work = room_for_tile().work
    work[NEAR2 : NEAR2 + 4 * TILE], work[LOW2 : LOW2 + 4 * TILE] = near2.ravel(), low2.ravel()
    compare(work, TILE, k)
    ratio = near2[:k] / low2[:k][::-1]
    np.testing.assert_array_equal(
        work[SHORTER : SHORTER + TILE], (ratio <= 1.0 - 2.0 * PRECISION).sum(axis=0)
    )
    np.testing.assert_array_equal(
        work[UNSURE : UNSURE + TILE] > 0.0, (np.abs(ratio - 1.0) < 2.0 * PRECISION).any(axis=0)
    )


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize(("n", "radius"), SIZES[:-2])
def test_a_flat_lattice_bounds_how_far_the_nearest_others_are(n, radius, k):
    lattice, rings = lattice_and_rings(n, radius, k)
    south, east, down = points_of(lattice, rings)
    away = rings.ring[: lattice.points]
    flat_south, flat_east = away * rings.cos[: away.size], away * rings.sin[: away.size]
    for point in range(lattice.points):
        ring = int(rings.ring[point])
        flat2 = (flat_south - flat_south[point]) ** 2 + (flat_east - flat_east[point]) ** 2
        expected = np.sort(np.partition(np.delete(flat2, point), k)[:k])
        known = rings.flat2[int(ring == lattice.rings)].reshape(-1, 4)[point]
        assert (known[k:] == -1.0).all()
        known = known[:k][::-1]
        np.testing.assert_allclose(known, expected, rtol=2e-7)
        own2 = (south - south[point]) ** 2 + (east - east[point]) ** 2 + (down - down[point]) ** 2
        own2 = np.sort(np.partition(np.delete(own2, point), k)[:k])
        inner = (1, lattice.rings - 1)
        for first, last in {(ring, ring), inner if ring < lattice.rings else (ring, ring)}:
            low, high, more_low, more_high = bounds_on_globe(first, last, lattice)
            beyond = np.arange(k) >= 2
            assert (own2 >= more_low * beyond + low * known).all()
            assert (own2 <= more_high * beyond + high * known).all()
            if first == last:
                near, far = more_low * beyond + low * known, more_high * beyond + high * known
                assert (far - near <= (2.0 * lattice.spacing + 1e-6) * far).all()


def test_tiny_wide_and_crowded_lattices_are_not_plain():
    for n, radius, k in [
        (15, 0.01, 4),
        (1000, 1.2, 4),
        (100, 0.6, 4),
        (1000, 2e-8, 4),
        (1000, 0.01, 5),
    ]:
        assert not lattice_of(n, radius, k, ring_table(most_rings(n, radius), k).size).plain
