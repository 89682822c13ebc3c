"""A location encoder, trained on a dataset."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from geobias.encoders.checks import count
from geobias.encoders.locbench.datasets.dataset import Dataset
from geobias.encoders.locbench.training.checkpoint import FILE, State, state_in
from geobias.encoders.locbench.training.choices import Training
from geobias.encoders.locbench.training.classifying import Classification
from geobias.encoders.locbench.training.drawing import split_seed
from geobias.encoders.locbench.training.looping import Loop, OnEpoch, Task
from geobias.encoders.locbench.training.machine import device_of, one_thread
from geobias.encoders.locbench.training.ordering import fingerprint
from geobias.encoders.locbench.training.regressing import Regression
from geobias.encoders.locbench.training.starting import started
from geobias.encoders.locbench.training.trained import Trained
from geobias.encoders.seeding import LARGEST_SEED
from geobias.errors import InputError
from geobias.progress import progress_bar


def train(
    dataset: Dataset,
    encoder: str | None,
    *,
    training: Training | None = None,
    options: Mapping[str, Any] | None = None,
    dim: int = 64,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    progress: bool = False,
    on_epoch: OnEpoch | None = None,
) -> Trained:
    """Train a location encoder on a dataset.

    Of classes, a `LocationClassifier` is trained with places alone: its probabilities are
    multiplied with those of an image model afterwards. Of values, a `RegressionModel` is trained
    with features of images and places together.

    The same seed gives the same weights on a processor, to the last bit, whatever the order of the
    samples and the number of threads: one thread is used. Several models train faster side by side,
    in processes of their own.

    Parameters
    ----------
    dataset : Dataset
        Its train split is trained on, and its validation split looked at after each epoch.
    encoder : str or None
        One of `list_encoders`. None trains a regression model of images alone.
    training : Training, optional
        The choices; the default is ``Training()``.
    options : mapping, optional
        Options of the encoder, as for `build`. The anchors of ``rbf`` are drawn from the training
        places, ``n_anchors`` of them, unless they are given.
    dim : int
        Numbers per embedding.
    seed : int
        All draws come from it.
    folder : path, optional
        Where ``checkpoint.pt`` is written after each epoch, and ``log.csv``. If there is one from
        a training with the same settings, that is gone on with, and gives what it would have given
        without a break. It may be asked for more epochs than it was at first.
    progress : bool
        Whether to show a bar.
    on_epoch : callable, optional
        Called with the record of each epoch, those of an earlier run included; the training stops
        when it returns False.

    Returns
    -------
    Trained

    Raises
    ------
    InputError
        If a setting does not fit the dataset, if a graphics card is asked for where there is none,
        or if a checkpoint is damaged or was made with other settings.
    GeoBiasError
        If the loss is no longer finite.

    References
    ----------
    Wu et al. (2024), TorchSpatial: a location encoding framework and benchmark for spatial
    representation learning. Mac Aodha, Cole and Perona (2019), Presence-only geographical priors
    for fine-grained image classification.

    Examples
    --------
    >>> import numpy as np
    >>> from geobias.encoders.locbench import Training, train
    >>> from geobias.encoders.locbench.datasets.dataset import Dataset, Split
    >>> lat = np.linspace(-80.0, 80.0, 200)
    >>> seen = Split(lat=lat, lon=np.zeros(200), targets=(lat > 0).astype(int))
    >>> hemispheres = Dataset(
    ...     "hemispheres", ("south", "north"), {"train": seen, "val": seen}, evaluated_on="val"
    ... )
    >>> trained = train(hemispheres, "xyz", training=Training(epochs=20), dim=8)
    >>> trained.model.class_probabilities(lat=[-60.0, 60.0], lon=[0.0, 0.0]).argmax(axis=1)
    array([0, 1])
    """
    Dataset.of(dataset)
    chosen = Training.of(training)
    given = plain(options)
    dim = count("dim", dim)
    seed = count("seed", seed, least=0, most=LARGEST_SEED)
    device = device_of(chosen.device)
    place = None if folder is None else Path(folder)
    with one_thread(), progress_bar(progress) as advance:
        task, name, used = _prepared(dataset, encoder, chosen, given, dim, seed, device)
        settings = {
            "dataset": dataset.name,
            "encoder": name,
            "options": used,
            "dim": dim,
            "seed": seed,
            # Later epochs do not know how many there will be.
            **{each: value for each, value in chosen.record().items() if each != "epochs"},
            "device": device.type,
        }
        state = State("")
        if place is not None:
            state = state_in(place, {**settings, "sha256 of the samples": fingerprint(dataset)})
            _check_epochs(place, state, chosen)
        label = f"{name or 'images alone'} on {dataset.name}"
        Loop(task, chosen, seed, device, state, place).run(label, advance, on_epoch)
    history = pd.DataFrame(state.log).drop(columns="seconds")
    return Trained(
        model=cast(Any, task.model),
        history=history,
        best_epoch=int(state.best["epoch"]) if state.best else state.epoch,
        dataset=dataset.name,
        encoder=name,
        options=used,
        dim=dim,
        seed=seed,
        training=chosen,
        notes=tuple(task.notes),
    )


def _prepared(
    dataset: Dataset,
    encoder: str | None,
    training: Training,
    options: dict[str, Any],
    dim: int,
    seed: int,
    device: torch.device,
) -> tuple[Task, str | None, dict[str, Any]]:
    """The task with a fresh model, the name of its encoder, and the options that it has."""
    if encoder is None:
        if dataset.task != "regression":
            raise InputError(
                f"{dataset.name} has classes: what its images say alone is in its probabilities, "
                "and there is nothing to train. Name an encoder."
            )
        if options:
            raise InputError(f"options={options!r} are for an encoder, and there is none.")
        return Regression(dataset, None, training, device, seed), None, {}
    built, given = started(encoder, dataset, training, options, dim=dim, seed=seed)
    # What stands on the encoder draws other numbers than the encoder itself.
    (above,) = split_seed(seed, parts=1)
    kind = Classification if dataset.task == "classification" else Regression
    task = kind(dataset, built.to(device), training, device, above)
    return task, built.settings["name"], given


def plain(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Options as JSON has them, arrays as lists; or refuse what are none.

    >>> plain({"hidden_dim": np.int64(8), "anchors": np.zeros((1, 2))})
    {'hidden_dim': 8, 'anchors': [[0.0, 0.0]]}
    """
    if not isinstance(options, Mapping | None):
        raise InputError(f"options={options!r} have to be values by their names.")
    return {name: _plain(value) for name, value in (options or {}).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        value = value.detach().cpu().numpy()
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _check_epochs(folder: Path, state: State, training: Training) -> None:
    if state.epoch > training.epochs:
        raise InputError(
            f"{folder / FILE} is of epoch {state.epoch:,}, and epochs={training.epochs:,} asks for "
            "a model that is gone. Ask for as many or more, or name another folder."
        )
