"""World maps of what a position encoding takes for near: how alike codes are to that of a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from geobias.encoders import position
from geobias.maps import Land, View
from geobias.plots.basemap import redraw_borders
from geobias.plots.style import INK, QUIET, Figure, new_figure, styled

STEP = 1.0
"""Degrees between the places that are compared."""

COLUMNS = 3

Asked = str | tuple[str, str, Mapping[str, Any]]
"""An encoder by name, or a title, its name and its options."""


def nearness(encoders: Sequence[Asked], lat: float, lon: float) -> Figure:
    """Draw a map per encoder.

    Colour is the cosine of the angle between the codes, after the mean code of the globe is taken
    from both: 1 for the place itself, 0 for a place that is as far as any.
    """
    view, globe = View.world(), _globe()
    land, (x, y) = Land.of(view), view.project(globe[0].ravel(), globe[1].ravel())
    x, y = x.reshape(globe[0].shape), y.reshape(globe[0].shape)
    rows = -(-len(encoders) // COLUMNS)
    with styled():
        figure = new_figure(7.0, 1.32 * rows + 0.45)
        panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
        for panel in panels:
            panel.set_axis_off()
        for panel, encoder in zip(panels, encoders, strict=False):
            title, alike = _alike(encoder, globe, (lat, lon))
            shades = panel.pcolormesh(
                x,
                y,
                alike.reshape(x.shape),
                vmin=-1,
                vmax=1,
                cmap="PuOr_r",
                shading="gouraud",
                rasterized=True,
            )
            redraw_borders(panel, land)
            panel.set_aspect("equal")
            panel.set_title(title, fontsize=7.5, pad=2)
            here = view.project(np.array([lat]), np.array([lon]))
            panel.plot(*here, "o", color="none", markeredgecolor=INK, markersize=5)
        bar = figure.colorbar(shades, ax=panels, location="bottom", aspect=50, shrink=0.5, pad=0.02)
        bar.outline.set_visible(False)
        bar.set_label("how alike the codes are", color=QUIET)
    return figure


def nearness_table(
    encoders: Sequence[Asked], lat: float, lon: float, others: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """How alike the codes of some places are to that of one, as `nearness` has it."""
    places = np.array(list(others.values())).T
    rows = dict(_alike(encoder, places, (lat, lon)) for encoder in encoders)
    return pd.DataFrame(rows, index=list(others)).T.round(2)


def _alike(
    encoder: Asked, places: Sequence[NDArray[Any]], place: tuple[float, float]
) -> tuple[str, NDArray[np.float64]]:
    """The title of an encoder, and how alike codes of places are to that of one."""
    title, name, options = encoder if isinstance(encoder, tuple) else (encoder, encoder, {})
    encode = position(name, **options)
    globe, others = _tensors(_globe()), _tensors(places)
    with torch.no_grad():
        here = encode(lat=torch.tensor([place[0]]).double(), lon=torch.tensor([place[1]]).double())
        area = torch.cos(torch.deg2rad(globe["lat"]))[:, None]
        mean = (encode(**globe) * area).sum(0) / area.sum()
        cosine = torch.nn.functional.cosine_similarity(encode(**others) - mean, here - mean, dim=-1)
    return title, cosine.numpy()


def _globe() -> Sequence[NDArray[Any]]:
    lats, lons = np.arange(-90 + STEP / 2, 90, STEP), np.arange(-180, 180 + STEP, STEP)
    return np.meshgrid(lats, lons, indexing="ij")


def _tensors(places: Sequence[NDArray[Any]]) -> dict[str, torch.Tensor]:
    lat, lon = (torch.from_numpy(np.ascontiguousarray(each).ravel()) for each in places)
    return {"lat": lat, "lon": lon}
