"""A JSON document that is one array of objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from geobias.errors import InputError
from geobias.readers.jsondocument import Document
from geobias.readers.records import Record


def array_elements(text: IO[str], label: str) -> Iterator[Record]:
    """Rows of an array of objects, nested ones flattened.

    Raises
    ------
    InputError
        If the text is no array of objects.
    """
    document = Document(text, label)
    for number, record in enumerate(document.elements()):
        if type(record) is not dict:
            raise InputError(
                f"{label} holds no object in element {number} (counted from 0) but "
                f"{str(record)[:40]!r}: an array of objects is read, one for each row."
            )
        yield document.flat(record)
    document.end()
