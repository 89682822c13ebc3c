"""What chance makes of SRI: the marks of a neighbourhood dealt at random to its parts.

The parts stay, and so do the marks of the neighbourhood as a whole. Where a mark is one of
two levels, only how many of the higher one a part gets matters: a hypergeometric number,
drawn part by part, whatever the number of members. Other marks are dealt one by one.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.geometry.scramble import STEP, scramble
from geobias.sri.divergence import divergence, divergence_of_column, fill_lowest

DRAWS = 199
"""At most so many arrangements of the marks are drawn at a centre."""

ENOUGH = 10
"""Drawing stops when so many are at least as large as the one found (Besag and Clifford 1991)."""

_TIE = 1e-9
_TIE_ABSOLUTE = 1e-12
"""Values closer than this share of their size, or than this many nats, are equal."""


@njit(cache=True, nogil=True, inline="always")
def _uniform(word):
    """Return a number from 0 up to 1 that a word of random bits stands for."""
    return float(scramble(word) >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True)
def hypergeometric(u, high, low, size, log_factorial):
    """Return how many of ``size`` members drawn from ``high + low`` are high.

    The uniform number ``u`` is inverted outwards from the mode, which takes as many steps as
    the result lies away from it.
    """
    total = high + low
    least, most = max(0, size - low), min(size, high)
    mode = ((size + 1) * (high + 1)) // (total + 2)
    at_mode = np.exp(
        log_factorial[high] - log_factorial[mode] - log_factorial[high - mode]
        + log_factorial[low] - log_factorial[size - mode] - log_factorial[low - size + mode]
        - log_factorial[total] + log_factorial[size] + log_factorial[total - size]
    )  # fmt: skip
    u -= at_mode
    up, down, above, below = mode, mode, at_mode, at_mode
    while u >= 0.0 and (up < most or down > least):
        if up < most:
            above *= (high - up) * (size - up) / ((up + 1.0) * (low - size + up + 1.0))
            up += 1
            u -= above
            if u < 0.0:
                return up
        if down > least:
            below *= down * (low - size + down) / ((high - down + 1.0) * (size - down + 1.0))
            down -= 1
            u -= below
            if u < 0.0:
                return down
    return mode


@njit(cache=True, nogil=True)
def _deal_two(word, tallies, parts, kind, total, high, log_factorial):
    """Deal marks of two levels to the parts; return the SRI they give and the next word."""
    nats, left, rest = 0.0, high, total
    for part in range(parts.found[kind]):
        size = np.int64(parts.size[kind, part])
        got = hypergeometric(_uniform(word), left, rest - left, size, log_factorial)
        word += STEP
        left -= got
        rest -= size
        tallies.of_part[0], tallies.of_part[1] = size - got, got
        nats += divergence(tallies.of_whole, total, tallies.of_part, size)
    return nats, word


@njit(cache=True, nogil=True)
def _deal_each(word, tallies, parts, kind, total, pool, spread):
    """Deal marks of any kind to the parts; return the SRI they give and the next word."""
    nats, dealt = 0.0, 0
    for part in range(parts.found[kind]):
        size = parts.size[kind, part]
        tallies.of_part[:] = 0.0
        for _ in range(size):
            far = scramble(word) >> np.uint64(32)
            word += STEP
            other = dealt + np.int64((far * np.uint64(total - dealt)) >> np.uint64(32))
            pool[dealt], pool[other] = pool[other], pool[dealt]
            for level in range(1, spread.shape[1]):
                tallies.of_part[level] += spread[pool[dealt], level]
            dealt += 1
        fill_lowest(tallies.of_part, float(size), False)
        nats += divergence(tallies.of_whole, total, tallies.of_part, size)
    return nats, word


@njit(cache=True, nogil=True)
def tail(
    tallies, parts, kind, column, p, seats, codes, pool, spread, whole_marks,
    draws, seed, log_factorial,
):  # fmt: skip
    """Return how often chance gives an SRI at least as large as the one found.

    ``column`` is the model among the codes and ``p`` its place in the block that was tallied;
    ``pool`` is work space. NaN where no part counts, where no arrangement changes SRI because
    the marks are all equal or all members are in one part, and where SRI is undefined.
    """
    count = seats.size
    observed = divergence_of_column(tallies, parts, kind, p, float(count), False)
    if np.isnan(observed) or (parts.found[kind] == 1 and parts.size[kind, 0] == count):
        return np.nan
    two = whole_marks and spread.shape[1] == 2
    alike = True
    for i in range(count):
        pool[i] = codes[seats[i], column]
        alike &= pool[i] == pool[0]
    if alike:
        return np.nan
    if not two:
        # The order in which marks are dealt must not depend on who sits where.
        pool[:count].sort()
    high = np.int64(tallies.of_whole[1])
    least = observed - _TIE * abs(observed) - _TIE_ABSOLUTE
    word = scramble(np.uint64(seed) + np.uint64(kind))
    reached = 0
    for drawn in range(1, draws + 1):
        if two:
            nats, word = _deal_two(word, tallies, parts, kind, count, high, log_factorial)
        else:
            nats, word = _deal_each(word, tallies, parts, kind, count, pool, spread)
        reached += nats >= least
        if reached == ENOUGH:
            return reached / drawn
    return (reached + 1.0) / (draws + 1.0)
