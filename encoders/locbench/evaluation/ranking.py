"""At which rank the true class comes, and which class comes first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from geobias.errors import InputError
from geobias.wording import counted, where

Ints = npt.NDArray[np.int64]
Scores = npt.NDArray[np.floating[Any]]

COMPARED_AT_ONCE = 16_000_000
"""Comparisons of scores that are held at a time."""


def ranks(scores: ArrayLike, labels: ArrayLike) -> Ints:
    """Return the rank of the true class of each sample, 1 for the highest score.

    Among equal scores the class with the higher number comes first, as in
    `sklearn.metrics.top_k_accuracy_score`: a rank depends on nothing but the scores.

    Parameters
    ----------
    scores : array-like, (n, classes)
        Higher is likelier; they need not be probabilities.
    labels : array-like of whole numbers, (n,)
        The true classes, counted from 0.

    Returns
    -------
    int64 array, (n,)
        From 1 to the number of classes.

    Raises
    ------
    InputError
        If scores are NaN, or labels are no classes.

    References
    ----------
    Wu et al. (2024), TorchSpatial: a location encoding framework and benchmark for spatial
    representation learning. Their rank is the place in the descending order, in which ties fall as
    the sorting happens to leave them.

    Examples
    --------
    >>> ranks([[0.1, 0.7, 0.2], [0.4, 0.4, 0.2]], [2, 0]).tolist()
    [2, 2]
    """
    held, classes = _checked(scores, labels)
    found = np.empty(len(classes), np.int64)
    numbers = np.arange(held.shape[1])
    step = max(1, COMPARED_AT_ONCE // held.shape[1])
    for start in range(0, len(classes), step):
        rows, label = held[start : start + step], classes[start : start + step, None]
        own = np.take_along_axis(rows, label, axis=1)
        before = rows > own
        before |= (rows == own) & (numbers > label)
        found[start : start + step] = 1 + np.count_nonzero(before, axis=1)
    return found


def first_classes(scores: Scores) -> Ints:
    """Return the class that comes first of each sample, by the same order as `ranks`.

    >>> first_classes(np.array([[0.4, 0.4, 0.2]])).tolist()
    [1]
    """
    last = scores.shape[1] - 1
    return np.asarray(last - np.argmax(scores[:, ::-1], axis=1), np.int64)


def _checked(scores: ArrayLike, labels: ArrayLike) -> tuple[Scores, Ints]:
    held, classes = np.asarray(scores), np.asarray(labels)
    if held.ndim != 2 or held.dtype.kind not in "fiub" or not held.shape[1]:
        raise InputError(
            f"scores are {held.dtype} of shape {held.shape}: give numbers, a row per sample and a "
            "column per class."
        )
    if classes.shape != held.shape[:1] or classes.dtype.kind not in "iu":
        raise InputError(
            f"labels are {classes.dtype} of shape {classes.shape}: give a whole number per row of "
            f"scores, of which there are {len(held):,}."
        )
    outside = (classes < 0) | (classes >= held.shape[1])
    if outside.any():
        raise InputError(
            f"{counted(int(outside.sum()), 'label')} outside the {held.shape[1]:,} classes, "
            f"{where(outside)}: classes are counted from 0."
        )
    # Arithmetic finds NaN without a mask as large as the scores.
    unknown = np.isnan(held.max(axis=1, initial=-np.inf)) if held.dtype.kind == "f" else None
    if unknown is not None and unknown.any():
        raise InputError(
            f"{counted(int(unknown.sum()), 'sample')} with scores that are NaN, {where(unknown)}: "
            "they have no rank. Leave them out, or score them anew."
        )
    return held, classes.astype(np.int64)
