"""Options of encoders, checked where they are given."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np

from geobias.errors import InputError
from geobias.values import is_finite_number, is_listed

WORLD = (-180.0, 180.0, -90.0, 90.0)
"""West, east, south, north: the order of ``map_range`` in the reference code."""


LARGEST = 1e30
"""Beyond it, and below its inverse, squares and ratios of options leave single precision."""


def positive(name: str, value: object) -> float:
    """Return a positive number, or refuse it by its name."""
    if isinstance(value, bool) or not is_finite_number(value) or float(value) <= 0:  # type: ignore[arg-type]
        raise InputError(f"{name}={value!r} has to be a positive number.")
    number = float(value)  # type: ignore[arg-type]
    if not 1.0 / LARGEST <= number <= LARGEST:
        raise InputError(f"{name}={number:g} has to be from {1.0 / LARGEST:g} to {LARGEST:g}.")
    return number


def count(name: str, value: object, *, least: int = 1, most: int | None = None) -> int:
    """Return a whole number within its bounds, or refuse it by its name."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(f"{name}={value!r} has to be a whole number.")
    number = int(value)
    if number < least or (most is not None and number > most):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{name}={number} has to be {bounds}.")
    return number


def share(name: str, value: object) -> float:
    """Return a number from 0 up to but not including 1, or refuse it by its name."""
    if isinstance(value, bool) or not is_finite_number(value) or not 0 <= float(value) < 1:  # type: ignore[arg-type]
        raise InputError(f"{name}={value!r} has to be from 0 up to, but not including, 1.")
    return float(value)  # type: ignore[arg-type]


def weight(name: str, value: object) -> float:
    """Return a number that is not negative, or refuse it by its name."""
    if isinstance(value, bool) or not is_finite_number(value) or float(value) < 0:  # type: ignore[arg-type]
        raise InputError(f"{name}={value!r} has to be a number that is not negative.")
    number = float(value)  # type: ignore[arg-type]
    if number > LARGEST:
        raise InputError(f"{name}={number:g} has to be at most {LARGEST:g}.")
    return number


def truth(name: str, value: object) -> bool:
    """Return whether something is wanted; a text such as "false" is refused by its name."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name}={value!r} has to be True or False.")
    return bool(value)


def extent(
    name: str, value: Sequence[float], *, around: bool = True
) -> tuple[float, float, float, float]:
    """Return west, east, south, north, or refuse them by their name.

    Where longitudes are brought back to ±180, none can lie in a map that goes further ``around``.
    """
    if not is_listed(value) or len(value) != 4 or not all(map(is_finite_number, value)):
        raise InputError(f"{name}={value!r} has to be west, east, south and north in degrees.")
    west, east, south, north = map(float, value)
    if max(map(abs, (west, east, south, north))) > LARGEST:
        raise InputError(f"{name}={value!r} has to be within ±{LARGEST:g}.")
    if west >= east or south >= north:
        raise InputError(f"{name}={value!r} has to be west < east, south < north.")
    if not around and (west < WORLD[0] or east > WORLD[1]):
        raise InputError(
            f"{name}={value!r} has to be within ±180 degrees of longitude, since longitudes are "
            "brought back there by whole turns."
        )
    return west, east, south, north
