"""The marks of all models as they are, and as chance arranges them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Places
from geobias.inference.exchange import Exchange
from geobias.inference.shuffles import exchange_notes
from geobias.results.notes import sharing_note
from geobias.samples import Samples
from geobias.samples.sites import checked_site_tolerance
from geobias.samples.wrong import shares_wrong
from geobias.scoring import read_samples
from geobias.settings import LARGEST_SEED, SITE_RULES, chosen_from, whole_number

Columns = NDArray[np.float64] | NDArray[np.uint8]
"""(seats, arrangements times models)"""

_BYTES_PER_BATCH = 256_000_000


@dataclass(frozen=True)
class Chance:
    """How marks are permuted, and who shares a site: the choices all baselines have."""

    sites: str
    site_tolerance_km: float
    permutations: int
    seed: int

    @classmethod
    def checked(
        cls, *, sites: object, site_tolerance_km: float, permutations: object, seed: object
    ) -> Chance:
        """Refuse choices that do not exist."""
        return cls(
            sites=chosen_from("sites", sites, SITE_RULES),
            site_tolerance_km=checked_site_tolerance(site_tolerance_km),
            permutations=whole_number("permutations", permutations, 1),
            seed=whole_number("seed", seed, 0, LARGEST_SEED),
        )


@dataclass(frozen=True)
class Arrangements:
    """Errors by seat, and the permutations that whole sites may make of them.

    Attributes
    ----------
    samples, places
        Whose errors, and where they are.
    wrong
        (models, seats): 1 wrong, 0 right, or the share of errors at a site.
    exchange
        Which sites may trade.
    chance
        How often, from which seed.
    notes
        What was detected, dropped or needs care.
    """

    samples: Samples
    places: Places
    wrong: NDArray[np.float64]
    exchange: Exchange
    chance: Chance
    notes: tuple[str, ...]

    @classmethod
    def of(cls, data: Any, chance: Chance, **reading: Any) -> Arrangements:
        """Read predictions; refuse those of which nothing can be permuted."""
        samples = read_samples(data, site_tolerance_km=chance.site_tolerance_km, **reading)
        if chance.sites == "merge":
            samples = samples.merged()
        places = Places.of(samples.lat, samples.lon)
        exchange = Exchange.of(places, samples.sites, None, samples.merged_from)
        notes = [*samples.notes, *exchange_notes(exchange, samples, chance.permutations)]
        if samples.repeated:
            notes.append(sharing_note(samples))
        wrong = np.array([places.seated(model) for model in shares_wrong(samples)])
        return cls(samples, places, wrong, exchange, chance, tuple(notes))

    def batches(self) -> Iterator[tuple[int, Columns]]:
        """Yield arrangements in order, the first of which is what was observed.

        Each batch comes with the number of its first arrangement. Its columns are the models of
        that, then those of the next.
        """
        marks: Columns = self.wrong.T
        if np.isin(marks, (0.0, 1.0)).all():
            marks = marks.astype(np.uint8)
        each = max(1, _BYTES_PER_BATCH // marks.nbytes)
        for first in range(0, self.chance.permutations + 1, each):
            last = min(first + each, self.chance.permutations + 1)
            yield (
                first,
                np.concatenate([marks[self._source(d)] for d in range(first, last)], axis=1),
            )

    def by_model(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what was computed of all columns as (models, arrangements)."""
        return values.reshape(-1, len(self.wrong)).T

    def _source(self, draw: int) -> NDArray[np.int64]:
        """Return the seat from which each seat takes its marks; the same as in an audit."""
        if draw == 0:
            return np.arange(self.places.seats)
        return self.exchange.shuffle(np.random.default_rng([self.chance.seed, 2, draw]))
