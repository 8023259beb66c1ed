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
from collections.abc import Callable, Iterable, Sequence

from microfp.compiler.ir.program import CONSTANT, Instruction, Program, primitive_of

__all__ = ["bound_of", "bound_of_constant", "largest_leaf", "largest_size", "magnitudes"]

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
    return largest_size(lambda size: magnitudes(program, [size] * program.leaf_count))


def largest_size(bounds: Callable[[float], Iterable[float]]) -> float | None:
    """Find a size such that all bounds that follow from it are finite; None if there is none.

    Args:
        bounds: From the size of the leaves to bounds of whatever is computed from them.

    >>> largest_size(lambda size: [size**30]), largest_size(lambda size: [float("inf")])
    (1000000000.0, None)
    """
    return next(
        (size for size in _CANDIDATES if all(bound <= _LARGEST for bound in bounds(size))), None
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
    if instruction.op == CONSTANT:
        assert isinstance(instruction.parameter, float)
        return bound_of_constant(instruction.parameter)
    return bound_of(instruction, operands)


def bound_of_constant(number: float) -> float:
    """The bound of a constant.

    >>> bound_of_constant(-2.0), bound_of_constant(math.nan)
    (2.0, inf)
    """
    return math.inf if math.isnan(number) else abs(number)


def bound_of(instruction: Instruction, operands: Sequence[float]) -> float:
    """The bound of what a primitive gives, given those of its operands.

    >>> bound_of(Instruction("mul", (0, 1)), [2.0, 3.0])
    6.0
    """
    parameter = instruction.parameter
    constants = [parameter] if isinstance(parameter, float) else []
    bound = primitive_of(instruction).bound
    known = all(operand <= _LARGEST for operand in operands)
    return math.inf if bound is None or not known else bound(*operands, *constants)
