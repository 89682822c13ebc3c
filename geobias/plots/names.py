"""Names out of the user's data, made fit to stand in a figure."""

from __future__ import annotations

import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterable

from matplotlib.figure import Figure

from geobias.plots.style import QUIET

LONGEST = 36
"""Letters of a name that are shown; of longer ones both ends."""

_LETTERS_PER_INCH = 18.0
_RIGHT_TO_LEFT = {"R", "AL"}
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"

_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of writing, and not only that of the name."""


def shown(name: str, longest: int = LONGEST) -> str:
    """Return a name in one line, cut in the middle if it is long.

    A name that is written from right to left is wrapped, so that it does not turn round what
    stands beside it.

    >>> shown("a name of many letters", longest=11)
    'a nam…tters'
    """
    return _isolated(_cut(_line(name), longest))


def shown_all(names: Iterable[str], longest: int = LONGEST) -> dict[str, str]:
    """Return how to show each name beside the others: different names look different.

    >>> first, second = "a network, first try, of 2020", "a network, second try, of 2020"
    >>> list(shown_all([first, second], longest=12).values())
    ['a …k, first…', 'a …k, secon…']
    """
    lines = {name: _line(name) for name in dict.fromkeys(names)}
    found = {name: _cut(line, longest) for name, line in lines.items()}
    for alike in _alike(found):
        # What the names begin with alike tells nothing; show where they part.
        part = _parting([lines[name] for name in alike])
        for name in alike:
            found[name] = _cut_to(lines[name], part, longest)
    for alike in _alike(found):
        for number, name in enumerate(alike, start=1):
            found[name] = f"{found[name]} ({number})"
    return {name: _isolated(line) for name, line in found.items()}


def _line(name: str) -> str:
    """Return a name without line breaks and other letters that are not to be seen."""
    seen = (
        " " if unicodedata.category(letter) in ("Cc", "Cs") else letter
        for letter in str(name)
        if letter not in _TURNING
    )
    return " ".join("".join(seen).split())


def _cut(line: str, longest: int) -> str:
    if len(line) <= longest:
        return line
    head = longest // 2
    return f"{line[:head]}…{line[len(line) - (longest - head - 1) :]}"


def _cut_to(line: str, part: int, longest: int) -> str:
    """Return the beginning of a line, and what it holds from a little before a position on."""
    if len(line) <= longest:
        return line
    head = longest // 5
    start = max(part - longest // 4, head + 1)
    left = longest - head - 1
    rest = line[start:]
    rest = line[len(line) - left :] if len(rest) <= left else f"{rest[: left - 1]}…"
    return f"{line[:head]}…{rest}"


def _parting(lines: list[str]) -> int:
    """Return how many letters all lines begin with alike."""
    # The first and the last in order differ the soonest.
    pairs = zip(min(lines), max(lines), strict=False)
    return next((n for n, (one, other) in enumerate(pairs) if one != other), len(min(lines)))


def _alike(found: dict[str, str]) -> list[list[str]]:
    """Return the names that are shown alike, together."""
    often = Counter(found.values())
    return [
        [name for name, line in found.items() if line == repeated]
        for repeated, count in often.items()
        if count > 1
    ]


def _isolated(line: str) -> str:
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in line):
        return f"{_ISOLATE}{line}{_END_ISOLATE}"
    return line


def wrapped(said: list[str], inches: float) -> str:
    """Return sentences in lines that fit such a width in the small type of captions."""
    return textwrap.fill(" ".join(said), int(_LETTERS_PER_INCH * inches), break_on_hyphens=False)


def fitting(said: list[str], inches: float, lines: int = 2) -> str:
    """Return as many of the first sentences as such lines hold: axes of the user have little room.

    >>> fitting(["All is well.", "There is more to say than the line can hold."], 1.5, lines=1)
    'All is well.'
    """
    held = ""
    for count in range(1, len(said) + 1):
        text = wrapped(said[:count], inches)
        if text.count("\n") >= lines:
            break
        held = text
    return held


def caption(figure: Figure, said: list[str]) -> None:
    """Write sentences below all panels of a figure."""
    if said:
        width = float(figure.get_size_inches()[0])
        figure.supxlabel(wrapped(said, width), x=0.01, ha="left", fontsize=7.0, color=QUIET)
