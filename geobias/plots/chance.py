"""What chance makes of the mean scores, and what was observed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geobias.errors import GeoBiasError
from geobias.plots.choosing import chosen_models, chosen_scale, chosen_score
from geobias.plots.names import caption, shown_all
from geobias.plots.panels import panels
from geobias.plots.style import COLUMN_INCHES, FAINT, QUIET, WRONG, styled
from geobias.results.scores import SCORES, SRI_RELATIVE, nats
from geobias.results.words import p_value
from geobias.scales import Scale
from geobias.sphere import Floats
from geobias.wording import counted

if TYPE_CHECKING:
    from geobias.results import Audit

MOST_SCALES = 6
"""More panels side by side are too small to read."""

_COLUMNS = 3
_PANEL_HEIGHT = 1.75
_RANGE = (2.5, 97.5)
_SAME = 1e-6


def plot_chance(
    audit: Audit,
    score: str = "clustering",
    *,
    model: str | Sequence[str] | None = None,
    scale: str | Scale | None = None,
) -> Figure:
    """Draw the permutations beside the observed mean; the choices are those of `AuditPlots.chance`.

    Examples
    --------
    >>> import pandas as pd, geobias
    >>> draw = np.random.default_rng(0)
    >>> table = pd.DataFrame({"lat": draw.normal(48, 1, 300), "lon": draw.normal(11, 1, 300)})
    >>> table["hit"] = draw.random(300) < 0.8
    >>> audit = geobias.score(table, scales="50km", permutations=99)
    >>> plot_chance(audit).axes[0].get_ylabel()
    'permutations'
    """
    known = [name for name in audit.chance.columns if name in SCORES]
    if score in ("unmarked", "crowding"):
        raise GeoBiasError(
            f"{score} is about the places of samples alone: no permutation of the errors changes "
            f"it. Ask for one of {', '.join(known)}."
        )
    if score in SRI_RELATIVE:
        raise GeoBiasError(
            f"{score} is calibrated centre by centre. The permutations are of "
            f"{score.removesuffix('_relative')}: ask for that."
        )
    score = chosen_score(known, score)
    if not len(audit.chance):
        raise GeoBiasError(
            "This audit was made without permutations, so that there is nothing to draw: score "
            "with permutations=999."
        )
    models = chosen_models(audit.scored.models, model)
    scales = list(audit.summary["scale"].unique())
    scales = scales if scale is None else [chosen_scale(scales, scale)]
    if len(scales) > MOST_SCALES:
        raise GeoBiasError(
            f"{len(scales)} scales are too many for one figure, which shows at most {MOST_SCALES}: "
            f"name one, as in scale={scales[0]!r}."
        )
    drawn = dict(list(audit.chance.groupby(["model", "scale"], sort=False)))
    rows = audit.summary.set_index(["model", "scale"])
    names = shown_all(models, 20)
    said: list[str] = []
    with styled():
        figure, axes = _axes(len(models), len(scales))
        keys = [(each, name) for each in models for name in scales]
        observed = []
        for panel, key in zip(axes, keys, strict=True):
            draws = drawn[key][score].to_numpy(np.float64)
            observed.append(_draw_test(panel, draws, rows.loc[key], score, said))
            p = rows.loc[key, f"{score}_p"]
            panel.set_title(f"{names[key[0]]}, {key[1]}\np {p_value(p)}")
            panel.set_xlabel(f"mean {score} (nats)")
            panel.set_ylabel("permutations")
        tested = [
            (key[1], panel, mean)
            for key, panel, mean in zip(keys, axes, observed, strict=True)
            if not np.isnan(mean)
        ]
        for name in scales:
            _align([panel for scale_of, panel, _ in tested if scale_of == name])
        for _, panel, mean in tested:
            _name_observed(panel, mean, nats(score, mean))
        count = int(audit.chance["permutation"].max())
        caption(figure, [
            f"Bars: {counted(count, 'permutation')} of the errors; pale: the middle 95 % of them. "
            "Line: observed. p is two-sided.", *dict.fromkeys(said),
        ])  # fmt: skip
    return figure


def _axes(models: int, scales: int) -> tuple[Figure, list[Axes]]:
    """Return axes in the order of models and scales: models in rows, if scales are several."""
    count, blocks = (scales, models) if scales > 1 else (models, 1)
    columns = min(count, _COLUMNS)
    width = COLUMN_INCHES if columns == 1 else 2 * COLUMN_INCHES / columns
    return panels(count, (width, _PANEL_HEIGHT), columns=columns, blocks=blocks, below=0.45)


def _draw_test(ax: Axes, drawn: Floats, row: Any, score: str, said: list[str]) -> float:
    """Draw the histogram of one test, and return the mean that was tested, NaN if undefined.

    What needs to be said of it goes into ``said``.
    """
    known = drawn[~np.isnan(drawn)]
    if known.size < drawn.size:
        said.append("Undefined permutations are left out, but count in p.")
    observed, other = _observed(known, row, score)
    if other:
        said.append("Some tests look at some of the centres only; the line is the mean of these.")
    if not known.size or np.isnan(observed):
        ax.annotate(
            "undefined", (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", color=QUIET
        )
        ax.set(xticks=[], yticks=[])
        return np.nan
    low, high = np.percentile(known, _RANGE)
    ax.axvspan(low, high, color=FAINT, alpha=0.6, linewidth=0.0, zorder=0, gid="range")
    bins = int(np.clip(np.sqrt(known.size), 8, 30))
    ax.hist(known, bins=bins, color=QUIET, zorder=2, gid="chance")
    ax.axvline(observed, color=WRONG, linewidth=1.8, zorder=3, gid="observed")
    ax.locator_params(axis="both", nbins=4)
    return observed


def _align(axes: list[Axes]) -> None:
    """Give the models of one scale the same axes, with room for a word at the top."""
    if not axes:
        return
    limits = np.array([(*ax.get_xlim(), ax.get_ylim()[1]) for ax in axes])
    for ax in axes:
        ax.set_xlim(limits[:, 0].min(), limits[:, 1].max())
        ax.set_ylim(0.0, 1.22 * limits[:, 2].max())


def _name_observed(ax: Axes, observed: float, said: str) -> None:
    """Write the observed mean beside its line, where there is more room."""
    left, right = ax.get_xlim()
    near_left = observed < (left + right) / 2.0
    ax.annotate(
        f"observed {said}".replace("-", "−"), (observed, 1.0),
        xycoords=("data", "axes fraction"), xytext=(3.0 if near_left else -3.0, -1.0),
        textcoords="offset points", ha="left" if near_left else "right", va="top", fontsize=7.0,
    )  # fmt: skip


def _observed(known: Floats, row: Any, score: str) -> tuple[float, bool]:
    """Return the mean that was tested, and whether it is not the mean over all centres.

    To bound its time a test may look at some of the centres. Its deviate tells their mean.
    """
    over_all, z = float(row[score]), float(row[f"{score}_pz"])
    if not known.size or np.isnan(z):
        return over_all, False
    tested = float(known.mean() + z * known.std())
    other = abs(tested - over_all) > _SAME * max(1.0, abs(over_all))
    return (tested if other else over_all), other
