"""Arrays on loan: whoever lends them keeps them alive, and nobody counts who holds them.

Numba counts references to every array of every tuple that a kernel hands to a function, with
atomic instructions. For small neighbourhoods that took longer than the work on them.
"""

from __future__ import annotations

from typing import Any

from numba import njit, types
from numba.extending import intrinsic


def _borrow(typing_context: Any, lent: Any) -> Any:
    """Say what type is returned, and how the code for it is made."""
    del typing_context

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _without_owner(context, builder, signature.return_type, values[0])

    return lent(lent), generate


borrowed: Any = intrinsic(_borrow)
"""Returns an array, or a tuple of arrays and other tuples, whose references are not counted.

What a kernel has made itself is to be handed to `give_back` at the end: Numba lets go of it after
its own last use. Arguments are held by the caller.
"""


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return the same value without a word of who owns its memory."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo, array.parent = array.meminfo.type(None), array.parent.type(None)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        kinds: Any = kind
        parts = [
            _without_owner(context, builder, part, builder.extract_value(value, at))
            for at, part in enumerate(kinds)
        ]
        return context.make_tuple(builder, kind, parts)
    return value


@njit(cache=True, nogil=True)
def give_back(lent):
    """Do nothing with what was lent, after everything that was done with it."""
