"""Arrays on loan: whoever lends them keeps them alive, and nobody counts who holds them.

Numba counts references to every array of every tuple that a kernel hands to a function, with
atomic instructions. For small neighbourhoods that took longer than the work on them.
"""

from __future__ import annotations

from typing import Any

from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def borrowed(typing_context: Any, lent: Any) -> Any:
    """Return an array, or a tuple of arrays and other tuples, whose references are not counted.

    What a kernel has made itself is to be handed to `give_back` at the end: Numba lets go of
    it after its own last use. Arguments are held by the caller.
    """
    del typing_context

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _without_owner(context, builder, signature.return_type, values[0])

    return lent(lent), generate


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return the same value without a word of who owns its memory."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        parts = cgutils.unpack_tuple(builder, value, len(kind))
        return context.make_tuple(
            builder, kind,
            [_without_owner(context, builder, *of) for of in zip(kind.types, parts, strict=True)],
        )  # fmt: skip
    return value


@njit(cache=True, nogil=True)
def give_back(lent):
    """Do nothing with what was lent, after everything that was done with it."""
