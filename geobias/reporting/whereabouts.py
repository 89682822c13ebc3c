"""Where models fail, in words that allow for all tests of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geobias.reporting.families import BETWEEN, IN_PLACES, MORE, NONE, Family
from geobias.results import Groups, WeakPlaces
from geobias.results.group_words import lowest
from geobias.results.place_words import kilometres, named, overall, position
from geobias.results.summary import records
from geobias.results.words import p_value, percent
from geobias.wording import capital

MOST_TOLD = 3
"""Places that are described for each model."""


def in_groups(groups: Groups | None, families: Sequence[Family]) -> dict[str, str]:
    """Say of each model where it does worse than elsewhere, if that is more than chance."""
    if groups is None:
        return {}
    spoken, tests = groups.provenance["groups"], _tests(families, BETWEEN)
    said = {}
    for model, sentence in zip(groups.summary["model"], groups.sentences(), strict=True):
        tested = groups.table[(groups.table["model"] == model) & groups.table["tested"]]
        told = sentence
        if model in tests and tests[model] != MORE and len(tested) > 1:
            none = _none(spoken["noun"], tests[model])
            told = f"{none}; {lowest(records(tested), spoken)}."
        said[model] = capital(told.removeprefix(f"{model}: "))
    return said


def in_places(places: WeakPlaces | None, families: Sequence[Family]) -> dict[str, str]:
    """Say of each model in which places it fails, if that is more than chance."""
    if places is None:
        return {}
    alpha, tests = places.provenance["settings"]["alpha"], _tests(families, IN_PLACES)
    things = "sites" if places.provenance["input"]["merged"] else "samples"
    said = {}
    for row in records(places.summary):
        model = row["model"]
        own = records(places.table[places.table["model"] == model])
        if row["errors"] in (0.0, row["samples"]):
            right = "wrong" if row["errors"] else "right"
            said[model] = f"Undefined: the model is {right} everywhere."
        elif model in tests and tests[model] != MORE:
            said[model] = (
                f"{_none('place', tests[model])}; the most suspicious circle has p "
                f"{p_value(row['p'])}."
            )
        else:
            told = overall(row, alpha, things).removeprefix(f"{model}: ")
            said[model] = f"{capital(told.removesuffix('.'))}{_first(own)}."
    return said


def _tests(families: Sequence[Family], kind: str) -> dict[str, str]:
    """Return the verdicts of the further tests of a kind, by model."""
    tests = {family.model: family.of_kind(kind) for family in families}
    return {model: test.verdict for model, test in tests.items() if test is not None}


def _none(noun: str, verdict: str) -> str:
    """Say that no group or place stands out, or that nobody can tell."""
    open_or_not = (
        f"No {noun} stands out" if verdict == NONE else f"Whether a {noun} stands out is open"
    )
    return f"{open_or_not}, all tests of the model counted"


def _first(places: Sequence[dict[str, Any]]) -> str:
    """Describe the places that chance explains least."""
    told = [_described(place) for place in places[:MOST_TOLD]]
    hidden = len(places) - MOST_TOLD
    more = [f"and {hidden:,} more"] if hidden > 0 else []
    return f": {'; '.join([*told, *more])}" if told else ""


def _described(place: dict[str, Any]) -> str:
    where = named(place["countries"]) if place["countries"] else "at sea"
    at = position(place["lat"], place["lon"])
    around = (
        f"at {at}" if place["sites"] == 1 else f"within {kilometres(place['radius_km'])} of {at}"
    )
    rate, elsewhere = percent(place["error_rate"]), percent(place["elsewhere"])
    return f"{where}, {around} ({rate} wrong, elsewhere {elsewhere})"
