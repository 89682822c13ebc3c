"""Places by name: cities, regions and countries, homonyms told apart by what stands beside."""

from __future__ import annotations

from collections.abc import Sequence

from geobias.answering.coordinates import parse_coordinates
from geobias.answering.countries import countries_in
from geobias.answering.country_names import country_names
from geobias.answering.fields import field, objects, structures
from geobias.answering.gazetteer import City, Region, gazetteer
from geobias.answering.marked import marked_parts, settling_parts
from geobias.answering.names import Found
from geobias.answering.place_names import APART, Known, Named, names_in
from geobias.answering.reading import (
    CITY,
    COUNTRY,
    PARSED,
    REGION,
    Reading,
    ambiguous,
    listed,
    unparsed,
)
from geobias.answering.text import Token, tokens, undecorated, uniform, words
from geobias.sphere import great_circle_km

DOMINANCE = 2.0
"""A name alone means its most populous city if that has so many times the people of the next."""

SAME_CITY_KM = 50.0
"""Cities this near, such as a suburb and its city, are one answer."""

_MOST_NAMES = 100
"""An answer that names more places than this is no answer."""

_AS_KNOWN = 500_000
"""Inhabitants from which a city elsewhere is as well known as a region of its name."""

_GAP_WORDS = 2

_CITY_STATES = {"SG", "MC", "HK", "MO", "VA", "GI"}

_CITY_KEYS = (
    "city", "town", "village", "municipality", "place", "location", "ville", "ciudad",
    "place_name", "location_name", "final_answer", "answer", "best_guess", "guess", "prediction",
)  # fmt: skip

_REGION_KEYS = ("state", "region", "province", "admin1", "county")

_COUNTRY_KEYS = ("country", "country_name", "pays", "país", "nation")


def parse_place(text: str) -> Reading:
    """Read the place that an answer names: a city, else a region, else a country.

    Coordinates in the answer win; then fields of a JSON object or ``City:`` lines, a part that
    says it is the answer, and the whole text. Of several cities of one name, the one in the
    region or country beside it is meant; without any, the most populous if it dominates.

    Parameters
    ----------
    text : str
        An answer, at most some ten thousand characters.

    Returns
    -------
    Reading

    Examples
    --------
    >>> found = parse_place("Paris, Texas")
    >>> found.granularity, found.iso2, round(found.lat), round(found.lon)
    ('city', 'US', 34, -96)
    >>> parse_place("Springfield").status
    'ambiguous'
    """
    position = parse_coordinates(text)
    if position.status == PARSED:
        return position
    known = Known(country_names(), gazetteer())
    parts = [_fields(text)]
    parts += [undecorated(part.split(";")[0]) for part in marked_parts(uniform(text))]
    for part in parts:
        reading = _place_in(part, known)
        if reading.status != "unparsed":
            return reading
    reading = _place_in(uniform(undecorated(text)), known)
    if reading.status == "ambiguous":
        for part in settling_parts(uniform(text)):
            settled = _place_in(undecorated(part), known)
            if settled.status == PARSED:
                return settled
    return reading


def _fields(text: str) -> str:
    """Return the fields of an answer as one name with its context."""
    for record in objects(structures(text)):
        values = [
            next((record[key] for key in keys if isinstance(record.get(key), str)), "")
            for keys in (_CITY_KEYS, _REGION_KEYS, _COUNTRY_KEYS)
        ]
        if any(values):
            return ", ".join(value for value in values if value)
    plain = uniform(undecorated(text))
    lines = [field(plain, "|".join(keys)) for keys in (_CITY_KEYS, _REGION_KEYS, _COUNTRY_KEYS)]
    return ", ".join(line for line in lines if line)


def _place_in(text: str, known: Known) -> Reading:
    every = tokens(text)
    names = names_in(text, every, known)
    if len(names) > _MOST_NAMES:
        return ambiguous(f"{len(names):,} names of places")
    if not names:
        found = countries_in(text, known.countries)
        if len(found) == 1:
            return _country(found[0])
        if found:
            return ambiguous(f"{len(found)} countries: {listed(found)}")
        return unparsed("no place of the gazetteer")
    groups = _groups(names, every, text)
    elsewhere = frozenset().union(*(name.countries for name in names if len(name.countries) == 1))
    return _single([found for group in groups for found in _resolved(group, known, elsewhere)])


def _groups(names: list[Named], every: list[Token], text: str) -> list[list[Named]]:
    """Put names together that stand side by side, as a city and its country do."""
    groups: list[list[Named]] = []
    for name in names:
        if groups and _beside(groups[-1][-1].found, name.found, every, text):
            groups[-1].append(name)
        else:
            groups.append([name])
    return groups


def _beside(left: Found, right: Found, every: list[Token], text: str) -> bool:
    between = every[left.last : right.first]
    gap = text[every[left.last - 1].end : every[right.first].start]
    return (
        len(between) <= _GAP_WORDS
        and not any(token.folded in APART for token in between)
        and not any(mark in gap for mark in ".;!?/|")
    )


