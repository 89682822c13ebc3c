"""What is planned for one scale, as rows of the tables of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geobias.planning.cost import Cost, total
from geobias.planning.crowd import Crowd
from geobias.planning.estimate import Estimate
from geobias.planning.variation import Variation


@dataclass(frozen=True)
class Draft:
    """What one scale takes.

    Attributes
    ----------
    scale
        Its name.
    crowd
        How many samples its neighbourhoods hold.
    costs
        What each part of the audit costs.
    spreads
        Of each calibrated score, its spread over the centres by model.
    preparing
        Seconds before the first neighbourhood is scored.
    centres, samples
        How many samples are to serve as centres, of how many.
    """

    scale: str
    crowd: Crowd
    costs: Sequence[Cost]
    spreads: Mapping[str, Sequence[Variation]]
    preparing: float
    centres: int
    samples: int

    def pairs(self, centres: int) -> Estimate:
        """Return how many pairs so many random centres have; at most, where some share a place."""
        if centres == self.centres:
            return self.crowd.pairs
        few = Estimate(centres * self.crowd.around_a_centre)
        return few.at_most(self.crowd.pairs.value) if centres < self.centres else few

    def seconds(self, centres: int) -> Estimate:
        """Return how long so many centres take."""
        work = total(self.costs, self.pairs(centres), centres)
        return work.plus(Estimate(self.preparing))

    def row(self) -> dict[str, Any]:
        """Return the row of the summary."""
        sizes, pairs, seconds = self.crowd.sizes, self.crowd.pairs, self.seconds(self.centres)
        return {
            "scale": self.scale,
            "samples": self.samples,
            "centres": self.centres,
            "locations": self.crowd.locations,
            "counted": sizes.size,
            "neighbours": float(sizes.mean()),
            "neighbours_p95": float(np.quantile(sizes, 0.95)),
            "neighbours_most": int(sizes.max()),
            "pairs": pairs.value,
            "pairs_low": pairs.low,
            "pairs_high": pairs.high,
            "seconds": seconds.value,
            "seconds_low": seconds.low,
            "seconds_high": seconds.high,
        }

    def parts(self) -> list[dict[str, Any]]:
        """Return a row for each part of the audit."""
        rows = [{"scale": self.scale, "part": "preparing", "seconds": self.preparing}]
        for cost in self.costs:
            seconds = cost.seconds(self.crowd.pairs, self.centres)
            rows.append(
                {
                    "scale": self.scale,
                    "part": cost.part,
                    "seconds": seconds.value,
                    "seconds_low": seconds.low,
                    "seconds_high": seconds.high,
                    "ns_per_pair": 1e9 * cost.per_pair.value,
                }
            )
        return rows

    def precision(self, wanted: Sequence[float]) -> list[dict[str, Any]]:
        """Return a row for each score and wanted standard error: how many centres give it."""
        rows = []
        for score, of_models in self.spreads.items():
            widest = max(of_models, key=lambda spread: (not np.isnan(spread.sd), spread.sd))
            for standard_error in wanted:
                needed = max(each.needed(standard_error, self.samples) for each in of_models)
                centres = min(self.samples, _round_up(needed))
                rows.append(
                    {
                        "scale": self.scale,
                        "score": score,
                        "seen": widest.seen,
                        "spread": widest.sd,
                        "spread_se": widest.sd * widest.doubt / 2.0,
                        "standard_error": standard_error,
                        "centres": centres,
                        "seconds": self.seconds(centres).value,
                    }
                )
        return rows


def _round_up(count: int) -> int:
    """Return a count of two digits and zeros that is not smaller.

    >>> _round_up(19), _round_up(1234)
    (19, 1300)
    """
    unit = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // unit) * unit
