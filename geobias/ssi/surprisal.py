"""From a statistic and its null to nats of surprise."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

from geobias.sphere import Floats

_FLOOR = 1e-256
SATURATION = -np.log(_FLOOR)
"""The presets ``pygbs`` and ``published`` add 1e-256 to a probability and so stop here."""


def two_sided(z: Floats) -> Floats:
    """Return the surprisal of a normal deviate at least this far from 0, in nats.

    >>> two_sided(np.array([0.0, 1.96])).round(2).tolist()
    [-0.0, 3.0]
    """
    nats: Floats = -(np.log(2.0) + log_ndtr(-np.abs(z)))
    return nats


def surprisal(u: Floats, mean: Floats, sd: Floats, preset: str) -> Floats:
    """Return the score in nats under one of the presets.

    Parameters
    ----------
    u, mean, sd
        The statistic, and its mean and standard deviation under the null.
    preset
        ``geobias`` is a two-sided tail that neither floors nor saturates. ``pygbs`` is the
        formula of the reference package's current code, ``published`` that of its
        published tables, a density rather than a probability.
    """
    if preset == "geobias":
        return two_sided((u - mean) / sd)
    if preset == "pygbs":
        probability = 2.0 * np.exp(log_ndtr(-np.abs(u - mean) / (sd + 1.0)))
    else:
        with np.errstate(under="ignore"):
            probability = np.exp(-0.5 * ((u - mean) / sd) ** 2) / (np.sqrt(2.0 * np.pi) * sd)
    nats: Floats = -np.log(probability + _FLOOR)
    return nats
