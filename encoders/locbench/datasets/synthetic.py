"""A simulated classification: classes that live somewhere, and a model weak in one region."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geobias.encoders.locbench.datasets.dataset import Dataset, Split
from geobias.encoders.locbench.datasets.dividing import divided, size
from geobias.encoders.locbench.datasets.mixture import Ints, Mixture
from geobias.encoders.locbench.datasets.region import Region
from geobias.errors import InputError
from geobias.settings import LARGEST_SEED, number_between, whole_number
from geobias.simulate.streams import stream
from geobias.sphere import Floats, degrees

NAME = "synthetic"
CLASSES = 20
MOST_CLASSES = 100
SHARE = 0.075
NEAR_KM = 1_500.0
"""The weak region holds about this share of the samples, and reaches about as far."""
SURVEYED = 10_000
"""Places that the region is chosen by, always as many: it does not depend on n."""
CHUNK = 50_000
_NODES = 80


def synthetic(
    n: int = 20_000,
    *,
    seed: int = 0,
    classes: int = CLASSES,
    accuracy: float = 0.85,
    weak_accuracy: float = 0.4,
) -> Dataset:
    """Simulate a dataset whose model of images is weak in one region, where location would help.

    Classes are equally frequent. The centre of each is anywhere on the sphere, and its samples lie
    about it as a von Mises-Fisher distribution with a concentration from 4 to 400, poles and date
    line included. The probabilities of the image model are ``softmax(b·onehot(label) + z)`` with
    independent standard normal z. In one circle, chosen by the seed, b is lower. There the model
    is right as often as ``weak_accuracy`` says, and elsewhere as ``accuracy`` says.

    The world, that is its classes and its region, depends on ``seed`` and ``classes`` alone; a
    larger n gives more samples of it.

    Parameters
    ----------
    n : int
        Samples, from 1,000 to 1,000,000; 70 % train, 10 % val, 20 % test.
    seed : int
        Equal seeds give equal bytes.
    classes : int
        How many classes there are, from 2 to 100.
    accuracy, weak_accuracy : float
        How often the image model is right outside and inside of the region. Equal ones plant
        nothing, and ``truth`` is empty then.

    Returns
    -------
    Dataset
        ``truth`` holds ``lat``, ``lon`` and ``radius_km`` of the region. Classes are named
        ``class 0``, ``class 1`` and so on.

    Raises
    ------
    GeoBiasError
        If a value is out of range, or the image model would be worse than guessing.

    Examples
    --------
    >>> from geobias.encoders.locbench.datasets.synthetic import synthetic
    >>> dataset = synthetic(2_000, seed=1)
    >>> {name: len(split) for name, split in dataset.splits.items()}
    {'train': 1400, 'val': 200, 'test': 400}
    >>> sorted(dataset.truth)
    ['lat', 'lon', 'radius_km']
    """
    n, classes = size(n), _classes(classes)
    seed = whole_number("seed", seed, 0, LARGEST_SEED)
    outside, inside = _accuracies(accuracy, weak_accuracy, classes)
    mixture = Mixture.drawn(seed, classes)
    labels = stream(seed, "synthetic: labels").integers(classes, size=n)
    lat, lon = degrees(mixture.sample(labels, stream(seed, "synthetic: places")))
    region = _region(mixture, seed)
    weak = region.contains(lat, lon)
    leads = np.where(weak, _lead(inside, classes), _lead(outside, classes))
    probabilities = _softmax(labels, leads, classes, stream(seed, "synthetic: images"))
    planted = inside < outside
    return Dataset(
        name=NAME,
        classes=tuple(f"class {number}" for number in range(classes)),
        splits={
            name: Split(lat[rows], lon[rows], labels[rows], probabilities=probabilities[rows])
            for name, rows in divided(n).items()
        },
        notes=("simulated: von Mises-Fisher classes, image model weak in one region",)
        if planted
        else ("simulated: von Mises-Fisher classes, image model equally good everywhere",),
        truth={"lat": region.lat, "lon": region.lon, "radius_km": region.radius_km}
        if planted
        else {},
    )


def true_prior(*, seed: int = 0, classes: int = CLASSES) -> Mixture:
    """Return what `synthetic` draws places from: its posterior is the best prior there can be.

    Parameters
    ----------
    seed, classes : int
        As for `synthetic`.

    Returns
    -------
    Mixture
        With ``class_probabilities(lat=..., lon=...)``.

    Examples
    --------
    >>> from geobias.encoders.locbench.datasets.synthetic import true_prior
    >>> true_prior(seed=1).class_probabilities(lat=[48.2, -90.0], lon=[16.4, 0.0]).shape
    (2, 20)
    """
    return Mixture.drawn(whole_number("seed", seed, 0, LARGEST_SEED), _classes(classes))


def _classes(classes: int) -> int:
    return whole_number("classes", classes, 2, MOST_CLASSES)


def _accuracies(accuracy: float, weak_accuracy: float, classes: int) -> tuple[float, float]:
    outside = number_between("accuracy", accuracy, 0.0, 1.0)
    inside = number_between("weak_accuracy", weak_accuracy, 0.0, 1.0)
    if not 1.0 / classes <= inside <= outside:
        raise InputError(
            f"weak_accuracy={inside:g} and accuracy={outside:g}: of {classes} classes a guess is "
            f"right {1.0 / classes:.3g} of the time, so the first has to lie from there to the "
            "second."
        )
    return outside, inside


def _region(mixture: Mixture, seed: int) -> Region:
    draw = stream(seed, "synthetic: region")
    labels = draw.integers(len(mixture.centres), size=SURVEYED)
    lat, lon = degrees(mixture.sample(labels, draw))
    found = Region.candidates(lat, lon, draw, SHARE)
    return min(found, key=lambda region: abs(np.log(region.radius_km / NEAR_KM)))


def _lead(accuracy: float, classes: int) -> float:
    """Return the b for which the true class comes first as often as wanted.

    That chance is the mean of Φ(z + b) to the power of the other classes over a standard normal z.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()

    def excess(lead: float) -> float:
        return float(weights @ ndtr(nodes + lead) ** (classes - 1)) - accuracy

    return float(brentq(excess, -1.0, 100.0))


def _softmax(
    labels: Ints, leads: Floats, classes: int, draw: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Return the probabilities of the image model, drawn a part at a time to spare memory."""
    made = np.empty((len(labels), classes), np.float32)
    for start in range(0, len(labels), CHUNK):
        rows = made[start : start + CHUNK]
        draw.standard_normal(dtype=np.float32, out=rows)
        own = np.arange(len(rows)), labels[start : start + CHUNK]
        rows[own] += leads[start : start + CHUNK].astype(np.float32)
        rows -= rows.max(axis=1, keepdims=True)
        np.exp(rows, out=rows)
        rows /= rows.sum(axis=1, keepdims=True)
    return made
