"""What the page of a map needs of it, in few bytes and always the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.maps import Land
from geobias.maps.cells import FEW, PALEST, SMALLEST, ends
from geobias.regions.circles import rim
from geobias.reporting.foreign import printable
from geobias.reporting.layers import ACCURACY, HOT_SPOTS, Layer
from geobias.reporting.mapped import Mapped
from geobias.results.summary import records
from geobias.sphere import Floats

_STEPS = 30_000
"""Positions are whole numbers of this fraction of the width of the map."""

_DETAILS = 6_000
"""The width of the map is so many times the finest detail of coasts."""


def compact(mapped: Mapped, places: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return a map as plain values, with the circles of places, if any, by model."""
    from shapely import get_coordinates

    cells, view = mapped.cells, mapped.view
    low, _, high, _ = view.bounds
    step = (high - low) / _STEPS
    names, place = np.unique(mapped.places.astype(str), return_inverse=True)
    land = Land.of(view, (high - low) / _DETAILS)
    centres = mapped.centres(mapped.drawn[0], mapped.scales[0])
    _, held = mapped.mean(centres, np.ones(len(centres)))
    return {
        "bounds": [round(bound, 3) for bound in view.bounds],
        "step": step,
        "edge": _rings([get_coordinates(view.edge.exterior)], step)[0],
        "land": _rings((get_coordinates(area.exterior) for area in land.areas), step),
        "borders": _rings(map(get_coordinates, land.borders), step),
        "radius": cells.across_km / np.sqrt(3.0),
        "few": FEW,
        "smallest": SMALLEST,
        "palest": PALEST,
        "cells": {
            "x": _whole(cells.x / step),
            "y": _whole(cells.y / step),
            "amongX": _whole(cells.among_x / step),
            "amongY": _whole(cells.among_y / step),
            "lat": [round(value, 2) for value in cells.lat.tolist()],
            "lon": [round(value, 2) for value in cells.lon.tolist()],
            "place": place.tolist(),
            "samples": cells.count.tolist(),
            "centres": held.tolist(),
        },
        "places": names.tolist(),
        "models": [printable(model) for model in mapped.drawn],
        "scales": list(mapped.scales),
        "layers": [_layer(mapped, layer) for layer in mapped.layers],
        "circles": [_circles(mapped, places, model, step) for model in mapped.drawn],
    }


def _circles(
    mapped: Mapped, places: pd.DataFrame | None, model: str, step: float
) -> dict[str, list[Any]]:
    """Return the rims of the places of a model, and where to number them: at the top."""
    lines: list[Any] = []
    at: dict[str, list[Any]] = {"x": [], "y": [], "number": []}
    for row in [] if places is None else records(places[places["model"] == model]):
        x, y = mapped.view.line(*rim(row["lat"], row["lon"], row["radius_km"]))
        lines += np.split(np.column_stack((x, y)), np.flatnonzero(np.isnan(x)))
        top = int(np.nanargmax(y))
        at["x"] += _whole(x[top : top + 1] / step)
        at["y"] += _whole(y[top : top + 1] / step)
        at["number"].append(str(row["place"]))
    return {"lines": _rings((line[~np.isnan(line[:, 0])] for line in lines), step), **at}


def _layer(mapped: Mapped, layer: Layer) -> dict[str, Any]:
    """Return the values of a layer, by model and scale, and what its colours span, by scale."""
    models = mapped.drawn if layer.of_model else mapped.drawn[:1]
    scales = mapped.scales if layer.of_scale else mapped.scales[:1]
    values = []
    for model in models:
        if not layer.of_scale:
            values.append([mapped.accuracy(model)])
            continue
        own = (mapped.centres(model, scale) for scale in scales)
        values.append([mapped.mean(centres, layer.values(centres)) for centres in own])
    return {
        "key": layer.key,
        "label": layer.label,
        "unit": layer.unit,
        "about": layer.about,
        "ofModel": layer.of_model,
        "ofScale": layer.of_scale,
        "spans": [_span(layer, [of[at] for of in values]) for at in range(len(scales))],
        "values": [[_short(mean) for mean, _ in of] for of in values],
    }


def _span(layer: Layer, values: list[tuple[Floats, NDArray[np.int64]]]) -> list[float]:
    """Return the lowest and the highest value that have a colour of their own."""
    mean = np.concatenate([each for each, _ in values])
    count = np.concatenate([each for _, each in values])
    if not count.any():
        return [0.0, 1.0]
    if layer is HOT_SPOTS:
        return [0.0, max(1.0, _rounded(float(np.nanmax(mean)), np.ceil))]
    low, high = ends(mean, count)
    if layer is ACCURACY:
        low, high = 5.0 * np.floor(low / 5.0), 5.0 * np.ceil(high / 5.0)
        return [low, high] if low < high else [max(0.0, low - 5.0), min(100.0, high + 5.0)]
    low, high = _rounded(min(0.0, low), np.floor), _rounded(high, np.ceil)
    return [low, high] if low < high else [low - 0.5, high + 0.5]


def _rounded(value: float, how: Any) -> float:
    """Round to two digits, down or up."""
    if value == 0.0:
        return 0.0
    unit = 10.0 ** (np.floor(np.log10(abs(value))) - 1.0)
    return float(f"{how(round(value / unit, 9)) * unit:.6g}")


def _short(values: Floats) -> list[float | int | None]:
    """Return numbers of three digits, None for NaN."""
    short: list[float | int | None] = []
    for value in values.tolist():
        if value != value:
            short.append(None)
            continue
        rounded = float(f"{value:.3g}")
        short.append(int(rounded) if rounded.is_integer() else rounded)
    return short


def _rings(lines: Iterable[Floats], step: float) -> list[list[int]]:
    """Return lines as whole numbers: x and y of the first point, then steps from point to point."""
    rings = []
    for line in lines:
        points = np.rint(line / step).astype(np.int64)
        moved = np.concatenate(([True], (np.diff(points, axis=0) != 0).any(axis=1)))
        points = points[moved]
        if len(points) > 1:
            rings.append(np.concatenate((points[:1], np.diff(points, axis=0))).ravel().tolist())
    return rings


def _whole(values: Floats) -> list[int]:
    return [int(value) for value in np.rint(values)]
