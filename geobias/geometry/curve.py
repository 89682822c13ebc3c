"""Points along a curve that fills space, and runs of it, which are compact.

The Hilbert curve runs through the cube around the globe, where the date line and the poles are
places like others. The order depends on the locations alone.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.places import Ints
from geobias.sphere import Floats

Keys = NDArray[np.uint64]

BITS = 21
"""The curve runs through 2²¹ cells along each axis, 6 m wide."""


def along_curve(unit: Floats) -> Ints:
    """Return the order of points along the curve; those in one cell stay in their order.

    Parameters
    ----------
    unit
        Unit vectors, (points, 3).
    """
    return np.argsort(curve_keys(unit), kind="stable")


def pieces_of(unit: Floats, points: Ints, most: int) -> list[Ints]:
    """Cut points into runs along the curve of about equal size, at most so many in each.

    Parameters
    ----------
    unit
        Unit vectors of all points there are.
    points
        Those to cut, ascending.
    most
        The largest size.

    Returns
    -------
    list of int64 array
        The points of each run, ascending.
    """
    runs = math.ceil(points.size / most)
    if runs == 0:
        return []
    order = points[along_curve(unit[points])]
    return [np.sort(run) for run in np.array_split(order, runs)]


@njit(cache=True, nogil=True)
def curve_keys(unit):
    """Return where points lie along the curve, 3 × `BITS` bits each.

    The leading 3 b bits say in which of the 8ᵇ cubes a point lies into which the large one is
    divided.
    """
    keys, half, last = np.empty(len(unit), np.uint64), 2.0 ** (BITS - 1), 2.0**BITS - 1.0
    for i in range(len(unit)):
        x, y, z = (unit[i, 0] + 1.0) * half, (unit[i, 1] + 1.0) * half, (unit[i, 2] + 1.0) * half
        keys[i] = _key(int(min(x, last)), int(min(y, last)), int(min(z, last)), BITS)
    return keys


@njit(cache=True, nogil=True)
def keys_of_cells(cells, bits):
    """Return where cells, (n, 3), come along the curve through 2ᵇ of them along each axis."""
    keys = np.empty(len(cells), np.uint64)
    for i in range(len(cells)):
        keys[i] = _key(cells[i, 0], cells[i, 1], cells[i, 2], bits)
    return keys


@njit(cache=True, nogil=True, inline="always")
def _key(x, y, z, bits):
    """Return where a cell comes, after Skilling (2004, *Programming the Hilbert curve*).

    What bits say is hard to predict: so masks stand for the branches there.
    """
    for bit in range(bits - 1, 0, -1):
        below = (1 << bit) - 1
        x ^= below & -(x >> bit & 1)
        flipped = below & -(y >> bit & 1)
        swapped = (x ^ y) & (below ^ flipped)
        x, y = x ^ flipped ^ swapped, y ^ swapped
        flipped = below & -(z >> bit & 1)
        swapped = (x ^ z) & (below ^ flipped)
        x, z = x ^ flipped ^ swapped, z ^ swapped
    y ^= x
    z ^= y
    flipped = 0
    for bit in range(bits - 1, 0, -1):
        flipped ^= ((1 << bit) - 1) & -(z >> bit & 1)
    x, y, z = x ^ flipped, y ^ flipped, z ^ flipped
    return np.uint64(_apart(x) << 2 | _apart(y) << 1 | _apart(z))


@njit(cache=True, nogil=True, inline="always")
def _apart(bits):
    """Move up to 21 bits apart, so that two zeros come before each."""
    bits = (bits | bits << 32) & 0x001F00000000FFFF
    bits = (bits | bits << 16) & 0x001F0000FF0000FF
    bits = (bits | bits << 8) & 0x100F00F00F00F00F
    bits = (bits | bits << 4) & 0x10C30C30C30C30C3
    return (bits | bits << 2) & 0x1249249249249249
