"""Names, adjectives and codes of countries, from the Unicode CLDR (Babel) and countryinfo."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from geobias.answering.country_words import (
    ALIASES,
    EXONYM_LANGUAGES,
    FORMER_CODES,
    MORE_DEMONYMS,
    NO_COUNTRY,
    PARTS,
    WORDS_TOO,
)
from geobias.answering.extra import needs_answers_extra
from geobias.answering.names import Lexicon
from geobias.answering.text import words

DOMINANT_DEMONYM = 50.0
"""Of countries that share an adjective, one with so many times more people is meant."""


@dataclass(frozen=True)
class CountryNames:
    """What countries are called.

    Attributes
    ----------
    names
        Folded name to the countries it may mean; parts of countries included.
    parts
        Those of them that name a part of a country.
    small
        Names that count in small letters too.
    demonyms
        Folded adjective to the countries it may mean.
    iso2, iso3
        Codes of all countries, from alpha-2 to alpha-3 and back.
    lexicon
        All names and adjectives, and the phrases that mean no country.
    """

    names: Mapping[str, frozenset[str]]
    parts: frozenset[str]
    small: frozenset[str]
    demonyms: Mapping[str, frozenset[str]]
    iso3: Mapping[str, str]
    iso2: Mapping[str, str]
    lexicon: Lexicon

    def code(self, text: str) -> str | None:
        """Return the alpha-2 code that an alpha-2 or alpha-3 code in capitals means.

        >>> country_names().code("ZAF"), country_names().code("UK"), country_names().code("of")
        ('ZA', 'GB', None)
        """
        if text == "UK":
            return "GB"
        return text if text in self.iso3 else self.iso2.get(text)

    def named(self, text: str) -> str | None:
        """Return the alpha-2 code of a country given by name alone, or by its code.

        >>> country_names().named("Türkiye"), country_names().named("fra")
        ('TR', 'FR')
        """
        meant = self.names.get(_without_article(words(text)), frozenset())
        return next(iter(meant)) if len(meant) == 1 else self.code(text.strip().upper())


@cache
@needs_answers_extra
def country_names() -> CountryNames:
    """Collect the names of all countries, once.

    Of several countries with one name, the one that has it in English wins, then the one in
    whose own languages it is; a name that is still shared means all of them.
    """
    from babel import Locale
    from babel.core import get_global

    english = {code: name for code, name in Locale("en").territories.items() if _is_country(code)}
    aliases = get_global("territory_aliases")
    iso3 = {
        new[0]: old
        for old, new in aliases.items()
        if len(old) == 3 and old.isalpha() and len(new) == 1 and new[0] in english
        and old not in FORMER_CODES
    }  # fmt: skip
    iso3["XK"] = "XKX"
    english = {code: name for code, name in english.items() if code in iso3}
    information = _countryinfo()
    levels = (
        _spellings({code: [name] for code, name in english.items()}),
        _spellings({code: names.split(";") for code, names in ALIASES.items()}),
        _spellings({code: _countryinfo_english(information, code) for code in english}),
        _spellings({code: names.split(";") for code, names in PARTS.items()}),
        _spellings({code: _native(information, code) for code in english}),
        _spellings(_exonyms(english)),
    )
    names: dict[str, frozenset[str]] = {}
    parts: set[str] = set()
    small: set[str] = set()
    for level, spelled in enumerate(levels):
        for name, codes in spelled.items():
            if name not in names:
                names[name] = frozenset(codes)
                if spelled is levels[3]:
                    parts.add(name)
                if level < 4 and len(name) > 3:
                    small.add(name)
    demonyms = _demonyms(information, names)
    lexicon = Lexicon()
    for name in (*names, *demonyms, *NO_COUNTRY):
        lexicon.add(name)
    return CountryNames(
        names=names,
        parts=frozenset(parts),
        small=frozenset(small - WORDS_TOO),
        demonyms=demonyms,
        iso3=iso3,
        iso2={long: short for short, long in iso3.items()},
        lexicon=lexicon,
    )


def _is_country(code: str) -> bool:
    return (
        len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}
    )


def _spellings(named: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for code, names in named.items():
        for name in names:
            spelled = _without_article(words(name))
            long = len(spelled) > 2 or not spelled.isascii()
            if spelled in {"uk", "us"} or (spelled and long and not spelled.isdigit()):
                found[spelled].add(code)
    return found


def _without_article(name: str) -> str:
    return name.removeprefix("the ")


def _countryinfo() -> dict[str, dict[str, Any]]:
    """Return the records of countryinfo by alpha-2 code; of two with one code, the fuller."""
    from countryinfo import all_countries

    found: dict[str, dict[str, Any]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for country in all_countries():
            record: dict[str, Any] = dict(country.info())
            code = record.get("ISO", {}).get("alpha2")
            if code and record.get("demonym") != "Welsh" and code not in found:
                found[code] = record
    return found


def _countryinfo_english(information: Mapping[str, Mapping[str, Any]], code: str) -> list[str]:
    record = information.get(code, {})
    own = {str(name) for name in record.get("altSpellings", []) if len(str(name)) > 3}
    return [str(record.get("name", "")), *(name for name in sorted(own) if name.isascii())]


def _native(information: Mapping[str, Mapping[str, Any]], code: str) -> list[str]:
    """Return what a country calls itself: in each of its official and regional languages."""
    from babel import Locale
    from babel.core import UnknownLocaleError
    from babel.languages import get_official_languages

    record = information.get(code, {})
    names = [name for name in record.get("altSpellings", []) if len(name) > 3]
    names += [part.strip() for part in str(record.get("nativeName") or "").split("/")]
    for language in get_official_languages(code, regional=True, de_facto=True):
        try:
            names.append(Locale.parse(language).territories.get(code, ""))
        except (UnknownLocaleError, ValueError):
            continue
    return names


def _exonyms(english: Mapping[str, str]) -> dict[str, list[str]]:
    from babel import Locale

    territories = [Locale.parse(language).territories for language in EXONYM_LANGUAGES]
    return {code: [names.get(code, "") for names in territories] for code in english}


def _demonyms(
    information: Mapping[str, Mapping[str, Any]], names: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    shared: dict[str, set[str]] = defaultdict(set)
    for code, record in information.items():
        for demonym in str(record.get("demonym") or "").replace("/", ",").split(","):
            shared[words(demonym)].add(code)
    for code, more in MORE_DEMONYMS.items():
        for demonym in more.split(";"):
            shared[demonym].add(code)
    found = {}
    for demonym, codes in shared.items():
        if not demonym or demonym in names:
            continue
        people = sorted(
            ((int(information.get(code, {}).get("population") or 0), code) for code in codes),
            reverse=True,
        )
        dominates = len(people) == 1 or people[0][0] >= DOMINANT_DEMONYM * max(1, people[1][0])
        found[demonym] = frozenset({people[0][1]} if dominates else codes)
    return found
