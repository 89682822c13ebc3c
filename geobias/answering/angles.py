"""One angle: degrees, minutes and seconds, its hemisphere and its sign."""

from __future__ import annotations

import math
import re
from typing import Any

from geobias.answering.text import uniform

_NUMBER = r"[+-]?\d{1,3}(?:[.,]\d{1,20})?(?![\d])"

_DEGREES = r"(?:°|deg(?:rees?|\.)?|d(?![a-z])|d(?=\d)|grad|grados?|degrés?|graus?|度)"

_MINUTES = r"(?:'|min(?:utes?|\.)?|m(?![a-z])|m(?=\d)|分)"

_SECONDS = r"(?:\"|sec(?:onds?|\.)?|s(?![a-z])|秒)"

ANGLE = (
    r"(?:[+-]?\d{1,3}\s\d{1,2}\.\d{1,12}(?!\d)"
    rf"|{_NUMBER}(?:\s{{0,2}}{_DEGREES}"
    rf"(?:\s{{0,2}}\d{{1,2}}(?:[.,]\d{{1,12}})?\s{{0,2}}{_MINUTES}"
    rf"(?:\s{{0,2}}\d{{1,2}}(?:[.,]\d{{1,12}})?\s{{0,2}}{_SECONDS})?)?)?)"
)

HEMISPHERE = (
    r"(?:north|south|east|west|nord|norte|süd|sued|sud|sur|sul|ost|oeste|ouest|ovest|est|este"
    r"|leste|(?:nörd|süd|öst|west)lich(?:er|e)?|[nsewo](?![a-z])"
    r"|北緯|南緯|東経|西経|北纬|南纬|东经|西经"
    r"|[сю]\.?\s?ш\.?(?!\w)|[вз]\.?\s?д\.?(?!\w)|(?:شمال|جنوب|شرق|غرب)(?:ا|اً)?(?!\w))"
)

ANGLE_HEMISPHERE = re.compile(rf"({ANGLE})(?:\s{{0,2}}\(?({HEMISPHERE}))?", re.IGNORECASE)

HEMISPHERE_ANGLE = re.compile(rf"({HEMISPHERE})\s{{0,2}}({ANGLE})", re.IGNORECASE)

_PIECES = re.compile(r"([+-]?)\s{0,2}(\d{1,3}(?:[.,]\d{1,20})?)|(\d{1,3}(?:[.,]\d{1,20})?)")

_GERMAN = re.compile(
    r"koordinaten|breite|länge|nördlich|östlich|\bund\b|\bliegt\b|\bgrad\b|\bdas\b|\bist\b",
    re.IGNORECASE,
)

_ROMANCE = re.compile(
    r"coordonn|coordenad|coordinate geografiche|latitud\b|longitud\b|\bet\b|\boeste\b|ouest"
    r"|\best\b|\bes\b|\bla\b|\ble\b",
    re.IGNORECASE,
)

_INFLECTION = re.compile(r"[.\s]|lich(?:er|e)?$|اً?$")
"""What is left out of a hemisphere before it is looked up."""

_SIGNS = {"n": 1.0, "s": -1.0, "e": 1.0, "w": -1.0}

_HEMISPHERE_LETTERS = {
    "north": "n", "nord": "n", "norte": "n", "北緯": "n", "北纬": "n",
    "nörd": "n", "сш": "n", "شمال": "n",
    "south": "s", "süd": "s", "sued": "s", "sud": "s", "sur": "s", "sul": "s",
    "南緯": "s", "南纬": "s", "юш": "s", "جنوب": "s",
    "east": "e", "ost": "e", "est": "e", "este": "e", "leste": "e", "東経": "e", "东经": "e",
    "öst": "e", "вд": "e", "شرق": "e",
    "west": "w", "oeste": "w", "ouest": "w", "ovest": "w", "西経": "w", "西经": "w",
    "зд": "w", "غرب": "w",
}  # fmt: skip


class FaultyAngleError(Exception):
    """Why something that looks like coordinates is none."""


def angle_of(value: Any, axis: str) -> float:
    """Return a field as degrees: a number, or text with or without a hemisphere."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    text = uniform(str(value))[:100].strip()
    try:
        return float(text)
    except ValueError:
        pass
    led = HEMISPHERE_ANGLE.fullmatch(text)
    match = ANGLE_HEMISPHERE.fullmatch(text)
    if led:
        return signed_degrees(led[2], led[1], axis, "")
    return signed_degrees(match[1], match[2], axis, "") if match else math.nan


def hemisphere_letter(word: str, text: str) -> str:
    """Return n, s, e or w; ``?`` for an O in a text whose language does not tell."""
    word = _INFLECTION.sub("", word.casefold())
    if word == "o":
        german, romance = _GERMAN.search(text), _ROMANCE.search(text)
        return "?" if bool(german) == bool(romance) else "e" if german else "w"
    return _HEMISPHERE_LETTERS.get(word, word)


def signed_degrees(angle: str, hemisphere: str | None, axis: str, text: str) -> float:
    """Return an angle with the sign of its hemisphere, which must be one of its axis."""
    value = plain_degrees(angle)
    if not hemisphere:
        return value
    letter = hemisphere_letter(hemisphere, text)
    if letter == "?":
        raise FaultyAngleError("hemisphere O may be east (Ost) or west (ouest, oeste)")
    if (letter in "ns") != (axis == "lat"):
        raise FaultyAngleError(f"{hemisphere} is no hemisphere of a {axis}")
    # A minus beside S or W says the same thing twice.
    return abs(value) * _SIGNS[letter]


def plain_degrees(angle: str) -> float:
    r"""Return an angle of degrees, minutes and seconds as degrees.

    >>> plain_degrees("-33°30'36\"")
    -33.51
    """
    pieces = [match[2] or match[3] for match in _PIECES.finditer(angle)]
    values = [float(piece.replace(",", ".")) for piece in pieces[:3]]
    if any(value >= 60.0 for value in values[1:]):
        raise FaultyAngleError(f"minutes or seconds of 60 or more in {angle.strip()}")
    value = sum(part / 60.0**place for place, part in enumerate(values))
    return -value if angle.lstrip().startswith("-") else value
