"""Readers: any source of predictions, its columns known before they are read."""

from geobias.readers.agreeing import agreeing_batches
from geobias.readers.files import open_file
from geobias.readers.opening import names_files, open_source
from geobias.readers.source import File, Source, Table, load
from geobias.readers.table import open_table

__all__ = [
    "File",
    "Source",
    "Table",
    "agreeing_batches",
    "load",
    "names_files",
    "open_file",
    "open_source",
    "open_table",
]
