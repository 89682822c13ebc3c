"""Files of torch, read without running what is in them."""

from __future__ import annotations

import hashlib
import os
import pickle
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch.serialization import safe_globals

from geobias.encoders.checkpoints.pickles import (
    OF_NUMPY,
    foreign_names,
    is_overgrown,
    numpy_numbers,
)
from geobias.errors import InputError
from geobias.wording import quoted

MOST_OTHER = 64 * 1024**2
"""Bytes of a file in an unknown format that are searched for what it asks for."""


def existing(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that can be read, or say why it cannot."""
    found = Path(path)
    try:
        if not found.exists():
            raise InputError(f"There is no file {path}.")
        if not found.is_file():
            raise InputError(f"{path} is a {'folder' if found.is_dir() else 'device'}, not a file.")
        with found.open("rb"):
            return found
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from None


@contextmanager
def about(file: Path) -> Iterator[None]:
    """Begin errors with the name of the file they are about."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{file.name}: {error}") from None


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_torch(path: Path, *, allow_numpy: bool) -> Any:
    """Read a file that torch saved: tensors, numbers, text, lists and dictionaries.

    Parameters
    ----------
    path : Path
        An existing file.
    allow_numpy : bool
        Read single numbers of NumPy, too.

    Raises
    ------
    InputError
        If the file is in another format, damaged, or asks for anything else. It is not run.
    """
    pickled = _pickle_of(path)
    if is_overgrown(pickled):
        raise InputError(f"{path} holds tuples or calls within each other, as no checkpoint does.")
    try:
        with safe_globals(numpy_numbers()) if allow_numpy else nullcontext():
            return torch.load(path, weights_only=True, map_location="cpu")
    except pickle.UnpicklingError as error:
        raise _refused(path, pickled, error) from None
    except Exception as error:
        # A damaged or forged file can make the loader raise anything.
        raise InputError(f"{path} is damaged: {_first_line(error)}") from None


def _pickle_of(path: Path) -> bytes:
    """The part of a checkpoint that says what is in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            # torch stores its files as they are. What unpacks to more than it is was made to.
            if sum(member.file_size for member in members) > path.stat().st_size:
                raise InputError(f"{path} claims to hold more bytes than it has: it is damaged.")
            if any(member.filename.endswith("/constants.pkl") for member in members):
                raise InputError(f"{path} is a TorchScript program, not a checkpoint: refused.")
            inner = [each for each in members if each.filename.endswith("/data.pkl")]
            if len(inner) != 1:
                raise InputError(f"{path} is a zip file, but not a checkpoint of torch.")
            # torch itself does not compare them.
            if (other := archive.testzip()) is not None:
                raise InputError(f"{path} is damaged: {other} is not what its checksum says.")
            return archive.read(inner[0])
    except InputError:
        raise
    except Exception as error:
        # So can the reader of zip files.
        raise InputError(_what_else(path, error)) from None


def _refused(path: Path, pickled: bytes, error: Exception) -> InputError:
    names = foreign_names(pickled)
    if names and OF_NUMPY.issuperset(names):
        return InputError(
            f"{path} holds numbers as objects of NumPy ({quoted(names)}), as the published rbf "
            "checkpoints do, and not only as weights and plain values. If you expect that of this "
            "file, say allow_numpy=True: such numbers are then read, and nothing else."
        )
    if names:
        return InputError(
            f"{path} asks for code to be run ({quoted(names)}). Weights need none, so it was "
            "refused, and nothing of it was run. Do not open it by other means unless you trust "
            "whoever made it."
        )
    # What torch advises would run the file.
    _, _, reason = str(error).partition("WeightsUnpickler error: ")
    detail = f" ({reason.splitlines()[0]})" if reason else ""
    return InputError(
        f"{path} is damaged, or holds more than weights and plain values{detail}. It was refused."
    )


def _what_else(path: Path, error: Exception) -> str:
    """Say what a file is that cannot be read as a zip file."""
    with path.open("rb") as file:
        start = file.read(MOST_OTHER)
    if not start:
        return f"{path} is empty."
    if start.startswith(b"PK"):
        return f"{path} is cut off or damaged: {_first_line(error)}. Copy it once more."
    if looks_like_safetensors(start):
        return (
            f"{path} is a safetensors file. geobias.encoders.load reads those that "
            "geobias.encoders.save wrote."
        )
    names = foreign_names(start)
    if names:
        return (
            f"{path} is not a checkpoint, but a pickle that asks for code to be run "
            f"({quoted(names)}). Nothing of it was run."
        )
    if start.startswith(b"\x80"):
        return (
            f"{path} is a pickle, or in the format of torch before 1.6. Published checkpoints are "
            "zip files, as torch.save writes them."
        )
    return f"{path} is not a checkpoint: torch.save did not write it."


def looks_like_safetensors(start: bytes) -> bool:
    """Whether bytes begin like a safetensors file: the length of a header, and its brace."""
    return start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 100 * 1024**2


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
