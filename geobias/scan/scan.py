"""The spatial scan statistic: where errors are more frequent than chance makes them anywhere.

Kulldorff (1997), *A spatial scan statistic*, for right and wrong answers and circles around
samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geobias.crews import Crew
from geobias.geometry.places import Ints, Places
from geobias.geometry.walk import Progress
from geobias.inference.exchange import Exchange
from geobias.scan.chance import Chance
from geobias.scan.circles import Circles, Errors
from geobias.scan.disjoint import disjoint
from geobias.scan.ladder import angle_of, points_inside
from geobias.scan.likelihood import log_ratio, log_ratios
from geobias.sphere import Floats


@dataclass(frozen=True)
class Cluster:
    """A circle with more errors than elsewhere.

    Attributes
    ----------
    point
        Its centre.
    radius_rad
        Its radius, which reaches the farthest sample inside.
    seats
        All samples inside, ascending.
    llr
        Log likelihood ratio: how much more likely its errors are at a rate of its own.
    """

    point: int
    radius_rad: float
    seats: Ints
    llr: float


@dataclass(frozen=True)
class Scan:
    """All circles around some samples, and the errors of all models in them.

    Made by `Scan.of`.
    """

    places: Places
    errors: Errors
    highest: int
    circles: Circles
    crew: Crew

    @classmethod
    def of(
        cls,
        places: Places,
        errors: Errors,
        centres: Ints,
        *,
        highest: int = 1,
        share: float = 0.5,
        radius_rad: float | None = None,
        crew: Crew,
        advance: Progress,
    ) -> Scan:
        """Lay the circles, and count what lies in them.

        Parameters
        ----------
        places
            Where the samples are.
        errors
            (models, seats), from 0, right, to ``highest``, wrong. What lies between is the share
            of errors at a merged site.
        centres
            Points around which circles are laid.
        highest
            1, or in how many parts the share of errors is given.
        share
            No circle holds more than this share of all samples.
        radius_rad
            None is wider than this angle.
        crew
            Who does the work; never changes a result.
        advance
            Told how many centres of how many are done.
        """
        circles = Circles.of(
            places, errors, centres,
            share=share, radius_rad=radius_rad, crew=crew, advance=advance,
        )  # fmt: skip
        return cls(places, errors, highest, circles, crew)

    def clusters(self, model: int, *, most: int) -> list[Cluster]:
        """Return circles with too many errors that do not touch, the most unlikely first.

        Each is the most unlikely of all circles that do not touch one before: their centres are
        farther apart than their radii together. Of equally unlikely ones that of the lower point
        comes first, and the smaller. There are at most so many.
        """
        circles = self.circles
        total = self._total(model)
        ratios = log_ratios(
            circles.errors[model], circles.n, total, self.places.seats, self.highest
        )
        clusters = []
        for circle in disjoint(circles, ratios, most):
            point = int(circles.centre_of(circle))
            square = circles.square[circle]
            inside = points_inside(circles.ground, point, square)
            clusters.append(
                Cluster(
                    point=point,
                    radius_rad=angle_of(square),
                    seats=np.flatnonzero(inside[self.places.point_of_seat]),
                    llr=float(ratios[circle]),
                )
            )
        return clusters

    def llr(self, model: int, seats: Ints) -> float:
        """Return the log likelihood ratio of any set of samples."""
        errors = int(self.errors[model, seats].sum(dtype=np.int64))
        ratio = log_ratio(errors, seats.size, self._total(model), self.places.seats, self.highest)
        return float(ratio)

    def maxima(self, exchange: Exchange, permutations: int, seed: int, advance: Progress) -> Floats:
        """Return the highest ratio of any circle in each permutation, (models, permutations).

        All circles that were observed are looked at each time. So the share of permutations that
        reach the ratio of a cluster is a p value that allows for all of them.

        Parameters
        ----------
        exchange
            Which errors may trade places.
        permutations, seed
            How many, and which.
        advance
            Told how much of how much is done.
        """
        chance = Chance(self.circles, self.errors, self.highest, exchange, permutations, seed)
        return chance.maxima(self.crew, advance)

    def _total(self, model: int) -> int:
        return int(self.errors[model].sum(dtype=np.int64))
