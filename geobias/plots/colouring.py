"""The colour of a mean on a map."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgba

from geobias.errors import GeoBiasError
from geobias.geometry.places import Ints
from geobias.maps.cells import FEW, PALEST, ends
from geobias.plots.basemap import LAND
from geobias.plots.layers import Layer
from geobias.sphere import Floats

_ORDERED, _SIGNED = "viridis", "PuOr"

_STEP = 0.05
"""Colours of shares begin and end at multiples of this."""


def colours_of(
    layers: Sequence[Layer], means: Sequence[tuple[Floats, Ints]]
) -> tuple[ScalarMappable, str]:
    """Return the scale of colours of all maps, and at which ends there are cells beyond it."""
    first = layers[0]
    mean = np.concatenate([each for each, _ in means])
    known = np.concatenate([count for _, count in means])
    mean, known = mean[known > 0], known[known > 0]
    if not mean.size:
        raise GeoBiasError(f"There is nothing to map: {first.quantity} is undefined everywhere.")
    low, high = ends(mean, known)
    if first.signed:
        high = max(abs(low), abs(high)) or 1.0
        low = -high
    elif first.share:
        low = max(0.0, np.floor(low / _STEP - 1e-9) * _STEP)
        high = min(1.0, np.ceil(high / _STEP + 1e-9) * _STEP)
    elif low == high:
        low, high = low - 0.5, high + 0.5
    beyond = bool(mean.min() < low), bool(mean.max() > high)
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}
    name = _SIGNED if first.signed else _ORDERED
    scale = ScalarMappable(Normalize(low, high), mpl.colormaps[name])
    return scale, extend.get(beyond, "neither")


def faces(
    colours: ScalarMappable, mean: Floats, known: Ints, weight: Floats
) -> npt.NDArray[np.float64]:
    """Return the colour of each cell, paler the less it weighs, and none where nothing is known."""
    shade = (PALEST + (1.0 - PALEST) * weight)[:, None]
    filled = colours.to_rgba(np.where(known > 0, mean, 0.0))
    mixed = shade * filled + (1.0 - shade) * np.array(to_rgba(LAND))
    return np.where(known[:, None] > 0, mixed, 0.0)


def weights(count: Ints) -> Floats:
    """Return how much cells of so many samples count for the eye, 1 where there are enough.

    >>> weights(np.array([1, 5, 20, 400])).round(2).tolist()
    [0.22, 0.5, 1.0, 1.0]
    """
    return np.sqrt(np.minimum(count / FEW, 1.0))
