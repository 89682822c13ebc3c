"""How an audit is to be done, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from operator import index
from typing import Any

import numpy as np

from geobias.errors import GeoBiasError
from geobias.scales import EARTH_RADIUS_KM, Scale, length_km, length_rad, rungs_of
from geobias.values import is_finite_number, is_listed

PRESETS = ("geobias", "pygbs", "published")
MARK_CODINGS = ("pm", "01")
BACKGROUNDS = ("everywhere", "land")
SITE_RULES = ("keep", "merge")
INDEXES = ("bands", "balltree")
FAMILIES = ("ssi", "sri")
MOST_LINKS = 16
MOST_SECTORS = 360
LARGEST_SEED = 2**63 - 1

BLOCKS_KM = 0.1, 20_000.0
"""Sides of blocks; the bands of smaller ones would fill the memory."""


@dataclass(frozen=True)
class Settings:
    """The choices of an audit; the words are those of `geobias.score`."""

    scales: tuple[Scale, ...]
    preset: str
    marks: str
    k: int
    background: str
    sites: str
    site_tolerance_km: float
    centres: int | None
    seed: int
    index: str
    permutations: int | None
    within: str | None
    bootstrap: int | None
    block_km: float | None
    fdr: float | None
    centre_permutations: int | None
    scores: tuple[str, ...] = ("ssi",)
    cell: str | None = None
    lag: str | None = None
    sectors: int = 8

    @classmethod
    def checked(cls, *, scales: str | Scale | Sequence[str | Scale], **choices: Any) -> Settings:
        """Parse the scales and refuse choices that do not exist or do not go together."""
        parsed = scales_of(scales)
        choices["k"] = whole_number("k", choices["k"], 1, MOST_LINKS)
        choices["seed"] = whole_number("seed", choices["seed"], 0, LARGEST_SEED)
        if choices["centres"] is not None:
            choices["centres"] = whole_number("centres", choices["centres"], 2)
        for draws in ("permutations", "bootstrap", "centre_permutations"):
            if choices[draws] is not None:
                choices[draws] = whole_number(draws, choices[draws], 1)
        if choices["fdr"] is not None:
            choices["fdr"] = number_between("fdr", choices["fdr"], 0.0, 1.0)
        if choices["block_km"] is not None:
            choices["block_km"] = number_between("block_km", choices["block_km"], *BLOCKS_KM)
        if (side_km := length_km(choices["within"])) is not None:
            number_between("the blocks of within", side_km, *BLOCKS_KM)
        for choice, needs, example in (
            ("within", "permutations", "999"),
            ("block_km", "bootstrap", "999"),
        ):
            if choices[choice] is not None and choices[needs] is None:
                raise GeoBiasError(f"{choice} goes with {needs}: add it, as in {needs}={example}.")
        drawn, fdr = choices["centre_permutations"], choices["fdr"]
        if drawn is not None and fdr is not None and 2.0 / (drawn + 1) > fdr:
            raise GeoBiasError(
                f"With {drawn:,} permutations of a centre no p value is below "
                f"{min(1.0, 2.0 / (drawn + 1)):.3g}, so that no centre can reach fdr {fdr:g}: ask "
                "for more, 99999 for example."
            )
        choices["scores"] = _families(choices.get("scores", cls.scores))
        settings = cls(scales=parsed, **choices)
        settings._check_families()
        for name, known in (
            ("preset", PRESETS),
            ("marks", MARK_CODINGS),
            ("background", BACKGROUNDS),
            ("sites", SITE_RULES),
            ("index", INDEXES),
        ):
            chosen_from(name, getattr(settings, name), known)
        if settings.marks == "01" and settings.preset != "published":
            raise GeoBiasError(
                "marks 01 lets wrong answers pass for empty land, as the published tables did: "
                "it goes with preset published alone."
            )
        return settings

    def record(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        made = {**asdict(self), "scales": [scale.name for scale in self.scales]}
        parts = {name: made.pop(name) for name in ("scores", "cell", "lag", "sectors")}
        return {**made, **parts, "scores": list(self.scores)} if "sri" in self.scores else made

    def _check_families(self) -> None:
        """Refuse choices about scores that were not asked for, and parts that cannot be."""
        if self.centre_permutations is not None and self.fdr is None and "sri" not in self.scores:
            raise GeoBiasError(
                "centre_permutations goes with fdr, or with SRI: add one, as in fdr=0.05."
            )
        if self.fdr is not None and "ssi" not in self.scores:
            raise GeoBiasError(
                'fdr judges centres by SSI: ask for it, as in scores=("ssi", "sri").'
            )
        if "sri" not in self.scores:
            for name in ("cell", "lag"):
                if getattr(self, name) is not None:
                    raise GeoBiasError(
                        f"{name} is about the parts of SRI: ask for it, as in "
                        'scores=("ssi", "sri").'
                    )
            return
        if self.preset == "pygbs":
            raise GeoBiasError(
                "SRI has two definitions, those of the presets geobias and published: pygbs is "
                "for SSI alone."
            )
        for name in ("cell", "lag"):
            length = length_rad(name, getattr(self, name))
            for scale in self.scales:
                if length and scale.radius_rad is not None and length > scale.radius_rad:
                    raise GeoBiasError(
                        f"{name}={getattr(self, name)!r} is larger than the radius of scale "
                        f"{scale}, {scale.radius_rad * EARTH_RADIUS_KM:,.4g} km: ask for a "
                        "smaller one, or leave it out."
                    )
        whole_number("sectors", self.sectors, 2, MOST_SECTORS)


def _families(asked: str | Sequence[str]) -> tuple[str, ...]:
    """Return the families of scores that were asked for, in the order in which they are shown."""
    several: Any = asked if is_listed(asked) else [asked]
    names = [chosen_from("scores", name, FAMILIES) for name in several]
    if not names:
        raise GeoBiasError(f"scores must name one of {', '.join(FAMILIES)} at least.")
    return tuple(family for family in FAMILIES if family in names)


def scales_of(scales: str | Scale | Sequence[str | Scale]) -> tuple[Scale, ...]:
    """Parse one scale or several, ladders among them, each once."""
    several: Any = scales if is_listed(scales) else [scales]
    if not len(several):
        raise GeoBiasError('No scale was given: ask for one, as in "1000km".')
    return tuple(dict.fromkeys(each for scale in several for each in rungs_of(scale)))


def chosen_from(name: str, value: Any, known: Sequence[str]) -> str:
    """Return a choice that exists, or say which ones do."""
    if not isinstance(value, str) or value not in known:
        raise GeoBiasError(f"{name} must be one of {', '.join(known)}, not {value!r}.")
    return value


def number_between(name: str, value: Any, low: float, high: float) -> float:
    """Return a number strictly inside a range, or say what it has to be."""
    number = np.nan if isinstance(value, bool) or not is_finite_number(value) else float(value)
    if not low < number < high:
        raise GeoBiasError(f"{name} must lie between {low:g} and {high:g}, not {value!r}.")
    return number


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
