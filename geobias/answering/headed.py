"""Coordinates below or after a heading such as ``lat, lon``, in columns."""

from __future__ import annotations

import re

from geobias.answering.pairs import Pair, keep

_HEADED = re.compile(
    r"\blat(?:itude)?\s?[,/&]\s?(?:longitude|long|lon|lng)\b"
    r"(,\s?(?:alt|elev|height|confidence|accuracy|radius|prob|score)[a-z]{0,9}\b)?[\s:=*()]{1,6}"
    r"([+-]?\d{1,3}(?:\.\d{1,20})?)\s{0,3}[,/]\s{0,3}([+-]?\d{1,3}(?:\.\d{1,20})?)"
    r"(?(1)(?:\s{0,3},\s{0,3}[+-]?\d{1,5}(?:\.\d{1,20})?)?)(?![\w°'\"]|[.,/]\d)",
    re.IGNORECASE,
)

_NEXT_ROW = re.compile(
    r"[^\S\n]{0,3}\n\s{0,3}([+-]?\d{1,3}(?:\.\d{1,20})?)\s{0,3},\s{0,3}([+-]?\d{1,3}(?:\.\d{1,20})?)"
    r"(?:\s{0,3},[^\n,]{0,40})?(?=\n|$)"
)

_MOST_ROWS = 50


def headed_pairs(text: str, faults: list[str]) -> list[Pair]:
    r"""Return the pairs after headings, with those in the rows below.

    A third column, such as an altitude or a confidence, is passed over.

    >>> headed_pairs("lat,lon,confidence\n1.3521,103.8198,0.9", [])
    [(1.3521, 103.8198)]
    """
    found: list[Pair] = []
    for pair in _HEADED.finditer(text):
        keep(found, faults, float(pair[2]), float(pair[3]), named=True)
        row = _NEXT_ROW.match(text, pair.end())
        while row and len(found) < _MOST_ROWS:
            keep(found, faults, float(row[1]), float(row[2]), named=True)
            row = _NEXT_ROW.match(text, row.end())
    return found
