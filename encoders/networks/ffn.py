"""The feed-forward network that TorchSpatial puts behind nearly all encodings."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from geobias.encoders.checks import count, share, truth
from geobias.encoders.networks.activations import activation_of


class FFN(nn.Module):
    """Linear, activation, dropout, and in hidden layers a skip connection and a normalisation.

    As published, the last layer has activation and dropout, too: with ``relu``, no number of an
    embedding is negative. A skip connection needs as many inputs as outputs, so with one hidden
    layer there is one only if ``in_dim`` equals ``hidden_dim``.

    Parameters
    ----------
    in_dim, out_dim : int
        Numbers in and out.
    hidden_dim : int
        Width of hidden layers.
    hidden_layers : int
        How many there are; 0 leaves a single layer.
    activation : {"relu", "leakyrelu", "leakyrelu0.01", "sigmoid", "tanh", "gelu"}
        The slope of ``leakyrelu`` below 0 is 0.2, as in the reference code.
    dropout : float
        Share of numbers left out in training.
    layer_norm, skip : bool
        Whether hidden layers end with a normalisation, and add their input.
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        *,
        hidden_dim: int = 512,
        hidden_layers: int = 1,
        activation: str = "leakyrelu",
        dropout: float = 0.5,
        layer_norm: bool = True,
        skip: bool = True,
    ) -> None:
        super().__init__()
        hidden = [count("hidden_dim", hidden_dim)] * count("hidden_layers", hidden_layers, least=0)
        widths = [in_dim, *hidden, out_dim]
        last = len(widths) - 2
        self.layers = nn.ModuleList(
            _Layer(
                wide_in,
                wide_out,
                activation_of(activation),
                share("dropout", dropout),
                layer_norm=truth("layer_norm", layer_norm) and number < last,
                skip=truth("skip", skip) and number < last,
            )
            for number, (wide_in, wide_out) in enumerate(pairwise(widths))
        )

    def forward(self, codes: Tensor) -> Tensor:
        """Turn position encodings, (..., in_dim), into embeddings, (..., out_dim)."""
        for layer in self.layers:
            codes = layer(codes)
        return codes


class _Layer(nn.Module):
    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        activation: nn.Module,
        dropout: float,
        *,
        layer_norm: bool,
        skip: bool,
    ) -> None:
        super().__init__()
        self.linear = nn.Linear(in_dim, out_dim)
        nn.init.xavier_uniform_(self.linear.weight)
        self.activation = activation
        self.dropout = nn.Dropout(dropout)
        self.skip = skip and in_dim == out_dim
        self.layernorm = nn.LayerNorm(out_dim) if layer_norm else None

    def forward(self, codes: Tensor) -> Tensor:
        found: Tensor = self.dropout(self.activation(self.linear(codes)))
        if self.skip:
            found = found + codes
        return found if self.layernorm is None else self.layernorm(found)
