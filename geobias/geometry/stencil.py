"""The lattice points around many positions at once, for plain lattices and up to 4 neighbours.

A plain lattice is neither tiny nor so wide that the globe bends it much. There, whatever matters
to a position is on the rings next to it, among the few points of each that are next in azimuth:
always so many, so that nothing depends on what has been found. Most steps below go through all
positions with plain arithmetic, which the compiler turns into vector instructions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE, Floats

TILE = 128
"""So many positions are in work at once."""

SLOTS = 12
"""So many lattice points around a position hold all within 2.2 squared spacings."""


class Tile(NamedTuple):
    """Positions by number, and what lies around them.

    ``rounds`` and ``turns`` say how many rings out and how many turns round a position is.
    ``apart2`` (slots, positions) holds squared chords to lattice points around it, infinite where
    there is none; ``low2`` the four shortest, with room for a tie.
    """

    number: NDArray[np.uint64]
    south: Floats
    east: Floats
    down: Floats
    rounds: Floats
    turns: Floats
    apart2: Floats
    low2: Floats


class Met(NamedTuple):
    """Pairs of a lattice point and a position in a tile that may matter to each other.

    The upper half of ``pair`` is the number of the position. ``bits`` are those of ``apart2``, the
    squared chords between the two.
    """

    pair: NDArray[np.uint64]
    apart2: Floats
    bits: NDArray[np.uint64]


@njit(cache=True, nogil=True)
def room_for_tile():
    """Allocate work space for a tile."""
    return Tile(
        np.zeros(TILE, np.uint64), np.zeros(TILE), np.zeros(TILE), np.zeros(TILE), np.zeros(TILE),
        np.zeros(TILE), np.zeros((SLOTS, TILE)), np.zeros((4, TILE)),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def room_for_met():
    """Allocate room for all pairs in a tile, and one."""
    most = TILE * SLOTS + 1
    apart2 = np.empty(most)
    return Met(np.empty(most, np.uint64), apart2, apart2.view(np.uint64))


@njit(cache=True, nogil=True, inline="always")
def _eighth(slope):
    """Return the arc tangent of a slope up to 1, in turns, good to 1e-8."""
    s2 = slope * slope
    return slope * (
        0.159154837321 + s2 * (-0.053046120007 + s2 * (0.0317459345203 + s2 * (
            -0.0221362191197 + s2 * (0.0153459027942 + s2 * (-0.00889854845097 + s2 * (
                0.00347947930237 + s2 * -0.00064527232173
            )))
        )))
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def locate(tile, count, spacing):
    """Tell how many rings out and how many turns round positions lie.

    Both are good to a thousandth of a ring, and of a step on any ring.
    """
    south, east, down = tile.south, tile.east, tile.down
    rounds, turns = tile.rounds, tile.turns
    for i in range(count):
        quarter = (south[i] * south[i] + east[i] * east[i] + down[i] * down[i]) / 4.0
        # The arc sine by its series, for angles up to half a radian.
        stretch = 1.0 + quarter * (
            1.0 / 6.0 + quarter * (3.0 / 40.0 + quarter * (5.0 / 112.0 + quarter * 35.0 / 1152.0))
        )
        rounds[i] = 2.0 * math.sqrt(quarter) * stretch / spacing
    for i in range(count):
        u, v = abs(south[i]), abs(east[i])
        longer, shorter = (u, v) if u > v else (v, u)
        turn = _eighth(shorter / (longer + 1e-300))
        turn = 0.25 - turn if v > u else turn
        turn = 0.5 - turn if south[i] < 0.0 else turn
        turns[i] = 0.5 - turn if east[i] < 0.0 else 0.5 + turn


@njit(cache=True, nogil=True, inline="always")
def _squared_chord(south, east, sink2, across, cos, sin):
    """Return the squared chord from a position to a lattice point."""
    step_south = south - across * cos
    step_east = east - across * sin
    return step_south * step_south + step_east * step_east + sink2


@njit(cache=True, nogil=True)
def surround(tile, count, lattice, rings, met):
    """Measure the lattice points around positions; list those within the limit of their ring.

    Returns how many are listed in ``met``. Left out are other rings, one and a half spacings away
    or more, and on these rings other points, at least two steps away. Next to the centre there
    are two rings, all of the inner one, and two steps and a half.
    """
    south, east, down, rounds, turns = tile.south, tile.east, tile.down, tile.rounds, tile.turns
    numbers, apart2, cos, sin = tile.number, tile.apart2, rings.cos, rings.sin
    pair_of, apart2_of = met.pair, met.apart2
    sizes, firsts, rings_across, rings_down = rings.size, rings.first, lattice.across, lattice.down
    limit2, outermost, many = lattice.limit2, lattice.rings, np.uint64(0)
    for i in range(count):
        inner, mine = int(rounds[i] + 0.5) - 1, numbers[i] << np.uint64(32)
        here_south, here_east, here_down, turn = south[i], east[i], down[i], turns[i]
        if inner >= 1:
            for nth in range(3):
                ring = np.uint64(min(inner + nth, outermost))
                size, first = sizes[ring], firsts[ring]
                across, limit = rings_across[ring], limit2[ring]
                sink = here_down - rings_down[ring]
                sink2 = sink * sink if inner + nth <= outermost else np.inf
                place = int(turn * size) - 1
                for step in range(4):
                    at = place + step
                    at = at + size if at < 0 else at
                    at = at - size if at >= size else at
                    point = np.uint64(first + at)
                    chord2 = _squared_chord(
                        here_south, here_east, sink2, across, cos[point], sin[point]
                    )
                    apart2[4 * nth + step, i] = chord2
                    pair_of[many], apart2_of[many] = mine | point, chord2
                    many += np.uint64(chord2 <= limit)
        else:
            start = int(turn * sizes[2] + 0.5) - 2
            for slot in range(SLOTS):
                near = 1 if slot < sizes[1] else 2
                along = slot if near == 1 else (start + slot - sizes[1]) % sizes[2]
                other = firsts[near] + along
                depth = here_down - rings_down[near]
                far2 = _squared_chord(
                    here_south, here_east, depth * depth,
                    rings_across[near], cos[other], sin[other],
                )  # fmt: skip
                apart2[slot, i] = far2
                pair_of[many], apart2_of[many] = mine | np.uint64(other), far2
                many += np.uint64(far2 <= limit2[near])
    return np.int64(many)


@njit(cache=True, nogil=True)
def find_shortest(tile, count):
    """Find the four shortest squared chords from each position, as `graph.shortest` does."""
    apart2, low2 = tile.apart2, tile.low2
    low2[:, :count] = np.inf
    for slot in range(SLOTS):
        for i in range(count):
            value = apart2[slot, i]
            for rank in range(4):
                lower = low2[rank, i]
                low2[rank, i] = value if value < lower else lower
                value = lower if value < lower else value
    for rank in range(4):
        for i in range(count):
            low2[rank, i] = low2[rank, i] * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE
