"""Smooth random fields on the sphere that vary at one distance."""

from __future__ import annotations

import numpy as np

from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import Floats

WAVES = 100
"""Waves in a field: enough for values that are normal to the eye, few enough to be fast."""


def wave_field(unit: Floats, size_km: float, draw: np.random.Generator) -> Floats:
    """Draw a field whose patches of high and low values are about ``size_km`` across.

    Plane waves of one length, twice the size, cross space in random directions. On the sphere
    they meet no pole and no date line. At points a chord of d km apart the field has the
    correlation sin(x)/x with x = πd/size: it falls to 0 at the size, is lowest at 1.43 times
    the size, and never rises above 0.13 beyond. Shorter waves do not occur; longer ones
    appear where a wave meets the ground at an angle, and fade: waves four times as long or
    longer hold 3 % of the variance.

    Parameters
    ----------
    unit
        Unit vectors of the points.
    size_km
        Size of a patch.
    draw
        Source of the random directions and phases.

    Returns
    -------
    numpy.ndarray
        The field at each point, with mean 0 and variance 1 over all draws.
    """
    directions = draw.normal(size=(WAVES, 3))
    directions /= np.sqrt((directions**2).sum(axis=1, keepdims=True))
    phases = draw.uniform(0.0, 2.0 * np.pi, WAVES)
    x, y, z = np.ascontiguousarray((np.pi * EARTH_RADIUS_KM / size_km) * unit.T)
    field: Floats = np.zeros(len(unit))
    # Wave by wave, not as a matrix product, whose rounding depends on the number of threads.
    for (to_x, to_y, to_z), phase in zip(directions, phases, strict=True):
        field += np.cos(to_x * x + to_y * y + to_z * z + phase)
    field *= np.sqrt(2.0 / WAVES)
    return field
