"""iNat2017, iNat2018 and fMoW: images, their annotations and their locations in files of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geobias.encoders.locbench.datasets.dataset import Floats
from geobias.encoders.locbench.datasets.files import field_of, part_of, read_json, records_of
from geobias.encoders.locbench.datasets.images import with_images
from geobias.encoders.locbench.datasets.rows import Read, Rows, numbered
from geobias.errors import InputError
from geobias.wording import counted

SPLITS = ("train", "val")


def read_annotated(files: Mapping[str, Path], seed: int, *, asks_for_user: bool) -> Read:
    """Read ``categories``, and of each split ``annotations``, ``locations`` and probabilities.

    Samples come in the order of annotations. Where the published results ask for a user, a
    location without one does not count.
    """
    identifiers, classes = _categories(files["categories"])
    rows: dict[str, Rows] = {}
    notes: list[str] = []
    for split in SPLITS:
        annotations = files[f"annotations {split}"]
        images, labels = _annotations(annotations)
        lat, lon, people = _locations(files[f"locations {split}"], images, annotations.name)
        found = Rows(
            file=files[f"locations {split}"].name,
            lat=lat,
            lon=lon,
            targets=numbered(identifiers, labels, annotations.name, files["categories"].name),
            at=np.arange(len(images)),
            people=people,
        )
        found.check_places()
        valid = ~np.isnan(people) if asks_for_user else found.located
        shown, said = found.hide(split, valid, "without a user")
        notes += said
        every = np.ones(len(found), np.bool_)
        rows[split] = with_images(shown, files, split, images=every, classes=len(classes))
    return Read(classes, rows, notes)


def _categories(path: Path) -> tuple[Floats, tuple[str, ...]]:
    """Identifiers and names of classes, sorted: a list of {id, name}, or one {name: id}."""
    held = read_json(path)
    if isinstance(held, dict):
        held = [{"name": name, "id": number} for name, number in held.items()]
    records = records_of(held, path.name)
    identifiers = field_of(records, "id", path.name)
    order = np.argsort(identifiers, kind="stable")
    names = [str(part_of(records[row], "name", path.name)) for row in order]
    return identifiers[order], tuple(names)


def _annotations(path: Path) -> tuple[Floats, Floats]:
    """The image and the category of every annotation; each image has one."""
    held = read_json(path)
    records, images = (
        records_of(part_of(held, part, path.name), f"{part} of {path.name}")
        for part in ("annotations", "images")
    )
    annotated = field_of(records, "image_id", path.name)
    _same(annotated, f"annotations of {path.name}", field_of(images, "id", path.name), "its images")
    return annotated, field_of(records, "category_id", path.name)


def _locations(path: Path, images: Floats, of: str) -> tuple[Floats, Floats, Floats]:
    """Latitude, longitude and user of images, in their order."""
    records: list[dict[str, Any]] = records_of(read_json(path), path.name)
    located = field_of(records, "id", path.name)
    _same(located, path.name, images, of)
    order = np.argsort(located, kind="stable")
    rows = order[np.searchsorted(located[order], images)]
    lat, lon, people = (
        field_of(records, name, path.name, complete=False)[rows]
        for name in ("lat", "lon", "user_id")
    )
    return lat, lon, people


def _same(ours: Floats, ours_of: str, theirs: Floats, theirs_of: str) -> None:
    """Refuse lists of images that are not the same images, each once."""
    for found, of in ((ours, ours_of), (theirs, theirs_of)):
        if len(np.unique(found)) != len(found):
            raise InputError(
                f"{of}: {counted(len(found), 'row')}, but {len(np.unique(found)):,} images: each "
                "image should come up once."
            )
    shared = len(np.intersect1d(ours, theirs))
    if shared != len(ours) or shared != len(theirs):
        raise InputError(
            f"{ours_of}: {counted(len(ours), 'image')}, {theirs_of}: {len(theirs):,}, and "
            f"{shared:,} of them are the same. Are these files of different versions?"
        )
