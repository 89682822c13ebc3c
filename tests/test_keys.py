"""Which samples are among the nearest of a lattice point: by keys, and one by one."""

import numpy as np
import pytest
from numba import njit

from geobias.geometry.borrowing import borrowed, give_back
from geobias.geometry.graph import link_background
from geobias.geometry.keys import MANY
from geobias.geometry.lattice import lattice_of, most_rings, ring_table
from geobias.geometry.linking import room_to_link
from geobias.geometry.offers import lay_out
from geobias.geometry.rows import put_in, rank_of
from geobias.geometry.shores import EVERYWHERE

SIZES = [(30, 1e-4), (90, 0.02), (400, 0.16), (900, 0.45), (500, 1.06)]


def lattice_and_rings(n, radius, k):
    rings = ring_table(most_rings(n, radius), k)
    lattice = lattice_of(n, radius, k, rings.size)
    assert lattice.plain
    return lattice, rings


def anywhere(n, radius, draw, *_):
    """Positions all over a disc, some of them at one place."""
    theta, azimuth = radius * np.sqrt(draw.random(n)), draw.uniform(-np.pi, np.pi, n)
    again = draw.integers(0, n, n // 3)
    theta[: again.size], azimuth[: again.size] = theta[again], azimuth[again]
    south, east = np.sin(theta) * np.cos(azimuth), np.sin(theta) * np.sin(azimuth)
    return south, east, 2.0 * np.sin(theta / 2.0) ** 2


def in_circles(n, radius, draw, lattice, rings):
    """Positions around a few lattice points, at nearly the same distance from them, or quite."""
    south, east, _ = anywhere(n, radius, draw)
    centres = draw.choice(lattice.points, n // 12, replace=False)
    for nth, point in enumerate(centres):
        ring = rings.ring[point]
        some = slice(8 * nth, 8 * nth + 8)
        away = np.sqrt(draw.choice([0.02, 0.5, 0.8, 1.0, 1.1])) * lattice.spacing
        away = away * (1.0 + draw.choice([0.0, 1e-15, 3e-10, 1e-9, 4e-9, 3e-8, 1e-6], 8))
        turn = draw.uniform(-np.pi, np.pi, 8)
        turn[:4] = turn[draw.integers(0, 8, 4)]
        south[some] = lattice.across[ring] * rings.cos[point] + away * np.cos(turn)
        east[some] = lattice.across[ring] * rings.sin[point] + away * np.sin(turn)
    flat2 = south**2 + east**2
    return south, east, flat2 / (1.0 + np.sqrt(1.0 - flat2))


def on_borders(n, radius, draw, lattice, rings):
    """Positions about as far from a lattice point as its nearest others."""
    south, east, _ = anywhere(n, radius, draw)
    inner = np.flatnonzero(rings.ring[: lattice.points] < lattice.rings)
    flat2 = rings.flat2[0].reshape(-1, 4)
    flat2 = flat2[:, flat2[0] > 0.0]
    for i in range(n // 2):
        point = draw.choice(inner)
        ring = rings.ring[point]
        own2 = flat2[point, draw.integers(flat2.shape[1])]
        shrinking = (lattice.across[ring] / (ring * lattice.spacing)) ** draw.choice([0, 1, 2])
        own2 = (own2 - (own2 > 1.0)) * shrinking + (own2 > 1.0)
        own2 = own2 * (1.0 + draw.choice([-1e-6, -3e-8, -1e-10, 0.0, 1e-10, 3e-8, 1e-6]))
        away, turn = np.sqrt(own2) * lattice.spacing, draw.uniform(-np.pi, np.pi)
        south[i] = lattice.across[ring] * rings.cos[point] + away * np.cos(turn)
        east[i] = lattice.across[ring] * rings.sin[point] + away * np.sin(turn)
    flat2 = south**2 + east**2
    return south, east, flat2 / (1.0 + np.sqrt(1.0 - flat2))


def linked(positions, lattice, rings, k, room):
    """The edges of members with the background, whose own edges all go to one another."""
    n, local = positions[0].size, room.local
    local.south[:], local.east[:], local.down[:] = positions
    draw = np.random.default_rng(n)
    local.near2[:] = np.sort(draw.uniform(0.0, 1.5, local.near2.shape), axis=1) * lattice.spacing**2
    local.linked[:] = draw.integers(0, k + 1, n)
    local.near2[np.arange(local.near2.shape[1]) >= local.linked[:, None]] = np.inf
    lay_out(room.offers, lattice)
    inside = link_background(local, n, k, lattice, rings, room.keys, room.offers)
    return inside, local.kept.copy(), local.border.copy()


def assert_keys_agree_with_one_by_one(positions, lattice, rings, k):
    room = room_to_link(positions[0].size, k, rings, EVERYWHERE)
    # Twice, for what one neighbourhood leaves behind must not matter to the next.
    for _ in range(2):
        by_key = linked(positions, lattice, rings, k, room)
        one_by_one = linked(positions, lattice._replace(plain=False), rings, k, room)
        assert by_key[0] == one_by_one[0]
        assert (by_key[1] == one_by_one[1]).all()
        assert (by_key[2] == one_by_one[2]).all()
        assert by_key[0] + by_key[2].sum() >= k * lattice.points


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize(("n", "radius"), SIZES)
@pytest.mark.parametrize("positions", [anywhere, in_circles, on_borders])
def test_nearest_by_key_are_the_nearest(positions, n, radius, k):
    lattice, rings = lattice_and_rings(n, radius, k)
    for seed in range(40):
        found = positions(n, radius, np.random.default_rng(seed), lattice, rings)
        assert_keys_agree_with_one_by_one(found, lattice, rings, k)


def test_all_samples_at_one_place_or_two():
    lattice, rings = lattice_and_rings(200, 0.02, 4)
    draw = np.random.default_rng(1)
    south, east, down = anywhere(200, 0.02, draw)
    for places in (1, 2, 3):
        which = draw.integers(0, places, 200)
        positions = south[which], east[which], down[which]
        assert_keys_agree_with_one_by_one(positions, lattice, rings, 4)


def test_many_members_go_square_by_square():
    n, radius = 2 * MANY, 0.1
    lattice, rings = lattice_and_rings(n, radius, 4)
    draw = np.random.default_rng(1)
    for positions in (anywhere, in_circles, on_borders):
        found = positions(n, radius, draw, lattice, rings)
        assert_keys_agree_with_one_by_one(found, lattice, rings, 4)


@njit
def _put_in_all(keys, rows, bits, leaves, stays):
    for i in range(rows.size):
        leaves[i], stays[i] = put_in(keys, rows[i], bits[i])


def test_a_row_keeps_its_four_lowest_keys():
    draw = np.random.default_rng(1)
    rows, new = draw.integers(0, 3, 200), draw.choice([0.0, 5e-324, 1e-9, 0.5, 0.75, 2.0, 8.0], 200)
    keys, leaves, stays = np.full((3, 4), np.inf), np.empty(200), np.empty(200)
    _put_in_all(keys, rows, new.view(np.int64), leaves.view(np.int64), stays.view(np.int64))
    expected = [[np.inf] * 4 for _ in range(3)]
    for i in range(200):
        *expected[rows[i]], last = sorted([*expected[rows[i]], new[i]])
        assert (leaves[i], stays[i]) == (last, expected[rows[i]][3])
    assert keys.tolist() == expected


@njit
def _ranks_of(rows, items):
    ranks = np.empty((rows.shape[0], items.size), np.int64)
    for row in range(rows.shape[0]):
        for nth in range(items.size):
            ranks[row, nth] = rank_of(rows, row, items[nth])
    return ranks


def test_a_row_tells_at_which_place_an_item_is():
    rows = np.array([[3, 1, 2, 0], [5, -1, -1, -1], [2**30, 7, 9, 2**31 - 1]], np.int32)
    items = np.array([0, 1, 2, 3, 5, 7, 9, 2**30, 2**31 - 1], np.int32)
    expected = [[(*row, item).index(item) for item in items] for row in rows]
    assert _ranks_of(rows, items).tolist() == expected


@njit
def _sums_of_what_was_lent(turns):
    totals = np.empty(turns)
    for turn in range(turns):
        own = (np.full(1000, float(turn)), (np.arange(1000), turn))
        numbers, (steps, number) = borrowed(own)
        others = np.zeros(1000)
        for i in range(1000):
            others[i] = numbers[i] + steps[i] + number
        totals[turn] = others.sum()
        give_back(own)
    return totals


def test_what_is_lent_stays_until_it_is_given_back():
    found = _sums_of_what_was_lent(500)
    np.testing.assert_array_equal(found, 499_500.0 + 2000.0 * np.arange(500))
