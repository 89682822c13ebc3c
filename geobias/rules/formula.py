"""Formulas over columns, such as ``abs(pred - true) <= 0.5``: read, never executed as code."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geobias.errors import InputError
from geobias.values import FloatArray

LONGEST = 1000
"""Characters of a formula."""

MOST_PARTS = 300
"""Columns, numbers and operations of a formula; nested deeper than some 900, Python gives up."""

Values = Mapping[str, FloatArray]
Evaluate = Callable[[Values], FloatArray]

_COMPARISONS: dict[type[ast.cmpop], Callable[[FloatArray, FloatArray], npt.NDArray[np.bool_]]] = {
    ast.LtE: operator.le,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
}
_OPERATIONS: dict[type[ast.operator], Callable[[FloatArray, FloatArray], FloatArray]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., FloatArray]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "min": np.minimum,
    "max": np.maximum,
}
_LARGEST = 1e300
_TWO_ARGUMENTS = ("min", "max")
_QUOTED = re.compile(r"`([^`]*)`")
_STAND_IN = re.compile(r"\b_quoted_\d+\b")
_KNOWN = (
    "A formula has columns (in backquotes if they are no plain names, as in `hit@1`), numbers, "
    f"+ - * / ** ( ) and {', '.join(_FUNCTIONS)}"
)


@dataclass(frozen=True)
class Formula:
    """A formula whose columns are known.

    Parameters
    ----------
    text : str
        As it was written.
    columns : tuple of str
        Columns it needs, in the order in which they come up.
    evaluate : callable
        From the values of the columns to its value in every row; NaN or infinite where it has
        none.
    """

    text: str
    columns: tuple[str, ...]
    evaluate: Evaluate


@dataclass(frozen=True)
class Condition:
    """A comparison of two formulas, or of one with a quantile of its own values.

    Parameters
    ----------
    text : str
        As it was written.
    left : Formula
        What is compared.
    holds : callable
        The comparison.
    right : Formula or float
        What it is compared with; a number is the quantile of the left side to take.
    """

    text: str
    left: Formula
    holds: Callable[[FloatArray, FloatArray], npt.NDArray[np.bool_]]
    right: Formula | float


def read_condition(text: str) -> Condition:
    """Read a comparison.

    Raises
    ------
    InputError
        If it is none, or uses anything but columns, numbers and known operations.

    Examples
    --------
    >>> condition = read_condition("abs(pred - true) <= 0.1 * abs(true)")
    >>> condition.left.columns, condition.right.columns
    (('pred', 'true'), ('true',))
    >>> read_condition("abs(pred - true) <= quantile(0.75)").right
    0.75
    """
    tree, names = _tree(text)
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
        raise InputError(
            f"{text!r} is not one comparison: write what has to hold for a correct prediction, as "
            "in abs(pred - true) <= 0.5."
        )
    holds = _COMPARISONS.get(type(tree.ops[0]))
    if holds is None:
        raise InputError(f"{text!r}: the comparison has to be <=, <, >= or >.")
    left, right = tree.left, tree.comparators[0]
    compared = _formula(text, left, names)
    if _is_call(right, "quantile"):
        return Condition(text, compared, holds, _quantile(text, right))
    return Condition(text, compared, holds, _formula(text, right, names))


def read_formula(text: str) -> Formula:
    """Read a formula without a comparison.

    Raises
    ------
    InputError
        If it is none, or uses anything but columns, numbers and known operations.

    Examples
    --------
    >>> formula = read_formula("abs(`pred 1` - true)")
    >>> formula.evaluate({"pred 1": np.array([1.0]), "true": np.array([3.0])})
    array([2.])
    """
    tree, names = _tree(text)
    if isinstance(tree, ast.Compare):
        raise InputError(f"{text!r} is a comparison: with bins, write the error alone.")
    return _formula(text, tree, names)


def _tree(text: object) -> tuple[ast.expr, dict[str, str]]:
    """The syntax tree, and what stands in it for names in backquotes."""
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise InputError(f"A formula is text of 1 to {LONGEST:,} characters. {_KNOWN}.")
    names: dict[str, str] = {}

    def stand_in(found: re.Match[str]) -> str:
        names[f"_quoted_{len(names)}"] = found[1]
        return f" _quoted_{len(names) - 1} "

    try:
        tree = ast.parse(_QUOTED.sub(stand_in, text).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"{text!r} cannot be read as a formula. {_KNOWN}.") from error
    if sum(1 for _ in ast.walk(tree)) > MOST_PARTS:
        raise InputError(f"{text[:80]!r}… is too long: a formula has at most {MOST_PARTS} parts.")
    return tree, names


def _formula(text: str, tree: ast.expr, names: dict[str, str]) -> Formula:
    columns: dict[str, None] = {}
    evaluate = _Builder(text, names, columns).build(tree)
    spelled = _STAND_IN.sub(lambda found: f"`{names[found[0]]}`", ast.unparse(tree))
    return Formula(spelled, tuple(columns), evaluate)


@dataclass(frozen=True)
class _Builder:
    """Turns a syntax tree into a function of arrays, and notes the columns it needs."""

    text: str
    names: dict[str, str]
    columns: dict[str, None]

    def build(self, node: ast.expr) -> Evaluate:
        match node:
            case ast.Constant(value=int() | float() as value) if abs(value) < _LARGEST:
                return _constant(float(value))
            case ast.Name(id=name):
                column = self.names.get(name, name)
                self.columns[column] = None
                return lambda values: values[column]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.build(operand)
                return lambda values: -inner(values)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.build(operand)
            case ast.BinOp(left=first, op=operation, right=second):
                apply = _OPERATIONS.get(type(operation))
                if apply is not None:
                    one, two = self.build(first), self.build(second)
                    return lambda values: apply(one(values), two(values))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                function = _FUNCTIONS.get(name)
                if function is not None and len(arguments) == 1 + (name in _TWO_ARGUMENTS):
                    parts = [self.build(argument) for argument in arguments]
                    return lambda values: function(*(part(values) for part in parts))
        raise InputError(
            f"{self.text!r}: {ast.unparse(node)!r} is not understood. {_KNOWN}; quantile(0.75) may "
            "stand alone on the right."
        )


def _constant(value: float) -> Evaluate:
    return lambda values: np.float64(value)  # type: ignore[return-value]


def _is_call(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _quantile(text: str, node: ast.expr) -> float:
    match node:
        case ast.Call(args=[ast.Constant(value=int() | float() as share)], keywords=[]):
            if 0.0 < share < 1.0:
                return float(share)
    raise InputError(f"{text!r}: a quantile is written quantile(0.75), with a number from 0 to 1.")
