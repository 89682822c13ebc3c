"""A search for the best options, which a budget ends and no kill undoes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any

from geobias.encoders.checks import count
from geobias.encoders.locbench.datasets.dataset import Dataset
from geobias.encoders.locbench.searching.found import Found
from geobias.encoders.locbench.searching.grids import OF_TRAINING, Value, grid_of, size
from geobias.encoders.locbench.training.choices import Training
from geobias.encoders.locbench.training.looping import OnEpoch
from geobias.encoders.locbench.training.ordering import fingerprint
from geobias.encoders.locbench.training.trained import Trained
from geobias.encoders.locbench.training.training import plain, train
from geobias.encoders.seeding import LARGEST_SEED
from geobias.errors import GeoBiasError, InputError
from geobias.progress import progress_bar
from geobias.settings import number_between, whole_number
from geobias.wording import counted

MOST_MINUTES = 1e6
METRIC = {"classification": "val_top1", "regression": "val_rmse"}


def search(
    dataset: Dataset,
    encoder: str | None,
    *,
    folder: str | os.PathLike[str],
    trials: int = 20,
    minutes: float | None = None,
    training: Training | None = None,
    options: Mapping[str, Any] | None = None,
    dim: int = 64,
    seed: int = 0,
    grid: str | Mapping[str, Sequence[Value]] = "published",
    progress: bool = False,
) -> Found:
    """Search for options and a training that suit an encoder on a dataset.

    Combinations of a grid are suggested by tree-structured Parzen estimators, and none is tried
    twice. After five of them, one whose validation is worse than the median of those before at the
    same epoch is cut short. All of it is kept in the folder: called again, or after a kill, the
    search goes on as if there had been no break.

    Parameters
    ----------
    dataset : Dataset
        Its train and validation splits are used.
    encoder : str or None
        As for `train`.
    folder : path
        Where the search is kept. One search per folder, and one call at a time.
    trials : int
        How many combinations are tried in all, those of earlier calls included; no more than the
        grid has.
    minutes : float, optional
        How long this call may take. A combination that is not finished by then is gone on with in
        the next call.
    training : Training, optional
        The choices that are not searched.
    options : mapping, optional
        Options of the encoder that are not searched.
    dim, seed
        As for `train`; all combinations are trained with the same seed.
    grid : "published" or mapping
        The values that were tried for published results, those of no effect left out; or a list of
        values for each name: an option of the encoder, or ``lr``, ``lr_decay``, ``batch_size``,
        ``weight_decay``, ``negative_weight`` or ``samples_per_class``.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Found

    Raises
    ------
    GeoBiasError
        If Optuna is not installed, or if no combination could be finished.
    InputError
        If the grid does not fit, or the folder holds another search.

    References
    ----------
    Akiba et al. (2019), Optuna: a next-generation hyperparameter optimization framework.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from geobias.encoders.locbench import Training, search
    >>> from geobias.encoders.locbench.datasets.dataset import Dataset, Split
    >>> lat = np.linspace(-80.0, 80.0, 200)
    >>> seen = Split(lat=lat, lon=np.zeros(200), targets=(lat > 0).astype(int))
    >>> hemispheres = Dataset(
    ...     "hemispheres", ("south", "north"), {"train": seen, "val": seen}, evaluated_on="val"
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = search(
    ...         hemispheres,
    ...         "xyz",
    ...         folder=folder,
    ...         training=Training(epochs=5),
    ...         grid={"lr": [0.00001, 0.01]},
    ...         dim=8,
    ...     )
    >>> found.training.lr, len(found.trials)
    (0.01, 2)
    """
    room = _trials_room()
    Dataset.of(dataset)
    usual = Training.of(training)
    wanted = whole_number("trials", trials, 1)
    seed = count("seed", seed, least=0, most=LARGEST_SEED)
    minutes = None if minutes is None else number_between("minutes", minutes, 0.0, MOST_MINUTES)
    fixed, dim = plain(options), count("dim", dim)
    space = grid_of(grid, encoder, dataset.task, usual)
    twice = sorted(set(space) & set(fixed))
    if twice:
        raise InputError(f"{twice[0]} is in options and in the grid: leave one out.")
    settings = {
        "dataset": dataset.name,
        "encoder": encoder,
        "options": fixed,
        "dim": dim,
        "seed": seed,
        "training": usual.record(),
        "grid": {name: list(values) for name, values in space.items()},
        "sha256 of the samples": fingerprint(dataset),
    }
    metric = METRIC[dataset.task]

    def trained(params: Mapping[str, Any], at: Path, look: OnEpoch) -> Trained:
        return train(
            dataset,
            encoder,
            training=replace(usual, **_of_training(params)),
            options={**fixed, **_of_encoder(params)},
            dim=dim,
            seed=seed,
            folder=at,
            on_epoch=look,
        )

    ending = None if minutes is None else monotonic() + 60.0 * minutes
    wanted = min(wanted, size(space))
    with room.quiet(), progress_bar(progress) as advance:
        tried = room.Trials(
            Path(folder),
            settings,
            space,
            metric,
            less_is_better=dataset.task == "regression",
            epochs=usual.epochs,
            seed=seed,
        )
        label = f"{encoder or 'images alone'} on {dataset.name}"
        while len(tried.done) < wanted and (ending is None or monotonic() < ending):
            advance(label, len(tried.done), wanted)
            tried.next(trained, ending)
        table, done = tried.table(), tried.done
    if table[metric].isna().all():
        raise GeoBiasError(_nothing(len(table), wanted))
    winner = done[int(table["trial"].iloc[0]) - 1].params
    return Found(
        options={**fixed, **_of_encoder(winner)},
        training=replace(usual, **_of_training(winner)),
        metric=metric,
        value=float(table[metric].iloc[0]),
        trials=table,
    )


def _trials_room() -> ModuleType:
    """The module that needs Optuna."""
    try:
        return import_module("geobias.encoders.locbench.searching.trials")
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        raise GeoBiasError(
            "The search needs optuna, which is not installed: pip install 'geobias[bench]'"
        ) from None


def _of_training(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name in OF_TRAINING}


def _of_encoder(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in OF_TRAINING}


def _nothing(tried: int, wanted: int) -> str:
    """Why there is no best one."""
    if tried < wanted:
        return (
            f"Time was over before a combination was finished; {counted(tried, 'combination')} "
            "ended early. Give more minutes: what was begun is gone on with."
        )
    return f"All of {counted(tried, 'combination')} diverged: give lower values of lr."
