"""Random partitionings of the globe, and how accuracy differs between their cells."""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.geometry.blocks import blocks_of
from geobias.geometry.places import Ints, Places
from geobias.sphere import Floats, degrees


def turned(draw: np.random.Generator) -> Floats:
    """Return a random rotation as a matrix, all of them equally likely.

    From a random unit quaternion (Shoemake 1992, *Uniform random rotations*).
    """
    quaternion = draw.normal(size=4)
    w, x, y, z = quaternion / np.sqrt((quaternion**2).sum())
    return np.array(
        [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
            [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
            [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
        ]
    )


def cells_of(places: Places, side_km: float, turn: Floats) -> tuple[Ints, Ints]:
    """Cut a turned globe into cells of equal area, and say which seats each holds.

    Returns
    -------
    start, seats : int64 array
        Cell ``c`` holds ``seats[start[c]:start[c + 1]]``; cells without any are left out.
    """
    block = blocks_of(*degrees(places.unit @ turn.T), side_km)[places.point_of_seat]
    seats = np.argsort(block, kind="stable")
    fresh = np.flatnonzero(np.diff(block[seats], prepend=-1))
    return np.append(fresh, seats.size), seats


@njit(cache=True, nogil=True)
def mean_deviations(start, seats, columns, means):
    """Return the mean over cells of the distance between their means and these, by column."""
    width = columns.shape[1]
    cells = start.size - 1
    deviation = np.zeros(width)
    total = np.empty(width)
    for cell in range(cells):
        total[:] = 0.0
        for place in range(start[cell], start[cell + 1]):
            row = columns[seats[place]]
            for column in range(width):
                total[column] += row[column]
        size = start[cell + 1] - start[cell]
        for column in range(width):
            deviation[column] += abs(total[column] / size - means[column])
    return deviation / cells
