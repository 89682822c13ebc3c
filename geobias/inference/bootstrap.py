"""Intervals from a spatial block bootstrap.

Neighbouring centres share samples and errors keep together, so that centres are not
independent. Whole blocks of the globe are drawn with replacement instead; what lies in a
block stays together (Hall 1985, *Resampling a coverage pattern*; Lahiri 2003, *Resampling
Methods for Dependent Data*).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from geobias.geometry.blocks import blocks_of
from geobias.geometry.places import Ints
from geobias.sphere import Floats

COVERAGE = 0.95

FEWEST_BLOCKS = 3.0
"""Blocks that are worth less than this many equally large ones tell nothing of the spread."""

_BITS = 26
"""Numbers of so many bits can be added up 2²⁷ times without rounding."""

_SEGMENT = 4096
"""Medians are looked for in segments of at least so many centres."""


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
            means: Floats = self._sums(total) / self._sums(size)
        return means

    def _sums(self, held: NDArray[Any]) -> Floats:
        """Add up what the blocks of each replicate hold.

        The last bits of a plain sum depend on its order, and that on the number of threads. Here
        each term is a whole number and a smaller one of the same unit, whose sums are exact.
        """
        unit = np.ldexp(2.0**-_BITS, np.frexp(np.abs(held).max())[1])
        whole = np.rint(held / unit)
        rest = np.rint((held / unit - whole) * 2.0**_BITS)
        sums: Floats = (self.times @ whole + self.times @ rest * 2.0**-_BITS) * unit
        return sums

    def medians(self, values: Floats) -> Floats:
        """Return the median of each replicate, undefined centres left out."""
        known = np.flatnonzero(~np.isnan(values))
        order = known[np.argsort(values[known], kind="stable")]
        block = self.block[order]
        length = max(_SEGMENT, math.isqrt(order.size * self.blocks))
        drawn = self._drawn(block, length)
        medians = np.full(len(self.times), np.nan)
        for replicate in np.flatnonzero(drawn[-1] > 0.0):
            upto = drawn[:, replicate]
            # The middle one, or the mean of the middle two.
            ranks = [upto[-1] / 2.0, upto[-1] / 2.0 + 0.5]
            first, last = np.searchsorted(upto, ranks)
            begin, end = (first - 1) * length, last * length
            within = upto[first - 1] + np.cumsum(self.times[replicate, block[begin:end]])
            middle = begin + np.searchsorted(within, ranks)
            medians[replicate] = values[order[middle]].mean()
        return medians

    def _drawn(self, block: Ints, length: int) -> Floats:
        """Count how many centres each replicate drew of the first segments of a list.

        ``block`` is that of each centre, and a segment holds so many; the result is
        (segments + 1, replicates), from none of them to all.
        """
        segments = -(-block.size // length)
        cell = np.arange(block.size) // length * self.blocks + block
        held = np.bincount(cell, minlength=segments * self.blocks).reshape(segments, self.blocks)
        drawn = np.zeros((segments + 1, len(self.times)))
        # Whole numbers: their sums are exact.
        np.cumsum(held @ self.times.T, axis=0, out=drawn[1:])
        return drawn
