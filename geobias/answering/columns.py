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
    coordinate_columns,
    existing,
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
    lat: Hashable | None
    lon: Hashable | None
    by: Hashable | None
    notes: tuple[str, ...]

    @property
    def needed(self) -> list[Hashable]:
        """Every column to read, once."""
        names = (self.answer, self.truth, self.lat, self.lon, self.by)
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
    found = _coordinates(names, lat, lon)
    if found and (lat is None or lon is None):
        notes.append(
            f"True latitude comes from column {str(found['lat'])!r}, "
            f"longitude from column {str(found['lon'])!r}."
        )
    true = None if truth is None else existing(truth, names, "truth")
    _refuse_without_truth(choices, names, true, found)
    by = None if choices.by in SCHEMES else existing(choices.by, names, "by")
    return Columns(answers, true, found.get("lat"), found.get("lon"), by, tuple(notes))


def _coordinates(
    names: Sequence[Hashable], lat: str | None, lon: str | None
) -> dict[str, Hashable]:
    """Return the columns of the true coordinates, if any are named or known."""
    if lat is None and lon is None and not has_coordinates(names):
        return {}
    return coordinate_columns(names, {"lat": lat, "lon": lon})


def _refuse_without_truth(
    choices: Choices,
    names: Sequence[Hashable],
    truth: Hashable | None,
    found: dict[str, Hashable],
) -> None:
    task = choices.task
    if task in ("coordinates", "place"):
        if truth is not None:
            raise InputError(
                f"Task {task} is judged by true coordinates, lat= and lon= (--lat, --lon), not by "
                f"column {str(truth)!r}. For countries there is the task country."
            )
        if not found:
            raise InputError(
                f"Task {task} needs the true coordinates: pass lat= and lon= (--lat, --lon). "
                f"The columns are: {quoted(names)}."
            )
    elif truth is None and (task == "label" or not found):
        also = " or lat= and lon= (--lat, --lon)" if task == "country" else ""
        raise InputError(
            f"Task {task} needs what is true: pass truth= (--truth){also}. "
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
