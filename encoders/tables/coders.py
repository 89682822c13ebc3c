"""What turns the places of a file into numbers: a position encoding, or trained weights."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from geobias.encoders.checkpoints.opening import open_checkpoint
from geobias.encoders.classifier import LocationClassifier
from geobias.encoders.codes import codes_of, draws_anchors, fitted_position
from geobias.encoders.encoder import FloatArray
from geobias.encoders.positions import Position
from geobias.encoders.registry import entry_of
from geobias.errors import InputError
from geobias.wording import counted

Degrees = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Coder:
    """Something that encodes.

    Parameters
    ----------
    name : str
        The encoder.
    dim : int
        Numbers per place.
    codes : callable
        Returns the numbers of latitudes and longitudes.
    settings : dict
        What it takes to make it again.
    position : Position
        Its position encoding.
    notes : tuple of str
        What was drawn.
    """

    name: str
    dim: int
    codes: Callable[[Degrees, Degrees], FloatArray]
    settings: dict[str, Any]
    position: Position
    notes: tuple[str, ...] = ()

    def outside(self, lat: Degrees, lon: Degrees) -> list[str]:
        """A sentence about places beyond what it covers, if there are some."""
        extent = getattr(self.position, "map_range", None)
        if extent is None:
            return []
        west, east, south, north = extent
        turned = self.position.longitudes(torch.from_numpy(lon)).numpy()
        beyond = int(((turned < west) | (turned > east) | (lat < south) | (lat > north)).sum())
        if not beyond:
            return []
        lies = "lies" if beyond == 1 else "lie"
        return [
            f"{counted(beyond, 'row')} {lies} outside map_range, {west:g} to {east:g} east and "
            f"{south:g} to {north:g} north, which {self.name} was not made for."
        ]


def coder_of_places(
    encoder: str,
    *,
    lat: Degrees,
    lon: Degrees,
    label: str,
    compat: str | None,
    seed: int,
    options: Mapping[str, Any],
) -> Coder:
    """Encode by a position encoding, whose anchors are drawn from these places if it needs some."""
    encoding = fitted_position(encoder, lat=lat, lon=lon, compat=compat, seed=seed, options=options)
    given, notes = dict(options), []
    if draws_anchors(encoder, options):
        given = {name: value for name, value in given.items() if name != "n_anchors"}
        given["anchors"] = encoding.get_buffer("anchors").tolist()
        notes.append(
            f"{counted(encoding.dim, 'anchor')} drawn from {label}: other places give others, so "
            "encode what belongs together in one go."
        )
    # The reference code rounds coordinates first, which its finest scales can tell.
    precision = np.float32 if compat else np.float64
    name = entry_of(encoder).name
    return Coder(
        name,
        encoding.dim,
        lambda lat, lon: codes_of(encoding, lat=precision(lat), lon=precision(lon)),
        {"encoder": name, "options": given, "compat": compat, "seed": seed},
        encoding,
        tuple(notes),
    )


def coder_of_checkpoint(
    path: str | os.PathLike[str],
    *,
    encoder: str | None,
    compat: str | None,
    options: Mapping[str, Any],
) -> Coder:
    """Encode by trained weights, which know their encoder and its options.

    Raises
    ------
    InputError
        If they cannot be read, or contradict what is asked for.
    """
    others = [name for name in options if name != "map_range"]
    if others or compat is not None:
        raise InputError(
            f"{others[0] if others else 'compat'}: a checkpoint knows its encoder and the options, "
            "of which only map_range (--map-range) can be told."
        )
    asked = None if encoder is None else entry_of(encoder).name
    with warnings.catch_warnings():
        # What it warns of is among its notes, which are told.
        warnings.simplefilter("ignore", UserWarning)
        model = open_checkpoint(path, map_range=options.get("map_range"))
    assert model.origin is not None  # what is opened says where it came from
    embedding = model.encoder if isinstance(model, LocationClassifier) else model
    name = str(embedding.settings["name"])
    if asked not in (None, name):
        raise InputError(
            f"{path} holds weights of {name}, not of {asked}: leave the encoder (--encoder) out, "
            "or name another checkpoint."
        )
    return Coder(
        name,
        embedding.dim,
        lambda lat, lon: model.embed(lat=lat, lon=lon),
        {
            "encoder": name,
            "options": dict(options),
            "checkpoint": {"name": model.origin.file, "sha256": model.origin.sha256},
        },
        embedding.position,
        tuple(f"Checkpoint: {note}" for note in model.origin.notes),
    )
