"""What is true of each row: where it is, in which country, and in which region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geobias.answering.choices import Choices
from geobias.answering.country_names import country_names
from geobias.answering.country_words import owner_of
from geobias.answering.intake import Rows
from geobias.answering.labels import LabelSet
from geobias.errors import InputError
from geobias.regions import SCHEMES, countries, locate
from geobias.wording import counted, quoted, where

NOWHERE = "nowhere known"
"""Region of the rows whose place is not known, or at sea."""


@dataclass(frozen=True)
class Truth:
    """What is true of each row; None or empty where that is not known.

    Attributes
    ----------
    values
        True country (alpha-2) or label, None where there is none.
    iso2
        Country of each row, from its truth or from its coordinates.
    regions
        Region of each row, by which the answer rate is told; None if nothing tells it.
    notes
        What could not be read.
    """

    values: list[str | None]
    iso2: list[str | None]
    regions: list[str] | None
    notes: tuple[str, ...]


def truth_of(rows: Rows, choices: Choices, known: LabelSet | None) -> Truth:
    """Work out what is true of each row.

    Raises
    ------
    InputError
        If no row has a readable truth.
    """
    located = _located(rows)
    notes: list[str] = []
    values: list[str | None] = [None] * rows.n
    iso2 = located
    if choices.task == "country":
        values = located
        if rows.truth is not None:
            values = iso2 = _named(rows.truth, notes)
    elif known is not None and rows.truth is not None:
        values = _labels(rows.truth, known, notes)
    if rows.truth is None and np.isnan(rows.lat).all():
        raise InputError("No row has true coordinates: lat and lon are empty everywhere.")
    return Truth(values, iso2, _regions(rows, iso2, choices.by), tuple(notes))


def place_in(iso2: str, table: pd.DataFrame) -> str:
    """Return a code that the polygons know: a territory they lack belongs to its owner."""
    return iso2 if iso2 in set(table["iso2"]) else owner_of(iso2)


def _located(rows: Rows) -> list[str | None]:
    table = countries()
    found = locate(rows.lat, rows.lon)
    codes = table["iso2"].to_numpy(dtype=object)
    return [None if row < 0 else str(codes[row]) for row in found]


def _named(texts: list[str], notes: list[str]) -> list[str | None]:
    """Return countries given by code or name as codes."""
    names = country_names()
    known = {text: names.named(text) for text in set(texts)}
    values = [known[text] for text in texts]
    unread = np.array(
        [value is None and bool(text.strip()) for value, text in zip(values, texts, strict=True)]
    )
    if unread.any():
        examples = quoted(sorted({text for text, no in zip(texts, unread, strict=True) if no})[:5])
        found = f"{counted(int(unread.sum()), 'true country')} not recognised, such as {examples}"
        if all(value is None for value in values):
            raise InputError(
                f"{found}: the truth must hold ISO codes, such as FR or FRA, or names of countries."
            )
        notes.append(f"{found}, {where(unread)}; those rows are left out.")
    elif all(value is None for value in values):
        raise InputError("The column of true countries is empty.")
    return values


def _labels(texts: list[str], known: LabelSet, notes: list[str]) -> list[str | None]:
    values = [known.label(text) if text.strip() else None for text in texts]
    unread = np.array(
        [value is None and bool(text.strip()) for value, text in zip(values, texts, strict=True)]
    )
    if all(value is None for value in values):
        raise InputError(
            f"No true label is one of the {len(known.labels):,} labels: the truth holds "
            f"{quoted(sorted(set(texts) - {''})[:5])}, the labels are {quoted(known.labels[:5])}."
        )
    if unread.any():
        notes.append(
            f"{counted(int(unread.sum()), 'true label')} outside the set of labels, "
            f"{where(unread)}; those rows are left out."
        )
    return values


def _regions(rows: Rows, iso2: list[str | None], by: str) -> list[str] | None:
    if rows.by is not None:
        return [value or NOWHERE for value in rows.by]
    if by not in SCHEMES or all(code is None for code in iso2):
        return None
    table = countries()
    region = dict(zip(table["iso2"], table[by], strict=True))
    found: list[str] = []
    for code in iso2:
        name = None if code is None else region.get(place_in(code, table))
        found.append(name if isinstance(name, str) else NOWHERE)
    return found


def continents() -> dict[str, str]:
    """Return the continent of each country."""
    table = countries()
    return dict(zip(table["iso2"], table["continent"], strict=True))
