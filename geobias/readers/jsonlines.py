"""JSON lines: one object on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO

from geobias.errors import InputError
from geobias.readers.records import Record, flat, unique
from geobias.readers.texts import is_decoded

_DECODER = json.JSONDecoder(object_pairs_hook=unique)


def json_lines(text: IO[str], label: str) -> Iterator[Record]:
    """Rows of a file of JSON lines, nested objects flattened; empty lines are no rows.

    Raises
    ------
    InputError
        If a line is no JSON object or not UTF-8 text.
    """
    for number, line in enumerate(text, 1):
        stripped = line.strip()
        if not stripped:
            continue
        if not is_decoded(stripped):
            raise InputError(f"{label} is not UTF-8 text on line {number}: save it in UTF-8.")
        try:
            record = _DECODER.decode(stripped)
            row = flat(record) if type(record) is dict else None
        except json.JSONDecodeError as error:
            place = f"character {error.pos + 1:,}" if error.pos < len(stripped) else "its end"
            raise InputError(
                f"{label} is not JSON on line {number}: {error.msg}, at {place}."
            ) from error
        except (ValueError, RecursionError) as error:
            raise InputError(f"{label} cannot be read on line {number}: {error}.") from error
        if row is None:
            raise InputError(
                f"{label} holds no JSON object on line {number} but {stripped[:40]!r}: JSON lines "
                'have the form {"lat": 48.1, "lon": 11.6, "correct": true}.'
            )
        yield row
