"""Tables in parts, such as files, of which a column holds one kind of values throughout."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence

import pandas as pd

from geobias.readers.arrow import BatchFile
from geobias.readers.geopackage import GeoPackageLayer
from geobias.readers.kinds import Kinds
from geobias.readers.partitions import DaskTable
from geobias.readers.several import SeveralFiles
from geobias.readers.source import Source


def agreeing_batches(
    source: Source, names: Sequence[Hashable], text: Collection[Hashable] = ()
) -> Iterator[pd.DataFrame]:
    """Rows of these columns as `Source.batches` has them, if the parts of the table agree in kinds.

    Files that know their types before they are read are compared before any is read. Of other
    parts, columns of names are compared as they come: numbers are numbers however they are stored.

    Parameters
    ----------
    source : Source
        The table.
    names : sequence of Hashable
        Columns to read.
    text : collection of Hashable
        Those that hold names, which may look like numbers.

    Raises
    ------
    InputError
        With the column, and what it holds in which two parts.
    """
    if not isinstance(source, SeveralFiles | DaskTable):
        yield from source.batches(names, text)
        return
    kinds = Kinds(text)
    if isinstance(source, SeveralFiles):
        stored = [name for name in names if name != source.geometry]
        for number, file in enumerate(source.files):
            if isinstance(file, BatchFile | GeoPackageLayer):
                kinds.check_schema(number, file.label, file.schema, stored)
    for part in source.parts(names, text):
        if part.typed:
            kinds.check_values(part)
        yield part.rows
