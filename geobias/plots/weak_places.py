"""A map of the places where models fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geobias.maps import View
from geobias.plots.cell_map import draw_layers
from geobias.plots.choosing import chosen_models
from geobias.plots.layers import Layer, accuracy_layer
from geobias.plots.names import shown_all
from geobias.plots.style import INK
from geobias.regions.circles import rim
from geobias.results.summary import records
from geobias.sphere import Floats

if TYPE_CHECKING:
    from geobias.results import WeakPlaces

_TORN = 0.4
"""A step of this share of the map's width goes over its edge, to come in on the other side."""


def plot_weak_places(
    places: WeakPlaces, *, model: str | Sequence[str] | None, ax: Axes | None
) -> Figure:
    """Draw the places of each model as numbered circles; see `WeakPlacesPlots.map`."""
    models = chosen_models(places.scanned.models, model)
    names = shown_all(models)
    named = {names[each]: each for each in models}
    layers = [replace(accuracy_layer(places.scanned, each), models=names[each]) for each in models]
    table = places.table[places.table["model"].isin(models)]

    def circles(panel: Axes, view: View, layer: Layer) -> None:
        for row in records(table[table["model"] == named[layer.models]]):
            _draw(panel, view, row["lat"], row["lon"], row["radius_km"], str(row["place"]))

    alpha = places.provenance["settings"]["alpha"]
    said = [
        f"Circles: places with more errors than chance makes anywhere (p at most {alpha:g}), the "
        "least likely first."
        if len(table)
        else "There is no place with more errors than chance makes anywhere."
    ]
    return draw_layers(layers, ax, above=circles, said=said)


def _draw(panel: Axes, view: View, lat: float, lon: float, radius_km: float, number: str) -> None:
    halo = [patheffects.withStroke(linewidth=2.6, foreground="white")]
    x, y = view.project(*rim(lat, lon, radius_km))
    panel.plot(*_cut(view, x, y), color=INK, linewidth=1.2, path_effects=halo, zorder=5)
    top = int(np.argmax(y))
    panel.annotate(
        number, (x[top], y[top]), xytext=(0.0, 1.5), textcoords="offset points", ha="center",
        va="bottom", fontsize=8.0, fontweight="bold", color=INK, path_effects=halo, zorder=6,
        annotation_clip=False,
    )  # fmt: skip


def _cut(view: View, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Break a line where it leaves the map on one side and comes in on the other."""
    low, _, high, _ = view.bounds
    torn = np.flatnonzero(np.abs(np.diff(x)) > _TORN * (high - low)) + 1
    return np.insert(x, torn, np.nan), np.insert(y, torn, np.nan)
