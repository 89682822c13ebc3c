"""Names looked up in running text: the longest name at each place, by whole words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geobias.answering.text import Token, words


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a text: which tokens it covers, and its folded words."""

    first: int
    last: int
    name: str


class Lexicon:
    """A set of names, stored by their folded words.

    >>> from geobias.answering.text import tokens
    >>> lexicon = Lexicon(["Guinea", "Guinea-Bissau"])
    >>> [found.name for found in lexicon.find(tokens("Is it Guinea-Bissau? Not Guinea."))]
    ['guinea bissau', 'guinea']
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._names: set[str] = set()
        self._longest: dict[str, int] = {}
        for name in names:
            self.add(words(name))

    def add(self, name: str) -> None:
        """Add a name by its folded words."""
        if not name:
            return
        self._names.add(name)
        parts = name.split(" ")
        self._longest[parts[0]] = max(self._longest.get(parts[0], 0), len(parts))

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def find(self, tokens: Sequence[Token]) -> list[Found]:
        """Return the names in a text from left to right, none inside another."""
        found = []
        place = 0
        while place < len(tokens):
            longest = self._longest.get(tokens[place].folded, 0)
            for count in range(min(longest, len(tokens) - place), 0, -1):
                name = " ".join(token.folded for token in tokens[place : place + count])
                if name in self._names:
                    found.append(Found(place, place + count, name))
                    place += count
                    break
            else:
                place += 1
        return found
