"""What is true of each row: where it is, in which country, and in which region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geobias.answering.choices import Choices
from geobias.answering.country_names import country_names
from geobias.answering.intake import Rows
from geobias.answering.labels import LabelSet
from geobias.answering.membership import codes_at, place_in, region_of
from geobias.errors import InputError
from geobias.regions import SCHEMES
from geobias.wording import counted, quoted, where

NOWHERE = "nowhere known"
"""Region of the rows whose place is not known, or at sea."""

_NAMIBIA = (
    " pandas.read_csv takes NA, the code of Namibia, for a missing value, unless told "
    "keep_default_na=False."
)


@dataclass(frozen=True)
class Truth:
    """What is true of each row; None or empty where that is not known.

    Attributes
    ----------
    values
        True country (alpha-2) or label, None where there is none.
    iso2
        Country of each row, from its truth or from its coordinates.
    named
        Whether those countries were given, not found from coordinates.
    regions
        Region of each row, by which the answer rate is told; None if nothing tells it.
    notes
        What could not be read.
    """

    values: list[str | None]
    iso2: list[str | None]
    named: bool
    regions: list[str] | None
    notes: tuple[str, ...]


def truth_of(rows: Rows, choices: Choices, known: LabelSet | None) -> Truth:
    """Work out what is true of each row.

    Raises
    ------
    InputError
        If no row has a readable truth.
    """
    located = codes_at(rows.lat, rows.lon)
    named = known is None and rows.truth is not None
    notes: list[str] = []
    values: list[str | None] = [None] * rows.n
    iso2 = located
    if named and rows.truth is not None:
        values = iso2 = _named(rows.truth, notes)
    elif choices.task == "country":
        values = located
    elif known is not None and rows.truth is not None:
        values = _labels(rows.truth, known, notes)
    if rows.truth is None and np.isnan(rows.lat).all():
        raise InputError("No row has true coordinates: lat and lon are empty everywhere.")
    return Truth(values, iso2, named, _regions(rows, iso2, choices.by), tuple(notes))


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
    blank = np.array([not text.strip() for text in texts])
    if blank.any():
        codes = all(_is_code(text) for text in texts if text.strip())
        hint = _NAMIBIA if codes and "NA" not in texts else ""
        notes.append(
            f"{counted(int(blank.sum()), 'row')} without a true country, {where(blank)}; left out."
            f"{hint}"
        )
    return values


def _is_code(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isupper()


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
    found: list[str] = []
    for code in iso2:
        name = None if code is None else region_of(by).get(place_in(code))
        found.append(name if isinstance(name, str) else NOWHERE)
    return found
