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
from collections.abc import Sequence

from microfp.compiler.ir.program import CONSTANT, Instruction, Program, primitive_of

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
    constants = [parameter] if isinstance(parameter, float) else []
    if op == CONSTANT:
        return math.inf if math.isnan(constants[0]) else abs(constants[0])
    bound = primitive_of(instruction).bound
    known = all(operand <= _LARGEST for operand in operands)
    return math.inf if bound is None or not known else bound(*operands, *constants)
