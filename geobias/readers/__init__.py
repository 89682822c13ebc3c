"""Readers: any source of predictions, its columns known before they are read."""

from geobias.readers.files import open_file
from geobias.readers.source import Source, load
from geobias.readers.table import open_table

__all__ = ["Source", "load", "open_file", "open_table"]
