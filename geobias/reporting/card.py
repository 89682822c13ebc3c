"""A report as a section of a model card, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geobias.reporting import prose, tables
from geobias.reporting.foreign import Names, one_line
from geobias.reporting.markdown import points, table_lines
from geobias.reporting.particulars import remarks, reproduction
from geobias.reporting.verdicts import summed_up

if TYPE_CHECKING:
    from geobias.reporting.document import Report

_WORST = 5
"""Places and groups of each model that are shown."""


def card(report: Report) -> str:
    """Return the section."""
    names, drawn = Names(report.names), report.mapped.drawn
    lines = [
        "## Geographic bias",
        "",
        f"**{names.markdown(summed_up(report.answers))}**",
        "",
        *points(report.sentences()[1:], names),
        "",
        "### Calibrated scores",
        "",
        prose.CALIBRATED,
        "",
        *table_lines(
            tables.calibrated([test for test in report.tests if test.model in drawn]), names
        ),
    ]
    if report.groups is not None:
        regions = tables.regions(report.groups, drawn, worst=_WORST)
        lines += ["", "### Accuracy by region", "", *table_lines(regions, names)]
    if len(report.listed):
        places = tables.places(report.listed, worst=_WORST)
        lines += ["", "### Weak places", "", prose.PLACES, "", *table_lines(places, names)]
    if report.comparison is not None:
        differences = tables.differences(report.comparison, calibrated=True)
        lines += ["", "### Comparison of models", "", *table_lines(differences, names)]
    lines += [
        "",
        "### Published scores",
        "",
        prose.PUBLISHED,
        "",
        *table_lines(tables.published(report.audit, drawn), names),
        "",
        "### Caveats",
        "",
        *points([*prose.CAVEATS, *remarks(report)], names),
        "",
        "### Reproduce",
        "",
    ]
    if report.command is not None:
        # An indented block cannot be closed by what it holds.
        lines += [f"    {one_line(report.command)}", ""]
    for title, rows in reproduction(report):
        known = "; ".join(f"{name} {value}" for name, value in rows)
        lines.append(f"- {names.markdown(f'{title}: {known}.')}")
    lines += ["", "### References", "", *points(prose.CITATIONS, names)]
    return "\n".join(lines) + "\n"
