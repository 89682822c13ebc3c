"""Labels beside points that cover neither each other nor the points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from geobias.plots.style import INK, QUIET
from geobias.sphere import Floats

_STEPS = (2.0, 7.0, 13.0, 20.0, 28.0, 38.0, 50.0, 64.0)
"""Points of type between marker and label; the nearest that is free is taken."""

_STRAIGHT = [0.0, 180.0, 90.0, 270.0, 45.0, 135.0, 315.0, 225.0]
_DIRECTIONS = np.radians([*_STRAIGHT, *(float(step) for step in range(0, 360, 9) if step % 45)])
"""Where labels stand from their markers: beside, above and below, then aslant."""

_LEADER = 7.0
"""From so many points on a line leads from the label to its marker."""

_SIZE = 7.0

_APART = 3.0
"""Points of type between a label and the markers of others: nearer ones seem to be its own."""


def label_points(ax: Axes, x: Floats, y: Floats, radius: Floats, labels: Sequence[str]) -> int:
    """Label points, earlier ones first; return how many labels found no room.

    Parameters
    ----------
    ax
        Where the points are drawn, with its final limits.
    x, y
        Positions of the points in the units of the axes.
    radius
        Radius of each marker, in points of type.
    labels
        A label for each of the first points; the others are only kept clear.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # settles the layout, and so where everything is
    unit = figure.dpi / 72.0
    middle = ax.transData.transform(np.column_stack((x, y)))
    half = np.asarray(radius)[:, None] * unit
    bounds = ax.get_window_extent()
    page = _Page(
        inside=np.array([bounds.x0, bounds.y0, bounds.x1, bounds.y1]),
        markers=np.hstack((middle - half, middle + half)),
    )
    missed = 0
    for number, label in enumerate(labels):
        at = (float(x[number]), float(y[number]))
        text = ax.annotate(
            label, at, xytext=(0.0, 0.0), textcoords="offset points", fontsize=_SIZE, color=INK,
            va="center", ha="center", zorder=5,
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
        )  # fmt: skip
        text.set_in_layout(False)
        size: Floats = np.asarray(text.get_window_extent().size)
        found = page.room(number, size, unit)
        if found is None:
            text.remove()
            missed += 1
            continue
        place, away = found
        east, north = (place - middle[number]) / unit
        offset = (float(east), float(north))
        text.set_position(offset)
        if away >= _LEADER:
            line = ax.annotate(
                "", at, xytext=offset, textcoords="offset points", zorder=4,
                arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkA": 0.0,
                            "shrinkB": float(radius[number])},
            )  # fmt: skip
            line.set_in_layout(False)
    return missed


@dataclass
class _Page:
    """What is taken in the axes, in pixels: boxes are (x0, y0, x1, y1), leaders two positions."""

    inside: Floats
    markers: Floats
    labels: list[Floats] = field(default_factory=list)
    leaders: list[Floats] = field(default_factory=list)

    def room(self, number: int, size: Floats, unit: float) -> tuple[Floats, float] | None:
        """Take room for the label of a marker; return its middle and how far away it is."""
        own = self.markers[number]
        middle, radius = (own[:2] + own[2:]) / 2.0, (own[2] - own[0]) / 2.0
        edge = _APART * unit * np.array([-1.0, -1.0, 1.0, 1.0])
        others = np.delete(self.markers, number, axis=0)
        kept_clear = np.vstack((own, others + edge))
        for step in _STEPS:
            for direction in _DIRECTIONS:
                way = np.array([np.cos(direction), np.sin(direction)])
                # Beside a marker a label stands off by half its width, above it by half its height.
                side = np.clip(2.0 * way, -1.0, 1.0)
                place = middle + way * (radius + step * unit) + side * size / 2.0
                box = np.concatenate((place - size / 2.0 - unit, place + size / 2.0 + unit))
                leader = np.stack((middle, place)) if step >= _LEADER else None
                if self._is_free(box, leader, kept_clear, others):
                    self.labels.append(box)
                    if leader is not None:
                        self.leaders.append(leader)
                    return place, step
        return None

    def _is_free(
        self, box: Floats, leader: Floats | None, kept_clear: Floats, others: Floats
    ) -> bool:
        if (box[:2] < self.inside[:2]).any() or (box[2:] > self.inside[2:]).any():
            return False
        taken = np.vstack((kept_clear, *self.labels))
        if ((box[:2] < taken[:, 2:]) & (box[2:] > taken[:, :2])).all(axis=1).any():
            return False
        if any(_crosses(line, box) for line in self.leaders):
            return False
        return leader is None or not any(_crosses(leader, each) for each in (*self.labels, *others))


def _crosses(line: Floats, box: Floats) -> bool:
    """Whether a line passes through a box (Liang and Barsky 1984)."""
    start, way = line[0], line[1] - line[0]
    enter, leave = 0.0, 1.0
    for axis in (0, 1):
        if way[axis] == 0.0:
            if not box[axis] < start[axis] < box[axis + 2]:
                return False
            continue
        ends = np.sort((box[axis::2] - start[axis]) / way[axis])
        enter, leave = max(enter, ends[0]), min(leave, ends[1])
    return enter < leave
