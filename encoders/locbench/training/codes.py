"""Position codes of places, computed once where they stay the same and fit into memory."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geobias.encoders.encoder import BATCH, Encoder
from geobias.encoders.locbench.datasets.dataset import Floats

MOST_BYTES = 2**30
"""What the codes of one split may take up; beyond it they are computed batch by batch."""

BYTES_EACH = 4


class Codes:
    """Codes of the places of a split, from which the network of an encoder makes embeddings.

    Parameters
    ----------
    encoder : Encoder
        Whose codes; those of ``tile`` are learned, so that they are looked up anew each time.
    lat, lon : float64 array, (n,)
        Degrees.
    device : torch.device
        Where the encoder is.
    """

    def __init__(self, encoder: Encoder, lat: Floats, lon: Floats, device: torch.device) -> None:
        # Without a network an encoder returns its codes, rounded as its network would see them.
        self._encode = Encoder(encoder.position, nn.Identity(), encoder.settings)
        self._lat = torch.from_numpy(lat).to(device)
        self._lon = torch.from_numpy(lon).to(device)
        self._held: Tensor | None = None
        learned = next(encoder.position.parameters(), None) is not None
        if not learned and len(lat) * encoder.position.dim * BYTES_EACH <= MOST_BYTES:
            self._held = self._all(encoder.position.dim)

    def _all(self, dim: int) -> Tensor:
        codes = torch.empty((len(self._lat), dim), device=self._lat.device)
        with torch.no_grad():
            for start in range(0, len(codes), BATCH):
                rows = slice(start, start + BATCH)
                codes[rows] = self._encode(lat=self._lat[rows], lon=self._lon[rows])
        return codes

    def of(self, rows: Tensor | slice) -> Tensor:
        """The codes of some places, (rows, dim)."""
        if self._held is not None:
            return self._held[rows]
        found: Tensor = self._encode(lat=self._lat[rows], lon=self._lon[rows])
        return found

    def at(self, lonlat: Tensor) -> Tensor:
        """The codes of other places, longitude first."""
        found: Tensor = self._encode(lonlat)
        return found
