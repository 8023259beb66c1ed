"""Bounds: a proof, from the sizes of inputs and parameters, that no slot overflows.

Where every number is finite, what is multiplied by zero is zero, and need not be computed.

>>> from microfp import native, value
>>> x = value(2.0)
>>> largest_leaf(native.lower(x * x * x, inputs=[x]))
1000000000.0
>>> largest_leaf(native.lower(1.0 / x, inputs=[x])) is None
True
"""

import math
from collections.abc import Callable, Sequence
from functools import reduce

from microfp.compiler.ir.program import CONSTANT, Instruction, Program

__all__ = ["largest_leaf", "magnitudes"]

# Far enough below the largest float that the rounding of the bounds themselves cannot matter.
_LARGEST = 1e290
_CANDIDATES = (1e9, 1e6, 1e3)


def largest_leaf(program: Program) -> float | None:
    """Find a size such that all slots stay finite while no leaf is larger; None if there is none.

    >>> from microfp import native, value
    >>> x = value(2.0)
    >>> largest_leaf(native.lower(x**40, inputs=[x]))
    1000000.0
    """
    return next(
        (
            size
            for size in _CANDIDATES
            if all(m <= _LARGEST for m in magnitudes(program, [size] * program.leaf_count))
        ),
        None,
    )


def magnitudes(program: Program, leaves: Sequence[float]) -> tuple[float, ...]:
    """Bound the absolute value of every slot, given those of the leaves.

    A bound of inf, or nan, says that nothing is known: the slot may hold inf or nan.

    >>> from microfp import native, value
    >>> x, y = value(2.0), value(3.0)
    >>> magnitudes(native.lower(x * y - x, inputs=[x, y]), [10.0, 2.0])
    (10.0, 2.0, 20.0, 30.0)
    """
    bounds = list(leaves)
    for instruction in program.instructions:  # a plain loop: each bound is read by the next
        bounds.append(_bound(instruction, [bounds[slot] for slot in instruction.operands]))
    return tuple(bounds)


def _bound(instruction: Instruction, operands: Sequence[float]) -> float:
    op, _, parameter = instruction
    if op == CONSTANT and isinstance(parameter, float):
        return math.inf if math.isnan(parameter) else abs(parameter)
    if op == "constant_power" and isinstance(parameter, float):
        return _of_power(operands[0], parameter)
    rule = _BOUNDS.get(op)
    known = all(bound <= _LARGEST for bound in operands)
    return rule(*operands) if known and rule is not None else math.inf


def _of_power(base: float, exponent: float) -> float:
    if not 0.0 <= exponent <= _LARGEST or not exponent.is_integer():
        return math.inf
    try:
        return math.pow(max(1.0, base), exponent)
    except OverflowError:
        return math.inf


def _sum(*operands: float) -> float:
    return reduce(lambda a, b: a + b, operands, 0.0)


def _same(a: float) -> float:
    return a


def _unit(*_operands: float) -> float:
    return 1.0


_BOUNDS: dict[str, Callable[..., float]] = {
    "add": _sum,
    "sub": _sum,
    "total": _sum,
    "mul": lambda a, b: a * b,
    "neg": _same,
    "absolute": _same,
    "relu": _same,
    "stop_gradient": _same,
    "exp": lambda a: math.exp(a) if a < 600.0 else math.inf,
    "softplus": lambda a: a + 1.0,
    "maximum": _sum,
    "minimum": _sum,
    "where": lambda condition, a, b: a + b,
    **dict.fromkeys(("sin", "cos", "tanh", "sigmoid", "positive", "sign", "above"), _unit),
}
