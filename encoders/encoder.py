"""Location encoders: a position encoding, and a network that makes embeddings of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from geobias.encoders.checks import count
from geobias.encoders.coordinates import degrees, from_arrays
from geobias.encoders.origin import Origin
from geobias.encoders.positions.position import Position

BATCH = 2_048
"""Places at once where there are many: what they need stays near the processor."""

FloatArray = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Model = TypeVar("Model", bound=nn.Module)


class Encoder(nn.Module):
    """A location encoder, as `build` makes it.

    Called like its position encoding, it returns embeddings with gradients, for training; `embed`
    is for using it.

    Parameters
    ----------
    position : Position
        Turns degrees into codes.
    network : torch.nn.Module
        Turns codes into embeddings.
    settings : dict
        What `build` was told, from which it can be built again.
    """

    origin: Origin | None = None
    """The file it was read from, if it was."""

    def __init__(self, position: Position, network: nn.Module, settings: dict[str, Any]) -> None:
        super().__init__()
        self.position = position
        self.network = network
        self.settings = settings

    @property
    def dim(self) -> int:
        """Numbers per embedding."""
        return int(self.settings["dim"])

    def forward(
        self, lonlat: Tensor | None = None, *, lat: Tensor | None = None, lon: Tensor | None = None
    ) -> Tensor:
        """Embed places.

        Parameters
        ----------
        lonlat : tensor, (..., 2), optional
            Longitude first, latitude second, in degrees, float32 or float64.
        lat, lon : tensor, (...), optional
            The same by name.

        Returns
        -------
        tensor, (..., dim)
            In the dtype of the weights, on their device.
        """
        lat, lon = degrees(lonlat, lat, lon)
        weight = _weight(self.network, lat)
        if self.position.compat and weight.dtype != torch.float64:
            # The reference code rounds coordinates first, which its finest scales can tell.
            lat, lon = lat.float(), lon.float()
        codes = self.position(lat=lat, lon=lon)
        embeddings: Tensor = self.network(codes.to(weight))
        return embeddings

    @overload
    def embed(self, *, lat: Tensor, lon: Tensor, batch_size: int = ...) -> Tensor: ...
    @overload
    def embed(self, *, lat: ArrayLike, lon: ArrayLike, batch_size: int = ...) -> FloatArray: ...

    def embed(self, *, lat: Any, lon: Any, batch_size: int = BATCH) -> Any:
        """Embed places in evaluation mode, batch by batch, without gradients.

        Parameters
        ----------
        lat, lon : tensor or array-like of floats, (...)
            Degrees.
        batch_size : int
            Places at once.

        Returns
        -------
        tensor or array, (..., dim)
            An array for arrays, a tensor for tensors.
        """
        return in_batches(self, self, lat, lon, self.dim, batch_size)


def in_batches(
    module: nn.Module, function: Any, lat: Any, lon: Any, length: int, batch_size: int
) -> Any:
    """Apply a function of ``lat=, lon=`` to many places, and gather what it returns.

    Parameters
    ----------
    module
        Whose device counts, and which is put into evaluation mode meanwhile.
    function
        Returns ``length`` numbers per place.
    lat, lon, batch_size
        As in `Encoder.embed`.
    """
    step = count("batch_size", batch_size)
    are_tensors = isinstance(lat, Tensor) and isinstance(lon, Tensor)
    lat, lon = degrees(None, lat, lon) if are_tensors else from_arrays(lat, lon)
    weight = _weight(module, lat)
    flat_lat, flat_lon = lat.flatten(), lon.flatten()
    found = torch.empty(
        (len(flat_lat), length), dtype=weight.dtype, device=weight.device if are_tensors else "cpu"
    )
    with evaluating(module):
        for start in range(0, len(flat_lat), step):
            rows = slice(start, start + step)
            found[rows] = function(
                lat=flat_lat[rows].to(weight.device), lon=flat_lon[rows].to(weight.device)
            )
    found = found.reshape(*lat.shape, length)
    if are_tensors:
        return found
    # NumPy has no bfloat16, and few of its functions are made for half precision.
    return (found if found.dtype == torch.float64 else found.float()).numpy()


def _weight(module: nn.Module, lat: Tensor) -> Tensor:
    """A weight, for its dtype and device; replicas of `DataParallel` seem to have none."""
    return next(module.parameters(), lat.new_empty(0, dtype=torch.float32))


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients, and afterwards the mode each part of it was in."""
    were_training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for part in were_training:
            part.training = True
