"""SirenNet: a network whose activations are sines."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from geobias.encoders.checks import count, positive, share, truth


class SirenNet(nn.Module):
    """Layers ``sin(w₀ (W x + b))``, and a last one that is linear.

    Weights and biases start uniform within ±1/in in the first layer, and within ±√(6/in)/w₀ in the
    others.

    Parameters
    ----------
    in_dim, out_dim : int
        Numbers in and out.
    hidden_dim : int
        Width of hidden layers.
    hidden_layers : int
        How many there are.
    w0_first, w0 : float
        The factor in the first layer, and in the others.
    dropout : float
        Share of numbers left out in training, before the sine.
    residual : bool
        Whether hidden layers after the first add their input.

    References
    ----------
    Sitzmann et al. (2020), Implicit neural representations with periodic activation functions. The
    settings are those of Rußwurm et al. (2024), Geographic location encoding with spherical
    harmonics and sinusoidal representation networks.
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        *,
        hidden_dim: int = 512,
        hidden_layers: int = 2,
        w0_first: float = 30.0,
        w0: float = 1.0,
        dropout: float = 0.0,
        residual: bool = False,
    ) -> None:
        super().__init__()
        w0_first, w0 = positive("w0_first", w0_first), positive("w0", w0)
        widths = [
            in_dim,
            *[count("hidden_dim", hidden_dim)] * count("hidden_layers", hidden_layers),
        ]
        left_out = share("dropout", dropout)
        self.layers = nn.ModuleList(
            _Sine(
                wide_in,
                wide_out,
                w0=w0 if number else w0_first,
                bound=math.sqrt(6.0 / wide_in) / w0 if number else 1.0 / wide_in,
                dropout=left_out,
                residual=truth("residual", residual) and number > 0,
            )
            for number, (wide_in, wide_out) in enumerate(pairwise(widths))
        )
        self.last = _uniform_linear(widths[-1], out_dim, math.sqrt(6.0 / widths[-1]) / w0)

    def forward(self, codes: Tensor) -> Tensor:
        """Turn position encodings, (..., in_dim), into embeddings, (..., out_dim)."""
        for layer in self.layers:
            codes = layer(codes)
        embeddings: Tensor = self.last(codes)
        return embeddings


class _Sine(nn.Module):
    def __init__(
        self, in_dim: int, out_dim: int, *, w0: float, bound: float, dropout: float, residual: bool
    ) -> None:
        super().__init__()
        self.linear = _uniform_linear(in_dim, out_dim, bound)
        self.dropout = nn.Dropout(dropout)
        self.w0 = w0
        self.residual = residual

    def forward(self, codes: Tensor) -> Tensor:
        found = torch.sin(self.w0 * self.dropout(self.linear(codes)))
        return codes + found if self.residual else found


def _uniform_linear(in_dim: int, out_dim: int, bound: float) -> nn.Linear:
    linear = nn.Linear(in_dim, out_dim)
    nn.init.uniform_(linear.weight, -bound, bound)
    nn.init.uniform_(linear.bias, -bound, bound)
    return linear
