"""The priors by name."""

from __future__ import annotations

import inspect
from typing import Any

import pandas as pd

from geobias.encoders.locbench.datasets.dataset import Dataset
from geobias.encoders.locbench.priors.counting import CountingPrior
from geobias.encoders.locbench.priors.frequency import FrequencyPrior
from geobias.encoders.locbench.priors.grid import PUBLISHED_GRIDS, GridPrior
from geobias.encoders.locbench.priors.neighbours import KernelPrior, NearestPrior, RadiusPrior
from geobias.errors import InputError
from geobias.settings import chosen_from

_PRIORS: dict[str, Any] = {
    "frequency": FrequencyPrior,
    "grid": GridPrior,
    "nearest": NearestPrior,
    "radius": RadiusPrior,
    "kernel": KernelPrior,
}


def list_priors() -> pd.DataFrame:
    """Return the priors that `fit_prior` can make, one row each.

    Returns
    -------
    pandas.DataFrame
        ``name``; ``counts``, what is counted; ``options`` with their defaults.

    Examples
    --------
    >>> list_priors()["name"].tolist()
    ['frequency', 'grid', 'nearest', 'radius', 'kernel']
    """
    return pd.DataFrame(
        {
            "name": name,
            "counts": prior.says,
            "options": ", ".join(f"{option}={value}" for option, value in _options(prior).items()),
        }
        for name, prior in _PRIORS.items()
    )


def fit_prior(name: str, dataset: Dataset, **options: Any) -> CountingPrior:
    """Make a prior of the training samples of a dataset.

    Parameters
    ----------
    name : str
        One of `list_priors`.
    dataset : Dataset
        Of classes. The grid is the published one where the dataset has one.
    **options
        Those of the prior, as `list_priors` lists them.

    Returns
    -------
    CountingPrior
        With ``class_probabilities(lat=..., lon=...)``.

    Raises
    ------
    GeoBiasError
        If there is no such prior or option, or the dataset has no classes.

    Examples
    --------
    >>> from geobias.encoders.locbench import evaluate, fit_prior, synthetic
    >>> dataset = synthetic(2_000, seed=1)
    >>> image = evaluate(dataset).metrics["top1"]
    >>> evaluate(dataset, fit_prior("nearest", dataset, k=20)).metrics["top1"] > image
    True
    """
    Dataset.of(dataset)
    prior = _PRIORS[chosen_from("prior", name, tuple(_PRIORS))]
    if not dataset.classes:
        raise InputError(f"{dataset.name} has values: priors are of classes.")
    known = _options(prior)
    unknown = [option for option in options if option not in known]
    if unknown:
        allowed = f"it has {', '.join(known)}" if known else "it has none"
        raise InputError(f"Prior {name} has no option {', '.join(unknown)}: {allowed}.")
    published = PUBLISHED_GRIDS.get(dataset.name, {}) if name == "grid" else {}
    made: CountingPrior = prior.fit(
        dataset.splits["train"], len(dataset.classes), **{**published, **options}
    )
    return made


def _options(prior: Any) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in inspect.signature(prior.fit).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
