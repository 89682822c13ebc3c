"""The frequencies of multi-scale encodings: how fine each scale looks.

They are numbers, not buffers: a module that is moved to half precision keeps them exact, and none
of them is stored in a state dict.
"""

from __future__ import annotations

import math

import numpy as np

from geobias.encoders.checks import count, positive
from geobias.errors import InputError

Frequencies = tuple[float, ...]

MOST_OCTAVES = 32
"""Beyond them, float64 misses the place within a wave by more than a millionth."""


def geometric(frequency_num: int, min_radius: float, max_radius: float) -> Frequencies:
    """From ``1 / min_radius`` down to ``1 / max_radius``, in equal ratios.

    >>> [round(each, 3) for each in geometric(3, 0.25, 4)]
    [4.0, 1.0, 0.25]
    """
    number = count("frequency_num", frequency_num, least=2)
    finest, coarsest = positive("min_radius", min_radius), positive("max_radius", max_radius)
    if finest >= coarsest:
        raise InputError(f"min_radius={finest:g} has to be smaller than max_radius={coarsest:g}.")
    step = math.log(coarsest / finest) / (number - 1)
    return tuple((1.0 / (finest * np.exp(np.arange(number) * step))).tolist())


def from_one(frequency_num: int, max_radius: float) -> Frequencies:
    """From 1 down to ``1 / max_radius``: what the reference code uses where it ignores min_radius.

    With ``max_radius=1`` all of them are 1.

    >>> [round(each, 3) for each in from_one(3, 100)]
    [1.0, 0.1, 0.01]
    """
    number = count("frequency_num", frequency_num, least=2)
    step = math.log(positive("max_radius", max_radius)) / (number - 1)
    return tuple((1.0 / np.exp(np.arange(number) * step)).tolist())


def octaves(frequency_num: int) -> Frequencies:
    """Pi times the powers of two.

    >>> [round(each, 3) for each in octaves(3)]
    [3.142, 6.283, 12.566]
    """
    number = count("frequency_num", frequency_num, most=MOST_OCTAVES)
    return tuple(math.pi * 2.0**power for power in range(number))
