"""The residual network of Mac Aodha et al. (2019), which SINR took over."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geobias.encoders.checks import count, share


class ResidualNet(nn.Module):
    """A linear layer with ReLU, then residual blocks ``x + ReLU(W₂ dropout(ReLU(W₁ x)))``.

    The reference code calls it FCNet.

    Parameters
    ----------
    in_dim, out_dim : int
        Numbers in and out; the blocks have the width ``out_dim``.
    blocks : int
        How many blocks there are.
    dropout : float
        Share of numbers left out in training.

    References
    ----------
    Mac Aodha, Cole and Perona (2019), Presence-only geographical priors for fine-grained image
    classification. Cole et al. (2023), Spatial implicit neural representations for global-scale
    species mapping.
    """

    def __init__(self, in_dim: int, out_dim: int, *, blocks: int = 4, dropout: float = 0.5) -> None:
        super().__init__()
        self.first = nn.Linear(in_dim, out_dim)
        self.blocks = nn.ModuleList(
            _Block(out_dim, share("dropout", dropout)) for _ in range(count("blocks", blocks))
        )

    def forward(self, codes: Tensor) -> Tensor:
        """Turn position encodings, (..., in_dim), into embeddings, (..., out_dim)."""
        codes = torch.relu(self.first(codes))
        for block in self.blocks:
            codes = block(codes)
        return codes


class _Block(nn.Module):
    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.w1 = nn.Linear(dim, dim)
        self.w2 = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, codes: Tensor) -> Tensor:
        inner = self.dropout(torch.relu(self.w1(codes)))
        return codes + torch.relu(self.w2(inner))
