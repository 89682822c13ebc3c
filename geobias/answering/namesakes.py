"""Cars, airlines, clubs and papers that are named after a place and do not say where one is."""

from __future__ import annotations

from collections.abc import Sequence

from geobias.answering.names import Found
from geobias.answering.text import Token

_BEFORE = {
    "toyota", "hyundai", "kia", "seat", "chevrolet", "chevy", "chrysler", "dodge", "ford", "opel",
    "vauxhall", "gmc", "honda", "nissan", "mazda", "ferrari", "lancia", "fiat", "volkswagen", "vw",
    "skoda", "renault", "dacia", "peugeot", "subaru", "suzuki", "mitsubishi", "jeep", "buick",
    "cadillac", "pontiac", "mercury", "daewoo", "bentley", "air", "real", "fc", "ac", "inter",
}  # fmt: skip
"""Makers and the first words of clubs and airlines: ``Hyundai Santa Fe``, ``Air India``."""

_AFTER = {
    "airlines", "airways", "air", "united", "rovers", "wanderers", "hotspur", "yankees", "mets",
    "knicks", "giants", "jets", "lakers", "dodgers", "clippers", "bulls", "cubs", "bears",
    "celtics", "bruins", "patriots", "cowboys", "packers", "steelers", "eagles", "phillies",
    "raptors", "leafs", "canucks", "oilers", "marlins", "dolphins", "rams", "chargers", "warriors",
    "braves", "falcons", "hawks", "astros", "rockets", "texans", "rangers", "mavericks", "spurs",
    "times", "post", "tribune", "herald", "globe", "gazette", "mobile", "telecom",
}  # fmt: skip
"""Words that make a name that of a club, a paper or a company: ``Manchester United``."""

_ORIGINS = {"made in", "product of", "imported from"}
"""Words on goods: ``Made in China``."""


def without_namesakes(found: Sequence[Found], every: Sequence[Token], text: str) -> list[Found]:
    """Return the names of a text that are not a part of the name of a thing.

    >>> from geobias.answering.names import Lexicon
    >>> from geobias.answering.text import tokens
    >>> text = "A Kia Rio and an Air India crew in Goa"
    >>> every = tokens(text)
    >>> found = Lexicon(["Rio", "India", "Goa"]).find(every)
    >>> [name.name for name in without_namesakes(found, every, text)]
    ['goa']
    """
    starts = {name.first for name in found}
    kept = []
    for name in found:
        before, after = name.first - 1, name.last
        made = (
            before >= 0
            and every[before].folded in _BEFORE
            and _one_name(every[before], every[name.first], text)
        )
        followed = (
            after < len(every)
            and after not in starts
            and every[after].folded in _AFTER
            and _one_name(every[after - 1], every[after], text)
            and not (after + 1 < len(every) and every[after + 1].folded == "square")
        )
        origin = " ".join(token.folded for token in every[max(0, name.first - 2) : name.first])
        if not (made or followed or origin in _ORIGINS):
            kept.append(name)
    return kept


def _one_name(left: Token, right: Token, text: str) -> bool:
    """Whether two words in capitals stand side by side."""
    return left.capital and right.capital and not text[left.end : right.start].strip()
