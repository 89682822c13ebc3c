"""Losses for places where something was seen, and nobody looked for what was not.

With embeddings ``e`` of places and a vector ``c`` per class, a class is present at a place with
probability ``sigmoid(c·e)``. A photograph says that one class is present there, and nothing of the
others; random places, where no photograph was taken, stand for absence.
"""

from __future__ import annotations

import torch
from torch import Tensor

from geobias.encoders.checks import count, weight
from geobias.encoders.positions.position import checked_compat
from geobias.encoders.tensors import check_device, check_floats, kind, refuse_rows
from geobias.errors import InputError

EPSILON = 1e-5
"""Added to probabilities before the logarithm, as published: no term exceeds 11.51."""


def presence_only_loss(
    scores: Tensor, labels: Tensor, negative_scores: Tensor, *, rand_sample_weight: float = 1.0
) -> Tensor:
    """Classes seen at places, against all classes at random places.

    With ``l(t) = -log(t + 1e-5)`` and K classes, the mean over places and classes of ``K l(p)`` for
    the class that was seen and ``l(1 - p)`` for the others, plus `rand_sample_weight` times the
    mean of ``l(1 - p)`` at random places.

    Parameters
    ----------
    scores : tensor, (..., classes)
        Class scores of places, before the sigmoid, as `LocationClassifier` returns them.
    labels : integer tensor, (...)
        Which class was seen there.
    negative_scores : tensor, (..., classes)
        Class scores of random places, such as `random_places` draws, as many or not.
    rand_sample_weight : float
        How much random places count.

    Returns
    -------
    tensor, ()

    Raises
    ------
    InputError
        If shapes do not fit, or labels are not among the classes.

    References
    ----------
    Mac Aodha, Cole and Perona (2019), Presence-only geographical priors for fine-grained image
    classification.

    Examples
    --------
    A step of training; places and random places pass through the model together:

    >>> import torch
    >>> from geobias.encoders import LocationClassifier, build, presence_only_loss, random_places
    >>> model = LocationClassifier(build("xyz", dim=16), classes=3)
    >>> lonlat, labels = torch.tensor([[16.4, 48.2], [151.2, -33.9]]), torch.tensor([0, 2])
    >>> negatives = random_places(2, torch.Generator().manual_seed(0))
    >>> scores, negative_scores = model(torch.cat([lonlat, negatives])).split(2)
    >>> presence_only_loss(scores, labels, negative_scores).backward()
    """
    share = weight("rand_sample_weight", rand_sample_weight)
    check_floats("scores", scores)
    check_floats("negative_scores", negative_scores, scores.shape[-1])
    at_places = _of_presence(scores, _numbers("labels", labels, scores))
    return at_places + share * _surprise(-negative_scores).mean()


def presence_only_user_loss(
    embeddings: Tensor,
    labels: Tensor,
    negatives: Tensor,
    users: Tensor,
    *,
    class_vectors: Tensor,
    user_vectors: Tensor,
) -> Tensor:
    """The loss above, and who took the photographs: where they go, and what they take.

    Adds to `presence_only_loss`, with the vector ``u`` of the user of each photograph: the means of
    ``l(sigmoid(u·e))`` and of ``l(1 - sigmoid(u·e'))``, where ``e'`` is a random place, and the
    first mean of that loss with ``p = sigmoid(c·u)``. Random places count as much as all others.

    Parameters
    ----------
    embeddings : tensor, (..., dim)
        Embeddings of places.
    labels : integer tensor, (...)
        Which class was seen there.
    negatives : tensor, (..., dim)
        Embeddings of as many random places.
    users : integer tensor, (...)
        Who took the photograph.
    class_vectors : tensor, (classes, dim)
        ``model.classes.weight`` of a `LocationClassifier`.
    user_vectors : tensor, (number of users, dim)
        Its ``model.users.weight``.

    Returns
    -------
    tensor, ()

    Raises
    ------
    InputError
        If shapes do not fit, or labels or users are not among those there are.

    References
    ----------
    Mac Aodha, Cole and Perona (2019), Presence-only geographical priors for fine-grained image
    classification.

    Examples
    --------
    >>> import torch
    >>> from geobias.encoders import LocationClassifier, build, presence_only_user_loss
    >>> model = LocationClassifier(build("xyz", dim=16), classes=3, users=2)
    >>> embeddings, negatives = model.encoder(torch.tensor([[16.4, 48.2], [-70.0, 12.0]])).split(1)
    >>> loss = presence_only_user_loss(
    ...     embeddings,
    ...     torch.tensor([2]),
    ...     negatives,
    ...     torch.tensor([0]),
    ...     class_vectors=model.classes.weight,
    ...     user_vectors=model.users.weight,
    ... )
    >>> loss.shape
    torch.Size([])
    """
    check_floats("embeddings", embeddings)
    for name, vectors in (("class_vectors", class_vectors), ("user_vectors", user_vectors)):
        check_floats(name, vectors, embeddings.shape[-1])
        if vectors.ndim != 2:
            raise InputError(f"{name} has the shape {tuple(vectors.shape)}: it has to be a table.")
    check_floats("negatives", negatives, embeddings.shape[-1])
    if negatives.shape != embeddings.shape:
        raise InputError(
            f"negatives has the shape {tuple(negatives.shape)} and embeddings "
            f"{tuple(embeddings.shape)}: every place needs a random one beside it."
        )
    scores = embeddings @ class_vectors.T
    affinities = embeddings @ user_vectors.T
    of_users = user_vectors[_numbers("users", users, affinities)]
    tastes = of_users @ class_vectors.T
    return (
        presence_only_loss(scores, labels, negatives @ class_vectors.T)
        + _surprise((of_users * embeddings).sum(dim=-1)).mean()
        + _surprise(-(of_users * negatives).sum(dim=-1)).mean()
        + _of_presence(tastes, labels)
    )


