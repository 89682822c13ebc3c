"""Maps of means in cells of equal area."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from geobias.coordinates import check, normalise
from geobias.errors import GeoBiasError, InputError
from geobias.geometry.places import Ints
from geobias.maps import Cells, Land, View
from geobias.maps.cells import FEW, SMALLEST
from geobias.plots.basemap import draw_land, redraw_borders
from geobias.plots.colouring import colours_of, faces, weights
from geobias.plots.layers import ACCURACY, Layer
from geobias.plots.names import caption, wrapped
from geobias.plots.panels import literally, panels
from geobias.plots.style import COLUMN_INCHES, QUIET, styled
from geobias.sphere import Floats

EDGE = "#8a8a8a"

_LARGEST = 1e150
"""Larger numbers cannot be averaged."""

_SMALL_KM2 = 10.0

_COARSE_KM = 200.0
"""On maps that are not wider, coasts at 1 : 50 million are only about right."""

_SHEET_INCHES = 2 * COLUMN_INCHES
_TALLEST_INCHES, _TITLE_INCHES, _BELOW_INCHES = 4.6, 0.2, 0.6

_UPRIGHT = 0.8
"""Of maps that are taller than this, compared to their width, three fit side by side."""


def cell_map(
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    label: str,
    signed: bool = False,
    ax: Axes | None = None,
) -> Figure:
    """Map the mean of any column of numbers, in hexagons of equal area.

    Parameters
    ----------
    lat, lon : array-like
        Degrees.
    values : array-like
        A number for each position; NaN where there is none.
    label : str
        What the numbers are, with their unit.
    signed : bool
        Whether 0 is in the middle of the colours.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> draw = np.random.default_rng(0)
    >>> lat, lon = draw.normal(48, 3, 500), draw.normal(11, 4, 500)
    >>> figure = cell_map(lat, lon, lat**2, label="squared latitude")
    >>> figure.axes[-1].get_xlabel()
    'squared latitude'
    """
    places = [_numbers(*each) for each in (("lat", lat), ("lon", lon), ("values", values))]
    if places[0].ndim != 1 or len({each.shape for each in places}) > 1:
        shapes = ", ".join(str(each.shape) for each in places)
        raise InputError(
            f"lat, lon and values must be lists of one length, not of shapes {shapes}."
        )
    check(places[0], places[1], degrees=True)
    known = ~(np.isnan(places[0]) | np.isnan(places[1]))
    if not known.any():
        raise GeoBiasError("There is nothing to map: no position is known.")
    where = normalise(places[0][known], places[1][known])
    layer = Layer(*where, places[2][known], label, signed=signed)
    return draw_layers([layer], ax)


def _numbers(name: str, given: npt.ArrayLike) -> Floats:
    """Return finite numbers and NaN, or say what else there is."""
    try:
        numbers = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be numbers, and NaN where there is none.") from None
    endless = int((np.abs(numbers) > _LARGEST).sum())
    if endless:
        raise InputError(f"{name}: {endless:,} of {numbers.size:,} are infinite or beyond 1e150.")
    return numbers


def draw_layers(
    layers: Sequence[Layer],
    ax: Axes | None = None,
    *,
    above: Callable[[Axes, View, Layer], None] | None = None,
    said: Sequence[str] = (),
) -> Figure:
    """Draw a map for each layer, all of the same places and with the same colours.

    ``above`` draws more on each map, and ``said`` is to be said of that.
    """
    first = layers[0]
    view = View.of(first.lat, first.lon)
    land, cells = Land.of(view), Cells.of(view, first.lat, first.lon)
    means = [cells.mean(layer.values) for layer in layers]
    colours, extend = colours_of(layers, means)
    with styled():
        figure, maps = _panels(len(layers), view, ax)
        for panel, layer, (mean, known) in zip(maps, layers, means, strict=True):
            draw_land(panel, view, land)
            _draw_cells(panel, cells, mean, known, colours)
            redraw_borders(panel, land)
            if above is not None:
                above(panel, view, layer)
            literally(panel.set_title(layer.title, loc="left", y=1.0, pad=4.0))
        bar = figure.colorbar(
            colours, ax=maps, location="bottom", fraction=0.05, pad=0.02, aspect=45, shrink=0.7,
            extend=extend,
        )  # fmt: skip
        bar.outline.set_linewidth(0.0)
        if first.share:
            bar.formatter = PercentFormatter(1.0, symbol="" if first.signed else " %")
        undefined = _undefined(layers)
        if ax is None:
            bar.set_label(first.label)
            caption(figure, [*said, *_said(view, cells, first), *undefined, f"{view.name}."])
        else:
            # What lies below the axes of somebody else belongs to others.
            inches = maps[0].get_position().width * figure.bbox.width / figure.dpi
            words = "\n".join(wrapped([each], inches) for each in (first.label, *said, *undefined))
            bar.set_label(words)
        literally(bar.ax.xaxis.label)
    return figure


def _panels(count: int, view: View, ax: Axes | None) -> tuple[Figure, list[Axes]]:
    """Return a figure and axes for so many maps, as many side by side as suits their shape."""
    low_x, low_y, high_x, high_y = view.bounds
    shape = (high_y - low_y) / (high_x - low_x)
    columns = min(count, 2 if shape < _UPRIGHT else 3)
    wide = _SHEET_INCHES / columns
    tall = min(_TALLEST_INCHES, shape * wide) + _TITLE_INCHES
    return panels(count, (wide, tall), columns=columns, below=_BELOW_INCHES, ax=ax)


def _draw_cells(ax: Axes, cells: Cells, mean: Floats, known: Ints, colours: ScalarMappable) -> None:
    """Draw cells in their colours; small and pale if they hold little, hollow if all is unknown."""
    weight = weights(np.where(known > 0, known, cells.count))
    # Cells may reach over the edge of the map: cut off there, some could not be seen.
    drawn = PolyCollection(
        list(cells.hexagons(0.97 * np.maximum(weight, SMALLEST))),
        facecolors=faces(colours, mean, known, weight),
        edgecolors=[EDGE if each else QUIET for each in known],
        linewidths=[0.2 if each else 0.4 for each in known],
        zorder=2,
        clip_on=False,
    )
    ax.add_collection(drawn, autolim=False)


def _said(view: View, cells: Cells, layer: Layer) -> list[str]:
    """Say what a hexagon is, and what it may be by chance."""
    area = f"{cells.area_km2:,.0f}" if cells.area_km2 >= _SMALL_KM2 else f"{cells.area_km2:.2g}"
    said = [
        f"Hexagons of {area} km² ({cells.across_km:g} km across), smaller and paler "
        f"where fewer than {FEW} {layer.things}; none where there are none."
    ]
    if layer.quantity == ACCURACY:
        share = float(np.nanmean(layer.values))
        points = 196.0 * np.sqrt(share * (1.0 - share) / FEW)
        if points >= 1.0:
            said.append(
                f"In a cell of {FEW} {layer.things} chance alone moves the accuracy by about "
                f"±{points:.0f} percentage points."
            )
    low, _, high, _ = view.bounds
    if high - low < _COARSE_KM:
        said.append("Coasts and borders are drawn for maps of larger areas.")
    return said


def _undefined(layers: Sequence[Layer]) -> list[str]:
    """Say at how many samples there is no value."""
    counts = [
        f"{layer.undefined:,}" + (f" ({layer.title})" if len(layers) > 1 else "")
        for layer in layers
        if layer.undefined
    ]
    if not counts:
        return []
    first = layers[0]
    return [
        f"Undefined at {', '.join(counts)} of {first.lat.size:,} {first.things}; a cell with no "
        "other is hollow."
    ]
