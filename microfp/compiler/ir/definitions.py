"""Definitions: what defines each slot of a program that is being written, and what makes it small.

>>> definitions = Definitions(1)  # a leaf, in slot 0
>>> definitions.placed("mul", (0, 0), None), definitions.placed("mul", (0, 0), None)
(1, 1)
>>> definitions.placed("neg", (1,), None), definitions.placed("neg", (2,), None)
(2, 1)
"""

from collections.abc import Callable
from functools import partial

from microfp.compiler.ir.program import CONSTANT, Instruction, operand_numbers, primitive_of
from microfp.ops import (
    IDENTITIES_OF_PROGRAMS,
    SMALLER_WITHOUT_CONSTANTS,
    Parameter,
    reduced,
    sharing_key,
)

__all__ = ["Definitions", "made", "simplified"]

made: Callable[[tuple[object, ...]], Instruction] = partial(tuple.__new__, Instruction)
"""An instruction of its fields, without a call in Python; there are hundreds of thousands.

>>> made(("mul", (0, 1), None))
Instruction(op='mul', operands=(0, 1), parameter=None)
"""


class Definitions(list[Instruction | None]):
    """What defines each slot so far, None for inputs and parameters; the rules can ask it.

    >>> definitions = Definitions(1)
    >>> definitions.define(Instruction("constant", (), 2.0))
    >>> definitions.constant(1), definitions.constant(0), definitions.negated(0)
    (2.0, None, None)
    """

    __slots__ = ("constant", "constants", "known")

    def __init__(self, leaf_count: int) -> None:
        """Begin with inputs and parameters."""
        super().__init__([None] * leaf_count)
        self.constants: dict[int, float] = {}
        self.constant: Callable[[int], float | None] = self.constants.get
        """The number of a slot that holds a constant, else None."""
        self.known: dict[object, int] = {}
        """Where `placed` has put what: from what applications have in common to a slot."""

    def define(self, instruction: Instruction) -> None:
        """Let an instruction define the next slot."""
        if instruction[0] == CONSTANT and isinstance(instruction[2], float):
            self.constants[len(self)] = instruction[2]
        self.append(instruction)

    def placed(self, op: str, operands: tuple[int, ...], parameter: Parameter) -> int:
        """Find the slot of an instruction: simplified, and an earlier one that computes the same.

        Args:
            op: The name of a primitive, or `"constant"`.
            operands: The slots that it reads.
            parameter: What it takes besides.
        """
        is_plain = operands and self.constants.keys().isdisjoint(operands)
        if not is_plain or op in SMALLER_WITHOUT_CONSTANTS:
            found = simplified(made((op, operands, parameter)), self)
            if isinstance(found, int):
                return found
            op, operands, parameter = found
        here = len(self)
        slot = self.known.setdefault(sharing_key(op, operands, parameter), here)
        if slot == here:
            self.define(made((op, operands, parameter)))
        return slot

    def negated(self, slot: int) -> int | None:
        """The slot that a slot is the negative of, else None."""
        instruction = self[slot]
        if instruction is None or instruction.op != "neg" or instruction.parameter is not None:
            return None
        return instruction.operands[0]


def simplified(instruction: Instruction, definitions: Definitions) -> Instruction | int:
    """Compute what depends on constants alone, and apply the identities, to one instruction.

    Returns:
        A simpler instruction, or the same; or the slot that holds the result already.

    >>> simplified(Instruction("total", (0,)), Definitions(1))
    0
    """
    op, operands, parameter = instruction
    if op == CONSTANT:
        return instruction
    if None not in map(definitions.constant, operands):
        return _folded(instruction, definitions)
    found = reduced(op, operands, parameter, definitions, IDENTITIES_OF_PROGRAMS)
    if found is None:
        return instruction
    if isinstance(found, float):
        return Instruction(CONSTANT, (), found)
    return found if isinstance(found, int) else Instruction(*found)


def _folded(instruction: Instruction, definitions: Definitions) -> Instruction:
    """The constant that an instruction computes from constants."""
    known = {slot: definitions.constant(slot) for slot in instruction.operands}
    numbers = {slot: number for slot, number in known.items() if number is not None}
    operands = operand_numbers(instruction, numbers.__getitem__)
    return Instruction(CONSTANT, (), primitive_of(instruction).forward(*operands))
