"""Names and coordinates that an answer mentions only to rule them out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geobias.answering.names import Found
from geobias.answering.text import Token

_REACH = 4
"""A negation counts when at most so many words stand between it and the name."""

_NEGATIONS = {
    "not", "t", "cannot", "unlike", "nicht", "kein", "keine", "rather", "instead", "excluding",
    "except", "neither", "nor", "never", "than", "opposed", "no",
}  # fmt: skip
_FOLLOWERS = {"rather": "than", "instead": "of", "opposed": "to", "no": "es"}
_JOINED = {"or", "nor", "and", "oder", "und", "ni", "o", "ou", "y", "et"}
_TURNS = {"but", "perhaps", "maybe", "likely", "probably", "must", "possibly", "though"}
_BREAKS = frozenset(".!?;:\n")
_PLAIN_PAIR = r"[\[(]?[+-]?\d{1,3}\.\d{1,20}\s?°?,\s?[+-]?\d{1,3}\.\d{1,20}(?!\d)°?[\])]?"

_RULED_OUT = re.compile(
    r"(?i:(?:\b(?:rather|other) than|\binstead of|\bunlike|\bnot|n't)\s(?:at |in |near |from )?)"
    rf"(?:[^\W\d_a-z][\w'-]{{0,30}}[ ,]{{1,2}}){{0,4}}{_PLAIN_PAIR}"
)
"""Coordinates that an answer mentions only to rule them out."""


def not_ruled_out(found: Sequence[Found], tokens: Sequence[Token], text: str) -> list[Found]:
    """Return the names of a text that no ``not``, ``unlike`` or ``rather than`` precedes."""
    kept = []
    ruled_out: Found | None = None
    for name in found:
        joined = (
            ruled_out is not None
            and name.first - ruled_out.last <= 2
            and not _broken(tokens[ruled_out.last - 1], tokens[name.first], text)
            and any(token.folded in _JOINED for token in tokens[ruled_out.last : name.first])
        )
        if joined or _is_negated(name, tokens, text):
            ruled_out = name
        else:
            kept.append(name)
    return kept


def _is_negated(name: Found, tokens: Sequence[Token], text: str) -> bool:
    for place in range(name.first - 1, max(-1, name.first - 2 - _REACH), -1):
        token = tokens[place]
        if (
            _broken(token, tokens[place + 1], text)
            or "," in text[token.end : tokens[place + 1].start]
        ):
            return False
        if token.folded in _TURNS:
            return False
        if token.folded == "than" and "less" in {
            word.folded for word in tokens[max(0, place - 3) : place]
        }:
            return False
        if token.folded in _NEGATIONS:
            follower = _FOLLOWERS.get(token.folded)
            return follower is None or tokens[place + 1].folded == follower
    return False


def _broken(token: Token, following: Token, text: str) -> bool:
    """Whether a clause ends between two tokens."""
    return not _BREAKS.isdisjoint(text[token.end : following.start])


def without_ruled_out_pairs(text: str) -> str:
    """Return a text without the coordinates that it rules out.

    >>> without_ruled_out_pairs("It is not Paris (48.85, 2.35) but Lyon (45.76, 4.84).")
    'It is  but Lyon (45.76, 4.84).'
    """
    return _RULED_OUT.sub("", text)
