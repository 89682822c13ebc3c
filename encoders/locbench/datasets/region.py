"""Where a simulated model of images is weak: inside one circle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geobias.sphere import Floats, great_circle_km

CANDIDATES = 32


@dataclass(frozen=True)
class Region:
    """A circle on the Earth."""

    lat: float
    lon: float
    radius_km: float

    @classmethod
    def candidates(
        cls, lat: Floats, lon: Floats, draw: np.random.Generator, share: float
    ) -> list[Region]:
        """Return some circles that hold a share of places, each about one that is drawn.

        Their numbers are round, so that they can be quoted.
        """
        found = []
        for place in draw.choice(len(lat), CANDIDATES, replace=False):
            middle = round(float(lat[place]), 2), round(float(lon[place]), 2)
            reach_km = np.quantile(great_circle_km(lat, lon, *middle), share)
            found.append(cls(*middle, float(np.ceil(reach_km))))
        return found

    def contains(self, lat: Floats, lon: Floats) -> npt.NDArray[np.bool_]:
        """Which places lie inside, or on the rim."""
        return np.asarray(great_circle_km(lat, lon, self.lat, self.lon) <= self.radius_km)
