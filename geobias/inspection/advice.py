"""The command to run next."""

from __future__ import annotations

import shlex
from collections.abc import Hashable, Mapping, Sequence
from keyword import iskeyword
from unicodedata import normalize

from geobias.inspection.kinds import CODED, LISTS, NUMBERS, SHARES

_SCORE = ["geobias", "score"]
_SCALE = ["--scale", "1000km", "--permutations", "999"]


def next_command(
    file: str,
    where: Sequence[str],
    named: Sequence[Hashable],
    coded: Sequence[Hashable],
    scores: Sequence[Hashable],
    roles: Mapping[str, Hashable],
    kinds: Mapping[Hashable, str],
) -> str | None:
    """The command that the columns allow, or None if they allow none.

    Parameters
    ----------
    file
        What was inspected.
    where
        Options that say where the coordinates are.
    named
        Columns of right or wrong, by their names.
    coded
        Other columns that look like right and wrong.
    scores
        Columns of numbers from 0 to 1.
    roles, kinds
        What columns are for, and what they hold.
    """
    how = _how(named, coded, scores, roles, kinds)
    if how is None:
        if "answer" not in roles:
            return None
        answer = str(roles["answer"])
        return shlex.join(
            ["geobias", "answers", file, *where, "--answer", answer, "--task", "coordinates"]
        )
    return shlex.join([*_SCORE, file, *where, *how, *_SCALE])


def _how(
    named: Sequence[Hashable],
    coded: Sequence[Hashable],
    scores: Sequence[Hashable],
    roles: Mapping[str, Hashable],
    kinds: Mapping[Hashable, str],
) -> list[str] | None:
    """Options that say what is correct."""
    if named:
        return _correct(named)
    if "predicted latitude" in roles and "predicted longitude" in roles:
        latitude, longitude = roles["predicted latitude"], roles["predicted longitude"]
        return ["--predicted-lat", str(latitude), "--predicted-lon", str(longitude)]
    prediction, label = roles.get("prediction"), roles.get("label")
    surety = prediction is not None and kinds[prediction] == SHARES
    if prediction is not None and label is not None and not (surety and kinds[label] == CODED):
        if kinds[label] in (NUMBERS, SHARES) or kinds[prediction] == NUMBERS:
            error = f"abs({_quoted(prediction)} - {_quoted(label)}) <= quantile(0.75)"
            return ["--error", error]
        top = ["--top", "1,3"] if kinds[prediction] == LISTS else []
        return ["--prediction", str(prediction), "--label", str(label), *top]
    if coded and not surety:
        return _correct(coded)
    if scores:
        return ["--correct", str(scores[0]), "--threshold", "0.5"]
    return None


def _correct(columns: Sequence[Hashable]) -> list[str]:
    return [part for name in columns for part in ("--correct", str(name))]


def _quoted(name: Hashable) -> str:
    text = str(name)
    plain = text.isidentifier() and not iskeyword(text) and text == normalize("NFKC", text)
    return text if plain else f"`{text}`"
