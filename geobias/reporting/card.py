"""A report as a section of a model card, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from geobias.reporting import prose, tables
from geobias.reporting.foreign import Names, one_line
from geobias.reporting.particulars import remarks, reproduction
from geobias.reporting.tables import Cell, Table
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
        *_points(report.sentences()[1:], names),
        "",
        "### Calibrated scores",
        "",
        prose.CALIBRATED,
        "",
        *_table(tables.calibrated([test for test in report.tests if test.model in drawn]), names),
    ]
    if report.groups is not None:
        regions = tables.regions(report.groups, drawn, worst=_WORST)
        lines += ["", "### Accuracy by region", "", *_table(regions, names)]
    if len(report.listed):
        places = tables.places(report.listed, worst=_WORST)
        lines += ["", "### Weak places", "", prose.PLACES, "", *_table(places, names)]
    if report.comparison is not None:
        differences = tables.differences(report.comparison, calibrated=True)
        lines += ["", "### Comparison of models", "", *_table(differences, names)]
    lines += [
        "",
        "### Published scores",
        "",
        prose.PUBLISHED,
        "",
        *_table(tables.published(report.audit, drawn), names),
        "",
        "### Caveats",
        "",
        *_points([*prose.CAVEATS, *remarks(report)], names),
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
    lines += ["", "### References", "", *_points(prose.CITATIONS, names)]
    return "\n".join(lines) + "\n"


def _points(lines: Iterable[str], names: Names) -> list[str]:
    return [f"- {names.markdown(line)}" for line in lines]


def _table(table: Table, names: Names) -> list[str]:
    """Return a caption and a table of GitHub's Markdown."""
    rule = ["---:" if column.kind == "number" else "---" for column in table.columns]
    rows = [
        [column.title for column in table.columns],
        rule,
        *([_text(cell, names) for cell in row] for row in table.rows),
    ]
    return [names.markdown(table.caption), "", *(f"| {' | '.join(row)} |" for row in rows)]


def _text(cell: Cell, names: Names) -> str:
    return names.markdown(f"{cell.text} ({cell.note})" if cell.note else cell.text)
