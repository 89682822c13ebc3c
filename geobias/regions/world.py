"""The countries of the world."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.geometry.shores import Shores, shores_of
from geobias.regions.polygons import Polygons

SCHEMES = ("country", "continent", "un_region", "un_subregion", "income")
"""Columns of the countries that group them."""


def countries() -> pd.DataFrame:
    """Return the countries that positions can lie in.

    Returns
    -------
    pandas.DataFrame
        One row per country or territory of ISO 3166: its codes ``iso2`` and ``iso3``, its English
        name ``country``, its ``continent``, its ``un_region`` and ``un_subregion`` after the
        United Nations' M49, and its ``income`` group after the World Bank (July 2025), which is
        missing where the World Bank gives none.

    Examples
    --------
    >>> table = countries().set_index("iso3")
    >>> table.loc["MUS"].to_list()  # doctest: +NORMALIZE_WHITESPACE
    ['MU', 'Mauritius', 'Africa', 'Africa', 'Eastern Africa', 'Upper middle income']
    """
    return _countries().copy()


def locate(lat: Any, lon: Any, *, tolerance_km: float = 20.0) -> NDArray[np.int64]:
    """Find the country that each position lies in.

    Parameters
    ----------
    lat, lon : array-like
        Degrees; NaN lies nowhere.
    tolerance_km : float
        A position outside all countries, such as a harbour, is given to the nearest one, if it is
        at most so far away along a great circle.

    Returns
    -------
    int64 array
        The row of the country in `countries`, -1 where there is none.

    Examples
    --------
    >>> row = locate([-29.3, 0.0, 48.1], [27.5, -30.0, 11.6])
    >>> row[1]
    np.int64(-1)
    >>> countries()["country"][row[[0, 2]]].to_list()
    ['Lesotho', 'Germany']
    """
    return world().locate(lat, lon, tolerance_km=tolerance_km)


@cache
def world() -> Polygons:
    """Return the polygons of the countries, named by their English names."""
    import geopandas

    with (files("geobias") / "data" / "countries.parquet").open("rb") as source:
        shapes = geopandas.read_parquet(source, columns=["geometry"]).geometry
    return Polygons.of(tuple(_countries()["country"]), shapes.array)


@cache
def shores() -> Shores:
    """Return the shores of all countries together."""
    import shapely

    parts = world().parts
    # Those that touch the date line stand there twice, a full turn apart.
    return shores_of(parts[shapely.bounds(parts)[:, 0] >= -180.0])


@cache
def _countries() -> pd.DataFrame:
    data = files("geobias") / "data"
    with (data / "countries.parquet").open("rb") as source:
        columns = ["iso2", "iso3", "country", "continent", "un_region", "un_subregion"]
        table = pd.read_parquet(source, columns=columns)
    with (data / "income.csv").open("rb") as source:
        income = pd.read_csv(source, keep_default_na=False)
    return table.merge(income, on="iso3", how="left", validate="one_to_one")
