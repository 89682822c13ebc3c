"""What a training leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geobias.encoders.classifier import LocationClassifier
from geobias.encoders.locbench.training.choices import Training
from geobias.encoders.locbench.training.regression import RegressionModel


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained model, and how it came to be.

    Attributes
    ----------
    model : LocationClassifier or RegressionModel
        In evaluation mode.
    history : DataFrame
        One row per epoch: loss, how good the model was on the validation split, learning rate.
    best_epoch : int
        The epoch whose weights the model has: the best one if the training had patience, the last
        one otherwise.
    dataset, encoder : str
        Their names; the encoder is None for a model of images alone.
    options : mapping
        Those the encoder was built with.
    dim, seed, training
        As they were given.
    notes : tuple of str
        What was left out.
    """

    model: LocationClassifier | RegressionModel
    history: pd.DataFrame
    best_epoch: int
    dataset: str
    encoder: str | None
    options: Mapping[str, Any]
    dim: int
    seed: int
    training: Training
    notes: tuple[str, ...] = ()

    @property
    def weights(self) -> int:
        """How many numbers were trained."""
        return sum(each.numel() for each in self.model.parameters())

    def record(self) -> dict[str, Any]:
        """Return all but model and history as plain values, and the epoch that was kept."""
        kept = self.history.loc[self.history["epoch"] == self.best_epoch].iloc[0]
        return {
            "dataset": self.dataset,
            "encoder": self.encoder,
            "options": dict(self.options),
            "dim": self.dim,
            "seed": self.seed,
            "training": self.training.record(),
            "weights": self.weights,
            "epochs": len(self.history),
            "best_epoch": self.best_epoch,
            **{
                name: None if pd.isna(kept[name]) else float(kept[name])
                for name in map(str, self.history.columns)
                if name.startswith("val_")
            },
            "notes": list(self.notes),
        }
