"""A folder of unfinished work, in which a run that was stopped goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geobias.errors import GeoBiasError
from geobias.sphere import Floats
from geobias.writing import parquet_writer, replacing, writing

if TYPE_CHECKING:
    import pyarrow as pa

_PLAN = "plan.json"


@dataclass(frozen=True)
class Folder:
    """Parts of an audit, each written whole or not at all.

    Attributes
    ----------
    path
        Where it is.
    piece
        How many places a part is about.
    lock
        An open file that keeps others out, by its descriptor.
    """

    path: Path
    piece: int
    lock: int

    @classmethod
    def opened(cls, path: Path, audit: dict[str, Any], piece: int) -> Folder:
        """Open the folder of an audit, or make it.

        An audit that was begun before goes on with pieces as large as they were.

        Parameters
        ----------
        path
            Where it is to be.
        audit
            What tells this audit from others, as plain values.
        piece
            How many places a part is to be about, if the audit begins here.

        Raises
        ------
        GeoBiasError
            If the folder holds something else, or cannot be written.
        """
        audit = json.loads(json.dumps(audit))
        plan = path / _PLAN
        with writing(path):
            path.mkdir(exist_ok=True)
            # Names with a dot are those of files that were not finished.
            strange = [each.name for each in path.iterdir() if not each.name.startswith(".")]
        if strange and not plan.exists():
            raise GeoBiasError(
                f"{path} is where unfinished results are kept, but holds something else: "
                "delete it, or name another output."
            )
        lock = _locked(path)
        try:
            return cls(path, _planned(plan, audit, piece), lock)
        except BaseException:
            os.close(lock)
            raise

    def has(self, name: str) -> bool:
        """Whether there is a part of this name."""
        return (self.path / name).exists()

    def write(self, name: str, tables: list[pa.Table]) -> None:
        """Write tables of the same columns, one after another, as a part."""
        with (
            self.saving(self.path / name) as part,
            parquet_writer(part, tables[0].schema) as writer,
        ):
            for table in tables:
                writer.write_table(table, row_group_size=max(1, table.num_rows))

    def names(self, name: str) -> list[str]:
        """Return the columns of a part."""
        import pyarrow.parquet as pq

        with _reading(self.path / name) as part:
            return list(pq.read_schema(part).names)

    def column(self, name: str, table: int, column: str) -> NDArray[Any]:
        """Return a column of one of the tables of a part."""
        import pyarrow.parquet as pq

        with _reading(self.path / name) as path, pq.ParquetFile(path) as part:
            values: NDArray[Any] = part.read_row_group(table, columns=[column])[column].to_numpy()
            return values

    def columns(self, name: str, table: int) -> dict[str, NDArray[Any]]:
        """Return all columns of one of the tables of a part."""
        import pyarrow.parquet as pq

        with _reading(self.path / name) as path, pq.ParquetFile(path) as part:
            read = part.read_row_group(table)
            return {column: read[column].to_numpy() for column in read.column_names}

    def remembered(self, name: str, make: Callable[[], Floats]) -> Floats:
        """Return an array that was made under a name before, or make it."""
        target = self.path / f"{name}.npy"
        if not target.exists():
            made = make()
            with self.saving(target) as part, part.open("wb") as opened:
                np.save(opened, made)
        with _reading(target):
            values: Floats = np.load(target)
            return values

    @contextmanager
    def saving(self, path: Path) -> Iterator[Path]:
        """Give a name to write to, as `replacing` does; say what stays if that fails."""
        try:
            with replacing(path) as part:
                yield part
        except GeoBiasError as error:
            raise GeoBiasError(
                f"{error} What is finished stays in {self.path}: make room and repeat the call to "
                "go on from there."
            ) from None

    def release(self) -> None:
        """Let others work in the folder."""
        os.close(self.lock)

    def delete(self) -> None:
        """Delete the folder and all that is in it."""
        with suppress(OSError):
            # The plan goes last: while there are parts, it says what they are.
            for each in sorted(self.path.iterdir(), key=lambda each: each.name == _PLAN):
                each.unlink()
            self.path.rmdir()


def _planned(plan: Path, audit: dict[str, Any], piece: int) -> int:
    """Write the plan of an audit, or read it if it was begun; return how large its pieces are."""
    if not plan.exists():
        with replacing(plan) as part:
            part.write_text(json.dumps({"audit": audit, "piece": piece}, indent=1))
        return piece
    try:
        begun = json.loads(plan.read_text())
        before, piece = dict(begun["audit"]), int(begun["piece"])
    except (ValueError, KeyError, TypeError, OSError):
        raise GeoBiasError(f"{plan} cannot be read: delete {plan.parent} to begin anew.") from None
    if before != audit:
        raise GeoBiasError(
            f"{plan.parent} holds the beginnings of another audit: {_difference(before, audit)}. "
            "Repeat the command that made it to go on with it, or delete it to begin anew."
        )
    return piece


def _locked(path: Path) -> int:
    """Open a file in a folder so that nobody else can, until it is closed or the process ends."""
    with writing(path):
        lock = os.open(path / ".lock", os.O_CREAT | os.O_RDWR)
    try:
        import fcntl
    except ImportError:  # there are no such locks on Windows
        return lock
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise GeoBiasError(
            f"Another run is at work in {path}: wait until it has finished, or name another output."
        ) from None
    return lock


@contextmanager
def _reading(path: Path) -> Iterator[Path]:
    """Turn a failure to read a part into an error that names it."""
    try:
        yield path
    except (ValueError, EOFError, OSError):
        raise GeoBiasError(
            f"{path} is damaged: delete it and repeat the call, which makes it anew."
        ) from None


def _difference(before: Any, now: Any) -> str:
    """Say in what two audits differ."""
    for part in now:
        old, new = before.get(part), now[part]
        if old != new and isinstance(new, dict) and isinstance(old, dict):
            names = [name for name in new if new[name] != old.get(name)]
            return f"it differs in {part}: {', '.join(names)}"
        if old != new:
            return f"it differs in {part}"
    return "it was made by another version"
