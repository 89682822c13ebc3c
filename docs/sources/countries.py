"""Build the table of countries that geobias ships.

Writes

- `geobias/data/countries.parquet`: a GeoParquet file with one row per ISO 3166 country;
- `geobias/data/income.csv`: the World Bank income group of each.

Sources, unpacked into one folder:

- npm `world-atlas` 2.0.2 as `package/`: Natural Earth 4.1, public domain. Polygons at 1:50m, and at
  1:10m for the countries that are too small for that scale.
- Debian `r-cran-rnaturalearthdata` 0.1.0 as `natural_earth/`: Natural Earth, CC0. Names, codes,
  continents and UN regions.
- PyPI `bblocks-places` 0.0.6 as `places/`: its table of the World Bank's income groups.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    apt-get download r-cran-rnaturalearthdata
    dpkg-deb -x r-cran-rnaturalearthdata_*.deb natural_earth
    pip download --no-deps bblocks-places==0.0.6 && unzip bblocks_places-*.whl -d places
    pip install antimeridian==0.4.9 rdata==1.1.0
    python docs/sources/countries.py FOLDER

docs/regions.md says what is decided here and why.
"""

import csv
import json
import lzma
import sys
import warnings
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

DATA = Path(__file__).resolve().parents[2] / "geobias" / "data"
DECIMALS = 3
"""Coordinates are rounded to 0.001 degrees, about 100 m; the source is coarser."""

SOUTHERNMOST = -89.999

TRIANGLE = 4
"""Positions of the smallest closed ring."""

FROM_10M = {"292": "GIB", "581": "UMI", "798": "TUV"}
"""Countries that the polygons at 1:50m leave out."""

WITHOUT_NUMBER = {
    "Kosovo": "XKX",
    "N. Cyprus": "CYP",
    "Siachen Glacier": "IND",
    "Somaliland": "SOM",
}
"""Shapes without an ISO number; Kosovo has a user-assigned code, the others have none."""

PIECES = {
    "France": [
        ("GUF", -55, 2, -51, 6), ("GLP", -62, 15.7, -60.9, 16.6), ("MTQ", -61.3, 14.3, -60.7, 15),
        ("REU", 55, -22, 56, -20), ("MYT", 44.8, -13.2, 45.4, -12.5),
    ],
    "Norway": [("SJM", -10, 70.5, -7, 71.5), ("SJM", 9, 73.5, 35, 82)],
    "Netherlands": [("BES", -69, 11.5, -62, 18)],
    "New Zealand": [("TKL", -173, -10, -171, -8)],
    "Indian Ocean Ter.": [("CXR", 105, -11, 106, -10), ("CCK", 96, -13, 97, -11)],
    "Russia": [("UKR", 32, 44, 36.8, 46.3)],
}  # fmt: skip
"""Parts inside a box (west, south, east, north) that have an ISO code other than their shape's."""

REDRAWN = {"VAT": ("ITA", (12.446, 41.900, 12.458, 41.907))}
"""A country that the source draws beside itself, the one around it, and a box that it fills."""

ADDED = {
    "BES": ("BQ", "Caribbean Netherlands", "North America", "Americas", "Caribbean"),
    "CCK": ("CC", "Cocos (Keeling) Islands", "Asia", "Oceania", "Australia and New Zealand"),
    "CXR": ("CX", "Christmas Island", "Asia", "Oceania", "Australia and New Zealand"),
    "GIB": ("GI", "Gibraltar", "Europe", "Europe", "Southern Europe"),
    "GLP": ("GP", "Guadeloupe", "North America", "Americas", "Caribbean"),
    "GUF": ("GF", "French Guiana", "South America", "Americas", "South America"),
    "MTQ": ("MQ", "Martinique", "North America", "Americas", "Caribbean"),
    "MYT": ("YT", "Mayotte", "Africa", "Africa", "Eastern Africa"),
    "REU": ("RE", "Réunion", "Africa", "Africa", "Eastern Africa"),
    "SJM": ("SJ", "Svalbard and Jan Mayen", "Europe", "Europe", "Northern Europe"),
    "TKL": ("TK", "Tokelau", "Oceania", "Oceania", "Polynesia"),
    "TUV": ("TV", "Tuvalu", "Oceania", "Oceania", "Polynesia"),
    "UMI": (
        "UM", "United States Minor Outlying Islands", "Oceania", "Oceania", "Micronesia",
    ),
    "XKX": ("XK", "Kosovo", "Europe", "Europe", "Southern Europe"),
}  # fmt: skip
"""iso2, country, continent, UN region and sub-region of codes that are no row of the source."""

