"""A progress bar for long work: in a Jupyter notebook, or on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

Advance = Callable[[str, int, int], None]
"""Told what is being worked on, how much is done, and of how much."""

FIRST = "preparing (the first run ever also compiles)"
"""What is being worked on before anything was told."""


def progress_bar(shown: bool) -> AbstractContextManager[Advance]:
    """Return a context that yields a function to report to; it draws a bar if ``shown``."""
    if not shown:
        return nullcontext(ignore)
    if _in_notebook():
        from geobias.notebook_bar import notebook_bar

        return notebook_bar(FIRST)
    return _terminal_bar()


def ignore(label: str, done: int, total: int) -> None:
    """Take no note of progress."""


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook; IPython is looked at if it is there."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


@contextmanager
def _terminal_bar() -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(FIRST, total=None)
        yield lambda label, done, total: bar.update(
            task, description=label, completed=done, total=total
        )
