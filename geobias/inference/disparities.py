"""Whether a model does worse in some groups than chance would make it do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints, Places
from geobias.inference.exchange import Exchange
from geobias.inference.permutation import judge
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

    Arrays are (models, groups) or (models,). What cannot be tested is NaN.

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
        Samples that chance could not move: no other place has as many samples.
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

    @classmethod
    def of(
        cls,
        samples: Any,
        group: Ints,
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
            Group of each, 0 up to the number of groups, none of them empty.
        least
            Groups of fewer samples are not tested.
        permutations, seed
            How many exchanges, and the seed they are drawn with.
        advance
            Told of progress.
        """
        # The samples of one site in one group move together.
        _, piece = np.unique(np.column_stack((samples.sites, group)), axis=0, return_inverse=True)
        places = Places.of(samples.lat, samples.lon)
        exchange = Exchange.of(places, piece)
        order = places.sample_at[exchange.seats]
        sums = np.add.reduceat(samples.correct[:, order], exchange.start, axis=1, dtype=np.float64)
        group_of = group[order[exchange.start]]
        size = np.bincount(group)
        tested = size >= least

        def hits_of(units: Ints) -> Floats:
            return np.stack(
                [np.bincount(group_of, weights=own[units], minlength=size.size) for own in sums]
            )

        hits = np.empty((permutations + 1, len(sums), size.size))
        hits[0] = hits_of(np.arange(group_of.size))
        for draw in range(1, permutations + 1):
            hits[draw] = hits_of(exchange.trade(np.random.default_rng([seed, _STREAM, draw])))
            advance("exchanging answers between places", draw, permutations)
        away = _deviates(hits, sums, exchange.kind, group_of)
        p, p_adjusted = _gap_tests(np.moveaxis(away, 0, -1), tested)
        statistic = np.moveaxis(chi_square(hits[..., tested], size[tested].astype(float)), 0, -1)
        overall = judge(statistic[:, 0], statistic[:, 1:]).p_greater
        immobile = exchange.fixed == samples.n
        return cls(
            size=size,
            sites=np.bincount(np.unique(np.column_stack((group, samples.sites)), axis=0)[:, 0]),
            hits=hits[0],
            tested=tested,
            p=p,
            p_adjusted=p_adjusted,
            statistic=statistic[:, 0],
            p_statistic=np.full(overall.shape, np.nan) if immobile else overall,
            fixed=exchange.fixed,
        )


def _deviates(hits: Floats, sums: Floats, kind: Ints, group_of: Ints) -> Floats:
    """Return how far right answers stray from what chance gives, in its standard deviations.

    Between places of one kind, those of a group are a random draw without replacement: its mean
    and variance are known. The gap of a group is linear in its right answers, so that gaps have
    the same deviates.

    Parameters
    ----------
    hits
        Right answers, (draws, models, groups).
    sums, kind, group_of
        Right answers of each place, (models, places); its kind, and its group.
    """
    shape = int(kind.max()) + 1, hits.shape[-1]
    places = np.bincount(kind * shape[1] + group_of, minlength=shape[0] * shape[1]).reshape(shape)
    all_places = places.sum(axis=1)
    mean = np.stack([np.bincount(kind, weights=own) for own in sums]) / all_places
    spread = np.stack(
        [
            np.bincount(kind, weights=(own - at[kind]) ** 2)
            for own, at in zip(sums, mean, strict=True)
        ]
    )
    others = all_places[:, None] - places
    drawn = places * others / (all_places * np.maximum(all_places - 1, 1))[:, None]
    sd = np.sqrt(spread @ drawn)
    with np.errstate(invalid="ignore", divide="ignore"):
        away: Floats = np.where(sd > 0.0, np.abs(hits - mean @ places) / sd, np.nan)
    return away


def _gap_tests(away: Floats, tested: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the p values of groups, by themselves and adjusted for looking at all tested ones.

    ``away`` is (models, groups, draws), what was observed first. The adjustment is the single
    step of Westfall and Young (1993), *Resampling-based multiple testing*: a group is compared
    with the one that strays farthest in every draw.
    """
    known = ~np.isnan(away[..., 0]) & tested
    largest = np.where(known[..., None], away, 0.0).max(axis=1, keepdims=True)
    reached = away[..., :1] * (1.0 - _TIE)
    own, any_of_all = ((values >= reached).mean(axis=-1) for values in (away, largest))
    return np.where(known, own, np.nan), np.where(known, any_of_all, np.nan)
