"""How much more likely the errors are if a circle has a rate of its own.

The Bernoulli model of Kulldorff (1997), *A spatial scan statistic*, Communications in Statistics:
Theory and Methods 26(6), 1481-1496, for circles with too many errors.

Errors are whole numbers, ``highest`` of them to a wrong sample: parts of samples that are the mean
of several are errors, too. All kernels count in them, so that equal rates are equal.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_LOWEST = 1e-6
"""Ratios below this are too close to 0 for rounding to leave them in order."""


@njit(cache=True, nogil=True)
def _term(count, size, all_count, all_size):
    """Return count ln(rate / overall rate); 0 ln 0 is 0."""
    return count * math.log(count / size / (all_count / all_size)) if count > 0.0 else 0.0


@njit(cache=True, nogil=True)
def log_ratio(errors, n, all_errors, samples, highest):
    """Return the log likelihood ratio of a circle; 0 if its rate of errors is not the higher one.

    Written with rates in proportion to the overall ones: terms that are as large as the number
    of samples would cancel otherwise, and take the last digits with them.
    """
    inside, everywhere = float(highest * n), float(highest * samples)
    wrong, all_wrong = float(errors), float(all_errors)
    if wrong * everywhere <= all_wrong * inside:
        return 0.0
    right, all_right, outside = inside - wrong, everywhere - all_wrong, everywhere - inside
    ratio = (
        _term(wrong, inside, all_wrong, everywhere)
        + _term(right, inside, all_right, everywhere)
        + _term(all_wrong - wrong, outside, all_wrong, everywhere)
        + _term(all_right - right, outside, all_right, everywhere)
    )
    return max(0.0, ratio / highest)


@njit(cache=True, nogil=True)
def log_ratios(errors, n, all_errors, samples, highest):
    """Return the log likelihood ratio of each circle."""
    ratios = np.empty(n.size)
    for i in range(n.size):
        ratios[i] = log_ratio(errors[i], n[i], all_errors, samples, highest)
    return ratios


@njit(cache=True, nogil=True)
def least_errors(floor, n, all_errors, samples, highest, low, high):
    """Bisect for the fewest errors in ``low``..``high`` whose ratio is above ``floor``.

    ``high`` + 1 if there are none. Beyond the overall rate the ratio rises with the errors.
    """
    if floor < _LOWEST:
        floor = 0.0
    high += 1
    while low < high:
        middle = (low + high) // 2
        if log_ratio(middle, n, all_errors, samples, highest) > floor:
            high = middle
        else:
            low = middle + 1
    return low
