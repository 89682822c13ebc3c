"""Small pictures of one neighbourhood: its samples, right and wrong, and the scores they get.

A picture shows what the engine scored, and the scores under it come from the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import NDArray

import geobias
from geobias.plots.style import FAINT, INK, QUIET, RIGHT, WRONG, Figure, new_figure, styled
from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import Floats

RADIUS_KM = 100.0
LON = 20.0
"""The discs lie on the equator, where a map of them is plain, at this longitude."""
LINKS = 4
WIDTH, LINE = 7.0, 0.17
"""Inches: of a row of pictures, and of a line of text."""


@dataclass(frozen=True)
class Disc:
    """One neighbourhood: where its samples lie around the centre, and which are right.

    The first sample is the centre. Without `right`, only locations matter.
    """

    name: str
    east_km: Floats
    north_km: Floats
    right: NDArray[np.bool_] | None = None

    def scores(self) -> Mapping[str, Any]:
        """Return the scores of the centre."""
        right = np.arange(self.east_km.size) % 2 == 0 if self.right is None else self.right
        table = pd.DataFrame(
            {
                "lat": np.degrees(self.north_km / EARTH_RADIUS_KM),
                "lon": LON + np.degrees(self.east_km / EARTH_RADIUS_KM),
                "correct": right,
            }
        )
        audit = geobias.score(table, correct="correct", scales=f"{RADIUS_KM:g}km")
        return dict(audit.samples.iloc[0])


def evenly(samples: int) -> tuple[Floats, Floats]:
    """Spread samples like the seeds of a sunflower, the first in the middle."""
    number = np.arange(samples)
    away = 0.97 * RADIUS_KM * np.sqrt(number / samples)
    turn = number * np.pi * (3.0 - np.sqrt(5.0))
    return away * np.cos(turn), away * np.sin(turn)


def in_towns(samples: int, towns: int, seed: int) -> tuple[Floats, Floats]:
    """Crowd two thirds of the samples into towns, and scatter the rest over the disc."""
    draw = np.random.default_rng(seed)
    east, north = _scattered(samples, draw)
    middle = np.column_stack(_scattered(towns, draw)) * 0.75
    crowded = np.flatnonzero(draw.random(samples) < 2.0 / 3.0)
    town = draw.integers(towns, size=crowded.size)
    spread = draw.normal(0.0, 8.0, (crowded.size, 2))
    east[crowded], north[crowded] = (middle[town] + spread).T
    away = np.maximum(np.hypot(east, north) / (0.97 * RADIUS_KM), 1.0)
    east, north = east / away, north / away
    east[0] = north[0] = 0.0
    return east, north


def scattered(samples: int, seed: int) -> tuple[Floats, Floats]:
    """Let chance spread the samples over the disc, but for the first, which is the centre."""
    east, north = _scattered(samples, np.random.default_rng(seed))
    east[0] = north[0] = 0.0
    return east, north


def _scattered(samples: int, draw: np.random.Generator) -> tuple[Floats, Floats]:
    away = 0.97 * RADIUS_KM * np.sqrt(draw.random(samples))
    turn = draw.uniform(-np.pi, np.pi, samples)
    return away * np.cos(turn), away * np.sin(turn)


def wrong_at(where: NDArray[np.int64], samples: int) -> NDArray[np.bool_]:
    """Return which samples are right, if those in `where` are wrong."""
    right = np.ones(samples, dtype=bool)
    right[where] = False
    return right


def at_random(samples: int, wrong: int, seed: int) -> NDArray[np.bool_]:
    """Let chance place the errors."""
    return wrong_at(np.random.default_rng(seed).choice(samples, wrong, replace=False), samples)


def beside_each_other(
    east: Floats, north: Floats, wrong: int, around: tuple[float, float]
) -> NDArray[np.bool_]:
    """Put the errors nearest to one place."""
    away = np.hypot(east - around[0], north - around[1])
    return wrong_at(np.argsort(away, kind="stable")[:wrong], east.size)


def apart(east: Floats, north: Floats, wrong: int, seed: int) -> NDArray[np.bool_]:
    """Put each error where the fewest links lead to errors that are there already."""
    linked = np.zeros((east.size, east.size))
    linked[np.arange(east.size)[:, None], _nearest(east, north)] = 1.0
    linked += linked.T
    order = np.random.default_rng(seed).random(east.size)
    chosen: list[int] = []
    for _ in range(wrong):
        cost = linked[:, chosen].sum(axis=1) + order
        cost[chosen] = np.inf
        chosen.append(int(np.argmin(cost)))
    return wrong_at(np.array(chosen), east.size)


def by_crowding(east: Floats, north: Floats, wrong: int, *, isolated: bool) -> NDArray[np.bool_]:
    """Put the errors on the most isolated samples, or on the most crowded ones."""
    link = _nearest(east, north)[:, -1]
    order = np.argsort(np.hypot(east - east[link], north - north[link]), kind="stable")
    return wrong_at(order[::-1][:wrong] if isolated else order[:wrong], east.size)


def _nearest(east: Floats, north: Floats) -> NDArray[np.int64]:
    """Return the samples that each sample is linked to, the farthest last."""
    distance = np.hypot(east[:, None] - east, north[:, None] - north)
    np.fill_diagonal(distance, np.inf)
    return np.argsort(distance, axis=1, kind="stable")[:, :LINKS]


def draw(discs: Sequence[Disc], says: Sequence[str], *, links: bool = False) -> Figure:
    """Draw neighbourhoods side by side, and under each what the scores named in `says` are."""
    with styled():
        marked = any(disc.right is not None for disc in discs)
        height = WIDTH / len(discs) + LINE * (len(says) + (3.0 if marked else 1.5))
        figure = new_figure(WIDTH, height)
        for place, disc in enumerate(discs, start=1):
            ax = figure.add_subplot(1, len(discs), place)
            _draw_disc(ax, disc, links=links)
            _say(ax, disc, says)
        if marked:
            handles, labels = figure.axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=2, markerscale=1.3)
    return figure


def _draw_disc(ax: Axes, disc: Disc, *, links: bool) -> None:
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_xlim(-1.04 * RADIUS_KM, 1.04 * RADIUS_KM)
    ax.set_ylim(-1.04 * RADIUS_KM, 1.04 * RADIUS_KM)
    ax.add_patch(Circle((0.0, 0.0), RADIUS_KM, facecolor="#f7f7f7", edgecolor=QUIET, linewidth=0.8))
    if links:
        _draw_links(ax, disc)
    if disc.right is None:
        ax.plot(disc.east_km, disc.north_km, "o", color=INK, markersize=3.6, markeredgewidth=0)
        return
    for right, name, marker, colour, size in (
        (True, "right", "o", RIGHT, 3.6),
        (False, "wrong", "X", WRONG, 5.4),
    ):
        own = disc.right == right
        ax.plot(
            disc.east_km[own], disc.north_km[own], marker, color=colour, markersize=size,
            markeredgecolor="white", markeredgewidth=0.4, label=name,
        )  # fmt: skip


def _draw_links(ax: Axes, disc: Disc) -> None:
    """Draw the graph of samples alone: each is linked to its nearest others."""
    east, north = disc.east_km, disc.north_km
    for sample, others in enumerate(_nearest(east, north)):
        for other in others:
            both_wrong = disc.right is not None and not (disc.right[sample] or disc.right[other])
            ax.plot(
                east[[sample, other]], north[[sample, other]],
                color=WRONG if both_wrong else FAINT, linewidth=1.3 if both_wrong else 0.5,
                zorder=1.5 if both_wrong else 1.2, solid_capstyle="round",
            )  # fmt: skip


def _say(ax: Axes, disc: Disc, says: Sequence[str]) -> None:
    """Write the name of a disc above it and its scores below."""
    ax.set_title(disc.name, loc="center")
    scores = disc.scores()
    for line, score in enumerate(says):
        text = f"{score} {scores[score]:.1f}"
        if f"{score}_z" in scores:
            text += f"  (z {scores[f'{score}_z']:+.1f})".replace("-", "−")
        ax.text(
            0.5, -0.03 - 0.08 * line, text, transform=ax.transAxes, ha="center", va="top",
            weight="bold" if line == 0 else "normal", color=INK if line == 0 else QUIET,
        )  # fmt: skip
