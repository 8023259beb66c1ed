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
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from inspect import signature
from itertools import pairwise
from keyword import iskeyword
from reprlib import repr as short_repr
from typing import Literal, NamedTuple, TypeAlias
from unicodedata import normalize

from microfp import values
from microfp.base.checks import check_each, check_like
from microfp.base.numbers import read_number
from microfp.base.offering import show_listed
from microfp.errors import ExpressionError
from microfp.ops import PRIMITIVES
from microfp.values import Scalar, Value, lift, value

__all__ = ["FUNCTIONS", "LONGEST_TEXT", "expression", "read_variables", "variables"]

Function: TypeAlias = Callable[..., Value]


def _notation_name(name: str) -> str:
    """What the notation calls a primitive, such as abs(x); its own name where it writes no call."""
    before, bracket, _ = PRIMITIVES[name].notation.partition("(")
    return before if bracket else name


def _of_several(function: Callable[[Sequence[Scalar]], Value]) -> Function:
    return lambda *operands: function(operands)


_OF_SEVERAL: Mapping[str, Function] = {
    name: _of_several(function)
    for name, function in (
        ("logsumexp", values.logsumexp),
        ("mean", values.mean),
        ("norm", values.norm),
        ("sum", values.total),
        ("total", values.total),
    )
}

FUNCTIONS: Mapping[str, Function] = dict(
    sorted(
        [
            *(
                (called, function)
                for name, function in values.FUNCTIONS.items()
                for called in (name, _notation_name(name))
            ),
            *values.COMPOSITIONS.items(),
            *_OF_SEVERAL.items(),
        ]
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

_OPERATORS: Mapping[str, Function] = {
    "+": values.add,
    "-": values.sub,
    "*": values.mul,
    "/": values.divide,
    "%": values.remainder,
    "**": values.pow,
}

CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e}
"""Names that stand for a number, unless a variable has the name.

>>> expression("e ** 0 + 2 * pi / pi", {}).data, expression("e + 1", {"e": 2.0}).data
(3.0, 3.0)
"""

_BINDING: Mapping[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "**": 4}
"""How strongly an operator binds; a sign before its operand stands between `*` and `**`."""

_SIGN_BINDING = 3

_ALLOWED = "allowed are numbers, names, + - * / % **, parentheses and the functions of microfp"

_ELSEWHERE = {
    "^": "; write ** for a power",
    "²": "; write x**2 for a power",
    ".": "; a function stands alone, as in sin(x)",
    "=": "; variables stand behind the expression, as in x=2",
    "if": "; where(condition, a, b) chooses",
}
"""What to write in place of what stands in other formulas."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>\*\*|[-+*/%(),])
      | (?P<other>\S)
    )""",
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


class _Step(NamedTuple):
    """What to do with the results so far: read a variable, or put an operation on the last ones."""

    apply: Callable[..., Scalar]
    operands: int
    variable: str | None = None


def expression(text: str, variables: Mapping[str, Scalar]) -> Value:
    """Read a formula into a graph.

    Precedence is Python's: `**` binds to the right and stronger than the minus before it.
    Numbers are floats, so `9**9**9` is inf; an exponent that is written as a number is a
    constant and no node of the graph.

    Args:
        text: The formula, of at most `LONGEST_TEXT` characters.
        variables: What the names stand for: numbers, which become leaves with the name as
            label, or nodes. All of them have to occur in the formula, and no others; `pi` and
            `e` are the constants where they are not given.

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
names, + - * / % **, parentheses and the functions of microfp
    """
    check_like("expression", "variables", variables, Mapping, "a mapping")
    steps = _steps(text)
    names = _names(steps)
    _check_names([name for name in names if name not in CONSTANTS], names, variables)
    constants = {name: number for name, number in CONSTANTS.items() if name in names}
    leaves = {
        normalize("NFKC", name): given if isinstance(given, Value) else value(given, label=name)
        for name, given in {**constants, **variables}.items()
    }
    results: list[Scalar] = []  # a stack machine, in a plain loop: depth is no limit
    for step in steps:
        first = len(results) - step.operands
        operands = results[first:] if step.variable is None else [leaves[step.variable]]
        results[first:] = [step.apply(*operands)]
    return lift(results[0])


def variables(text: str) -> tuple[str, ...]:
    """List the variables of a formula, in the order of their first appearance.

    Raises:
        ExpressionError: If the text is no formula.

    >>> variables("relu(x*w + b) - x")
    ('x', 'w', 'b')
    """
    return _names(_steps(text))


def read_variables(texts: Sequence[str]) -> dict[str, float]:
    """Read variables that are written as `name=number`.

    Args:
        texts: One variable each; the number is written as in a formula, or is inf or nan.

    Raises:
        ExpressionError: If one is not written so, is given twice, or has the name of a function.

    >>> read_variables(["x=2", "w=-3e-1"])
    {'x': 2.0, 'w': -0.3}
    >>> read_variables(["x=two"])
    Traceback (most recent call last):
    microfp.errors.ExpressionError: variables: x must be a number, got 'two'
    """
    pairs = [_variable(text) for text in check_each("read_variables", "texts", texts, str)]
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
    found = read_number(number)
    if found is None:
        raise ExpressionError(f"variables: {name} must be a number, got {short_repr(number)}")
    if math.isinf(found) and any(map(str.isdigit, number)):
        shown = short_repr(number)
        raise ExpressionError(f"variables: {name} must be a number that a float holds, got {shown}")
    return name, found


def _check_names(needed: Sequence[str], names: Sequence[str], given: Mapping[str, Scalar]) -> None:
    missing = [name for name in needed if name not in given]
    unused = [name for name in given if name not in names]
    if missing:
        raise ExpressionError(
            f"expression: {', '.join(missing)} must have a value, as in {missing[0]}=2"
        )
    if unused:
        known = f"its variables are {', '.join(names)}" if names else "it has no variables"
        raise ExpressionError(f"expression: {', '.join(unused)} must occur in it, but {known}")


# From text to what a stack machine does: operands first, and from left to right.


def _steps(text: str) -> list[_Step]:
    tokens = _tokens(text)
    _check_tokens(tokens)
    reader = _Reader()
    for token, after in pairwise([*tokens, _END]):  # a plain loop: depth is no limit
        if not reader.takes(token, after):
            raise _complaint(text)
    if not reader.ends():
        raise _complaint(text)
    return reader.steps


def _names(steps: Sequence[_Step]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step.variable for step in steps if step.variable is not None))


