"""How much the marks in the parts differ from those of the whole neighbourhood.

Spatial relative information is the mean relative entropy (Kullback and Leibler 1951) of a
part with respect to its neighbourhood, weighted by the size of the part.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from geobias.sphere import Floats
from geobias.sri.cuts import NOWHERE
from geobias.sri.parts import KINDS

EPSILON = 1e-8
"""What is added to the frequencies of a part, so that their logarithm exists."""

BLOCK = 64
"""At most so many columns are counted side by side, in the lanes of the processor."""


class Tallies(NamedTuple):
    """How many members carry each level, by column: of the ``whole`` and of each ``part``.

    (levels, columns) and (kinds, parts, levels, columns). The lowest level is left out: it
    has the members that are in none of the others. ``shares`` is work space for a member,
    ``of_part`` and ``of_whole`` for one column.
    """

    whole: Floats
    part: Floats
    shares: Floats
    of_part: Floats
    of_whole: Floats


@njit(cache=True, nogil=True)
def room_to_tally(parts, levels, columns):
    """Allocate work space for so many parts of each kind."""
    return Tallies(
        np.empty((levels, columns)),
        np.empty((KINDS, parts, levels, columns)),
        np.empty((levels, columns)),
        np.empty(levels),
        np.empty(levels),
    )


@njit(cache=True, nogil=True)
def tally_marks(tallies, parts, seats, inside, codes, first, columns, spread):
    """Count a block of columns; ``spread`` (values, levels) says how a mark counts."""
    levels = range(1, spread.shape[1])
    tallies.whole[:] = 0.0
    for kind in range(KINDS):
        tallies.part[kind, : parts.found[kind]] = 0.0
    for i in range(seats.size):
        code = codes[seats[i], first : first + columns]
        for level in levels:
            shares = tallies.shares[level]
            for p in range(columns):
                shares[p] = spread[code[p], level]
            if inside[i]:
                whole = tallies.whole[level]
                for p in range(columns):
                    whole[p] += shares[p]
            for kind in range(KINDS):
                label = parts.label[kind, i]
                if label != NOWHERE:
                    part = tallies.part[kind, label, level]
                    for p in range(columns):
                        part[p] += shares[p]


@njit(cache=True, nogil=True)
def fill_lowest(counts, total, slip):
    """Give the lowest level what the others leave of the total.

    With ``slip``, marks that are all wrong count as all correct, as in the published tables.
    """
    rest = total
    for level in range(1, counts.size):
        rest -= counts[level]
    if slip and rest == total:
        counts[counts.size - 1] = total
        rest = 0.0
    counts[0] = rest


@njit(cache=True, nogil=True)
def divergence(whole, total, part, size):
    """Return the relative entropy of one part in nats, weighted by its size.

    ``whole`` and ``part`` count the levels among ``total`` and ``size`` members.
    """
    nats = 0.0
    for level in range(whole.size):
        share = whole[level] / total
        if share > 0.0:
            nats += share * np.log(share / (part[level] / size + EPSILON))
        elif np.isnan(share):
            return np.nan
    return nats * (size / total)


@njit(cache=True, nogil=True)
def divergence_of_column(tallies, parts, kind, p, total, slip):
    """Return the SRI of one kind for one column; NaN if no part counts."""
    found = parts.found[kind]
    if found == 0:
        return np.nan
    tallies.of_whole[:] = tallies.whole[:, p]
    fill_lowest(tallies.of_whole, total, slip)
    nats = 0.0
    for part in range(found):
        size = float(parts.size[kind, part])
        tallies.of_part[:] = tallies.part[kind, part, :, p]
        fill_lowest(tallies.of_part, size, slip)
        nats += divergence(tallies.of_whole, total, tallies.of_part, size)
    return nats