CORRECTED: dict[str, tuple[str | None, str, str]] = {
    "ATF": ("Africa", "Africa", "Eastern Africa"),
    "HMD": ("Oceania", "Oceania", "Australia and New Zealand"),
    "IOT": ("Africa", "Africa", "Eastern Africa"),
    "MDV": ("Asia", "Asia", "Southern Asia"),
    "MUS": ("Africa", "Africa", "Eastern Africa"),
    "SGS": ("South America", "Americas", "South America"),
    "SHN": ("Africa", "Africa", "Western Africa"),
    "SYC": ("Africa", "Africa", "Eastern Africa"),
}
"""Continent and UN regions where the source says "Seven seas (open ocean)"."""

RENAMED = {
    "ALA": "Åland Islands",
    "ATF": "French Southern Territories",
    "COD": "Democratic Republic of the Congo",
    "COG": "Republic of the Congo",
    "CPV": "Cabo Verde",
    "CZE": "Czechia",
    "FRO": "Faroe Islands",
    "FSM": "Micronesia",
    "GMB": "Gambia",
    "HMD": "Heard Island and McDonald Islands",
    "KOR": "South Korea",
    "LAO": "Laos",
    "MKD": "North Macedonia",
    "PRK": "North Korea",
    "RUS": "Russia",
    "SGS": "South Georgia and the South Sandwich Islands",
    "STP": "São Tomé and Príncipe",
    "SWZ": "Eswatini",
    "TUR": "Türkiye",
    "VAT": "Vatican City",
}
"""Countries that have been renamed since, or that the source abbreviates."""

PART_OF = {
    "ALA": "FIN", "GLP": "FRA", "GUF": "FRA", "MTQ": "FRA", "MYT": "FRA", "REU": "FRA",
    "SJM": "NOR",
}  # fmt: skip
"""Integral parts of a country that the World Bank classifies with it."""


def shapes(path: Path) -> Iterator[tuple[str | None, str, list[shapely.Polygon]]]:
    """Yield number, name and parts of each shape of a TopoJSON file."""
    topology = json.loads(path.read_text("utf-8"))
    scale, origin = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + origin for arc in topology["arcs"]]

    def ring(references: list[int]) -> NDArray[np.float64]:
        pieces = [arcs[at] if at >= 0 else arcs[~at][::-1] for at in references]
        return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])

    for shape in topology["objects"]["countries"]["geometries"]:
        parts = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        rings = [[ring(references) for references in part] for part in parts]
        # Islets too small for the grid of the source are left of less than a triangle.
        polygons = [shapely.Polygon(own[0], own[1:]) for own in rings if len(own[0]) >= TRIANGLE]
        yield shape.get("id"), shape["properties"]["name"], polygons


