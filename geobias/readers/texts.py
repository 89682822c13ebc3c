"""Text files, compressed or not, as a stream of characters that cannot swell."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from geobias.errors import InputError
from geobias.readers.limits import MOST_CHARACTERS, check_rows
from geobias.readers.source import as_input_error

_BYTES_READ = 2**18
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


class Bytes(io.RawIOBase):
    """The bytes of a text file after decompression, counted as they pass.

    Parameters
    ----------
    inner : binary file
        What decompresses the file.
    label : str
        Name of the file.
    stored : int
        Its size.
    lines : bool
        Whether it consists of lines, so that an endless one is refused.
    """

    def __init__(self, inner: IO[bytes], label: str, stored: int, *, lines: bool) -> None:
        self.label = label
        self.stored = stored
        self.passed = 0
        self._inner = inner
        self._lines = lines
        self._breaks = 0
        self._unbroken = 0
        self._blank = 0

    def readable(self) -> bool:
        """Say that bytes can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Pass the next bytes on."""
        data = self._inner.read(len(buffer))
        if not self.passed and data.startswith(_UTF_16):
            raise InputError(f"{self.label} is UTF-16 text: save it in UTF-8.")
        self.passed += len(data)
        self._breaks += data.count(b"\n")
        check_rows(self.label, self._breaks, self.stored, "lines")
        self._blank = self._blank + len(data) if data.isspace() else 0
        if self._blank > MOST_CHARACTERS:
            raise InputError(
                f"{self.label} holds more than {MOST_CHARACTERS:,} spaces or empty lines in a row, "
                f"up to line {self._breaks:,}: it is not read."
            )
        if self._lines:
            self._measure(data)
        buffer[: len(data)] = data
        return len(data)

    def _measure(self, data: bytes) -> None:
        last = max(data.rfind(b"\n"), data.rfind(b"\r"))
        self._unbroken = self._unbroken + len(data) if last < 0 else len(data) - last - 1
        if self._unbroken > MOST_CHARACTERS:
            raise InputError(
                f"{self.label} has a line of more than {MOST_CHARACTERS:,} characters, after "
                f"line {self._breaks:,}: it is not read."
            )


@contextmanager
def open_text(path: Path, kind: str, *, lines: bool = True) -> Iterator[tuple[IO[str], Bytes]]:
    """Open a text file in UTF-8, with the counter of its bytes.

    Bytes that are not UTF-8 become surrogates, so that they matter only where they are used:
    `is_decoded` tells.
    """
    opened: Callable[[Path, Literal["rb"]], Any] = (
        gzip.open if path.suffix.casefold() == ".gz" else open
    )
    with as_input_error(path.name, kind, OSError, EOFError, zlib.error), opened(path, "rb") as file:
        counter = Bytes(file, path.name, path.stat().st_size, lines=lines)
        buffered = io.BufferedReader(counter, _BYTES_READ)
        with io.TextIOWrapper(
            buffered, encoding="utf-8-sig", errors="surrogateescape", newline=""
        ) as text:
            yield text, counter


def is_decoded(text: str) -> bool:
    """Whether all of it was UTF-8."""
    return text.isascii() or _ESCAPED_BYTE.search(text) is None


def readable(text: str) -> str:
    """Replace what was not UTF-8, to show it."""
    return text if text.isascii() else _ESCAPED_BYTE.sub("\N{REPLACEMENT CHARACTER}", text)
