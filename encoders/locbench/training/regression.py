"""One number per image and place: the published design of networks, standardised inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from geobias.encoders.classifier import LocationClassifier
from geobias.encoders.encoder import BATCH, Encoder, evaluating
from geobias.encoders.fusion import ConcatenationFusion
from geobias.encoders.locbench.datasets.dataset import Floats
from geobias.encoders.locbench.training.drawing import split_seed
from geobias.encoders.locbench.training.widths import Widths
from geobias.encoders.networks import MLP
from geobias.encoders.seeding import seeded
from geobias.errors import InputError
from geobias.wording import counted

ANCHORS = 200
"""Values of the training set that a single feature is expanded by, as published."""

ROWS_AT_ONCE = 4_096


class RegressionModel(nn.Module):
    """What number belongs to an image and its place.

    An image becomes as many numbers as its place, which are the sigmoids of a linear function of
    its embedding; a network makes one number of both. Features and targets are standardised with
    the mean and standard deviation of the training set, and predictions brought back. A single
    feature is expanded by kernels around 200 training values first, ``exp(-(v - a)² / (2 k²))``.

    Parameters
    ----------
    encoder : Encoder or None
        None leaves the place out.
    features : float array, (n, d), or None
        Those of the training set, which fix the standardisation; None leaves the image out.
    targets : float array, (n,)
        Those of the training set.
    widths : Widths
        Of the networks.
    seed : int
        Weights and the values of kernels are drawn from it.

    References
    ----------
    Wu et al. (2024), TorchSpatial: a location encoding framework and benchmark for spatial
    representation learning.

    Examples
    --------
    >>> import numpy as np
    >>> from geobias.encoders import build
    >>> from geobias.encoders.locbench.training.widths import SMALL
    >>> features, targets = np.zeros((3, 8), np.float32), np.array([5.0, 6.0, 7.0])
    >>> model = RegressionModel(build("xyz", dim=16), features, targets, SMALL)
    >>> found = model.predict(features=features, lat=[48.2, -33.9, 0.0], lon=[16.4, 151.2, np.nan])
    >>> np.isnan(found)
    array([False, False,  True])
    """

    feature_mean: Tensor
    feature_scale: Tensor
    target_mean: Tensor
    target_scale: Tensor
    anchors: Tensor

    def __init__(
        self,
        encoder: Encoder | None,
        features: npt.NDArray[np.float32] | None,
        targets: Floats,
        widths: Widths,
        *,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if encoder is None and features is None:
            raise InputError("A model needs an encoder, features of images, or both.")
        mean, scale = _standards("targets", targets[:, None])
        self.register_buffer("target_mean", torch.from_numpy(mean)[0])
        self.register_buffer("target_scale", torch.from_numpy(scale)[0])
        self.columns = 0 if features is None else features.shape[1]
        self.kernel = 0.0
        self.location: LocationClassifier | None = None
        self.image: MLP | None = None
        of_place, of_networks, of_kernels = split_seed(seed, parts=3)
        if encoder is not None:
            self.location = LocationClassifier(encoder, widths.branch, seed=of_place)
        with seeded(of_networks):
            if features is not None:
                self.image = self._image_branch(features, widths, of_kernels)
            self.head = _head(widths, both=encoder is not None and features is not None)

    def _image_branch(self, features: npt.NDArray[np.float32], widths: Widths, seed: int) -> MLP:
        mean, scale = _standards("features", features)
        self.register_buffer("feature_mean", torch.from_numpy(mean))
        self.register_buffer("feature_scale", torch.from_numpy(scale))
        numbers = self.columns
        if self.columns == 1:
            values = np.unique(features)
            drawn = np.random.default_rng(seed).permutation(len(values))[:ANCHORS]
            self.register_buffer("anchors", torch.from_numpy(values[np.sort(drawn)]).double())
            self.kernel = float(scale[0]) if widths.kernel_size is None else widths.kernel_size
            numbers = len(drawn)
        return MLP(
            numbers,
            widths.branch,
            hidden=widths.image_hidden,
            activation=widths.image_activation,
            dropout=widths.image_dropout,
        )

    def forward(self, features: Tensor | None, embeddings: Tensor | None) -> Tensor:
        """Return standardised numbers, (n,), of features and embeddings of places."""
        parts = []
        if self.image is not None:
            assert features is not None
            weight = next(self.image.parameters())
            parts.append(self.image(self._expanded(features.double()).to(weight.dtype)))
        if self.location is not None:
            assert embeddings is not None
            parts.append(torch.sigmoid(self.location.classes(embeddings)))
        found: Tensor = self.head(*parts)
        return found.squeeze(-1)

    def _expanded(self, features: Tensor) -> Tensor:
        if self.columns == 1:
            return torch.exp(-((features - self.anchors) ** 2) / (2.0 * self.kernel**2))
        return (features - self.feature_mean) / self.feature_scale

    def standardised(self, targets: Tensor) -> Tensor:
        """Targets as the networks see them."""
        return ((targets - self.target_mean) / self.target_scale).float()

    def restored(self, numbers: Tensor) -> Tensor:
        """Numbers of the networks in the units of the targets, in float64."""
        return numbers.double() * self.target_scale + self.target_mean

    def predict(
        self,
        *,
        features: ArrayLike | None = None,
        lat: ArrayLike | None = None,
        lon: ArrayLike | None = None,
        batch_size: int = BATCH,
    ) -> Floats:
        """Return the number of each image and place, without gradients.

        Parameters
        ----------
        features : array, (n, d), optional
            Needed by models that were trained with features.
        lat, lon : array, (n,), optional
            Degrees, needed by models with an encoder. Where they are NaN, so is the result.
        batch_size : int
            Samples at once.

        Returns
        -------
        float64 array, (n,)
        """
        images = self._checked(features)
        places = self._places(lat, lon)
        if images is not None and places is not None and len(images) != len(places):
            raise InputError(
                f"features are of {counted(len(images), 'sample')}, lat and lon of {len(places):,}."
            )
        rows = len(places) if images is None else len(images)  # type: ignore[arg-type]
        known = np.ones(rows, np.bool_) if places is None else ~np.isnan(places).any(axis=1)
        found = np.full(rows, np.nan)
        device = self.target_mean.device
        with evaluating(self):
            located = np.flatnonzero(known)
            for start in range(0, len(located), batch_size):
                some = located[start : start + batch_size]
                image = None if images is None else torch.from_numpy(images[some]).to(device)
                embeddings = None
                if self.location is not None and places is not None:
                    lonlat = torch.from_numpy(places[some]).to(device)
                    embeddings = self.location.encoder(lonlat)
                found[some] = self.restored(self(image, embeddings)).cpu().numpy()
        return found

    def _checked(self, features: ArrayLike | None) -> npt.NDArray[np.float32] | None:
        if self.image is None:
            return None
        if features is None:
            raise InputError(
                f"features are missing: this model was trained with {self.columns:,} of them."
            )
        array = np.asarray(features, dtype=np.float32)
        if array.ndim != 2 or array.shape[1] != self.columns:
            raise InputError(
                f"features has the shape {array.shape}: this model was trained with "
                f"{counted(self.columns, 'feature')}, so that (n, {self.columns}) is needed."
            )
        return array

    def _places(self, lat: ArrayLike | None, lon: ArrayLike | None) -> Floats | None:
        if self.location is None:
            return None
        if lat is None or lon is None:
            raise InputError("lat and lon are missing: this model looks at places.")
        return np.column_stack([np.asarray(lon, np.float64), np.asarray(lat, np.float64)])


def _head(widths: Widths, *, both: bool) -> nn.Module:
    """The network that makes one number of an image and its place, or of one of them."""
    hidden, activation, dropout = widths.head_hidden, widths.head_activation, widths.head_dropout
    if both:
        return ConcatenationFusion(
            widths.branch, widths.branch, 1, hidden=hidden, activation=activation, dropout=dropout
        )
    return MLP(widths.branch, 1, hidden=hidden, activation=activation, dropout=dropout)


def _standards(name: str, values: npt.NDArray[Any]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column; 1 where a column is the same throughout."""
    rows = [values[start : start + ROWS_AT_ONCE] for start in range(0, len(values), ROWS_AT_ONCE)]
    with np.errstate(over="ignore", invalid="ignore"):
        mean = sum(part.sum(axis=0, dtype=np.float64) for part in rows) / len(values)
        squares = sum(((part - mean) ** 2).sum(axis=0) for part in rows)
        scale = np.sqrt(squares / len(values))
    if not np.isfinite(scale).all():
        raise InputError(f"The {name} are too large to be squared: give them in larger units.")
    constant = values.min(axis=0) == values.max(axis=0)
    mean = np.where(constant, values[0], mean)
    return mean.astype(np.float64), np.where(constant | (scale == 0.0), 1.0, scale)
