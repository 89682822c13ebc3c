"""Maps of what was scored: one column, or how two models differ in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geobias.errors import GeoBiasError
from geobias.plots.cell_map import draw_layers
from geobias.plots.choosing import chosen_models, chosen_scale
from geobias.plots.layers import Layer, accuracy_layer, is_of_the_places, layer_of
from geobias.plots.names import shown_all
from geobias.scales import Scale
from geobias.wording import quoted

if TYPE_CHECKING:
    from geobias.results import Audit, Comparison


def plot_map(
    audit: Audit,
    column: str,
    *,
    model: str | Sequence[str] | None,
    scale: str | Scale | None,
    ax: Axes | None,
) -> Figure:
    """Map a column of an audit, a panel per model."""
    models = chosen_models(audit.scored.models, model)
    at = _scale(audit, scale)
    if is_of_the_places(column):
        models = models[:1]
    return draw_layers(_named([layer_of(audit, column, each, at) for each in models]), ax)


def plot_difference(
    audit: Audit,
    first: str | None,
    second: str | None,
    column: str,
    *,
    scale: str | Scale | None,
    ax: Axes | None,
) -> Figure:
    """Map by how much a column of the second model is above that of the first."""
    one, other = _pair(audit.scored.models, first, second)
    at = _scale(audit, scale)
    before, after = _named([layer_of(audit, column, model, at) for model in (one, other)])
    return draw_layers([_difference(before, after)], ax)


def plot_accuracies(
    comparison: Comparison, first: str | None, second: str | None, *, ax: Axes | None
) -> Figure:
    """Map by how much the accuracy of the second model is above that of the first."""
    one, other = _pair(comparison.scored.models, first, second)
    before, after = _named([accuracy_layer(comparison.scored, model) for model in (one, other)])
    return draw_layers([_difference(before, after)], ax)


def _named(layers: Sequence[Layer]) -> list[Layer]:
    """Return layers whose models can be told apart by what is shown of their names."""
    names = shown_all(layer.models for layer in layers)
    return [replace(layer, models=names[layer.models]) for layer in layers]


def _difference(before: Layer, after: Layer) -> Layer:
    if np.array_equal(before.values, after.values, equal_nan=True):
        raise GeoBiasError(
            f"There is no difference to map: {before.quantity} is the same for both models at all "
            f"{before.values.size:,} {before.things}."
        )
    return replace(
        before,
        values=after.values - before.values,
        quantity=f"{after.models} − {before.models}: {before.quantity}",
        unit="percentage points" if before.share else before.unit,
        chance="",
        models=f"{after.models} against {before.models}",
        signed=True,
    )


def _scale(audit: Audit, asked: str | Scale | None) -> str:
    return chosen_scale(list(dict.fromkeys(audit.summary["scale"])), asked)


def _pair(models: Sequence[str], first: str | None, second: str | None) -> tuple[str, str]:
    """Return two models: those that are named, or the only two."""
    if first is None and second is None and len(models) == 2:
        return models[0], models[1]
    if first is None or second is None or first == second:
        raise GeoBiasError(
            "A difference is between two models: name both, first= and second=. There is "
            f"{quoted(models)}."
        )
    one, other = chosen_models(models, [first, second])
    return one, other
