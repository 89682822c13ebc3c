"""Whether a model does worse in some groups than chance would make it do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints
from geobias.inference.permutation import judge
from geobias.inference.pieces import Pieces
from geobias.inference.proportions import chi_square
from geobias.progress import Advance
from geobias.sphere import Floats

_STREAM = 6
"""Keeps the random numbers of this test apart from those of the others."""

_TIE = 1e-9
"""Deviates closer than this fraction of their size count as equal, against rounding."""


@dataclass(frozen=True)
class Disparities:
    """How accuracies differ between groups, and what chance alone makes of them.

    Arrays are (models, groups), (groups,) or (models,). What cannot be tested is NaN.

    Attributes
    ----------
    size
        Samples of each group.
    sites
        Places of each group.
    hits
        Right answers of each model in each group.
    tested
        Groups that are large enough to be tested.
    p
        How often chance takes the gap of one group as far from its own mean.
    p_adjusted
        How often chance takes the gap of any tested group that far, in its standard deviations.
    statistic, p_statistic
        Chi-square of the tested groups, and how often chance gives as much.
    fixed
        Samples whose answers chance could not move to another group.
    split
        Sites that hold several groups.
    """

    size: Ints
    sites: Ints
    hits: Floats
    tested: NDArray[np.bool_]
    p: Floats
    p_adjusted: Floats
    statistic: Floats
    p_statistic: Floats
    fixed: int
    split: int

    @classmethod
    def of(
        cls,
        samples: Any,
        group: Ints,
        groups: int,
        least: int,
        permutations: int,
        seed: int,
        advance: Advance,
    ) -> Disparities:
        """Exchange the answers of whole places, whatever group they lie in.

        Parameters
        ----------
        samples
            `Samples` that all have a group.
        group
            Group of each, 0 up to the number of groups.
        groups
            How many there are; some may hold no sample.
        least
            Groups of fewer samples are not tested.
        permutations, seed
            How many exchanges, and the seed they are drawn with.
        advance
            Told of progress.
        """
        pieces = Pieces.of(samples.sites, group)
        sums = np.stack(
            [
                np.bincount(pieces.of_sample, weights=own).astype(np.float64)
                for own in samples.correct
            ]
        )
        size = np.bincount(group, minlength=groups)
        tested = size >= least
        exchanges = _Exchanges(pieces, sums, size, tested, permutations, seed, advance)
        p, p_adjusted = np.full((2, len(sums), groups), np.nan)
        p[:, tested], p_adjusted[:, tested], statistic, p_statistic = exchanges.judged()
        return cls(
            size=size,
            sites=np.bincount(pieces.group, minlength=groups),
            hits=np.stack([np.bincount(pieces.group, own, minlength=groups) for own in sums]),
            tested=tested,
            p=p,
            p_adjusted=p_adjusted,
            statistic=statistic,
            p_statistic=p_statistic,
            fixed=pieces.fixed,
            split=pieces.split,
        )


class _Exchanges:
    """What becomes of the tested groups when answers trade places.

    The right answers of a group have a known mean and variance over all exchanges. The gap of a
    group is linear in its right answers, so that gaps stray by as many standard deviations.
    """

    def __init__(
        self, pieces: Pieces, sums: Floats, size: Ints, tested: NDArray[np.bool_],
        permutations: int, seed: int, advance: Advance,
    ) -> None:  # fmt: skip
        self._pieces, self._sums = pieces, sums
        self._size = size[tested].astype(np.float64)
        self._permutations, self._seed, self._advance = permutations, seed, advance
        column = np.where(tested, np.cumsum(tested) - 1, -1)[pieces.group]
        self._mean, sd = pieces.moments(sums, column, self._size.size)
        self._sd = np.where(sd > 0.0, sd, np.nan)
        self._target = np.flatnonzero(column >= 0)
        self._column = column[self._target]

    def judged(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return p of each tested group, p over all of them, chi-square and its p, by model.

        The p over all is the single step of Westfall and Young (1993), *Resampling-based multiple
        testing*: a group is compared with the one that strays farthest in every exchange.
        """
        hits = self._hits(np.arange(self._pieces.group.size))
        away = self._away(hits)
        known = ~np.isnan(self._sd)
        movable = known.any(axis=1)
        own, farthest = np.ones((2, *away.shape))
        statistics = np.empty((len(away), self._permutations + 1))
        statistics[:, 0] = chi_square(hits, self._size)
        if movable.any():
            reached = away * (1.0 - _TIE)
            for draw in range(1, self._permutations + 1):
                random = np.random.default_rng([self._seed, _STREAM, draw])
                hits = self._hits(self._pieces.trade(random))
                strays = self._away(hits)
                own += strays >= reached
                farthest += strays.max(axis=1, keepdims=True) >= reached
                statistics[:, draw] = chi_square(hits, self._size)
                self._advance("exchanging answers between places", draw, self._permutations)
        else:
            statistics[:, 1:] = np.nan
        overall = judge(statistics[:, 0], statistics[:, 1:]).p_greater
        total = self._permutations + 1
        return (
            np.where(known, own / total, np.nan),
            np.where(known, farthest / total, np.nan),
            statistics[:, 0],
            np.where(movable, overall, np.nan),
        )

    def _hits(self, source: Ints) -> Floats:
        """Return the right answers of each tested group, when pieces take those of others."""
        taken = source[self._target]
        return np.stack(
            [np.bincount(self._column, own[taken], minlength=self._size.size) for own in self._sums]
        )

    def _away(self, hits: Floats) -> Floats:
        """Return how far right answers stray, in standard deviations; 0 if they cannot."""
        away: Floats = np.nan_to_num(np.abs(hits - self._mean) / self._sd)
        return away
