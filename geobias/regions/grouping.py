"""Which group each sample belongs to, and how groups are spoken of."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.errors import GeoBiasError
from geobias.regions.polygons import NOWHERE, Polygons
from geobias.regions.reading import read_polygons
from geobias.regions.world import SCHEMES, countries, world
from geobias.samples import Samples
from geobias.wording import counted

_NOUNS = {
    "country": ("country", "countries"),
    "continent": ("continent", "continents"),
    "un_region": ("UN region", "UN regions"),
    "un_subregion": ("UN sub-region", "UN sub-regions"),
    "income": ("income group", "income groups"),
}


@dataclass(frozen=True)
class Grouping:
    """A group for each sample, and for each row that was asked.

    Attributes
    ----------
    by : str
        The region scheme, the column or the file that the groups come from.
    noun, plural : str
        What a group is called.
    place : str
        Where a sample of the group ``{}`` is.
    names : tuple of str
        Name of each group.
    group : int64 array
        Group of each sample, -1 where there is none.
    asked : int64 array or None
        Group of each row that was asked, -1 where there is none, if that is known.
    notes : tuple of str
        What is worth knowing about them, a sentence each.
    """

    by: str
    noun: str
    plural: str
    place: str
    names: tuple[str, ...]
    group: NDArray[np.int64]
    asked: NDArray[np.int64] | None
    notes: tuple[str, ...]

    def without_empty(self) -> Grouping:
        """Return the groups that hold samples or rows, in the order of their names."""
        rows = self.group if self.asked is None else np.append(self.group, self.asked)
        held = np.unique(rows[rows >= 0])
        held = held[np.argsort([self.names[row] for row in held], kind="stable")]
        number = np.full(len(self.names) + 1, NOWHERE, dtype=np.int64)
        number[held] = np.arange(held.size)
        return replace(
            self,
            names=tuple(self.names[row] for row in held),
            group=number[self.group],
            asked=None if self.asked is None else number[self.asked],
        )


def by_country(samples: Samples, scheme: str, tolerance_km: float) -> Grouping:
    """Group samples by the countries they lie in, or by what those have in common."""
    row, asked, notes = _located(world(), samples, tolerance_km, "countries")
    codes, names = pd.factorize(countries()[scheme], sort=True)
    noun, plural = _NOUNS[scheme]
    group_of = np.append(codes, NOWHERE)  # NOWHERE is -1, which takes the last
    group = group_of[row]
    unclassed = int(((group == NOWHERE) & (row != NOWHERE)).sum())
    if unclassed:
        notes.append(f"{counted(unclassed, 'sample')} in countries without {noun}, left out.")
    if scheme in samples.column_names:
        notes.append(
            f"The table has a column {scheme!r}, which is not used: groups are those of the region "
            "scheme of this name. Rename the column to group by it."
        )
    place = "{} countries" if scheme == "income" else "{}"
    return Grouping(
        scheme, noun, plural, place, tuple(names), group,
        None if asked is None else group_of[asked], tuple(notes),
    )  # fmt: skip


def by_polygon(
    samples: Samples, source: str | os.PathLike[str] | Any, name: str | None, tolerance_km: float
) -> Grouping:
    """Group samples by the polygons of a file or a GeoDataFrame."""
    polygons = read_polygons(source, name=name)
    row, asked, notes = _located(polygons, samples, tolerance_km, "regions")
    by = os.fspath(source) if isinstance(source, (str, os.PathLike)) else "regions"
    return Grouping(
        by, "region", "regions", "{}", polygons.names, row, asked, (*polygons.notes, *notes)
    )


def by_column(samples: Samples, column: str) -> Grouping:
    """Group samples by the column that they were read with."""
    if samples.groups is None or samples.grouped_by != column:
        held = (
            f"with groups from {samples.grouped_by!r}" if samples.grouped_by else "without groups"
        )
        raise GeoBiasError(
            f"by={column!r}: these Samples were read {held}. Name the column when building them, "
            f"or a region scheme: {', '.join(SCHEMES)}."
        )
    missing = int((samples.groups < 0).sum())
    notes = (
        (f"{counted(missing, 'sample')} without a value in column {column!r}, left out.",)
        if missing
        else ()
    )
    # The name of a group is put into it later, as into a format.
    spoken = column.replace("{", "{{").replace("}", "}}")
    return Grouping(
        column, "group", f"groups of {column!r}", f"{spoken} {{}}",
        samples.group_names, samples.groups,
        None if samples.asked is None else samples.asked.groups, notes,
    )  # fmt: skip


def _located(
    polygons: Polygons, samples: Samples, tolerance_km: float, things: str
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, list[str]]:
    """Return the polygon of each sample and of each row asked, and count samples outside all."""
    row = polygons.locate(samples.lat, samples.lon, tolerance_km=0.0)
    outside = np.flatnonzero(row == NOWHERE)
    row[outside] = polygons.locate(
        samples.lat[outside], samples.lon[outside], tolerance_km=tolerance_km
    )
    lost = int((row == NOWHERE).sum())
    notes = []
    if outside.size > lost:
        notes.append(
            f"{counted(outside.size - lost, 'sample')} outside all {things} counted for the "
            f"nearest, at most {tolerance_km:g} km away."
        )
    if lost:
        within = f", and none within {tolerance_km:g} km" if tolerance_km else ""
        notes.append(f"{counted(lost, 'sample')} in none of the {things}{within}, left out.")
    asked = None
    if samples.asked is not None:
        asked = polygons.locate(samples.asked.lat, samples.asked.lon, tolerance_km=tolerance_km)
    return row, asked, notes
