"""Intervals from a spatial block bootstrap.

Neighbouring centres share samples and errors keep together, so that centres are not
independent. Whole blocks of the globe are drawn with replacement instead; what lies in a
block stays together (Hall 1985, *Resampling a coverage pattern*; Lahiri 2003, *Resampling
Methods for Dependent Data*).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from geobias.geometry.blocks import blocks_of
from geobias.geometry.places import Ints
from geobias.sphere import Floats

COVERAGE = 0.95

FEWEST_BLOCKS = 3.0
"""Blocks that are worth less than this many equally large ones tell nothing of the spread."""


@dataclass(frozen=True)
class Interval:
    """An interval for one estimate; ``dropped`` replicates had no defined centre."""

    low: float
    high: float
    dropped: int

    @classmethod
    def of(cls, estimate: float, replicates: Floats, blocks: float) -> Interval:
        """Take the middle `COVERAGE` of the replicates, stretched about the estimate.

        Few blocks make percentiles too narrow, for the same reason that a t interval is
        wider than a normal one, and by as much (Hesterberg 2015, *What teachers should know
        about the bootstrap*).

        Parameters
        ----------
        estimate
            What was observed.
        replicates
            What the draws gave; NaN marks one without a value.
        blocks
            How many equally large blocks would tell as much; from less than `FEWEST_BLOCKS`
            there is no interval.
        """
        known = replicates[~np.isnan(replicates)]
        dropped = int(replicates.size - known.size)
        if not known.size or blocks < FEWEST_BLOCKS:
            return cls(np.nan, np.nan, dropped)
        tail = (1.0 - COVERAGE) / 2.0
        wider = stdtrit(blocks - 1.0, tail) / ndtri(tail) * np.sqrt(blocks / (blocks - 1.0))
        low, high = estimate + wider * (np.quantile(known, (tail, 1.0 - tail)) - estimate)
        return cls(float(low), float(high), dropped)


@dataclass(frozen=True)
class Bootstrap:
    """Replicates of a set of centres, the same for every model and score.

    Attributes
    ----------
    block
        Block of each centre, from 0 on without gaps.
    times
        (replicates, blocks): how often each block was drawn.
    """

    block: Ints
    times: Floats

    @classmethod
    def of(cls, lat: Floats, lon: Floats, side_km: float, draws: int, seed: int) -> Bootstrap:
        """Draw as many blocks as hold a centre, ``draws`` times."""
        _, block = np.unique(blocks_of(lat, lon, side_km), return_inverse=True)
        blocks = int(block.max()) + 1
        random = np.random.default_rng([seed, 1])
        times = random.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=draws)
        return cls(block, times.astype(np.float64))

    @property
    def blocks(self) -> int:
        """Number of blocks that hold a centre."""
        return int(self.times.shape[1])

    def worth(self, values: Floats) -> float:
        """Return how many equally large blocks the blocks are worth (Kish 1965).

        A block is as large as it has defined centres.
        """
        size = np.bincount(self.block, ~np.isnan(values), self.blocks)
        return float(size.sum() ** 2 / (size**2).sum()) if size.any() else 0.0

    def means(self, values: Floats, weights: Floats | None = None) -> Floats:
        """Return the mean of each replicate, undefined centres left out."""
        known = ~np.isnan(values)
        weight = known.astype(np.float64) if weights is None else np.where(known, weights, 0.0)
        total = np.bincount(self.block, np.where(known, values, 0.0) * weight, self.blocks)
        size = np.bincount(self.block, weight, self.blocks)
        with np.errstate(invalid="ignore"):
            means: Floats = (self.times @ total) / (self.times @ size)
        return means

    def medians(self, values: Floats) -> Floats:
        """Return the median of each replicate, undefined centres left out."""
        known = np.flatnonzero(~np.isnan(values))
        order = known[np.argsort(values[known], kind="stable")]
        medians = np.full(len(self.times), np.nan)
        if not order.size:
            return medians
        for replicate, times in enumerate(self.times):
            upto = np.cumsum(times[self.block[order]])
            if upto[-1] > 0.0:
                # The middle one, or the mean of the middle two.
                middle = np.searchsorted(upto, [upto[-1] / 2.0, upto[-1] / 2.0 + 0.5])
                medians[replicate] = values[order[middle]].mean()
        return medians
