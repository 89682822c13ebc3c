"""The settings inside a published checkpoint, and what they mean here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from geobias.encoders.checks import count, extent, positive, share, truth
from geobias.encoders.registry import Entry, entry_of
from geobias.errors import InputError
from geobias.wording import listed, quoted

DEFAULT_RANGE = (-162.0, -59.0, 20.0, 56.0)
"""``map_range`` of the reference's command line where nobody gives another."""

DEFAULT_KERNEL = 1.0
"""``rbf_kernel_size`` of it; published rbf checkpoints were trained with 2."""

MOST_PARTS = 8
MOST_LETTERS = 200
MOST_BITS = 64

FIRST_LAYER = "spa_enc.ffn.layers.0.linear.weight"

_SCALES = ("frequency_num", "min_radius", "max_radius", "freq_init")
_FROM_ONE = ("frequency_num", "max_radius", "freq_init")
_OF_POSITION = {
    "wrap": ("loc_encode",),
    "rbf": ("num_rbf_anchor_pts", "rbf_kernel_size"),
    "rff": ("frequency_num",),
    "space2vec-grid": _SCALES,
    "space2vec-theory": _SCALES,
    "sphere2vec-spherec": _SCALES,
    "sphere2vec-spherec+": _SCALES,
    "sphere2vec-spherem": _SCALES,
    "sphere2vec-spherem+": _FROM_ONE,
    "sphere2vec-dfs": _FROM_ONE,
}
"""What the reference code makes use of; it ignores all else, and some of what it should not."""

_OF_FFN = (
    "num_hidden_layer", "hidden_dim", "spa_f_act", "use_layn", "skip_connection", "dropout",
)  # fmt: skip
_OF_MODEL = ("num_filts", "num_classes", "num_users")

_OURS = {
    "num_hidden_layer": "hidden_layers",
    "hidden_dim": "hidden_dim",
    "spa_f_act": "activation",
    "use_layn": "layer_norm",
    "skip_connection": "skip",
    "dropout": "dropout",
    "rbf_kernel_size": "kernel_size",
    "frequency_num": "frequency_num",
    "min_radius": "min_radius",
    "max_radius": "max_radius",
    "loc_encode": "loc_encode",
}
"""Names here of options that have another name in the reference code, or the same."""

_UNCONFIRMED = (
    "min_radius", "max_radius", "map_range", "rbf_kernel_size", "loc_encode", "spa_f_act",
    "skip_connection",
)  # fmt: skip
"""What changes embeddings, and the shapes of weights say nothing of."""


class Params:
    """Settings of the arguments of the reference's last save, read one by one.

    Parameters
    ----------
    values : mapping
        As stored.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.used: dict[str, Any] = {}

    def take(self, name: str) -> Any:
        """Return a setting that is checked for its kind, and remember that it was used."""
        if name not in self._values:
            raise InputError(f"its params say nothing of {name!r}, which is needed.")
        try:
            self.used[name] = _KINDS[name](name, _plain(name, self._values[name]))
        except InputError as error:
            raise InputError(f"in its params, {error}") from None
        return self.used[name]


@dataclass
class Plan:
    """What to build.

    Parameters
    ----------
    settings
        For `build`.
    classes, users
        For `LocationClassifier`.
    notes
        What a user should know of the settings.
    """

    settings: dict[str, Any]
    classes: int
    users: int
    notes: list[str] = field(default_factory=list)


def plan_of(params: Params, weights: Mapping[str, Tensor]) -> tuple[Entry, Plan]:
    """Say what the params of a checkpoint describe.

    Anchors and ``map_range`` are left to the caller.

    Raises
    ------
    InputError
        If a setting is missing or mistyped, or more than the weights can hold.
    """
    entry = entry_of(params.take("spa_enc_type"))
    of_network = () if entry.name == "wrap" else _OF_FFN
    of_position = _OF_POSITION.get(entry.name, ())
    taken = {name: params.take(name) for name in (*of_position, *of_network)}
    if taken.pop("freq_init", "geometric") != "geometric":
        raise InputError(
            f"freq_init={params.used['freq_init']!r}: the frequencies of this checkpoint are not "
            "geometric. They are not stored, so only 'geometric' can be rebuilt."
        )
    taken.pop("num_rbf_anchor_pts", None)
    settings = {_OURS[name]: value for name, value in taken.items()}
    if entry.name == "spherical_harmonics":
        settings["legendre_polys"] = _degrees(weights)
    dim, classes, users = (params.take(name) for name in _OF_MODEL)
    plan = Plan(
        {"name": entry.name, "dim": dim, "compat": "torchspatial", **settings}, classes, users
    )
    if "user_emb.weight" not in weights:
        plan.users = 0
        plan.notes.append(
            "It has no user_emb.weight: the model has no table of users, which only a loss needs."
        )
    return entry, plan


def caution(used: Mapping[str, Any]) -> str:
    """Name the settings that nothing but ``params`` vouches for; empty if there is none."""
    named = [f"{name}={used[name]!r}" for name in _UNCONFIRMED if name in used]
    if not named:
        return ""
    return (
        f"{listed(named)} {'is' if len(named) == 1 else 'are'} taken from params, which hold the "
        "arguments of the last save, not always those of the training. The weights cannot confirm "
        "them."
    )


def _degrees(weights: Mapping[str, Tensor]) -> int:
    """Degrees of spherical harmonics, which params do not tell."""
    if FIRST_LAYER not in weights or weights[FIRST_LAYER].ndim != 2:
        raise InputError(
            f"{quoted([FIRST_LAYER])} is missing: it tells the degree of the harmonics."
        )
    width = weights[FIRST_LAYER].shape[1]
    degrees = math.isqrt(width)
    if degrees**2 != width:
        raise InputError(
            f"{quoted([FIRST_LAYER])} takes {width:,} numbers, which is no square: there are L² "
            "spherical harmonics of L degrees."
        )
    return degrees


def _plain(name: str, value: Any) -> Any:
    """Return a value that is safe to print: no tensor, nothing nested, no book."""
    parts = value if isinstance(value, list | tuple) else [value]
    if len(parts) > MOST_PARTS or not all(map(_is_plain, parts)):
        raise InputError(
            f"{name} is no plain value, but {type(value).__name__}, too long or nested."
        )
    return value


def _is_plain(part: object) -> bool:
    if isinstance(part, int):
        return part.bit_length() <= MOST_BITS
    if isinstance(part, str):
        return len(part) <= MOST_LETTERS
    return part is None or isinstance(part, float)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"{name}={value!r} has to be text.")
    return value


def _whole_from_zero(name: str, value: object) -> int:
    return count(name, value, least=0)


_KINDS: dict[str, Callable[[str, Any], Any]] = {
    "spa_enc_type": _text,
    "freq_init": _text,
    "loc_encode": _text,
    "spa_f_act": _text,
    "frequency_num": count,
    "hidden_dim": count,
    "num_filts": count,
    "num_classes": count,
    "num_rbf_anchor_pts": count,
    "num_hidden_layer": _whole_from_zero,
    "num_users": _whole_from_zero,
    "min_radius": positive,
    "max_radius": positive,
    "rbf_kernel_size": positive,
    "dropout": share,
    "use_layn": truth,
    "skip_connection": truth,
    "map_range": extent,
}
