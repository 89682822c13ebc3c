"""Errors of a location that still count as correct: by name, or as lengths with a unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from geobias.errors import InputError
from geobias.wording import nearest

THRESHOLDS_KM = {
    "street": 1.0,
    "city": 25.0,
    "region": 200.0,
    "country": 750.0,
    "continent": 2500.0,
}
"""The customary thresholds, after Weyand et al., PlaNet (2016), and its successors."""

_LENGTH = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(km|mi|m)?", re.IGNORECASE | re.ASCII)
_KM = {"km": 1.0, "mi": 1.609344, "m": 0.001}
_HALF_WAY_ROUND_KM = 20_038.0


@dataclass(frozen=True)
class Threshold:
    """An error in kilometres that still counts as correct.

    Parameters
    ----------
    name : str
        What it is called, and the model that is judged by it.
    km : float
        The error.
    """

    name: str
    km: float

    @classmethod
    def parse(cls, spec: object) -> Threshold:
        """Read a threshold.

        Examples
        --------
        >>> Threshold.parse("city"), Threshold.parse("50 km")
        (Threshold(name='city', km=25.0), Threshold(name='50km', km=50.0))
        >>> Threshold.parse("25")
        Traceback (most recent call last):
            ...
        geobias.errors.InputError: Threshold '25' has no unit: write 25km.
        """
        text = str(spec).strip().casefold()
        if text in THRESHOLDS_KM:
            return cls(text, THRESHOLDS_KM[text])
        match = _LENGTH.fullmatch(text)
        if match is None:
            near = nearest(text, list(THRESHOLDS_KM))
            advice = (
                f"did you mean {near[0]}?" if near else f"use {', '.join(THRESHOLDS_KM)}, or 50km."
            )
            raise InputError(f"Threshold {str(spec)!r} is not understood: {advice}")
        if match[2] is None:
            raise InputError(f"Threshold {str(spec)!r} has no unit: write {match[1]}km.")
        km = float(match[1]) * _KM[match[2]]
        if not 0.0 < km < _HALF_WAY_ROUND_KM:
            raise InputError(
                f"Threshold {str(spec)!r} is not between 0 and half way round the Earth."
            )
        return cls(f"{match[1]}{match[2]}", km)


def parse_thresholds(specs: str | Sequence[str] | None) -> tuple[Threshold, ...]:
    """Read several thresholds, the smallest first; by default all that have names."""
    if specs is None:
        specs = list(THRESHOLDS_KM)
    elif isinstance(specs, str) or not isinstance(specs, Sequence):
        specs = [specs]
    read = {threshold.name: threshold for threshold in map(Threshold.parse, specs)}
    if not read:
        raise InputError(
            "thresholds= (--threshold) names no threshold: leave it out for all of them."
        )
    return tuple(sorted(read.values(), key=lambda threshold: threshold.km))
