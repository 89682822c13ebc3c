"""Evaluate a model on a split of a dataset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geobias.encoders.checks import weight
from geobias.encoders.locbench.datasets.dataset import Dataset, Floats, Split
from geobias.encoders.locbench.evaluation.classifying import by_image, by_place_and_both
from geobias.encoders.locbench.evaluation.evaluation import Evaluation
from geobias.encoders.locbench.evaluation.metrics import (
    deviation,
    ranking_metrics,
    regression_metrics,
)
from geobias.encoders.locbench.evaluation.tables import ranked_table, values_table
from geobias.encoders.locbench.training.ordering import located_in_order
from geobias.errors import InputError
from geobias.settings import chosen_from
from geobias.wording import counted

IMAGE_ONLY = "image only"
CLOSE = 0.5
"""Standard deviations of the targets within which a prediction counts as right."""


def evaluate(
    dataset: Dataset, model: Any = None, *, split: str | None = None, tolerance: float | None = None
) -> Evaluation:
    """Say how good a model is, and what it says of every sample.

    Classes are ranked by the product of what the image model and the location model say of them,
    in float64 (Mac Aodha et al., 2019), and besides by location alone. Samples without a location
    are ranked by their image alone, and counted. Among equal scores the class with the higher
    number comes first.

    In regression, samples without a location get no prediction from any model, so that all models
    are measured on the same samples; they are counted.

    Parameters
    ----------
    dataset : Dataset
        What is evaluated on.
    model : object, optional
        For classes, something with ``class_probabilities(lat=..., lon=...)``, such as a
        `LocationClassifier` or what `fit_prior` returns; without one, the image model alone is
        evaluated. For values, something with ``predict(features=..., lat=..., lon=...)``.
    split : str, optional
        By default the one that published results are of.
    tolerance : float, optional
        Of regression alone: the largest error that counts as right in ``within``. By default half
        a standard deviation of the targets of the samples that are evaluated, which is the same
        for all models.

    Returns
    -------
    Evaluation
        ``metrics``, ``predictions`` and ``location_only``.

    Raises
    ------
    InputError
        If the model does not fit the dataset, or says what is no probability or number.

    References
    ----------
    Mac Aodha, Cole and Perona (2019), Presence-only geographical priors for fine-grained image
    classification. Wu et al. (2024), TorchSpatial: a location encoding framework and benchmark for
    spatial representation learning.

    Examples
    --------
    >>> from geobias.encoders.locbench import evaluate, synthetic, true_prior
    >>> dataset = synthetic(2_000, seed=1)
    >>> image, both = evaluate(dataset), evaluate(dataset, true_prior(seed=1))
    >>> image.metrics["top1"] < both.metrics["top1"]
    True
    >>> both.predictions.columns[-4:].tolist()
    ['hit@1', 'hit@3', 'hit@5', 'hit@10']
    """
    Dataset.of(dataset)
    name = dataset.evaluated_on if split is None else split
    samples = dataset.splits[chosen_from("split", name, tuple(dataset.splits))]
    if dataset.task == "regression":
        return _regression(dataset, name, samples, model, tolerance)
    if tolerance is not None:
        raise InputError(f"tolerance is for values, and {dataset.name} has classes: leave it out.")
    return _classification(dataset, name, samples, model)


def _classification(dataset: Dataset, name: str, samples: Split, model: Any) -> Evaluation:
    missing = int((~samples.located).sum())
    metrics: dict[str, float] = {}
    alone: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()
    if model is None:
        if samples.probabilities is None:
            raise InputError(
                f"{dataset.name} has no probabilities of an image model, so there is nothing to "
                "evaluate without a model of locations: pass one."
            )
        ranked = by_image(samples)
    else:
        _check_can(model, "class_probabilities", "(lat=..., lon=...)")
        place, ranked = by_place_and_both(samples, model, len(dataset.classes))
        alone = ranked_table(place, samples, dataset.classes)
        metrics = {
            f"location_only_{metric}": value
            for metric, value in ranking_metrics(place.rank).items()
        }
        without = "left out" if samples.probabilities is None else "ranked by the image alone"
        notes = _note(missing, without)
    return Evaluation(
        dataset=dataset.name,
        split=name,
        model=_called(model),
        metrics={
            **ranking_metrics(ranked.rank),
            **metrics,
            "n": len(ranked.rank),
            "without_location": missing,
        },
        predictions=ranked_table(ranked, samples, dataset.classes),
        location_only=alone,
        notes=notes,
    )


def _regression(
    dataset: Dataset, name: str, samples: Split, model: Any, tolerance: float | None
) -> Evaluation:
    if model is None:
        raise InputError(
            f"{dataset.name} has values, and no model of images comes with it: pass one that was "
            "trained, such as train(dataset, None).model, which knows no locations."
        )
    _check_can(model, "predict", "(features=..., lat=..., lon=...)")
    located = np.flatnonzero(samples.located)
    targets = samples.targets[located].astype(np.float64)
    allowed = CLOSE * deviation(targets) if tolerance is None else weight("tolerance", tolerance)
    predictions = np.full(len(samples), np.nan)
    # The order of the rows does not change what is computed together.
    order = located_in_order(samples)
    predictions[order] = _predicted(model, samples, order)
    missing = len(samples) - len(located)
    return Evaluation(
        dataset=dataset.name,
        split=name,
        model=_called(model),
        metrics={
            **regression_metrics(predictions[located], targets),
            "tolerance": allowed,
            "n": len(located),
            "without_location": missing,
        },
        predictions=values_table(predictions, samples, allowed),
        notes=_note(missing, "left without a prediction"),
    )


def _predicted(model: Any, samples: Split, rows: Any) -> Floats:
    features = None if samples.features is None else samples.features[rows]
    said = model.predict(features=features, lat=samples.lat[rows], lon=samples.lon[rows])
    found = np.asarray(said, np.float64)
    if found.shape != (len(rows),):
        raise InputError(
            f"The model predicts values of shape {found.shape} for {counted(len(rows), 'sample')}: "
            "one number each is needed."
        )
    wrong = int((~np.isfinite(found)).sum())
    if wrong:
        raise InputError(
            f"The model predicts NaN or infinity for {counted(wrong, 'sample')} of "
            f"{len(rows):,}: has its training failed? Train it again, with a lower learning rate."
        )
    return found


def _check_can(model: Any, method: str, arguments: str) -> None:
    if not callable(getattr(model, method, None)):
        raise InputError(
            f"A {type(model).__name__} has no {method}{arguments}: pass a trained model, such as "
            "train(...).model."
        )


def _note(missing: int, what: str) -> tuple[str, ...]:
    return (f"{counted(missing, 'sample')} without a location: {what}.",) if missing else ()


def _called(model: Any) -> str:
    """Return the name of a model, or else what it is."""
    if model is None:
        return IMAGE_ONLY
    name = getattr(model, "name", None)
    return name if isinstance(name, str) else type(model).__name__
