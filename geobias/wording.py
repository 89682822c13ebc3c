"""Words for messages: names, counts, rows and near misses."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from difflib import get_close_matches
from itertools import islice

import numpy as np
import numpy.typing as npt

MOST_NAMES = 20
MOST_ROWS = 5


def quoted(names: Iterable[Hashable]) -> str:
    """``'a', 'b'``, cut after twenty names."""
    names = list(names)
    shown = ", ".join(repr(str(name)) for name in names[:MOST_NAMES])
    hidden = len(names) - MOST_NAMES
    return f"{shown} and {hidden:,} more" if hidden > 0 else shown or "none"


def counted(count: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), *names[-1:]])


def few(names: Sequence[str], most: int) -> str:
    """``a, b and 3 more``: a list that is cut after so many names."""
    hidden = len(names) - most
    return listed([*names[:most], f"{hidden:,} more"] if hidden > 0 else names)


def capital(text: str) -> str:
    """``In places`` for ``in places``: a capital to begin with, the rest as it is."""
    return text[:1].upper() + text[1:]


def first_rows(mask: npt.NDArray[np.bool_]) -> tuple[int, ...]:
    """The first few row numbers where the mask holds."""
    return tuple(int(row) for row in islice(np.flatnonzero(mask), MOST_ROWS))


def in_rows(rows: Sequence[int], count: int) -> str:
    """``rows 3, 8, 9, …``: where something was found, counting rows from 0."""
    shown = ", ".join(str(row) for row in rows)
    more = ", …" if count > len(rows) else ""
    return f"{'row' if count == 1 else 'rows'} {shown}{more} (counted from 0)"


def where(mask: npt.NDArray[np.bool_]) -> str:
    """``in rows 3, 8, 9, …`` of a mask over the rows of the input."""
    return f"in {in_rows(first_rows(mask), int(mask.sum()))}"


def nearest(name: Hashable, names: Sequence[Hashable]) -> list[str]:
    """Column names that look like the one asked for, whatever their capitals."""
    by_folded = {str(known).strip().casefold(): str(known) for known in names}
    close = get_close_matches(str(name).strip().casefold(), list(by_folded), n=3)
    return [by_folded[folded] for folded in close]
