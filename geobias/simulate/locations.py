"""Where the samples of a simulated world are."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

import numpy as np
import pandas as pd

from geobias.coordinates import check, read_degrees
from geobias.errors import GeoBiasError
from geobias.scales import EARTH_RADIUS_KM
from geobias.settings import whole_number
from geobias.simulate.streams import stream
from geobias.sphere import Floats, degrees, tangents, unit_vectors
from geobias.wording import counted, where

SAMPLES = 5000
"""Samples of a world whose number nobody says."""

CITIES = np.array(
    [
        (35.7, 139.7), (28.6, 77.2), (31.2, 121.5), (-23.6, -46.6), (19.4, -99.1), (30.0, 31.2),
        (19.1, 72.9), (39.9, 116.4), (23.8, 90.4), (34.7, 135.5), (40.7, -74.0), (24.9, 67.0),
        (-34.6, -58.4), (41.0, 29.0), (22.6, 88.4), (6.5, 3.4), (-4.3, 15.3), (14.6, 121.0),
        (23.1, 113.3), (-22.9, -43.2), (55.8, 37.6), (48.9, 2.4), (4.7, -74.1), (-6.2, 106.8),
        (-12.0, -77.0), (13.8, 100.5), (51.5, -0.1), (34.1, -118.2), (13.0, 77.6), (35.7, 51.4),
        (10.8, 106.7), (37.6, 127.0), (13.1, 80.3), (31.5, 74.3), (30.6, 104.1), (17.4, 78.5),
        (41.9, -87.6), (-26.2, 28.0), (33.3, 44.4), (-8.8, 13.2), (15.6, 32.5), (-33.4, -70.7),
        (40.4, -3.7), (24.7, 46.7), (43.7, -79.4), (1.4, 103.8), (3.1, 101.7), (-6.8, 39.3),
        (16.8, 96.2), (5.3, -4.0), (59.9, 30.3), (25.8, -80.2), (29.8, -95.4), (22.3, 114.2),
        (-1.3, 36.8), (9.0, 38.7), (21.0, 105.8), (-33.9, 151.2), (-37.8, 145.0), (12.0, 8.5),
        (33.6, -7.6), (36.8, 3.1), (5.6, -0.2), (52.5, 13.4), (41.9, 12.5), (25.2, 55.3),
        (34.5, 69.2), (41.3, 69.2), (-33.9, 18.4), (14.7, -17.5), (0.3, 32.6), (10.5, -66.9),
        (-2.2, -79.9), (38.0, 23.7), (50.5, 30.5), (14.6, -90.5), (23.1, -82.4), (18.5, -69.9),
        (37.8, -122.4), (47.6, -122.3), (39.7, -105.0), (45.5, -73.6), (-18.9, 47.5),
        (-15.4, 28.3), (-27.5, 153.0), (-32.0, 115.9), (-3.1, -60.0), (-16.5, -68.1),
        (43.3, 76.9), (55.0, 82.9), (43.1, 131.9), (47.9, 106.9), (59.3, 18.1), (49.3, -123.1),
        (-36.8, 174.8), (-9.4, 147.2), (-22.6, 17.1), (21.3, -157.9), (61.2, -149.9),
        (64.1, -21.9), (-18.1, 178.4),
    ]
)  # fmt: skip
"""Latitude and longitude of large cities on all inhabited continents, roughly by size."""
SLOPE = 0.7
"""The city of rank r has a share of r to the minus this; Zipf's 1 would put a fifth into one."""
CITY_SPREAD_KM = 100.0
RURAL_SHARE = 0.15
RURAL_SPREAD_KM = 600.0


