"""What a pickle asks for, found without running it, and numbers of NumPy read without NumPy's code.

A pickle is a small program. The only one that is ever run here is torch's loader of weights, which
knows a handful of harmless steps and refuses every other.
"""

from __future__ import annotations

import io
import pickletools
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_OF_WEIGHTS = re.compile(
    r"torch\.\w+Storage|torch\.Size|torch\._utils\._rebuild_(tensor|parameter)\w*"
    r"|collections\.OrderedDict|_codecs\.encode|builtins\.(bytearray|complex|set)"
)
_NUMBER = re.compile(r"[biuf][1248]")

MOST_PARTS = 50_000

OF_NUMPY = frozenset(
    {"numpy.dtype", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"}
)
"""What a single number of NumPy is pickled with, in its old and in its new spelling."""


def foreign_names(pickled: bytes) -> list[str]:
    """Names of functions and classes that a pickle asks for and that weights do not need.

    Parameters
    ----------
    pickled : bytes
        One pickle or several, one behind the other. They are listed, not run.

    >>> import pickle
    >>> foreign_names(pickle.dumps([print, 3.5]))
    ['builtins.print']
    """
    # Older protocols write names of Python 2.
    found = dict.fromkeys(name.replace("__builtin__.", "builtins.") for name in _names(pickled))
    return [name for name in found if not _OF_WEIGHTS.fullmatch(name)]


def _names(pickled: bytes) -> Iterator[str]:
    stream = io.BytesIO(pickled)
    texts: list[str] = []
    try:
        while stream.tell() < len(pickled):
            for step, argument, _ in pickletools.genops(stream):
                if step.name in ("GLOBAL", "INST"):
                    yield str(argument).replace(" ", ".", 1)
                elif step.name == "STACK_GLOBAL":
                    yield ".".join(texts[-2:])
                elif isinstance(argument, str):
                    texts.append(argument)
    except Exception:
        # What follows is no pickle, or a damaged one; those that disassemble it raise anything.
        return


def is_overgrown(pickled: bytes) -> bool:
    """Whether a pickle would make a tuple of more parts than a checkpoint has use for.

    A tuple may hold another one many times over, and so on: a few bytes are then beyond all
    measure, and the loader would never end, or crash, where such a tuple is the key of something.
    Calls within calls count double, since what they are given may grow, too.
    """
    stack: list[object] = []
    held: dict[object, int] = {}
    try:
        for step, argument, _ in pickletools.genops(pickled):
            taken: list[Any] = []
            below = len(step.stack_before)
            if pickletools.markobject in step.stack_before:
                while (top := stack.pop()) is not pickletools.markobject:
                    taken.append(top)
                below = step.stack_before.index(pickletools.markobject)
            taken += [stack.pop() for _ in range(below)]
            size = 1
            if step.name.startswith("TUPLE") or step.name == "REDUCE":
                size += sum(taken) * (2 if step.name == "REDUCE" else 1)
            elif "GET" in step.name:
                size = held[argument]
            elif "PUT" in step.name:
                held[argument] = stack[-1]  # type: ignore[assignment]
            if size > MOST_PARTS:
                return True
            marks = step.stack_after == [pickletools.markobject]
            stack += [pickletools.markobject if marks else size] * len(step.stack_after)
    except Exception:
        # A damaged pickle: the loader stops there, too.
        return False
    return False


class _Kind:
    """Stands for ``numpy.dtype`` while a file is read: the kind of a plain number."""

    def __init__(self, code: object, *_: object) -> None:
        if not isinstance(code, str) or not _NUMBER.fullmatch(code):
            raise ValueError(f"a NumPy dtype {code!r}, which is no plain number")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        # A whole state could give a number the flags of an object; of it, only the order of bytes
        # is believed.
        self.dtype = self.dtype.newbyteorder(">" if state[1] == ">" else "<")


def _number(kind: _Kind, data: bytes) -> bool | int | float:
    """Stand for NumPy's ``scalar`` while a file is read."""
    (found,) = np.frombuffer(data, kind.dtype).tolist()
    return found  # type: ignore[no-any-return]


def numpy_numbers() -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """What torch may call, while it reads a file, where that asks for a number of NumPy.

    They are stand-ins by the names of NumPy's own functions, and make nothing but numbers.
    """
    return [(_Kind if name == "numpy.dtype" else _number, name) for name in sorted(OF_NUMPY)]
