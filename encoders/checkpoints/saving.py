"""Models in files of our own: weights as safetensors, and beside them what they belong to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import safetensors.torch
from torch import Tensor

from geobias.encoders.building import build
from geobias.encoders.checkpoints.description import MOST_BYTES, Description, description_of, plain
from geobias.encoders.checkpoints.filling import (
    checked_weights,
    differences,
    fill,
    outlined,
    refuse_oversized,
)
from geobias.encoders.checkpoints.reading import about, existing
from geobias.encoders.classifier import LocationClassifier
from geobias.encoders.encoder import Encoder
from geobias.encoders.origin import Origin
from geobias.errors import InputError
from geobias.provenance import versions
from geobias.writing import refuse_to_overwrite, replacing

SUFFIX = ".safetensors"
PACKAGES = ("safetensors", "torch")


def save(
    model: Encoder | LocationClassifier, path: str | os.PathLike[str], *, force: bool = False
) -> None:
    """Write a model: its weights to ``NAME.safetensors``, all else to ``NAME.json`` beside it.

    Equal models give equal bytes. The JSON file holds the settings, the versions of geobias and
    torch, the SHA-256 of the weights, and of the published checkpoint that the model began as.

    Parameters
    ----------
    model : Encoder or LocationClassifier
        As `build` or `load_torchspatial` made it, and as it was trained since.
    path : path
        Ends in ``.safetensors``.
    force : bool
        Whether files that exist may be written over.

    Raises
    ------
    GeoBiasError
        If the model is of another kind or cannot be built from its settings, if a weight is not
        finite, or if a file exists or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from geobias.encoders import build, load, save
    >>> encoder = build("xyz", dim=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(encoder, f"{folder}/mine.safetensors")
    ...     again = load(f"{folder}/mine.safetensors")
    >>> bool((again.embed(lat=[48.2], lon=[16.4]) == encoder.embed(lat=[48.2], lon=[16.4])).all())
    True
    """
    target = _named(path)
    beside = target.with_suffix(".json")
    encoder, classes, users = _parts(model)
    weights = checked_weights({name: each.cpu() for name, each in model.state_dict().items()})
    _check_rebuilds(encoder)
    data = safetensors.torch.save(weights)
    description = Description(
        kind="classifier" if isinstance(model, LocationClassifier) else "encoder",
        settings={
            name: plain(value) for name, value in encoder.settings.items() if name != "anchors"
        },
        classes=classes,
        users=users,
        sha256=hashlib.sha256(data).hexdigest(),
        versions=versions(PACKAGES),
        origin=None if model.origin is None else model.origin.checkpoint,
    )
    text = description.text()
    for file in (target, beside):
        refuse_to_overwrite(file, force)
    # Both are written before either takes its place. Should that fail in between, the SHA-256 shows
    # that the two do not belong together.
    with replacing(target) as new_weights, replacing(beside) as new_text:
        new_weights.write_bytes(data)
        new_text.write_text(text, encoding="utf-8", newline="\n")


def load(path: str | os.PathLike[str]) -> Encoder | LocationClassifier:
    """Load a model that `save` wrote.

    Parameters
    ----------
    path : path
        ``NAME.safetensors``, with ``NAME.json`` beside it.

    Returns
    -------
    Encoder or LocationClassifier
        In evaluation mode; it gives the same embeddings, to the last bit. Its `origin` holds the
        SHA-256 of the weights and, if there is one, the published checkpoint behind them.

    Raises
    ------
    InputError
        If a file is missing or damaged, or if the two do not belong together.
    """
    file = existing(_named(path))
    beside = file.with_suffix(".json")
    if not beside.exists():
        raise InputError(
            f"{beside} is missing. It says which model the weights in {file.name} belong to, and "
            "save writes both."
        )
    with about(existing(beside)), beside.open("rb") as opened:
        description = description_of(opened.read(MOST_BYTES + 1))
    data = file.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != description.sha256:
        raise InputError(
            f"{file.name} is not the file that {beside.name} describes: its SHA-256 is {sha256}, "
            f"not {description.sha256[:64]}. One of them was changed or replaced."
        )
    with about(file):
        weights = checked_weights(_tensors(data))
    with about(beside):
        settings = dict(description.settings)
        refuse_oversized(
            {**settings, "classes": description.classes, "users": description.users}, weights
        )
        prefix = "encoder." if description.kind == "classifier" else ""
        anchors = weights.get(f"{prefix}position.anchors")
        if anchors is not None:
            settings["anchors"] = anchors
        model = outlined(_maker(description, settings))
        said = differences(model.state_dict(), weights)
        if said:
            raise InputError(f"its settings do not fit the weights in {file.name}: {said}.")
    fill(model, weights)
    model.origin = Origin(
        file=file.name, sha256=sha256, format="geobias", published=description.origin
    )
    return model.eval()


def _named(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    if target.suffix != SUFFIX:
        raise InputError(f"{path} has to end in {SUFFIX}; the settings stand beside it in a .json.")
    return target


def _parts(model: object) -> tuple[Encoder, int, int]:
    """The encoder of a model, and how many classes and users it has."""
    # A class derived from one of these could compute anything, and would not be built again.
    if type(model) is Encoder:
        return model, 0, 0
    if type(model) is LocationClassifier:
        users = 0 if model.users is None else model.users.out_features
        return model.encoder, model.classes.out_features, users
    raise InputError(
        f"A {type(model).__name__} cannot be saved here, only an Encoder or a LocationClassifier. "
        "Of a compiled model, save the one it was compiled from."
    )


def _tensors(data: bytes) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(data)
    except Exception as error:
        # A forged file can make the loader raise anything.
        raise InputError(f"it is damaged: {error}.") from None


def _maker(
    description: Description, settings: dict[str, object]
) -> Callable[[], Encoder | LocationClassifier]:
    def make() -> Encoder | LocationClassifier:
        encoder = build(**settings)  # type: ignore[arg-type]
        if description.kind == "encoder":
            return encoder
        return LocationClassifier(encoder, description.classes, users=description.users)

    return make


def _check_rebuilds(encoder: Encoder) -> None:
    """Refuse a model whose settings do not tell how to build it."""
    again = outlined(lambda: build(**encoder.settings))
    said = ""
    for name in ("position", "network"):
        if type(getattr(again, name)) is not type(getattr(encoder, name)):
            said = f"its {name} is another"
    said = said or differences(again.state_dict(), encoder.state_dict())
    if said:
        raise InputError(f"The settings of the encoder do not build it again: {said}.")
