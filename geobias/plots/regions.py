"""Scores against accuracy by region: whether errors cluster where they are many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geobias.errors import GeoBiasError
from geobias.inference.proportions import shares, wilson
from geobias.plots.choosing import chosen_models, chosen_scale, chosen_score
from geobias.plots.labelling import label_points
from geobias.plots.names import caption, shown_all
from geobias.plots.panels import panels
from geobias.plots.style import COLUMN_INCHES, QUIET, SERIES, styled
from geobias.regions.grouping import Grouping, by_column, by_country
from geobias.regions.world import SCHEMES
from geobias.results.scores import NEVER_NEGATIVE, SCORES, SRI, present
from geobias.scales import Scale
from geobias.wording import counted, nearest

if TYPE_CHECKING:
    from geobias.results import Audit

LEAST = 20
"""A mean of fewer scores says little."""

MOST_LABELS = 16
"""Of more regions, some are named: those with the highest scores or the lowest accuracies."""

_NAMED_OF_EACH = 6

_TOLERANCE_KM = 20.0
"""As far from a country a sample counts for it, as in `geobias.groups`."""

_LONGEST = 24
"""Letters of a label."""

_SMALLEST, _LARGEST = 14.0, 220.0
_HEIGHT = 0.95 * COLUMN_INCHES


def plot_regions(
    audit: Audit,
    by: str = "continent",
    *,
    score: str = "clustering",
    model: str | Sequence[str] | None = None,
    scale: str | Scale | None = None,
) -> Figure:
    """Draw mean scores against accuracies; the choices are those of `AuditPlots.regions`.

    Examples
    --------
    >>> import geobias
    >>> table = geobias.simulate.world("weak-region", n=500)
    >>> audit = geobias.score(table, scales="1000km")
    >>> plot_regions(audit).axes[0].get_ylabel()
    'mean clustering score (nats)'
    """
    score = chosen_score(present(SCORES, audit.summary), score)
    models = chosen_models(audit.scored.models, model)
    name = chosen_scale(list(audit.summary["scale"].unique()), scale)
    grouping = _grouping(audit, by)
    if np.isnan([audit.scored.accuracy[audit.scored.models.index(each)] for each in models]).all():
        raise GeoBiasError(
            "There is nothing to draw scores against: the mean of more than two levels does not "
            "tell which share of a merged site is right. Score without sites='merge'."
        )
    tables = {each: _by_region(audit, grouping, each, name, score) for each in models}
    _refuse_nothing(tables, grouping, score)
    known = [table[table["scores"] >= LEAST].dropna(subset="accuracy") for table in tables.values()]
    names = shown_all(models)
    labels = shown_all(grouping.names, _LONGEST)
    with styled():
        figure, axes = panels(
            len(models), (COLUMN_INCHES, _HEIGHT), below=0.4, sharex=True, sharey=True
        )
        largest = max(int(table["scores"].max()) for table in known if len(table))
        for panel, each, table in zip(axes, models, known, strict=True):
            panel.tick_params(labelbottom=True, labelleft=True)
            panel.set_title(f"{names[each]}, {name}")
            panel.set_xlabel("accuracy (%)")
            panel.set_ylabel(f"mean {score} score (nats)")
            _draw_regions(panel, table, score, largest)
        said = _said(audit, grouping, tables, score, largest)
        caption(figure, said)
        missed = 0
        for panel, table in zip(axes, known, strict=True):
            missed += _name_regions(panel, table, labels, largest)
        if missed:
            caption(figure, [*said, f"{counted(missed, 'label')} found no room."])
    return figure


def _refuse_nothing(tables: dict[str, pd.DataFrame], grouping: Grouping, score: str) -> None:
    """Refuse to draw where no region has enough scores."""
    most = max((int(table["scores"].max()) for table in tables.values() if len(table)), default=0)
    if most >= LEAST:
        return
    if not most and any((table["centres"] >= LEAST).any() for table in tables.values()):
        raise GeoBiasError(
            f"There is nothing to draw: {score} is undefined at every centre of every "
            f"{grouping.noun}."
        )
    raise GeoBiasError(
        f"No {grouping.noun} has {LEAST} centres with a {score} score, fewer of which say little; "
        f"the largest has {most:,}. Group by larger regions, or score around more centres."
    )


def _grouping(audit: Audit, by: str | None) -> Grouping:
    """Return the region of every sample."""
    samples = audit.scored
    if by in SCHEMES:
        return by_country(samples, by, _TOLERANCE_KM)
    if by is not None and by == samples.grouped_by:
        return by_column(samples, by)
    close = nearest(by, SCHEMES)
    advice = f" Did you mean {close[0]!r}?" if close else ""
    held = f", or {samples.grouped_by!r}" if samples.grouped_by else ""
    raise GeoBiasError(
        f"by={by!r} is no grouping of this audit: take {', '.join(SCHEMES)}{held}.{advice}"
    )


def _by_region(
    audit: Audit, grouping: Grouping, model: str, scale: str, score: str
) -> pd.DataFrame:
    """Return the accuracy of all samples of each region, and the mean score of its centres."""
    samples, table = audit.scored, audit.samples
    count = len(grouping.names)
    inside = grouping.group >= 0
    group = grouping.group[inside]
    n = np.bincount(group, minlength=count)
    correct = samples.correct[samples.models.index(model), inside].astype(np.float64)
    hits = np.bincount(group, weights=correct, minlength=count)
    low, high = wilson(hits, n)
    rows = table[(table["model"] == model) & (table["scale"] == scale)]
    at = np.searchsorted(samples.rows, rows["sample"].to_numpy())
    centres = pd.Series(rows[score].to_numpy(np.float64)).groupby(grouping.group[at])
    found = pd.DataFrame(
        {
            "region": grouping.names, "accuracy": shares(hits, n), "low": low, "high": high,
            "centres": centres.size(), "scores": centres.count(), "mean": centres.mean(),
        },
        index=range(count),
    )  # fmt: skip
    return found[found["centres"] > 0]


def _draw_regions(ax: Axes, table: pd.DataFrame, score: str, largest: int) -> None:
    """Draw the regions of one model, and leave room for their names."""
    if score in NEVER_NEGATIVE:
        ax.axhline(1.0, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1, gid="chance")
        ax.annotate(
            "chance", (1.0, 1.0), xycoords=("axes fraction", "data"), xytext=(2.0, 0.0),
            textcoords="offset points", va="center", fontsize=7.0, color=QUIET,
        )  # fmt: skip
    x, y = 100.0 * table["accuracy"], table["mean"]
    ax.hlines(
        y, 100.0 * table["low"], 100.0 * table["high"], color=SERIES[0], linewidth=0.7, alpha=0.5,
        zorder=2, gid="intervals",
    )  # fmt: skip
    ax.scatter(
        x, y, s=_area(table, largest), color=SERIES[0], alpha=0.75, edgecolor="white",
        linewidth=0.5, zorder=3, gid="regions",
    )  # fmt: skip
    ax.margins(0.12, 0.15)


def _area(table: pd.DataFrame, largest: int) -> pd.Series[float]:
    """Return the area of each marker, in points of type squared."""
    return (_LARGEST * table["scores"] / largest).clip(lower=_SMALLEST)


def _name_regions(ax: Axes, table: pd.DataFrame, labels: dict[str, str], largest: int) -> int:
    """Name the regions, or the most telling ones of many; return how many found no room."""
    if not len(table):
        ax.annotate(
            "nothing to draw", (0.5, 0.5), xycoords="axes fraction", ha="center", color=QUIET
        )
        return 0
    if len(table) > MOST_LABELS:
        telling = np.minimum(
            table["mean"].rank(ascending=False), table["accuracy"].rank(ascending=True)
        )
        named = telling <= _NAMED_OF_EACH
    else:
        named = pd.Series(True, index=table.index)
    order = np.lexsort((-table["scores"], ~named))
    table, count = table.iloc[order], int(named.sum())
    return label_points(
        ax, (100.0 * table["accuracy"]).to_numpy(), table["mean"].to_numpy(),
        np.sqrt(_area(table, largest).to_numpy() / np.pi),
        [labels[region] for region in table["region"][:count]],
    )  # fmt: skip


def _said(
    audit: Audit, grouping: Grouping, tables: dict[str, pd.DataFrame], score: str, largest: int
) -> list[str]:
    """Say how to read the figure, and what is not in it."""
    said = [
        f"Circles: {grouping.plural}, by number of centres with a score (at most {largest:,}). "
        "Bars: 95 % intervals of accuracy. Mean scores have none: near centres share samples."
    ]
    few = [int((table["scores"] < LEAST).sum()) for table in tables.values()]
    if max(few):
        things = grouping.noun if max(few) == 1 else grouping.plural
        said.append(f"Left out: {_span(few)} {things} with fewer than {LEAST} of them.")
    first = next(iter(tables.values()))
    undefined = [int((table["centres"] - table["scores"]).sum()) for table in tables.values()]
    if max(undefined):
        said.append(f"Undefined at {_span(undefined)} of {first['centres'].sum():,.0f} centres.")
    centres = audit.samples["sample"].nunique()
    if outside := centres - int(first["centres"].sum()):
        said.append(f"{counted(outside, 'centre')} in none of the {grouping.plural}.")
    if max(int((table["scores"] >= LEAST).sum()) for table in tables.values()) > MOST_LABELS:
        said.append(
            f"Named: the {_NAMED_OF_EACH} with the highest scores, and with the lowest accuracies."
        )
    if score == "marked":
        said.append("This score grows with accuracy, even when errors fall at random.")
    if score in SRI:
        said.append("This score grows as parts get small, even by chance.")
    return said


def _span(counts: list[int]) -> str:
    """Return a count, or between which it lies from model to model.

    >>> _span([3, 3]), _span([4, 2])
    ('3', '2 to 4')
    """
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
