"""Position encodings: coordinates become numbers that a network can tell places by."""

from geobias.encoders.positions.cartesian import XYZ, NeRF
from geobias.encoders.positions.equal_earth import EqualEarthFourier
from geobias.encoders.positions.harmonics import SphericalHarmonics
from geobias.encoders.positions.position import Position
from geobias.encoders.positions.rbf import RadialBasis
from geobias.encoders.positions.rff import RandomFourier
from geobias.encoders.positions.space2vec import Grid, Theory
from geobias.encoders.positions.sphere2vec import Dfs, SphereC, SphereCPlus, SphereM, SphereMPlus
from geobias.encoders.positions.tile import Tile
from geobias.encoders.positions.wrap import Wrap, encode_dates

__all__ = [
    "XYZ",
    "Dfs",
    "EqualEarthFourier",
    "Grid",
    "NeRF",
    "Position",
    "RadialBasis",
    "RandomFourier",
    "SphereC",
    "SphereCPlus",
    "SphereM",
    "SphereMPlus",
    "SphericalHarmonics",
    "Theory",
    "Tile",
    "Wrap",
    "encode_dates",
]
