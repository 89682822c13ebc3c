"""Places where a model is asked, checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from geobias.coordinates import check, normalise
from geobias.errors import InputError
from geobias.sphere import Floats
from geobias.wording import counted, where


def checked_places(lat: ArrayLike, lon: ArrayLike) -> tuple[Floats, Floats]:
    """Return degrees in one spelling per place, or say which are no places.

    >>> checked_places([90.0, 0.0], [30.0, 180.0])
    (array([90.,  0.]), array([   0., -180.]))
    """
    try:
        latitudes, longitudes = np.asarray(lat, np.float64), np.asarray(lon, np.float64)
    except (TypeError, ValueError):
        raise InputError("lat and lon have to be arrays of numbers, in degrees.") from None
    if latitudes.ndim != 1 or latitudes.shape != longitudes.shape:
        raise InputError(
            f"lat has the shape {latitudes.shape} and lon {longitudes.shape}: give them one number "
            "per place, as many of one as of the other."
        )
    missing = np.isnan(latitudes) | np.isnan(longitudes)
    if missing.any():
        raise InputError(
            f"{counted(int(missing.sum()), 'place')} without coordinates, {where(missing)}: ask "
            "for the samples that have a location only."
        )
    check(latitudes, longitudes, degrees=True)
    return normalise(latitudes, longitudes)
