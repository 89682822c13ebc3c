"""A grid of blocks of equal area that covers the globe."""

from __future__ import annotations

import numpy as np

from geobias.geometry.places import Ints
from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import Floats


def blocks_of(lat: Floats, lon: Floats, side_km: float) -> Ints:
    """Return the block that each position lies in, numbered from south to north.

    Bands of latitude are cut into cells about ``side_km`` wide and high. The borders of the
    bands are then moved a little, so that all cells have exactly the same area (after
    Malkin 2019, *A new equal-area isolatitudinal grid on a spherical surface*).

    Parameters
    ----------
    lat, lon
        Degrees.
    side_km
        Side of a block.

    Examples
    --------
    >>> blocks_of(np.array([-89.0, 0.1, 0.1, 89.0]), np.array([0.0, 0.0, 90.0, 0.0]), 10_000.0)
    array([1, 4, 5, 4])
    """
    side = side_km / EARTH_RADIUS_KM
    bands = max(1, round(np.pi / side))
    middle = -np.pi / 2.0 + (np.arange(bands) + 0.5) * np.pi / bands
    cells = np.maximum(1, np.rint(2.0 * np.pi * np.cos(middle) / side)).astype(np.int64)
    first = np.concatenate(([0], np.cumsum(cells)))
    border = -1.0 + 2.0 * first / first[-1]  # the sine of the latitude measures area
    band = np.searchsorted(border, np.sin(np.radians(lat)), side="right") - 1
    band = band.clip(0, bands - 1)
    turn = np.floor((lon + 180.0) / 360.0 * cells[band]).astype(np.int64)
    block: Ints = first[band] + turn.clip(0, cells[band] - 1)
    return block
