"""Epoch after epoch: a step of Adam per batch, a look at the validation split, a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from geobias.encoders.locbench.training.checkpoint import FILE, State
from geobias.encoders.locbench.training.choices import Training
from geobias.encoders.locbench.training.drawing import Seeds, order_of
from geobias.encoders.locbench.training.machine import drawing
from geobias.errors import GeoBiasError, InputError
from geobias.progress import Advance

OnEpoch = Callable[[dict[str, float]], bool | None]


class DivergedError(GeoBiasError):
    """Numbers grew beyond all bounds: the learning rate was too high for these options."""


class Task(Protocol):
    """What is trained, and how good it is."""

    samples: int
    labels: Tensor | None
    notes: list[str]

    @property
    def model(self) -> nn.Module:
        """The model."""

    def loss(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        """The loss of a batch."""

    def validate(self) -> dict[str, float]:
        """How good the model is."""

    def score(self, record: dict[str, float]) -> tuple[float, ...]:
        """The same as something that is larger where the model is better."""


class Loop:
    """A training from where it stands to its end.

    Parameters
    ----------
    task : Task
        With a fresh model.
    training : Training
        How.
    seed : int
        All draws of an epoch come from it and the number of the epoch.
    device : torch.device
        Where the model is.
    state : State
        Where it stands. It is changed.
    folder : Path, optional
        Where to write it after each epoch.
    """

    def __init__(
        self,
        task: Task,
        training: Training,
        seed: int,
        device: torch.device,
        state: State,
        folder: Path | None,
    ) -> None:
        self._task = task
        self._training = training
        self._seed = seed
        self._device = device
        self._state = state
        self._folder = folder
        self._optimizer = torch.optim.Adam(
            task.model.parameters(), lr=training.lr, weight_decay=training.weight_decay
        )
        if state.epoch:
            try:
                task.model.load_state_dict(state.model)
                self._optimizer.load_state_dict(state.optimizer)
            except (KeyError, RuntimeError, ValueError):
                raise InputError(
                    f"{folder and folder / FILE} does not fit this model: it is damaged, or of "
                    "another version. Delete it to train from the beginning."
                ) from None

    def run(self, label: str, advance: Advance, on_epoch: OnEpoch | None) -> None:
        """Train, and leave the weights in the model that are to be kept."""
        state, epochs = self._state, self._training.epochs
        asked_to_stop = [on_epoch(dict(each)) is False for each in state.log if on_epoch]
        stop = any(asked_to_stop)
        advance(label, state.epoch, epochs)
        while not stop and not state.stopped and state.epoch < epochs:
            record = self._epoch(state.epoch + 1)
            stop = on_epoch is not None and on_epoch(dict(record)) is False
            advance(label, state.epoch, epochs)
        if state.best:
            self._task.model.load_state_dict(state.best["model"])
        self._task.model.eval()

    def _epoch(self, epoch: int) -> dict[str, float]:
        state, began = self._state, perf_counter()
        rate = self._training.lr * self._training.lr_decay ** (epoch - 1)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        try:
            loss = self._trained(epoch)
            record = {"epoch": epoch, "loss": loss, **self._task.validate(), "lr": rate}
        except InputError as error:
            # What came in was checked before: networks refuse what is not finite within them.
            raise self._lost(epoch) from error
        if not all(math.isfinite(record[name]) for name in record if name != "val_r2"):
            raise self._lost(epoch)
        self._remember(record)
        state.epoch = epoch
        state.log.append({**record, "seconds": perf_counter() - began})
        if self._folder is not None:
            state.model = self._task.model.state_dict()
            state.optimizer = self._optimizer.state_dict()
            state.write(self._folder)
        return state.log[-1]

    def _trained(self, epoch: int) -> float:
        """Go through the samples once; return the mean of the losses on the way."""
        seeds = Seeds.of(self._seed, epoch)
        order = order_of(
            self._task.labels,
            self._task.samples,
            self._training.samples_per_class,
            torch.Generator().manual_seed(seeds.order),
        )
        negatives = torch.Generator().manual_seed(seeds.negatives)
        total = torch.zeros((), dtype=torch.float64, device=self._device)
        self._task.model.train()
        with drawing(seeds.dropout, self._device):
            for rows in torch.split(order, self._training.batch_size):
                self._optimizer.zero_grad()
                loss = self._task.loss(rows, negatives)
                loss.backward()  # type: ignore[no-untyped-call]
                self._optimizer.step()
                total += loss.detach().double() * len(rows)
        return float(total) / len(order)

    def _lost(self, epoch: int) -> DivergedError:
        return DivergedError(
            f"The training diverged: in epoch {epoch} numbers grew beyond all bounds. Lower lr, "
            f"which is {self._training.lr:g}."
        )

    def _remember(self, record: dict[str, float]) -> None:
        """Keep the best weights, if they are asked for, and stop when they get no better."""
        state, patience = self._state, self._training.patience
        if patience is None:
            return
        score = self._task.score(record)
        if not state.best or score > tuple(state.best["score"]):
            state.best = {
                "epoch": record["epoch"],
                "score": list(score),
                "model": deepcopy(_on_cpu(self._task.model.state_dict())),
            }
        state.stopped = record["epoch"] - state.best["epoch"] >= patience


def _on_cpu(weights: dict[str, Any]) -> dict[str, Any]:
    return {name: weight.cpu() for name, weight in weights.items()}
