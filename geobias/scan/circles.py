"""The circles that are looked at, and what lies in them."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints, Places
from geobias.scan.ladder import RUNGS, Ground, count_on_rungs, ground, square_of
from geobias.sphere import RIM, Floats
from geobias.ssi.engine import Progress

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
        weights = np.array(
            [
                np.diff(places.seat_start),
                *np.add.reduceat(errors, places.seat_start[:-1], axis=1, dtype=np.int64),
            ]
        )

        def count(chunk: Ints) -> tuple[Ints, Floats, Ints]:
            # What is farther than the limit goes onto one rung more, which is then let go.
            sums = np.zeros((chunk.size, weights.shape[0], RUNGS + 1), np.int64)
            farthest = np.zeros((chunk.size, RUNGS))
            count_on_rungs(here, chunk, search, limit, weights, sums, farthest)
            total = np.cumsum(sums[:, :, :RUNGS], axis=2)
            kept = (sums[:, 0, :RUNGS] > 0) & (total[:, 0] <= most)
            return kept.sum(axis=1), farthest[kept], np.moveaxis(total, 1, 0)[:, kept]

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

    def centre_of(self, circle: Ints | int) -> Ints:
        """Return the point at the centre of a circle, or of several."""
        return self.centres[np.searchsorted(self.start, circle, side="right") - 1]
