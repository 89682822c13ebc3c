"""Classes that live somewhere, as von Mises-Fisher distributions, and their posterior."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from geobias.encoders.locbench.places import checked_places
from geobias.simulate.streams import stream
from geobias.sphere import Floats, unit_vectors

Ints = npt.NDArray[np.int64]

CONCENTRATIONS = 4.0, 400.0
"""From half a continent to a small country: the spread is about 57/√κ degrees, 29 to 3."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Equally frequent classes, each spread about its centre as a von Mises-Fisher distribution.

    The density of a class with the centre μ and the concentration κ at a place x, both unit
    vectors, is ``κ / (2π (1 - exp(-2κ))) exp(κ (μ·x - 1))``.

    Attributes
    ----------
    centres : float64 array, (classes, 3)
        Unit vectors.
    concentrations : float64 array, (classes,)
        The κ of each class.

    References
    ----------
    Fisher (1953), Dispersion on a sphere.
    """

    centres: Floats
    concentrations: Floats
    name: ClassVar[str] = "true prior"

    @classmethod
    def drawn(cls, seed: int, classes: int) -> Mixture:
        """Draw centres uniformly on the sphere, and concentrations evenly on a log scale."""
        draw = stream(seed, "mixture: classes")
        toward = draw.normal(size=(classes, 3))
        low, high = np.log(CONCENTRATIONS)
        return cls(
            centres=toward / np.linalg.norm(toward, axis=1, keepdims=True),
            concentrations=np.exp(draw.uniform(low, high, classes)),
        )

    def sample(self, labels: Ints, draw: np.random.Generator) -> Floats:
        """Draw a place for each label, as unit vectors, (n, 3).

        On this sphere the cosine of the angle from the centre can be drawn exactly, by inverting
        its distribution function: ``1 + log(u + (1 - u) exp(-2κ)) / κ`` for uniform u. The form is
        Jakob's (2012), Numerically stable sampling of the von Mises-Fisher distribution on S².
        """
        centre, kappa = self.centres[labels], self.concentrations[labels]
        uniform = draw.random(len(labels))
        below = -np.log(uniform + (1.0 - uniform) * np.exp(-2.0 * kappa)) / kappa
        below = np.clip(below, 0.0, 2.0)  # 1 - cosine, exact where the cosine is nearly 1
        aside = draw.normal(size=(len(labels), 3))
        aside -= (aside * centre).sum(axis=1, keepdims=True) * centre
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        sine = np.sqrt(below * (2.0 - below))
        drawn: Floats = (1.0 - below)[:, None] * centre + sine[:, None] * aside
        return drawn

    def log_densities(self, unit: Floats) -> Floats:
        """Return the log density of each class at places given as unit vectors, (n, classes)."""
        kappa = self.concentrations
        # 1 - μ·x, but without its rounding, which a large κ would magnify.
        below = np.stack([((unit - centre) ** 2).sum(axis=1) for centre in self.centres], axis=1)
        level = np.log(kappa / (2.0 * math.pi)) - np.log1p(-np.exp(-2.0 * kappa))
        logs: Floats = level - kappa * (below / 2.0)
        return logs

    def class_probabilities(self, *, lat: ArrayLike, lon: ArrayLike) -> Floats:
        """Return how likely each class is at each place: Bayes' rule, all classes equally frequent.

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
        logs = self.log_densities(unit_vectors(*checked_places(lat, lon)))
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        posterior: Floats = weights / weights.sum(axis=1, keepdims=True)
        return posterior
