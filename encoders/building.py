"""Encoders built from a name and options."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

from geobias.encoders import networks
from geobias.encoders.checks import count
from geobias.encoders.encoder import Encoder
from geobias.encoders.positions import Position
from geobias.encoders.positions.position import checked_compat
from geobias.encoders.registry import Entry, entry_of
from geobias.encoders.seeding import seeded
from geobias.errors import InputError
from geobias.wording import listed, nearest

NETWORKS: dict[str, type[nn.Module]] = {
    "ffn": networks.FFN,
    "residual": networks.ResidualNet,
    "siren": networks.SirenNet,
    "capsules": networks.Capsules,
}


def build(
    name: str,
    dim: int = 256,
    *,
    network: str | None = None,
    compat: str | None = None,
    seed: int = 0,
    **options: Any,
) -> Encoder:
    """Build a location encoder: a position encoding and a network, with fresh weights.

    Parameters
    ----------
    name : str
        One of `list_encoders`, or another name it goes by.
    dim : int
        Numbers per embedding.
    network : {"ffn", "residual", "siren", "capsules"}, optional
        Another network than the usual one.
    compat : {None, "torchspatial"}
        None computes what is published, ``"torchspatial"`` what the reference code computes: with
        the same options, codes and embeddings are those of the reference.
    seed : int
        Weights, and random directions of ``rff`` and ``geoclip``, are drawn from it.
    **options
        Options of the position encoding and of the network, such as ``min_radius`` or
        ``hidden_dim``; `list_encoders` names them.

    Returns
    -------
    Encoder
        A torch module.

    Raises
    ------
    InputError
        If a name or an option is unknown, or a value does not fit.

    Examples
    --------
    >>> import torch
    >>> from geobias.encoders import build
    >>> encoder = build("sphere2vec-sphereC+", dim=16, min_radius=0.01)
    >>> encoder(lat=torch.tensor([48.2, -33.9]), lon=torch.tensor([16.4, 151.2])).shape
    torch.Size([2, 16])
    """
    entry, dim = entry_of(name), count("dim", dim)
    _check_mode(entry, compat)
    made_of = _network_of(entry, network, compat)
    of_position, of_network = sorted_options(entry, made_of, {**entry.options, **options})
    if "tile_dim" in inspect.signature(entry.position).parameters:
        of_position.setdefault("tile_dim", dim)
    with seeded(seed), _in_memory(entry):
        codes = entry.position(**of_position, compat=compat)
        if "parts" in inspect.signature(made_of).parameters:
            of_network.setdefault("parts", codes.parts)
        layers = made_of(codes.dim, dim, **of_network)
    settings = {"name": entry.name, "dim": dim, "network": network, "compat": compat, **options}
    return Encoder(codes, layers, settings)


def position(name: str, *, compat: str | None = None, seed: int = 0, **options: Any) -> Position:
    """Build the position encoding of an encoder alone, without a network.

    Parameters
    ----------
    name : str
        One of `list_encoders`, or another name it goes by.
    compat : {None, "torchspatial"}
        As for `build`.
    seed : int
        Random directions are drawn from it, and the vectors of ``tile``.
    **options
        Options of the position encoding, such as ``min_radius``; `list_encoders` names them.

    Returns
    -------
    Position
        A torch module.

    Examples
    --------
    >>> import torch
    >>> from geobias.encoders import position
    >>> position("xyz")(lat=torch.tensor([0.0]), lon=torch.tensor([90.0])).round(decimals=6)
    tensor([[0., 1., 0.]])
    """
    entry = entry_of(name)
    _check_mode(entry, compat)
    of_position, _ = sorted_options(entry, None, {**entry.options, **options})
    with seeded(seed), _in_memory(entry):
        return entry.position(**of_position, compat=compat)


def options_of(function: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    """The options a position encoding or a network takes, with their defaults."""
    parameters = inspect.signature(function).parameters
    return {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name != "compat"
    }


def _check_mode(entry: Entry, compat: str | None) -> None:
    if checked_compat(compat) and not entry.in_torchspatial:
        raise InputError(f"compat={compat!r}: the reference code has no {entry.name}.")


@contextmanager
def _in_memory(entry: Entry) -> Iterator[None]:
    """Refuse options that make more numbers than memory holds."""
    try:
        yield
    except (MemoryError, OverflowError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not re.search("memory|overflow", str(error)):
            raise
        raise InputError(
            f"{entry.name}: with these options it does not fit into memory. Give a smaller dim, or "
            "smaller numbers of scales or widths."
        ) from None


def _network_of(entry: Entry, network: str | None, compat: str | None) -> type[nn.Module]:
    if network is None:
        return entry.network_in(compat)
    if str(network) not in NETWORKS:
        raise InputError(f"network={network!r} has to be one of {', '.join(NETWORKS)}.")
    return NETWORKS[network]


def sorted_options(
    entry: Entry, network: type[nn.Module] | None, options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the position encoding, and those of the network."""
    of_position = options_of(entry.position)
    of_network = {} if network is None else options_of(network)
    known = [*of_position, *of_network]
    for name in options:
        if name not in known:
            near = nearest(name, known)
            hint = f"Did you mean {listed(near)}? " if near else ""
            raise InputError(
                f"{entry.name} has no option {name}. {hint}It has {', '.join(known) or 'none'}."
            )
    return (
        {name: value for name, value in options.items() if name in of_position},
        {name: value for name, value in options.items() if name in of_network},
    )
