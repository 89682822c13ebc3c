"""Where samples crowd, and how far each is from there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import Floats, angle, degrees

PLACES = 50
CELL_KM = 200.0
ROUNDING_KM = 1e-3
"""Closer than a metre is no distance: a mean position is not exact to the last bit."""
_CELLS_ACROSS = 128
"""More than cells of this size reach across the Earth, so that a cell has one number."""


class DensePlaces(NamedTuple):
    """Places where samples crowd, the most crowded first."""

    lat: Floats
    lon: Floats
    km_away: Floats
    """Distance of each sample from the nearest of them."""


def dense_places(unit: Floats, draw: np.random.Generator) -> DensePlaces:
    """Find the 50 places where samples crowd most.

    Space is cut into cubes with edges of 200 km. The fullest 50 count, equally full ones in
    random order, and a place is the mean position of the samples in its cube.
    """
    cell = np.floor(unit * (EARTH_RADIUS_KM / CELL_KM)).astype(np.int64) + _CELLS_ACROSS // 2
    number = (cell[:, 0] * _CELLS_ACROSS + cell[:, 1]) * _CELLS_ACROSS + cell[:, 2]
    _, cell_of, count = np.unique(number, return_inverse=True, return_counts=True)
    fullest = np.lexsort((draw.random(count.size), -count))[:PLACES]
    sums = np.column_stack([np.bincount(cell_of, axis)[fullest] for axis in unit.T])
    middle: Floats = sums / np.sqrt((sums**2).sum(axis=1, keepdims=True))
    nearest = np.full(len(unit), 4.0)
    for place in middle:
        np.minimum(nearest, ((unit - place) ** 2).sum(axis=1), out=nearest)
    km_away = angle(np.sqrt(nearest)) * EARTH_RADIUS_KM
    return DensePlaces(*degrees(middle), np.where(km_away < ROUNDING_KM, 0.0, km_away))
