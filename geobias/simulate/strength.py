"""How strong a model is at each place: 1 where it is strongest, 0 where it is weakest.

Each function takes the places, the choices of the user and a source of random ones. It returns
the strength of every place, and in plain values what it has chosen itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.errors import GeoBiasError
from geobias.scales import EARTH_RADIUS_KM
from geobias.simulate.density import CELL_KM, dense_places
from geobias.simulate.waves import wave_field
from geobias.sphere import Floats, angle, tangents, unit_vectors

Given = Mapping[str, Any]
Planted = dict[str, Any]

STEEPNESS = 2.0
"""How clearly patches are strong or weak. A threshold would be clearer still, but its sharp rims
are bias at short distances."""


class Places:
    """Locations, and their unit vectors once somebody asks for them."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.lat: Floats = table["lat"].to_numpy()
        self.lon: Floats = table["lon"].to_numpy()

    @cached_property
    def unit(self) -> Floats:
        """Unit vectors, of shape (n, 3)."""
        return unit_vectors(self.lat, self.lon)


Strength = Callable[[Places, Given, np.random.Generator], tuple[Floats, Planted]]


def same_everywhere(
    places: Places, given: Given, draw: np.random.Generator
) -> tuple[Floats, Planted]:
    """No geography."""
    return np.ones(places.lat.size), {"gap": 0.0}


def weak_region(places: Places, given: Given, draw: np.random.Generator) -> tuple[Floats, Planted]:
    """Weak inside one disc, around one of the samples unless the user says where."""
    lat, lon, radius_km = given["lat"], given["lon"], given["radius_km"]
    if (lat is None) != (lon is None):
        raise GeoBiasError("The centre of the weak region needs both lat and lon, or neither.")
    if lat is None:
        centre = draw.integers(places.lat.size)
        lat, lon = float(places.lat[centre]), float(places.lon[centre])
    km = _km(places.unit, unit_vectors(np.array([lat]), np.array([lon])))
    region = f"the region of {radius_km:g} km around latitude {lat:g}, longitude {lon:g}"
    strength = _two_sided(km > radius_km, f"outside {region}", f"inside {region}")
    return strength, {"lat": lat, "lon": lon}


def remote(places: Places, given: Given, draw: np.random.Generator) -> tuple[Floats, Planted]:
    """Weaker with the distance from where samples crowd, by exp(-distance/mean distance)."""
    dense = dense_places(places.unit, draw)
    mean_km = float(dense.km_away.mean())
    # Without any distance every sample lies in a city, and is as strong as can be.
    strength = np.exp(-dense.km_away / mean_km) if mean_km else np.ones(places.lat.size)
    cities = {"lat": dense.lat.tolist(), "lon": dense.lon.tolist()}
    return strength, {"cities": cities, "cell_km": CELL_KM, "mean_km": mean_km}


def stripes(places: Places, given: Given, draw: np.random.Generator) -> tuple[Floats, Planted]:
    """Strong and weak by turns, in bands beside a great circle."""
    north, east = tangents(np.array([given["lat"]]), np.array([given["lon"]]))
    azimuth_rad = np.radians(given["azimuth"])
    # The pole of the great circle, to the left of the direction in which it leaves.
    pole = np.sin(azimuth_rad) * north - np.cos(azimuth_rad) * east
    beside_km = (np.pi / 2.0) * EARTH_RADIUS_KM - _km(places.unit, pole)
    strong = np.floor(beside_km / given["width_km"]) % 2 == 0
    stripe = f"stripe of {given['width_km']:g} km"
    return _two_sided(strong, f"in a strong {stripe}", f"in a weak {stripe}"), {}


def hemisphere(places: Places, given: Given, draw: np.random.Generator) -> tuple[Floats, Planted]:
    """Strong on the equator and north of it, weak in the south."""
    north = places.lat >= 0.0
    return _two_sided(north, "in the northern hemisphere", "in the southern hemisphere"), {}


def patches(size_km: float) -> Strength:
    """Strong and weak in patches of one size, with smooth passages between them."""
    return partial(_patches, size_km)


def _patches(
    size_km: float, places: Places, given: Given, draw: np.random.Generator
) -> tuple[Floats, Planted]:
    from scipy.special import ndtr

    field = wave_field(places.unit, size_km, draw)
    # What all samples have in common is accuracy, not bias. Without it, strengths lie evenly
    # about 1/2 wherever the samples are, so that both strong and weak have room.
    return ndtr(STEEPNESS * (field - field.mean())), {"size_km": size_km}


def _km(unit: Floats, place: Floats) -> Floats:
    """Return distances from one place."""
    return angle(np.sqrt(((unit - place) ** 2).sum(axis=1))) * EARTH_RADIUS_KM


def _two_sided(strong: NDArray[np.bool_], if_all: str, if_none: str) -> Floats:
    """Return strengths of 0 and 1, and refuse a world that has but one side."""
    if strong.all() or not strong.any():
        raise GeoBiasError(
            f"Every sample lies {if_all if strong.all() else if_none}, so there is no gap between "
            "samples. Move or resize what is planted, or take other locations."
        )
    return strong.astype(np.float64)
