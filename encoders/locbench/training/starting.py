"""Where a training starts from: options of encoders that suit places all over the world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geobias.encoders.building import build
from geobias.encoders.codes import draws_anchors, fitted_position
from geobias.encoders.encoder import Encoder
from geobias.encoders.locbench.datasets.dataset import Dataset
from geobias.encoders.locbench.training.choices import Training
from geobias.encoders.registry import entry_of

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    # Two hundred kernels of two degrees leave most of the world without any.
    "rbf": {"kernel_size": 10.0},
    # Waves as long as the world tell continents apart, and no less.
    "rff": {"kernel_size": 16.0},
}
"""Options that differ from those of `build`, where these are a bad start on the whole world."""


def started(
    name: str,
    dataset: Dataset,
    training: Training,
    options: Mapping[str, Any],
    *,
    dim: int,
    seed: int,
) -> tuple[Encoder, dict[str, Any]]:
    """Build an encoder for a dataset, and return it with its options.

    The anchors of ``rbf`` are drawn from the training places; ``n_anchors`` says how many.
    """
    entry = entry_of(name)
    given = {**DEFAULTS.get(entry.name, {}), **options}
    of_build = dict(given)
    if draws_anchors(entry.name, of_build):
        train = dataset.splits["train"]
        wanted = {name: of_build.pop(name) for name in ("n_anchors",) if name in of_build}
        drawn = fitted_position(
            entry.name,
            lat=train.lat[train.located],
            lon=train.lon[train.located],
            seed=seed,
            options=wanted,
        )
        of_build["anchors"] = np.asarray(drawn.anchors)
    return build(entry.name, dim, compat=training.compat, seed=seed, **of_build), given
