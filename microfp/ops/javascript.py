"""Pieces of JavaScript: how a primitive is written, by the form in its row of the table.

A form that is an expression of its operands is written with them in place; one that needs
statements, or other primitives, is called in the table `FORWARD`.

>>> to_javascript("mul", ["x", "v2"]), to_javascript("relu", ["v3"])
('x * v2', 'v3 <= 0 ? 0 : v3')
>>> to_javascript("erf", ["x"])
'FORWARD.erf(x)'
"""

import math
import re
from collections.abc import Sequence

from microfp.errors import CompileError
from microfp.ops.primitive import Primitive
from microfp.ops.table import PRIMITIVES

__all__ = ["javascript_number", "javascript_table", "to_javascript"]

OPERANDS = "abc"
MOST_IN_PLACE = 90
"""How long a form is at most that is written in place."""


def javascript_table() -> str:
    """Write `FORWARD`: what each primitive computes, as a function of numbers.

    >>> javascript_table().splitlines()[1]
    '  add: (a, b, c) => a + b,'
    """
    forms = [
        f"  {row.name}: ({'...terms' if row.arity is None else 'a, b, c'}) => {row.javascript},"
        for row in PRIMITIVES.values()
        if row.javascript is not None
    ]
    return "\n".join(["const FORWARD = {", *forms, "};", ""])


def javascript_number(number: float) -> str:
    """Write a number so that JavaScript reads the same bits, and as an operand of any operator.

    >>> javascript_number(0.1), javascript_number(-2.0), javascript_number(float("inf"))
    ('0.1', '(-2.0)', 'Infinity')
    """
    if math.isnan(number):
        return "NaN"
    text = "Infinity" if math.isinf(number) else repr(abs(number))
    return f"(-{text})" if math.copysign(1.0, number) < 0.0 else text


def to_javascript(
    op: str, operands: Sequence[str], parameter: float | Primitive | None = None
) -> str:
    """Write a primitive of some operands as an expression.

    Args:
        op: The name of the primitive.
        operands: Names and literals.
        parameter: An exponent, or a user's own primitive.

    Raises:
        CompileError: If the primitive has no form in JavaScript.

    >>> to_javascript("constant_power", ["x"], 3.0)
    'FORWARD.constant_power(x, 3.0)'
    """
    row = parameter if isinstance(parameter, Primitive) else PRIMITIVES[op]
    if row.javascript is None or isinstance(parameter, Primitive):
        raise CompileError(f"the primitive {op!r} has no form in JavaScript")
    exponent = [javascript_number(parameter)] if isinstance(parameter, float) else []
    arguments = [*operands, *exponent]
    if row.arity is None:
        return " + ".join(arguments) if arguments else "0"
    return _in_place(row.javascript, arguments) or f"FORWARD.{row.name}({', '.join(arguments)})"


def _in_place(form: str, arguments: Sequence[str]) -> str | None:
    """A form with its operands written in; None where it is to be called."""
    if "FORWARD" in form or "=>" in form or len(form) > MOST_IN_PLACE:
        return None
    named = dict(zip(OPERANDS, arguments, strict=False))
    return re.sub(r"(?<![.\w])[abc]\b", lambda it: named[it[0]], form)
