"""What all position encodings have in common: how they are called, and in which precision."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor, nn

from geobias.encoders.coordinates import degrees, within_half_a_turn
from geobias.errors import InputError


class Position(nn.Module, ABC):
    """A position encoding: degrees become numbers that a network can tell places by.

    Called with ``lat=`` and ``lon=``, or with one tensor whose last axis is longitude, latitude.
    The result has one more axis than ``lat``, of length `dim`, and the dtype of the coordinates.

    Angles are computed in float64 and rounded at the end: at fine scales, float32 would lose the
    place within its wave. Longitudes beyond ±180 are first brought back by whole turns.

    Parameters
    ----------
    dim : int
        Numbers per place.
    compat : {None, "torchspatial"}
        Compute what is published, or what the reference code computes.
    """

    parts = 1
    """Parts of the encoding that a network may treat separately."""

    def __init__(self, dim: int, *, compat: str | None = None) -> None:
        super().__init__()
        self.dim = dim
        self.compat = checked_compat(compat)

    def forward(
        self, lonlat: Tensor | None = None, *, lat: Tensor | None = None, lon: Tensor | None = None
    ) -> Tensor:
        """Encode places.

        Parameters
        ----------
        lonlat : tensor, (..., 2), optional
            Longitude first, latitude second, in degrees, float32 or float64.
        lat, lon : tensor, (...), optional
            The same by name.

        Returns
        -------
        tensor, (..., dim)
        """
        lat, lon = degrees(lonlat, lat, lon)
        lon = self.longitudes(lon)
        if self.in_given_precision:
            return self.encode(lat, lon)
        # Some accelerators have no float64: the angles are then computed beside them.
        place = torch.device("cpu") if lat.device.type == "mps" else lat.device
        return self.encode(lat.to(place, torch.float64), lon.to(place, torch.float64)).to(lat)

    def longitudes(self, lon: Tensor) -> Tensor:
        """Longitudes brought back to ±180 by whole turns, which the reference code does not do."""
        return within_half_a_turn(lon) if self.compat is None else lon

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Move to another device, as ``.to`` and ``.half`` do, but keep drawn numbers exact.

        In half precision a wave of a thousand radians, or an anchor at 177.9°, is another one.
        """
        exact = dict(self.named_buffers(recurse=False))
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name, buffer in exact.items():
            moved = getattr(self, name)
            if moved.dtype != buffer.dtype:
                setattr(self, name, buffer.to(moved.device))
        return self

    @property
    def in_given_precision(self) -> bool:
        """Whether the reference code computes this encoding in the precision of its input."""
        return False

    @abstractmethod
    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates, in degrees; one axis more."""

    def extra_repr(self) -> str:
        """What the printed module says of itself."""
        return f"dim={self.dim}" + (f", compat={self.compat!r}" if self.compat else "")


def checked_compat(compat: object) -> str | None:
    """Return the name of a mode, or refuse it."""
    if compat is not None and not (isinstance(compat, str) and compat == "torchspatial"):
        raise InputError(
            f"compat={compat!r} is no mode: None computes the published definition, 'torchspatial' "
            "what the reference code computes."
        )
    return None if compat is None else "torchspatial"


def flat(terms: list[Tensor]) -> Tensor:
    """Terms per scale as one axis, the scale outside: all terms of the first scale come first."""
    return torch.stack(terms, dim=-1).flatten(-2)
