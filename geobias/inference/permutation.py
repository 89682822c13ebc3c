"""From what was observed and what chance did to p values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geobias.sphere import Floats

_TIE = 1e-9
"""Values closer than this fraction of their size count as equal, against rounding."""


@dataclass(frozen=True)
class Verdict:
    """How unusual observed values are among those that chance gave.

    Attributes
    ----------
    p
        Two-sided: how often chance strays as far from its own mean, (1 + #) / (B + 1).
    p_greater
        One-sided: how often chance gives as much or more.
    z
        The observed value in standard deviations of chance from its mean.
    drawn
        What chance gave; the draws along the last axis.
    """

    p: Floats
    p_greater: Floats
    z: Floats
    drawn: Floats


def judge(observed: Floats, drawn: Floats, middle: Floats | float | None = None) -> Verdict:
    """Compare observed values with the draws of chance along the last axis.

    Parameters
    ----------
    observed
        Any shape; NaN stays NaN.
    drawn
        The same shape and one more axis, the draws.
    middle
        Where chance is centred, if that is known; else the mean of all values, the
        observed one among them.

    Examples
    --------
    >>> verdict = judge(np.array(9.0), np.arange(9.0))
    >>> float(verdict.p), float(verdict.p_greater)
    (0.2, 0.1)
    """
    everything = np.concatenate((observed[..., None], drawn), axis=-1)
    centre = _mean(everything) if middle is None else np.full(observed.shape, middle)
    slack = _TIE * np.abs(everything).max(axis=-1, where=~np.isnan(everything), initial=0.0)
    # A draw that is undefined counts against the observed value.
    as_far = ~(np.abs(drawn - centre[..., None]) < (np.abs(observed - centre) - slack)[..., None])
    as_much = ~(drawn < (observed - slack)[..., None])
    mean = _mean(drawn)
    sd = np.sqrt(_mean((drawn - mean[..., None]) ** 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(sd > slack, (observed - mean) / sd, np.nan)
    return Verdict(_share(as_far, observed), _share(as_much, observed), z, drawn)


def _mean(values: Floats) -> Floats:
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return mean


def holm(p: Floats) -> Floats:
    """Return p values adjusted for their number (Holm 1979); NaN stays NaN.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    factor = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factor))
    return adjusted


def _share(hits: NDArray[np.bool_], observed: Floats) -> Floats:
    share = (1.0 + hits.sum(axis=-1)) / (hits.shape[-1] + 1.0)
    return np.where(np.isnan(observed), np.nan, share)
