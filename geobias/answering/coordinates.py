"""Coordinates in the forms that people and models write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from geobias.answering.angles import (
    ANGLE,
    ANGLE_HEMISPHERE,
    HEMISPHERE,
    HEMISPHERE_ANGLE,
    FaultyAngleError,
    angle_of,
    hemisphere_letter,
    plain_degrees,
    signed_degrees,
)
from geobias.answering.fields import objects, structures
from geobias.answering.headed import headed_pairs
from geobias.answering.map_links import written_points
from geobias.answering.marked import marked_parts
from geobias.answering.negation import without_ruled_out_pairs
from geobias.answering.pairs import Pair, distinct, keep
from geobias.answering.rankings import top_of_ranking
from geobias.answering.reading import COORDINATE, PARSED, Reading, ambiguous, listed, unparsed
from geobias.answering.text import undecorated, uniform, with_plain_digits

_AXIS_WORD = r"(?:\s(?:latitude|longitude|lat|lon|long|breite|länge)\b\.?)?"

_OF_AXIS = r"(?:\s{0,2}(?:de\s|di\s)?(?:latitude?|longitude?|latitudine|longitudine)\b)?"

_BETWEEN = r"\s{0,3}(?:[,;/|、]|and\b|by\b|und\b|et\b|y\b|e\b)?\s{0,3}"

_START = r"(?<![\w.,])"

_LEADING = re.compile(
    rf"(?<![a-z\d])({HEMISPHERE})\s{{0,2}}({ANGLE}){_BETWEEN}({HEMISPHERE})\s{{0,2}}({ANGLE})",
    re.IGNORECASE,
)

_TRAILING = re.compile(
    rf"{_START}({ANGLE}){_OF_AXIS}\s{{0,2}}({HEMISPHERE}){_AXIS_WORD}{_BETWEEN}"
    rf"({ANGLE}){_OF_AXIS}\s{{0,2}}({HEMISPHERE})(?![a-z\d])",
    re.IGNORECASE,
)

_LABEL = re.compile(
    r"(?<![a-z])(?:(lat(?:itude|itud|\.)?|breite(?:ngrad)?|широта"
    r"|纬度|緯度|위도|अक्षांश|خط العرض|دائرة العرض)"
    r"|(lon(?:gitude|gitud|\.)?|lng|long|länge(?:ngrad)?|долгота"
    r"|经度|経度|경도|देशांतर|خط الطول))(?![a-z])"
    r"(?:[\s\"'*_:=(>|]|\b(?:of|is|est|es|ist|about|approximately|approx\.?|roughly|around|near|at"
    r"|estimated|de|degrees|coordinate|value)\b|°\)){1,16}",
    re.IGNORECASE,
)

_DECIMAL = r"[+-]?\d{1,3}(?:\.\d{1,20})?(?:\s?°)?"

_BARE = re.compile(
    rf"(?<![\w.,°'+-])({_DECIMAL})(\s{{0,3}}[,/|]\s{{0,3}}|\s{{1,3}}|\s{{0,3}};\s{{0,3}})"
    rf"({_DECIMAL})(?![\w%°'\"]|[.,/]\d|\s?(?:%|percent|million|billion|km\b|m\b|°))",
)

_COMMAS = re.compile(
    r"(?<![\w.,+-])([+-]?\d{1,3},\d{1,20})(\s{0,3}[;/|]\s{0,3}|,\s{1,3}|\s{1,3})"
    r"([+-]?\d{1,3},\d{1,20})(?![\w%]|[.,]\d)"
)

_DMS_PAIR = re.compile(
    rf"{_START}([+-]?\d{{1,3}}\s?°\s?\d[^NSEWO,;\n]{{0,25}})[,;\s]\s{{0,3}}"
    rf"([+-]?\d{{1,3}}\s?°\s?\d[^NSEWO,;\n]{{0,25}})"
)

_NEXT_NUMBER = re.compile(
    r"\s{0,3},\s{0,3}[+-]?\d|\s{1,3}(?:and|or)\s{1,3}[+-]?\d{1,9}(?:\.\d{1,9})?+(?!\s{0,3}[,;/]|\d)"
)

_RANGE = re.compile(r"\s{0,3}°?\s{0,3}(?:to|through|bis|-|\.\.)\s{0,3}[+-]?\d")

_QUOTED = re.compile(r"\"([+-]?\d{1,3}\.\d{1,20})\"")

_LON_FIRST = re.compile(
    r"\b(?:lon|lng|long|longitude)\b\W{1,6}lat(?:itude)?\b[^\w]{0,12}$", re.IGNORECASE
)

_LON_FIRST_AFTER = re.compile(r"[\])]?\s?[\[(]?(?:lon|lng|long|longitude)\W{1,3}lat", re.IGNORECASE)

_NOT_A_PLACE = re.compile(
    r"\b(?:versions?|v|chapters?|sections?|scores?|ratings?|figures?|fig|ratios?|confidences?"
    r"|probabilit(?:y|ies)|prices?|sizes?|heights?|widths?|magnitudes?)\b[^\w]{0,4}(?:is|of|are)?"
    r"[^\w]{0,4}$",
    re.IGNORECASE,
)

_CUE = re.compile(
    r"\b(?:coord\w*|locat\w*|lat\w*|lon\w*|near|around|at|position\w*|gps|estimat\w*|guess|place"
    r"|answer|approximately|about|roughly|likely|somewhere)\b",
    re.IGNORECASE,
)

_BEFORE = 50

_LONGEST_PAIR = 100

_LAT_KEY = re.compile(
    r"(?:(?:predicted|pred|estimated|est|guessed)_)?(?:lat|latitude)(?:_deg(?:rees)?)?"
)

_LON_KEY = re.compile(
    r"(?:(?:predicted|pred|estimated|est|guessed)_)?(?:lon|lng|long|longitude)(?:_deg(?:rees)?)?"
)

_PAIR_KEYS = ("coordinates", "coords", "latlon", "lat_lon", "latlng", "lat_lng", "gps")

_ROUGHLY = re.compile(r"[~≈∼]\s?(?=[+-]?\d)")

_TOLERANCE = re.compile(r"\s{0,2}(?:±|\+/-)\s{0,2}\d{1,3}(?:\.\d{1,20})?\s?°?")
"""How sure a number is, which is no number of the answer."""


def parse_coordinates(text: str) -> Reading:
    r"""Read latitude and longitude from an answer.

    JSON fields win over WKT, those over a part that says it is the answer, and that over the
    rest; there, labelled numbers win over hemispheres, and those over bare pairs.

    Parameters
    ----------
    text : str
        An answer, at most some ten thousand characters.

    Returns
    -------
    Reading

    Examples
    --------
    >>> found = parse_coordinates("I'd say 48°51'24\"N 2°21'8\"E, Paris in 2019.")
    >>> found.status, round(found.lat, 4), round(found.lon, 4)
    ('parsed', 48.8567, 2.3522)
    >>> parse_coordinates("148.8, 2.35").reason
    '148.8, 2.35 is only valid as longitude, latitude'
    """
    faults: list[str] = []
    plain = _TOLERANCE.sub("", _ROUGHLY.sub("", uniform(with_plain_digits(text))))
    plain = without_ruled_out_pairs(plain)
    bare = undecorated(plain)
    sources = [_from_fields(text, faults), written_points(bare, faults)]
    for part in marked_parts(plain):
        sources.append(_first(_tiers(part, faults, alone=True)))
    for found in (*sources, _first(_tiers(plain, faults, alone=False))):
        apart = distinct(found)
        if len(apart) > 1:
            apart = _top_ranked(plain) or apart
        if len(apart) == 1:
            lat, lon = apart[0]
            return Reading(PARSED, granularity=COORDINATE, lat=lat, lon=lon)
        if apart:
            return ambiguous(
                f"{len(apart)} different coordinates: "
                + listed([f"{lat:g}, {lon:g}" for lat, lon in apart])
            )
    if faults:
        return unparsed(faults[0])
    return unparsed("no coordinates")


def _top_ranked(text: str) -> list[Pair]:
    """Return the coordinates that a ranking puts first, if those are one pair."""
    entry = top_of_ranking(text)
    found = distinct(_first(_tiers(entry, [], alone=False))) if entry else []
    return found if len(found) == 1 else []


def _first(tiers: Iterator[list[Pair]]) -> list[Pair]:
    return next((tier for tier in tiers if tier), [])


def _tiers(text: str, faults: list[str], *, alone: bool) -> Iterator[list[Pair]]:
    # Tags may be labels, as in <lat>; everywhere else they are decoration.
    yield _labelled(text, faults)
    text = _QUOTED.sub(r"\1", undecorated(text))
    yield _with_hemispheres(text, faults)
    yield _bare(text, faults, alone=alone)


def _from_fields(text: str, faults: list[str]) -> list[Pair]:
    found: list[Pair] = []
    for record in objects(structures(text)):
        lat, lon = _valued(record, _LAT_KEY), _valued(record, _LON_KEY)
        position = record.get("coordinates")
        is_point = str(record.get("type")).casefold() == "point"
        if is_point and isinstance(position, list) and len(position) >= 2:
            lon, lat = position[:2]
        if lat is None or lon is None:
            written = next((record[key] for key in _PAIR_KEYS if key in record), None)
            if isinstance(written, str):
                found += _first(_tiers(uniform(written[:_LONGEST_PAIR]), faults, alone=True))
            continue
        try:
            keep(found, faults, angle_of(lat, "lat"), angle_of(lon, "lon"), named=True)
        except FaultyAngleError as fault:
            faults.append(str(fault))
    return found


def _valued(record: dict[str, Any], name: re.Pattern[str]) -> Any:
    values = (value for key, value in record.items() if name.fullmatch(key))
    return next((value for value in values if value is not None), None)


def _labelled(text: str, faults: list[str]) -> list[Pair]:
    """Return pairs of numbers that follow words for latitude and longitude."""
    found = headed_pairs(text, faults)
    if found:
        return found
    pending: dict[str, float] = {}
    for label in _LABEL.finditer(text):
        axis = "lat" if label[1] else "lon"
        led = HEMISPHERE_ANGLE.match(text, label.end())
        match = ANGLE_HEMISPHERE.match(text, label.end())
        try:
            if led:
                pending[axis] = signed_degrees(led[2], led[1], axis, text)
            elif match and _RANGE.match(text, match.end()):
                faults.append(f"a range of {axis}")
            elif match:
                pending[axis] = signed_degrees(match[1], match[2], axis, text)
            else:
                continue
        except FaultyAngleError as fault:
            faults.append(str(fault))
            continue
        if len(pending) == 2:
            keep(found, faults, pending["lat"], pending["lon"], named=True)
            pending = {}
    if pending and not found:
        faults.append(f"only a {'latitude' if 'lat' in pending else 'longitude'}")
    return found


def _with_hemispheres(text: str, faults: list[str]) -> list[Pair]:
    found: list[Pair] = []
    for match in _TRAILING.finditer(text):
        _keep_hemispheres(found, faults, match.group(1, 2, 3, 4), text)
    if not found:
        for match in _LEADING.finditer(text):
            _keep_hemispheres(found, faults, match.group(2, 1, 4, 3), text)
    return found


def _keep_hemispheres(
    found: list[Pair], faults: list[str], parts: tuple[str | Any, ...], text: str
) -> None:
    first, second = (hemisphere_letter(word, text) for word in (parts[1], parts[3]))
    try:
        if first in "ns" and second in "ew":
            lat = signed_degrees(parts[0], parts[1], "lat", text)
            keep(found, faults, lat, signed_degrees(parts[2], parts[3], "lon", text), named=True)
        elif first in "ew" and second in "ns":
            lat = signed_degrees(parts[2], parts[3], "lat", text)
            keep(found, faults, lat, signed_degrees(parts[0], parts[1], "lon", text), named=True)
        elif "?" in (first, second):
            faults.append("hemisphere O may be east (Ost) or west (ouest, oeste)")
    except FaultyAngleError as fault:
        faults.append(str(fault))


def _bare(text: str, faults: list[str], *, alone: bool) -> list[Pair]:
    """Return pairs without labels or hemispheres; in prose both need decimals."""
    found: list[Pair] = []
    for match in _DMS_PAIR.finditer(text):
        try:
            keep(found, faults, plain_degrees(match[1]), plain_degrees(match[2]))
        except FaultyAngleError as fault:
            faults.append(str(fault))
    for match in _COMMAS.finditer(text):
        thousands = all(len(part.partition(",")[2]) == 3 for part in match.group(1, 3))
        if thousands and not (";" in match[2] or _is_all(match, text)):
            continue
        lat, lon = (float(part.replace(",", ".")) for part in match.group(1, 3))
        keep(found, faults, lat, lon)
    if found:
        return found
    for match in _BARE.finditer(text):
        if _NEXT_NUMBER.match(text, match.end()):
            continue
        decimals = [len(part.partition(".")[2].rstrip(" °")) for part in match.group(1, 3)]
        whole = alone or _is_all(match, text)
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        if not whole and not _looks_like_a_place(match, min(decimals), before):
            continue
        if match[2].isspace() and whole and not any(decimals):
            continue
        first, second = (float(part.rstrip(" °")) for part in match.group(1, 3))
        if _LON_FIRST.search(before.rstrip("[( \"'")) or _LON_FIRST_AFTER.match(text, match.end()):
            first, second = second, first
        keep(found, faults, first, second)
    return found


def _looks_like_a_place(match: re.Match[str], decimals: int, before: str) -> bool:
    """Whether two numbers in prose are a position, and not a score or a list of sizes."""
    if not decimals or _NOT_A_PLACE.search(before):
        return False
    if decimals == 1:
        return "," in match[2] and _CUE.search(before) is not None
    return decimals > 2 or not match[2].isspace()


def _is_all(match: re.Match[str], text: str) -> bool:
    """Whether there is nothing beside a match but brackets and punctuation."""
    return not re.search(r"\w", text[: match.start()] + text[match.end() :])
