"""Rows of four numbers, each of which a processor holds in one register."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_LANES = 4
_KEY = ir.DoubleType()
_ROW = ir.VectorType(_KEY, _LANES)


def _lanes(*numbers: int) -> Any:
    """Say which lanes of two registers make up a third."""
    return ir.Constant(ir.VectorType(ir.IntType(32), _LANES), list(numbers))


def _row_at(context: Any, builder: Any, kind: Any, array: Any, row: Any, lanes: Any) -> Any:
    """Return where a row begins."""
    data = context.make_array(kind)(context, builder, array).data
    first = builder.gep(data, [builder.mul(row, ir.IntType(64)(_LANES))])
    return builder.bitcast(first, lanes.as_pointer())


def _spread(builder: Any, lanes: Any, value: Any) -> Any:
    """Put a value into all lanes."""
    nothing = ir.Constant(lanes, ir.Undefined)
    one = builder.insert_element(nothing, value, ir.IntType(32)(0))
    return builder.shuffle_vector(one, nothing, _lanes(0, 0, 0, 0))


def _put_in(typing_context: Any, keys: Any, row: Any, bits: Any) -> Any:
    """Say what types are returned, and how the code for it is made."""
    del typing_context
    if not (isinstance(keys, types.Array) and keys.layout == "C" and keys.dtype == types.float64):
        return None

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _row_at(context, builder, keys, values[0], values[1], _ROW)
        old, key = builder.load(place, align=8), builder.bitcast(values[2], _KEY)
        new = _spread(builder, _ROW, key)
        # Each takes the lower of what it has and the new one, but nothing lower than what the lane
        # before it had.
        lower = builder.select(builder.fcmp_ordered("<", old, new), old, new)
        least = ir.Constant(_ROW, [0.0] * _LANES)
        before = builder.shuffle_vector(old, least, _lanes(_LANES, 0, 1, 2))
        row = builder.select(builder.fcmp_ordered(">", before, lower), before, lower)
        builder.store(row, place, align=8)
        last = ir.IntType(32)(_LANES - 1)
        stays, had = builder.extract_element(row, last), builder.extract_element(old, last)
        leaves = builder.select(builder.fcmp_ordered(">", had, key), had, key)
        pair = [builder.bitcast(value, ir.IntType(64)) for value in (leaves, stays)]
        return context.make_tuple(builder, signature.return_type, pair)

    pair: Any = types.Tuple
    return pair((types.int64, types.int64))(keys, types.int64, types.int64), generate


put_in: Any = intrinsic(_put_in)
"""``put_in(keys, row, bits)`` puts a key into a row of four that ascend, whose highest leaves.

Keys are not negative; ``bits`` are those of the new one. Returns the bits of the one that leaves
and of the highest that stays.
"""


def _rank_of(typing_context: Any, rows: Any, row: Any, item: Any) -> Any:
    """Say what type is returned, and how the code for it is made."""
    del typing_context
    if not (isinstance(rows, types.Array) and rows.layout == "C" and rows.dtype == types.int32):
        return None

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        lanes, bits = ir.VectorType(ir.IntType(32), _LANES), ir.IntType(_LANES)
        whole = ir.IntType(64)
        own = builder.load(_row_at(context, builder, rows, values[0], values[1], lanes), align=4)
        found = builder.icmp_signed("==", own, _spread(builder, lanes, values[2]))
        # The lanes as bits of a number, with one more for an item that is not there.
        mask = builder.zext(builder.bitcast(found, bits), whole)
        return builder.cttz(builder.or_(mask, whole(1 << _LANES)), ir.IntType(1)(1))

    return types.int64(rows, types.int64, types.int32), generate


rank_of: Any = intrinsic(_rank_of)
"""``rank_of(rows, row, item)`` tells at which place of a row of four an item is; 4 if nowhere."""
