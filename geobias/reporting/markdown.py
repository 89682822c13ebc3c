"""Lists and tables of GitHub's Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from geobias.reporting.foreign import Names
from geobias.reporting.tables import Cell, Table


def points(lines: Iterable[str], names: Names) -> list[str]:
    """Return the lines of a list."""
    return [f"- {names.markdown(line)}" for line in lines]


def table_lines(table: Table, names: Names) -> list[str]:
    """Return the lines of a caption and a table."""
    rule = ["---:" if column.kind == "number" else "---" for column in table.columns]
    rows = [
        [column.title for column in table.columns],
        rule,
        *([_text(cell, names) for cell in row] for row in table.rows),
    ]
    return [names.markdown(table.caption), "", *(f"| {' | '.join(row)} |" for row in rows)]


def _text(cell: Cell, names: Names) -> str:
    return names.markdown(f"{cell.text} ({cell.note})" if cell.note else cell.text)
