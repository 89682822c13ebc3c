"""A location encoder with a table of classes: how likely each class is at a place."""

from __future__ import annotations

from typing import Any, overload

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from geobias.encoders.checks import count
from geobias.encoders.encoder import BATCH, Encoder, FloatArray, in_batches
from geobias.encoders.model import LocationModel
from geobias.encoders.origin import Origin
from geobias.encoders.seeding import seeded


class LocationClassifier(LocationModel):
    """Class scores ``C e`` of the embedding ``e`` of a place; probabilities are their sigmoids.

    Each class is likely or not by itself: probabilities do not add up to one. Multiplied with those
    of an image model they say what is likely at that place in that image.

    Parameters
    ----------
    encoder : Encoder
        Makes the embeddings.
    classes : int
        How many classes there are.
    users : int
        How many people took the images, for the loss that tells them apart; 0 for none.
    seed : int
        The vectors of classes and users are drawn from it.
    """

    origin: Origin | None = None
    """The file it was read from, if it was."""

    def __init__(self, encoder: Encoder, classes: int, *, users: int = 0, seed: int = 0) -> None:
        super().__init__(encoder)
        people = count("users", users, least=0)
        with seeded(seed):
            self.classes = nn.Linear(encoder.dim, count("classes", classes), bias=False)
            self.users = nn.Linear(encoder.dim, people, bias=False) if people else None

    def forward(
        self, lonlat: Tensor | None = None, *, lat: Tensor | None = None, lon: Tensor | None = None
    ) -> Tensor:
        """Return class scores, before the sigmoid; coordinates as for `Encoder`."""
        scores: Tensor = self.classes(self.encoder(lonlat, lat=lat, lon=lon))
        return scores

    @overload
    def class_probabilities(self, *, lat: Tensor, lon: Tensor, batch_size: int = ...) -> Tensor: ...
    @overload
    def class_probabilities(
        self, *, lat: ArrayLike, lon: ArrayLike, batch_size: int = ...
    ) -> FloatArray: ...

    def class_probabilities(self, *, lat: Any, lon: Any, batch_size: int = BATCH) -> Any:
        """Return the probability of each class at each place, without gradients.

        Parameters
        ----------
        lat, lon, batch_size
            As for `Encoder.embed`.

        Returns
        -------
        tensor or array, (..., classes)
            An array for arrays, a tensor for tensors.
        """

        def probabilities(*, lat: Tensor, lon: Tensor) -> Tensor:
            return torch.sigmoid(self(lat=lat, lon=lon))

        return in_batches(self, probabilities, lat, lon, self.classes.out_features, batch_size)
