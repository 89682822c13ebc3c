"""Where the weights of a model came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Origin:
    """The file a model was read from: ``model.origin``. It says nothing of later training.

    Parameters
    ----------
    file
        Its name.
    sha256
        Of its bytes; of a pair of files of our own, of the one that holds the weights.
    format
        ``"torchspatial"`` for published checkpoints, ``"geobias"`` for our own.
    params
        The settings of a published checkpoint that the model was built from, by their names there.
    epoch
        What a published checkpoint says of it: 1 more than were trained, and 1 for each later save.
    notes
        What a user of the model should know.
    published
        Of a file of our own: the published checkpoint its model began as, if it did.
    """

    file: str
    sha256: str
    format: str
    params: Mapping[str, Any] = field(default_factory=dict)
    epoch: int | None = None
    notes: tuple[str, ...] = ()
    published: Origin | None = None

    @property
    def checkpoint(self) -> Origin | None:
        """The published checkpoint behind the model, if there is one."""
        return self if self.format == "torchspatial" else self.published
