"""What one part of an audit costs, as a function of how many centres and pairs it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from geobias.planning.estimate import Estimate

_NOTHING = Estimate(0.0)


@dataclass(frozen=True)
class Cost:
    """The cost of one part of an audit at a scale, in seconds.

    Attributes
    ----------
    part
        What it is for: ``scores``, ``permutations``, …
    per_pair
        Seconds per pair of centre and neighbour.
    per_centre
        Seconds per centre.
    fixed
        Seconds however few centres there are.
    most_pairs
        Pairs that it looks at if there are more.
    """

    part: str
    per_pair: Estimate = _NOTHING
    per_centre: float = 0.0
    fixed: float = 0.0
    most_pairs: float = inf

    def seconds(self, pairs: Estimate, centres: int) -> Estimate:
        """Return how long so many centres with so many pairs take.

        >>> Cost("scores", Estimate(1e-6)).seconds(Estimate(5e6), 1000)
        Estimate(value=5.0, error=0.0)
        """
        of_pairs = self.per_pair.times(pairs.at_most(self.most_pairs))
        return of_pairs.plus(Estimate(self.per_centre * centres + self.fixed))


def total(costs: Sequence[Cost], pairs: Estimate, centres: int) -> Estimate:
    """Return how long all parts take together."""
    seconds = _NOTHING
    for cost in costs:
        seconds = seconds.plus(cost.seconds(pairs, centres))
    return seconds
