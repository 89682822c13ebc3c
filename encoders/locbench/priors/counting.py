"""Training samples as counts, and how counts become probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from geobias.coordinates import normalise
from geobias.encoders.locbench.datasets.dataset import Split
from geobias.encoders.locbench.places import checked_places
from geobias.errors import InputError
from geobias.geometry.places import Ints, Places
from geobias.settings import whole_number
from geobias.sphere import Floats

ROWS = 1_024
"""Places that are asked for at a time."""


class CountingPrior(ABC):
    """A prior that gives each training sample a weight at a place, and counts by class.

    ``p(c) = (w_c + a - 1) / (w + K a - K)``, where w_c is the weight of the samples of class c, w
    that of all, and K the number of classes: the mean of what a symmetric Dirichlet distribution
    leaves likely, with ``a - 1`` samples of each class seen beforehand. Where nothing is near, all
    classes are equally likely.

    Attributes
    ----------
    classes : int
        How many classes there are.
    a : float
        Of the formula; 2 adds one sample to each class.
    without_location : int
        Training samples that had no location, and were left out.
    """

    name: ClassVar[str]
    says: ClassVar[str]

    def __init__(self, classes: int, a: float, without_location: int) -> None:
        self.classes = classes
        self.a = a
        self.without_location = without_location

    def class_probabilities(self, *, lat: ArrayLike, lon: ArrayLike) -> Floats:
        """Return how likely each class is at each place.

        Parameters
        ----------
        lat, lon : array-like, (n,)
            Degrees.

        Returns
        -------
        float64 array, (n, classes)
            Rows add up to one.

        Raises
        ------
        InputError
            If a place is missing or impossible.
        """
        latitudes, longitudes = checked_places(lat, lon)
        found = np.empty((len(latitudes), self.classes))
        for start in range(0, len(found), ROWS):
            rows = slice(start, start + ROWS)
            found[rows] = self._weights_by_class(latitudes[rows], longitudes[rows])
        total = found.sum(axis=1, keepdims=True)
        found += self.a - 1.0
        found /= total + self.classes * (self.a - 1.0)
        return found

    @abstractmethod
    def _weights_by_class(self, lat: Floats, lon: Floats) -> Floats:
        """Return the weight of the samples of each class at each place, (n, classes)."""


@dataclass(frozen=True, eq=False)
class Tally:
    """The located training samples, by point and class.

    Points come in the canonical order of `Places`, so that the order of the rows changes nothing.

    Attributes
    ----------
    lat, lon : float64 array, (points,)
        Degrees, each point once.
    unit : float64 array, (points, 3)
        The same as unit vectors.
    counts : scipy.sparse.csr_array, (points, classes)
        Samples of each class at each point.
    size : float64 array, (points,)
        Samples at each point.
    without_location : int
        Samples that were left out.
    """

    lat: Floats
    lon: Floats
    unit: Floats
    counts: sp.csr_array
    size: Floats
    without_location: int

    @classmethod
    def of(cls, split: Split, classes: int) -> Tally:
        """Count the samples of a split, or refuse labels that are no classes."""
        labels = checked_labels(split, classes)
        known = split.located
        places = Places.of(*normalise(split.lat[known], split.lon[known]))
        shape = places.points, classes
        at = places.point_of_sample, labels[known]
        counts = sp.csr_array((np.ones(places.seats), at), shape=shape)
        counts.sum_duplicates()
        return cls(
            lat=places.lat,
            lon=places.lon,
            unit=places.unit,
            counts=counts,
            size=np.diff(places.seat_start).astype(np.float64),
            without_location=int((~known).sum()),
        )


def checked_labels(split: Split, classes: int) -> Ints:
    """Return the classes of samples, or refuse those that are none."""
    whole_number("classes", classes, 2)
    if split.targets.dtype.kind not in "iu":
        raise InputError("Priors are of classes, and these targets are values.")
    if split.targets.min() < 0 or split.targets.max() >= classes:
        raise InputError(
            f"Labels run from {split.targets.min()} to {split.targets.max()}, but there are "
            f"{classes:,} classes, counted from 0."
        )
    return split.targets.astype(np.int64)
