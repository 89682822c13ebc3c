"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

from pathlib import Path

from geobias.errors import InputError
from geobias.readers.source import as_input_error

_REWRITE = "write it again with a current version"
_UNPACK = "unpack it"

_KINDS: tuple[tuple[bytes, str, tuple[str, ...], str], ...] = (
    (b"PAR1", "Parquet", (".parquet", ".geoparquet"), "name it .parquet"),
    (b"ARROW1", "Arrow", (".arrow", ".ipc", ".feather"), "name it .arrow"),
    (b"FEA1", "Feather of version 1", (), _REWRITE),
    (b"SQLite format 3\0", "an SQLite database", (".gpkg",), "name it .gpkg if it is a GeoPackage"),
    (b"\x1f\x8b", "compressed with gzip", (".gz",), "let its name end in .csv.gz or .jsonl.gz"),
    (b"PK\x03\x04", "a zip archive or a workbook", (), "save the table in it as .csv"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", (), _UNPACK),
    (b"BZh", "compressed with bzip2", (), _UNPACK),
    (b"\xfd7zXZ\0", "compressed with xz", (), _UNPACK),
)
"""First bytes, what they mean, the extensions that go with them, and what to do elsewhere."""


def check_content(path: Path) -> None:
    """Refuse a file whose first bytes say that it is something else than its name does.

    Raises
    ------
    InputError
        With what it is, and what to do.
    """
    with as_input_error(path.name, "a file", OSError), open(path, "rb") as file:
        head = file.read(16)
    for start, what, extensions, advice in _KINDS:
        if head.startswith(start) and not path.name.casefold().endswith(extensions or "\0"):
            raise InputError(f"{path.name} is {what} by its content: {advice}.")
