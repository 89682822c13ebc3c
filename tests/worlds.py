"""Made-up worlds for the tests: locations of every awkward kind, and marks to put on them.

Coordinates are degrees in the spelling of `Samples`: longitudes in [-180, 180), and 0 at a pole.
The order of the rows is arbitrary, as it is in real tables.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.geometry.places import Places
from geobias.scales import Scale

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class World(NamedTuple):
    """Where the samples are, in degrees."""

    lat: Floats
    lon: Floats


def _spelled(lat: Floats, lon: Floats) -> World:
    lon = (lon + 180.0) % 360.0 - 180.0
    lon = np.where(lon == 180.0, -180.0, lon)
    return World(lat + 0.0, np.where(np.abs(lat) == 90.0, 0.0, lon) + 0.0)


def _scattered(
    lat: float | Floats, lon: float | Floats, spread: float, n: int, draw: np.random.Generator
) -> World:
    """Points around given ones, normal with so many degrees of spread in each direction."""
    phi, lam = np.radians(np.broadcast_to(lat, n)), np.radians(np.broadcast_to(lon, n))
    out = np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    south = np.array([np.sin(phi) * np.cos(lam), np.sin(phi) * np.sin(lam), -np.cos(phi)])
    east = np.array([-np.sin(lam), np.cos(lam), np.zeros(n)])
    to_south, to_east = np.radians(spread) * draw.normal(size=(2, n))
    x, y, z = out + south * to_south + east * to_east
    return _spelled(np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x)))


def uniform(n: int, seed: int) -> World:
    """Anywhere on the globe."""
    draw = np.random.default_rng(seed)
    return World(np.degrees(np.arcsin(draw.uniform(-1, 1, n))), draw.uniform(-180, 180, n))


def clustered(n: int, seed: int) -> World:
    """Around five places, near both poles and on both sides of the date line among them."""
    draw = np.random.default_rng(seed)
    heads = np.array([[0, 179.9], [89.7, 10], [-89.8, 0], [40, -179.99], [51, 0]])
    head = heads[draw.integers(0, len(heads), n)]
    return _scattered(head[:, 0], head[:, 1], 0.5, n, draw)


def duplicated(n: int, seed: int) -> World:
    """Clusters of a quarter as many locations, with several samples at most of them."""
    draw = np.random.default_rng(seed)
    lat, lon = clustered(max(n // 4, 2), seed)
    chosen = draw.integers(0, lat.size, n)
    return World(lat[chosen], lon[chosen])


def polar(n: int, seed: int) -> World:
    """Around both poles, with a sample on each."""
    draw = np.random.default_rng(seed)
    lat, lon = _scattered(np.where(draw.random(n) < 0.5, 90.0, -90.0), 0.0, 1.0, n, draw)
    lat[:2] = 90.0, -90.0
    return _spelled(lat, lon)


def date_line(n: int, seed: int) -> World:
    """Around 180 degrees, with some samples exactly there."""
    draw = np.random.default_rng(seed)
    lat, lon = _scattered(-17.0, 180.0, 2.0, n, draw)
    lon[:3] = -180.0
    return World(lat, lon)


def tight(n: int, seed: int) -> World:
    """One town."""
    return _scattered(48.1, 11.6, 0.01, n, np.random.default_rng(seed))


def gridded(n: int, seed: int) -> World:
    """A grid of whole degrees over equator and date line: equal distances everywhere."""
    side = int(np.ceil(np.sqrt(n)))
    lat, lon = np.divmod(np.arange(n), side)
    order = np.random.default_rng(seed).permutation(n)
    return _spelled(lat[order] - side // 2.0, lon[order] + 180.0 - side // 2)


def rosette(n: int, seed: int) -> World:
    """The north pole and rings of twelve around it: equal distances at a pole."""
    ring, step = np.divmod(np.arange(n - 1), 12)
    lat, lon = np.append(89.0 - ring, 90.0), np.append(30.0 * step - 180.0, 0.0)
    order = np.random.default_rng(seed).permutation(n)
    return World(lat[order], lon[order])


KINDS: dict[str, Callable[[int, int], World]] = {
    kind.__name__: kind
    for kind in (uniform, clustered, duplicated, polar, date_line, tight, gridded, rosette)
}


def rounded(world: World) -> World:
    """Coordinates in steps of 0.001 degrees, about 100 m.

    Distances are exact to some nanometres, and those that differ by less than a billionth count
    as equal. Between locations a metre apart rounding decides which ones do: nothing is invariant
    there, and nothing has to be.
    """
    lat, lon = np.round(world.lat, 3), np.round(world.lon, 3)
    lon[lon == 180.0] = -180.0
    lon[np.abs(lat) == 90.0] = 0.0
    return World(lat + 0.0, lon + 0.0)


def hits(n: int, seed: int, accuracy: float = 0.7) -> Ints:
    """Right and wrong answers at random, at least one of each."""
    hit = (np.random.default_rng(seed).random(n) < accuracy).astype(np.int64)
    hit[:2] = 1, 0
    return hit


def binned(n: int, seed: int, levels: tuple[float, ...]) -> Floats:
    """Marks of several levels at random."""
    return np.random.default_rng(seed).choice(levels, n)


def table(world: World, **models: Any) -> pd.DataFrame:
    """A table of predictions."""
    return pd.DataFrame({"lat": world.lat, "lon": world.lon, **models})


class Seats(NamedTuple):
    """A world in the canonical order, which decides ties: what the oracle has to be given."""

    places: Places
    lat: Floats
    lon: Floats


def seats(world: World) -> Seats:
    """Put a world into the canonical order."""
    places = Places.of(world.lat, world.lon)
    return Seats(places, places.lat[places.point_of_seat], places.lon[places.point_of_seat])


def limits(scale: str) -> dict[str, Any]:
    """A scale as the oracle takes it."""
    parsed = Scale.parse(scale)
    return {"radius": parsed.radius_rad, "cap": parsed.cap}


def sited(sites: int, each: int, seed: int) -> World:
    """Around five places, with so many samples at each of so many locations."""
    lat, lon = clustered(sites, seed)
    order = np.random.default_rng(seed).permutation(sites * each)
    return World(np.repeat(lat, each)[order], np.repeat(lon, each)[order])


def some(points: int, wanted: int, seed: int) -> Ints:
    """A few points at random, ascending."""
    chosen = np.random.default_rng(seed).choice(points, min(points, wanted), replace=False)
    return np.sort(chosen).astype(np.int64)
