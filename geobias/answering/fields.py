"""JSON objects, Python literals and ``field: value`` lines in an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from geobias.literals import read_json, read_python

_MOST_STARTS = 40
_MOST_VALUES = 2_000
_LONGEST_NOTHING = 300
_ORDER = {
    "rank": 1, "prob": -1, "probability": -1, "confidence": -1, "score": -1, "likelihood": -1,
}  # fmt: skip
"""Keys that order the objects of a list: the lowest rank, or the highest share, comes first."""
_FENCE = re.compile(r"```(?:json|python|JSON)?\s{0,5}")


def structures(text: str) -> list[Any]:
    """Return the JSON objects and lists that stand in a text, or Python literals of that kind.

    >>> structures('Sure: {"lat": 1.5, "tags": ["a"]} and more')
    [{'lat': 1.5, 'tags': ['a']}]
    >>> structures("['port', 'dam']")
    [['port', 'dam']]
    """
    text = _FENCE.sub("\n", text)
    whole = _literal(text.strip())
    if whole is not None:
        return [whole]
    found: list[Any] = []
    decoder = json.JSONDecoder()
    place = 0
    for _ in range(_MOST_STARTS):
        start = _next_start(text, place)
        if start < 0:
            break
        try:
            value, place = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = text.find("}" if text[start] == "{" else "]", start)
            value = None if end < 0 else _literal(text[start : end + 1])
            place = start + 1 if value is None else end + 1
        if value is not None:
            found.append(value)
    return found


def _next_start(text: str, place: int) -> int:
    starts = [start for start in (text.find("{", place), text.find("[", place)) if start >= 0]
    return min(starts, default=-1)


def _literal(text: str) -> Any:
    """Return a JSON or Python object or list, or None."""
    if not text or text[0] not in "[{(" or text[-1] not in "]})":
        return None
    value = read_json(text)
    if value is None:
        value = read_python(text)
    return value if isinstance(value, dict | list | tuple) else None


def objects(values: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield every object in some JSON values, outer ones first, with keys in lower case.

    Of a list of objects that are ranked or scored, only the best is yielded.

    >>> list(objects([[{"city": "Lima", "prob": 0.2}, {"city": "Quito", "prob": 0.7}]]))
    [{'city': 'Quito', 'prob': 0.7}]
    """
    waiting: list[Any] = list(values)
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        value = waiting.pop(0)
        if isinstance(value, dict):
            yield {str(key).strip().casefold(): item for key, item in value.items()}
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += _best(value)


def _best(values: Sequence[Any]) -> Sequence[Any]:
    """Return the value of the lowest rank or the highest share, or all if that is not one."""
    for key, sign in _ORDER.items():
        marks = [value.get(key) if isinstance(value, dict) else None for value in values]
        if len(values) > 1 and all(_is_number(mark) for mark in marks):
            ordered = [sign * mark for mark in marks if mark is not None]
            if ordered.count(min(ordered)) == 1:
                return [values[ordered.index(min(ordered))]]
    return values


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def holds_nothing(text: str) -> bool:
    """Whether an answer is one object, and every field of it is null or blank.

    >>> holds_nothing('{"country": null}'), holds_nothing('{"country": null, "why": "fog"}')
    (True, False)
    """
    bare = _FENCE.sub("", text).strip(" `\n") if text.count("{") == 1 else ""
    value = _literal(bare) if len(bare) <= _LONGEST_NOTHING else None
    return isinstance(value, dict) and all(item in (None, "") for item in value.values())


def field(text: str, names: str) -> str | None:
    r"""Return the rest of the first line that starts with one of some field names and a colon.

    >>> field("- **City:** Quito, Ecuador\n- mountains", "city|town")
    'Quito, Ecuador'
    """
    match = re.search(
        rf"^[\s\-•>#\d.)*_]{{0,10}}(?:{names})[\s*_]{{0,4}}[:=][\s*_]{{0,4}}([^\n]{{1,300}})",
        text,
        re.IGNORECASE | re.MULTILINE,
    )
    return match[1].strip(" *_\t") if match else None
