"""Reports as files."""

from __future__ import annotations

from pathlib import Path

from geobias.writing import refuse_to_overwrite, replacing


def written(text: str, path: str | Path | None, force: bool) -> str:
    """Return text as a file can hold it, and write it to one if there is a path."""
    # A name may hold half a character, which no file can.
    text = text.encode("utf-8", "replace").decode("utf-8")
    if path is not None:
        refuse_to_overwrite(path, force)
        with replacing(path) as target:
            target.write_text(text, encoding="utf-8", newline="\n")
    return text
