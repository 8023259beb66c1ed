"""Pieces of Python source: how a primitive is written, for whoever writes functions from graphs.

An operation is written as Python's own where Python follows IEEE 754, and as a call of a function
where it does not, so that the code gives the bits of the primitive.

>>> a, b = Text("a", ATOM), Text("b", ATOM)
>>> written("mul", [written("add", [a, b]), a]).code
'(a + b) * a'
>>> written("relu", [a]).code, written("exp", [a]).code
('0.0 if a <= 0.0 else a', 'exp(a)')
"""

from collections.abc import Callable, Iterable, Sequence
from keyword import iskeyword
from typing import NamedTuple
from unicodedata import normalize

__all__ = [
    "ATOM",
    "INDENT",
    "NOTATIONS",
    "SUM",
    "Text",
    "in_parentheses",
    "indented",
    "is_variable_name",
    "sum_in_lines",
    "written",
]

INDENT = "    "


class Text(NamedTuple):
    """A piece of an expression, and how tightly it binds.

    >>> Text("a + b", SUM)
    Text(code='a + b', binding=1)
    """

    code: str
    binding: int


CHOICE, SUM, PRODUCT, ATOM = 0, 1, 2, 3
"""How tightly expressions of Python bind, from a conditional to a name."""


def written(
    op: str,
    operands: Sequence[Text],
    parameter: object = None,
    *,
    function: str | None = None,
    literal: Callable[[float], str] = repr,
) -> Text:
    """Write a primitive of some operands as an expression.

    Args:
        op: The name of the primitive.
        operands: The expressions that it is applied to.
        parameter: An exponent, or a user's own primitive.
        function: What to call where Python has no notation of its own; by default the name.
        literal: How to write the exponent.

    >>> written("constant_power", [Text("x", ATOM)], 3.0, function="power").code
    'power(x, 3.0)'
    """
    write = NOTATIONS.get(op) if parameter is None else None
    if write is not None:
        return write(operands)
    exponent = [literal(parameter)] if isinstance(parameter, float) else []
    arguments = [*(operand.code for operand in operands), *exponent]
    return Text(f"{function or op}({', '.join(arguments)})", ATOM)


def in_parentheses(text: Text, at_least: int) -> str:
    """Write a piece, in parentheses where it binds less tightly than its place asks for.

    >>> in_parentheses(Text("a + b", SUM), PRODUCT)
    '(a + b)'
    """
    return text.code if text.binding >= at_least else f"({text.code})"


def sum_in_lines(name: str, terms: Sequence[Text], most: int) -> list[str]:
    """Write a sum into a variable, so many terms a line: the parsers of Python have limits.

    >>> sum_in_lines("s", [Text(name, ATOM) for name in "abcde"], 2)
    ['s = a + b', 's = s + c + d', 's = s + e']
    """
    so_far = Text(name, ATOM)
    starts = range(most, len(terms), most)
    sums = [terms[:most], *([so_far, *terms[start : start + most]] for start in starts)]
    return [f"{name} = {_sum(some).code}" for some in sums]


def is_variable_name(name: str) -> bool:
    """Say whether a text can name a variable, in the form that Python itself brings names into.

    >>> [is_variable_name(name) for name in ("x1", "1x", "lambda", "__debug__")]
    [True, False, False, False]
    """
    return (
        name.isidentifier()
        and name == normalize("NFKC", name)
        and not iskeyword(name)
        and name != "__debug__"
    )


def indented(lines: Iterable[str], levels: int = 1) -> list[str]:
    """Write lines some levels deeper.

    >>> indented(["return x"])
    ['    return x']
    """
    return [INDENT * levels + line for line in lines]


# How Python writes what it computes as the primitives do.


def _sum(operands: Sequence[Text]) -> Text:
    if not operands:
        return Text("0.0", ATOM)
    first, *others = operands
    terms = [in_parentheses(first, SUM), *(in_parentheses(other, PRODUCT) for other in others)]
    return Text(" + ".join(terms), SUM)


def _difference(operands: Sequence[Text]) -> Text:
    a, b = operands
    return Text(f"{in_parentheses(a, SUM)} - {in_parentheses(b, PRODUCT)}", SUM)


def _product(operands: Sequence[Text]) -> Text:
    a, b = operands
    return Text(f"{in_parentheses(a, PRODUCT)} * {in_parentheses(b, ATOM)}", PRODUCT)


def _negation(operands: Sequence[Text]) -> Text:
    return Text(f"-{in_parentheses(operands[0], ATOM)}", PRODUCT)


def _rectified(operands: Sequence[Text]) -> Text:
    operand = in_parentheses(operands[0], SUM)
    return Text(f"0.0 if {operand} <= 0.0 else {operand}", CHOICE)


def _step(operands: Sequence[Text]) -> Text:
    return Text(f"1.0 if {in_parentheses(operands[0], SUM)} > 0.0 else 0.0", CHOICE)


def _absolute(operands: Sequence[Text]) -> Text:
    return Text(f"abs({operands[0].code})", ATOM)


def _copy(operands: Sequence[Text]) -> Text:
    return operands[0]


NOTATIONS: dict[str, Callable[[Sequence[Text]], Text]] = {
    "add": _sum,
    "total": _sum,
    "sub": _difference,
    "mul": _product,
    "neg": _negation,
    "relu": _rectified,
    "positive": _step,
    "absolute": _absolute,
    "stop_gradient": _copy,
}
"""The primitives that need no function."""
