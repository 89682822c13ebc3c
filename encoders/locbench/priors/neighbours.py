"""Classes by the training samples that are near on the sphere."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from geobias.encoders.locbench.datasets.dataset import Split
from geobias.encoders.locbench.priors.counting import CountingPrior, Tally
from geobias.geometry.places import Ints
from geobias.scales import EARTH_RADIUS_KM
from geobias.settings import number_between, whole_number
from geobias.sphere import RIM, TIE_ABSOLUTE, TIE_RELATIVE, Floats, angle, chord, unit_vectors

LISTED_AT_ONCE = 1_000_000
"""Neighbours that are held at a time, where one place has no more."""
MOST_NEAREST = 10_000
HALF_AROUND_KM = 20_016.0
"""More than half of the Earth's circumference: everything is nearer."""


class NeighbourPrior(CountingPrior):
    """A prior that weighs the training samples within reach of a place, each point's alike."""

    def __init__(self, tally: Tally) -> None:
        from scipy.spatial import KDTree

        super().__init__(tally.counts.shape[1], 2.0, tally.without_location)
        self._tally = tally
        # Many samples may share a place: an unbalanced tree is built of them faster.
        self._tree: Any = KDTree(tally.unit, balanced_tree=False)

    @abstractmethod
    def _reach(self, unit: Floats) -> Floats:
        """Return the chord within which samples count, (n,); ties are added to it."""

    @abstractmethod
    def _weights(self, place: Ints, point: Ints, apart2: Floats, reach: Floats) -> Floats:
        """Return the weight of a sample of each listed point at the place that lists it.

        Parameters
        ----------
        place, point : int64 array
            Pairs: a place, and a point that it reaches.
        apart2 : float64 array
            Their squared chords.
        reach : float64 array
            Of each place.
        """

    def _weights_by_class(self, lat: Floats, lon: Floats) -> Floats:
        unit = unit_vectors(lat, lon)
        reach = self._reach(unit)
        # Ties of the farthest are within; what rounding lets in besides has no weight.
        widened = np.sqrt(reach**2 * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE)
        found = np.empty((len(unit), self.classes))
        for rows in self._parts(unit, widened):
            near = self._tree.query_ball_point(unit[rows], widened[rows], return_sorted=True)
            length = np.array([len(points) for points in near])
            place = np.repeat(np.arange(len(near)), length)
            point = np.concatenate([np.asarray(points, np.int64) for points in near])
            apart2 = ((unit[rows][place] - self._tally.unit[point]) ** 2).sum(axis=1)
            weights = self._weights(place, point, apart2, reach[rows])
            shape = len(near), len(self._tally.unit)
            found[rows] = (
                sp.csr_array((weights, (place, point)), shape=shape) @ self._tally.counts
            ).toarray()
        return found

    def _parts(self, unit: Floats, reach: Floats) -> Iterator[slice]:
        """Cut places into parts that list no more points than fit, or one place each."""
        lengths = self._tree.query_ball_point(unit, reach, return_length=True)
        start, listed = 0, 0
        for row, length in enumerate(lengths.tolist()):
            if row > start and listed + length > LISTED_AT_ONCE:
                yield slice(start, row)
                start, listed = row, 0
            listed += length
        yield slice(start, len(unit))


class NearestSamples(NeighbourPrior):
    """A prior that looks as far as the k-th nearest training sample."""

    def __init__(self, tally: Tally, k: int) -> None:
        super().__init__(tally)
        self.k = k

    def _reach(self, unit: Floats) -> Floats:
        """Return the chord to the k-th nearest sample, or the farthest where there are fewer."""
        points = len(self._tally.unit)
        asked = min(self.k, points)
        apart, near = self._tree.query(unit, k=np.arange(1, asked + 1))
        reached = np.cumsum(self._tally.size[near], axis=1) >= self.k
        reached[:, -1] = True
        return np.asarray(apart[np.arange(len(unit)), reached.argmax(axis=1)])


