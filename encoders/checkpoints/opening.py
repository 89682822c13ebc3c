"""A model from a file, whichever of the two formats it is in."""

from __future__ import annotations

import os
from collections.abc import Sequence

from geobias.encoders.checkpoints.published import load_torchspatial
from geobias.encoders.checkpoints.reading import existing, looks_like_safetensors
from geobias.encoders.checkpoints.saving import load
from geobias.encoders.classifier import LocationClassifier
from geobias.encoders.encoder import Encoder
from geobias.errors import InputError


def open_checkpoint(
    path: str | os.PathLike[str], map_range: Sequence[float] | None = None
) -> Encoder | LocationClassifier:
    """Load a published checkpoint, or a model that was saved here.

    Parameters
    ----------
    path : path
        The file.
    map_range : sequence of four floats, optional
        As for `load_torchspatial`; a model that was saved here keeps its own.

    Returns
    -------
    Encoder or LocationClassifier
        In evaluation mode.
    """
    file = existing(path)
    with file.open("rb") as opened:
        is_own = looks_like_safetensors(opened.read(9))
    if not is_own:
        return load_torchspatial(path, map_range)
    if map_range is not None:
        raise InputError(
            f"map_range is for published checkpoints, and {file.name} was saved by geobias: it has "
            "its own."
        )
    return load(path)
