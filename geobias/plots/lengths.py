"""Lengths in kilometres, for those who look at a map."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from geobias.plots.style import INK

_ROUND = (1.0, 2.0, 5.0)


def round_length(most_km: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that does not exceed a length.

    >>> round_length(731.0), round_length(0.3)
    (500.0, 0.2)
    """
    power = 10.0 ** np.floor(np.log10(most_km))
    return float(power * max(step for step in _ROUND if step * power <= most_km * (1.0 + 1e-9)))


def draw_length(ax: Axes, x: float, y: float, most_km: float) -> None:
    """Draw a bar of a round length from a position on, in axes whose unit is the kilometre."""
    length = round_length(most_km)
    ax.plot([x, x + length], [y, y], color=INK, linewidth=1.5, solid_capstyle="butt", zorder=5)
    ax.annotate(
        f"{length:,g} km", (x, y), xytext=(0.0, 2.5), textcoords="offset points", ha="left",
        fontsize=7.0, color=INK, zorder=5,
    )  # fmt: skip
