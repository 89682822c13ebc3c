"""Coordinates as encoders take them: degrees, by name or as (longitude, latitude)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from geobias.coordinates import LARGEST_LONGITUDE
from geobias.encoders.tensors import any_seen, kind
from geobias.errors import InputError
from geobias.wording import counted, where

_FLOATS = (torch.float32, torch.float64)


def degrees(lonlat: Tensor | None, lat: Tensor | None, lon: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return latitude and longitude, however a module was given them.

    Parameters
    ----------
    lonlat : tensor, (..., 2), optional
        Longitude first, latitude second.
    lat, lon : tensor, optional
        The same by name, both of one shape.

    Returns
    -------
    lat, lon : tensor

    Raises
    ------
    InputError
        If both ways or neither are used, if shapes, dtypes or values are not those of coordinates.
    """
    if lonlat is not None:
        if lat is not None or lon is not None:
            raise InputError("Coordinates came twice: pass lonlat, or lat= and lon=, not both.")
        _check_tensor("lonlat", lonlat)
        if lonlat.ndim == 0 or lonlat.shape[-1] != 2:
            raise InputError(
                f"lonlat has the shape {tuple(lonlat.shape)}: its last axis has to hold longitude "
                "and latitude, in that order. Or pass lat= and lon= by name."
            )
        lon, lat = lonlat.unbind(-1)
    elif lat is None or lon is None:
        missing = "lat" if lat is None else "lon"
        raise InputError(f"{missing} is missing: pass lat= and lon=, or lonlat of shape (..., 2).")
    else:
        _check_tensor("lat", lat)
        _check_tensor("lon", lon)
    if lat.shape != lon.shape:
        raise InputError(
            f"lat has the shape {tuple(lat.shape)} and lon {tuple(lon.shape)}: give them the same."
        )
    if lat.dtype != lon.dtype or lat.device != lon.device:
        raise InputError(
            f"lat is {lat.dtype} on {lat.device} and lon {lon.dtype} on {lon.device}: "
            "give them the same dtype and device."
        )
    if lat.numel() == 0:
        raise InputError("lat and lon are empty: there is nothing to encode.")
    _check_values(lat.detach(), lon.detach(), swapped=lonlat is not None)
    return lat, lon


def within_half_a_turn(lon: Tensor) -> Tensor:
    """Longitudes brought back to ±180 by whole turns; those within keep every bit.

    >>> within_half_a_turn(torch.tensor([-180.0, 180.0, 190.0]))
    tensor([-180.,  180., -170.])
    """
    return lon - 360.0 * torch.round(lon / 360.0)


def from_arrays(lat: ArrayLike, lon: ArrayLike) -> tuple[Tensor, Tensor]:
    """Return arrays, columns or lists of degrees as checked tensors.

    Raises
    ------
    InputError
        As `degrees` does, and if they hold integers or anything but numbers.
    """
    return degrees(None, _from_array("lat", lat), _from_array("lon", lon))


def _from_array(name: str, values: ArrayLike) -> Tensor:
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        masked = int(np.ma.getmaskarray(values).sum())
        raise InputError(f"{name}: {counted(masked, 'value')} masked. Leave them out.")
    if isinstance(values, Tensor):
        values = values.detach().cpu()
    try:
        found = np.asarray(values)
    except (TypeError, ValueError):
        raise InputError(f"{name} is not an array of numbers: give degrees as floats.") from None
    if found.dtype not in (np.float32, np.float64):
        raise InputError(
            f"{name} holds {found.dtype}, not degrees as float32 or float64: convert it first, "
            f"as in np.asarray({name}, dtype=float)."
        )
    # Columns of tables are often read-only, which tensors cannot be.
    return torch.from_numpy(np.require(found, requirements=["C", "W"]))


def _check_tensor(name: str, tensor: object) -> None:
    if not isinstance(tensor, Tensor):
        raise InputError(
            f"{name} is {kind(tensor)}, not a tensor: pass torch tensors, or give arrays "
            "to .embed(lat=, lon=) of an encoder."
        )
    if tensor.dtype not in _FLOATS:
        raise InputError(
            f"{name} holds {kind(tensor)}, not degrees as float32 or "
            f"float64: convert it first, as in {name}.double()."
        )


def _check_values(lat: Tensor, lon: Tensor, *, swapped: bool) -> None:
    # One look is enough for coordinates that are right, and NaN is not within any bounds.
    if not any_seen(~((lat.abs() <= 90.0) & (lon.abs() <= LARGEST_LONGITUDE))):
        return
    for name, values in (("lat", lat), ("lon", lon)):
        _refuse(name, ~torch.isfinite(values), "not finite (NaN or infinite)", "Leave them out.")
    hint = "lonlat is longitude first, latitude second: are they swapped?" if swapped else ""
    _refuse("lat", lat.abs() > 90.0, "beyond ±90 degrees", hint or "Are lat and lon swapped?")
    _refuse(
        "lon", lon.abs() > LARGEST_LONGITUDE, f"beyond ±{LARGEST_LONGITUDE:g}", "Are they degrees?"
    )


def _refuse(name: str, wrong: Tensor, what: str, advice: str) -> None:
    if wrong.any():
        rows = wrong.flatten().cpu().numpy()
        raise InputError(
            f"{name}: {counted(int(rows.sum()), 'value')} {what}, {where(rows)}. {advice}"
        )
