"""Small datasets to train on: where classes live and how a field runs is known."""

from __future__ import annotations

import numpy as np

from geobias.encoders.locbench import Dataset, Split


def places(n, draw):
    """Uniform on the sphere, poles and date line among them."""
    lat, lon = np.degrees(np.arcsin(draw.uniform(-1, 1, n))), draw.uniform(-180, 180, n)
    lat[:4], lon[:4] = [90.0, -90.0, 0.0, 0.0], [0.0, 0.0, 180.0, -180.0]
    return lat, lon


def of_classes(n=200, classes=4, *, seed=0, unlocated=0, users=3, images=True):
    """Classes that live in slices of longitude, and a model of images that often errs."""
    draw = np.random.default_rng(seed)

    def split(rows):
        lat, lon = places(rows, draw)
        targets = np.minimum(((lon + 180.0) / 360.0 * classes).astype(np.int64), classes - 1)
        lat[rows - unlocated :] = lon[rows - unlocated :] = np.nan
        guesses = draw.dirichlet(np.ones(classes), rows)
        guesses[np.arange(rows), targets] += 0.5
        return Split(
            lat=lat,
            lon=lon,
            targets=targets,
            users=draw.integers(0, users, rows) if users else None,
            probabilities=guesses / guesses.sum(axis=1, keepdims=True) if images else None,
        )

    names = tuple(f"class {each}" for each in range(classes))
    return Dataset(
        "slices", names, {"train": split(n), "val": split(n // 2)}, evaluated_on="val", users=users
    )


def of_values(n=200, *, seed=0, features=6, unlocated=0):
    """A field of latitude, of which images see a part."""
    draw = np.random.default_rng(seed)

    def split(rows):
        lat, lon = places(rows, draw)
        images = draw.normal(size=(rows, max(features, 1))).astype(np.float32)
        targets = 1000.0 + 50.0 * np.sin(np.radians(lat)) + 20.0 * images[:, 0].astype(np.float64)
        lat[rows - unlocated :] = lon[rows - unlocated :] = np.nan
        return Split(lat=lat, lon=lon, targets=targets, features=images if features else None)

    return Dataset("field", (), {"train": split(n), "val": split(n // 2)}, evaluated_on="val")
