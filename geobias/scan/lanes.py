"""Bits side by side: one operation of the processor for 1,024 of them.

Numba does not find by itself that words of separate rows can be worked on together, since it
cannot know that what is written does not change what is read. Here a row is one value, a vector
of LLVM, which becomes as many instructions as the processor needs for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
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

    def __init__(self) -> None:
        super().__init__(name=f"Row({WORDS})")


@register_model(_Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, row: Any) -> None:
        super().__init__(manager, row, _ROW)  # type: ignore[no-untyped-call]


_row = _Row()

# Type checkers would take these for functions of one argument more, which the compiler gives.
_operation: Callable[[Callable[..., Any]], Any] = intrinsic


def rows(count: int) -> Words:
    """Return memory for so many rows, all 0; no row straddles more lines than it has to."""
    words = np.zeros(count * WORDS + _LINE // 8, np.uint64)
    first = -words.ctypes.data % _LINE // 8
    return words[first : first + count * WORDS]


def _address(context: Any, builder: Any, kind: Any, array: Any, word: Any) -> Any:
    """Build the address of a word of an array."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [word])


@_operation
def load(typing, array, word):
    """Return the row that begins at a word of an array."""

    def make(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments)
        return builder.load(builder.bitcast(address, _ROW.as_pointer()), align=8)

    return _row(array, types.intp), make


@_operation
def store(typing, array, word, row):
    """Write a row into an array from a word on."""

    def make(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], builder.bitcast(address, _ROW.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, _row), make


@_operation
def fetch(typing, array, word):
    """Ask for the row that begins at a word of an array: it will soon be loaded."""

    def make(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments)
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        ask = builder.module.declare_intrinsic("llvm.prefetch", (byte,), kind)
        read, keep, data = flag(0), flag(3), flag(1)
        for line in range(0, 8 * WORDS, _LINE):
            at = builder.gep(builder.bitcast(address, byte), [ir.IntType(64)(line)])
            builder.call(ask, [at, read, keep, data])
        return context.get_dummy_value()

    return types.void(array, types.intp), make


@_operation
def both(typing, one, other):
    """Return the bits that are set in two rows."""
    return _row(_row, _row), lambda context, builder, signature, given: builder.and_(*given)


@_operation
def either(typing, one, other):
    """Return the bits that are set in at least one of two rows."""
    return _row(_row, _row), lambda context, builder, signature, given: builder.or_(*given)


@_operation
def differ(typing, one, other):
    """Return the bits that are set in one of two rows alone."""
    return _row(_row, _row), lambda context, builder, signature, given: builder.xor(*given)
