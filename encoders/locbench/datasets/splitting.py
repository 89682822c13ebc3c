"""Rows of one table, taken apart by its column of splits."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from geobias.encoders.locbench.datasets.images import SPELLINGS
from geobias.encoders.locbench.datasets.rows import Rows
from geobias.errors import InputError
from geobias.values import remember, shown, spelled


def taken_apart(rows: Rows, column: pd.Series) -> dict[str, Rows]:
    """Return the rows of ``train``, ``val`` (or ``valid``) and ``test``, whatever their capitals.

    Raises
    ------
    InputError
        If the column says anything else, or there is a split without rows.
    """
    words = np.array([(word or "nothing").casefold() for word in spelled(column)], dtype=object)
    found: Counter[str] = Counter()
    remember(found, words)
    known = {spelling for spellings in SPELLINGS.values() for spelling in spellings}
    parts = {split: np.isin(words, spellings) for split, spellings in SPELLINGS.items()}
    if set(found) - known or not all(part.any() for part in parts.values()):
        raise InputError(
            f"{rows.file}: the column split should say train, val or test, and each in some rows, "
            f"but says {shown(found)}."
        )
    return {split: rows.take(part) for split, part in parts.items()}
