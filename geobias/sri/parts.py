"""From keys to parts: those with enough members, numbered in the order of their keys."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.scramble import scramble
from geobias.sri.cuts import NOWHERE

FEWEST = 20
"""A part counts if it has so many members."""

KINDS = 3


class Parts(NamedTuple):
    """The parts of one neighbourhood, for each kind of cut.

    ``label`` (kinds, members) says in which part a member is, `NOWHERE` if in none that
    counts; ``size`` (kinds, parts) has the members of each part, ``found`` how many parts
    there are. ``slots``, ``tally`` and ``number`` are a hash table of keys.
    """

    label: NDArray[np.int32]
    size: NDArray[np.int32]
    found: NDArray[np.int32]
    slots: NDArray[np.int64]
    tally: NDArray[np.int32]
    number: NDArray[np.int32]


@njit(cache=True, nogil=True)
def most_parts(members):
    """Return how many parts so many members can fill; at least one, to have room."""
    return max(1, members // FEWEST)


@njit(cache=True, nogil=True, inline="always")
def _slots_for(members):
    room = 2
    while room < 2 * members:
        room *= 2
    return room


@njit(cache=True, nogil=True)
def room_for_parts(members):
    """Allocate work space for neighbourhoods of up to so many members."""
    slots = _slots_for(members)
    return Parts(
        np.empty((KINDS, members), np.int32),
        np.empty((KINDS, most_parts(members)), np.int32),
        np.empty(KINDS, np.int32),
        np.empty(slots, np.int64),
        np.empty(slots, np.int32),
        np.empty(slots, np.int32),
    )


@njit(cache=True, nogil=True)
def gather_parts(parts, keys, count):
    """Find the parts that count, for each kind."""
    room = _slots_for(count)
    mask = room - 1
    for kind in range(KINDS):
        label = parts.label[kind]
        parts.slots[:room] = NOWHERE
        parts.tally[:room] = 0
        for i in range(count):
            key = keys[kind, i]
            if key == NOWHERE:
                label[i] = NOWHERE
                continue
            slot = np.int64(scramble(np.uint64(key)) & np.uint64(mask))
            while parts.slots[slot] != NOWHERE and parts.slots[slot] != key:
                slot = (slot + 1) & mask
            parts.slots[slot] = key
            parts.tally[slot] += 1
            label[i] = slot
        enough = np.flatnonzero(parts.tally[:room] >= FEWEST)
        enough = enough[np.argsort(parts.slots[enough])]
        parts.number[:room] = NOWHERE
        for part in range(enough.size):
            parts.number[enough[part]] = part
            parts.size[kind, part] = parts.tally[enough[part]]
        parts.found[kind] = enough.size
        for i in range(count):
            if label[i] != NOWHERE:
                label[i] = parts.number[label[i]]
