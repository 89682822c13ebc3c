"""Countries in the forms that people and models name them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geobias.answering.country_names import CountryNames, country_names
from geobias.answering.country_words import NO_COUNTRY, alone_only, territory_of
from geobias.answering.fields import field, objects, structures
from geobias.answering.marked import marked_parts, settling_parts
from geobias.answering.names import Found
from geobias.answering.namesakes import without_namesakes
from geobias.answering.negation import not_ruled_out
from geobias.answering.reading import COUNTRY, PARSED, Reading, ambiguous, listed, unparsed
from geobias.answering.silence import is_empty
from geobias.answering.text import Token, tokens, undecorated, uniform, words

_FIELD_KEYS = (
    "country", "country_name", "country_code", "countrycode", "iso2", "iso3", "iso_code", "iso",
    "pays", "land", "país", "pais", "predicted_country", "country_guess", "final_answer", "answer",
    "best_guess", "guess", "prediction",
)  # fmt: skip
_CODE_KEYS = ("country_code", "countrycode", "iso2", "iso3", "iso_code", "iso")
_FIELD_LINE = (
    r"country(?: name| code| guess)?|iso(?: 3166)?(?:-1)?(?: alpha-?[23])?(?:[ -]?code)?"
    r"|pays|land|país|国"
)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_LANGUAGE_AFTER = {
    "language", "languages", "script", "scripts", "text", "texts", "writing", "words", "alphabet",
    "inscription", "inscriptions", "speaking", "letters", "characters", "lettering", "restaurant",
    "food", "flag", "style", "influence", "influences", "colonial", "empire", "car", "cars",
    "airlines", "airways", "restaurants", "pub", "pubs", "bakery", "cuisine", "cheese", "chocolate",
    "watch", "watches", "shepherd", "bulldog", "waffle", "waffles", "pastry", "windows", "embassy",
}  # fmt: skip
_LANGUAGE_BEFORE = {"in", "written", "reads", "speak", "speaks", "language", "auf", "en"}


def parse_country(text: str) -> Reading:
    """Read the country that an answer names.

    A field of a JSON object wins over a ``Country:`` line, that over a part which says it is
    the answer, that over the whole text, and short lines and bold words settle what the whole
    leaves open. Adjectives ("a French street") count where there is no name.

    Parameters
    ----------
    text : str
        An answer, at most some ten thousand characters.

    Returns
    -------
    Reading

    Examples
    --------
    >>> parse_country("Not Argentina: Uruguay.").iso2
    'UY'
    >>> parse_country("Estonia or Latvia").reason
    '2 countries: EE | LV'
    """
    known = country_names()
    parts = _fields(text, known)
    for part in parts:
        found = countries_in(part, known)
        if found:
            return _reading(found)
    plain = uniform(undecorated(text))
    for part in marked_parts(uniform(text)):
        found = countries_in(undecorated(part.split(";")[0]), known)
        if found:
            return _reading(found)
    found = countries_in(plain, known)
    if len(found) > 1:
        for part in settling_parts(uniform(text)):
            settled = countries_in(undecorated(part), known)
            if len(settled) == 1:
                return _reading(settled)
    return _reading(found)


def _reading(found: Sequence[str]) -> Reading:
    if len(found) == 1:
        return Reading(PARSED, granularity=COUNTRY, iso2=found[0])
    if found:
        return ambiguous(f"{len(found)} countries: {listed(list(found))}")
    return unparsed("no country")


def _fields(text: str, known: CountryNames) -> list[str]:
    """Return the countries that fields of an answer hold, as text."""
    found = []
    for record in objects(structures(text)):
        for key in _FIELD_KEYS:
            value = record.get(key)
            if isinstance(value, str) and (key in _CODE_KEYS or not is_empty(value)):
                code = known.code(value.strip().upper()) if key in _CODE_KEYS else None
                found.append(code or value)
    line = field(uniform(undecorated(text)), _FIELD_LINE)
    return [*found, line] if line else found


def countries_in(text: str, known: CountryNames) -> list[str]:
    """Return the alpha-2 codes of the countries that a text names, each once."""
    code = known.code(text.strip(" .!*_()[]\"'\n\t"))
    if code:
        return [code]
    every = tokens(text)
    found = without_namesakes(known.lexicon.find(every), every, text)
    whole = words(text)
    named = []
    for match in not_ruled_out(found, every, text):
        if match.name in known.names and _counts(match, every, known, whole):
            named.append(match)
    if named:
        return _distinct([_georgia(match, named, known) for match in named])
    flags = [_flag_code(flag[0]) for flag in _FLAG.finditer(text)]
    flagged = _distinct([frozenset({flag}) for flag in flags if flag in known.iso3])
    if flagged:
        return flagged
    described = [
        known.demonyms[match.name]
        for match in not_ruled_out(found, every, text)
        if match.name in known.demonyms and _describes(match, every, whole)
    ]
    return _distinct(described)


def _counts(match: Found, every: Sequence[Token], known: CountryNames, whole: str) -> bool:
    """Whether a name is written like one: with a capital, or where no other word has one."""
    if match.name == whole or f"the {match.name}" == whole:
        return True
    if match.name in NO_COUNTRY or alone_only(match.name):
        return False
    covered = every[match.first : match.last]
    if len(match.name) <= 3:
        return all(token.capital for token in covered)
    return covered[0].capital or match.name in known.small


def _describes(match: Found, every: Sequence[Token], whole: str) -> bool:
    """Whether an adjective says where something is, and not what language a sign is in."""
    if match.name == whole:
        return True
    after = every[match.last].folded if match.last < len(every) else ""
    before = every[match.first - 1].folded if match.first else ""
    last = match.last == len(every)
    return (
        every[match.first].capital
        and after not in _LANGUAGE_AFTER
        and not (before in _LANGUAGE_BEFORE and (last or after in {"and", "or", "so"}))
        and before not in {"written", "speak", "speaks", "language"}
    )


def _georgia(match: Found, named: Sequence[Found], known: CountryNames) -> frozenset[str]:
    """Return what a name means; Georgia beside the United States is the state."""
    meant = known.names[match.name]
    if match.name == "georgia" and any(
        "US" in known.names[other.name] for other in named if other is not match
    ):
        return frozenset({"US"})
    return meant


def _distinct(meant: Sequence[frozenset[str]]) -> list[str]:
    """Return the countries that names mean; one that others name too is taken of several."""
    certain = {next(iter(codes)) for codes in meant if len(codes) == 1}
    every = set(certain)
    for codes in meant:
        if not codes & certain:
            every |= codes
    kept = territory_of(every)
    ordered = [code for codes in meant for code in sorted(codes) if code in kept]
    return list(dict.fromkeys(ordered))


def _flag_code(flag: str) -> str:
    return "".join(chr(ord(letter) - 0x1F1E6 + ord("A")) for letter in flag)
