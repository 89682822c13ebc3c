"""Pseudo-random bits from other bits: the same everywhere, and blind to the order of rows."""

from __future__ import annotations

import numpy as np
from numba import njit

STEP = np.uint64(0x9E3779B97F4A7C15)
"""Words this far apart, one after the other, make a stream of random numbers."""


@njit(cache=True, nogil=True)
def scramble(words):
    """Mix 64-bit words, one or an array of them (SplitMix64, Steele, Lea and Flood 2014)."""
    words = words + STEP
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
