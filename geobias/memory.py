"""How much memory may be used, in words and in bytes."""

from __future__ import annotations

import re
from typing import Any

from geobias.errors import GeoBiasError
from geobias.values import is_finite_number

_UNITS = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_SIZE = re.compile(r"\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*([a-z]*)\s*", re.IGNORECASE)

LEAST = 50_000_000
"""With less than this there is hardly room for one neighbourhood."""


def parse_size(size: Any) -> int:
    """Return a number of bytes that was given as one, or in words.

    >>> parse_size("2GB"), parse_size("512 MiB")
    (2000000000, 536870912)
    """
    found = _SIZE.fullmatch(size) if isinstance(size, str) else None
    if found and found[2].casefold() in _UNITS:
        return _enough(round(float(found[1]) * _UNITS[found[2].casefold()]), size)
    if is_finite_number(size) and not isinstance(size, bool | str):
        return _enough(int(size), size)
    raise GeoBiasError(f'A size is written "2GB", "500MB" or "1.5GiB", not {size!r}.')


def spelled_size(size: float) -> str:
    """Return a number of bytes in words.

    >>> spelled_size(2_140_000_000), spelled_size(83_000_000)
    ('2.1 GB', '83 MB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6)):,} MB"


def _enough(bytes_: int, size: object) -> int:
    if bytes_ < LEAST:
        raise GeoBiasError(
            f"memory={size!r} is less than {spelled_size(LEAST)}, which one neighbourhood may "
            "take: allow more."
        )
    return bytes_
