"""Codes of many places: arrays in, arrays out, with memory that does not grow with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from geobias.encoders.building import options_of, position, sorted_options
from geobias.encoders.checks import count
from geobias.encoders.coordinates import from_arrays
from geobias.encoders.encoder import FloatArray
from geobias.encoders.positions import Position
from geobias.encoders.registry import entry_of
from geobias.encoders.seeding import LARGEST_SEED
from geobias.errors import InputError

ANCHORS = 200
"""How many are drawn unless another number is asked for."""

NUMBERS_AT_ONCE = 2**21
"""Codes hold about so many numbers at once while they are computed."""


def fitted_position(
    name: str,
    *,
    lat: ArrayLike,
    lon: ArrayLike,
    compat: str | None = None,
    seed: int = 0,
    options: Mapping[str, Any],
) -> Position:
    """Build a position encoding, for which places are there if it needs to know some.

    Parameters
    ----------
    name, compat, seed
        As for `position`.
    lat, lon : array
        Degrees. The anchors of ``rbf`` are drawn from them unless they are given.
    options : mapping
        Those of the position encoding, and beside ``anchors`` also ``n_anchors``, how many are
        drawn: 200 by default, and not more than there are different places.

    Raises
    ------
    InputError
        If an option is unknown, or a value does not fit.

    Examples
    --------
    >>> lat, lon = np.array([48.2, 48.2, -33.9]), np.array([16.4, 16.4, 151.2])
    >>> fitted_position("rbf", lat=lat, lon=lon, options={}).anchors
    tensor([[ 16.4000,  48.2000],
            [151.2000, -33.9000]])
    """
    entry, given = entry_of(name), dict(options)
    draws = draws_anchors(name, options)
    number = count("n_anchors", given.pop("n_anchors", ANCHORS)) if draws else 0
    sorted_options(entry, None, given)
    if draws:
        given["anchors"] = _drawn(lat, lon, number, count("seed", seed, least=0, most=LARGEST_SEED))
    return position(entry.name, compat=compat, seed=seed, **given)


def draws_anchors(name: str, options: Mapping[str, Any]) -> bool:
    """Whether an encoder needs anchors that these options do not give."""
    takes = "anchors" in options_of(entry_of(name).position)
    if takes and {"anchors", "n_anchors"} <= options.keys():
        raise InputError("n_anchors is how many are drawn, but anchors are given: leave one out.")
    return takes and "anchors" not in options


def _drawn(lat: ArrayLike, lon: ArrayLike, number: int, seed: int) -> FloatArray:
    """Different places, drawn without replacement; the order of rows does not matter."""
    places: FloatArray = np.unique(np.column_stack([lon, lat]), axis=0)
    size = min(number, len(places))
    return places[np.sort(np.random.default_rng(seed).choice(len(places), size, replace=False))]


def codes_of(encoding: Position, *, lat: ArrayLike, lon: ArrayLike) -> FloatArray:
    """Encode arrays of degrees, batch by batch.

    Returns
    -------
    array, (n, dim)
        In the dtype of the coordinates.

    Examples
    --------
    >>> codes_of(position("xyz"), lat=np.array([0.0, 90.0]), lon=np.array([0.0, 0.0])).round(3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    lat_given, lon_given = from_arrays(lat, lon)
    found = torch.empty((len(lat_given), encoding.dim), dtype=lat_given.dtype)
    step = max(NUMBERS_AT_ONCE // encoding.dim, 1)
    with torch.no_grad():
        for start in range(0, len(lat_given), step):
            rows = slice(start, start + step)
            found[rows] = encoding(lat=lat_given[rows], lon=lon_given[rows])
    codes: FloatArray = found.numpy()
    return codes
