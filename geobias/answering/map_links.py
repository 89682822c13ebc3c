"""Coordinates in notations with a fixed order: WKT, links to maps, and tables."""

from __future__ import annotations

import re

from geobias.answering.pairs import Pair, keep

_POINT = re.compile(
    r"POINT\s{0,3}(?:ZM?\s{0,3})?\(\s{0,3}([+-]?\d{1,4}(?:\.\d{1,20})?)\s{1,3}"
    r"([+-]?\d{1,4}(?:\.\d{1,20})?)",
    re.IGNORECASE,
)

_LINK = re.compile(
    r"(?:@|geo:|[?&=]|%40)([+-]?\d{1,2}\.\d{1,20}),([+-]?\d{1,3}\.\d{1,20})(?![\d.])",
    re.IGNORECASE,
)

_MAP = re.compile(
    r"#map=\d{1,2}(?:\.\d{1,3})?/([+-]?\d{1,2}\.\d{1,20})/([+-]?\d{1,3}\.\d{1,20})(?![\d.])"
)

_MARKER = re.compile(r"[?&]mlat=([+-]?\d{1,2}\.\d{1,20})&mlon=([+-]?\d{1,3}\.\d{1,20})(?![\d.])")

_TABLE = re.compile(
    r"\|\s{0,9}lat(?:itude)?\s{0,9}\|\s{0,9}(?:lon|lng|long|longitude)\s{0,9}\|\s{0,9}\n"
    r"[|:\s-]{3,80}\n\|?\s{0,9}([+-]?\d{1,3}\.\d{1,20})\s{0,9}\|\s{0,9}([+-]?\d{1,3}\.\d{1,20})",
    re.IGNORECASE,
)


_LATITUDE_FIRST = (_LINK, _MAP, _MARKER, _TABLE)


def written_points(text: str, faults: list[str]) -> list[Pair]:
    """Return the pairs in such notations; what is wrong with others goes to the faults.

    >>> written_points("POINT(2.35 48.86)", [])
    [(48.86, 2.35)]
    """
    found: list[Pair] = []
    for match in _POINT.finditer(text):
        keep(found, faults, float(match[2]), float(match[1]))
    for written in _LATITUDE_FIRST:
        for match in written.finditer(text):
            keep(found, faults, float(match[1]), float(match[2]))
    return found
