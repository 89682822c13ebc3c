"""BirdSnap and NABirds: one file of JSON with all splits and two kinds of locations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geobias.encoders.locbench.datasets.dataset import refuse
from geobias.encoders.locbench.datasets.files import field_of, part_of, read_json, records_of
from geobias.encoders.locbench.datasets.images import SPELLINGS, with_images
from geobias.encoders.locbench.datasets.rows import Read, Rows
from geobias.errors import InputError
from geobias.wording import counted, quoted

FIELDS = ("user_id", "date", "lon", "lat")


def read_birds(files: Mapping[str, Path], seed: int, *, places: str) -> Read:
    """Read the file of ``records``, with locations from ``orig_meta`` or ``ebird_meta``.

    Images that are not valid are left out. A location counts if longitude, date and user are known.
    Probabilities may have a row for every image, or for the valid ones alone.
    """
    path = files["records"]
    held = read_json(path)
    names = part_of(held, "classes", path.name)
    if not isinstance(names, list) or not names:
        raise InputError(f"{path.name}: classes should be a list of names, and not empty.")
    rows: dict[str, Rows] = {}
    notes: list[str] = []
    for split, spellings in SPELLINGS.items():
        records = records_of(_split(held, spellings, path.name), f"{split} of {path.name}")
        rows[split], said = _rows(files, split, records, places, len(names))
        notes += said
    return Read(tuple(map(str, names)), rows, notes)


def _split(held: dict[str, Any], spellings: tuple[str, ...], file: str) -> Any:
    """The records of a split, under whichever of its names the file has."""
    there = [name for name in spellings if name in held]
    if len(there) != 1:
        raise InputError(
            f"{file} should have one list called {' or '.join(spellings)}, but has {len(there)}: "
            f"found {quoted(held)}. Is it of another version?"
        )
    return held[there[0]]


def _rows(
    files: Mapping[str, Path], split: str, records: list[dict[str, Any]], places: str, classes: int
) -> tuple[Rows, list[str]]:
    name = f"{split} of {files['records'].name}"
    told = [part_of(record, places, name) for record in records]
    user, date, lon, lat = (
        field_of(records_of(told, f"{places} in {name}"), field, name, complete=False)
        for field in FIELDS
    )
    labels = field_of(records, "class_id", name)
    refuse(name, ~np.isin(labels, np.arange(classes)), f"labels outside the {classes:,} classes")
    found = Rows(
        file=name,
        lat=lat,
        lon=lon,
        targets=labels.astype(np.int64),
        at=np.arange(len(records)),
        people=np.where(user >= 0, user, np.nan),
    )
    found.check_places()
    shown, notes = found.hide(split, (user >= 0) & ~np.isnan(date), "without a user or a date")
    valid = field_of(records, "valid_image", name) != 0
    if not valid.all():
        left_out = counted(int((~valid).sum()), "image")
        notes.append(f"{split}: {left_out} of {len(valid):,} not valid and left out.")
    shown = with_images(shown, files, split, images=valid, classes=classes)
    return shown.take(valid), notes