class _Waiting(NamedTuple):
    """What waits for its operands to be complete: an operator, a parenthesis, or a call."""

    binding: int
    """How strongly it binds; 0 for what only a closing parenthesis ends."""
    step: _Step | None = None
    """What it does then; None for a parenthesis."""
    operands: int = 0
    """How many operands of a call are complete."""


class _Reader:
    """Reads token by token; it lives as long as one text is read.

    The method of two stacks: E. W. Dijkstra, ALGOL 60 translation, 1961.
    """

    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self.waiting: list[_Waiting] = []
        self.wants: Literal["operand", "operator", "first", "next", "call"] = "operand"

    def takes(self, token: _Token, after: _Token) -> bool:
        """Read a token; False if it cannot stand here."""
        if self.wants == "call":  # the parenthesis after the name of a function
            self.wants = "first"
            return True
        if self.wants == "operator":
            return self._operator(token.text)
        if token.text == ")":
            return self.wants != "operand" and self._closed()
        return self._operand(token, after)

    def ends(self) -> bool:
        """Apply what still waits; False if the text ends too early."""
        self._apply(1)
        return self.wants == "operator" and not self.waiting

    def _operand(self, token: _Token, after: _Token) -> bool:
        if token.kind == "number":
            return self._number(token.text)
        if token.kind == "name":
            named = self._name(normalize("NFKC", token.text), after)
            return named and token.text.isidentifier()
        if token.text == "(":
            self.waiting.append(_Waiting(0))
        elif token.text in _SIGNS:
            self.waiting.append(_Waiting(_SIGN_BINDING, _Step(_SIGNS[token.text], 1)))
        self.wants = "operand"
        return token.text in ("(", *_SIGNS)

    def _number(self, text: str) -> bool:
        number = float(text)
        self.steps.append(_Step(lambda: number, 0))
        self.wants = "operator"
        return not (text.isdigit() and text[0] == "0" and number)  # 012 is no number of Python's

    def _name(self, name: str, after: _Token) -> bool:
        function = FUNCTIONS.get(name)
        if after.text == "(" and function is not None:
            self.waiting.append(_Waiting(0, _Step(function, 0)))
            self.wants = "call"
            return True
        self.steps.append(_Step(lambda x: x, 0, name))
        self.wants = "operator"
        return function is None

    def _operator(self, text: str) -> bool:
        if text in _OPERATORS:
            binding = _BINDING[text]
            self._apply(binding + (text == "**"))  # which binds to the right
            self.waiting.append(_Waiting(binding, _Step(_OPERATORS[text], 2)))
            self.wants = "operand"
            return True
        self._apply(1)
        if text == ")":
            return self._closed(1)
        return text == "," and self._next()

    def _apply(self, binding: int) -> None:
        """Put to work what binds as strongly as this, or more."""
        while self.waiting and self.waiting[-1].binding >= binding:
            step = self.waiting.pop().step
            self.steps += [] if step is None else [step]

    def _next(self) -> bool:
        """End an operand of a call."""
        if not self.waiting or self.waiting[-1].step is None:
            return False
        self.waiting[-1] = self.waiting[-1]._replace(operands=self.waiting[-1].operands + 1)
        self.wants = "next"
        return True

    def _closed(self, more: int = 0) -> bool:
        """End a parenthesis, or a call with as many operands as it takes."""
        if not self.waiting:
            return False
        opened = self.waiting.pop()
        self.wants = "operator"
        if opened.step is None:
            return more == 1
        count = opened.operands + more
        self.steps.append(opened.step._replace(operands=count))
        fewest, most = _arities(opened.step.apply)
        return fewest <= count <= most


