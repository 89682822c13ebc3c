"""Answers that rank their guesses: the first, or the one with the largest share."""

from __future__ import annotations

import re

_HEADING = re.compile(
    r"(?:\btop[ -](?:\d{1,2}|two|three|four|five|ten|guesses|candidates|picks|choices|answers)\b"
    r"|\branked\b|\branking\b|\bin order of\b|\bmost (?:likely|probable) first\b)[^.!?]{0,60}$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:^|(?<=\s))[(#]?(\d{1,2})[.):]\s{1,4}")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s?%")
_ENTRY = re.compile(
    r"([^%\n;]{0,119}?[^\s,;(:=–—%-])[(:=\s–—-]{1,5}(\d{1,3}(?:\.\d{1,4})?)\s?%\)?"
    r"(?:[,;.\n]\s{0,4}|\s{0,4}$)"
)
"""A guess and its share; a share that stands before its guess is no such entry."""
_MOST = 20
_LAST_LENGTH = 200


def top_of_ranking(text: str) -> str | None:
    """Return the entry that a ranking puts first, or None if an answer is no ranking.

    A numbered list is one if it is called so, or if every entry has a share; so are entries
    that each have a share. The largest share must stand alone.

    >>> top_of_ranking("Top 2: 1. Peru 2. Chile")
    'Peru'
    >>> top_of_ranking("Oslo (20 %), Bergen (70 %)")
    'Bergen'
    >>> top_of_ranking("Candidates: 1. Kenya 2. Tanzania")
    """
    entries = _numbered(text)
    if entries:
        shares = [_SHARE.search(entry) for entry in entries]
        found = [float(share[1]) for share in shares if share]
        if len(found) == len(entries):
            return _largest(list(zip(entries, found, strict=True)))
        heading = text[: text.index(entries[0])].rstrip()[:-2]
        return entries[0] if _HEADING.search(heading) and not found else None
    listed = [(match[1], float(match[2])) for match in _ENTRY.finditer(text)]
    together = sum(share for _, share in listed)
    if not 2 <= len(listed) <= _MOST or together > 101.0 or len(listed) < text.count("%"):
        return None
    return _largest(listed)


def _numbered(text: str) -> list[str]:
    """Return the entries of a list numbered 1, 2, 3, in lines or within one."""
    places: list[tuple[int, int]] = []
    for match in _NUMBERED.finditer(text):
        if int(match[1]) == len(places) + 1:
            places.append((match.start(), match.end()))
        if len(places) == _MOST:
            break
    if len(places) < 2:
        return []
    ends = [start for start, _ in places[1:]] + [places[-1][1] + _LAST_LENGTH]
    entries = [text[start:end].strip() for (_, start), end in zip(places, ends, strict=True)]
    return entries if all(entries) else []


def _largest(entries: list[tuple[str, float]]) -> str | None:
    best = max(share for _, share in entries)
    first = [entry for entry, share in entries if share == best]
    return first[0] if len(first) == 1 else None
