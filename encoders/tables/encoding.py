"""Files of places encoded: every row of a table, and beside it the numbers of its place."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geobias.encoders.codes import draws_anchors
from geobias.encoders.tables.coders import Coder, coder_of_checkpoint, coder_of_places
from geobias.encoders.tables.surveying import Surveyed, survey
from geobias.errors import InputError
from geobias.progress import Advance, progress_bar
from geobias.provenance import versions
from geobias.readers import File, Table
from geobias.wording import counted, where
from geobias.writing import refuse_to_overwrite, replacing

if TYPE_CHECKING:
    import pyarrow as pa

COLUMN = "embedding"

NUMBERS_AT_ONCE = 2**23
ROWS_AT_ONCE = 2**16
"""The most of a row group; so many numbers are 32 MB."""

_PACKAGES = ("numpy", "pandas", "pyarrow", "torch")


@dataclass(frozen=True)
class Encoded:
    """What was encoded and written.

    Parameters
    ----------
    path : Path
        The file.
    size : int
        Its bytes.
    rows, located : int
        How many rows it has, and how many of them with a location and so with an embedding.
    encoder : str
        What encoded them.
    dim : int
        Numbers per place.
    notes : tuple of str
        What was detected, drawn or left out, a sentence each.
    provenance : dict
        What is stored with the file: choices, versions, and what was read.
    """

    path: Path
    size: int
    rows: int
    located: int
    encoder: str
    dim: int
    notes: tuple[str, ...]
    provenance: dict[str, Any]

    def lines(self) -> list[str]:
        """Say what was done."""
        return [
            f"{counted(self.located, 'row')} encoded by {self.encoder}, "
            f"{counted(self.dim, 'number')} each.",
            *self.notes,
            f"Written to {self.path} ({_bytes(self.size)}), as column {COLUMN!r}.",
        ]


def encode(
    data: Table | File,
    output: str | os.PathLike[str],
    *,
    encoder: str | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    options: Mapping[str, Any] | None = None,
    compat: str | None = None,
    seed: int = 0,
    lat: str | None = None,
    lon: str | None = None,
    degrees: bool = False,
    locations: Table | File | None = None,
    force: bool = False,
    progress: bool = False,
) -> Encoded:
    r"""Encode the places of a table into a Parquet file.

    The file has the rows and columns of the table, and ``embedding``: in each row a list of float32
    of the same length, missing where the row has no location. It is the position encoding of
    ``encoder``, or the embedding that a trained ``checkpoint`` makes. The table is read twice and
    written batch by batch, so that memory does not grow with the numbers.

    Parameters
    ----------
    data : DataFrame, str, path-like or list of these
        A table with coordinates, or files of it, as for `geobias.score`.
    output : str or path-like
        The Parquet file.
    encoder : str, optional
        One of `list_encoders`, or another name it goes by. A checkpoint knows its own; then this
        is only compared.
    checkpoint : str or path-like, optional
        A file of trained weights.
    options : mapping, optional
        Options of the position encoding, such as ``{"min_radius": 0.01}``; ``n_anchors`` is how
        many ``rbf`` draws. With a checkpoint only ``map_range``.
    compat : {None, "torchspatial"}
        As for `position`. A checkpoint knows it.
    seed : int
        Random directions and anchors are drawn from it.
    lat, lon : str, optional
        Coordinate columns, where their names do not say so.
    degrees : bool
        Accept coordinates that look like radians.
    locations : DataFrame, str or path-like, optional
        Another table with the same rows in the same order, which the coordinates come from.
    force : bool
        Write over a file that exists.
    progress : bool
        Draw a progress bar.

    Returns
    -------
    Encoded

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, with what was found and what to do.

    Examples
    --------
    >>> import pandas as pd
    >>> from tempfile import TemporaryDirectory
    >>> places = pd.DataFrame({"lat": [48.2, None], "lon": [16.4, None], "city": ["Wien", "?"]})
    >>> with TemporaryDirectory() as folder:
    ...     done = encode(places, f"{folder}/codes.parquet", encoder="xyz")
    ...     pd.read_parquet(done.path)["embedding"].map(np.shape, na_action="ignore").tolist()
    [(3,), None]
    >>> print(*done.lines()[:2], sep="\n")
    1 row encoded by xyz, 3 numbers each.
    1 row without a location has no embedding: row 1 (counted from 0).
    """
    refuse_to_overwrite(output, force)
    chosen = dict(options or {})
    coder = _before_reading(encoder, checkpoint, compat=compat, seed=seed, options=chosen)
    with progress_bar(progress) as tell:
        table = survey(data, lat=lat, lon=lon, degrees=degrees, locations=locations, tell=tell)
        if COLUMN in map(str, table.source.names):
            raise InputError(
                f"{table.label} has a column {COLUMN!r} already: rename it, or encode the table it "
                "was made of."
            )
        if coder is None:
            rows = table.located
            coder = coder_of_places(
                str(encoder), lat=table.lat[rows], lon=table.lon[rows], label=table.label,
                compat=compat, seed=seed, options=chosen,
            )  # fmt: skip
        outside = coder.outside(table.lat[table.located], table.lon[table.located])
        provenance = _provenance(coder, table)
        with replacing(output) as target:
            _write(table, coder, provenance, target, tell)
    return Encoded(
        path=Path(output),
        size=os.stat(output).st_size,
        rows=len(table.lat),
        located=int(table.located.sum()),
        encoder=coder.name,
        dim=coder.dim,
        notes=(*_lost(table), *outside, *table.notes, *coder.notes),
        provenance=provenance,
    )


def _before_reading(
    encoder: str | None,
    checkpoint: str | os.PathLike[str] | None,
    *,
    compat: str | None,
    seed: int,
    options: Mapping[str, Any],
) -> Coder | None:
    """What encodes, so that wrong choices are found early; None if it needs to know the places."""
    if checkpoint is not None:
        return coder_of_checkpoint(checkpoint, encoder=encoder, compat=compat, options=options)
    if encoder is None:
        raise InputError(
            "Nothing says how to encode: pass encoder= (--encoder) with a name that "
            "list_encoders() (--list) shows, or checkpoint= (--checkpoint)."
        )
    if draws_anchors(encoder, options):
        return None
    nowhere = np.empty(0)
    return coder_of_places(
        encoder, lat=nowhere, lon=nowhere, label="", compat=compat, seed=seed, options=options
    )


def _write(
    table: Surveyed, coder: Coder, facts: dict[str, Any], target: Path, tell: Advance
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = table.carried.schema()
    about = {**(schema.metadata or {}), b"geobias": json.dumps(facts, default=_plain).encode()}
    names = schema.names
    schema = schema.append(pa.field(COLUMN, pa.list_(pa.float32())))
    schema = schema.with_metadata(about)
    step = max(min(NUMBERS_AT_ONCE // coder.dim, ROWS_AT_ONCE), 1)
    located = table.located
    # Few numbers come up twice: a dictionary of them would only take time, and so would bounds.
    with (
        open(target, "wb") as file,
        _refusing_types(),
        pq.ParquetWriter(file, schema, use_dictionary=names, write_statistics=names) as writer,
    ):
        for start, frame in table.batches():
            carried = pa.table(table.carried.columns(frame), names=names)
            for first in range(0, len(frame), step):
                part = carried.slice(first, step)
                rows = slice(start + first, start + first + part.num_rows)
                codes = _codes(coder, table.lat[rows], table.lon[rows], located[rows])
                writer.write_table(
                    pa.Table.from_arrays([*part.columns, codes], schema=schema), step
                )
                tell(f"encoding by {coder.name}", rows.stop, len(table.lat))


@contextmanager
def _refusing_types() -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except pa.ArrowNotImplementedError as error:
        raise InputError(f"Parquet lacks the type of a column: {error} Leave it out.") from None


def _codes(coder: Coder, lat: Any, lon: Any, located: Any) -> pa.Array:
    """A list per row. Releases of pyarrow before 22 cannot read missing lists of a fixed length."""
    import pyarrow as pa

    codes = coder.codes(lat[located], lon[located]) if located.any() else np.empty(0)
    ends = np.r_[0, np.cumsum(located) * coder.dim]
    return pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()),
        pa.array(codes.ravel(), pa.float32()),
        mask=pa.array(~located),
    )


def _lost(table: Surveyed) -> list[str]:
    """A sentence about rows without a location, if there are some."""
    without = ~table.located
    if not without.any():
        return []
    number = int(without.sum())
    has = "has" if number == 1 else "have"
    return [
        f"{counted(number, 'row')} without a location {has} no embedding: "
        f"{where(without).removeprefix('in ')}."
    ]


def _provenance(coder: Coder, table: Surveyed) -> dict[str, Any]:
    return {
        "settings": {**coder.settings, "dim": coder.dim},
        "versions": versions(_PACKAGES),
        "input": {
            "name": table.label,
            "rows": len(table.lat),
            "located": int(table.located.sum()),
        },
    }


def _plain(value: Any) -> Any:
    """Arrays and numbers of numpy as JSON has them."""
    return np.asarray(value).tolist()


def _bytes(size: int) -> str:
    """``83.0 kB``, ``6.4 GB``.

    >>> [_bytes(size) for size in (700, 83_000, 6_420_000_000)]
    ['0.7 kB', '83.0 kB', '6.4 GB']
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size / 1e3:.1f} kB"
