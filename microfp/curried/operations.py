"""Operations that wait for their first operand.

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
    Condition,
    Scalar,
    Value,
    absolute,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    cbrt,
    ceil,
    cos,
    cosh,
    digamma,
    elu,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    gelu,
    gelu_tanh,
    hardtanh,
    leaky_relu,
    lgamma,
    log,
    log1p,
    log2,
    log10,
    log_sigmoid,
    log_softmax,
    logical_not,
    logsumexp,
    mean,
    mish,
    neg,
    norm,
    positive,
    reciprocal,
    relu,
    relu6,
    round,
    selu,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softmax,
    softplus,
    softsign,
    sqrt,
    square,
    tan,
    tanh,
    total,
)

__all__ = [
    "Operation",
    "absolute",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "digamma",
    "divide",
    "elu",
    "equal",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "gelu",
    "gelu_tanh",
    "greater",
    "greater_equal",
    "hardtanh",
    "hypot",
    "leaky_relu",
    "less",
    "less_equal",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "mish",
    "mul",
    "neg",
    "norm",
    "positive",
    "pow",
    "reciprocal",
    "relu",
    "relu6",
    "remainder",
    "round",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "sub",
    "tan",
    "tanh",
    "total",
    "where",
]

Operation: TypeAlias = Callable[[Scalar], Value]
"""What is still waiting for its first operand.

>>> waiting: Operation = add(3.0)
>>> waiting(2.0).data
5.0
"""


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


def hypot(b: Scalar) -> Operation:
    """Take the length of what comes and b, as two sides.

    >>> hypot(4.0)(3.0).data
    5.0
    """
    return lambda a: values.hypot(a, b)


def remainder(b: Scalar) -> Operation:
    """Divide what comes by b and keep the rest: `remainder(b)(a) == a % b`.

    >>> remainder(3.0)(-1.0).data
    2.0
    """
    return lambda a: values.remainder(a, b)


def atan2(b: Scalar) -> Operation:
    """Take the angle of the point (b, a), where a is what comes.

    >>> atan2(1.0)(0.0).data
    0.0
    """
    return lambda a: values.atan2(a, b)


def logaddexp(b: Scalar) -> Operation:
    """Take log(exp(a) + exp(b)) of what comes and b.

    >>> logaddexp(float("-inf"))(3.0).data
    3.0
    """
    return lambda a: values.logaddexp(a, b)


def greater(b: Scalar) -> Operation:
    """Say 1 where what comes is greater than b, else 0.

    >>> greater(1.0)(2.0).data
    1.0
    """
    return lambda a: values.greater(a, b)


def greater_equal(b: Scalar) -> Operation:
    """Say 1 where what comes is at least b, else 0.

    >>> greater_equal(2.0)(2.0).data
    1.0
    """
    return lambda a: values.greater_equal(a, b)


def less(b: Scalar) -> Operation:
    """Say 1 where what comes is less than b, else 0.

    >>> less(1.0)(2.0).data
    0.0
    """
    return lambda a: values.less(a, b)


def less_equal(b: Scalar) -> Operation:
    """Say 1 where what comes is at most b, else 0.

    >>> less_equal(2.0)(2.0).data
    1.0
    """
    return lambda a: values.less_equal(a, b)


def equal(b: Scalar) -> Operation:
    """Say 1 where what comes is the number b, else 0.

    >>> equal(2.0)(2.0).data
    1.0
    """
    return lambda a: values.equal(a, b)


def logical_and(b: Scalar) -> Operation:
    """Say 1 where what comes and b both hold, else 0.

    >>> logical_and(1.0)(0.0).data
    0.0
    """
    return lambda a: values.logical_and(a, b)


def logical_or(b: Scalar) -> Operation:
    """Say 1 where what comes or b holds, else 0.

    >>> logical_or(1.0)(0.0).data
    1.0
    """
    return lambda a: values.logical_or(a, b)


def clip(low: Scalar, high: Scalar) -> Operation:
    """Keep what comes from low to high.

    >>> clip(-1.0, 1.0)(7.0).data
    1.0
    """
    return lambda a: values.clip(a, low, high)


def where(a: Scalar, b: Scalar) -> Callable[[Condition], Value]:
    """Choose a where the condition that comes holds, else b.

    >>> where(1.0, -1.0)(greater(0.0)(3.0)).data
    1.0
    """
    return lambda condition: values.where(condition, a, b)
