"""A progress bar in a Jupyter notebook, without widgets: one display that is updated in place."""

from __future__ import annotations

import html
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from geobias.progress import Advance

PAUSE_S = 0.1
"""Updates are at least so far apart."""

_GONE = {"text/html": "", "text/plain": ""}


@contextmanager
def notebook_bar(first: str) -> Iterator[Advance]:
    """Yield a function to report to; the bar says ``first`` until then, and is empty at the end."""
    from IPython.display import DisplayHandle

    bar: Any = DisplayHandle()  # type: ignore[no-untyped-call]
    bar.display(_picture(first, 0, 0, None), raw=True)
    shown, began, working_on = time.monotonic(), 0.0, None

    def advance(label: str, done: int, total: int) -> None:
        nonlocal shown, began, working_on
        now = time.monotonic()
        if label != working_on:
            began, working_on = now, label
        if now - shown >= PAUSE_S:
            shown = now
            left = (now - began) * (total - done) / done if done else None
            bar.update(_picture(label, done, total, left), raw=True)

    try:
        yield advance
    finally:
        bar.update(_GONE, raw=True)


def _picture(label: str, done: int, total: int, left_s: float | None) -> dict[str, str]:
    """Draw the bar as HTML and as text; without a total it says only that there is work."""
    state = f'value="{done}" max="{total}"' if total else ""
    said = label
    if total:
        said += f" · {100.0 * done / total:.0f} %"
    if left_s is not None:
        said += f" · {_duration(left_s)} left"
    bar = f'<progress aria-label="{html.escape(label)}" {state}></progress>'
    return {"text/html": f"<div>{bar} {html.escape(said)}</div>", "text/plain": said}


def _duration(seconds: float) -> str:
    """``42 s`` or ``3 min 05 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
