"""wrap: sines and cosines of the normalised coordinates."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from geobias.encoders.positions.position import Position
from geobias.errors import InputError

_DIMS = {"encode_cos_sin": 4, "encode_3D": 3, "encode_none": 2}


class Wrap(Position):
    """Let ``x = lon / 180`` and ``y = lat / 90``; encode ``[sin πx, sin πy, cos πx, cos πy]``.

    Continuous at the date line. A pole is not one point, since the terms of longitude stay; and as
    the terms of latitude have a period of 180 degrees, the **two poles look alike**: where
    longitude is the same, they have the same code.

    With ``compat="torchspatial"`` the precision of the coordinates is kept throughout.

    Parameters
    ----------
    loc_encode : {"encode_cos_sin", "encode_3D", "encode_none"}
        The encoding above; ``[cos πx cos πy, sin πx cos πy, sin πy]``, which is not the point on
        the sphere, since it takes twice the latitude; or ``[x, y]``, which jumps at the date line.
    compat : {None, "torchspatial"}
        See `Position`.

    References
    ----------
    Mac Aodha, Cole and Perona (2019), Presence-only geographical priors for fine-grained image
    classification.
    """

    def __init__(self, *, loc_encode: str = "encode_cos_sin", compat: str | None = None) -> None:
        if str(loc_encode) not in _DIMS:
            raise InputError(f"loc_encode={loc_encode!r} has to be one of {', '.join(_DIMS)}.")
        super().__init__(_DIMS[loc_encode], compat=compat)
        self.loc_encode = loc_encode

    @property
    def in_given_precision(self) -> bool:
        """In compat."""
        return self.compat is not None

    def encode(self, lat: Tensor, lon: Tensor) -> Tensor:
        """Encode valid coordinates."""
        x, y = lon / 180.0, lat / 90.0
        if self.loc_encode == "encode_none":
            return torch.stack([x, y], dim=-1)
        sin_x, cos_x = torch.sin(math.pi * x), torch.cos(math.pi * x)
        sin_y, cos_y = torch.sin(math.pi * y), torch.cos(math.pi * y)
        if self.loc_encode == "encode_3D":
            return torch.stack([cos_x * cos_y, sin_x * cos_y, sin_y], dim=-1)
        return torch.stack([sin_x, sin_y, cos_x, cos_y], dim=-1)


def encode_dates(date: Tensor) -> Tensor:
    """Encode the time of the year, to be appended to the encoding of a place.

    Parameters
    ----------
    date : tensor, (...)
        From 0, the start of the year, to 1, its end.

    Returns
    -------
    tensor, (..., 2)
        ``[sin πt, cos πt]`` of ``t = 2 date - 1``, as in Mac Aodha, Cole and Perona (2019).

    >>> encode_dates(torch.tensor([0.5]))
    tensor([[0., 1.]])
    """
    turn = math.pi * (2.0 * date - 1.0)
    return torch.stack([torch.sin(turn), torch.cos(turn)], dim=-1)
