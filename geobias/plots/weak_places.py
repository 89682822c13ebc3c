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

if TYPE_CHECKING:
    from geobias.results import WeakPlaces


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
    x, y = view.line(*rim(lat, lon, radius_km))
    panel.plot(x, y, color=INK, linewidth=1.2, path_effects=halo, zorder=5)
    top = int(np.nanargmax(y))
    panel.annotate(
        number, (x[top], y[top]), xytext=(0.0, 1.5), textcoords="offset points", ha="center",
        va="bottom", fontsize=8.0, fontweight="bold", color=INK, path_effects=halo, zorder=6,
        annotation_clip=False,
    )  # fmt: skip
