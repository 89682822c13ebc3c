"""Rankings in a column: lists, or text that spells one in Python or JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geobias.literals import read_json, read_python
from geobias.values import BoolArray, is_empty, spelling

LONGEST = 100_000
"""Characters of text that are still read as a list."""

_NUMPY_SCALAR = re.compile(r"np\.\w+\(([^()]*)\)")
"""How lists of NumPy's scalars are printed: ``[np.str_('dam')]``."""

_BARE_WORD = re.compile(r"\[[^\[\],'\"]*[^\W\d][^\[\],'\"]*\]")
_UNSEPARATED = re.compile(r"""['"]\s+['"]""")


def is_ranking(value: object) -> bool:
    """Whether a value is a list, or text that spells one."""
    return read_ranking(value) is not None


def read_ranking(value: object) -> list[str | None] | None:
    """Entries of a list, the best first and None where one is empty, or None if it is no list.

    >>> read_ranking("['dam', 'port']"), read_ranking('["dam", null]'), read_ranking("dam")
    (['dam', 'port'], ['dam', None], None)
    """
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, list | tuple | np.ndarray) or np.ndim(np.asarray(value, object)) != 1:
        return None
    return [None if is_empty(entry) else spelling(entry) for entry in value]


def looks_like_a_ranking(value: object) -> bool:
    """Whether a value is a list or text in brackets; one bare word in them, ``[UNK]``, is none."""
    if isinstance(value, str):
        return value.lstrip().startswith("[") and _BARE_WORD.fullmatch(value.strip()) is None
    return isinstance(value, list | tuple | np.ndarray)


@dataclass(frozen=True)
class Rankings:
    """Rankings of a column.

    Parameters
    ----------
    entries : list
        The best first; None where there is no ranking.
    single : bool array
        Where one value stood for a ranking.
    broken : bool array
        Where text begins like a list and is none.
    """

    entries: list[list[str | None] | None]
    single: BoolArray
    broken: BoolArray


def read_rankings(column: pd.Series) -> Rankings:
    """Read a column of rankings."""
    read: dict[str, list[str | None] | None] = {}
    entries: list[list[str | None] | None] = []
    single = np.zeros(len(column), dtype=np.bool_)
    broken = np.zeros(len(column), dtype=np.bool_)
    for row, value in enumerate(column.to_numpy(dtype=object)):
        if not looks_like_a_ranking(value):
            text = None if is_empty(value) else spelling(value)
            single[row] = text is not None
            entries.append(None if text is None else [text])
            continue
        if isinstance(value, str):
            if value not in read:
                read[value] = read_ranking(value)
            ranking = read[value]
        else:
            ranking = read_ranking(value)
        broken[row] = ranking is None
        entries.append(ranking)
    return Rankings(entries, single, broken)


def _parsed(text: str) -> object:
    """A Python or JSON list, or None; NumPy prints lists without commas, which Python joins."""
    text = _NUMPY_SCALAR.sub(r"\1", text)
    if len(text) > LONGEST:
        return None
    # Lists as Python prints them are seldom more than JSON in other quotation marks.
    text = text.strip()
    like_json = text if "\\" in text or '"' in text else text.replace("'", '"')
    value = read_json(like_json)
    return read_python(text) if value is None and not _UNSEPARATED.search(text) else value
