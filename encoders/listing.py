"""The encoders as a table to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geobias.encoders.building import NETWORKS, options_of, position
from geobias.encoders.registry import ENTRIES, Entry


def list_encoders() -> pd.DataFrame:
    """Return what `build` can make, one row per encoder.

    Returns
    -------
    pandas.DataFrame
        ``name`` and ``aliases``; ``paper``; ``parameters``, the options of the position encoding
        with their defaults; ``size``, how many numbers a code has, and ``dimension``, how many that
        are by default (missing where there is no default); ``network``, the usual one;
        ``date_line``, whether codes are continuous there; ``poles``, whether a pole has one code;
        ``multi_scale``; ``torchspatial``, whether it is one of the fifteen of TorchSpatial, so that
        ``compat="torchspatial"`` is possible.

    Examples
    --------
    >>> from geobias.encoders import list_encoders
    >>> table = list_encoders().set_index("name")
    >>> table.loc[table["date_line"] & table["poles"] & table["multi_scale"]].index.tolist()
    ['nerf', 'spherical_harmonics', 'satclip']
    >>> table.loc["sphere2vec-spherec+", "size"]
    '6 * frequency_num'
    """
    table = pd.DataFrame([_row(entry) for entry in ENTRIES])
    return table.astype({"dimension": "Int64"})


def _row(entry: Entry) -> dict[str, object]:
    defaults = {
        name: entry.options.get(name, option.default)
        for name, option in options_of(entry.position).items()
    }
    shown = [name if value is None else f"{name}={value}" for name, value in defaults.items()]
    return {
        "name": entry.name,
        "aliases": ", ".join(entry.aliases),
        "paper": entry.paper,
        "parameters": ", ".join(shown),
        "size": entry.size,
        "dimension": _dimension(entry, defaults),
        "network": next(name for name, made in NETWORKS.items() if made is entry.network),
        "date_line": entry.continuous,
        "poles": entry.single_valued,
        "multi_scale": entry.multi_scale,
        "torchspatial": entry.in_torchspatial,
    }


def _dimension(entry: Entry, defaults: Mapping[str, Any]) -> int | None:
    """Numbers per code; None where an option has no default."""
    return None if None in defaults.values() else position(entry.name, **defaults).dim
