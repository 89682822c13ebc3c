"""Scores that are written to a file as they come, piece by piece."""

from __future__ import annotations

import os
import shutil
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.errors import GeoBiasError
from geobias.geometry.curve import pieces_of
from geobias.geometry.places import Ints
from geobias.keeping.blocks import JUDGED, Block, columns_of, judged, table_of
from geobias.keeping.folder import Folder
from geobias.keeping.keeping import Columns
from geobias.progress import Advance, ignore
from geobias.samples import Samples
from geobias.scales import Scale
from geobias.scorer import Scores
from geobias.sphere import Floats
from geobias.survey import Survey
from geobias.writing import ParquetRows, refuse_to_overwrite, replacing

if TYPE_CHECKING:
    import pyarrow as pa

MOST_PIECES = 64
"""A small audit is cut into so many pieces: each is lost if it is not finished."""

MOST_PLACES, FEWEST_PLACES = 65_536, 4_096
"""A piece has at most so many places, and in small audits not much less than so many."""

_PLACE_BYTES = 1_500
"""What the sums and scores of a model at a place take, while a piece is made and written."""

_ROWS_AT_ONCE = 500_000


def suited_piece(survey: Survey) -> int:
    """Return how many places a piece is to have: their scores may take a quarter of the memory."""
    piece = min(MOST_PLACES, max(FEWEST_PLACES, -(-survey.points.size // MOST_PIECES)))
    memory = survey.scorer.engine.walk.memory
    if memory is None:
        return piece
    return max(1, min(piece, memory // (4 * _PLACE_BYTES * len(survey.samples.models))))


@dataclass(eq=False)
class Stored:
    """Keeps the scores of a survey in a folder of parts, and at last in one Parquet file.

    The rows are in the order of the pieces, and in each piece in that of the places.

    Attributes
    ----------
    survey
        What is scored.
    folder
        Where the parts are.
    output
        The file that they become.
    fdr
        The false discovery rate at which single centres are judged, if they are.
    """

    survey: Survey
    folder: Folder
    output: Path
    fdr: float | None = None
    _scales: list[Scale] = field(default_factory=list)
    _signature: tuple[int, ...] = ()

    @classmethod
    @contextmanager
    def of(
        cls,
        survey: Survey,
        output: str | os.PathLike[str] | None,
        provenance: dict[str, Any],
        fdr: float | None,
    ) -> Iterator[Stored]:
        """Return a context that keeps the scores of a survey, or goes on with what was kept before.

        ``provenance`` tells its audit from others. Without an output the file goes when the
        audit is not used any more.
        """
        if output is not None:
            refuse_to_overwrite(output, force=True)
            path = Path(output).absolute()
            if path.exists() and not path.is_file():
                raise GeoBiasError(f"Cannot write {output}: it is no plain file.")
        else:
            path = Path(mkdtemp(prefix="geobias-"), "scores.parquet")
        piece = suited_piece(survey)
        audit = {**provenance, "rows, sites and groups": _arrangement(survey.samples)}
        folder = Folder.opened(path.with_name(f"{path.name}.parts"), audit, piece)
        stored = cls(survey, folder, path, fdr)
        if output is None:
            weakref.finalize(stored, shutil.rmtree, path.parent, ignore_errors=True)
        try:
            yield stored
        finally:
            folder.release()

    def keep(self, scale: Scale, advance: Advance) -> None:
        """Score every centre at a scale, but for the pieces that were finished before."""
        survey, pieces = self.survey, self.pieces
        self._scales.append(scale)
        missing = [i for i in range(len(pieces)) if not self.folder.has(_part(scale, i))]
        done = sum(piece.size for piece in pieces) - sum(pieces[i].size for i in missing)
        advance(scale.name, done, survey.points.size)
        points = [survey.points[pieces[i]] for i in missing]
        for i, scores in zip(missing, survey.scoring.each(scale, points, ignore), strict=True):
            self.folder.write(_part(scale, i), self._tables(pieces[i], scores))
            done += pieces[i].size
            advance(scale.name, done, survey.points.size)

    def columns(self, scale: Scale, model: int) -> Columns:
        """Return what was kept of a model at a scale, read when it is looked at."""
        return _Kept(self, scale, model)

    def remembered(self, name: str, make: Callable[[], Floats]) -> Floats:
        """Return what was made under a name before, or make it."""
        return self.folder.remembered(name.replace(":", "-"), make)

    def finish(self, facts: dict[str, Any]) -> None:
        """Join the parts in one file, which takes the name of the output once it is whole."""
        with self.folder.saving(self.output) as target, ParquetRows(target, facts) as rows:
            for frame in self._frames():
                rows.add(frame)
        self._signature = _signature(self.output)
        self.folder.delete()

    def frame(self) -> pd.DataFrame:
        """Return all rows as a table."""
        return pd.read_parquet(self._own_file())

    def column(self, model: str, scale: str, name: str) -> NDArray[Any]:
        """Return a column of one model at one scale."""
        if not self._signature:
            of_model = self.survey.samples.models.index(model)
            return self.columns(Scale.parse(scale), of_model)[name]
        chosen = [("model", "==", model), ("scale", "==", scale)]
        rows = pd.read_parquet(self._own_file(), columns=[name], filters=chosen)
        values: NDArray[Any] = rows[name].to_numpy()
        return values

    def write(self, path: str | Path, facts: dict[str, Any]) -> None:
        """Copy the file."""
        if Path(path).absolute() != self.output.absolute():
            with replacing(path) as target:
                shutil.copyfile(self._own_file(), target)

    def _own_file(self) -> Path:
        """Return where the file is, if it is still the one that was written."""
        with suppress(OSError):
            if _signature(self.output) == self._signature:
                return self.output
        raise GeoBiasError(
            f"The scores of this audit were in {self.output}, which is gone or was written anew: "
            "repeat the audit with another output."
        )

    @cached_property
    def pieces(self) -> list[Ints]:
        """The pieces: which of the points of the survey each is about, ascending."""
        survey = self.survey
        unit = survey.places.unit[survey.points]
        return pieces_of(unit, np.arange(survey.points.size), self.folder.piece)

    def _tables(self, piece: Ints, scores: Scores) -> list[pa.Table]:
        """Lay out what a piece has of each model."""
        import pyarrow as pa

        survey = self.survey
        rows, entry = survey.rows_at(piece)
        samples, taken = survey.samples, survey.placed[rows]
        return [
            pa.table(columns_of(samples, model, scores, taken, entry))
            for model in range(len(samples.models))
        ]

    def _frames(self) -> Iterator[pd.DataFrame]:
        """Yield the rows of the file, many at once."""
        models, scales = self.survey.samples.models, [scale.name for scale in self._scales]
        blocks: list[Block] = []
        for scale in self._scales:
            for m, model in enumerate(models):
                said = _Kept(self, scale, m).judged
                for i, piece in enumerate(self.pieces):
                    rows, _ = self.survey.rows_at(piece)
                    own = self.folder.columns(_part(scale, i), m)
                    own |= {name: values[rows] for name, values in said.items()}
                    blocks.append(Block(model, scale.name, own))
                    if sum(block.size for block in blocks) >= _ROWS_AT_ONCE:
                        yield table_of(blocks, models, scales)
                        blocks.clear()
        if blocks:
            yield table_of(blocks, models, scales)


@dataclass(frozen=True)
class _Kept(Mapping[str, NDArray[Any]]):
    """Columns of a model at a scale, each read from the parts when it is looked at.

    What stands out is judged when that is looked at.
    """

    stored: Stored
    scale: Scale
    model: int

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._stored:
            return self.judged[name]
        survey, values = self.stored.survey, None
        for i, piece in enumerate(self.stored.pieces):
            own = self.stored.folder.column(_part(self.scale, i), self.model, name)
            if values is None:
                values = np.empty(survey.placed.size, own.dtype)
            values[survey.rows_at(piece)[0]] = own
        assert values is not None
        return values

    def __contains__(self, name: object) -> bool:
        # To look for a column is not to read it.
        return name in self._stored or name in self._added

    def __iter__(self) -> Iterator[str]:
        return iter((*self._stored, *self._added))

    def __len__(self) -> int:
        return len(self._stored) + len(self._added)

    @cached_property
    def judged(self) -> dict[str, NDArray[Any]]:
        """What stands out, if centres are judged."""
        survey, fdr = self.stored.survey, self.stored.fdr
        return {} if fdr is None else judged(self, survey.first, survey.entry, fdr)

    @property
    def _added(self) -> list[str]:
        """Columns that follow from those of all parts together."""
        known = () if self.stored.fdr is None else JUDGED
        return [name for name in known if name not in self._stored]

    @cached_property
    def _stored(self) -> list[str]:
        return self.stored.folder.names(_part(self.scale, 0))


def _signature(path: Path) -> tuple[int, ...]:
    """Return what tells a file from another that takes its place."""
    facts = path.stat()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _arrangement(samples: Samples) -> str:
    """Return a hash of what scores depend on beside the coordinates, the marks and the models."""
    digest = sha256()
    for values in (samples.rows, samples.sites, samples.groups, samples.merged_from):
        digest.update(b"none" if values is None else np.ascontiguousarray(values, "<i8").data)
    return digest.hexdigest()


def _part(scale: Scale, piece: int) -> str:
    return f"{scale.name.replace(':', '-')}-{piece:05d}.parquet"