class NearestPrior(NearestSamples):
    """Classes by their counts among the k nearest training samples, and one more of each.

    Samples that are equally far as the k-th nearest share the votes that are left to them, so that
    neither the order of the rows nor that of the classes decides.
    """

    name: ClassVar[str] = "nearest neighbours"
    says: ClassVar[str] = "the k nearest training samples"

    @classmethod
    def fit(cls, split: Split, classes: int, *, k: int = 50) -> NearestPrior:
        """Keep the training samples.

        Parameters
        ----------
        split : Split
            The training samples.
        classes : int
            How many classes there are.
        k : int
            Samples that vote.

        Examples
        --------
        >>> import numpy as np
        >>> from geobias.encoders.locbench.datasets.dataset import Split
        >>> train = Split(np.array([48.2, 48.3, -33.9]), np.zeros(3), np.array([0, 0, 1]))
        >>> NearestPrior.fit(train, 2, k=2).class_probabilities(lat=[48.0], lon=[0.0])
        array([[0.75, 0.25]])
        """
        return cls(Tally.of(split, classes), whole_number("k", k, 1, MOST_NEAREST))

    def _weights(self, place: Ints, point: Ints, apart2: Floats, reach: Floats) -> Floats:
        farthest = reach[place] ** 2
        tied = np.abs(apart2 - farthest) <= TIE_RELATIVE * farthest + TIE_ABSOLUTE
        nearer = ~tied & (apart2 < farthest)
        size = self._tally.size[point]
        left = self.k - np.bincount(place, size * nearer, minlength=len(reach))
        share = left / np.bincount(place, size * tied, minlength=len(reach))
        return np.where(nearer, 1.0, np.where(tied, np.minimum(share, 1.0)[place], 0.0))


class RadiusPrior(NeighbourPrior):
    """Classes by their counts among the training samples within a radius, and one more of each."""

    name: ClassVar[str] = "radius"
    says: ClassVar[str] = "training samples within a radius"

    def __init__(self, tally: Tally, radius_km: float) -> None:
        super().__init__(tally)
        self.radius_km = radius_km
        angle_rad = np.array(radius_km / EARTH_RADIUS_KM * (1.0 + RIM))
        self._chord = float(chord(angle_rad))

    @classmethod
    def fit(cls, split: Split, classes: int, *, radius_km: float = 500.0) -> RadiusPrior:
        """Keep the training samples.

        Parameters
        ----------
        split : Split
            The training samples.
        classes : int
            How many classes there are.
        radius_km : float
            How far samples count.

        Examples
        --------
        >>> import numpy as np
        >>> from geobias.encoders.locbench.datasets.dataset import Split
        >>> train = Split(np.array([48.2, 48.3, -33.9]), np.zeros(3), np.array([0, 0, 1]))
        >>> RadiusPrior.fit(train, 2).class_probabilities(lat=[48.0], lon=[0.0])
        array([[0.75, 0.25]])
        """
        radius = number_between("radius_km", radius_km, 0.0, HALF_AROUND_KM)
        return cls(Tally.of(split, classes), radius)

    def _reach(self, unit: Floats) -> Floats:
        return np.full(len(unit), self._chord)

    def _weights(self, place: Ints, point: Ints, apart2: Floats, reach: Floats) -> Floats:
        return (apart2 <= self._chord**2).astype(np.float64)


class KernelPrior(NearestSamples):
    """Classes by their adaptive kernel density, and one sample more of each.

    The bandwidth h of a place is half the distance d_k to the k-th nearest training sample, so that
    it is narrow where there are many: a sample at the distance d ≤ d_k has the weight
    ``exp(-d² / (2 h²))``, and others have none. Distances are great circles. Where h is 0, the
    samples at that very place have the weight 1.

    References
    ----------
    Terrell and Scott (1992), Variable kernel density estimation: this is their balloon estimator.
    Berg et al. (2014), Birdsnap: large-scale fine-grained visual categorization of birds, used
    adaptive kernel densities as priors first.
    """

    name: ClassVar[str] = "adaptive kernel density"
    says: ClassVar[str] = "the k nearest training samples, near ones more than far ones"

    @classmethod
    def fit(cls, split: Split, classes: int, *, k: int = 100) -> KernelPrior:
        """Keep the training samples.

        Parameters
        ----------
        split : Split
            The training samples.
        classes : int
            How many classes there are.
        k : int
            Samples within two bandwidths of a place.

        Examples
        --------
        >>> import numpy as np
        >>> from geobias.encoders.locbench.datasets.dataset import Split
        >>> train = Split(np.array([48.2, 48.3, -33.9]), np.zeros(3), np.array([0, 0, 1]))
        >>> KernelPrior.fit(train, 2, k=2).class_probabilities(lat=[48.2], lon=[0.0]).round(3)
        array([[0.681, 0.319]])
        """
        return cls(Tally.of(split, classes), whole_number("k", k, 1, MOST_NEAREST))

    def _weights(self, place: Ints, point: Ints, apart2: Floats, reach: Floats) -> Floats:
        within = apart2 <= reach[place] ** 2 * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE
        bandwidth = np.maximum(angle(reach), np.sqrt(TIE_ABSOLUTE))[place] / 2.0
        weights = np.exp(-0.5 * (angle(np.sqrt(apart2)) / bandwidth) ** 2)
        return np.where(within, weights, 0.0)
