"""What an image and its location say together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
import numpy.typing as npt
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from geobias.encoders.checks import count
from geobias.encoders.networks import MLP
from geobias.encoders.tensors import check_device, check_floats, refuse_rows
from geobias.errors import InputError

ROUNDING = 1e-6
"""How far above 1 single precision takes a probability that is 1."""

Scores = TypeVar("Scores", Tensor, npt.NDArray[np.float64])


class FusedProbabilities(NamedTuple, Generic[Scores]):
    """What `fuse_probabilities` returns.

    Parameters
    ----------
    scores : tensor or array, (..., classes)
        Products of probabilities, in float64. They do not add up to one.
    without_location : int
        Images that had no location: their scores are the probabilities of the image.
    """

    scores: Scores
    without_location: int


@overload
def fuse_probabilities(image: Tensor, location: Tensor) -> FusedProbabilities[Tensor]: ...
@overload
def fuse_probabilities(
    image: ArrayLike, location: ArrayLike
) -> FusedProbabilities[npt.NDArray[np.float64]]: ...


def fuse_probabilities(image: Any, location: Any) -> Any:
    """Multiply the class probabilities of images with those of their locations.

    This is how location priors are published and evaluated: the two models are trained apart, and
    multiplied only here, in float64. An image without a location keeps its own probabilities, and
    is counted.

    Parameters
    ----------
    image : tensor or array-like, (..., classes)
        Class probabilities of an image model.
    location : tensor or array-like, (..., classes)
        Those of `LocationClassifier.class_probabilities`. A row of NaN is an image without one.

    Returns
    -------
    FusedProbabilities
        ``scores`` and ``without_location``; tensors for tensors, arrays for arrays.

    Raises
    ------
    InputError
        If shapes differ, or values are no probabilities.

    References
    ----------
    Mac Aodha, Cole and Perona (2019), Presence-only geographical priors for fine-grained image
    classification.

    Examples
    --------
    The second image has no location:

    >>> import numpy as np
    >>> from geobias.encoders import LocationClassifier, build, fuse_probabilities
    >>> image = np.array([[0.7, 0.3], [0.4, 0.6]])
    >>> lat, lon = np.array([48.2, np.nan]), np.array([16.4, np.nan])
    >>> model = LocationClassifier(build("xyz"), classes=2)
    >>> location, known = np.full(image.shape, np.nan), ~np.isnan(lon)
    >>> location[known] = model.class_probabilities(lat=lat[known], lon=lon[known])
    >>> fused = fuse_probabilities(image, location)
    >>> fused.without_location
    1
    >>> fused.scores[1]
    array([0.4, 0.6])
    """
    are_tensors = isinstance(image, Tensor)
    if are_tensors != isinstance(location, Tensor):
        raise InputError(
            f"image is {type(image).__name__} and location {type(location).__name__}: "
            "give two tensors or two arrays."
        )
    image, location = _probabilities("image", image), _probabilities("location", location)
    if image.shape != location.shape or image.ndim == 0 or image.numel() == 0:
        raise InputError(
            f"image has the shape {tuple(image.shape)} and location {tuple(location.shape)}: both "
            "have to be (..., classes), alike. Rows of NaN stand for locations that are missing."
        )
    check_device(image=image, location=location)
    missing = torch.isnan(location).all(dim=-1, keepdim=True)
    location = location.masked_fill(missing, 1.0)
    _check_probabilities("image", image, "Every image needs its class probabilities.")
    _check_probabilities("location", location, "Only a row that is NaN throughout has no location.")
    scores = image.to(torch.float64, copy=True).mul_(location)  # there may be gigabytes of them
    return FusedProbabilities(scores if are_tensors else scores.numpy(), int(missing.sum()))


def _probabilities(name: str, values: object) -> Tensor:
    """Return numbers as a tensor, those of single precision as they are: there may be many."""
    if isinstance(values, Tensor):
        return values if values.is_floating_point() else values.double()
    try:
        array = np.asarray(values)
        kept = array.dtype if array.dtype == np.float32 else np.dtype(np.float64)
        # Torch cannot take what is read-only, as columns of tables are.
        return torch.from_numpy(np.require(array, kept, ["C", "W"]))
    except (TypeError, ValueError):
        raise InputError(
            f"{name} is not an array of numbers: give class probabilities of shape (..., classes)."
        ) from None


def _check_probabilities(name: str, values: Tensor, advice: str) -> None:
    values = values.detach()
    refuse_rows(name, torch.isnan(values), "NaN", advice)
    outside = (values < 0.0) | (values > 1.0 + ROUNDING)
    refuse_rows(name, outside, "values outside 0 to 1", "Are they scores? Take their sigmoid.")


class ProductFusion(nn.Module):
    """Features of an image, projected to the size of an embedding, times the embedding.

    Weights are drawn from torch's own generator, like those of any torch module.

    Parameters
    ----------
    image_dim : int
        Numbers per image.
    location_dim : int
        Numbers per embedding, and of the result.

    Examples
    --------
    >>> import torch
    >>> from geobias.encoders import ProductFusion
    >>> ProductFusion(2048, 256)(torch.zeros(5, 2048), torch.zeros(5, 256)).shape
    torch.Size([5, 256])
    """

    def __init__(self, image_dim: int, location_dim: int) -> None:
        super().__init__()
        self.project = nn.Linear(count("image_dim", image_dim), count("location_dim", location_dim))

    def forward(self, image: Tensor, location: Tensor) -> Tensor:
        """Fuse features, (..., image_dim), and embeddings, (..., location_dim)."""
        _check_features(image, location, self.project.in_features, self.project.out_features)
        projected: Tensor = self.project(image.to(self.project.weight.dtype))
        return projected * location.to(projected.dtype)


class ConcatenationFusion(nn.Module):
    """Features of an image, then the embedding of its location, side by side through an `MLP`.

    Weights are drawn from torch's own generator, like those of any torch module.

    Parameters
    ----------
    image_dim, location_dim : int
        Numbers per image, and per embedding.
    out_dim : int
        Numbers of the result.
    hidden, activation, dropout
        As for `MLP`.

    References
    ----------
    Wu et al. (2024), TorchSpatial: a location encoding framework and benchmark for spatial
    representation learning.

    Examples
    --------
    The published regression network for elevations. Its location branch is a head of 822 numbers
    with a sigmoid, its image branch a network that ends with as many:

    >>> import torch
    >>> from geobias.encoders import MLP, ConcatenationFusion, LocationClassifier, build
    >>> usual = {"activation": "leakyrelu0.01", "dropout": 0.1}
    >>> place = LocationClassifier(build("nerf", compat="torchspatial"), classes=822)
    >>> scene = MLP(2048, 822, hidden=[862, 846], **usual)
    >>> both = ConcatenationFusion(822, 822, 1, hidden=[893, 881, 510], **usual)
    >>> features, lonlat = torch.zeros(5, 2048), torch.zeros(5, 2)
    >>> both(scene(features), torch.sigmoid(place(lonlat))).shape
    torch.Size([5, 1])
    """

    def __init__(
        self,
        image_dim: int,
        location_dim: int,
        out_dim: int,
        *,
        hidden: Sequence[int] = (),
        activation: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.image_dim = count("image_dim", image_dim)
        self.location_dim = count("location_dim", location_dim)
        self.mlp = MLP(
            self.image_dim + self.location_dim,
            out_dim,
            hidden=hidden,
            activation=activation,
            dropout=dropout,
        )

    def forward(self, image: Tensor, location: Tensor) -> Tensor:
        """Fuse features, (..., image_dim), and embeddings, (..., location_dim)."""
        _check_features(image, location, self.image_dim, self.location_dim)
        weight = next(self.mlp.parameters(), image)
        fused: Tensor = self.mlp(torch.cat([image.to(weight.dtype), location.to(weight.dtype)], -1))
        return fused


def _check_features(image: Tensor, location: Tensor, image_dim: int, location_dim: int) -> None:
    check_floats("image", image, image_dim)
    check_floats("location", location, location_dim)
    if image.shape[:-1] != location.shape[:-1]:
        raise InputError(
            f"image has the shape {tuple(image.shape)} and location {tuple(location.shape)}: all "
            "axes but the last have to be the same, one location per image."
        )
    check_device(image=image, location=location)
    for name, features in (("image", image), ("location", location)):
        wrong = ~torch.isfinite(features.detach())
        refuse_rows(name, wrong, "NaN or infinite values", "Leave them out, or fill them.")
