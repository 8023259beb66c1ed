"""Formulas as text: arithmetic and microfp's functions, read into a graph without `eval`.

>>> y = expression("relu(x*w + b)", {"x": 2.0, "w": -3.0, "b": 7.0})
>>> y
Value(data=1.0, op='relu')
>>> from microfp.gradients import backward, grad
>>> gradients = backward(y)
>>> [grad(leaf, gradients) for leaf in y.parents[0].parents[0].parents]
[-3.0, 2.0]
"""

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from keyword import iskeyword
from reprlib import repr as short_repr
from typing import NamedTuple, TypeAlias
from unicodedata import normalize

from microfp import values
from microfp.errors import ExpressionError
from microfp.ops import PRIMITIVES
from microfp.values import Scalar, Value, lift, value

__all__ = ["FUNCTIONS", "LONGEST_TEXT", "expression", "read_variables", "variables"]

Function: TypeAlias = Callable[..., Value]


def _notation_name(name: str) -> str:
    """What the notation calls a primitive, such as abs(x); its own name where it writes no call."""
    before, bracket, _ = PRIMITIVES[name].notation.partition("(")
    return before if bracket else name


FUNCTIONS: Mapping[str, Function] = dict(
    sorted(
        (called, function)
        for name, function in values.FUNCTIONS.items()
        for called in (name, _notation_name(name))
    )
)
"""The functions that an expression can call, by the names it calls them.

>>> FUNCTIONS["sqrt"](9.0).data
3.0
"""

LONGEST_TEXT = 10_000
"""How many characters an expression can have: enough for people, too few to exhaust the parser.

>>> LONGEST_TEXT
10000
"""

_OPERATORS: Mapping[type[ast.operator], Function] = {
    ast.Add: values.add,
    ast.Sub: values.sub,
    ast.Mult: values.mul,
    ast.Div: values.divide,
    ast.Pow: values.pow,
}

_ALLOWED = "allowed are numbers, names, + - * / **, parentheses and the functions of microfp"

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>\*\*|[-+*/(),])
      | (?P<other>\S)
    )""",
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


class _Operation(NamedTuple):
    """What to do at one node of the syntax tree, and with the results of which others."""

    apply: Callable[..., Scalar]
    operands: Sequence[ast.expr]


def expression(text: str, variables: Mapping[str, Scalar]) -> Value:
    """Read a formula into a graph.

    Precedence is Python's: `**` binds to the right and stronger than the minus before it.
    Numbers are floats, so `9**9**9` is inf; an exponent that is written as a number is a
    constant and no node of the graph.

    Args:
        text: The formula, of at most `LONGEST_TEXT` characters.
        variables: What the names stand for: numbers, which become leaves with the name as
            label, or nodes. All of them have to occur in the formula, and no others.

    Returns:
        The node that the formula computes.

    Raises:
        TypeError: If the text is no str, or a variable neither a number nor a Value.
        ExpressionError: If the text is no formula, or its names and the variables differ.

    >>> expression("-x**2", {"x": 3}).data
    -9.0
    >>> expression("x // 2", {"x": 3})
    Traceback (most recent call last):
    microfp.errors.ExpressionError: expression: found 'x // 2' at column 1; allowed are numbers, \
