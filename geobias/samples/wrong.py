"""Errors, where a tool asks how much is wrong rather than how much is right."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geobias.errors import GeoBiasError
from geobias.samples.samples import Samples


def shares_wrong(samples: Samples) -> npt.NDArray[np.float64]:
    """Return 1 where a model is wrong and 0 where it is right, or the share of errors at a site.

    Returns
    -------
    float64 array
        (models, samples)

    Raises
    ------
    GeoBiasError
        If samples with more than two levels were merged: their mean does not tell.
    """
    wrong = 1.0 - np.asarray(samples.correct, dtype=np.float64)
    if np.isnan(wrong).any():
        raise GeoBiasError(
            f"The mean of {len(samples.levels)} levels does not tell how many samples of a site "
            'are wrong: give them as they were before, and use sites="keep" (--sites keep).'
        )
    return wrong