@cache  # of functions that belong to the program
def _arities(function: Callable[..., Scalar]) -> tuple[int, float]:
    """How many operands a function takes at least, and at most."""
    if function in _OF_SEVERAL.values():
        return 1, math.inf
    operands = signature(function).parameters.values()
    return sum(operand.default is operand.empty for operand in operands), len(operands)


_END = _Token("end", "", 0)


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
            hint = _ELSEWHERE.get(token.text, "")
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


def _negated(a: Scalar) -> Scalar:
    """A number stays a number, as the -2 in x ** -2 has to."""
    return values.neg(a) if isinstance(a, Value) else -a


_SIGNS: Mapping[str, Callable[[Scalar], Scalar]] = {"-": _negated, "+": lambda a: a}


# What is wrong with a text that is no formula, by Python's own parser.


def _complaint(text: str) -> ExpressionError:
    try:
        root = ast.parse(re.sub(r"\s", " ", text).strip(), mode="eval").body
    except SyntaxError as error:
        column = len(text) - len(text.lstrip()) + (error.offset or 0)
        what = f"{error.msg} at column {column}" if error.offset else "it ends too early"
        return ExpressionError(f"expression: {what}; {_ALLOWED}")
    except (RecursionError, MemoryError):
        return ExpressionError(
            f"expression: nested too deeply, in a text of {len(text)} characters that is no formula"
        )
    faults = filter(None, (_fault(text, node) for node in _pre_order(root)))
    return next(faults, ExpressionError(f"expression: must be a formula; {_ALLOWED}"))


def _pre_order(root: ast.expr) -> Iterator[ast.expr]:
    waiting = [root]
    while waiting:  # a plain loop: depth is no limit
        node = waiting.pop()
        yield node
        waiting.extend(_operands(node))


def _operands(node: ast.expr) -> Sequence[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            return (left, right)
        case ast.UnaryOp(operand=operand):
            return (operand,)
        case ast.Call(args=operands):
            return operands
    return ()


def _fault(text: str, node: ast.expr) -> ExpressionError | None:
    """What is wrong with a node itself, if anything is."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=operands, keywords=[]):
            return _call_fault(text, node, name, operands)
        case ast.Name(id=name) if name in FUNCTIONS:
            return _found(name, _column(text, node), f", a function: write {name}(...)")
        case ast.Name() | ast.Constant() | ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return None
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow()):
            return None
    return _unexpected(text, node)


def _meant_function(name: str) -> str | None:
    """The function that another name may stand for: that of another library, or one mistyped."""
    from difflib import get_close_matches

    from microfp.base.elsewhere.names import home

    written = home(name, FUNCTIONS) or ""
    close = get_close_matches(name.lower(), FUNCTIONS, n=1, cutoff=0.8)
    return next((it for it in (written.partition("(")[0], *close) if it in FUNCTIONS), None)


def _call_fault(
    text: str, node: ast.Call, name: str, operands: Sequence[ast.expr]
) -> ExpressionError | None:
    if name not in FUNCTIONS:
        hint = _meant_function(name)
        known = f"they are {', '.join(FUNCTIONS)}" if hint is None else f"did you mean {hint}?"
        rest = f", which is no function of microfp; {known}"
        return _found(name, _column(text, node), rest)
    fewest, most = _arities(FUNCTIONS[name])
    starred = next((operand for operand in operands if isinstance(operand, ast.Starred)), None)
    if starred is not None:
        return _unexpected(text, starred)
    if fewest <= len(operands) <= most:
        return None
    counts = " or ".join(map(str, sorted({fewest, most})))
    expected = "at least 1" if most == math.inf else counts
    return ExpressionError(
        f"expression: {name} at column {_column(text, node)} must have {expected} "
        f"operand{'' if most in {1, math.inf} else 's'}, got {len(operands)}"
    )


def _unexpected(text: str, node: ast.expr) -> ExpressionError:
    source = text.lstrip().encode()[node.col_offset : node.end_col_offset].decode()
    return _found(source, _column(text, node), f"; {_ALLOWED}")


def _column(text: str, node: ast.expr) -> int:
    """Where a node begins, in characters from 1 on; `ast` counts bytes."""
    stripped = text.lstrip()
    before = stripped.encode()[: node.col_offset].decode()
    return len(text) - len(stripped) + len(before) + 1


show_listed(__name__)
