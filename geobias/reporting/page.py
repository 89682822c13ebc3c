"""A report as one HTML page that asks for nothing from anywhere."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup

from geobias.reporting import prose, tables
from geobias.reporting.compact import compact
from geobias.reporting.families import MORE, SHOWN
from geobias.reporting.figure import skeleton
from geobias.reporting.foreign import Names
from geobias.reporting.mapped import Mapped
from geobias.reporting.particulars import at_a_glance, left_out, remarks, reproduction
from geobias.reporting.rendering import asset, render
from geobias.reporting.verdicts import Answer, summed_up
from geobias.results.words import ALPHA, percent

if TYPE_CHECKING:
    from geobias.reporting.document import Report
    from geobias.results import Comparison

_MOST_CARDS = 4
"""Models that have a card each; more of them share a table."""

_MOST_SAID = 6
"""Differences between models that are said in full above their table."""

_LONG = 25
"""Tables of more rows get a window of their own to scroll in."""


def page(report: Report) -> str:
    """Return the page of a report."""
    audit, groups, comparison = report.audit, report.groups, report.comparison
    drawn = report.mapped.drawn
    return render(
        "report.html",
        Names(report.names),
        _scripts(),
        title="Geographic bias report",
        summed_up=summed_up(report.answers),
        answers=_answers(report),
        cards=len(report.answers) <= _MOST_CARDS,
        models=tables.models(report.answers),
        facts=at_a_glance(report),
        map=_map(report.mapped, _first(report), report.listed),
        map_notes=left_out(report),
        places=tables.places(report.listed) if report.places else None,
        place_sentences=_placeless(report),
        regions=tables.regions(groups, drawn) if groups else None,
        region_sentences=_of_drawn(groups.sentences(), groups.summary["model"], drawn)
        if groups
        else [],
        calibrated=tables.calibrated(report.tests),
        published=tables.published(audit),
        sentences=audit.sentences(),
        differences=[
            tables.differences(comparison, calibrated=True),
            tables.differences(comparison, calibrated=False),
        ]
        if comparison
        else [],
        comparison_findings=_differing(comparison) if comparison else [],
        comparison_sentences=comparison.sentences() if comparison else [],
        notes=remarks(report),
        prose=prose,
        reproduce=reproduction(report),
        command=report.command,
        long=_LONG,
    )


def explorer(mapped: Mapped) -> str:
    """Return a page with the interactive map alone."""
    return render(
        "explore.html", Names(mapped.drawn), _scripts(), title="Map of an audit",
        map=_map(mapped, 0, None), map_notes=[],
    )  # fmt: skip


def _answers(report: Report) -> list[tuple[Answer, str]]:
    return [(answer, percent(answer.accuracy)) for answer in report.answers]


def _first(report: Report) -> int:
    """Return which of the drawn models the map opens with: one that shows more than chance."""
    verdicts = {answer.model: answer.verdict for answer in report.answers}
    drawn = report.mapped.drawn
    return next((at for at, model in enumerate(drawn) if verdicts[model] == MORE), 0)


def _placeless(report: Report) -> list[str]:
    """Say of the drawn models that no place is listed for why that is so."""
    kept = set(report.mapped.drawn) - set(report.listed["model"])
    return [f"{answer.model}: {answer.places}" for answer in report.answers if answer.model in kept]


def _map(mapped: Mapped, first: int, places: pd.DataFrame | None) -> dict[str, Any]:
    """Return what the template of the map needs."""
    left, bottom, right, top = mapped.view.bounds
    return {
        "aspect": f"{(right - left) / (top - bottom):.4f}",
        "data": _json(compact(mapped, places)),
        "figure": _json(skeleton(mapped)),
        "layers": mapped.layers,
        "models": mapped.drawn,
        "first": first,
        "scales": mapped.scales,
        "view": mapped.view.name,
        "across": f"{mapped.cells.across_km:,.0f}",
        "cells": f"{mapped.cells.x.size:,}",
    }


def _differing(comparison: Comparison) -> list[str]:
    """Say which models differ in a calibrated score, beyond chance."""
    table = comparison.table
    found = zip(table["score"], table["p_holm"], comparison.sentences(), strict=True)
    said = [line for score, p, line in found if score in SHOWN and p <= ALPHA]
    if not said:
        return ["No calibrated score differs between models beyond chance."]
    tests = len(SHOWN) * table["scale"].nunique()
    luck = (
        f"Each of the {tests:,} pairings of score and scale is tested at {100.0 * ALPHA:g} % over "
        f"all pairs of models: where none differs, chance alone lets {ALPHA * tests:.2g} of them "
        "say so on average."
    )
    hidden = len(said) - _MOST_SAID
    more = [f"… and {hidden:,} more differences, in the table."] if hidden > 0 else []
    return [*said[:_MOST_SAID], *more, luck]


def _of_drawn(said: list[str], models: Any, drawn: tuple[str, ...]) -> list[str]:
    return [each for each, model in zip(said, models, strict=True) if model in drawn]


def _json(value: Any) -> Markup:
    """Return JSON that cannot end the element that it stands in."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


@cache
def _scripts() -> tuple[str, ...]:
    """Return BokehJS and what the page adds to it."""
    from bokeh.resources import Resources

    bokeh = Resources(mode="inline", components=["bokeh"]).js_raw[0]
    if "</script" in bokeh.lower():
        raise AssertionError("BokehJS holds what ends a script: it cannot stand in a page.")
    return bokeh, *map(asset, ("tables.js", "paper.js", "map.js"))
