"""Random numbers by purpose: a draw for one never moves the draws for another."""

from __future__ import annotations

import numpy as np


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the generator of a seed for one purpose.

    >>> stream(1, "cities").random() == stream(1, "cities").random()
    True
    >>> stream(1, "cities").random() == stream(1, "uniform").random()
    False
    """
    return np.random.default_rng([seed, *purpose.encode()])
