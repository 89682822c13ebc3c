"""The map that samples are drawn on: land, coasts and borders."""

from __future__ import annotations

import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from geobias.maps import Land, View
from geobias.plots.lengths import draw_length
from geobias.plots.style import INK

LAND, BORDER = "#ececec", "#b4b4b4"

_LONGEST = 0.25
"""The bar of kilometres takes at most so much of the width."""


def draw_land(ax: Axes, view: View, land: Land) -> None:
    """Draw what lies under the samples."""
    low_x, low_y, high_x, high_y = view.bounds
    margin = 0.004 * (high_x - low_x)
    ax.set(xlim=(low_x - margin, high_x + margin), ylim=(low_y - margin, high_y + margin))
    ax.set_aspect("equal")
    ax.set_axis_off()
    edge = PathPatch(
        Path(shapely.get_coordinates(view.edge)), facecolor="white", edgecolor=BORDER, linewidth=0.5
    )
    ax.add_patch(edge)
    ax.add_collection(PathCollection([_path(area) for area in land.areas], facecolors=LAND))
    ax.add_collection(_lines(land))
    if view.frame is not None:
        width, height = high_x - low_x, high_y - low_y
        draw_length(ax, low_x + 0.03 * width, low_y + 0.035 * height, _LONGEST * width)


def redraw_borders(ax: Axes, land: Land) -> None:
    """Draw borders once more above the samples, so that places can be found under them."""
    lines = _lines(land)
    lines.set(zorder=3, alpha=0.35, color=INK, linewidth=0.3)
    ax.add_collection(lines)


def _path(area: shapely.Polygon) -> Path:
    return Path.make_compound_path(
        *(Path(shapely.get_coordinates(ring)) for ring in shapely.get_rings(area))
    )


def _lines(land: Land) -> LineCollection:
    return LineCollection(
        [shapely.get_coordinates(line) for line in land.borders], color=BORDER, linewidth=0.3
    )
