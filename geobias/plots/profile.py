"""Mean scores against the size of the neighbourhoods: they show at which scale bias lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geobias.errors import GeoBiasError
from geobias.plots.choosing import chosen_models, chosen_score
from geobias.plots.names import caption, fitting, shown_all
from geobias.plots.panels import literally, panels
from geobias.plots.style import COLUMN_INCHES, QUIET, SERIES, styled
from geobias.results.profile import peaks, profile_of
from geobias.results.scores import NEVER_NEGATIVE, SCORES, SRI, present
from geobias.scales import Scale

if TYPE_CHECKING:
    from geobias.results import Audit

_MARKERS = {"radius": "o", "nearest": "s", "capped": "D"}
_DODGE = 0.012
"""Share of the axis by which the models are set apart, so that their intervals are."""

_LETTERS_ABREAST = 46
_MOST_NAMED = 6
_MOST_TOLD = 2
_MOST_TICKS = 6
_MOST_DECIMALS = 6
_MARGIN = 0.06
_LEAST_SPAN = 1.01
_WIDE = 200.0
"""On an axis over so many times the smallest radius, powers of ten are numbers enough."""

_PLACES_ALONE = ("unmarked", "crowding")
"""Scores that are the same for all models."""

_SOLID = 4
"""So many models have solid lines; those of the others are dashed."""


@dataclass(frozen=True)
class _Stop:
    """A scale on the axis of kilometres: its kind is that of its marker."""

    name: str
    kind: str
    km: float


def plot_profile(
    audit: Audit,
    score: str = "clustering",
    *,
    model: str | Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw mean scores against radius; the choices are those of `AuditPlots.profile`.

    Examples
    --------
    >>> import pandas as pd, geobias
    >>> draw = np.random.default_rng(0)
    >>> table = pd.DataFrame({"lat": draw.normal(48, 1, 300), "lon": draw.normal(11, 1, 300)})
    >>> audit = geobias.score(
    ...     table.assign(hit=draw.random(300) < 0.8), scales=["20km", "50km", "100km"]
    ... )
    >>> plot_profile(audit).axes[0].get_xlabel()
    'radius of the neighbourhood (km)'
    """
    score = chosen_score(present(SCORES, audit.summary), score)
    models = chosen_models(audit.scored.models, model)
    if score in _PLACES_ALONE:
        models = models[:1]
    table = profile_of(audit, score, models)
    everywhere = _stops(table)
    stops = [stop for stop in everywhere if stop.km > 0.0]
    flat = [stop.name for stop in everywhere if stop not in stops]
    if len(stops) < 2:
        lost = f" At {', '.join(flat)} most neighbourhoods are one place." if flat else ""
        only = f"only {stops[0].name}" if stops else "none with a radius"
        raise GeoBiasError(
            f"A profile needs several scales, but the audit has {only}: score at more, as in "
            f'scales=["50km", "100km", "500km", "1000km"].{lost}'
        )
    if table["mean"].isna().all():
        raise GeoBiasError(
            f"There is no profile to draw: {score} is undefined at every centre and scale."
        )
    names = shown_all(models)
    with styled():
        columns = _legend_columns(names)
        legend = 0.14 * -(-len(models) // columns)
        figure, (panel,) = panels(1, (COLUMN_INCHES, 0.9 * COLUMN_INCHES + legend), ax=ax)
        panel.set_xscale("log")
        for number, each in enumerate(models):
            own = table[table["model"] == each].set_index("scale")
            _draw_model(panel, own, stops, number, len(models), names[each])
        _finish(panel, score, stops, columns)
        said = _said(table.set_index(["model", "scale"]), score, stops, names, flat)
        said += peaks(audit, score, models) if len(models) <= _MOST_TOLD else []
        if ax is None:
            caption(figure, said)
        else:
            # The figure is the user's: what there is to say goes below the axis.
            text = fitting(said, panel.get_window_extent().width / figure.dpi, lines=1)
            panel.set_xlabel(f"{panel.get_xlabel()}\n{text}".strip(), fontsize=7.0)
        literally(panel.xaxis.label, panel.yaxis.label)
    return figure


def _stops(table: pd.DataFrame) -> list[_Stop]:
    """Return the scales from small to large."""
    stops = []
    for name, km in table.groupby("scale", sort=False)["radius_km"].first().items():
        scale = Scale.parse(str(name))
        kind = (
            "radius" if scale.cap is None else "nearest" if scale.radius_rad is None else "capped"
        )
        stops.append(_Stop(str(name), kind, float(km)))
    return stops


def _draw_model(
    ax: Axes, rows: pd.DataFrame, stops: list[_Stop], number: int, count: int, name: str
) -> None:
    """Draw one model: only scales of one kind are joined by a line."""
    low, high = _ends(stops)
    aside = (high / low) ** (_DODGE * (number - (count - 1) / 2.0))
    colour = SERIES[number]
    label: str | None = name
    for kind, marker in _MARKERS.items():
        alike = [stop for stop in stops if stop.kind == kind]
        if not alike:
            continue
        x = np.array([stop.km for stop in alike]) * aside
        part = rows.loc[[stop.name for stop in alike]]
        y = part["mean"].to_numpy(np.float64)
        style: dict[str, Any] = {
            "color": colour, "marker": marker, "markersize": 4.5,
            "linestyle": "-" if number < _SOLID else (0, (4, 1.5)),
            "markerfacecolor": colour if kind == "radius" else "white",
        }  # fmt: skip
        ax.plot(x, y, label=label, gid=f"{kind} {name}", zorder=3, **style)
        label = None
        if part["low"].notna().any():
            ends = part[["low", "high"]].to_numpy(np.float64).T
            ax.vlines(x, *ends, color=colour, linewidth=1.0, alpha=0.8, zorder=2.5)


def _finish(ax: Axes, score: str, stops: list[_Stop], columns: int) -> None:
    """Set axes, the line of chance and the legend."""
    ax.set_xlabel("radius of the neighbourhood (km)", fontsize=8.0)
    ax.set_ylabel(f"mean {score} score (nats)", fontsize=8.0)
    low, high = _ends(stops)
    margin = max(high / low, _LEAST_SPAN) ** _MARGIN
    ax.set_xlim(low / margin, high * margin)
    ticks = _ticks(stops, *ax.get_xlim())
    ax.set_xticks(ticks, _told_apart(ticks))
    ax.minorticks_off()
    low, high = ax.get_ylim()
    if score in NEVER_NEGATIVE:
        ax.axhline(1.0, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1, gid="chance")
        ax.annotate(
            "chance", (1.0, 1.0), xycoords=("axes fraction", "data"), xytext=(2.0, 0.0),
            textcoords="offset points", va="center", fontsize=7.0, color=QUIET,
        )  # fmt: skip
        high = max(high, 1.3)
    ax.set_ylim(min(0.0, low) if low < -0.1 * high else 0.0, high)
    if score not in _PLACES_ALONE:
        ax.legend(
            loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.3, ncols=columns,
            columnspacing=1.2, handlelength=1.8, labelspacing=0.3,
        )  # fmt: skip


def _legend_columns(names: dict[str, str]) -> int:
    """Return how many names stand side by side in the legend."""
    longest = max(map(len, names.values()))
    return max(1, min(len(names), _LETTERS_ABREAST // (longest + 6)))


def _ticks(stops: list[_Stop], low: float, high: float) -> list[float]:
    """Return round numbers of kilometres, or the ends themselves where there are none between."""
    ends = _ends(stops)
    steps = (1.0, 2.0, 5.0) if ends[1] / ends[0] < _WIDE else (1.0,)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1.0)
    ticks = [float(power * step) for power in powers for step in steps]
    ticks = [tick for tick in ticks if low <= tick <= high]
    if len(ticks) > 1:
        return ticks[:: -(-len(ticks) // _MOST_TICKS)]
    return list(dict.fromkeys(ends))


def _told_apart(ticks: list[float]) -> list[str]:
    """Return lengths in kilometres with as many digits as tell them apart."""
    said = [f"{km:,.3g}" if km < 1000.0 else f"{km:,.0f}" for km in ticks]
    for decimals in range(1, _MOST_DECIMALS + 1):
        if len(set(said)) == len(ticks):
            break
        said = [f"{km:,.{decimals}f}" for km in ticks]
    return said


def _ends(stops: list[_Stop]) -> tuple[float, float]:
    """Return the smallest and the largest radius."""
    return min(stop.km for stop in stops), max(stop.km for stop in stops)


def _said(
    rows: pd.DataFrame, score: str, stops: list[_Stop], names: dict[str, str], flat: list[str]
) -> list[str]:
    """Say what the markers mean, and what could not be drawn."""
    said = []
    nearest = [stop for stop in stops if stop.kind == "nearest"]
    if nearest:
        at = ", ".join(f"{stop.km:,.3g} km for {stop.name}" for stop in nearest)
        said += ["Squares: nearest, by median radius.", f"It is {at}."]
    if capped := [stop.name for stop in stops if stop.kind == "capped"]:
        said.append(f"Diamonds: at most so many samples within a radius ({', '.join(capped)}).")
    if flat:
        said.append(f"Not drawn, as most neighbourhoods are one place: {', '.join(flat)}.")
    if rows["low"].notna().any():
        said.append("Bars: 95 % intervals.")
        spanned = rows["low"].notna().groupby("scale").any()
        if none := [stop.name for stop in stops if not spanned[stop.name]]:
            said.append(f"There are too few blocks for one at {', '.join(none)}.")
    missing = rows.index[rows["mean"].isna()]
    undefined = [f"{names[each]} at {scale}" for each, scale in missing if each in names]
    if undefined:
        more = f" and {len(undefined) - _MOST_NAMED:,} more" if len(undefined) > _MOST_NAMED else ""
        named = ", ".join(undefined[:_MOST_NAMED])
        said.append(f"Undefined at every centre: {named}{more}.")
    if score == "marked":
        said.append("This score grows with accuracy, even when errors fall at random.")
    if score in SRI:
        said.append("This score grows as parts get small, even by chance.")
    if score in _PLACES_ALONE:
        said.append("This score is about the places of samples alone, the same for every model.")
    return said
