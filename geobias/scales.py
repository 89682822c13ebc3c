"""Scales: how far a neighbourhood reaches, and how that is spelled."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from geobias.errors import ScaleError

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth in kilometres."""

DEFAULT_SCALES = ("100km", "1000km", "knn:100")
"""The scales of an audit that names none."""

_KM_PER_MILE = 1.609344
_LARGEST_RADIUS_RAD = math.pi / 2
_MOST_RUNGS = 30
_TO_RADIANS: dict[str, Callable[[float], float]] = {
    "km": lambda value: value / EARTH_RADIUS_KM,
    "mi": lambda value: value * _KM_PER_MILE / EARTH_RADIUS_KM,
    "rad": lambda value: value,
    "deg": math.radians,
}
_SPELLINGS = 'A scale is written "100km", "250mi", "0.05rad", "1.5deg", "knn:100" or "100@0.05rad".'
_NUMBER = r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf(?:inity)?)"
_RADIUS = re.compile(rf"({_NUMBER})\s*([^\s0-9@:.,]*)")
_NEAREST = re.compile(r"knn\s*:\s*(.*)")
_CAPPED = re.compile(r"([^@]*?)\s*@\s*([^@]*)")


@dataclass(frozen=True)
class Scale:
    """What a neighbourhood is: a radius, a number of nearest samples, or both.

    Parameters
    ----------
    name : str
        Canonical spelling, which `Scale.parse` reads back to an equal scale.
    radius_rad : float or None
        Great-circle radius in radians; None when only the number of samples limits.
    cap : int or None
        Most samples in a neighbourhood, the centre included; None for no limit.

    Examples
    --------
    >>> Scale.parse("0.05rad")
    Scale(name='0.05rad', radius_rad=0.05, cap=None)
    >>> Scale.parse("knn:100").cap
    100
    >>> str(Scale.parse("100 @ 0.050 rad"))
    '100@0.05rad'
    """

    name: str
    radius_rad: float | None
    cap: int | None

    def __post_init__(self) -> None:
        if self.radius_rad is None and self.cap is None:
            raise ScaleError(f"Scale {self.name!r} has neither a radius nor a cap.")
        if self.radius_rad is not None:
            _check_radius(self.name, self.radius_rad)
        if self.cap is not None and self.cap < 2:
            raise ScaleError(
                f"Scale {self.name!r} holds fewer than two samples, and the centre is one of them: "
                'ask for at least 2, as in "knn:100".'
            )

    @classmethod
    def parse(cls, spec: str | Scale) -> Scale:
        """Read a scale from its spelling.

        Parameters
        ----------
        spec : str or Scale
            A radius with its unit (``"100km"``, ``"250mi"``, ``"0.05rad"``, ``"1.5deg"``), a
            number of nearest samples (``"knn:100"``) or both (``"100@0.05rad"``). Spaces and
            capitals do not matter. A `Scale` is returned as it is.

        Returns
        -------
        Scale

        Raises
        ------
        ScaleError
            If the spelling is not understood, or names a radius that is not positive or is over
            half the globe, or fewer than two samples.

        Examples
        --------
        >>> Scale.parse("1000 km").name
        '1000km'
        >>> Scale.parse("100")
        Traceback (most recent call last):
            ...
        geobias.errors.ScaleError: Scale '100' has no unit. Did you mean "100km"?
        """
        if isinstance(spec, Scale):
            return spec
        text = str(spec)
        try:
            name, radius_rad, cap = _read(text)
        except ScaleError as error:
            suggestion = _nearest_spelling(text)
            advice = f'Did you mean "{suggestion}"?' if suggestion else _SPELLINGS
            raise ScaleError(f"{error} {advice}") from None
        return cls(name, radius_rad, cap)

    def __str__(self) -> str:
        return self.name


