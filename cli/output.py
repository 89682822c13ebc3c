"""Where results go: checked before the work is done, and drawn so that no number is cut."""

from __future__ import annotations

from collections.abc import Collection
from glob import glob
from os.path import exists, samefile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geobias.errors import GeoBiasError

if TYPE_CHECKING:
    import pandas as pd

    from geobias.results.result import Result

_VERY_WIDE = 10_000


def refuse_nowhere(
    target: str | None, sources: Collection[str | None] = (), endings: Collection[str] = ()
) -> None:
    """Find out that a result has nowhere to go before the work is done, not after.

    Parameters
    ----------
    target
        Where it is to go, if anywhere.
    sources
        The files, folders and patterns that are read, which must not be written over.
    endings
        What its name may end in; without any, ``-`` stands for standard output.
    """
    if target is None or (target == "-" and not endings):
        return
    folder = Path(target).absolute().parent
    if not folder.is_dir():
        raise GeoBiasError(f"Cannot write {target}: there is no folder {folder}.")
    if endings and Path(target).suffix.casefold() not in endings:
        raise GeoBiasError(f"Cannot write {target}: its name has to end in {' or '.join(endings)}.")
    if Path(target).exists() and any(_reads(source, target) for source in sources if source):
        raise GeoBiasError(f"Cannot write {target}: it is what is read. Name another file.")


def _reads(source: str, target: str) -> bool:
    """Whether a file is read, by its name, with its folder or as one of a pattern."""
    if Path(source).is_dir():
        return Path(source).resolve() in Path(target).resolve().parents
    files = [source] if exists(source) else glob(source, recursive=True)
    return any(samefile(target, file) for file in files)


def give_json(result: Result, target: str | None) -> bool:
    """Write a result as JSON if it is asked for; whether that takes standard output."""
    if target == "-":
        typer.echo(result.to_json())
    elif target is not None:
        result.to_json(target)
    return target == "-"


def draw_table(lines: pd.DataFrame, words: Collection[str]) -> None:
    """Draw a table of texts on a terminal, the columns of ``words`` to the left."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in lines.columns:
        table.add_column(column, justify="left" if column in words else "right", no_wrap=True)
    for row in lines.itertuples(index=False):
        table.add_row(*map(escape, row))
    # A narrow terminal may break the lines, but no number is cut short.
    needed = Console(width=_VERY_WIDE).measure(table).maximum
    Console(width=max(Console().width, needed), highlight=False).print(table)
