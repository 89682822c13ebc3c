"""What an answer names as also possible, after it has said what it takes for true."""

from __future__ import annotations

import re

_ALSO = re.compile(
    r"\balso (?:be|possible|plausible|likely|conceivable|an option|options|a possibility)\b"
    r"|\bless likely\b|\bdistant second\b|\b(?:can't|cannot|can not) (?:be ruled out|rule out)"
    r"|\b(?:is|are|remains?) (?:possible|plausible)(?: too| as well)?\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:could|might|may|can)\b(?! also)|\b(?:either|or|maybe|perhaps|possibly|candidates?"
    r"|options?|whether|between)\b",
    re.IGNORECASE,
)
"""Words by which the guess itself is left open."""
_CLAUSE = re.compile(
    r"(?<=[.;!?])\s|\n|[,;]?\s(?=(?:but|al?though|though|while|whereas)\b)|,\s(?=with\b)",
    re.IGNORECASE,
)


def without_alternatives(text: str) -> str | None:
    """Return an answer without the clauses that say what else is possible.

    None if there is no such clause, or if what comes before leaves the answer open itself.

    >>> without_alternatives("I think it is France, but it could also be Belgium.")
    'I think it is France'
    >>> without_alternatives("It might be France, but it could also be Belgium.")
    """
    kept = []
    found = False
    for clause in _CLAUSE.split(text):
        if _ALSO.search(clause):
            found = True
        elif not found and _OPEN.search(clause):
            return None
        else:
            kept.append(clause)
    return " ".join(kept) if found and any(clause.strip() for clause in kept) else None
