"""Activations by their names in the reference code."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from geobias.errors import InputError

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leakyrelu": lambda: nn.LeakyReLU(0.2),
    "leakyrelu0.01": lambda: nn.LeakyReLU(0.01),
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
}


def activation_of(name: object) -> nn.Module:
    """Return the activation of that name."""
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        raise InputError(f"activation={name!r} has to be one of {', '.join(_ACTIVATIONS)}.")
    return _ACTIVATIONS[name]()
