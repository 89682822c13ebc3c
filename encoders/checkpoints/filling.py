"""Weights brought into a model, which is not given any memory before they are known to fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from geobias.encoders.tensors import kind
from geobias.errors import InputError
from geobias.wording import counted, quoted

Model = TypeVar("Model", bound=nn.Module)

MOST_LISTED = 1_000
"""Entries of a list of settings: each may call for a network of its own."""

_OF_WEIGHTS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


def outlined(make: Callable[[], Model]) -> Model:
    """Make a model whose weights have shapes and no memory, and draw no random numbers for it."""
    with torch.device("meta"):
        return make()


def checked_weights(
    weights: Mapping[str, object], most_bytes: float = math.inf
) -> dict[str, Tensor]:
    """Return weights that are real numbers, or refuse them by their names.

    Parameters
    ----------
    weights : mapping
        As read.
    most_bytes : float
        What they may take, which is what the file has: weights that share memory claim more.
    """
    found: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if not isinstance(weight, Tensor):
            raise InputError(f"{name!r} is {type(weight).__name__}, not a tensor.")
        if weight.is_nested or weight.layout is not torch.strided or weight.device.type != "cpu":
            raise InputError(f"{name!r} is a tensor without plain numbers.")
        if weight.dtype not in _OF_WEIGHTS:
            raise InputError(f"{name!r} holds {kind(weight)}, not weights.")
        most_bytes -= weight.numel() * weight.element_size()
        if most_bytes < 0:
            raise InputError(
                f"{name!r} claims the shape {tuple(weight.shape)}, which is more than the "
                "file holds."
            )
        wrong = int((~torch.isfinite(weight)).sum())
        if wrong:
            raise InputError(
                f"{counted(wrong, 'number')} of {name!r} {'is' if wrong == 1 else 'are'} "
                "not finite (NaN or infinite). Its training failed."
            )
        # Weights that share memory would be trained together.
        found[name] = weight.detach().clone(memory_format=torch.contiguous_format)
    return found


def refuse_oversized(numbers: Mapping[str, object], weights: Mapping[str, Tensor]) -> None:
    """Refuse settings that call for more layers or wider ones than all the weights could fill."""
    held = sum(weight.numel() for weight in weights.values())
    for name, value in numbers.items():
        if isinstance(value, list) and len(value) > MOST_LISTED:
            raise InputError(f"{name} has {len(value):,} entries, more than {MOST_LISTED:,}.")
        if isinstance(value, int) and not isinstance(value, bool):
            layers = name in ("num_hidden_layer", "hidden_layers", "blocks")
            most = len(weights) if layers else held
            if value > most:
                raise InputError(
                    f"{name}={value:,} is too much for {counted(len(weights), 'weight')} "
                    f"of {counted(held, 'number')}."
                )


def differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str:
    """What is missing, too much or of another shape, in words; empty if all fits."""
    missing = [name for name in expected if name not in found]
    surplus = [name for name in found if name not in expected]
    shapes = [
        f"{name!r} is {tuple(found[name].shape)}, not {tuple(expected[name].shape)}"
        for name in expected
        if name in found and found[name].shape != expected[name].shape
    ]
    said = []
    if missing:
        said.append(f"{counted(len(missing), 'weight')} missing: {quoted(missing)}")
    if surplus:
        said.append(f"{counted(len(surplus), 'weight')} too many: {quoted(surplus)}")
    if shapes:
        hidden = f" and {len(shapes) - 5} more" if len(shapes) > 5 else ""
        said.append("; ".join(shapes[:5]) + hidden)
    return "; ".join(said)


def fill(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Give weights that fit to a model that was only outlined."""
    model.load_state_dict(dict(weights), strict=True, assign=True)
