"""Which marks may trade places when chance is asked what it would have done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints, Places
from geobias.samples.sites import site_groups


@dataclass(frozen=True)
class Exchange:
    """Units of samples that trade their marks: whole sites, because repeats fail together.

    Units are exchangeable when they have, or are merged from, equally many samples and lie in
    one group.

    Attributes
    ----------
    seats
        All seats, unit by unit.
    start, size
        Unit ``u`` holds ``seats[start[u] : start[u] + size[u]]``.
    kind
        Units of one kind are exchangeable; ascending.
    fixed
        Samples that cannot move, because no other unit is of their kind.
    """

    seats: Ints
    start: Ints
    size: Ints
    kind: Ints
    fixed: int

    @classmethod
    def of(
        cls,
        places: Places,
        sites: Ints,
        groups: Ints | None = None,
        merged_from: Ints | None = None,
    ) -> Exchange:
        """Find the units.

        Parameters
        ----------
        places
            Where the samples sit.
        sites, groups
            Site and group of each sample; a sample in group -1 keeps its marks. So do samples
            that share a point but no group: which mark there is whose, no seat tells.
        merged_from
            How many samples each sample is the mean of. A mean of many varies less than a
            single mark, so that only means of equally many trade places.
        """
        site = sites[places.sample_at]
        group = np.zeros_like(site)
        if groups is not None:
            group = site_groups(groups, places.point_of_sample)[places.point_of_seat]
        _, unit = np.unique(np.column_stack((site, group)), axis=0, return_inverse=True)
        size = np.bincount(unit)
        first = np.unique(unit, return_index=True)[1]
        loner = np.where(group[first] < 0, np.arange(size.size), -1)
        weight = np.ones_like(site) if merged_from is None else merged_from[places.sample_at]
        kinds = np.column_stack((group[first], size, weight[first], loner))
        _, kind = np.unique(kinds, axis=0, return_inverse=True)
        order = np.argsort(kind, kind="stable")
        rank = np.argsort(order)
        size, kind = size[order], kind[order]
        alone = np.bincount(kind)[kind] == 1
        return cls(
            seats=np.argsort(rank[unit], kind="stable"),
            start=np.cumsum(size) - size,
            size=size,
            kind=kind,
            fixed=int(size[alone].sum()),
        )

    def trade(self, draw: np.random.Generator) -> Ints:
        """Return the unit from which each unit takes its marks in a random exchange."""
        return np.argsort(self.kind + draw.random(self.kind.size))

    def shuffle(self, draw: np.random.Generator) -> Ints:
        """Return the seat from which each seat takes its marks in a random exchange."""
        units = self.trade(draw)
        moved = np.repeat(self.start[units] - self.start, self.size) + np.arange(self.seats.size)
        source = np.empty_like(self.seats)
        source[self.seats] = self.seats[moved]
        return source

    def toss(self, draw: np.random.Generator) -> NDArray[np.bool_]:
        """Return for each seat whether a coin tossed for its unit shows heads."""
        heads = np.empty(self.seats.size, dtype=bool)
        heads[self.seats] = np.repeat(draw.random(self.size.size) < 0.5, self.size)
        return heads
