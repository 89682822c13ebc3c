"""tile: one trainable vector per cell of a grid in degrees."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from geobias.encoders.checks import WORLD, count, extent, positive
from geobias.encoders.positions.position import Position
from geobias.errors import InputError

MOST_CELLS = 10_000_000
ONE_CELL = 1_000_000.0
"""Degrees across a cell in the reference code, whatever it is told: one cell holds the world."""


class Tile(Position):
    """Look up the vector of the cell that holds the place.

    Piecewise constant: it has no gradient with respect to coordinates, jumps from cell to cell and
    so at the date line, and has as many values at a pole as there are columns. Places outside
    ``map_range`` belong to the nearest cell.

    With ``compat="torchspatial"`` the cell size is ignored and one cell holds the whole world, as
    in the published checkpoints: the encoding is the same everywhere.

    Parameters
    ----------
    cell_size : float
        Degrees across a cell.
    map_range : sequence of four floats
        West, east, south and north of the grid, in degrees; longitudes within ±180, except in
        compat.
    tile_dim : int
        Numbers per cell.
    compat : {None, "torchspatial"}
        See `Position`.

    References
    ----------
    Tang et al. (2015), Improving image classification with location context. The vectors are
    those of the "tile" of Mai et al. (2020), drawn from N(0, 1 / tile_dim²).
    """

    def __init__(
        self,
        *,
        cell_size: float = 10.0,
        map_range: Sequence[float] = WORLD,
        tile_dim: int = 256,
        compat: str | None = None,
    ) -> None:
        super().__init__(count("tile_dim", tile_dim), compat=compat)
        self.map_range = extent("map_range", map_range, around=bool(self.compat))
        self.cell_size = positive("cell_size", cell_size)
        if self.compat:
            self.cell_size = ONE_CELL
        west, east, south, north = self.map_range
        self.columns = math.ceil((east - west) / self.cell_size)
        self.rows = math.ceil((north - south) / self.cell_size)
        cells = self.columns * self.rows
        if cells > MOST_CELLS:
            raise InputError(
                f"cell_size={self.cell_size:g} makes {cells:.3g} cells, more than "
                f"{MOST_CELLS:,}: give more degrees per cell."
            )
        self.embedding = nn.Embedding(cells, self.dim)
        nn.init.normal_(self.embedding.weight, std=1.0 / self.dim)

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        west, _, south, _ = self.map_range
        column = torch.floor((lon - west) / self.cell_size).clamp(0, self.columns - 1)
        row = torch.floor((lat - south) / self.cell_size).clamp(0, self.rows - 1)
        cell = (row * self.columns + column).long()
        found: Tensor = self.embedding(cell.to(self.embedding.weight.device))
        return found