def _resolved(
    group: list[Named], known: Known, elsewhere: frozenset[str]
) -> list[tuple[bool, Reading]]:
    """Return the finest place that a group of names agrees on, and whether it had context.

    Where they agree on no city, ordinary words among them are left out. Names that agree on
    nothing finer than a region or country give that; those that agree on nothing at all stand
    for a place each.
    """
    for kept in (group, [name for name in group if name.trusted or not name.only_city]):
        for name in kept:
            context = [other for other in kept if other is not name]
            fitting = [
                city for _, city in name.cities
                if context and all(_holds(other, city) for other in context)
            ]  # fmt: skip
            if fitting and not _is_meant_as_region(name, context, known):
                return [(True, _city(fitting[0]))]
    coarse = _coarse(group, known)
    if coarse is not None:
        return [coarse]
    return [_alone(name, elsewhere) for name in group if name.trusted and name.cities]


def _alone(name: Named, elsewhere: frozenset[str]) -> tuple[bool, Reading]:
    """Return the city that a name without context means, if one of its name dominates."""
    inside = [(weight, city) for weight, city in name.cities if city.iso2 in elsewhere]
    cities = inside or list(name.cities)
    if len(cities) > 1 and cities[0][0] < DOMINANCE * cities[1][0]:
        options = [f"{city.name} ({city.iso2} {city.admin1})" for _, city in cities[:4]]
        return bool(inside), ambiguous(f"{len(cities)} cities of one name: {listed(options)}")
    return bool(inside), _city(cities[0][1])


def _holds(other: Named, city: City) -> bool:
    """Whether a name beside a city may mean where that is."""
    if city.iso2 in other.countries or (city.iso2, city.admin1) in other.regions:
        return True
    return any(_km(city, place) <= SAME_CITY_KM for _, place in other.cities)


def _is_meant_as_region(name: Named, context: Sequence[Named], known: Known) -> bool:
    """Whether a name of a region and of a city means the region: unless its largest city."""
    regions = [region for region in name.regions if _agree(region, context)]
    return bool(regions) and not any(
        words(known.places.largest[region].name) == name.found.name
        or (words(known.places.largest[region].name) == f"{name.found.name} city")
        for region in regions
    )


def _agree(region: Region, context: Sequence[Named]) -> bool:
    return all(region[0] in other.countries or region in other.regions for other in context)


def _coarse(group: list[Named], known: Known) -> tuple[bool, Reading] | None:
    """Return the region or country that a group of names agrees on."""
    for name in group:
        context = [other for other in group if other is not name and other.countries]
        regions = [region for region in name.regions if _agree(region, context)]
        if name.countries and not context:
            regions = []
        if len(regions) == 1 and _is_meant_as_region(name, context, known):
            if len(group) == 1 and name.cities and name.cities[0][0] >= _AS_KNOWN:
                return False, ambiguous(f"a region and a city are called {name.found.name}")
            lat, lon = known.places.centres[regions[0]]
            return bool(context), Reading(
                PARSED, granularity=REGION, lat=lat, lon=lon, iso2=regions[0][0],
                name=name.found.name,
            )  # fmt: skip
    countries = [name.countries for name in group if name.countries]
    if not countries:
        return None
    shared = frozenset.intersection(*countries)
    if len(shared) != 1:
        return False, ambiguous(f"{len(countries)} countries: {listed(sorted(shared))}")
    (iso2,) = shared
    if iso2 in _CITY_STATES and len(group) == 1 and group[0].cities:
        return False, _city(group[0].cities[0][1])
    return False, _country(iso2)


def _single(readings: list[tuple[bool, Reading]]) -> Reading:
    """Return the one place that is named, leaving out what is coarser and agrees with it."""
    if not readings:
        return unparsed("no place of the gazetteer")
    finest = [reading for context, reading in readings if context and reading.granularity == CITY]
    if not finest:
        finest = [reading for _, reading in readings if reading.granularity in (CITY, None)]
    if not finest:
        finest = [reading for context, reading in readings if reading.granularity == REGION]
    if not finest:
        finest = [reading for _, reading in readings]
    distinct: list[Reading] = []
    for reading in finest:
        if not any(_same(reading, other) for other in distinct):
            distinct.append(reading)
    if len(distinct) == 1:
        return distinct[0]
    names = [reading.name or reading.iso2 or reading.reason for reading in distinct]
    return ambiguous(f"{len(distinct)} places: {listed(names)}")


def _same(one: Reading, other: Reading) -> bool:
    if one.granularity != other.granularity or one.granularity is None:
        return False
    if one.granularity == COUNTRY:
        return one.iso2 == other.iso2
    return float(great_circle_km(one.lat, one.lon, other.lat, other.lon)) <= SAME_CITY_KM


def _km(one: City, other: City) -> float:
    return float(great_circle_km(one.lat, one.lon, other.lat, other.lon))


def _city(city: City) -> Reading:
    return Reading(
        PARSED, granularity=CITY, lat=city.lat, lon=city.lon, iso2=city.iso2, name=city.name
    )


def _country(iso2: str) -> Reading:
    return Reading(PARSED, granularity=COUNTRY, iso2=iso2)
