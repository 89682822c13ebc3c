"""Rows of estimates with their intervals: differences of models, and accuracies of groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from geobias.errors import GeoBiasError
from geobias.plots.choosing import chosen_models, chosen_score
from geobias.plots.names import caption, shown_all
from geobias.plots.style import COLUMN_INCHES, FAINT, INK, QUIET, RIGHT, new_figure, styled
from geobias.results.summary import records
from geobias.results.words import ALPHA, p_value
from geobias.wording import counted

if TYPE_CHECKING:
    from geobias.results import Comparison, Groups

MOST_DIFFERENCES = 60
"""More rows do not fit on a page."""

MOST_GROUPS = 40
"""Of more groups the lowest and the highest are shown, half as many each."""

_Line = tuple[str, dict[str, Any] | None]
"""A label and what stands beside it; without that it is a heading."""

_ROW_INCHES = 0.175
_NARROW = 24
"""Labels of so many letters leave room for the intervals in one column."""


def plot_differences(comparison: Comparison, score: str = "clustering") -> Figure:
    """Draw the differences of a comparison; the choices are those of `ComparisonPlots.forest`.

    Examples
    --------
    >>> import geobias
    >>> draw = np.random.default_rng(0)
    >>> table = pd.DataFrame({"lat": draw.normal(48, 1, 300), "lon": draw.normal(11, 1, 300)})
    >>> table = table.assign(a=draw.random(300) < 0.8, b=draw.random(300) < 0.8)
    >>> comparison = geobias.compare(table, correct=["a", "b"], scales="50km")
    >>> figure = plot_differences(comparison)
    >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    ['50km', 'b − a']
    """
    table = comparison.table
    score = chosen_score(list(table["score"].unique()), score)
    rows = table[table["score"] == score]
    if len(rows) > MOST_DIFFERENCES:
        pairs, scales = len(rows) // rows["scale"].nunique(), rows["scale"].nunique()
        raise GeoBiasError(
            f"{counted(pairs, 'pair')} of models at {counted(scales, 'scale')} are "
            f"{len(rows):,} rows, too many for one figure, which shows at most "
            f"{MOST_DIFFERENCES}: compare fewer models or scales, or all with one of them "
            "(against=)."
        )
    if rows["difference"].isna().all():
        raise GeoBiasError(f"There is nothing to draw: every difference in {score} is undefined.")
    # Pairs stand in the same order at every scale, that of their mean difference.
    pair = rows["first"].astype(str) + "\0" + rows["second"].astype(str)
    mean = rows.groupby(pair)["difference"].mean()
    rank = pair.map(mean.rank(method="first", ascending=False, na_option="bottom"))
    names = shown_all([*rows["first"], *rows["second"]], 22)
    with styled():
        lines: list[_Line] = []
        for scale in rows["scale"].unique():
            here = (rows["scale"] == scale).to_numpy()
            lines.append((str(scale), None))
            lines += [
                (f"{names[row['second']]} − {names[row['first']]}", row)
                for row in records(rows[here].loc[rank[here].sort_values().index])
            ]
        figure, (ax,) = _sheet([len(lines)], max(len(label) for label, _ in lines))
        _set_rows(ax, lines)
        ax.axvline(0.0, color=QUIET, linewidth=0.8, zorder=1, gid="no difference")
        _head(ax, "p (Holm)")
        for y, (_, row) in enumerate(lines):
            if row is not None:
                _draw_difference(ax, y, row)
        ax.set_xlabel(f"difference in mean {score} (nats)")
        ax.xaxis.set_major_formatter(FuncFormatter(_signed))
        ax.locator_params(axis="x", nbins=5)
        caption(figure, _of_differences(rows, score))
    return figure


def plot_groups(groups: Groups, *, model: str | Sequence[str] | None = None) -> Figure:
    """Draw the accuracy in each group; the choices are those of `GroupsPlots.forest`.

    Examples
    --------
    >>> import geobias
    >>> draw = np.random.default_rng(0)
    >>> table = pd.DataFrame({"lat": draw.normal(48, 1, 300), "lon": draw.normal(11, 9, 300)})
    >>> table["hit"] = draw.random(300) < 0.8
    >>> figure = plot_groups(geobias.groups(table, by="country"))
    >>> figure.axes[0].get_xlabel()
    'accuracy (%)'
    """
    models = chosen_models(list(groups.summary["model"]), model)
    overall = groups.summary.set_index("model")["accuracy"]
    plural = groups.provenance["groups"]["plural"]
    said = ["Bars: 95 % intervals. Line: overall."]
    chosen: dict[str, list[_Line]] = {}
    labels = shown_all(groups.table["group"], 24)
    for each in models:
        table = groups.table[groups.table["model"] == each]
        chosen[each], left_out = _chosen_groups(table, labels, plural)
        said += left_out
    names = shown_all(models, 26)
    limits = _limits(chosen, [float(overall[each]) for each in models])
    with styled():
        longest = max(len(label) for lines in chosen.values() for label, _ in lines)
        figure, panels = _sheet([len(lines) for lines in chosen.values()], longest)
        for ax, (each, lines) in zip(panels, chosen.items(), strict=True):
            _set_rows(ax, lines)
            ax.axvline(100.0 * overall[each], color=QUIET, linewidth=0.8, zorder=1, gid="overall")
            _head(ax, "n")
            for y, (_, row) in enumerate(lines):
                if row is not None:
                    _draw_group(ax, y, row, limits)
            ax.set_xlabel("accuracy (%)")
            ax.set_title(f"{names[each]}\n{100.0 * overall[each]:.1f} % overall")
            ax.set_xlim(*limits)
        drawn = [row for lines in chosen.values() for _, row in lines if row is not None]
        if not all(row["tested"] for row in drawn):
            said.append("Hollow: too few samples to be tested.")
        if any(_is_beyond(row, limits) for row in drawn):
            said.append("Arrows: beyond the axis.")
        caption(figure, list(dict.fromkeys(said)))
    return figure


def _chosen_groups(
    table: pd.DataFrame, labels: dict[str, str], plural: str
) -> tuple[list[_Line], list[str]]:
    """Return the groups to show, lowest first, and say which ones are left out."""
    said = []
    if len(table) > MOST_GROUPS and table["tested"].any():
        few = int((~table["tested"]).sum())
        table = table[table["tested"]]
        if few:
            said.append(f"{few:,} {plural} too small to be tested are left out.")
    lines: list[_Line] = [(labels[row["group"]], row) for row in records(table)]
    if len(lines) > MOST_GROUPS:
        half = MOST_GROUPS // 2
        said.append(f"The {half} lowest and the {half} highest of {len(lines):,} {plural}.")
        between = f"{len(lines) - 2 * half:,} between"
        lines = [*lines[:half], (between, None), *lines[-half:]]
    return lines, said


def _sheet(rows: list[int], longest: int) -> tuple[Figure, list[Axes]]:
    """Return axes for so many rows of labels each, one below the other."""
    width = COLUMN_INCHES if longest <= _NARROW else 1.5 * COLUMN_INCHES
    heights = [_ROW_INCHES * (count + 1.5) for count in rows]
    figure = new_figure(width, sum(heights) + 0.65 * len(rows) + 0.35)
    axes = figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights)
    return figure, axes.ravel().tolist()


def _set_rows(ax: Axes, lines: list[_Line]) -> None:
    """Set a row for each line, from the top; those without figures are headings."""
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.set_yticks(range(len(lines)), [label for label, _ in lines])
    ax.tick_params(axis="y", length=0.0)
    ax.spines["left"].set_visible(False)
    for y, (tick, (_, row)) in enumerate(zip(ax.get_yticklabels(), lines, strict=True)):
        if row is None:
            tick.set_fontweight("bold")
        else:
            ax.axhline(y, color=FAINT, linewidth=0.4, zorder=0)


def _head(ax: Axes, text: str) -> None:
    """Put a heading over the figures at the right."""
    ax.annotate(
        text, (1.0, 1.0), xycoords="axes fraction", xytext=(4.0, 2.0), textcoords="offset points",
        ha="left", va="bottom", fontsize=7.0, color=QUIET,
    )  # fmt: skip


def _draw_row(
    ax: Axes, y: int, value: float, ends: tuple[float, float], figures: str, *, solid: bool,
    colour: str,
) -> None:  # fmt: skip
    """Draw an estimate and its interval, with figures at the right."""
    if not np.isnan(ends[0]):
        ax.plot(ends, (y, y), color=colour, linewidth=1.1, zorder=2, clip_on=False, gid="interval")
    # At 100 % a marker reaches beyond the axes: nothing is clipped.
    ax.plot(
        value, y, "o", markersize=4.5, color=colour, markerfacecolor=colour if solid else "white",
        zorder=3, clip_on=False, gid="estimate",
    )  # fmt: skip
    ax.annotate(
        figures, (1.0, y), xycoords=("axes fraction", "data"), xytext=(4.0, 0.0),
        textcoords="offset points", va="center", fontsize=7.0,
    )  # fmt: skip


def _draw_difference(ax: Axes, y: int, row: dict[str, Any]) -> None:
    p = row["p_holm"]
    if np.isnan(row["difference"]):
        ax.annotate(
            "undefined", (0.0, y), va="center", ha="center", fontsize=7.0, color=QUIET,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip
        return
    ends = row["low"], row["high"]
    _draw_row(ax, y, row["difference"], ends, p_value(p), solid=bool(p <= ALPHA), colour=INK)


def _limits(chosen: dict[str, list[_Line]], overall: list[float]) -> tuple[float, float]:
    """Return the ends of the axis in percent, the same for all models: groups tested lie inside."""
    rows = [row for lines in chosen.values() for _, row in lines if row is not None]
    telling = [row for row in rows if row["tested"]] or rows
    ends = [row[end] for row in telling for end in ("low", "high")]
    known = 100.0 * np.array([*ends, *overall], dtype=np.float64)
    low, high = np.nanmin(known), np.nanmax(known)
    margin = max(0.05 * (high - low), 1.0)
    return max(float(low - margin), -1.0), min(float(high + margin), 101.0)


def _is_beyond(row: dict[str, Any], limits: tuple[float, float]) -> bool:
    """Whether a part of the interval is off the axis."""
    return bool(100.0 * row["low"] < limits[0] or 100.0 * row["high"] > limits[1])


def _draw_group(ax: Axes, y: int, row: dict[str, Any], limits: tuple[float, float]) -> None:
    """Draw the accuracy of a group; arrows say where it reaches beyond the axis."""
    low, value, high = (100.0 * row[name] for name in ("low", "accuracy", "high"))
    tested = bool(row["tested"])
    colour = RIGHT if tested else QUIET
    value = value if limits[0] <= value <= limits[1] else np.nan
    ends = float(np.clip(low, *limits)), float(np.clip(high, *limits))
    _draw_row(ax, y, value, ends, f"{row['n']:,}", solid=tested, colour=colour)
    for marker, end, beyond in (("<", limits[0], low), (">", limits[1], high)):
        if np.clip(beyond, *limits) == end != beyond:
            ax.plot(end, y, marker, markersize=3.5, color=colour, clip_on=False, gid="beyond")


def _signed(value: float, _: Any) -> str:
    return f"{value:+,g}".replace("-", "−") if value else "0"


def _of_differences(rows: pd.DataFrame, score: str) -> list[str]:
    """Say how to read the differences, and what is missing."""
    said = [f"Filled: p (Holm) of at most {ALPHA:g}."]
    if rows["low"].notna().any():
        said.append("Bars: 95 % intervals.")
    if missing := int((rows["low"].isna() & rows["difference"].notna()).sum()):
        said.append(f"No interval could be had for {missing:,} of {len(rows):,}.")
    if score == "marked":
        said.append("This score grows with accuracy, even when errors fall at random.")
    return said
