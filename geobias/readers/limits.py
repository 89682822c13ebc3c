"""How much a file may unfold into, so that a small one cannot fill the memory."""

from __future__ import annotations

from geobias.errors import InputError

MOST_ROWS = 2**31
"""More rows than this do not fit into the memory of one machine."""

MANY_ROWS = 10_000_000
ROWS_PER_BYTE = 100
"""Beyond `MANY_ROWS`, no more rows than this to each byte of the file.

Right and wrong answers alone carry 0.08 bits a row at an accuracy of 99 %, which is 100 rows to
the byte however well they are compressed: a file with more holds the same row again and again.
"""

MOST_CHARACTERS = 16 * 2**20
"""The longest line, cell or JSON value of a text file."""

MANY_BYTES = 2**30
MOST_UNFOLDED = 10_000
"""Beyond `MANY_BYTES`, a file may unfold to so many times its size.

A dictionary can hold a long text once for a million rows, as it does for a prompt that all answers
share; the coordinates beside it keep such a file far below this.
"""


def check_rows(label: str, rows: int, file_bytes: int, noun: str = "rows") -> None:
    """Refuse a number of rows, seen or announced, that no file of predictions of this size has.

    Examples
    --------
    >>> check_rows("a.parquet", 1_000_000, file_bytes=5_000)
    >>> check_rows("a.parquet", 2_000_000_000, file_bytes=5_000)
    Traceback (most recent call last):
        ...
    geobias.errors.InputError: a.parquet unfolds from 5,000 bytes into 2,000,000,000 rows or more, \
over 100 to the byte: it repeats one row and is not read.
    """
    if rows > MOST_ROWS:
        raise InputError(
            f"{label} has {rows:,} {noun} or more; at most {MOST_ROWS:,} are read. Split it."
        )
    if rows > MANY_ROWS and rows > ROWS_PER_BYTE * file_bytes:
        raise InputError(
            f"{label} unfolds from {file_bytes:,} bytes into {rows:,} {noun} or more, over "
            f"{ROWS_PER_BYTE} to the byte: it repeats one row and is not read."
        )


def check_bytes(label: str, unfolded: int, file_bytes: int) -> None:
    """Refuse a number of bytes that no file of predictions of this size unfolds into.

    Examples
    --------
    >>> check_bytes("a.parquet", 10**10, file_bytes=10**5)
    Traceback (most recent call last):
        ...
    geobias.errors.InputError: a.parquet unfolds from 100,000 bytes into 10,000,000,000 or more, \
over 10,000 times as many: the columns that do so are not read.
    """
    if unfolded > MANY_BYTES and unfolded > MOST_UNFOLDED * file_bytes:
        raise InputError(
            f"{label} unfolds from {file_bytes:,} bytes into {unfolded:,} or more, over "
            f"{MOST_UNFOLDED:,} times as many: the columns that do so are not read."
        )
