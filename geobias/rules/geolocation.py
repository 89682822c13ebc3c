"""Predicted coordinates beside true ones: right within a distance, at several distances at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geobias.coordinates import Degrees, check
from geobias.errors import InputError
from geobias.rules.rule import FloatArray, Judged, Rule, refuse_values, signs
from geobias.rules.thresholds import Threshold, parse_thresholds
from geobias.sphere import great_circle_km
from geobias.wording import quoted


@dataclass(frozen=True)
class Distance(Rule):
    """A prediction is correct if it lies near the truth; made by `distance`."""

    lat: str
    lon: str
    thresholds: tuple[Threshold, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads."""
        return self.lat, self.lon

    def reading(self) -> _DistanceReading:
        """Begin to read a table."""
        return _DistanceReading(self)


def distance(lat: str, lon: str, *, thresholds: str | Sequence[str] | None = None) -> Distance:
    """Correct is a predicted place within a great-circle distance of the true one.

    The true place is the location of the sample. Every distance makes a model, and all models
    share one geometry.

    Parameters
    ----------
    lat, lon : str
        Columns of predicted coordinates, in degrees.
    thresholds : str or sequence of str, optional
        Distances with their unit, such as ``25km`` or ``10mi``, or names of the usual ones:
        street (1 km), city (25), region (200), country (750), continent (2500). By default
        these five.

    Returns
    -------
    Distance
        To be passed as ``correct=``.

    Examples
    --------
    >>> import geobias
    >>> table = pd.DataFrame({"lat": [48.1], "lon": [11.6], "plat": [47.4], "plon": [10.9]})
    >>> found = distance("plat", "plon", thresholds=["city", "100km"])
    >>> samples = geobias.Samples.from_table(table, correct=found)
    >>> dict(zip(samples.models, samples.marks[:, 0].tolist()))
    {'city': -1.0, '100km': 1.0}
    """
    refuse_values("distance", (lat, lon))
    return Distance(lat, lon, parse_thresholds(thresholds))


class _DistanceReading:
    def __init__(self, rule: Distance) -> None:
        self._rule = rule
        self._lat, self._lon = Degrees(rule.lat), Degrees(rule.lon)
        self._true: list[tuple[FloatArray, FloatArray]] = []

    def take(self, frame: pd.DataFrame, lat: FloatArray, lon: FloatArray) -> None:
        self._lat.take(frame[self._rule.lat])
        self._lon.take(frame[self._rule.lon])
        self._true.append((lat, lon))

    def judged(self) -> Judged:
        lat, lon = self._lat.handed_over(), self._lon.handed_over()
        try:
            check(lat, lon, degrees=True)
        except InputError as refusal:
            raise InputError(f"In the predicted coordinates: {refusal}") from refusal
        true_lat, true_lon = (np.concatenate(axis) for axis in zip(*self._true, strict=True))
        known = np.isfinite(true_lat + true_lon + lat + lon)
        error_km = np.full(len(lat), np.nan)
        error_km[known] = great_circle_km(true_lat[known], true_lon[known], lat[known], lon[known])
        thresholds = self._rule.thresholds
        marks = [signs(error_km <= threshold.km, known) for threshold in thresholds]
        notes = []
        if known.any():
            middle = np.median(error_km[known])
            notes.append(f"The median distance from the truth is {middle:,.0f} km.")
        missing = f"no predicted coordinates in columns {quoted(self._rule.columns)}"
        models = tuple(threshold.name for threshold in thresholds)
        return Judged(models, np.stack(marks), (missing,) * len(models), tuple(notes))
