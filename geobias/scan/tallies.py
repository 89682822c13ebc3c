"""Counting in 1,024 permutations at once: bits of counts lie in planes, one above the other.

Plane p of a tally is a row of bits: bit p of the count in each permutation. Rows are added to it
by logic alone, eight of them at a time by carry-save adders (Muła, Kurz and Lemire 2018, *Faster
population counts using AVX2 instructions*).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.scan.lanes import WORDS, both, differ, either, fetch, load, store

GROUP = 8
"""Rows are added in groups of so many."""

_AHEAD = 4 * GROUP
"""Rows are asked for so many places before they are added."""


@njit(cache=True, nogil=True)
def planes_for(count):
    """Return how many planes hold a count."""
    planes = 0
    while count >> planes:
        planes += 1
    return planes


@njit(cache=True, nogil=True)
def add_rows(tally, planes, bits, stride, offset, order, first, end):
    """Add rows of bits to a tally.

    Row ``order[i]`` begins at word ``stride * order[i] + offset`` of ``bits``; whole groups of rows
    from ``first`` up to ``end`` are added, and ``planes`` (three or more) hold the sums.
    """
    one, two, four = load(tally, 0), load(tally, WORDS), load(tally, 2 * WORDS)
    for i in range(first, end, GROUP):
        if i + _AHEAD + GROUP <= end:
            for k in range(_AHEAD, _AHEAD + GROUP):
                fetch(bits, stride * order[i + k] + offset)
        # Of two rows and what was there, the sum stays and the carry goes up.
        a = load(bits, stride * order[i] + offset)
        b = load(bits, stride * order[i + 1] + offset)
        u = differ(one, a)
        carry, one = either(both(one, a), both(u, b)), differ(u, b)
        a = load(bits, stride * order[i + 2] + offset)
        b = load(bits, stride * order[i + 3] + offset)
        u = differ(one, a)
        other, one = either(both(one, a), both(u, b)), differ(u, b)
        u = differ(two, carry)
        lower, two = either(both(two, carry), both(u, other)), differ(u, other)
        a = load(bits, stride * order[i + 4] + offset)
        b = load(bits, stride * order[i + 5] + offset)
        u = differ(one, a)
        carry, one = either(both(one, a), both(u, b)), differ(u, b)
        a = load(bits, stride * order[i + 6] + offset)
        b = load(bits, stride * order[i + 7] + offset)
        u = differ(one, a)
        other, one = either(both(one, a), both(u, b)), differ(u, b)
        u = differ(two, carry)
        upper, two = either(both(two, carry), both(u, other)), differ(u, other)
        u = differ(four, lower)
        carry, four = either(both(four, lower), both(u, upper)), differ(u, upper)
        for plane in range(3, planes):
            there = load(tally, WORDS * plane)
            store(tally, WORDS * plane, differ(there, carry))
            carry = both(there, carry)
    store(tally, 0, one)
    store(tally, WORDS, two)
    store(tally, 2 * WORDS, four)


@njit(cache=True, nogil=True)
def add_tally(total, planes, tally, shift):
    """Add 2**shift times a tally to another one of so many planes, which hold the sum."""
    carry = differ(load(tally, 0), load(tally, 0))
    for plane in range(shift, planes):
        there = load(total, WORDS * plane)
        other = load(tally, WORDS * (plane - shift))
        u = differ(there, other)
        store(total, WORDS * plane, differ(u, carry))
        carry = either(both(there, other), both(u, carry))


@njit(cache=True, nogil=True)
def at_least(tally, planes, least, found):
    """Find the permutations whose count is at least ``least``, which is 1 or more.

    ``found`` becomes a row of bits, from the lowest plane upwards: a count is as large if its bit
    beats that of ``least``, or equals it and what lies below is as large.
    """
    plane = 0
    while not (least >> plane) & 1:
        plane += 1
    enough = load(tally, WORDS * plane)
    for above in range(plane + 1, planes):
        there = load(tally, WORDS * above)
        enough = both(there, enough) if (least >> above) & 1 else either(there, enough)
    store(found, 0, enough)


@njit(cache=True, nogil=True)
def read(tally, planes, word, bit):
    """Return the count in one permutation."""
    count = 0
    for plane in range(planes):
        count |= int((tally[WORDS * plane + word] >> np.uint64(bit)) & np.uint64(1)) << plane
    return count
