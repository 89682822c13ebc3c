"""What a finished epoch leaves on disk, so that a kill loses none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from geobias.encoders.checkpoints.reading import about, existing, read_torch
from geobias.errors import InputError
from geobias.wording import listed
from geobias.writing import replacing, writing

FILE = "checkpoint.pt"
LOG = "log.csv"


@dataclass
class State:
    """Where a training stands after an epoch.

    Attributes
    ----------
    settings
        What was asked for, as JSON.
    epoch
        How many epochs are done.
    model, optimizer
        Their state dicts.
    best
        Epoch, score and weights of the best model so far; empty where the last is kept.
    log
        What is known of each epoch.
    stopped
        Whether the training ended before all epochs, since the model became no better.
    """

    settings: str
    epoch: int = 0
    model: dict[str, Any] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    best: dict[str, Any] = field(default_factory=dict)
    log: list[dict[str, float]] = field(default_factory=list)
    stopped: bool = False

    def write(self, folder: Path) -> None:
        """Write it over that of the epoch before, and the log beside it."""
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / FILE) as file:
            torch.save({name: getattr(self, name) for name in self.__dataclass_fields__}, file)
        with replacing(folder / LOG) as file:
            pd.DataFrame(self.log).to_csv(file, index=False)


def state_in(folder: Path, settings: Mapping[str, Any]) -> State:
    """Read the state that a folder holds, or begin one.

    Raises
    ------
    InputError
        If the file is damaged, or belongs to a training with other settings.
    """
    text = json.dumps(settings, sort_keys=True)
    file = folder / FILE
    if not file.exists():
        return State(text)
    try:
        found = read_torch(existing(file), allow_numpy=False)
    except InputError as error:
        raise InputError(f"{error} Delete it to train from the beginning.") from None
    names = set(State.__dataclass_fields__)
    if not isinstance(found, Mapping) or set(found) != names:
        raise InputError(f"{file} is no checkpoint of a training here. Name another folder.")
    refuse_others(file, found["settings"], settings)
    return State(**found)


def refuse_others(file: Path, stored: str, settings: Mapping[str, Any]) -> None:
    """Refuse a file that was made with other settings, and name what differs."""
    with about(file):
        try:
            there = dict(json.loads(stored))
        except (TypeError, ValueError):
            raise InputError("its settings cannot be read: it is damaged.") from None
        here = json.loads(json.dumps(settings))
        told = [
            f"{name} was {there.get(name)!r} and is {here.get(name)!r}"
            for name in sorted({*there, *here})
            if there.get(name) != here.get(name)
        ]
        if told:
            raise InputError(
                f"it was made with other settings: {listed(told)}. Name another folder, or go on "
                "with those it was made with."
            )
