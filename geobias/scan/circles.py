"""The circles that are looked at, and what lies in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geobias.crews import Crew
from geobias.geometry.places import Ints, Places
from geobias.geometry.walk import Progress
from geobias.scan.ladder import RUNGS, Ground, count_on_rungs, ground, square_of
from geobias.sphere import RIM, Floats

Errors = NDArray[np.uint8]

_FEWEST, _MOST = 32, 256
"""Centres that are one piece of work."""

_PIECES = 32
"""So many pieces for each who works leave none of them idle for long at the end."""


class _Count(NamedTuple):
    """What is counted around any centre, and how far.

    ``search`` and ``limit`` are the largest radius, as an angle and as the square of its chord, and
    ``most`` is the largest number of samples. ``weights`` are (pairs, points): so many ``counts``
    two by two.
    """

    ground: Ground
    search: float
    limit: float
    most: int
    counts: int
    weights: Ints


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
        crew: Crew,
        advance: Progress,
    ) -> Circles:
        """Count what lies in all circles of at most a share of the samples and a radius."""
        search = math.pi if radius_rad is None else radius_rad * (1.0 + RIM)
        count = _Count(
            ground=ground(places),
            search=search,
            limit=math.inf if search >= math.pi else square_of(search),
            most=math.floor(share * places.seats * (1.0 + RIM)),
            counts=1 + len(errors),
            weights=_paired(
                np.diff(places.seat_start),
                *np.add.reduceat(errors, places.seat_start[:-1], axis=1, dtype=np.int64),
            ),
        )
        centres = np.unique(centres)
        pieces = (centres[piece] for piece in pieces_of(centres, crew))
        parts, done = [], 0
        for part in crew.map(_around, count, pieces):
            parts.append(part)
            done += part[0].size
            advance(done, centres.size)
        circles, square, totals = zip(*parts, strict=True)
        total = np.concatenate(totals, axis=1)
        return cls(
            ground=count.ground,
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


def pieces_of(centres: Ints, crew: Crew) -> Iterator[slice]:
    """Yield pieces of work: few centres each, but enough to be worth sending."""
    together = min(max(_FEWEST, centres.size // (_PIECES * crew.size)), _MOST)
    for first in range(0, centres.size, together):
        yield slice(first, min(first + together, centres.size))


def _around(count: _Count, centres: Ints) -> tuple[Ints, Floats, Ints]:
    """Return how many circles each centre has, their squared chords, and what lies in them."""
    sums = np.zeros((centres.size, len(count.weights), RUNGS + 1), np.int64)
    farthest = np.zeros((centres.size, RUNGS + 1))
    count_on_rungs(count.ground, centres, count.search, count.limit, count.weights, sums, farthest)
    # What is too far is let go.
    total = _parted(np.cumsum(sums[..., :RUNGS], axis=2))[: count.counts]
    kept = (np.diff(total[0], axis=1, prepend=0) > 0) & (total[0] <= count.most)
    return kept.sum(axis=1), farthest[:, :RUNGS][kept], total[:, kept]


def _paired(*counts: Ints) -> Ints:
    """Put two counts into each word, to add up both at once; neither reaches 2**32."""
    even = [*counts, np.zeros_like(counts[0])] if len(counts) % 2 else counts
    return np.array(even[0::2]) << 32 | np.array(even[1::2])


def _parted(sums: Ints) -> Ints:
    """Take the words of (centres, pairs, rungs) apart: (counts, centres, rungs)."""
    counts = np.stack((sums >> 32, sums & 0xFFFFFFFF), axis=2)
    return np.moveaxis(counts.reshape(len(sums), -1, sums.shape[2]), 1, 0)
