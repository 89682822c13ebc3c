"""A simulated regression: a field on the sphere that images show in part, worse in one region."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geobias.encoders.locbench.datasets.dataset import Dataset, Split
from geobias.encoders.locbench.datasets.dividing import divided, size
from geobias.encoders.locbench.datasets.region import Region
from geobias.scales import EARTH_RADIUS_KM
from geobias.settings import LARGEST_SEED, whole_number
from geobias.simulate.streams import stream
from geobias.sphere import Floats, degrees, unit_vectors

Places = tuple[Floats, Floats]

NAME = "synthetic-field"
VIEWS = 16
DEGREES = range(1, 5)
BUMPS = 40
SURVEYED = 10_000
"""Places that fields are scaled by and the region is chosen by, always as many."""
SHARE = 0.075
"""Of the samples, and of the Earth, that the weak region holds: some 3,500 km around its centre."""
SHOWN, HIDDEN, SCENE, NOISE = 0.5, 0.2, 0.2, 0.1
"""Shares of the variance of the target: what place and image both tell, what place alone tells,
what the image alone tells, and what nobody can know."""
BLUR, WEAK_BLUR = 1.0, 6.0
"""Standard deviation of the noise of a view outside and inside of the region; the signal's is 1."""


def field(n: int = 20_000, *, seed: int = 0) -> Dataset:
    """Simulate values whose images show a part of them, and less in one region.

    The target is ``√0.5 g + √0.2 h + √0.2 s + √0.1 e``. Both g and h are sums of spherical
    harmonics of degree 1 to 4; h has bumps of 300 to 1,000 km besides. Both have a mean of 0 and a
    variance of 1 over the sphere; s and e are standard normal and independent between samples.
    Features are 16 noisy views of ``√0.5 g + √0.2 s``: images cannot show h, which location tells.
    In one circle their noise is six times as large, and location would tell g there, too. Of some
    circles that are drawn it is the one in which g is farthest from its mean.

    The world, that is its fields and its region, depends on ``seed`` alone.

    Parameters
    ----------
    n : int
        Samples, from 1,000 to 1,000,000, uniform on the sphere; 70 % train, 10 % val, 20 % test.
    seed : int
        Equal seeds give equal bytes.

    Returns
    -------
    Dataset
        ``truth`` holds ``lat``, ``lon`` and ``radius_km`` of the region.

    Raises
    ------
    GeoBiasError
        If a value is out of range.

    Examples
    --------
    >>> from geobias.encoders.locbench.datasets.field import field
    >>> dataset = field(1_000, seed=1)
    >>> dataset.task, dataset.splits["train"].features.shape
    ('regression', (700, 16))
    """
    n = size(n)
    seed = whole_number("seed", seed, 0, LARGEST_SEED)
    survey = _uniform(SURVEYED, stream(seed, "field: survey"))
    lat, lon = _uniform(n, stream(seed, "field: places"))
    both, both_surveyed = _surface(lat, lon, survey, stream(seed, "field: shown"), 0)
    place, _ = _surface(lat, lon, survey, stream(seed, "field: hidden"), BUMPS)
    image, unknown = stream(seed, "field: samples").normal(size=(2, n))
    shown = np.sqrt(SHOWN) * both + np.sqrt(SCENE) * image
    targets = shown + np.sqrt(HIDDEN) * place + np.sqrt(NOISE) * unknown

    region = _region(survey, both_surveyed, stream(seed, "field: region"))
    blur = np.where(region.contains(lat, lon), WEAK_BLUR, BLUR)
    features = _views(shown / np.sqrt(SHOWN + SCENE), blur, stream(seed, "field: views"))
    return Dataset(
        name=NAME,
        classes=(),
        splits={
            name: Split(lat[rows], lon[rows], targets[rows], features=features[rows])
            for name, rows in divided(n).items()
        },
        notes=("simulated: a field of which images show a part, and less in one region",),
        truth={"lat": region.lat, "lon": region.lon, "radius_km": region.radius_km},
    )


def _uniform(n: int, draw: np.random.Generator) -> Places:
    return degrees(draw.normal(size=(n, 3)))


def _region(survey: Places, by_place: Floats, draw: np.random.Generator) -> Region:
    """Choose the circle in which place matters most, for that is what a weak model lacks there."""
    found = Region.candidates(*survey, draw, SHARE)
    return max(found, key=lambda region: np.mean(by_place[region.contains(*survey)] ** 2))


def _surface(
    lat: Floats, lon: Floats, survey: Places, draw: np.random.Generator, bumps: int
) -> tuple[Floats, Floats]:
    """Return a random field at places and over the survey, where it has mean 0 and variance 1."""
    from scipy.special import eval_legendre

    def directions(count: int) -> Floats:
        toward = draw.normal(size=(count, 3))
        return np.asarray(toward / np.linalg.norm(toward, axis=1, keepdims=True))

    # Legendre polynomials of the angle from an axis are spherical harmonics, and those of 2l + 1
    # random axes span all of degree l (addition theorem).
    parts = [
        (degree, axis, weight)
        for degree in DEGREES
        for axis, weight in zip(
            directions(2 * degree + 1), draw.normal(size=2 * degree + 1), strict=True
        )
    ]
    # exp(κ (μ·x - 1)) falls off over 1/√κ radians.
    centres, spreads = directions(bumps), draw.uniform(300.0, 1_000.0, bumps) / EARTH_RADIUS_KM
    heights = draw.normal(scale=3.0, size=bumps)

    def at(places: Floats) -> Floats:
        values = np.zeros(len(places))
        for degree, axis, weight in parts:
            values += weight * eval_legendre(degree, _cosines(places, axis))
        for centre, spread, height in zip(centres, spreads, heights, strict=True):
            values += height * np.exp((_cosines(places, centre) - 1.0) / spread**2)
        return values

    surveyed = at(unit_vectors(*survey))
    mean, spread = surveyed.mean(), surveyed.std()
    return (at(unit_vectors(lat, lon)) - mean) / spread, (surveyed - mean) / spread


def _cosines(unit: Floats, axis: Floats) -> Floats:
    """Return the cosine of the angle from an axis; a product of matrices may round by threads."""
    return np.asarray(np.clip((unit * axis).sum(axis=1), -1.0, 1.0))


def _views(signal: Floats, blur: Floats, draw: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return what each of the features shows: the signal in its own unit, and noise."""
    gains = draw.uniform(0.5, 1.5, VIEWS) * draw.choice([-1.0, 1.0], VIEWS)
    views = np.empty((len(signal), VIEWS), np.float32)
    for view, gain in enumerate(gains):
        noise = blur * draw.normal(size=len(signal))
        views[:, view] = gain * (signal + noise)
    return views
