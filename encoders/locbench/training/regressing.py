"""Values: the loss of a batch, and how good a model is on the validation split."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geobias.encoders.encoder import BATCH, Encoder, evaluating
from geobias.encoders.locbench.datasets.dataset import Dataset, Split
from geobias.encoders.locbench.training.choices import Training
from geobias.encoders.locbench.training.codes import Codes
from geobias.encoders.locbench.training.machine import precision_on
from geobias.encoders.locbench.training.ordering import canonical, located_in_order, taken
from geobias.encoders.locbench.training.regression import RegressionModel
from geobias.encoders.locbench.training.widths import widths_of
from geobias.errors import InputError
from geobias.wording import counted


class _Seen(NamedTuple):
    """Samples of a split as tensors."""

    targets: Tensor
    features: Tensor | None
    codes: Codes | None


class Regression:
    """What training has to know of a dataset with values; parameters as for `Classification`.

    Without an encoder, the image alone is looked at, and samples without a location count, too.
    """

    def __init__(
        self,
        dataset: Dataset,
        encoder: Encoder | None,
        training: Training,
        device: torch.device,
        seed: int,
    ) -> None:
        training.loss_of(dataset.task)
        self._training = training
        self._device = device
        self.notes: list[str] = []
        train, val = (self._kept(dataset, name, encoder) for name in ("train", "val"))
        if encoder is None and train.features is None:
            raise InputError(
                f"{dataset.name} has no features of images: without an encoder there is nothing "
                "to predict from."
            )
        if (train.features is None) != (val.features is None):
            raise InputError(f"{dataset.name}: only one of train and val has features of images.")
        widths = widths_of(dataset, training.widths)
        targets = np.asarray(train.targets, np.float64)
        self.model = RegressionModel(encoder, train.features, targets, widths, seed=seed)
        self.model.to(device)
        self.samples = len(train)
        self.labels: Tensor | None = None
        self._train, self._val = (self._as_tensors(split, encoder) for split in (train, val))

    def _kept(self, dataset: Dataset, name: str, encoder: Encoder | None) -> Split:
        split = dataset.splits[name]
        if encoder is None:
            return taken(split, canonical(split))
        left_out = int((~split.located).sum())
        if left_out:
            verb = "Not trained on" if name == "train" else "Not chosen by"
            self.notes.append(f"{verb}: {counted(left_out, 'sample')} without a location.")
        return taken(split, located_in_order(split))

    def _as_tensors(self, split: Split, encoder: Encoder | None) -> _Seen:
        return _Seen(
            torch.from_numpy(np.asarray(split.targets, np.float64)),
            None if split.features is None else torch.from_numpy(split.features),
            None if encoder is None else Codes(encoder, split.lat, split.lon, self._device),
        )

    def _numbers(self, seen: _Seen, rows: Tensor | slice) -> Tensor:
        features = None if seen.features is None else seen.features[rows].to(self._device)
        with precision_on(self._device, self._training.amp):
            embeddings = None
            if seen.codes is not None:
                assert self.model.location is not None
                there = rows.to(self._device) if isinstance(rows, Tensor) else rows
                embeddings = self.model.location.encoder.network(seen.codes.of(there))
            found: Tensor = self.model(features, embeddings)
        return found.float()

    def loss(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        """The mean squared error of a batch, in standard deviations of the targets."""
        targets = self.model.standardised(self._train.targets[rows].to(self._device))
        return F.mse_loss(self._numbers(self._train, rows), targets)

    def validate(self) -> dict[str, float]:
        """Root mean squared error in the units of the targets, and R2, NaN of equal targets."""
        targets = self._val.targets
        with evaluating(self.model):
            parts = [
                self.model.restored(self._numbers(self._val, slice(start, start + BATCH))).cpu()
                for start in range(0, len(targets), BATCH)
            ]
        squared = float(((torch.cat(parts) - targets) ** 2).mean())
        constant = bool((targets == targets[0]).all())
        spread = float(((targets - targets.mean()) ** 2).mean())
        r2 = float("nan") if constant or spread == 0.0 else 1.0 - squared / spread
        return {"val_rmse": squared**0.5, "val_r2": r2}

    def score(self, record: dict[str, float]) -> tuple[float, ...]:
        """What is better is larger: the error, turned."""
        return (-record["val_rmse"],)
