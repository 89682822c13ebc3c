"""Rows of the nearest few, in order, with room for ties."""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE


@njit(cache=True, nogil=True, inline="always")
def insert(near, near2, row, count, k, item, apart2):
    """Insert an item into a row sorted by distance, after those it ties with."""
    at = count
    while at > 0 and apart2 < near2[row, at - 1] * (1.0 - TIE_RELATIVE) - TIE_ABSOLUTE:
        at -= 1
    if at == k:
        return count
    last = min(count, k - 1)
    for j in range(last, at, -1):
        near[row, j] = near[row, j - 1]
        near2[row, j] = near2[row, j - 1]
    near[row, at] = item
    near2[row, at] = apart2
    return last + 1


@njit(cache=True, nogil=True, inline="always")
def shortest(apart2, count, own2, row, k):
    """Sort the ``k`` shortest of ``count`` squared chords into a row, with room for a tie.

    Samples come before lattice points at the same distance, so whatever does not exceed
    these values comes first. What does not exist is infinitely far away.
    """
    filled = 0
    for f in range(count):
        value = apart2[f]
        if filled < k:
            at = filled
            filled += 1
        elif value < own2[row, k - 1]:
            at = k - 1
        else:
            continue
        while at > 0 and value < own2[row, at - 1]:
            own2[row, at] = own2[row, at - 1]
            at -= 1
        own2[row, at] = value
    for at in range(filled, k):
        own2[row, at] = np.inf
    for at in range(k):
        own2[row, at] = own2[row, at] * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE
