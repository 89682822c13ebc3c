"""A progress bar for long work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[str, int, int], None]
"""Told what is being worked on, how much is done, and of how much."""


@contextmanager
def progress_bar(shown: bool) -> Iterator[Advance]:
    """Yield a function to report to; it draws a bar on standard error if ``shown``."""
    if not shown:
        yield lambda label, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing (the first run ever also compiles)", total=None)
        yield lambda label, done, total: bar.update(
            task, description=label, completed=done, total=total
        )
