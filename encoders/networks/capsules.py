"""One network per width of a hierarchy, summed: GeoCLIP's location encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geobias.encoders.checks import count
from geobias.encoders.networks.mlp import MLP
from geobias.errors import InputError


class Capsules(nn.Module):
    """Split the encoding into equal parts, give each a network of its own, and add what they say.

    Parameters
    ----------
    in_dim, out_dim : int
        Numbers in and out.
    parts : int
        How many parts there are.
    hidden_dim : int
        Width of hidden layers.
    hidden_layers : int
        How many there are, each a linear layer with ReLU; a linear layer follows.

    References
    ----------
    Vivanco Cepeda, Nayak and Shah (2023), GeoCLIP: CLIP-inspired alignment between locations and
    images for effective worldwide geo-localization.
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        *,
        parts: int = 3,
        hidden_dim: int = 1024,
        hidden_layers: int = 3,
    ) -> None:
        super().__init__()
        if in_dim % count("parts", parts):
            raise InputError(f"parts={parts} does not divide an encoding of {in_dim} numbers.")
        hidden = [count("hidden_dim", hidden_dim)] * count("hidden_layers", hidden_layers)
        self.capsules = nn.ModuleList(
            MLP(in_dim // parts, out_dim, hidden=hidden) for _ in range(parts)
        )

    def forward(self, codes: Tensor) -> Tensor:
        """Turn position encodings, (..., in_dim), into embeddings, (..., out_dim)."""
        parts = codes.chunk(len(self.capsules), dim=-1)
        said = [capsule(part) for capsule, part in zip(self.capsules, parts, strict=True)]
        return torch.stack(said).sum(dim=0)
