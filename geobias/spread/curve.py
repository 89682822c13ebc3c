"""Points along a curve that fills space, and runs of it: partitions that are compact.

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


def curve_keys(unit: Floats) -> Keys:
    """Return where points lie along the curve, 3 × `BITS` bits each.

    The leading 3 b bits say in which of the 8ᵇ cubes a point lies into which the large one is
    divided.
    """
    cells = np.floor((unit + 1.0) * 2.0 ** (BITS - 1)).astype(np.int64)
    keys: Keys = keys_of_cells(cells.clip(0, 2**BITS - 1), BITS)
    return keys


@njit(cache=True, nogil=True)
def keys_of_cells(cells, bits):
    """Return where cells, (n, 3), come along the curve through 2ᵇ of them along each axis.

    After Skilling (2004, *Programming the Hilbert curve*).
    """
    keys = np.empty(len(cells), np.uint64)
    axes = np.empty(3, np.int64)
    for i in range(len(cells)):
        axes[:] = cells[i]
        _untwist(axes, bits)
        key = np.uint64(0)
        for bit in range(bits - 1, -1, -1):
            for axis in range(3):
                key = (key << np.uint64(1)) | np.uint64((axes[axis] >> bit) & 1)
        keys[i] = key
    return keys


@njit(cache=True, nogil=True, inline="always")
def _untwist(axes, bits):
    """Turn the coordinates of a cell into every third bit of its key, in place."""
    for bit in range(bits - 1, 0, -1):
        one, below = np.int64(1) << bit, (np.int64(1) << bit) - 1
        for axis in range(3):
            if axes[axis] & one:
                axes[0] ^= below
            else:
                swapped = (axes[0] ^ axes[axis]) & below
                axes[0] ^= swapped
                axes[axis] ^= swapped
    axes[1] ^= axes[0]
    axes[2] ^= axes[1]
    flipped = np.int64(0)
    for bit in range(bits - 1, 0, -1):
        if axes[2] & (np.int64(1) << bit):
            flipped ^= (np.int64(1) << bit) - 1
    for axis in range(3):
        axes[axis] ^= flipped