def locations(kind: str | pd.DataFrame, n: int | None = None, seed: int = 0) -> pd.DataFrame:
    """Draw the locations of samples.

    Parameters
    ----------
    kind
        ``cities``: as people and their photographs lie. The sizes of the built-in cities
        follow a rank-size rule like Zipf's, a city's samples crowd in its centre and thin
        out over its surroundings, and 15 % of all samples are rural: scattered some hundred
        kilometres around cities of any size, at sea too. ``uniform``: anywhere on the sphere. Or a
        DataFrame with columns lat and lon in degrees, whose locations are used as they are.
    n
        Number of samples: 5,000 by default, or as many as the DataFrame has.
    seed
        Seed of the draw.

    Returns
    -------
    pandas.DataFrame
        Columns lat and lon, in degrees.

    Raises
    ------
    GeoBiasError
        If there is no such kind, the number is below 1, or the DataFrame has no usable
        coordinates.

    Examples
    --------
    >>> places = locations("cities", 1000, seed=1)
    >>> list(places.columns), len(places)
    (['lat', 'lon'], 1000)
    """
    seed = whole_number("seed", seed, 0)
    if n is not None:
        n = whole_number("n", n, 1)
    if isinstance(kind, pd.DataFrame):
        return _given(kind, n)
    if kind not in _KINDS:
        close = get_close_matches(str(kind), _KINDS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise GeoBiasError(
            f"There are no locations {kind!r}: use {', '.join(_KINDS)} or your own table of lat "
            f"and lon.{hint}"
        )
    lat, lon = degrees(_KINDS[kind](SAMPLES if n is None else n, stream(seed, kind)))
    return pd.DataFrame({"lat": lat, "lon": lon})


def _cities(n: int, draw: np.random.Generator) -> Floats:
    """Scatter samples around cities of very different sizes."""
    size = np.arange(1, len(CITIES) + 1) ** -SLOPE
    rural = draw.random(n) < RURAL_SHARE
    city = np.where(
        rural,
        draw.integers(len(CITIES), size=n),
        draw.choice(len(CITIES), n, p=size / size.sum()),
    )
    # Each sample has its own spread, so that a dense centre has a long tail of surroundings.
    spread = np.where(rural, RURAL_SPREAD_KM, CITY_SPREAD_KM) * draw.exponential(size=n)
    north_km, east_km = spread * draw.normal(size=(2, n))
    centre = unit_vectors(*CITIES[city].T)
    north, east = tangents(*CITIES[city].T)
    away = np.hypot(north_km, east_km)
    bearing = (north * north_km[:, None] + east * east_km[:, None]) / away[:, None]
    along = (away / EARTH_RADIUS_KM)[:, None]
    scattered: Floats = np.cos(along) * centre + np.sin(along) * bearing
    return scattered


def _uniform(n: int, draw: np.random.Generator) -> Floats:
    """Spread samples evenly over all directions."""
    return draw.normal(size=(n, 3))


_KINDS: dict[str, Callable[[int, np.random.Generator], Floats]] = {
    "cities": _cities,
    "uniform": _uniform,
}
KINDS = tuple(_KINDS)
"""The locations that can be drawn by name."""


def _given(table: pd.DataFrame, n: int | None) -> pd.DataFrame:
    """Take the locations of a table."""
    missing = [name for name in ("lat", "lon") if name not in table.columns]
    if missing:
        raise GeoBiasError(
            f"The locations have no column {' and no column '.join(missing)}: name their "
            "coordinates, in degrees, lat and lon."
        )
    if not len(table):
        raise GeoBiasError("The locations have no rows: give at least one.")
    if n not in (None, len(table)):
        raise GeoBiasError(
            f"n is {n:,}, but {counted(len(table), 'location')} came with it: leave n out."
        )
    lat, lon = (read_degrees(table[axis]) for axis in ("lat", "lon"))
    empty = np.isnan(lat) | np.isnan(lon)
    if empty.any():
        raise GeoBiasError(
            f"{counted(int(empty.sum()), 'location')} without coordinates, {where(empty)}: "
            "leave those rows out."
        )
    check(lat, lon, degrees=True)
    return pd.DataFrame({"lat": lat, "lon": lon})
