"""The map as a Bokeh figure without data: the page fills it in."""

from __future__ import annotations

from typing import Any

from geobias.reporting.mapped import Mapped

_FARTHEST_IN = 60.0
"""How many times the map can be magnified."""

TOOLTIP = """
<div class="tip">
  <div><strong>@place</strong> <span>@at</span></div>
  <div>@counts</div>
  <div>@value</div>
</div>
"""


def skeleton(mapped: Mapped) -> dict[str, Any]:
    """Return a figure as BokehJS embeds it; equal maps give equal values."""
    from bokeh.core.types import ID
    from bokeh.embed import json_item
    from bokeh.models import (
        ColumnDataSource,
        HoverTool,
        LinearColorMapper,
        PanTool,
        Range1d,
        WheelZoomTool,
    )
    from bokeh.palettes import Viridis256
    from bokeh.plotting import figure

    left, bottom, right, top = mapped.view.bounds
    width, height = right - left, top - bottom
    pan, wheel = PanTool(name="pan"), WheelZoomTool(name="wheel", zoom_on_axis=False)
    plot: Any = figure(
        name="map",
        x_range=_range(Range1d, left, right, width),
        y_range=_range(Range1d, bottom, top, height),
        aspect_ratio=width / height,
        sizing_mode="stretch_width",
        tools=[pan, wheel],
        active_scroll=None,
        toolbar_location=None,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border=0,
    )
    plot.axis.visible = False
    plot.grid.visible = False

    def source(name: str, *columns: str) -> ColumnDataSource:
        return ColumnDataSource({column: [] for column in columns}, name=name)

    mapper = LinearColorMapper(palette=Viridis256, low=0.0, high=1.0, name="colours")
    plot.patches("xs", "ys", source=source("sea", "xs", "ys"), name="sea-shape", line_color=None)
    plot.patches("xs", "ys", source=source("land", "xs", "ys"), name="land-shape", line_color=None)
    shape: dict[str, Any] = {"x": "x", "y": "y", "radius": "radius", "n": 6, "angle": 0.0}
    bare = ("x", "y", "radius")
    plot.ngon(
        **shape, source=source("empty", *bare), name="empty-shape", fill_color=None, line_width=0.6
    )
    hexagons = plot.ngon(
        **shape,
        source=source("cells", *bare, "alpha", "value_", "place", "at", "counts", "value"),
        name="cells-shape",
        fill_alpha="alpha",
        fill_color={"field": "value_", "transform": mapper},
        line_width=0.4,
    )
    plot.multi_line(
        "xs", "ys", source=source("borders", "xs", "ys"), name="borders-shape", line_width=0.6
    )
    rims = source("circles", "xs", "ys")
    plot.multi_line("xs", "ys", source=rims, name="circles-halo", line_width=4.0)
    plot.multi_line("xs", "ys", source=rims, name="circles-shape", line_width=1.5)
    numbers = source("numbers", "x", "y", "number")
    written: dict[str, Any] = {
        "x": "x",
        "y": "y",
        "text": "number",
        "text_align": "center",
        "text_baseline": "bottom",
        "text_font_size": "13px",
        "text_font_style": "bold",
    }
    # An outline is drawn over its letters: those to read come after it.
    plot.text(**written, source=numbers, name="numbers-halo", text_outline_width=3.0)
    plot.text(**written, source=numbers, name="numbers-shape")
    plot.ngon(
        **shape, source=source("chosen", *bare), name="chosen-shape", fill_color=None, line_width=3
    )
    plot.add_tools(HoverTool(renderers=[hexagons], tooltips=TOOLTIP, name="hover"))
    renamed: dict[str, Any] = _renamed(json_item(plot, ID("map-figure")), {})
    return renamed


def _range(kind: Any, low: float, high: float, width: float) -> Any:
    return kind(low, high, bounds=(low, high), min_interval=width / _FARTHEST_IN)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Number all that Bokeh names anew, in the order in which it comes.

    Bokeh counts what it made since it was imported, and gives documents random names.
    """
    if isinstance(value, dict):
        return {
            key: names.setdefault(part, f"b{len(names)}")
            if key in ("id", "root_id") and isinstance(part, str)
            else _renamed(part, names)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_renamed(part, names) for part in value]
    return value
