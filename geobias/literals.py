"""Text that spells a value, in JSON or in Python."""

from __future__ import annotations

import ast
import json
import warnings
from typing import Any


def read_json(text: str) -> Any:
    """Return the value of a JSON text, None where it is not JSON.

    >>> read_json('["dam", null]'), read_json("['dam']")
    (['dam', None], None)
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_python(text: str) -> Any:
    """Return the value of a Python literal, None where it is not one; nothing is run.

    >>> read_python("['dam', None]"), read_python("print()")
    (['dam', None], None)
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
