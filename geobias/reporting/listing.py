"""The places that a report lists and draws: those that stand once all tests are counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geobias.reporting.families import IN_PLACES, MORE, Family
from geobias.reporting.mapped import Mapped
from geobias.results import WeakPlaces
from geobias.results.place_tables import ONLY, OPEN, PLACE_COLUMNS, SHARED
from geobias.results.summary import records
from geobias.wording import few

MOST_LISTED = 10
"""Places that are listed for each model."""

RELATIONS = {
    SHARED: ("too", "those that fail there beyond chance as well"),
    ONLY: ("not", "those with no more errors there than expected"),
    OPEN: ("open", "those with more, but not beyond chance"),
}
"""What is said of other models, and what that means."""

_MOST_NAMED = 3
"""Models that are named for each relation."""


def listed_places(
    places: WeakPlaces | None, families: Sequence[Family], mapped: Mapped
) -> pd.DataFrame:
    """Return the first places of each drawn model, if its scan found more than chance.

    Parameters
    ----------
    places
        What was found; None where nothing was looked for.
    families
        The tests of each model.
    mapped
        The map to show them on.

    Returns
    -------
    pandas.DataFrame
        Rows of `WeakPlaces.table` with two more columns: the ``cell`` of the map that the centre
        lies in, and ``others``, what is to be said of the other models there.
    """
    columns = [*PLACE_COLUMNS, "cell", "others"]
    standing = {family.model for family in families if _stands(family)}
    if places is None or not standing:
        return pd.DataFrame(columns=columns)
    shown = standing & set(mapped.drawn)
    table = places.table[places.table["model"].isin(shown)].groupby("model", sort=False)
    listed = table.head(MOST_LISTED).reset_index(drop=True)
    cell = [mapped.cell_at(lat, lon) for lat, lon in zip(listed["lat"], listed["lon"], strict=True)]
    others = [_others(places, row["model"], row["place"], standing) for row in records(listed)]
    return listed.assign(cell=np.array(cell, np.int64), others=np.array(others, object))


def _stands(family: Family) -> bool:
    test = family.of_kind(IN_PLACES)
    return test is not None and test.verdict == MORE


def _others(places: WeakPlaces, model: str, place: int, standing: set[str]) -> str:
    """Name the models that fail in a place, too, those that do not, and those that may."""
    own = places.overlaps
    own = own[(own["model"] == model) & (own["place"] == place)]
    related: dict[str, list[str]] = {relation: [] for relation in RELATIONS}
    for row in records(own):
        shared = row["relation"] == SHARED and row["other"] not in standing
        related[OPEN if shared else row["relation"]].append(row["other"])
    return "; ".join(
        f"{RELATIONS[relation][0]}: {few(names, _MOST_NAMED)}"
        for relation, names in related.items()
        if names
    )
