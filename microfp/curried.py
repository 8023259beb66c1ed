"""The operations with the data last, so that they stand in a pipeline.

`sub(1.0)` waits for its first operand: `sub(b)(a) == a - b`, and `divide`, `pow` likewise.

>>> from microfp import value
>>> from microfp.toolbox import pipe
>>> pipe(value(2.0), mul(3), add(1), relu).data
7.0
"""

from collections.abc import Callable
from typing import TypeAlias

from microfp import values
from microfp.values import (
    Scalar,
    Value,
    absolute,
    cos,
    exp,
    log,
    neg,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
)

__all__ = [
    "absolute",
    "add",
    "cos",
    "divide",
    "exp",
    "log",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "pow",
    "relu",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "sub",
    "tanh",
]

Operation: TypeAlias = Callable[[Scalar], Value]
"""What is still waiting for its first operand."""


def add(b: Scalar) -> Operation:
    """Add b to what comes: `add(b)(a) == a + b`.

    >>> add(3.0)(2.0).data
    5.0
    """
    return lambda a: values.add(a, b)


def sub(b: Scalar) -> Operation:
    """Subtract b from what comes: `sub(b)(a) == a - b`.

    >>> sub(3.0)(2.0).data
    -1.0
    """
    return lambda a: values.sub(a, b)


def mul(b: Scalar) -> Operation:
    """Multiply what comes by b: `mul(b)(a) == a * b`.

    >>> mul(3.0)(2.0).data
    6.0
    """
    return lambda a: values.mul(a, b)


def divide(b: Scalar) -> Operation:
    """Divide what comes by b: `divide(b)(a) == a / b`.

    >>> divide(4.0)(2.0).data
    0.5
    """
    return lambda a: values.divide(a, b)


def pow(exponent: Scalar) -> Operation:
    """Raise what comes to a power: `pow(k)(a) == a ** k`.

    >>> pow(3)(2.0).data
    8.0
    """
    return lambda base: values.pow(base, exponent)


def maximum(b: Scalar) -> Operation:
    """Take the larger of what comes and b.

    >>> maximum(0.0)(-2.0).data
    0.0
    """
    return lambda a: values.maximum(a, b)


def minimum(b: Scalar) -> Operation:
    """Take the smaller of what comes and b.

    >>> minimum(1.0)(2.0).data
    1.0
    """
    return lambda a: values.minimum(a, b)
