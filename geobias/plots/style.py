"""What all figures have in common: size, type, and colours that everyone can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import RLock
from typing import Any

import matplotlib as mpl
import matplotlib.figure
from matplotlib import font_manager

COLUMN_INCHES = 3.5
"""Width of one column of a journal. A figure is legible at this width."""

WRONG, RIGHT = "#d55e00", "#0072b2"
"""Colours of wrong and right answers: vermillion and blue of Okabe and Ito (2008)."""

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8c8c8c")
"""Colours of models and other series, in this order; those of Okabe and Ito but for yellow."""

INK, QUIET, PALE, FAINT = "#1a1a1a", "#6b6b6b", "#b0b0b0", "#d9d9d9"
"""Colours of what is to be read, of what stands behind it, of thin lines that must be seen, and of
lines to follow."""

_FONT = "DejaVu Sans"
"""Comes with matplotlib."""

_SETTINGS: dict[Any, Any] = {
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "axes.unicode_minus": True,
    "text.parse_math": False,
    "text.usetex": False,
}


_WRITING = ("agg.", "path.", "pdf.", "ps.", "savefig.", "svg.")
"""Settings that begin so are about files."""

_ALONE = RLock()


class Figure(matplotlib.figure.Figure):
    """A figure that a notebook shows by itself: nothing is registered with pyplot."""

    def draw(self, renderer: Any) -> None:
        """Draw in the style of all figures: axes make some of their ticks only now."""
        with styled():
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        picture = BytesIO()
        self.savefig(picture, format="png", dpi=144)
        return picture.getvalue()


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of all figures, whatever the user's settings are, and leave these alone.

    How files are written stays the user's choice: many journals ask for fonts of a certain type.
    """
    # Settings are global: two threads that changed them at a time would leave them changed.
    with _ALONE, mpl.rc_context():
        written = {name: mpl.rcParams[name] for name in mpl.rcParams if name.startswith(_WRITING)}
        families = {"font.family": _families()}
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS | families | written)
        yield


def _families() -> list[str]:
    """Return our font, and those of the user, which may hold letters that ours lacks."""
    # Only settings of fonts are read: to ask for the backend would import pyplot.
    settings: dict[Any, Any] = {
        name: mpl.rcParams[name] for name in mpl.rcParams if name.startswith("font.")
    }
    asked = [
        family
        for name in settings["font.family"]
        for family in settings.get(f"font.{name}", [name])
    ]
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return list(dict.fromkeys([_FONT, *(family for family in asked if family in installed)]))


def new_figure(width: float = 2 * COLUMN_INCHES, height: float = COLUMN_INCHES) -> Figure:
    """Return an empty figure of so many inches, laid out without overlaps."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")
