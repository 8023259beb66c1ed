"""Liveness: which slots of a program some outputs are computed from."""

from collections.abc import Iterable

from microfp.compiler.ir.program import Program

__all__ = ["live_slots"]


def live_slots(program: Program, outputs: Iterable[int]) -> list[bool]:
    """Say of each slot whether it is one of the outputs, or needed to compute them.

    Args:
        program: The program.
        outputs: Some of its slots.

    >>> from microfp import native, value
    >>> x, y = value(2.0), value(3.0)
    >>> program = native.lower([x * x, x * y], inputs=[x, y])
    >>> live_slots(program, program.outputs[:1])
    [True, False, True, False]
    """
    first, instructions = program.leaf_count, program.instructions
    live = [False] * (first + len(instructions))
    for slot in outputs:
        live[slot] = True
    for slot in range(len(live) - 1, first - 1, -1):  # a loop: what is read is read by later ones
        if live[slot]:
            for operand in instructions[slot - first].operands:
                live[operand] = True
    return live
