"""Tensors of features and scores, checked where they come in."""

from __future__ import annotations

import torch
from torch import Tensor

from geobias.errors import InputError
from geobias.wording import counted, where


def check_floats(name: str, values: object, length: int | None = None) -> None:
    """Refuse by its name what is not a tensor of floats, (..., length)."""
    if not isinstance(values, Tensor) or not values.is_floating_point():
        raise InputError(f"{name} is {kind(values)}: a tensor of floats is needed.")
    if values.ndim == 0 or (length is not None and values.shape[-1] != length):
        wanted = "features or classes" if length is None else counted(length, "number")
        raise InputError(
            f"{name} has the shape {tuple(values.shape)}: its last axis has to hold {wanted}."
        )
    if values.numel() == 0:
        raise InputError(f"{name} is empty, of the shape {tuple(values.shape)}.")


def check_device(**tensors: Tensor) -> None:
    """Refuse tensors on several devices."""
    if len({tensor.device for tensor in tensors.values()}) > 1:
        places = ", ".join(f"{name} is on {tensor.device}" for name, tensor in tensors.items())
        raise InputError(f"{places}: move them to one device.")


def any_seen(wrong: Tensor) -> bool:
    """Whether anything is wrong, as far as values can be looked at.

    They cannot in a compiled graph, under ``torch.func.vmap`` and on the device ``meta``: what is
    given there has to be right.
    """
    if torch.compiler.is_compiling():
        return False
    try:
        return bool(wrong.any())
    except RuntimeError:  # what torch says of tensors whose values are not there to see
        return False


def refuse_rows(name: str, wrong: Tensor, what: str, advice: str) -> None:
    """Refuse values by the rows they are in; all axes but the last count rows together."""
    if any_seen(wrong):
        rows = wrong.any(dim=-1).flatten().cpu().numpy()
        raise InputError(
            f"{name}: {counted(int(rows.sum()), 'row')} with {what}, {where(rows)}. {advice}"
        )


def kind(values: object) -> str:
    """What something is, for a message: ``int64`` of a tensor, ``list``."""
    if isinstance(values, Tensor):
        return str(values.dtype).removeprefix("torch.")
    return type(values).__name__