def rounded_off(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round positions, and let what the source draws up to -89.999 reach the pole."""
    lonlat = np.round(lonlat, DECIMALS)
    lonlat[lonlat[:, 1] <= SOUTHERNMOST, 1] = -90.0
    return lonlat


def cut(polygon: shapely.Polygon) -> shapely.Geometry:
    """Cut a polygon at 180 degrees of longitude, close it around a pole, and round it."""
    import antimeridian

    # The source runs clockwise around what lies inside, even around a pole.
    whole = antimeridian.fix_polygon(polygon.reverse(), fix_winding=False)
    rounded = shapely.transform(whole, rounded_off)
    return shapely.make_valid(rounded, method="structure", keep_collapsed=False)


def geometries(folder: Path, codes: dict[str, str]) -> dict[str, shapely.Geometry]:
    """Return the shape of every country; ``codes`` turns ISO numbers into codes."""
    parts = defaultdict(list)
    for number, name, polygons in shapes(folder / "package" / "countries-50m.json"):
        own = WITHOUT_NUMBER.get(name) if number is None else codes[number]
        for polygon in polygons:
            at = shapely.centroid(shapely.MultiPoint(polygon.exterior.coords))
            boxes = PIECES.get(name, [])
            inside = [code for code, w, s, e, n in boxes if w < at.x < e and s < at.y < n]
            code = inside[0] if inside else own
            assert code, f"{name} at {at} has no code"
            parts[code].append(cut(polygon))
    for number, _, polygons in shapes(folder / "package" / "countries-10m.json"):
        if number in FROM_10M:
            parts[FROM_10M[number]] += map(cut, polygons)
    merged = {code: shapely.union_all(own) for code, own in parts.items()}
    for code, (around, box) in REDRAWN.items():
        whole = shapely.union(merged[around], merged[code])
        merged[code] = shapely.box(*box)
        merged[around] = shapely.difference(whole, merged[code])
    return {code: shapely.orient_polygons(shape) for code, shape in merged.items()}


def attributes(folder: Path) -> pd.DataFrame:
    """Read the columns of Natural Earth out of the R package."""
    import rdata

    data = folder / "natural_earth/usr/lib/R/site-library/rnaturalearthdata/data"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        index: Any = rdata.conversion.convert(
            rdata.parser.parse_data(zlib.decompress((data / "Rdata.rdx").read_bytes(), 47))
        )
        start, length = map(int, index["variables"]["countries50"])
        chunk = (data / "Rdata.rdb").read_bytes()[start : start + length]
        # R's own frame around LZMA: four bytes of size, one that names the method.
        unpack = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2}])
        parsed = rdata.parser.parse_data(unpack.decompress(chunk[5:]))
        spatial = parsed.object.attributes
        table: pd.DataFrame = rdata.conversion.convert(replace(parsed, object=spatial.value[0]))
    return table.astype(object)


def countries(source: pd.DataFrame) -> pd.DataFrame:
    """Return the attributes of every country, by ISO code."""
    coded = source[source["iso_a3"].notna()].set_index("iso_a3")
    columns = ["iso_a2", "name_long", "continent", "region_un", "subregion"]
    table = coded[columns].set_axis(
        ["iso2", "country", "continent", "un_region", "un_subregion"], axis=1
    )
    for code, row in ADDED.items():
        table.loc[code] = list(row)
    for code, regions in CORRECTED.items():
        table.loc[code, ["continent", "un_region", "un_subregion"]] = list(regions)
    for code, name in RENAMED.items():
        table.loc[code, "country"] = name
    table.index.name = "iso3"
    return table.sort_index().reset_index()


def incomes(folder: Path, codes: list[str]) -> list[tuple[str, str]]:
    """Return the income group of every country that has one."""
    path = folder / "places" / "bblocks" / "places" / "concordance.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        known = {row["iso3_code"]: row["income_level"] for row in csv.DictReader(lines)}
    groups = [(code, known.get(PART_OF.get(code, code), "")) for code in codes]
    return [(code, group) for code, group in groups if group.endswith(" income")]


def main(folder: Path) -> None:
    """Read, join, write."""
    source = attributes(folder)
    numbered = source.dropna(subset=["iso_n3"])
    codes = dict(zip(numbered["iso_n3"], numbered["iso_a3"].fillna("AUS"), strict=True))
    shape = geometries(folder, codes)
    table = countries(source)
    assert sorted(shape) == list(table["iso3"])
    assert table["iso2"].is_unique
    assert not table.isna().any(axis=None)
    frame = geopandas.GeoDataFrame(
        table[["iso2", "iso3", "country", "continent", "un_region", "un_subregion"]],
        geometry=[shape[code] for code in table["iso3"]],
        crs=4326,
    )
    frame.to_parquet(DATA / "countries.parquet", compression="zstd", compression_level=19)
    with (DATA / "income.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerows([("iso3", "income"), *incomes(folder, list(table["iso3"]))])
    print(f"{len(frame)} countries, {(DATA / 'countries.parquet').stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
