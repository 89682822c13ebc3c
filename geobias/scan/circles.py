"""The circles that are looked at, and what lies in them."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints, Places
from geobias.geometry.walk import Progress
from geobias.scan.ladder import RUNGS, Ground, count_on_rungs, ground, square_of
from geobias.sphere import RIM, Floats

Errors = NDArray[np.uint8]

CENTRES_PER_CHUNK = 32


@dataclass(frozen=True)
class Circles:
    """Circles by centre, from the smallest to the largest; those of a centre hold each other.

    A circle holds all samples up to a rung of the ladder around its centre, and its radius
    reaches the farthest of them.

    Attributes
    ----------
    ground
        The points.
    centres
        Points, ascending.
    start
        Circles of centre ``i`` are ``start[i]`` up to ``start[i + 1]``.
    square
        The squared chord of the radius, in square metres.
    n
        Number of samples inside.
    errors
        (models, circles): errors inside.
    """

    ground: Ground
    centres: Ints
    start: Ints
    square: Floats
    n: Ints
    errors: Ints

    @classmethod
    def of(
        cls,
        places: Places,
        errors: Errors,
        centres: Ints,
        *,
        share: float,
        radius_rad: float | None,
        threads: int,
        advance: Progress,
    ) -> Circles:
        """Count what lies in all circles of at most a share of the samples and a radius."""
        here = ground(places)
        most = math.floor(share * places.seats * (1.0 + RIM))
        search = math.pi if radius_rad is None else radius_rad * (1.0 + RIM)
        limit = math.inf if search >= math.pi else square_of(search)
        weights = _paired(
            np.diff(places.seat_start),
            *np.add.reduceat(errors, places.seat_start[:-1], axis=1, dtype=np.int64),
        )

        def count(chunk: Ints) -> tuple[Ints, Floats, Ints]:
            sums = np.zeros((chunk.size, len(weights), RUNGS + 1), np.int64)
            farthest = np.zeros((chunk.size, RUNGS + 1))
            count_on_rungs(here, chunk, search, limit, weights, sums, farthest)
            # What is too far is let go.
            total = _parted(np.cumsum(sums[..., :RUNGS], axis=2))[: 1 + len(errors)]
            kept = (np.diff(total[0], axis=1, prepend=0) > 0) & (total[0] <= most)
            return kept.sum(axis=1), farthest[:, :RUNGS][kept], total[:, kept]

        centres = np.unique(centres)
        chunks = [
            centres[first : first + CENTRES_PER_CHUNK]
            for first in range(0, centres.size, CENTRES_PER_CHUNK)
        ]
        parts = []
        with ThreadPoolExecutor(threads) as pool:
            for done, part in enumerate(pool.map(count, chunks), start=1):
                parts.append(part)
                advance(min(done * CENTRES_PER_CHUNK, centres.size), centres.size)
        circles, square, totals = zip(*parts, strict=True)
        total = np.concatenate(totals, axis=1)
        return cls(
            ground=here,
            centres=centres,
            start=np.concatenate(([0], np.cumsum(np.concatenate(circles)))),
            square=np.concatenate(square),
            n=total[0],
            errors=total[1:],
        )

    @property
    def bare(self) -> int:
        """How many centres have no circle, because the smallest around them holds too much."""
        return int((np.diff(self.start) == 0).sum())

    def centre_of(self, circle: Ints | int) -> Ints:
        """Return the point at the centre of a circle, or of several."""
        return self.centres[np.searchsorted(self.start, circle, side="right") - 1]


def _paired(*counts: Ints) -> Ints:
    """Put two counts into each word, to add up both at once; neither reaches 2**32."""
    even = [*counts, np.zeros_like(counts[0])] if len(counts) % 2 else counts
    return np.array(even[0::2]) << 32 | np.array(even[1::2])


def _parted(sums: Ints) -> Ints:
    """Take the words of (centres, pairs, rungs) apart: (counts, centres, rungs)."""
    counts = np.stack((sums >> 32, sums & 0xFFFFFFFF), axis=2)
    return np.moveaxis(counts.reshape(len(sums), -1, sums.shape[2]), 1, 0)
