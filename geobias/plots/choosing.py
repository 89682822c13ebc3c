"""Which models, scale and score a figure shows, or what to say if there is no such thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from geobias.errors import GeoBiasError
from geobias.scales import Scale
from geobias.wording import nearest, quoted

MOST_MODELS = 8
"""More panels than this, or more lines in one, nobody can tell apart."""


def chosen_models(known: Sequence[str], asked: str | Iterable[str] | None) -> list[str]:
    """Return the models to show: the ones asked for, in that order, or all.

    >>> chosen_models(["a", "b"], None), chosen_models(["a", "b"], "b")
    (['a', 'b'], ['b'])
    """
    models = named_models(known, asked)
    if len(models) > MOST_MODELS:
        raise GeoBiasError(
            f"{len(models):,} models are too many for one figure, which shows at most "
            f"{MOST_MODELS}: name some, as in model={models[:2]}."
        )
    return models


def named_models(known: Sequence[str], asked: str | Iterable[str] | None) -> list[str]:
    """Return the models that were asked for, in that order, or all."""
    models = list(known) if asked is None else _listed(asked)
    for model in models:
        refuse_unknown("model", model, known)
    if not models:
        raise GeoBiasError(f"No model was named. There are {quoted(known)}.")
    return list(dict.fromkeys(models))


def chosen_scale(known: Sequence[str], asked: str | Scale | None) -> str:
    """Return the scale to show, spelled as in the audit: the one asked for, or the first.

    >>> chosen_scale(["100km", "knn:50"], None), chosen_scale(["100km", "knn:50"], "KNN: 50")
    ('100km', 'knn:50')
    """
    if asked is None:
        return known[0]
    name = Scale.parse(asked).name
    refuse_unknown("scale", name, known)
    return name


def chosen_score(known: Sequence[str], asked: str) -> str:
    """Return the score to show, if it is one of those known."""
    refuse_unknown("score", asked, known)
    return asked


def _listed(asked: Any) -> list[str]:
    """Return one name or several, whatever holds them."""
    return list(asked) if isinstance(asked, Iterable) and not isinstance(asked, str) else [asked]


def refuse_unknown(kind: str, name: str, known: Sequence[str]) -> None:
    """Refuse a name that is none of those known, and say which ones come near."""
    if name in known:
        return
    close = nearest(name, known)
    advice = f" Did you mean {quoted(close)}?" if close else ""
    raise GeoBiasError(f"There is no {kind} {str(name)!r}, only {quoted(known)}.{advice}")
