"""What stands beside saved weights: which model they belong to, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from torch import Tensor

from geobias.encoders import building
from geobias.encoders.origin import Origin
from geobias.encoders.registry import entry_of
from geobias.errors import InputError
from geobias.values import is_finite_number
from geobias.wording import quoted

FORMAT = "geobias-encoder"
VERSION = 1
KINDS = ("encoder", "classifier")

MOST_BYTES = 1024**2
MOST_DIGITS = 20


@dataclass(frozen=True)
class Description:
    """A saved model without its weights.

    Parameters
    ----------
    kind
        ``"encoder"`` or ``"classifier"``.
    settings
        Keyword arguments for `build`, without anchors: these are among the weights.
    classes, users
        Of a classifier; 0 otherwise.
    sha256
        Of the file of weights.
    versions
        What it was saved with.
    origin
        The published checkpoint the model began as, if it did.
    """

    kind: str
    settings: Mapping[str, Any]
    classes: int
    users: int
    sha256: str
    versions: Mapping[str, str]
    origin: Origin | None

    def text(self) -> str:
        """As JSON; equal descriptions give equal text."""
        held = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return json.dumps(held, indent=2, sort_keys=True, allow_nan=False) + "\n"


_FIELDS: dict[str, type | tuple[type, ...]] = {
    "format": str,
    "version": int,
    "kind": str,
    "settings": dict,
    "classes": int,
    "users": int,
    "sha256": str,
    "versions": dict,
    "origin": (dict, type(None)),
}
_OF_ORIGIN: dict[str, type | tuple[type, ...]] = {
    "file": str,
    "sha256": str,
    "format": str,
    "params": dict,
    "epoch": (int, type(None)),
    "notes": list,
    "published": type(None),
}
_NAMES = {
    str: "text", int: "a whole number", dict: "an object", list: "a list", bool: "true or false",
    float: "a number", tuple: "a list of numbers", type(None): "null",
}  # fmt: skip


def description_of(text: bytes) -> Description:
    """Read a description, and check that it is one.

    Raises
    ------
    InputError
        If it is no JSON, of another version, or if a field is missing, unknown or mistyped.
    """
    held = _parsed(text)
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        raise InputError(f"it does not describe a model: its 'format' is not {FORMAT!r}.")
    if held.get("version") != VERSION:
        raise InputError(
            f"its 'version' is {str(held.get('version'))[:20]}, and this geobias reads {VERSION}. "
            "Use the geobias that wrote it, or a newer one."
        )
    _check_fields("it", held, _FIELDS)
    if held["kind"] not in KINDS:
        raise InputError(f"its 'kind' is none of {quoted(KINDS)}.")
    held["settings"] = _checked_settings(held["settings"])
    if held["origin"] is not None:
        _check_fields("its 'origin'", held["origin"], _OF_ORIGIN)
        _check_flat(held["origin"])
        held["origin"] = Origin(**{**held["origin"], "notes": tuple(held["origin"]["notes"])})
    return Description(**{each.name: held[each.name] for each in fields(Description)})


def plain(value: Any) -> Any:
    """An option as JSON can hold it."""
    if isinstance(value, Tensor | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def _parsed(text: bytes) -> object:
    if len(text) > MOST_BYTES:
        raise InputError(f"it has more than {MOST_BYTES:,} bytes, which no description needs.")
    try:
        return json.loads(text.decode("utf-8"), parse_constant=_no_number, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is no JSON of ours: {str(error).splitlines()[0]}.") from None


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


def _check_fields(
    what: str, held: Mapping[str, Any], known: Mapping[str, type | tuple[type, ...]]
) -> None:
    missing = [name for name in known if name not in held]
    surplus = [name for name in held if name not in known]
    if missing or surplus:
        raise InputError(
            f"{what} has not the fields of a description: missing {quoted(missing)}; "
            f"unknown {quoted(surplus)}."
        )
    for name, kinds in known.items():
        _check_kind(f"{name!r} of {what}" if what != "it" else f"its {name!r}", held[name], kinds)


def _check_kind(what: str, value: object, kinds: type | tuple[type, ...]) -> None:
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    # True and False are whole numbers for Python; no type here is a subclass of another otherwise.
    if type(value) not in kinds:
        expected = " or ".join(_NAMES[kind] for kind in kinds)
        raise InputError(f"{what} is {_NAMES.get(type(value), 'something else')}, not {expected}.")


def _check_flat(origin: Mapping[str, Any]) -> None:
    """What nests cannot be written again, once it nests deep enough."""
    params = origin["params"].values()
    parts = [value if isinstance(value, list) else [value] for value in params]
    nested = any(isinstance(part, list | dict) for value in parts for part in value)
    if nested or not all(isinstance(note, str) for note in origin["notes"]):
        raise InputError("its 'origin' has other params or notes than plain values and text.")


def _checked_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Compare settings with the options there are; `build` checks their values."""
    own: dict[str, type | tuple[type, ...]] = {
        "name": str,
        "dim": int,
        "network": (str, type(None)),
        "compat": (str, type(None)),
    }
    for name, kinds in own.items():
        _check_kind(_setting(name), settings.get(name), kinds)
    entry = entry_of(settings["name"])
    network = settings.get("network")
    if network is not None and network not in building.NETWORKS:
        raise InputError(f"{_setting('network')} is none of {quoted(building.NETWORKS)}.")
    made_of = building.NETWORKS[network] if network else entry.network_in(settings.get("compat"))
    options = {**building.options_of(entry.position), **building.options_of(made_of)}
    checked = dict(settings)
    for name in (each for each in settings if each not in own):
        if name not in options or options[name].default is None:
            raise InputError(f"its 'settings' have {name!r}, which {entry.name} does not take.")
        checked[name] = _option(_setting(name), settings[name], type(options[name].default))
    return checked


def _setting(name: str) -> str:
    return f"{name!r} of its 'settings'"


def _option(what: str, value: Any, kind: type) -> Any:
    """An option of the kind of its default; a whole number may stand for any number."""
    if kind is tuple:
        if not isinstance(value, list) or not all(map(is_finite_number, value)):
            raise InputError(f"{what} is not a list of numbers.")
        return value
    if kind is not float:
        _check_kind(what, value, kind)
        return value
    _check_kind(what, value, (int, float))
    if not is_finite_number(value):
        raise InputError(f"{what} is too large.")
    return float(value)
