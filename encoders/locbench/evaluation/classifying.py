"""Classes of images, their places, and both: scored and ranked part by part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from geobias.encoders.locbench.datasets.dataset import Floats, Split
from geobias.encoders.locbench.evaluation.ranking import Ints
from geobias.encoders.locbench.evaluation.tables import Ranked
from geobias.encoders.locbench.training.ordering import located_in_order
from geobias.errors import InputError
from geobias.wording import counted

ROWS = 2_048
"""Samples at a time: with thousands of classes, no more scores fit. It is how many places a
location classifier takes at once by itself, so that its answers do not depend on this number."""


class LocationPrior(Protocol):
    """Anything that says how likely each class is at a place."""

    def class_probabilities(self, *, lat: Floats, lon: Floats) -> ArrayLike:
        """Return how likely each class is at each place, (n, classes)."""


def by_image(split: Split) -> Ranked:
    """Rank by the image alone."""
    return Ranked.together(list(_by_image(split, np.arange(len(split)))))


def by_place_and_both(split: Split, model: LocationPrior, classes: int) -> tuple[Ranked, Ranked]:
    """Rank located samples by their place alone, and all samples by all that is known of them.

    That is the product of what image and place say of each class, in float64; the image alone for
    samples without a location; the place alone where there is no model of images, and then only
    for located samples. The model is asked once.
    """
    labels = split.targets.astype(np.int64)
    alone, fused = [], []
    # The order of the rows does not change what is computed together.
    for rows in _parts(located_in_order(split)):
        places = _asked(model, split, rows, classes)
        alone.append(Ranked.of(rows, places, labels[rows]))
        if split.probabilities is not None:
            scores = split.image_probabilities(rows)
            scores *= places
            fused.append(Ranked.of(rows, scores, labels[rows]))
    if split.probabilities is not None:
        fused += _by_image(split, np.flatnonzero(~split.located))
    return Ranked.together(alone), Ranked.together(fused or alone)


def _by_image(split: Split, samples: Ints) -> Iterator[Ranked]:
    labels = split.targets.astype(np.int64)
    for rows in _parts(samples):
        yield Ranked.of(rows, split.image_probabilities(rows), labels[rows])


def _parts(samples: Ints) -> Iterator[Ints]:
    for start in range(0, len(samples), ROWS):
        yield samples[start : start + ROWS]


def _asked(model: LocationPrior, split: Split, rows: Ints, classes: int) -> Floats:
    """Return what a model says of places, or refuse what are no probabilities."""
    said = model.class_probabilities(lat=split.lat[rows], lon=split.lon[rows])
    found = np.asarray(said, np.float64)
    if found.shape != (len(rows), classes):
        raise InputError(
            f"The model says probabilities of shape {found.shape} for {counted(len(rows), 'place')}"
            f" and {classes:,} classes: was it trained on other classes?"
        )
    # A comparison with NaN is false.
    wrong = int((~(found.min(axis=1) >= 0.0) | ~np.isfinite(found.max(axis=1))).sum())
    if wrong:
        raise InputError(
            f"The model says NaN, infinite or negative probabilities of {counted(wrong, 'place')}: "
            "has its training failed? Train it again, with a lower learning rate."
        )
    return found
