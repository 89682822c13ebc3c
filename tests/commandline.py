"""What tests of commands look at: the exit code, and what was printed where."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Run(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Run]


def refusal(run: Command, *words: object) -> str:
    """Run something wrong: one line on standard error, nothing else, exit code 2."""
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert err.startswith("geobias: ")
    assert err.count("\n") == 1
    return err
