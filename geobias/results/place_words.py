"""What was found about places, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geobias.results.place_tables import COUNTRY_SEPARATOR, ONLY, SHARED
from geobias.results.words import p_value, percent
from geobias.wording import counted, few, listed

MOST_NAMED = 3
"""Countries that a sentence names."""

Row = Mapping[str, Any]


def overall(model: Row, alpha: float, things: str) -> str:
    """Say of one model how much of its failure lies in places.

    Parameters
    ----------
    model
        Its row of the summary.
    alpha
        The largest p of a place.
    things
        What the samples are called.
    """
    name, places = model["model"], model["places"]
    if np.isnan(model["p"]):
        return f"{name}: in no circle that was looked at does it fail more often than elsewhere."
    if not places:
        return (
            f"{name}: no place where it fails more than chance would make it; the most "
            f"suspicious circle has p {p_value(model['p'])}."
        )
    held = 100.0 * model["errors_inside"] / model["errors"]
    of = 100.0 * model["samples_inside"] / model["samples"]
    verb = "holds" if places == 1 else "hold"
    return (
        f"{name}: {counted(places, 'place')} where it fails beyond chance (p at most {alpha:g}) "
        f"{verb} {held:.0f} % of its errors on {of:.0f} % of the {things}."
    )


def place(row: Row, others: Sequence[Row], things: str) -> str:
    """Say of one place where it is and how badly the model does there.

    ``others`` are its rows of the overlaps.
    """
    figures = (
        f"{row['place']}. {named(row['countries'])}: within {kilometres(row['radius_km'])} of "
        f"{position(row['lat'], row['lon'])}, {_count(row['errors'])} of {row['n']:,} {things} are "
        f"wrong ({percent(row['error_rate'])}), where {_count(row['expected'])} would be expected "
        f"(p {p_value(row['p'])}); elsewhere {percent(row['elsewhere'])}"
    )
    at = f"{figures}, all at one site." if row["sites"] == 1 < row["n"] else f"{figures}."
    return " ".join([at, *_together(others)])


def named(countries: str) -> str:
    """Name the first few countries.

    >>> named("Benin; Togo; Ghana; Niger; Mali"), named("")
    ('Benin, Togo, Ghana and 2 more', 'At sea')
    """
    if not countries:
        return "At sea"
    return few(countries.split(COUNTRY_SEPARATOR), MOST_NAMED)


def position(lat: float, lon: float) -> str:
    """Return coordinates as text.

    >>> position(-33.8671, 151.2), position(0.0, -0.001)
    ('33.87° S, 151.20° E', '0.00°, 0.00°')
    """
    return f"{_degrees(lat, 'NS')}, {_degrees(lon, 'EW')}"


def kilometres(length: float) -> str:
    """Return a length as text, no finer than matters.

    >>> kilometres(1234.6), kilometres(12.34), kilometres(0.0)
    ('1,235 km', '12 km', '0 km')
    """
    return f"{length:,.0f} km" if length >= 10.0 or length == 0.0 else f"{length:.2g} km"


def _degrees(value: float, sides: str) -> str:
    text = f"{abs(value):.2f}°"
    return text if text == "0.00°" else f"{text} {sides[0] if value > 0.0 else sides[1]}"


def _count(number: float) -> str:
    """Return a number of errors: a whole one, unless shares or an expectation make it less."""
    return f"{number:,.0f}" if number >= 10.0 or number == round(number) else f"{number:.1f}"


def _together(others: Sequence[Row]) -> list[str]:
    """Say which other models fail there, too, and which do not."""
    said = []
    for relation, words in (
        (SHARED, ("fails there, too", "fail there, too")),
        (ONLY, ("does no worse there than elsewhere", "do no worse there than elsewhere")),
    ):
        models = [
            f"{row['other']} ({percent(row['error_rate'])}, elsewhere {percent(row['elsewhere'])})"
            for row in others
            if row["relation"] == relation
        ]
        if models:
            said.append(f"{listed(models)} {words[len(models) > 1]}.")
    return said
