"""Circles that do not touch, the most unlikely first."""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.scan.circles import Circles
from geobias.scan.ladder import angle_of
from geobias.sphere import TIE_RELATIVE, Floats


def disjoint(circles: Circles, ratios: Floats, most: int) -> list[int]:
    """Choose circles by their ratios, each apart from those before; at most so many.

    Of equal ones the first comes first: that of the lower centre, and of the smaller radius.
    """
    above = np.flatnonzero(ratios > 0.0)
    order = above[np.argsort(-ratios[above], kind="stable")]
    centre = circles.centre_of(order)
    chosen = _choose(circles.ground, centre, circles.square[order], most)
    return [int(circle) for circle in order[chosen]]


@njit(cache=True, nogil=True)
def _choose(ground, centre, square, most):
    """Walk along circles and choose those apart from all chosen before."""
    chosen = np.empty(min(most, centre.size), np.int64)
    found = 0
    for i in range(centre.size):
        if found == chosen.size:
            break
        apart = True
        for k in chosen[:found]:
            dx = ground.x[centre[i]] - ground.x[centre[k]]
            dy = ground.y[centre[i]] - ground.y[centre[k]]
            dz = ground.z[centre[i]] - ground.z[centre[k]]
            between = angle_of(dx * dx + dy * dy + dz * dz)
            # Circles that touch are not apart, whatever rounding makes of it.
            radii = angle_of(square[i]) + angle_of(square[k])
            if between <= radii * (1.0 + TIE_RELATIVE):
                apart = False
                break
        if apart:
            chosen[found] = i
            found += 1
    return chosen[:found]
