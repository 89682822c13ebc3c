"""Counts over all rows of a table: missing values, range, coverage, repetitions."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from geobias.coordinates import FloatArray, check, normalise
from geobias.errors import InputError
from geobias.inspection.kinds import is_missing
from geobias.samples.columns import Place
from geobias.samples.located import Located
from geobias.samples.sites import site_ids
from geobias.values import spelled
from geobias.wording import counted

ELSEWHERE = "in no country"


@dataclass(frozen=True)
class _Places:
    """Coordinates of the rows that have them, and what there is to say of them."""

    lat: FloatArray
    lon: FloatArray
    said: tuple[str, ...]


class Census:
    """Counts the rows of a table, batch by batch.

    Parameters
    ----------
    names : sequence of Hashable
        Its columns.
    place : Place or None
        The ones that say where its rows are.
    id : Hashable or None
        The one that identifies its rows.
    """

    def __init__(self, names: Sequence[Hashable], place: Place | None, id: Hashable | None) -> None:
        self.rows = 0
        self.missing = dict.fromkeys(names, 0)
        self._place = place
        self._located = None if place is None else Located(place)
        self._id = id
        self._ids: list[pd.Series] = []

    def take(self, frame: pd.DataFrame) -> None:
        """Count the next batch."""
        self.rows += len(frame)
        for name in self.missing:
            self.missing[name] += int(is_missing(frame[name]).sum())
        if self._located is not None:
            self._located.take(frame)
        if self._id is not None:
            self._ids.append(pd.Series(spelled(frame[self._id])).dropna())

    @property
    def located(self) -> bool:
        """Whether any row has coordinates, in degrees."""
        return self._places.lat.size > 0

    def findings(self) -> tuple[str, ...]:
        """What there is to say of the rows, a sentence each."""
        return (*self._places.said, *self._of_ids())

    def continents(self) -> pd.DataFrame:
        """How many located rows lie on each continent, the most first."""
        from geobias.regions import countries, locate

        lat, lon = self._places.lat, self._places.lon
        if not lat.size:
            return pd.DataFrame({"continent": [], "rows": [], "share": []})
        names = np.append(countries()["continent"].to_numpy(dtype=object), ELSEWHERE)
        counts = pd.Series(names[locate(lat, lon)]).value_counts().sort_index()
        counts = counts.sort_values(ascending=False, kind="stable")
        return pd.DataFrame(
            {
                "continent": counts.index.to_numpy(),
                "rows": counts.to_numpy(),
                "share": counts.to_numpy() / lat.size,
            }
        )

    @cached_property
    def _places(self) -> _Places:
        """Where the rows are, once all have been counted."""
        nowhere = np.empty(0)
        if self._located is None or self._place is None or not self.rows:
            return _Places(nowhere, nowhere, ())
        said = list(self._place.notes)
        try:
            lat, lon = self._located.handed_over()
            check(lat, lon, degrees=False)
        except InputError as refusal:
            return _Places(nowhere, nowhere, (*said, str(refusal)))
        known = ~(np.isnan(lat) | np.isnan(lon))
        if not known.any():
            return _Places(nowhere, nowhere, (*said, "No row has coordinates."))
        lat, lon = normalise(lat[known], lon[known])
        without = int((~known).sum())
        said.append(
            f"Latitudes go from {lat.min():g} to {lat.max():g}, longitudes from "
            f"{lon.min():g} to {lon.max():g}; {counted(without, 'row')} "
            f"{'has' if without == 1 else 'have'} none."
        )
        sizes = np.bincount(site_ids(lat, lon))
        shared = int(sizes[sizes > 1].sum())
        said.append(
            f"{counted(lat.size, 'located row')} at {counted(sizes.size, 'place')}; "
            f"{shared:,} share theirs with others."
        )
        return _Places(lat, lon, tuple(said))

    def _of_ids(self) -> list[str]:
        if not self._ids:
            return []
        repeated = int(pd.concat(self._ids).duplicated().sum())
        if not repeated:
            return []
        verb = "repeats" if repeated == 1 else "repeat"
        return [f"{counted(repeated, 'row')} {verb} an id of column {str(self._id)!r}."]