def random_places(number: int, generator: torch.Generator, *, compat: str | None = None) -> Tensor:
    """Draw places that stand for absence, uniform on the sphere.

    Parameters
    ----------
    number : int
        How many.
    generator : torch.Generator
        Draws them, on its device: the same seed, the same places.
    compat : {None, "torchspatial"}
        The reference code means the same, but returns the random numbers themselves: with
        ``"torchspatial"``, places lie between 0 and 180 degrees of longitude and 0 and 90 of
        latitude, uniform in degrees. On the other three quarters of the sphere, a model that is
        trained with them is never told of absence.

    Returns
    -------
    float32 tensor, (number, 2)
        Longitude and latitude, in degrees, as encoders take them.

    Examples
    --------
    >>> import torch
    >>> from geobias.encoders import random_places
    >>> random_places(1000, torch.Generator().manual_seed(0)).mean(dim=0).abs() < 10
    tensor([True, True])
    """
    if not isinstance(generator, torch.Generator):
        raise InputError(
            f"generator={generator!r} has to be a torch.Generator, such as "
            "torch.Generator().manual_seed(0)."
        )
    places = torch.rand(
        (count("number", number), 2),
        generator=generator,
        device=generator.device,
        dtype=torch.float64,
    )
    u, v = places.unbind(-1)
    if checked_compat(compat):
        return torch.stack([180.0 * u, 90.0 * v], dim=-1).float()
    lat = torch.rad2deg(torch.asin(2.0 * v - 1.0))
    return torch.stack([360.0 * u - 180.0, lat], dim=-1).float()


def _surprise(scores: Tensor) -> Tensor:
    """``-log(p + 1e-5)`` of ``p = sigmoid(scores)``; of ``1 - p``, if the sign is turned."""
    return -torch.log(torch.sigmoid(scores) + EPSILON)


def _of_presence(scores: Tensor, labels: Tensor) -> Tensor:
    """The mean over classes, the one that was seen counting as much as there are classes."""
    classes, seen = scores.shape[-1], labels.unsqueeze(-1)
    present = classes * _surprise(scores.gather(-1, seen))
    return _surprise(-scores).scatter(-1, seen, present).mean()


def _numbers(name: str, values: object, scores: Tensor) -> Tensor:
    """Return checked numbers of classes or users, one for each place."""
    most = scores.shape[-1] - 1
    if not isinstance(values, Tensor) or values.is_floating_point() or values.is_complex():
        raise InputError(
            f"{name} is {kind(values)}: a tensor of whole numbers from 0 to {most} is needed."
        )
    if values.shape != scores.shape[:-1]:
        raise InputError(
            f"{name} has the shape {tuple(values.shape)}, not {tuple(scores.shape[:-1])}: every "
            "place needs one."
        )
    check_device(**{"scores": scores, name: values})
    values = values.long()
    outside = ((values < 0) | (values > most)).unsqueeze(-1)
    refuse_rows(name, outside, f"values outside 0 to {most}", "They count from 0.")
    return values
