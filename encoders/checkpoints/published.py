"""Published checkpoints of TorchSpatial."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from geobias.encoders.building import build
from geobias.encoders.checkpoints.filling import (
    checked_weights,
    differences,
    fill,
    outlined,
    refuse_oversized,
)
from geobias.encoders.checkpoints.params import (
    DEFAULT_KERNEL,
    DEFAULT_RANGE,
    FIRST_LAYER,
    Params,
    Plan,
    caution,
    plan_of,
)
from geobias.encoders.checkpoints.reading import about, existing, read_torch, sha256_of
from geobias.encoders.checks import WORLD, extent
from geobias.encoders.classifier import LocationClassifier
from geobias.encoders.origin import Origin
from geobias.encoders.positions.rbf import numbers_of
from geobias.errors import InputError
from geobias.wording import counted, quoted

ANCHORS = "encoder.position.anchors"
"""Of rbf. They are not in the file."""

_PREFIXES = (
    ("encoder.network.layers.", "spa_enc.ffn.layers."),
    ("encoder.network.first.", "feats.0."),
    ("encoder.position.", "spa_enc.position_encoder."),
    ("classes.", "class_emb."),
    ("users.", "user_emb."),
)
_BLOCKS = "encoder.network.blocks."
MOST_EPOCHS = 10**9
BEFORE_BLOCKS = 2
"""The reference code counts the first layer and its activation, too: its blocks start at 2."""


def load_torchspatial(
    path: str | os.PathLike[str],
    map_range: Sequence[float] | None = None,
    *,
    anchors: object = None,
    allow_numpy: bool = False,
) -> LocationClassifier:
    """Load a published checkpoint of TorchSpatial, a ``.pth.tar`` file.

    The file is read as weights and plain values: code in it is refused, not run. The model computes
    what the reference code computes (``compat="torchspatial"``), in evaluation mode.

    The settings come from ``params`` in the file. **They are those of the last save.** Evaluating a
    model saves it again with the arguments of the evaluation, so they may differ from those of the
    training, ``map_range`` above all. Shapes of weights are compared with them, what no shape can
    tell is listed in ``model.origin.notes``.

    Parameters
    ----------
    path : path
        The file.
    map_range : sequence of four floats, optional
        West, east, south and north, which ``rff`` normalises with, instead of those in ``params``.
        The published ``rff`` checkpoints need ``(-180, 180, -90, 90)``.
    anchors : array, (M, 2), optional
        Longitude and latitude of the anchors of ``rbf``, in the order of `anchor_rows`.
    allow_numpy : bool
        Read numbers of NumPy in the file, as in those of ``rbf``, whose row numbers of anchors are
        such. Nothing of NumPy is run for it.

    Returns
    -------
    LocationClassifier
        With ``.embed(lat=, lon=)`` and ``.class_probabilities(lat=, lon=)``. Its `origin` holds the
        SHA-256 of the file, the settings that were used, and notes.

    Raises
    ------
    InputError
        If the file cannot be read, holds anything else, or its weights do not fit its settings.

    Warns
    -----
    UserWarning
        If ``map_range`` of an ``rff`` checkpoint is likely not that of its training.

    Examples
    --------
    >>> from geobias.encoders import load_torchspatial
    >>> model = load_torchspatial("model_fmow_xyz.pth.tar")  # doctest: +SKIP
    >>> model.class_probabilities(lat=[48.2], lon=[16.4]).shape  # doctest: +SKIP
    (1, 62)
    """
    file = existing(path)
    contents = _contents(file, read_torch(file, allow_numpy=allow_numpy))
    with about(file):
        params = Params(contents["params"])
        weights = checked_weights(contents["state_dict"], file.stat().st_size)
        _check_precision(weights)
        entry, plan = plan_of(params, weights)
        refuse_oversized(params.used, weights)
        if entry.name == "rff":
            plan.settings["map_range"] = _map_range(params, map_range, plan)
        elif map_range is not None:
            extent("map_range", map_range)
            plan.notes.append(f"map_range makes no difference to {entry.name}.")
        if entry.name == "rbf":
            plan.settings["anchors"] = _anchors(params, anchors, weights, plan)
        elif anchors is not None:
            raise InputError(f"anchors are for rbf; {entry.name} has none.")
        model = outlined(lambda: _model(plan))
        _fill(model, weights, params)
    model.origin = _origin(file, contents, params, plan)
    return model.eval()


def anchor_rows(path: str | os.PathLike[str], *, allow_numpy: bool = False) -> list[int]:
    """Return which rows of its training data the anchors of an ``rbf`` checkpoint are.

    Parameters
    ----------
    path, allow_numpy
        As for `load_torchspatial`.

    Returns
    -------
    list of int
        Counted from 0.
    """
    file = existing(path)
    params = _contents(file, read_torch(file, allow_numpy=allow_numpy))["params"]
    rows = params.get("rbf_anchor_pt_ids")
    if not isinstance(rows, list) or not all(type(row) is int for row in rows):
        raise InputError(f"{file.name}: its params hold no rbf_anchor_pt_ids.")
    return rows


def _contents(file: Path, found: object) -> Mapping[str, Any]:
    """The dictionary of a checkpoint, with the two parts that are needed."""
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise InputError(f"{file} holds {type(found).__name__}, not a checkpoint of TorchSpatial.")
    if found and all(isinstance(value, Tensor) for value in found.values()):
        raise InputError(
            f"{file} holds weights alone. A checkpoint of TorchSpatial also has params, the "
            "settings to rebuild the model from."
        )
    for part in ("state_dict", "params"):
        if not isinstance(found.get(part), Mapping) or not all(
            isinstance(name, str) for name in found[part]
        ):
            raise InputError(
                f"{file} is not a checkpoint of TorchSpatial: {part!r} is "
                f"{'no dictionary of names' if part in found else 'missing'}. It has "
                f"{quoted(found)}."
            )
    return found


def _check_precision(weights: Mapping[str, Tensor]) -> None:
    other = [name for name, weight in weights.items() if weight.dtype is not torch.float32]
    if other:
        raise InputError(
            f"{counted(len(other), 'weight')} not in float32, as published ones are: "
            f"{quoted(other)}. In another precision they would not give what was published."
        )


def _map_range(params: Params, given: Sequence[float] | None, plan: Plan) -> Sequence[float]:
    if given is not None:
        return extent("map_range", given)
    stored: Sequence[float] = params.take("map_range")
    if stored == DEFAULT_RANGE:
        note = (
            f"map_range={list(map(int, stored))} is the default of the reference's command line, "
            "which evaluating a model writes over the one of its training. The published rff "
            "weights were trained with the whole world, and are useless with another extent. Pass "
            f"map_range={tuple(map(int, WORLD))}, or the one above if it is meant."
        )
        plan.notes.append(note)
        warnings.warn(note, UserWarning, stacklevel=3)
    return stored


def _anchors(params: Params, anchors: object, weights: Mapping[str, Tensor], plan: Plan) -> object:
    number = params.used["num_rbf_anchor_pts"]
    first = weights.get(FIRST_LAYER)
    if first is not None and first.ndim == 2 and first.shape[1] != number:
        raise InputError(
            f"num_rbf_anchor_pts={number:,} in its params, but {FIRST_LAYER!r} is for "
            f"{counted(first.shape[1], 'anchor')}."
        )
    if anchors is None:
        raise InputError(
            f"anchors are missing. Of its {counted(number, 'anchor')} an rbf checkpoint holds only "
            "the row numbers in its training data (rbf_anchor_pt_ids), not the places. Pass "
            f"anchors=, their longitude and latitude in degrees, of shape ({number}, 2), in that "
            "order. anchor_rows returns the row numbers."
        )
    points = numbers_of(anchors)
    shape = () if points is None else tuple(points.shape)
    if shape != (number, 2):
        raise InputError(
            f"anchors is {f'of shape {shape}' if shape else 'no array of numbers'}, not of shape "
            f"({number}, 2): as many as num_rbf_anchor_pts in its params."
        )
    if params.used["rbf_kernel_size"] == DEFAULT_KERNEL:
        plan.notes.append(
            "rbf_kernel_size=1 is the default of the reference's command line; the published rbf "
            "checkpoints have 2 in their names."
        )
    return anchors


def _model(plan: Plan) -> LocationClassifier:
    return LocationClassifier(build(**plan.settings), plan.classes, users=plan.users)


def _fill(model: LocationClassifier, weights: Mapping[str, Tensor], params: Params) -> None:
    """Move the weights into the model, each to where it belongs here."""
    own = model.state_dict()
    expected = {_name_there(name): weight for name, weight in own.items() if name != ANCHORS}
    said = differences(expected, weights)
    if said:
        told = ", ".join(f"{name}={value!r}" for name, value in params.used.items())
        raise InputError(f"its weights do not fit its params, {told}: {said}.")
    fill(
        model,
        {name: own[name] if name == ANCHORS else weights[_name_there(name)] for name in own},
    )


def _name_there(name: str) -> str:
    """What the reference code calls a weight."""
    if name.startswith(_BLOCKS):
        number, rest = name.removeprefix(_BLOCKS).split(".", 1)
        return f"feats.{int(number) + BEFORE_BLOCKS}.{rest}"
    for here, there in _PREFIXES:
        if name.startswith(here):
            return there + name.removeprefix(here)
    raise AssertionError(name)


def _origin(file: Path, contents: Mapping[str, Any], params: Params, plan: Plan) -> Origin:
    unused = [part for part in contents if part not in ("state_dict", "params", "epoch")]
    notes = [*plan.notes, caution(params.used)]
    if unused:
        notes.append(f"Not used: {quoted(unused)}.")
    epoch = contents.get("epoch")
    return Origin(
        file=file.name,
        sha256=sha256_of(file),
        format="torchspatial",
        params=params.used,
        epoch=epoch if type(epoch) is int and abs(epoch) < MOST_EPOCHS else None,
        notes=tuple(note for note in notes if note),
    )
