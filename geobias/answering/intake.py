"""The rows of an audit of answers, read and checked."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geobias.answering.columns import Columns
from geobias.coordinates import check, normalise
from geobias.errors import InputError
from geobias.readers import Source, agreeing_batches, load, open_file
from geobias.samples.located import Located
from geobias.sphere import Floats
from geobias.values import is_empty, spelled, spelling


@dataclass(frozen=True)
class Rows:
    """What was read: the texts, and what is true as text and as coordinates."""

    texts: list[str]
    truth: list[str] | None
    lat: Floats
    lon: Floats
    by: list[str] | None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.texts)


def take_in(source: Source, columns: Columns) -> Rows:
    """Read the columns.

    Raises
    ------
    InputError
        If there are no rows, or coordinates are not degrees.
    """
    located = None if columns.place is None else Located(columns.place)
    written: dict[Hashable, list[str]] = {name: [] for name in columns.as_written}
    for frame in agreeing_batches(source, columns.needed, text=columns.as_written):
        if located is not None:
            located.take(frame)
        for name, texts in written.items():
            if name == columns.answer:
                texts += _texts(frame[name])
            else:
                texts += (text or "" for text in spelled(frame[name]))
    texts = written[columns.answer]
    if not texts:
        raise InputError(f"{source.label} has no rows.")
    lat = lon = np.full(len(texts), np.nan)
    if located is not None:
        lat, lon = located.handed_over()
        check(lat, lon, degrees=True)
        lat, lon = normalise(lat, lon)
        missing = np.isnan(lat) | np.isnan(lon)
        lat, lon = np.where(missing, np.nan, lat), np.where(missing, np.nan, lon)
    return Rows(
        texts=texts,
        truth=None if columns.truth is None else written[columns.truth],
        lat=lat,
        lon=lon,
        by=None if columns.by is None else written[columns.by],
    )


def _texts(column: pd.Series) -> list[str]:
    """Return values as text: lists as JSON would have them, missing ones blank."""
    return [_text(value) for value in column.tolist()]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray | list | tuple):
        return str([item.item() if isinstance(item, np.generic) else item for item in value])
    if isinstance(value, dict):
        return str(value)
    return "" if is_empty(value) else spelling(value) or ""


def read_labels(labels: str | os.PathLike[str] | Iterable[str] | None) -> list[str] | None:
    """Return labels that come as a list, or as a file with one in each line."""
    if labels is None:
        return None
    if isinstance(labels, str | os.PathLike):
        return [line.strip() for line in _lines(labels, "labels") if line.strip()]
    return [str(label) for label in labels]


def read_synonyms(
    synonyms: str | os.PathLike[str] | Mapping[str, str] | None,
) -> dict[str, str]:
    """Return synonyms that come as a mapping, or as a table with a synonym and its label."""
    if synonyms is None:
        return {}
    if isinstance(synonyms, str | os.PathLike):
        source = open_file(synonyms)
        if len(source.names) != 2:
            raise InputError(
                f"{source.label} has {len(source.names)} columns; synonyms need two: the synonym, "
                "then the label it stands for."
            )
        frame = load(source, source.names, text=source.names)
        first, second = (_texts(frame[name]) for name in source.names)
        return dict(zip(first, second, strict=True))
    return {str(synonym): str(label) for synonym, label in synonyms.items()}


def _lines(path: str | os.PathLike[str], what: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"Cannot read {what} from {path}: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text: save it as UTF-8, a label per line.") from None
