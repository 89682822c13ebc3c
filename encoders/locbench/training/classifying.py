"""Classes: the losses of a batch, and how good a model is on the validation split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geobias.encoders.classifier import LocationClassifier
from geobias.encoders.encoder import Encoder, evaluating
from geobias.encoders.locbench.datasets.dataset import Dataset, Split
from geobias.encoders.locbench.evaluation.ranking import first_classes
from geobias.encoders.locbench.training.choices import Training
from geobias.encoders.locbench.training.codes import Codes
from geobias.encoders.locbench.training.machine import precision_on
from geobias.encoders.locbench.training.ordering import canonical, taken
from geobias.encoders.losses import (
    EPSILON,
    presence_only_loss,
    presence_only_user_loss,
    random_places,
)
from geobias.errors import InputError
from geobias.wording import counted

NUMBERS_AT_ONCE = 2**22
"""Probabilities of the validation split that are held at once."""


class Classification:
    """What training has to know of a dataset with classes.

    Parameters
    ----------
    dataset : Dataset
        Train and validation split are used.
    encoder : Encoder
        Fresh.
    training : Training
        Loss and mode count here.
    device : torch.device
        Where the model is put.
    seed : int
        Vectors of classes and users are drawn from it.
    """

    def __init__(
        self,
        dataset: Dataset,
        encoder: Encoder,
        training: Training,
        device: torch.device,
        seed: int,
    ) -> None:
        self._training = training
        self._loss = training.loss_of(dataset.task)
        self._device = device
        self.notes: list[str] = []
        seen = self._kept(dataset.splits["train"], dataset)
        users = dataset.users if self._loss == "users" else 0
        self.model = LocationClassifier(encoder, len(dataset.classes), users=users, seed=seed)
        self.model.to(device)
        self.samples = len(seen)
        self.labels: Tensor | None = torch.from_numpy(seen.targets.astype(np.int64))
        self._users = None if seen.users is None else torch.from_numpy(seen.users)
        self._codes = Codes(encoder, seen.lat, seen.lon, device)
        val = replace(dataset.splits["val"], features=None)
        self._val = taken(val, canonical(val))
        located = self._val.located
        self._val_codes = Codes(encoder, self._val.lat[located], self._val.lon[located], device)

    def _kept(self, split: Split, dataset: Dataset) -> Split:
        kept = split.located
        if self._loss == "users":
            if split.users is None or not dataset.users:
                raise InputError(
                    f"loss='users' needs to know who took each image, and {dataset.name} does not "
                    "say so: take loss='presence'."
                )
            kept = kept & (split.users >= 0)
            if not kept.any():
                raise InputError(
                    f"{dataset.name}, train: no located sample has a known user, which "
                    "loss='users' needs: take loss='presence'."
                )
        self._count(int((~split.located).sum()), "without a location")
        self._count(int((split.located & ~kept).sum()), "of an unknown user")
        # What is said of the images is not trained on, and may be large.
        split = replace(split, features=None, probabilities=None)
        order = canonical(split)
        return taken(split, order[kept[order]])

    def _count(self, left_out: int, what: str) -> None:
        if left_out:
            self.notes.append(f"Not trained on: {counted(left_out, 'sample')} {what}.")

    def loss(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        """The loss of a batch; places and random places pass through the network together."""
        assert self.labels is not None
        labels = self.labels[rows].to(self._device)
        codes = self._codes.of(rows.to(self._device))
        if self._loss == "cross_entropy":
            scores = self._scores(self._embeddings(codes))
            return F.cross_entropy(F.logsigmoid(scores), labels)
        negatives = random_places(len(rows), generator, compat=self._training.compat)
        absent = self._codes.at(negatives.to(self._device))
        embeddings = self._embeddings(torch.cat([codes, absent]))
        if self._loss == "users":
            assert self._users is not None
            assert self.model.users is not None
            here, there = embeddings[: len(rows)], embeddings[len(rows) :]
            return presence_only_user_loss(
                here,
                labels,
                there,
                self._users[rows].to(self._device),
                class_vectors=self.model.classes.weight,
                user_vectors=self.model.users.weight,
            )
        scores = self._scores(embeddings)
        return presence_only_loss(
            scores[: len(rows)],
            labels,
            scores[len(rows) :],
            rand_sample_weight=self._training.negative_weight,
        )

    def _embeddings(self, codes: Tensor) -> Tensor:
        with precision_on(self._device, self._training.amp):
            found: Tensor = self.model.encoder.network(codes)
        return found.float()

    def _scores(self, embeddings: Tensor) -> Tensor:
        found: Tensor = self.model.classes(embeddings)
        return found

    def validate(self) -> dict[str, float]:
        """Mean ``-log(p + 1e-5)`` of the labels at their places, and Top-1.

        Top-1 is that of the image times its location, of the image alone where there is no
        location, and of the location alone where the dataset has no model of images. Of equal
        scores that of the higher class counts as the larger, as in the evaluation.
        """
        located = self._val.located
        place_of = np.cumsum(located) - 1
        step = max(1, NUMBERS_AT_ONCE // self.model.classes.out_features)
        surprise: list[Tensor] = []
        hits = answered = 0
        with evaluating(self.model):
            for start in range(0, len(self._val), step):
                rows = slice(start, start + step)
                here, labels = located[rows], self._val.targets[rows].astype(np.int64)
                prior = np.ones((len(labels), self.model.classes.out_features))
                if here.any():
                    first = int(place_of[rows][here][0])
                    codes = self._val_codes.of(slice(first, first + int(here.sum())))
                    found = torch.sigmoid(self._scores(self._embeddings(codes))).cpu()
                    seen = torch.from_numpy(labels[here])[:, None]
                    surprise.append(-torch.log(found.gather(1, seen)[:, 0] + EPSILON))
                    prior[here] = found.double().numpy()
                if self._val.probabilities is None:
                    prior, labels = prior[here], labels[here]
                else:
                    prior *= self._val.image_probabilities(rows)
                hits += int((first_classes(prior) == labels).sum())
                answered += len(labels)
        mean = float(torch.cat(surprise).double().mean())
        return {"val_loss": mean, "val_top1": hits / answered}

    def score(self, record: dict[str, float]) -> tuple[float, ...]:
        """What is better is larger: Top-1, and among equals the smaller loss."""
        return record["val_top1"], -record["val_loss"]
