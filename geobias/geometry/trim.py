"""Keep the nearest members of a capped neighbourhood, the lower seat where they tie."""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE


@njit(cache=True, nogil=True)
def trim_to_cap(unit, point_of_seat, centres, start, members, cap):
    """Return offsets and members with at most ``cap`` per centre, still ascending."""
    kept_start = np.zeros(centres.size + 1, np.int64)
    for i in range(centres.size):
        kept_start[i + 1] = kept_start[i] + min(cap, start[i + 1] - start[i])
    kept = np.empty(kept_start[-1], np.int32)
    for i in range(centres.size):
        found = members[start[i] : start[i + 1]]
        room = kept[kept_start[i] : kept_start[i + 1]]
        if found.size <= cap:
            room[:] = found
            continue
        apart = np.empty(found.size)
        for j in range(found.size):
            total = 0.0
            for axis in range(3):
                step = unit[point_of_seat[found[j]], axis] - unit[centres[i], axis]
                total += step * step
            apart[j] = total
        last = np.sort(apart)[cap - 1]
        slack = TIE_RELATIVE * last + TIE_ABSOLUTE
        nearer = 0
        for j in range(found.size):
            nearer += apart[j] < last - slack
        ties = cap - nearer
        filled = 0
        for j in range(found.size):
            if apart[j] < last - slack:
                room[filled] = found[j]
                filled += 1
            elif apart[j] <= last + slack and ties > 0:
                room[filled] = found[j]
                filled += 1
                ties -= 1
    return kept_start, kept
