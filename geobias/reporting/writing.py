"""Reports as files."""

from __future__ import annotations

import os
from pathlib import Path

from geobias.writing import refuse_to_overwrite, writing


def written(text: str, path: str | Path | None, force: bool) -> str:
    """Return text as a file can hold it, and write it to one if there is a path."""
    # A name may hold half a character, which no file can.
    text = text.encode("utf-8", "replace").decode("utf-8")
    if path is not None:
        refuse_to_overwrite(path, force)
        with writing(path) as target:
            if target.exists() and not target.is_file():
                # A device or a pipe cannot be replaced.
                target.write_text(text, encoding="utf-8", newline="\n")
                return text
            # What cannot be written whole leaves what was there as it was.
            target = target.resolve()
            part = target.with_name(f".{target.name}.part")
            try:
                part.write_text(text, encoding="utf-8", newline="\n")
                os.replace(part, target)
            finally:
                part.unlink(missing_ok=True)
    return text
