"""How many samples the neighbourhoods of a scale hold, counted around random centres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geobias.geometry.places import Ints
from geobias.planning.estimate import Estimate
from geobias.scales import Scale
from geobias.survey import Survey

_FEWEST, _MOST = 512, 20_000
"""Locations around which neighbours are counted; all, if there are no more than the most."""

_MOST_COUNTED = 500_000_000
"""Neighbours that are counted at a scale: with larger neighbourhoods, around fewer centres."""


@dataclass(frozen=True)
class Crowd:
    """The neighbourhoods of a scale.

    Attributes
    ----------
    sizes
        How many samples each of those counted holds.
    shared
        How many centres are at the location of each.
    locations
        How many distinct locations serve as centres.
    """

    sizes: Ints
    shared: Ints
    locations: int

    @classmethod
    def of(cls, survey: Survey, scale: Scale) -> Crowd:
        """Count neighbours around random locations, or all of them if that is little work."""
        locations = survey.points.size
        order = np.random.default_rng([survey.seed, 4]).choice(
            locations, min(locations, _MOST), replace=False
        )
        shared = np.bincount(survey.centre_of, minlength=locations)
        walk = survey.scorer.engine.walk
        sizes = walk.sizes(scale, survey.points[order[:_FEWEST]])
        fitting = min(order.size, int(_MOST_COUNTED / max(1.0, sizes.mean())))
        if fitting > sizes.size:
            more = walk.sizes(scale, survey.points[order[_FEWEST:fitting]])
            sizes = np.concatenate((sizes, more))
        return cls(sizes, shared[order[: sizes.size]], locations)

    @property
    def pairs(self) -> Estimate:
        """Pairs of centre and neighbour; samples at one location share its neighbourhood."""
        return Estimate.total(self.sizes.astype(np.float64), self.locations)

    @property
    def around_a_centre(self) -> float:
        """Mean number of neighbours around a random sample that serves as a centre."""
        return float(np.average(self.sizes, weights=self.shared))
