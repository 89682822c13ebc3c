"""Which columns hold the answers and what is true."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from geobias.answering.choices import Choices
from geobias.errors import InputError
from geobias.readers import Source
from geobias.regions import SCHEMES
from geobias.samples.columns import (
    Place,
    existing,
    find_place,
    has_coordinates,
    refuse_duplicates,
)
from geobias.wording import quoted

_ANSWER = re.compile(
    r"(model|llm|gpt\d*\w?|raw)?(answers?|responses?|outputs?|completions?|repl(y|ies)"
    r"|generatedtext|generation|predictions?|predictedcategor(y|ies)|predictedlabels?"
    r"|predictedcountry)(text|raw)?"
)
"""Matched against a name in lower case without punctuation."""


@dataclass(frozen=True)
class Columns:
    """The columns that an audit of answers reads; None where there is none."""

    answer: Hashable
    truth: Hashable | None
    place: Place | None
    by: Hashable | None
    notes: tuple[str, ...]

    @property
    def needed(self) -> list[Hashable]:
        """Every column to read, once."""
        place = () if self.place is None else self.place.columns
        names = (self.answer, self.truth, *place, self.by)
        return list(dict.fromkeys(name for name in names if name is not None))

    @property
    def as_written(self) -> list[Hashable]:
        """Columns of names and prose, which may look like numbers."""
        return [name for name in (self.answer, self.truth, self.by) if name is not None]


def resolve(
    source: Source,
    choices: Choices,
    *,
    answer: str | None,
    truth: str | None,
    lat: str | None,
    lon: str | None,
) -> Columns:
    """Match the names that were passed, and detect the rest.

    Raises
    ------
    InputError
        If a named column is missing, or what a task needs is not there.
    """
    names = source.names
    refuse_duplicates(names)
    notes = []
    if answer is None:
        answers = _detected(source)
        notes.append(f"Answers come from column {str(answers)!r}.")
    else:
        answers = existing(answer, names, "answer")
    place = _place(source, lat, lon)
    if place is not None:
        notes += place.notes
    true = None if truth is None else existing(truth, names, "truth")
    _refuse_without_truth(choices, names, true, place)
    by = None if choices.by in SCHEMES else existing(choices.by, names, "by")
    return Columns(answers, true, place, by, tuple(notes))


def _place(source: Source, lat: str | None, lon: str | None) -> Place | None:
    """Return where the true coordinates are, if they are named, known or in a geometry."""
    unnamed = lat is None and lon is None
    if unnamed and source.geometry is None and not has_coordinates(source.names):
        return None
    return find_place(source, lat=lat, lon=lon)


def _refuse_without_truth(
    choices: Choices,
    names: Sequence[Hashable],
    truth: Hashable | None,
    place: Place | None,
) -> None:
    if truth is not None or (place is not None and choices.task != "label"):
        return
    ways = {
        "label": "truth= (--truth) with true labels",
        "country": "truth= (--truth) with true countries, or lat= and lon= (--lat, --lon)",
    }
    located = "lat= and lon= (--lat, --lon), or truth= (--truth) with true countries"
    raise InputError(
        f"Task {choices.task} needs what is true: pass {ways.get(choices.task, located)}. "
        f"The columns are: {quoted(names)}."
    )


def _detected(source: Source) -> Hashable:
    candidates = [
        name
        for name in source.names
        if _ANSWER.fullmatch(re.sub(r"[\W_]", "", str(name).casefold()))
    ]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise InputError(
            f"{len(candidates)} columns could hold the answers: {quoted(candidates)}. "
            "Pass answer= (--answer) with one."
        )
    rows = source.peek()
    texts = [
        name
        for name in rows.columns
        if any(isinstance(value, str) for value in rows[name].head(50).tolist())
    ]
    raise InputError(
        "No column of answers found by name. Pass answer= (--answer) with one. Text is in: "
        f"{quoted(texts)}. The columns are: {quoted(source.names)}."
    )