names, + - * / **, parentheses and the functions of microfp
    """
    order = _post_order(text)
    _check_names(_names(order), variables)
    leaves = {
        normalize("NFKC", name): given if isinstance(given, Value) else value(given, label=name)
        for name, given in variables.items()
    }
    results: list[Scalar] = []  # a stack machine, in a plain loop: depth is no limit
    for node in order:
        operation = _operation(text, node, leaves)
        first = len(results) - len(operation.operands)
        results[first:] = [operation.apply(*results[first:])]
    return lift(results[0])


def variables(text: str) -> tuple[str, ...]:
    """List the variables of a formula, in the order of their first appearance.

    Raises:
        ExpressionError: If the text is no formula.

    >>> variables("relu(x*w + b) - x")
    ('x', 'w', 'b')
    """
    return _names(_post_order(text))


def read_variables(texts: Sequence[str]) -> dict[str, float]:
    """Read variables that are written as `name=number`.

    Args:
        texts: One variable each; the number may be inf or nan.

    Raises:
        ExpressionError: If one is not written so, is given twice, or has the name of a function.

    >>> read_variables(["x=2", "w=-3e-1"])
    {'x': 2.0, 'w': -0.3}
    >>> read_variables(["x=two"])
    Traceback (most recent call last):
    microfp.errors.ExpressionError: variables: x must be a number, got 'two'
    """
    pairs = [_variable(text) for text in texts]
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ExpressionError(f"variables: {name} must be given once, got {names.count(name)}")
    return dict(pairs)


def _variable(text: str) -> tuple[str, float]:
    name, equals, number = (part.strip() for part in text.partition("="))
    name = normalize("NFKC", name)
    if not equals or not name.isidentifier() or iskeyword(name):
        raise ExpressionError(f"variables: each must be name=number, got {short_repr(text)}")
    if name in FUNCTIONS:
        raise ExpressionError(f"variables: {name} is a function, and cannot be a variable")
    try:
        return name, float(number)
    except ValueError:
        found = short_repr(number)
        raise ExpressionError(f"variables: {name} must be a number, got {found}") from None


def _check_names(names: Sequence[str], given: Mapping[str, Scalar]) -> None:
    missing = [name for name in names if name not in given]
    unused = [name for name in given if name not in names]
    if missing:
        raise ExpressionError(
            f"expression: {', '.join(missing)} must have a value, as in {missing[0]}=2"
        )
    if unused:
        known = f"its variables are {', '.join(names)}" if names else "it has no variables"
        raise ExpressionError(f"expression: {', '.join(unused)} must occur in it, but {known}")


# From text to the nodes of its syntax tree, operands first.


def _post_order(text: str) -> list[ast.expr]:
    """The nodes of the syntax tree, operands first and from left to right."""
    order, waiting = [], [_parsed(text)]
    while waiting:  # a plain loop: depth is no limit
        node = waiting.pop()
        order.append(node)
        waiting.extend(_operation(text, node, {}).operands)
    return order[::-1]


def _names(order: Sequence[ast.expr]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(node.id for node in order if isinstance(node, ast.Name)))


def _parsed(text: str) -> ast.expr:
    _check_tokens(_tokens(text))
    on_one_line = re.sub(r"\s", " ", text)
    indent = len(text) - len(text.lstrip())
    try:
        return ast.parse(on_one_line.strip(), mode="eval").body
    except SyntaxError as error:
        column = indent + (error.offset or 0)
        what = f"{error.msg} at column {column}" if error.offset else "it ends too early"
        raise ExpressionError(f"expression: {what}; {_ALLOWED}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(
            f"expression: nested too deeply, in a text of {len(text)} characters"
        ) from None


def _tokens(text: object) -> list[_Token]:
    if not isinstance(text, str):
        raise TypeError(f"expression: text must be a str, got {type(text).__name__}")
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(
            f"expression: must be of at most {LONGEST_TEXT} characters, got {len(text)}"
        )
    if not text.strip():
        raise ExpressionError(f"expression: found nothing; {_ALLOWED}")
    return [_token(match) for match in _TOKEN.finditer(text)]


def _token(match: re.Match[str]) -> _Token:
    kind = match.lastgroup or "other"
    return _Token(kind=kind, text=match[kind], column=match.start(kind) + 1)


def _check_tokens(tokens: Sequence[_Token]) -> None:
    """Refuse what is no arithmetic before Python's parser could take it for something else."""
    for token in tokens:
        if token.kind == "other" or iskeyword(token.text):
            hint = "; write ** for a power" if token.text == "^" else ""
            raise _found(token.text, token.column, f"{hint}; {_ALLOWED}")
        if token.kind == "number" and math.isinf(float(token.text)):
            raise _found(token.text, token.column, ", which is too large for a float")
    for left, right in pairwise(tokens):
        ends = left.kind == "number" or left.text == ")"
        begins = right.kind in ("number", "name")
        if (ends and right.text == "(") or (begins and (ends or left.kind == "name")):
            raise _found(right.text, right.column, ", where an operator such as * must stand")


def _found(text: str, column: int, rest: str) -> ExpressionError:
    return ExpressionError(f"expression: found {short_repr(text)} at column {column}{rest}")


# The meaning of each kind of node.


def _operation(text: str, node: ast.expr, leaves: Mapping[str, Value]) -> _Operation:
    match node:
        case ast.Constant(value=float() | int() as number) if not isinstance(number, bool):
            return _Operation(lambda: float(number), ())
        case ast.Name(id=name) if name not in FUNCTIONS:
            return _Operation(lambda: leaves[name], ())
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            return _Operation(_OPERATORS[type(operator)], (left, right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _Operation(_negated, (operand,))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _Operation(lambda a: a, (operand,))
        case ast.Call(func=ast.Name(id=name), args=operands, keywords=[]):
            return _Operation(_function(text, node, name, operands), operands)
    raise _unexpected(text, node)


def _negated(a: Scalar) -> Scalar:
    """A number stays a number, as the -2 in x ** -2 has to."""
    return values.neg(a) if isinstance(a, Value) else -a


def _function(text: str, node: ast.expr, name: str, operands: Sequence[ast.expr]) -> Function:
    if name not in FUNCTIONS:
        rest = f", which is no function of microfp; they are {', '.join(FUNCTIONS)}"
        raise _found(name, _column(text, node), rest)
    function = FUNCTIONS[name]
    arity = PRIMITIVES[function.__name__].arity
    starred = next((operand for operand in operands if isinstance(operand, ast.Starred)), None)
    if starred is not None:
        raise _unexpected(text, starred)
    if len(operands) != arity:
        raise ExpressionError(
            f"expression: {name} at column {_column(text, node)} must have {arity} "
            f"operand{'' if arity == 1 else 's'}, got {len(operands)}"
        )
    return function


def _unexpected(text: str, node: ast.expr) -> ExpressionError:
    if isinstance(node, ast.Name):
        rest = f", a function: write {node.id}(...)"
        return _found(node.id, _column(text, node), rest)
    source = text.lstrip().encode()[node.col_offset : node.end_col_offset].decode()
    return _found(source, _column(text, node), f"; {_ALLOWED}")


def _column(text: str, node: ast.expr) -> int:
    """Where a node begins, in characters from 1 on; `ast` counts bytes."""
    stripped = text.lstrip()
    before = stripped.encode()[: node.col_offset].decode()
    return len(text) - len(stripped) + len(before) + 1
