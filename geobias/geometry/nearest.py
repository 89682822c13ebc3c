"""The nearest other points of every point, over the whole dataset.

Inside any neighbourhood a sample's nearest samples are, nearly always, the first of this
list that belong to the neighbourhood. The list is looked up once per dataset.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.places import Places
from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE

LIST_FACTOR = 4

POINTS_PER_SLICE = 100_000
"""So many points are looked up at once; what is found for them takes 430 bytes each with k = 4."""


class NearestPoints(NamedTuple):
    """``points[p, :length[p]]``: the points nearest to ``p``, nearest first, ``p`` left out.

    ``seats`` (seats, k) are the seats nearest to each, or -1 where the list of points is too short.
    """

    points: NDArray[np.int32]
    length: NDArray[np.int32]
    seats: NDArray[np.int32]


def nearest_points(places: Places, k: int, threads: int) -> NearestPoints:
    """List about ``4 k`` nearest points for each point."""
    from scipy.spatial import KDTree

    asked = min(LIST_FACTOR * k + 2, places.points)
    points, length = np.empty((places.points, asked), np.int32), np.zeros(places.points, np.int32)
    if places.points > 1:
        tree = KDTree(places.unit, leafsize=16, balanced_tree=False)
        for first in range(0, places.points, POINTS_PER_SLICE):
            apart, near = tree.query(
                places.unit[first : first + POINTS_PER_SLICE], k=asked, workers=threads
            )
            _settle(apart**2, near, asked == places.points, first, points, length)
    nearest: NearestPoints = _with_seats(points, length, places.seat_start, k)
    return nearest


@njit(cache=True, nogil=True)
def _with_seats(points, length, seat_start, k):
    """Add the seats nearest to each, lower ones first where they tie."""
    seats = np.full((seat_start[-1], k), -1, np.int32)
    for point in range(points.shape[0]):
        for seat in range(seat_start[point], seat_start[point + 1]):
            count = 0
            for step in range(-1, length[point]):
                other = point if step < 0 else np.int64(points[point, step])
                for each in range(seat_start[other], seat_start[other + 1]):
                    if each != seat and count < k:
                        seats[seat, count] = each
                        count += 1
                if count == k:
                    break
            if count < k:
                seats[seat] = -1
    return NearestPoints(points, length, seats)


@njit(cache=True, nogil=True)
def _settle(apart2, near, complete, first, points, length):
    """Drop each point from its own list, put ties in order, cut off what may be incomplete.

    Rows are those of the points from ``first`` on.
    """
    count, width = near.shape
    for row in range(count):
        kept, p = width, first + row
        if not complete:
            # What ties with the last one found may have been left out: do not rely on it.
            last = apart2[row, width - 1]
            while kept > 0 and apart2[row, kept - 1] >= last - TIE_RELATIVE * last - TIE_ABSOLUTE:
                kept -= 1
        group = 0
        for j in range(kept):
            if near[row, j] == p:
                continue
            at = length[p]
            tied2 = apart2[row, j - 1] * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE
            if at > group and apart2[row, j] > tied2:
                group = at
            while at > group and points[p, at - 1] > near[row, j]:
                points[p, at] = points[p, at - 1]
                at -= 1
            points[p, at] = near[row, j]
            length[p] += 1
