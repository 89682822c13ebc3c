"""How an audit is to be done, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from operator import index
from typing import Any

from geobias.errors import GeoBiasError
from geobias.scales import Scale

PRESETS = ("geobias", "pygbs", "published")
MARK_CODINGS = ("pm", "01")
SITE_RULES = ("keep", "merge")
INDEXES = ("bands", "balltree")
MOST_LINKS = 16


@dataclass(frozen=True)
class Settings:
    """The choices of an audit; the words are those of `geobias.score`."""

    scales: tuple[Scale, ...]
    preset: str
    marks: str
    k: int
    sites: str
    site_tolerance_km: float
    centres: int | None
    seed: int
    index: str

    @classmethod
    def checked(cls, *, scales: str | Scale | Sequence[str | Scale], **choices: Any) -> Settings:
        """Parse the scales and refuse choices that do not exist or do not go together."""
        several = [scales] if isinstance(scales, str | Scale) else list(scales)
        if not several:
            raise GeoBiasError('No scale was given: ask for one, as in "1000km".')
        parsed = tuple(dict.fromkeys(Scale.parse(scale) for scale in several))
        choices["k"] = whole_number("k", choices["k"], 1, MOST_LINKS)
        choices["seed"] = whole_number("seed", choices["seed"], 0)
        if choices["centres"] is not None:
            choices["centres"] = whole_number("centres", choices["centres"], 2)
        settings = cls(scales=parsed, **choices)
        for name, known in (
            ("preset", PRESETS),
            ("marks", MARK_CODINGS),
            ("sites", SITE_RULES),
            ("index", INDEXES),
        ):
            value = getattr(settings, name)
            if value not in known:
                raise GeoBiasError(f"{name} must be one of {', '.join(known)}, not {value!r}.")
        if settings.marks == "01" and settings.preset != "published":
            raise GeoBiasError(
                "marks 01 lets wrong answers pass for empty land, as the published tables did: "
                "it goes with preset published alone."
            )
        return settings

    def record(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        return {**asdict(self), "scales": [scale.name for scale in self.scales]}


def whole_number(name: str, value: Any, lowest: int, highest: int | None = None) -> int:
    """Return a count as an int, or say what it has to be."""
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None or number < lowest or (highest is not None and number > highest):
        upto = " or more" if highest is None else f" to {highest}"
        raise GeoBiasError(f"{name} must be a whole number of {lowest}{upto}, not {value!r}.")
    return number
