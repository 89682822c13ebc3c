"""What the names in an answer may mean: cities, regions and countries."""

from __future__ import annotations

from dataclasses import dataclass

from geobias.answering.country_names import CountryNames
from geobias.answering.country_words import NO_COUNTRY, alone_only
from geobias.answering.gazetteer import SMALLEST_ALONE, City, Gazetteer, Region
from geobias.answering.names import Found
from geobias.answering.namesakes import without_namesakes
from geobias.answering.negation import not_ruled_out
from geobias.answering.text import Token, words

_LARGE = 100_000
"""Inhabitants from which a city is recognised at the start of a sentence."""

_ORDINARY = {
    "reading", "nice", "most", "mobile", "bath", "split", "of", "the", "this", "university", "best",
    "police", "street", "sorry", "based", "image", "photo", "city", "country", "given", "both",
    "many", "march", "may", "august", "region", "state", "coast", "park", "lake", "hill", "bar",
    "central", "north", "south", "east", "west", "old", "new", "san", "santa", "saint", "port",
    "bay", "beach", "church", "castle", "orange", "union", "independence", "man", "date", "male",
    "answer", "location", "place", "plaza", "square", "market", "main", "hotel", "station", "sun",
    "likely", "possible", "probably", "maybe", "sandy", "rice", "van", "los", "las", "la", "le",
    "el", "de", "buy", "same", "along", "god", "gap", "as", "so", "my", "in", "on", "at", "it",
    "is", "an", "are", "bus", "see", "mission", "liberty", "bridge", "valley", "mountain",
    "pacific", "atlantic", "ocean", "sea", "island", "islands", "river", "forest", "europe",
    "asia", "africa", "america", "english", "spanish", "french", "german", "portuguese",
    "christian", "sign", "i", "a", "we", "there", "final", "guess", "university city", "hills",
    "toyota", "honda", "mercedes", "pontiac", "cadillac", "seat",
    "province", "county", "town", "village", "capital", "sugarloaf", "somewhere", "could",
}  # fmt: skip
"""Words that are also names of cities: they count beside a country or region, or alone."""

APART = {
    "or", "and", "not", "than", "to", "from", "vs", "versus", "either", "unlike", "first", "then",
    "oder", "und", "o", "ou", "y", "et", "but", "like",
}  # fmt: skip
"""Words that keep names apart: none of them is a city beside another name."""


@dataclass(frozen=True)
class Known:
    """What places and countries are called."""

    countries: CountryNames
    places: Gazetteer


@dataclass(frozen=True)
class Named:
    """A name in a text, and everything that it may mean."""

    found: Found
    cities: tuple[tuple[float, City], ...]
    regions: tuple[Region, ...]
    countries: frozenset[str]
    trusted: bool
    """Whether it may stand for a city without a region or country beside it."""

    @property
    def only_city(self) -> bool:
        """Whether it may mean a city and nothing else."""
        return not (self.regions or self.countries)


def names_in(text: str, every: list[Token], known: Known) -> list[Named]:
    """Return what is named in a text and not ruled out.

    Of names that overlap, a country gives way to a longer name only, and an ordinary word that
    follows a name, as in ``Kathmandu Valley``, is none.
    """
    whole = words(text)
    places = without_namesakes(known.places.lexicon.find(every), every, text)
    lands = [
        name for name in without_namesakes(known.countries.lexicon.find(every), every, text)
        if _countries_of(name.name, known) or name.name in NO_COUNTRY
    ]  # fmt: skip
    land_at = {place: name for name in lands for place in range(name.first, name.last)}
    merged = {name.first: name for name in lands}
    for name in places:
        rivals = [land_at[place] for place in range(name.first, name.last) if place in land_at]
        if all(land.last - land.first < name.last - name.first for land in rivals):
            for land in rivals:
                merged.pop(land.first, None)
            merged[name.first] = name
    codes = _codes(every, text, known, places)
    abbreviated = {name.first for name in codes}
    ends = {name.last for name in merged.values() if name.name not in _ORDINARY}
    unabbreviated = [
        name for name in merged.values()
        if abbreviated.isdisjoint(range(name.first, name.last))
        and not (name.name in _ORDINARY and name.first in ends)
        and (name.name not in APART or name.name == whole)
    ]  # fmt: skip
    kept = not_ruled_out(sorted([*unabbreviated, *codes], key=_position), every, text)
    small = text.islower()
    named = [
        _meanings(name, every, text, whole, known, small and _leads(name, every, text, lands))
        for name in kept
    ]
    return [name for name in named if name is not None]


def _leads(name: Found, every: list[Token], text: str, lands: list[Found]) -> bool:
    """Whether a comma and another word, or a country and no more, follow a proper name."""
    if name.name in _ORDINARY or name.last == len(every):
        return False
    between = text[every[name.last - 1].end : every[name.last].start].strip()
    last = any(land.first == name.last and land.last == len(every) for land in lands)
    return between == "," or (name.first == 0 and last and not between)


def _position(name: Found) -> int:
    return name.first


def _codes(every: list[Token], text: str, known: Known, places: list[Found]) -> list[Found]:
    """Return abbreviations of regions that stand after a comma, as in ``Springfield, IL``.

    Without a comma they count after the name of a city there and at the end of a clause, as in
    ``Austin TX``.
    """
    ends = {} if text.isupper() else {name.last: name.name for name in places}
    found = []
    for place in range(1, len(every)):
        token = every[place]
        code = text[token.start : token.end]
        before = text[every[place - 1].end : token.start]
        meant = known.places.region_codes.get(code, ())
        after = text[token.end : every[place + 1].start] if place + 1 < len(every) else "."
        beside = (
            not before.strip()
            and after.strip() != ""
            and any(
                (city.iso2, city.admin1) in meant
                for _, city in known.places.weighted(ends.get(place, ""))
            )
        )
        if meant and (before.strip() == "," or beside):
            found.append(Found(place, place + 1, code))
    return found


def _meanings(
    name: Found, every: list[Token], text: str, whole: str, known: Known, small: bool
) -> Named | None:
    """Return what a name may mean; `small` says that the answer writes names in small letters."""
    if name.name in known.places.region_codes:
        return Named(name, (), tuple(known.places.region_codes[name.name]), frozenset(), False)
    alone = name.name == whole
    covered = every[name.first : name.last]
    capital = covered[0].capital or small
    countries = _countries_of(name.name, known)
    if (
        countries
        and not alone
        and (alone_only(name.name) or not (capital or name.name in known.countries.small))
    ):
        countries = frozenset()
    if not capital and not alone and not countries:
        return None
    cities = tuple(known.places.weighted(name.name))
    regions = tuple(known.places.regions.get(name.name, ()))
    if not (cities or regions or countries):
        return None
    start = (
        not text[: covered[0].start].strip() or text[: covered[0].start].rstrip()[-1] in ".!?:\n"
    )
    large = bool(cities) and cities[0][1].population >= (_LARGE if start else SMALLEST_ALONE)
    trusted = alone or (large and name.name not in _ORDINARY)
    return Named(name, cities, regions, countries, trusted)


def _countries_of(name: str, known: Known) -> frozenset[str]:
    """Return the countries of a name, none for a part of one, which is a region here."""
    if name in known.countries.parts:
        return frozenset()
    return known.countries.names.get(name, frozenset())
