"""What models on top of a location encoder share: the encoder, and its embeddings."""

from __future__ import annotations

from typing import Any, overload

from numpy.typing import ArrayLike
from torch import Tensor, nn

from geobias.encoders.encoder import BATCH, Encoder, FloatArray
from geobias.errors import InputError


class LocationModel(nn.Module):
    """A location encoder with something on top of it.

    Parameters
    ----------
    encoder : Encoder
        Makes the embeddings.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        if not isinstance(encoder, Encoder):
            raise InputError(
                f"encoder is {type(encoder).__name__}, not an Encoder: build one, as in "
                "build('sphere2vec-spherec+')."
            )
        self.encoder = encoder

    @overload
    def embed(self, *, lat: Tensor, lon: Tensor, batch_size: int = ...) -> Tensor: ...
    @overload
    def embed(self, *, lat: ArrayLike, lon: ArrayLike, batch_size: int = ...) -> FloatArray: ...

    def embed(self, *, lat: Any, lon: Any, batch_size: int = BATCH) -> Any:
        """Embed places, as `Encoder.embed` does."""
        return self.encoder.embed(lat=lat, lon=lon, batch_size=batch_size)
