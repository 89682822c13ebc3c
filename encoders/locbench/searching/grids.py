"""What is searched: the values that were tried for published results, or those of a user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any, TypeAlias

from geobias.encoders.building import options_of, sorted_options
from geobias.encoders.locbench.training.choices import Training
from geobias.encoders.registry import Entry, entry_of
from geobias.errors import InputError
from geobias.settings import chosen_from
from geobias.values import is_listed

Value: TypeAlias = "float | int | str | bool | None"
Grid: TypeAlias = dict[str, tuple[Value, ...]]

OF_TRAINING = (
    "lr",
    "lr_decay",
    "batch_size",
    "weight_decay",
    "negative_weight",
    "samples_per_class",
)
"""What a grid may hold beside options of the encoder."""

MOST = 1_000_000
"""Combinations that a grid may have."""

_RATES: Grid = {"lr": (0.01, 0.005, 0.002, 0.001, 0.0005)}
_WAVES: Grid = {
    "lr": (0.0005, 0.001, 0.002, 0.005),
    "min_radius": (0.001, 0.0005, 0.0001),
    "frequency_num": (32, 64),
}
# Nobody published a grid of Space2Vec: these are the values of its published settings.
_SPACE: Grid = {
    "lr": (0.01, 0.02),
    "min_radius": (0.1, 0.05, 0.02, 0.01, 0.005, 0.0001),
    "frequency_num": (32, 64, 128),
    "hidden_dim": (256, 512),
}

CLASSIFICATION: Mapping[str, Grid] = {
    # Published cells were never used. These are our own.
    "tile": {**_RATES, "cell_size": (20.0, 10.0, 5.0, 2.0)},
    "wrap": _RATES,
    "wrap_ffn": _RATES,
    "rbf": {"n_anchors": (100, 200, 500), "kernel_size": (0.5, 1.0, 2.0, 10.0)},
    "rff": {"kernel_size": (0.5, 1.0, 2.0), "frequency_num": (16, 32, 64)},
    "space2vec-grid": _SPACE,
    "space2vec-theory": _SPACE,
    "xyz": _RATES,
    "nerf": {
        "lr": (0.01, 0.005, 0.002, 0.001, 0.0005, 0.00005),
        "hidden_layers": (1, 2, 3, 4),
        "hidden_dim": (256, 512, 1024),
        "activation": ("relu", "leakyrelu", "sigmoid"),
    },
    "sphere2vec-spherec": _WAVES,
    "sphere2vec-spherec+": _WAVES,
    "sphere2vec-spherem": _WAVES,
    "sphere2vec-spherem+": _WAVES,
    # Of 64 scales there would be 16,640 numbers per place.
    "sphere2vec-dfs": {**_WAVES, "frequency_num": (8, 32)},
    "spherical_harmonics": {
        "lr": (0.01, 0.005, 0.001),
        "hidden_layers": (3,),
        "hidden_dim": (512,),
    },
}

REGRESSION: Grid = {
    "lr": (0.0009, 0.0001, 0.00005),
    "frequency_num": (64, 32),
    "hidden_dim": (512, 1024, 256),
}

_WITHOUT_EFFECT = {
    "tile": ("cell_size",),
    "sphere2vec-spherem+": ("min_radius",),
    "sphere2vec-dfs": ("min_radius",),
}
"""Options that the reference code ignores, and so does ``compat="torchspatial"``."""


def published_grid(encoder: str | None, task: str, training: Training) -> Grid:
    """Return the values that were tried for published results, without those of no effect.

    Raises
    ------
    InputError
        If there are none.
    """
    if encoder is None:
        return {"lr": REGRESSION["lr"]}
    entry = entry_of(encoder)
    if not entry.in_torchspatial:
        raise InputError(
            f"No grid is published for {entry.name}: give one, as in grid={{'lr': [0.01, 0.001]}}."
        )
    grid = CLASSIFICATION[entry.name] if task == "classification" else REGRESSION
    known = {*options_of(entry.position), *options_of(entry.network_in(training.compat))}
    left_out = set(_WITHOUT_EFFECT.get(entry.name, ())) if training.compat else set()
    if entry.name == "nerf":
        left_out.add("frequency_num")  # tried up to 64 in vain: its code always took 16
    return {
        name: values
        for name, values in grid.items()
        if name not in left_out and (name in {*known, "n_anchors"} or name in OF_TRAINING)
    }


def grid_of(asked: Any, encoder: str | None, task: str, training: Training) -> Grid:
    """Return a grid, checked.

    Raises
    ------
    InputError
        If it is empty, or if a name or a value does not fit.
    """
    if isinstance(asked, str):
        chosen_from("grid", asked, ("published",))
        return published_grid(encoder, task, training)
    if not isinstance(asked, Mapping) or not asked:
        raise InputError(
            f"grid={asked!r} has to be 'published', or lists of values by their names."
        )
    grid: Grid = {}
    for name, values in asked.items():
        if not is_listed(values) or not len(values):
            raise InputError(f"grid: {name}={values!r} has to be a list of values.")
        for value in values:
            if not isinstance(value, float | int | str | bool | None):
                raise InputError(f"grid: {name} holds {value!r}, which is no number and no word.")
            if name in OF_TRAINING:
                changed: dict[str, Any] = {name: value}
                replace(training, **changed)
        grid[name] = tuple(dict.fromkeys(values))
    _check_options([name for name in grid if name not in OF_TRAINING], encoder)
    if size(grid) > MOST:
        raise InputError(f"grid has {size(grid):,} combinations, more than {MOST:,}.")
    return grid


def _check_options(names: list[str], encoder: str | None) -> None:
    if encoder is None:
        if names:
            raise InputError(f"grid: {names[0]} is an option of an encoder, and there is none.")
        return
    entry: Entry = entry_of(encoder)
    draws = "anchors" in options_of(entry.position)
    kept = {name: None for name in names if not (draws and name == "n_anchors")}
    sorted_options(entry, entry.network, kept)


def size(grid: Grid) -> int:
    """How many combinations there are.

    >>> size({"lr": (0.1, 0.2), "hidden_dim": (8, 16, 32)})
    6
    """
    number = 1
    for values in grid.values():
        number *= len(values)
    return number


def combinations(grid: Grid) -> list[dict[str, Value]]:
    """Every combination, the values of the last name changing first.

    >>> combinations({"lr": (0.1, 0.2), "hidden_dim": (8,)})
    [{'lr': 0.1, 'hidden_dim': 8}, {'lr': 0.2, 'hidden_dim': 8}]
    """
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
