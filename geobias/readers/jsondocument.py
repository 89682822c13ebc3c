"""One JSON document, an array of objects or a GeoJSON, read element by element."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO, Any

from geobias.errors import InputError
from geobias.readers.limits import MOST_CHARACTERS
from geobias.readers.records import Record, flat, unique
from geobias.readers.texts import is_decoded

_CHARACTERS_READ = 2**18
_DECODER = json.JSONDecoder(object_pairs_hook=unique)
_SPACE = re.compile(r"[ \t\r\n]*")


class Document:
    """The tokens of a JSON text; no more of it is held than one value."""

    def __init__(self, text: IO[str], label: str) -> None:
        self.label = label
        self._text = text
        self._held = ""
        self._at = 0
        self._lines = 1
        self._ended = False

    def next_mark(self) -> str:
        """The next character that is not space, which stays to be read; empty at the end."""
        while True:
            self._at = _SPACE.match(self._held, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._held) or not self._read():
                return self._held[self._at : self._at + 1]

    def take(self, *marks: str) -> str:
        """Read a punctuation mark, one of these."""
        found = self.next_mark()
        if found not in marks or not found:
            wanted = " or ".join(map(repr, marks))
            raise self.broken(f"{wanted} expected, {repr(found) if found else 'end of file'} found")
        self._at += 1
        return found

    def value(self) -> Any:
        """Read a whole value."""
        self.next_mark()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                if not self._read():
                    self._at = error.pos
                    raise self.broken(error.msg) from error
            except (ValueError, RecursionError) as error:
                raise self.broken(str(error)) from error
            else:
                # A number at the end of what is held may go on.
                if end < len(self._held) or not self._read():
                    self._at = end
                    return value

    def elements(self) -> Iterator[Any]:
        """Values of an array."""
        self.take("[")
        if self.next_mark() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.take(",", "]") == "]":
                return

    def members(self) -> Iterator[str]:
        """Names of the members of an object; the value of each is to be read before the next."""
        self.take("{")
        if self.next_mark() == "}":
            self.take("}")
            return
        while True:
            name = self.value()
            self.take(":")
            yield str(name)
            if self.take(",", "}") == "}":
                return

    def end(self) -> None:
        """Check that nothing follows."""
        if self.next_mark():
            raise self.broken("more text follows the end of the document")

    def flat(self, record: Record) -> Record:
        """Flatten an object that was read from the document."""
        try:
            return flat(record)
        except (ValueError, RecursionError) as error:
            raise self.broken(str(error)) from error

    def broken(self, reason: str) -> InputError:
        """The error that the document is not JSON here."""
        line = self._lines + self._held.count("\n", 0, self._at)
        return InputError(f"{self.label} is not JSON on line {line}: {reason}.")

    def _read(self) -> bool:
        """Hold more of the text, and let go of what has been read; whether there was more."""
        if self._ended:
            return False
        left = len(self._held) - self._at
        if left > MOST_CHARACTERS:
            raise self.broken(f"a value is damaged, or longer than {MOST_CHARACTERS:,} characters")
        # As much again as is held, or a long value would be parsed from its start too often.
        more = self._text.read(max(_CHARACTERS_READ, left))
        if not is_decoded(more):
            line = self._lines + self._held.count("\n")
            raise InputError(f"{self.label} is not UTF-8 text after line {line}: save it in UTF-8.")
        self._lines += self._held.count("\n", 0, self._at)
        self._held = self._held[self._at :] + more
        self._at = 0
        self._ended = not more
        return bool(more)
