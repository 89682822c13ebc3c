"""Cards: the fragments of HTML that notebooks show of results.

All style stands in attributes, so that nothing leaks into the rest of a notebook. Colours are those
of the notebook, so that a card is as light or dark as what surrounds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from geobias.reporting.foreign import Names, printable
from geobias.wording import counted

MOST_ROWS = 60
"""Rows of a table that are shown."""

MOST_LINES = 12
"""Lines of a list that are shown before the rest is folded."""

_CARD = "max-width:80em;line-height:1.5;text-align:left"
_LIST = "margin:.3em 0;padding-left:1.4em"
_WIDE = "overflow-x:auto;margin:.6em 0"
_TABLE = "border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums"
_HEAD = "border-bottom:1px solid;vertical-align:bottom;white-space:normal"
_CELL = "padding:.15em .7em .15em 0"
_NUMBER = f"{_CELL};text-align:right;white-space:nowrap"
_WORDS = f"{_CELL};text-align:left;white-space:nowrap"
_PROSE = f"{_CELL};text-align:left;min-width:9em;max-width:32em;overflow-wrap:anywhere"
_PROSE_LENGTH = 20
_FOLD = "margin:.3em 0"
_TITLE = "cursor:pointer"

_FIGURE = r"[-+−]?\d[\d.,]*(e[-+]?\d+)?( %)?"
_FIGURES = re.compile(rf"{_FIGURE}( ?(…|±|-|of|\() ?{_FIGURE}\)?)*")
_NO_FIGURE = ("", "undefined", "too few")


class Cards:
    """Writes cards that speak of things with these names.

    Parameters
    ----------
    names
        What the data call models, groups and columns. Names that run from right to left are kept
        from rearranging the words beside them.
    """

    def __init__(self, names: Iterable[object] = ()) -> None:
        self._names = Names(str(name) for name in names)

    def text(self, text: object) -> Markup:
        """Return HTML that shows just this text; markup stays as it is."""
        return text if isinstance(text, Markup) else self._names.html(text)

    def said(self, claim: str, figures: str = "") -> Markup:
        """Return a claim that stands out, and the figures behind it."""
        strong = Markup("<strong>{}</strong>").format(self.text(claim))
        return strong + Markup(" ") + self.text(figures) if figures else strong

    def paragraph(self, line: str | Markup) -> Markup:
        """Return a paragraph."""
        return Markup('<p style="{}">{}</p>').format("margin:.3em 0", self.text(line))

    def code(self, words: str, line: str) -> Markup:
        """Return words that lead to code to copy."""
        return Markup('{}<code dir="ltr" style="white-space:pre-wrap">{}</code>').format(
            words, printable(line)
        )

    def listed(self, lines: Sequence[str | Markup]) -> Markup:
        """Return a list, which folds what is beyond its first lines."""
        items = [Markup("<li>{}</li>").format(self.text(line)) for line in lines]
        if not items:
            return Markup()
        shown, hidden = items[:MOST_LINES], items[MOST_LINES:]
        more = self.folded(f"{len(hidden):,} more", _list(hidden)) if hidden else Markup()
        return _list(shown) + more

    def table(self, table: pd.DataFrame) -> Markup:
        """Return a table for reading, its numbers as text already; nothing of an empty one."""
        if not len(table):
            return Markup()
        top = table.head(MOST_ROWS).astype(str)
        styles = [_style(top[name]) for name in top]
        head = Markup().join(
            Markup('<th scope="col" style="{};{}">{}</th>').format(style, _HEAD, self.text(name))
            for name, style in zip(top, styles, strict=True)
        )
        rows = Markup().join(self._row(row, styles) for row in top.itertuples(index=False))
        shown = Markup(
            '<div style="{}"><table style="{}"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
            "</div>"
        ).format(_WIDE, _TABLE, head, rows)
        if len(table) > MOST_ROWS:
            shown += self.paragraph(f"These are the first {MOST_ROWS} of {len(table):,} rows.")
        return shown

    def folded(self, title: str, *parts: Markup) -> Markup:
        """Return parts that open at a click; nothing if they are empty."""
        inside = Markup().join(parts)
        if not inside:
            return Markup()
        return Markup('<details style="{}"><summary style="{}">{}</summary>{}</details>').format(
            _FOLD, _TITLE, self.text(title), inside
        )

    def notes(self, notes: Sequence[str]) -> Markup:
        """Return notes, folded."""
        return self.folded(counted(len(notes), "note"), self.listed(notes))

    def lost(self, read: Mapping[str, Any]) -> Markup:
        """Say how many rows were dropped and why; nothing if none was.

        ``read`` is the record of a `Ledger`.
        """
        gone = read["read"] - read["kept"]
        if not gone:
            return Markup()
        reasons = "; ".join(f"{drop['count']:,} {drop['reason']}" for drop in read["dropped"])
        return self.paragraph(f"{counted(gone, 'row')} of {read['read']:,} dropped: {reasons}.")

    def whole(self, *parts: Markup) -> str:
        """Return the card as text."""
        return str(Markup('<div dir="ltr" style="{}">{}</div>').format(_CARD, Markup().join(parts)))

    def _row(self, row: Iterable[str], styles: Sequence[str]) -> Markup:
        cells = (
            Markup('<td style="{}">{}</td>').format(style, self.text(text))
            for text, style in zip(row, styles, strict=True)
        )
        return Markup("<tr>{}</tr>").format(Markup().join(cells))


def _list(items: Iterable[Markup]) -> Markup:
    return Markup('<ul style="{}">{}</ul>').format(_LIST, Markup().join(items))


def _style(column: pd.Series[str]) -> str:
    if all(text in _NO_FIGURE or _FIGURES.fullmatch(text) for text in column):
        return _NUMBER
    return _PROSE if column.str.len().max() > _PROSE_LENGTH else _WORDS
