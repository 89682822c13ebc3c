"""What was found about groups, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geobias.results.words import ALPHA, p_value

MOST_NAMED = 3
"""Groups that a sentence names."""

Row = Mapping[str, Any]


def sentence(model: Row, groups: Sequence[Row], spoken: Mapping[str, str]) -> str:
    """Say of one model which groups it does worse in than chance would make it do.

    Parameters
    ----------
    model
        Its row of the summary.
    groups
        The rows of its tested groups, the lowest accuracy first.
    spoken
        How groups are spoken of: ``noun``, ``plural`` and ``place``.
    """
    name, noun = model["model"], spoken["noun"]
    if not groups:
        return f"{name}: no {noun} has enough samples to be tested."
    lowest = groups[0]
    figures = f"accuracy in {_figures(lowest, spoken)}"
    if np.isnan(lowest["gap"]):
        return f"{name}: {figures}; there is no other {noun} to test it against."
    if all(np.isnan(row["p_adjusted"]) for row in groups):
        return (
            f"{name}: {figures} is {_apart(lowest['gap'])} the rest; no p value could be computed."
        )
    worse = [row for row in groups if row["gap"] < 0.0 and row["p_adjusted"] <= ALPHA]
    said = _worse(worse, lowest, spoken, _over(groups, spoken)) if worse else ""
    return f"{name}: {said or _none_worse(model, groups, spoken)}"


def lowest(groups: Sequence[Row], spoken: Mapping[str, str]) -> str:
    """Say which group has the lowest accuracy, how far it is from the rest, and how surely."""
    first = groups[0]
    return (
        f"the lowest, accuracy in {_figures(first, spoken)}, is {_apart(first['gap'])} the rest "
        f"(p {p_value(first['p_adjusted'])} {_over(groups, spoken)})"
    )


def _worse(worse: Sequence[Row], lowest: Row, spoken: Mapping[str, str], over: str) -> str:
    """Name the groups that are worse than chance would make them."""
    first, *others = worse
    far = f"accuracy in {_figures(first, spoken)} is {_apart(first['gap'])} the rest"
    if not others:
        said = f"{far}; p {p_value(first['p_adjusted'])} {over}."
    else:
        named = [
            f"in {_figures(row, spoken)} {_apart(row['gap'])} it (p {p_value(row['p_adjusted'])})"
            for row in others[: MOST_NAMED - 1]
        ]
        hidden = len(worse) - MOST_NAMED
        more = [f"and {hidden:,} more"] if hidden > 0 else []
        clauses = [f"{far} (p {p_value(first['p_adjusted'])})", *named, *more]
        said = f"{', '.join(clauses)}; p {over}."
    if lowest is first:
        return said
    p = lowest["p_adjusted"]
    why = "has no p value" if np.isnan(p) else f"may be chance (p {p_value(p)})"
    return f"{said} The lowest, {_figures(lowest, spoken)}, {why}."


def _none_worse(model: Row, groups: Sequence[Row], spoken: Mapping[str, str]) -> str:
    """Say that chance explains the groups that are below the rest, if there are any."""
    noun, plural, lowest = spoken["noun"], spoken["plural"], groups[0]
    p, over = lowest["p_adjusted"], _over(groups, spoken)
    apart = f"accuracy in {_figures(lowest, spoken)} is {_apart(lowest['gap'])} the rest"
    if np.isnan(p):
        said = (
            f"{apart}, for which no p value could be computed; no other {noun} is worse than "
            "chance would make one"
        )
    elif lowest["gap"] < 0.0:
        said = (
            f"no {noun} is worse than chance would make one; the lowest, {apart} "
            f"(p {p_value(p)} {over})"
        )
    else:
        said = (
            f"no {noun} large enough to be tested is below the rest; the lowest, {apart} "
            f"(p {p_value(p)} {over})"
        )
    if model["p"] <= ALPHA:
        said += (
            f", yet accuracies differ between {plural} more than chance gives "
            f"(p {p_value(model['p'])})"
        )
    return f"{said}."


def _figures(row: Row, spoken: Mapping[str, str]) -> str:
    return (
        f"{spoken['place'].format(row['group'])} {100.0 * row['accuracy']:.0f} % "
        f"({span(row['low'], row['high'])}, n {row['n']:,})"
    )


def _over(groups: Sequence[Row], spoken: Mapping[str, str]) -> str:
    if len(groups) == 1:
        return f"of the only {spoken['noun']} tested"
    return f"over all {len(groups):,} {spoken['plural']}"


def _apart(gap: float) -> str:
    """Say how far a group lies from the rest, so that it can be followed by that."""
    if gap == 0.0:
        return "level with"
    points = abs(100.0 * gap)
    size = f"{points:.0f}" if points >= 1.0 else f"{points:.1g}"
    noun = "point" if size == "1" else "points"
    return f"{size} {noun} {'below' if gap < 0.0 else 'above'}"


def span(low: float, high: float) -> str:
    """Return an interval in percent as text, nothing of nothing."""
    return "" if np.isnan(low) else f"{100.0 * low:.0f}-{100.0 * high:.0f}"