def _read(spec: str) -> tuple[str, float | None, int | None]:
    """Canonical name, radius in radians and cap of a spelling, in range or not."""
    text = spec.strip().casefold()
    if nearest := _NEAREST.fullmatch(text):
        cap = _read_cap(spec, nearest[1])
        return f"knn:{cap}", None, cap
    if capped := _CAPPED.fullmatch(text):
        cap = _read_cap(spec, capped[1])
        name, radius_rad = _read_radius(spec, capped[2])
        return f"{cap}@{name}", radius_rad, cap
    return *_read_radius(spec, text), None


def _read_cap(spec: str, text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ScaleError(f"Scale {spec!r} needs a whole number of samples, not {text!r}.")
    return int(text)


def _read_radius(spec: str, text: str) -> tuple[str, float]:
    """Canonical name and radians of a radius such as ``100 km``."""
    match = _RADIUS.fullmatch(text)
    if match is None:
        raise ScaleError(f"Scale {spec!r} is not understood.")
    number, unit = float(match[1]), match[2]
    if not unit:
        raise ScaleError(f"Scale {spec!r} has no unit.")
    if unit not in _TO_RADIANS:
        raise ScaleError(f"Scale {spec!r} has the unknown unit {unit!r}; use km, mi, rad or deg.")
    return f"{_digits(number)}{unit}", _TO_RADIANS[unit](number)


def _check_radius(name: str, radius_rad: float) -> None:
    if not math.isfinite(radius_rad):
        raise ScaleError(f"Scale {name!r} has no finite radius.")
    if radius_rad <= 0:
        raise ScaleError(f"Scale {name!r} needs a radius above 0.")
    if radius_rad > _LARGEST_RADIUS_RAD:
        raise ScaleError(
            f"Scale {name!r} covers more than half the globe: the largest radius is "
            f"{_LARGEST_RADIUS_RAD * EARTH_RADIUS_KM:,.0f} km (90 degrees)."
        )


def _digits(number: float) -> str:
    """Shortest digits that read back as the same number."""
    return repr(number).removesuffix(".0")


_MISSPELLED_UNITS = {
    "k": "km",
    "kms": "km",
    "kilometer": "km",
    "kilometers": "km",
    "kilometre": "km",
    "kilometres": "km",
    "mile": "mi",
    "miles": "mi",
    "radian": "rad",
    "radians": "rad",
    "°": "deg",
    "degree": "deg",
    "degrees": "deg",
}
_METRES = {"m", "meter", "meters", "metre", "metres"}
_ALMOST_NEAREST = re.compile(r"(?:k?nn|k)[\s:=_-]*([0-9.,]+)|([0-9.,]+)\s*-?(?:k?nn|neighbou?rs)")


def _nearest_spelling(spec: str) -> str | None:
    """Canonical spelling the text was probably meant as, or None when no slip explains it."""
    text = spec.strip().casefold()
    if "@" in text:
        cap, _, radius = (part.strip() for part in text.partition("@"))
        if cap.endswith(tuple(_TO_RADIANS)):
            cap, radius = radius, cap
        guess = f"{_repaired_cap(cap.removeprefix('knn:'))}@{_repaired_radius(radius)}"
    elif almost := _ALMOST_NEAREST.fullmatch(text):
        guess = f"knn:{_repaired_cap(almost[1] or almost[2])}"
    else:
        guess = _repaired_radius(text)
    try:
        return Scale(*_read(guess)).name
    except ScaleError:
        return None


def _repaired_cap(text: str) -> str:
    return re.sub(r"\.0*$", "", _without_commas(text))


def _repaired_radius(text: str) -> str:
    match = _RADIUS.fullmatch(_without_commas(text))
    if match is None:
        return text
    number, unit = float(match[1]), match[2]
    if not unit:
        unit = "rad" if number < 1 else "km"
    elif unit in _METRES:
        number, unit = number / 1000, "km"
    elif unit not in _TO_RADIANS:
        known = [*_TO_RADIANS, *_MISSPELLED_UNITS]
        close = get_close_matches(unit, known, n=1, cutoff=0.5)
        unit = _MISSPELLED_UNITS.get(unit) or (close[0] if close else unit)
        unit = _MISSPELLED_UNITS.get(unit, unit)
    return f"{_digits(number)}{unit}"


def _without_commas(text: str) -> str:
    """``1,000`` without its thousands separator, ``0,05`` with a decimal point."""
    without_thousands = re.sub(r"[,_](?=[0-9]{3}(?![0-9]))", "", text)
    return without_thousands.replace(",", ".")


def rungs_of(spec: str | Scale) -> list[Scale]:
    """Read a scale, or a ladder of them: ``10km..5000km`` is 10, 20, 50, … 5000 km.

    Both ends are rungs, and the numbers 1, 2 and 5 of every power of ten between them.

    Parameters
    ----------
    spec : str or Scale
        As for `Scale.parse`, or two radii of one unit with two dots between them.

    Returns
    -------
    list of Scale

    Raises
    ------
    ScaleError
        If the spelling is not understood, or the ladder does not go up from radius to radius of
        the same unit.

    Examples
    --------
    >>> [scale.name for scale in rungs_of("30km..500km")]
    ['30km', '50km', '100km', '200km', '500km']
    """
    if isinstance(spec, Scale) or ".." not in str(spec):
        return [Scale.parse(spec)]
    ends = [Scale.parse(end) for end in re.split(r"\s*\.\.\s*", str(spec).strip(), maxsplit=1)]
    if any(end.radius_rad is None or end.cap is not None for end in ends):
        raise ScaleError(
            f'Ladder {str(spec)!r} has to go from radius to radius, as in "10km..5000km".'
        )
    (low, unit), (high, other) = (_number_and_unit(end.name) for end in ends)
    if unit != other:
        raise ScaleError(
            f"Ladder {str(spec)!r} goes from {unit} to {other}: write both ends in one unit, as "
            'in "10km..5000km".'
        )
    if low >= high:
        raise ScaleError(
            f"Ladder {str(spec)!r} does not go up: the radius after the dots has to be the larger."
        )
    powers = range(low.adjusted(), high.adjusted() + 1)
    if 3 * len(powers) > _MOST_RUNGS:
        raise ScaleError(f"Ladder {str(spec)!r} has too many rungs: begin at a larger radius.")
    steps = [Decimal((0, (step,), power)) for power in powers for step in (1, 2, 5)]
    between = [step for step in steps if low < step < high]
    names = [_digits(float(rung)) for rung in (low, *between, high)]
    return [Scale.parse(f"{name}{unit}") for name in names]


def _number_and_unit(name: str) -> tuple[Decimal, str]:
    """Take the canonical name of a radius apart."""
    unit = re.sub(r"^.*[0-9]", "", name)
    return Decimal(name.removesuffix(unit)), unit


def length_rad(name: str, text: object) -> float | None:
    """Return the radians of a length spelled like a radius, or say how to spell it.

    >>> length_rad("cell", "0.005 rad")
    0.005
    >>> length_rad("cell", None)
    """
    if text is None:
        return None
    try:
        scale = Scale.parse(str(text))
    except ScaleError as error:
        raise ScaleError(f"{name}: {error}") from None
    if scale.radius_rad is None or scale.cap is not None:
        raise ScaleError(f'{name} must be a length, as in "100km" or "0.005rad", not {text!r}.')
    return scale.radius_rad


def length_km(text: str | None) -> float | None:
    """Return the kilometres that a text like ``500km`` names, or None if it names no length.

    >>> length_km("500km")
    500.0
    >>> length_km("country")
    """
    try:
        scale = None if text is None else Scale.parse(text)
    except ScaleError:
        return None
    if scale is None or scale.radius_rad is None or scale.cap is not None:
        return None
    return round(scale.radius_rad * EARTH_RADIUS_KM, 9)
