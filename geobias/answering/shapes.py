"""The shapes of answers that could not be read, so that the parsers can be improved."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from geobias.answering.reading import AMBIGUOUS, UNPARSED, Reading

_LONGEST = 60
_LONGEST_EXAMPLE = 200
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"[^\W\d_]*[^\W\d_a-z][^\W\d_]*")
_SPACE = re.compile(r"\s+")


def shape_of(text: str) -> str:
    """Return a text with its numbers and capitalised words replaced, and cut.

    >>> shape_of("Perhaps Oslo, at 59.9 or so")
    'X X, at 0.0 or so'
    """
    plain = _SPACE.sub(" ", text[: 4 * _LONGEST]).strip()
    shape = _NUMBER.sub("0", _NAME.sub("X", plain))
    return shape if len(shape) <= _LONGEST else f"{shape[:_LONGEST]}…"


def unparsed_shapes(readings: Sequence[Reading], texts: Sequence[str]) -> pd.DataFrame:
    """Return the shapes of ambiguous and unparsed answers, the most frequent first."""
    rows = [
        (reading.status, shape_of(text), reading.reason, _SPACE.sub(" ", text)[:_LONGEST_EXAMPLE])
        for reading, text in zip(readings, texts, strict=True)
        if reading.status in (AMBIGUOUS, UNPARSED)
    ]
    table = pd.DataFrame(rows, columns=["status", "shape", "reason", "example"], dtype=object)
    grouped = table.sort_values("example").groupby(["status", "shape"], as_index=False)
    counted = grouped.agg(
        count=("example", "size"), reason=("reason", "first"), example=("example", "first")
    )
    ordered = counted.sort_values(
        ["count", "status", "shape"], ascending=[False, True, True], ignore_index=True
    )
    return ordered[["count", "status", "shape", "reason", "example"]]
