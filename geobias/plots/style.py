"""What all figures have in common: size, type, and colours that everyone can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import matplotlib as mpl
import matplotlib.figure
from matplotlib.axes import Axes

COLUMN_INCHES = 3.5
"""Width of one column of a journal. A figure is legible at this width."""

WRONG, RIGHT = "#d55e00", "#0072b2"
"""Colours of wrong and right answers: vermillion and blue of Okabe and Ito (2008)."""

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8c8c8c")
"""Colours of models and other series, in this order; those of Okabe and Ito but for yellow."""

INK, QUIET, FAINT = "#1a1a1a", "#6b6b6b", "#d9d9d9"
"""Colours of what is to be read, of what stands behind it, and of lines to follow."""

_SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
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


class Figure(matplotlib.figure.Figure):
    """A figure that a notebook shows by itself: nothing is registered with pyplot."""

    def _repr_png_(self) -> bytes:
        picture = BytesIO()
        self.savefig(picture, format="png", dpi=144)
        return picture.getvalue()


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of all figures, whatever the user's settings are, and leave these alone."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def new_figure(width: float = 2 * COLUMN_INCHES, height: float = COLUMN_INCHES) -> Figure:
    """Return an empty figure of so many inches, laid out without overlaps."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def canvas(ax: Axes | None, width: float, height: float) -> tuple[Any, Axes]:
    """Return the figure and the axes to draw in: those of the user, or new ones."""
    if ax is not None:
        return ax.get_figure(root=False), ax
    figure = new_figure(width, height)
    return figure, figure.add_subplot()
