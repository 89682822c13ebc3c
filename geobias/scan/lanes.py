"""Bits side by side: one operation of the processor for 1,024 of them.

Numba does not find by itself that words of separate rows can be worked on together, since it
cannot know that what is written does not change what is read. Here a row is one value, a vector
of LLVM, which becomes as many instructions as the processor needs for it.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model
from numpy.typing import NDArray

WORDS = 16
"""64-bit words in a row."""

LANES = 64 * WORDS
"""Bits in a row."""

Words = NDArray[np.uint64]

_LINE = 64
"""Bytes that memory hands out at once."""

_ROW = ir.VectorType(ir.IntType(64), WORDS)


class _Row(types.Type):
    """A row of bits, as Numba's compiler knows it."""

    def __init__(self):
        super().__init__(name=f"Row({WORDS})")


@register_model(_Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager, row):
        super().__init__(manager, row, _ROW)


_row = _Row()


def rows(count: int) -> Words:
    """Return memory for so many rows, all 0; no row straddles more lines than it has to."""
    words = np.zeros(count * WORDS + _LINE // 8, np.uint64)
    first = -words.ctypes.data % _LINE // 8
    return words[first : first + count * WORDS]


def _address(context, builder, kind, array, word):
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [word])


@intrinsic
def load(typing, array, word):
    """Return the row that begins at a word of an array."""

    def make(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments)
        return builder.load(builder.bitcast(address, _ROW.as_pointer()), align=8)

    return _row(array, types.intp), make


@intrinsic
def store(typing, array, word, row):
    """Write a row into an array from a word on."""

    def make(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], builder.bitcast(address, _ROW.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, _row), make


@intrinsic
def fetch(typing, array, word):
    """Ask for the row that begins at a word of an array: it will soon be loaded."""

    def make(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments)
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        ask = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag]),
            "llvm.prefetch.p0",
        )
        read, keep, data = flag(0), flag(3), flag(1)
        for line in range(0, 8 * WORDS, _LINE):
            at = builder.gep(builder.bitcast(address, byte), [ir.IntType(64)(line)])
            builder.call(ask, [at, read, keep, data])
        return context.get_dummy_value()

    return types.void(array, types.intp), make


@intrinsic
def both(typing, one, other):
    """Return the bits that are set in two rows."""
    return _row(_row, _row), lambda context, builder, signature, given: builder.and_(*given)


@intrinsic
def either(typing, one, other):
    """Return the bits that are set in at least one of two rows."""
    return _row(_row, _row), lambda context, builder, signature, given: builder.or_(*given)


@intrinsic
def differ(typing, one, other):
    """Return the bits that are set in one of two rows alone."""
    return _row(_row, _row), lambda context, builder, signature, given: builder.xor(*given)
