"""A location encoder with a small network: what number belongs to a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from numpy.typing import ArrayLike
from torch import Tensor

from geobias.encoders.encoder import BATCH, Encoder, FloatArray, in_batches
from geobias.encoders.model import LocationModel
from geobias.encoders.networks import MLP
from geobias.encoders.seeding import seeded


class LocationRegressor(LocationModel):
    """One number per place, such as an elevation, from the embedding of the place.

    Parameters
    ----------
    encoder : Encoder
        Makes the embeddings.
    hidden : sequence of int
        Widths of the hidden layers; none makes the number linear in the embedding.
    activation, dropout
        As for `MLP`.
    seed : int
        Weights of the network are drawn from it.

    See Also
    --------
    ConcatenationFusion : The same with features of an image, as in published regression networks.

    Examples
    --------
    >>> from geobias.encoders import LocationRegressor, build
    >>> model = LocationRegressor(build("xyz", dim=16), hidden=[8])
    >>> model.predict(lat=[48.2, -33.9, 0.0], lon=[16.4, 151.2, 0.0]).shape
    (3,)
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden: Sequence[int] = (),
        activation: str = "relu",
        dropout: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__(encoder)
        with seeded(seed):
            self.head = MLP(encoder.dim, 1, hidden=hidden, activation=activation, dropout=dropout)

    def forward(
        self, lonlat: Tensor | None = None, *, lat: Tensor | None = None, lon: Tensor | None = None
    ) -> Tensor:
        """Return one number per place, (...); coordinates as for `Encoder`."""
        numbers: Tensor = self.head(self.encoder(lonlat, lat=lat, lon=lon))
        return numbers.squeeze(-1)

    @overload
    def predict(self, *, lat: Tensor, lon: Tensor, batch_size: int = ...) -> Tensor: ...
    @overload
    def predict(self, *, lat: ArrayLike, lon: ArrayLike, batch_size: int = ...) -> FloatArray: ...

    def predict(self, *, lat: Any, lon: Any, batch_size: int = BATCH) -> Any:
        """Return the number of each place, without gradients.

        Parameters
        ----------
        lat, lon, batch_size
            As for `Encoder.embed`.

        Returns
        -------
        tensor or array, (...)
            An array for arrays, a tensor for tensors.
        """

        def columns(*, lat: Tensor, lon: Tensor) -> Tensor:
            return self(lat=lat, lon=lon).unsqueeze(-1)  # type: ignore[no-any-return]

        return in_batches(self, columns, lat, lon, 1, batch_size)[..., 0]
