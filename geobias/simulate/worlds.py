"""Worlds in which it is known where a model is weak."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.errors import GeoBiasError
from geobias.settings import whole_number
from geobias.simulate.locations import SAMPLES
from geobias.simulate.locations import locations as located
from geobias.simulate.streams import stream
from geobias.simulate.strength import (
    Places,
    Strength,
    hemisphere,
    patches,
    remote,
    same_everywhere,
    stripes,
    weak_region,
)
from geobias.sphere import Floats

Ints = NDArray[np.int64]

_HALF_AROUND_KM = 20_000.0
_ROUNDING = 1e-12


@dataclass(frozen=True)
class _Recipe:
    """What a world is, how strong its model is where, and what a user may choose about it."""

    says: str
    strength: Strength
    choices: Mapping[str, float | None] = field(default_factory=dict)


_RECIPES = {
    "unbiased": _Recipe("errors fall at random, equally likely everywhere", same_everywhere),
    "weak-region": _Recipe(
        "weak inside one disc", weak_region, {"lat": None, "lon": None, "radius_km": 1000.0}
    ),
    "remote": _Recipe("weaker with the distance from the nearest city", remote),
    "stripes": _Recipe(
        "strong and weak by turns, in parallel bands",
        stripes,
        {"lat": 0.0, "lon": 0.0, "azimuth": 90.0, "width_km": 500.0},
    ),
    "hemisphere": _Recipe("strong in the north, weak in the south", hemisphere),
    "patches-50km": _Recipe("strong and weak patches about 50 km across", patches(50.0)),
    "patches-500km": _Recipe("strong and weak patches about 500 km across", patches(500.0)),
    "patches-5000km": _Recipe("strong and weak patches about 5,000 km across", patches(5000.0)),
    "repeats": _Recipe(
        "several images of each site, whose errors agree; no geography",
        same_everywhere,
        {"images": 10, "agreement": 0.8},
    ),
}

WORLDS = {name: recipe.says for name, recipe in _RECIPES.items()}
"""The worlds by name, each described in a line."""


def world(
    name: str,
    *,
    n: int | None = None,
    locations: str | pd.DataFrame = "cities",
    accuracy: float = 0.8,
    gap: float = 0.3,
    seed: int = 0,
    lat: float | None = None,
    lon: float | None = None,
    radius_km: float | None = None,
    azimuth: float | None = None,
    width_km: float | None = None,
    images: int | None = None,
    agreement: float | None = None,
) -> pd.DataFrame:
    """Simulate the predictions of a model that is weak where the world says.

    A sample at a place of strength s, from 0 to 1, is correct with the chance
    ``accuracy + gap * (s - mean of s over the samples)``. Errors are independent, but for
    those of a site in ``repeats``.

    Parameters
    ----------
    name
        One of `WORLDS`:

        - ``unbiased``: s is the same everywhere; there is no gap.
        - ``weak-region``: s is 0 inside a disc and 1 outside.
        - ``remote``: s = exp(-d/mean d), where d is the distance from the nearest city. The
          cities are found among the samples, in the same way for all locations: space is
          cut into cubes of 200 km, and the mean positions in the fullest 50 are the cities.
        - ``stripes``: s is 1 and 0 by turns in bands beside a great circle.
        - ``hemisphere``: s is 1 on the equator and north of it, and 0 south of it.
        - ``patches-50km``, ``patches-500km``, ``patches-5000km``: s = Φ(2 (f - mean f)), where f is
          a smooth random field of variance 1 whose patches have this size. At points a
          chord of d apart f has the correlation sin(x)/x, x = πd/size.
        - ``repeats``: s is the same everywhere, but each site is seen several times.
    n
        Number of samples: 5,000 by default, or as many as `locations` has.
    locations
        ``cities``, ``uniform`` or a DataFrame with columns lat and lon, as in
        `geobias.simulate.locations`. Equal seeds give all worlds equal locations. In
        ``repeats`` they are those of the sites.
    accuracy
        Mean of the chances, between 0 and 1.
    gap
        Difference between the chances at the strongest and the weakest places.
    seed
        Seed of the random choices.
    lat, lon
        Centre of the weak region, by default that of a random sample; or a place on the
        great circle beside which the stripes lie, by default 0, 0.
    radius_km
        Radius of the weak region, by default 1,000.
    azimuth
        Direction of the stripes at lat, lon: degrees from north to east, by default 90. With
        lat 0 these are bands of latitude. Others turn away from it with the distance from
        lat, lon, as great circles do.
    width_km
        Width of a stripe, by default 500.
    images
        Samples of each site in ``repeats``, by default 10.
    agreement
        Correlation between the errors of a site in ``repeats``, by default 0.8.

    Returns
    -------
    pandas.DataFrame
        Columns lat, lon, correct and chance: the known probability of being correct. What
        was planted is in ``attrs["world"]``.

    Raises
    ------
    GeoBiasError
        If there is no such world, it cannot be made on these samples, or a value is out of
        range.

    Examples
    --------
    >>> table = world("weak-region", n=1000, lat=48.9, lon=2.4, radius_km=500)
    >>> table.chance.mean().round(6), (table.chance.max() - table.chance.min()).round(6)
    (np.float64(0.8), np.float64(0.3))
    >>> table.attrs["world"]["radius_km"]
    500.0
    """
    recipe = _recipe(name)
    given = _choices(
        name, recipe, lat=lat, lon=lon, radius_km=radius_km, azimuth=azimuth, width_km=width_km,
        images=images, agreement=agreement,
    )  # fmt: skip
    accuracy = _number("accuracy", accuracy, 0.0, 1.0, inside=True)
    gap = _number("gap", gap, 0.0, 1.0)
    seed = whole_number("seed", seed, 0)
    table, site = _samples(locations, n, seed, given.get("images", 1))
    strength, found = recipe.strength(Places(table), given, stream(seed, f"{name}: strength"))
    chance = _chances(strength, accuracy, gap)
    luck = _luck(site, given.get("agreement", 0.0), stream(seed, f"{name}: luck"))
    table["correct"] = luck < chance
    table["chance"] = chance
    table.attrs["world"] = {
        "name": name,
        "locations": locations if isinstance(locations, str) else "given",
        "accuracy": accuracy,
        "gap": gap,
        "seed": seed,
        **given,
        **found,
    }
    return table


def _recipe(name: str) -> _Recipe:
    if name not in _RECIPES:
        close = get_close_matches(str(name), _RECIPES, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise GeoBiasError(f"There is no world {name!r}: use {', '.join(_RECIPES)}.{hint}")
    return _RECIPES[name]


def _choices(name: str, recipe: _Recipe, **values: float | None) -> dict[str, Any]:
    """Return every choice of a world, and refuse those it does not have."""
    given = {key: value for key, value in values.items() if value is not None}
    foreign = [key for key in given if key not in recipe.choices]
    if foreign:
        known = f"choose {', '.join(recipe.choices)}" if recipe.choices else "leave it out"
        raise GeoBiasError(f"World {name} has no {' and no '.join(foreign)}: {known}.")
    checked = {key: _choice(key, value) for key, value in given.items()}
    return {**recipe.choices, **checked}


def _choice(key: str, value: float) -> float:
    if key == "images":
        return whole_number(key, value, 1)
    if key in ("radius_km", "width_km"):
        return _number(key, value, 0.0, _HALF_AROUND_KM, inside=True)
    lowest, highest = {
        "lat": (-90.0, 90.0),
        "lon": (-360.0, 360.0),
        "azimuth": (-360.0, 360.0),
        "agreement": (0.0, 1.0),
    }[key]
    return _number(key, value, lowest, highest)


def _number(name: str, value: Any, lowest: float, highest: float, *, inside: bool = False) -> float:
    """Return a number in its range; `inside` leaves out the ends."""
    number = math.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
    if not (lowest < number < highest if inside else lowest <= number <= highest):
        allowed = (
            f"above {lowest:,g} and below {highest:,g}"
            if inside
            else f"from {lowest:g} to {highest:g}"
        )
        raise GeoBiasError(f"{name} must be a number {allowed}, not {value!r}.")
    return number


def _samples(
    locations: str | pd.DataFrame, n: int | None, seed: int, images: int
) -> tuple[pd.DataFrame, Ints]:
    """Return the location and the site of each sample, site by site."""
    if n is None and isinstance(locations, str):
        n = SAMPLES
    sites = None if n is None else -(-whole_number("n", n, 1) // images)
    places = located(locations, sites, seed)
    site = np.repeat(np.arange(len(places)), images)[:n]
    return places.iloc[site].reset_index(drop=True), site


def _chances(strength: Floats, accuracy: float, gap: float) -> Floats:
    """Turn strengths into chances with the wanted mean."""
    above_mean = strength - strength.mean()
    highest, lowest = float(above_mean.max()), float(above_mean.min())
    room = min(
        (1.0 - accuracy) / highest if highest > 0.0 else math.inf,
        accuracy / -lowest if lowest < 0.0 else math.inf,
    )
    if gap > room * (1.0 + _ROUNDING):
        raise GeoBiasError(
            f"With accuracy {accuracy:g}, a gap of {gap:g} asks for chances from "
            f"{accuracy + gap * lowest:.3f} to {accuracy + gap * highest:.3f}: on these samples "
            f"the gap can be at most {math.floor(room * 1000.0) / 1000.0:g}."
        )
    chance: Floats = np.clip(accuracy + gap * above_mean, 0.0, 1.0)
    return chance


def _luck(site: Ints, agreement: float, draw: np.random.Generator) -> Floats:
    """Draw a number from 0 to 1 for each sample; it is correct if that is below its chance.

    Each sample of a site takes the number of its site with probability √agreement, and its
    own otherwise. So two of them have one number with probability agreement, and else
    independent ones, which makes the correlation of their errors the agreement.
    """
    own = draw.random(site.size)
    if agreement == 0.0:
        return own
    of_site = draw.random(int(site[-1]) + 1)[site]
    return np.where(draw.random(site.size) < math.sqrt(agreement), of_site, own)
