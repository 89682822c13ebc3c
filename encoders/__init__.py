"""Location encoders: models that turn coordinates into features.

`build` makes an encoder by its name, `position` its position encoding alone; `list_encoders` says
which there are. They are torch modules: this room needs the extra ``torch``. The engine never
imports it, so that scores work without.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geobias.errors import GeoBiasError

if TYPE_CHECKING:
    from geobias.encoders.building import build, position
    from geobias.encoders.checkpoints.published import anchor_rows, load_torchspatial
    from geobias.encoders.checkpoints.saving import load, save
    from geobias.encoders.classifier import LocationClassifier
    from geobias.encoders.encoder import Encoder
    from geobias.encoders.fusion import (
        ConcatenationFusion,
        FusedProbabilities,
        ProductFusion,
        fuse_probabilities,
    )
    from geobias.encoders.listing import list_encoders
    from geobias.encoders.losses import (
        presence_only_loss,
        presence_only_user_loss,
        random_places,
    )
    from geobias.encoders.networks import MLP
    from geobias.encoders.regressor import LocationRegressor
    from geobias.encoders.tables.encoding import encode
    from geobias.encoders.transformer import LocationEncoder

__all__ = [
    "MLP",
    "ConcatenationFusion",
    "Encoder",
    "FusedProbabilities",
    "LocationClassifier",
    "LocationEncoder",
    "LocationRegressor",
    "ProductFusion",
    "anchor_rows",
    "build",
    "encode",
    "fuse_probabilities",
    "list_encoders",
    "load",
    "load_torchspatial",
    "position",
    "presence_only_loss",
    "presence_only_user_loss",
    "random_places",
    "save",
]

_HOME = {
    "ConcatenationFusion": "fusion",
    "Encoder": "encoder",
    "FusedProbabilities": "fusion",
    "LocationClassifier": "classifier",
    "LocationEncoder": "transformer",
    "LocationRegressor": "regressor",
    "MLP": "networks",
    "ProductFusion": "fusion",
    "anchor_rows": "checkpoints.published",
    "build": "building",
    "encode": "tables.encoding",
    "fuse_probabilities": "fusion",
    "list_encoders": "listing",
    "load": "checkpoints.saving",
    "load_torchspatial": "checkpoints.published",
    "position": "building",
    "presence_only_loss": "losses",
    "presence_only_user_loss": "losses",
    "random_places": "losses",
    "save": "checkpoints.saving",
}


def refuse_without_torch() -> None:
    """Say what to install where torch is missing."""
    try:
        import_module("torch")
    except ModuleNotFoundError:
        raise GeoBiasError(
            "Location encoders need torch, which is not installed: pip install 'geobias[torch]'"
        ) from None


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, and torch with it."""
    if name in _HOME:
        refuse_without_torch()
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
