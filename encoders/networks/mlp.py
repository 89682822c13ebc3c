"""A plain network: linear layers with activations between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from geobias.encoders.checks import count, share
from geobias.encoders.networks.activations import activation_of
from geobias.errors import InputError
from geobias.values import is_listed


class MLP(nn.Module):
    """Hidden layers, each linear, activation and dropout, and a last one that is linear.

    Parameters
    ----------
    in_dim, out_dim : int
        Numbers in and out.
    hidden : sequence of int
        Widths of the hidden layers; none leaves the last layer alone.
    activation : {"relu", "leakyrelu", "leakyrelu0.01", "sigmoid", "tanh", "gelu"}
        As for `FFN`. The regression networks of TorchSpatial use ``leakyrelu0.01``.
    dropout : float
        Share of the numbers of hidden layers that is left out in training.

    Examples
    --------
    >>> import torch
    >>> from geobias.encoders import MLP
    >>> features = torch.zeros(5, 2048)
    >>> MLP(2048, 822, hidden=[862, 846], activation="leakyrelu0.01", dropout=0.1)(features).shape
    torch.Size([5, 822])
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        *,
        hidden: Sequence[int] = (),
        activation: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if not is_listed(hidden):
            raise InputError(f"hidden={hidden!r} has to be a list of widths, such as [512, 256].")
        inner = [count("hidden", width) for width in hidden]
        widths = [count("in_dim", in_dim), *inner, count("out_dim", out_dim)]
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))
        self.activation = activation_of(activation)
        self.dropout = nn.Dropout(share("dropout", dropout))

    def forward(self, features: Tensor) -> Tensor:
        """Turn features, (..., in_dim), into others, (..., out_dim)."""
        *hidden, last = self.layers
        for layer in hidden:
            features = self.dropout(self.activation(layer(features)))
        found: Tensor = last(features)
        return found
