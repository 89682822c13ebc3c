"""rbf: how near a place is to each of some anchors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from geobias.encoders.checks import positive
from geobias.encoders.coordinates import degrees
from geobias.encoders.positions.position import Position
from geobias.errors import InputError


class RadialBasis(Position):
    """Gaussian kernels around anchors: ``exp(-(Δlon² + Δlat²) / (2 kernel_size²))``.

    The distance is the published one, plain degrees: it does not wrap at the date line, and at a
    pole every longitude is another place.

    Parameters
    ----------
    anchors : tensor or array, (M, 2)
        Longitude and latitude of the anchors, in that order, in degrees; usually places drawn from
        the training set. `LocationEncoder` draws them. Longitudes beyond ±180 are brought back, as
        those of places are.
    kernel_size : float
        Degrees to where a kernel has fallen to ``exp(-1/2)``.
    compat : {None, "torchspatial"}
        See `Position`.

    References
    ----------
    Mai et al. (2020), Multi-scale representation learning for spatial feature distributions using
    grid cells.
    """

    anchors: Tensor

    def __init__(
        self, *, anchors: object = None, kernel_size: float = 2.0, compat: str | None = None
    ) -> None:
        points = _points(anchors)
        super().__init__(len(points), compat=compat)
        points[:, 0] = self.longitudes(points[:, 0])
        self.kernel_size = positive("kernel_size", kernel_size)
        self.register_buffer("anchors", points.float())

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        anchor_lon, anchor_lat = self.anchors.to(lat).unbind(-1)
        squared = (lon[..., None] - anchor_lon) ** 2 + (lat[..., None] - anchor_lat) ** 2
        return torch.exp(-squared / (2.0 * self.kernel_size**2))


def _points(anchors: object) -> Tensor:
    if anchors is None:
        raise InputError(
            "anchors are missing: rbf needs the longitude and latitude of places that it measures "
            "nearness to, as an array of shape (M, 2), usually drawn from the training set."
        )
    points = numbers_of(anchors)
    if points is None:
        raise InputError(f"anchors={anchors!r} has to be an array of numbers of shape (M, 2).")
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise InputError(f"anchors has the shape {tuple(points.shape)}, not (M, 2).")
    try:
        degrees(points, None, None)
    except InputError as error:
        raise InputError(f"anchors: {error}") from None
    return points.clone()  # they are changed, and may be the caller's own


def numbers_of(anchors: object) -> Tensor | None:
    """Anchors as a tensor of numbers, of whatever shape; None if they are no numbers."""
    if isinstance(anchors, np.ndarray):
        # Columns of a table picked in another order run backwards, which tensors cannot.
        anchors = np.ascontiguousarray(anchors)
    try:
        # Their values are checked, so they are read even where the model is only outlined.
        return torch.as_tensor(anchors, dtype=torch.float64, device="cpu").detach()
    except (TypeError, ValueError, RuntimeError):
        return None
