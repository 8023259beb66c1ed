"""Guards: the proof of what is zero behind a closed gate, for both backends.

The gradient of a relu is zero where the relu is closed, and so is every product with it, every sum
of such products, and so on down to the gradients of the parameters. Whoever computes can leave all
of that out where the gate is closed. Two things have to be known besides:

- Zero times a number is zero only where the number is finite. That no number overflows while the
  leaves are of a certain size is shown by `microfp.compiler.ir.bounds`.
- To leave out `+ 0.0` changes -0.0 where it stands alone. `sign_blind` finds the sums for which
  that does not matter. (Who promises no bits, only digits, need not ask.)

A guard of a slot is a slot that has to be above zero, or else the guarded one is zero.

>>> from microfp import native, relu, value
>>> x, w = value(2.0), value(3.0)
>>> program = native.lower(relu(x) * w + relu(x) * relu(w), inputs=[x, w])
>>> print(program)
inputs      x0 x1
parameters
%2 = relu x0
%3 = mul %2 x1
%4 = relu x1
%5 = mul %2 %4
%6 = add %3 %5
outputs     %6
>>> [sorted(guards) for guards in guards_of_slots(program, most=3)]
[[], [], [0], [0], [1], [0, 1], [0]]
"""

from collections.abc import Hashable, Sequence
from functools import reduce
from typing import TypeAlias, TypeVar

from microfp.compiler.ir.liveness import live_slots
from microfp.compiler.ir.program import Instruction, Program

__all__ = ["SUMS", "Guards", "guards_of_slots", "latest", "sign_blind", "zero_behind"]

Guards: TypeAlias = frozenset[int]
"""Slots that all have to be above zero, or else a slot is zero, or read by nobody."""

SUMS = ("add", "total")
"""The primitives that add up their operands."""

STEPS = ("relu", "positive")
"""The primitives that are zero unless their operand is above zero."""

G = TypeVar("G", bound=Hashable)


def zero_behind(op: str, operands: Sequence[frozenset[G]]) -> frozenset[G]:
    """Say behind which closed gates a primitive gives zero, where every number is finite.

    Args:
        op: The name of the primitive.
        operands: For each operand, the gates behind which it is zero.

    >>> a, b, none = frozenset("a"), frozenset("b"), frozenset()
    >>> zero_behind("mul", [a, none]) == zero_behind("add", [a, a]) == a
    True
    >>> sorted(zero_behind("mul", [a, b])), sorted(zero_behind("sub", [a, b]))
    (['a', 'b'], [])
    """
    if op == "mul":
        return operands[0] | operands[1]
    if op in ("neg", "sub", *SUMS) and operands:
        return reduce(frozenset.intersection, operands)
    return frozenset()


def guards_of_slots(program: Program, most: int) -> list[Guards]:
    """Find for each slot what has to be above zero, or else the slot is zero.

    Args:
        program: The program.
        most: How many guards a slot has at most: the latest ones. To know fewer is no mistake.
    """
    found: list[Guards] = [frozenset()] * program.leaf_count
    for op, operands, _ in program.instructions:  # a loop: each is read by the next
        if op in STEPS:
            found.append(frozenset(operands))
        else:
            found.append(latest(zero_behind(op, [found[slot] for slot in operands]), most))
    return found


def latest(guards: Guards, most: int) -> Guards:
    """As many guards as there may be, those of the latest slots.

    >>> sorted(latest(frozenset({3, 9, 4}), 2))
    [4, 9]
    """
    return guards if len(guards) <= most else frozenset(sorted(guards)[-most:])


def sign_blind(program: Program, shown: Sequence[int]) -> frozenset[int]:
    """The sums and products for which it does not matter whether a zero is added, and which.

    If a sum starts from -0.0, that could turn it into 0.0. But it may start from a parameter,
    which is not -0.0 here; or only relu and its derivative read it; or it belongs to a gradient,
    which is multiplied, and added to what starts at 0.0.

    Args:
        program: A program of one example with its gradients.
        shown: The outputs that are no gradients.
    """
    is_shown = live_slots(program, shown)
    readers = _readers(program)
    return frozenset(
        slot
        for slot, instruction in enumerate(program.instructions, program.leaf_count)
        if instruction.op in (*SUMS, "mul")
        and instruction.operands
        and (
            not is_shown[slot]
            or readers.get(slot, {"output"}).issubset(STEPS)
            or _starts_from_parameter(instruction, program)
        )
    )


def _readers(program: Program) -> dict[int, set[str]]:
    """The primitives that read each slot that is read."""
    readers: dict[int, set[str]] = {}
    for instruction in program.instructions:
        for operand in instruction.operands:
            readers.setdefault(operand, set()).add(instruction.op)
    return readers


def _starts_from_parameter(instruction: Instruction, program: Program) -> bool:
    first = instruction.operands[0]
    return instruction.op in SUMS and len(program.inputs) <= first < program.leaf_count
