"""JSON objects, Python literals and ``field: value`` lines in an answer."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

_MOST_STARTS = 40
_MOST_VALUES = 2_000
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
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return value if isinstance(value, dict | list | tuple) else None


def objects(values: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield every object in some JSON values, outer ones first, with keys in lower case."""
    waiting = list(values)
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        value = waiting.pop(0)
        if isinstance(value, dict):
            yield {str(key).strip().casefold(): item for key, item in value.items()}
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value


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
