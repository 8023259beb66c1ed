"""Programs: a graph of scalars as a flat list of instructions, ready to be run or translated.

>>> from microfp import native, value
>>> x, w = value(2.0, label="x"), value(-3.0, label="w")
>>> program = native.lower(x * w + 1.0, inputs=[x], parameters=[w])
>>> print(program)
inputs      x
parameters  w
%2 = mul x w
%4 = add %2 1.0
outputs     %4
>>> run(program, [2.0, -3.0])
(-5.0,)
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from microfp.base.checks import check_kind, check_like
from microfp.errors import ShapeError
from microfp.ops import PRIMITIVES, Primitive
from microfp.record import Record, attr

__all__ = [
    "CONSTANT",
    "Instruction",
    "Program",
    "formula_text",
    "operand_numbers",
    "primitive_of",
    "run",
]

CONSTANT = "constant"
"""The `op` of an instruction that holds a number instead of computing one."""


class Instruction(NamedTuple):
    """One operation: a primitive, and the slots that its operands are read from.

    It is a named tuple and no record: a program has up to a million, which are compared,
    hashed and rewritten.

    >>> Instruction("mul", (0, 1))
    Instruction(op='mul', operands=(0, 1), parameter=None)
    """

    op: str
    """The name of a primitive in `microfp.ops`, or `"constant"`."""
    operands: tuple[int, ...] = ()
    """The slots of the operands, in order; all of them come earlier."""
    parameter: float | Primitive | None = None
    """The number of a constant, the exponent of a constant power, or the primitive
    itself where it is a user's own and stands in no table; else None.
    """


class Program(Record):
    """A computation without branches, in static single assignment form.

    Slots are numbered through: first the inputs, then the parameters, then one per instruction,
    constants among them. Each is written once, and read only by later ones.

    >>> program = Program(
    ...     inputs=("x",), parameters=(), instructions=(Instruction("exp", (0,)),), outputs=(1,)
    ... )
    >>> program.leaf_count, len(program)
    (1, 4)
    >>> program
    Program(1 inputs, 0 parameters, 1 instructions, 1 outputs)
    """

    inputs: tuple[str, ...] = attr()
    """The names of the numbers that change from example to example."""
    parameters: tuple[str, ...] = attr()
    """The names of the numbers that all examples share."""
    instructions: tuple[Instruction, ...] = attr()
    """What is computed, in an order in which it can be."""
    outputs: tuple[int, ...] = attr()
    """The slots of the results."""

    @property
    def leaf_count(self) -> int:
        """The number of inputs and parameters: the slot of the first instruction."""
        return len(self.inputs) + len(self.parameters)

    def __repr__(self) -> str:
        """Show how long it is; `print` shows every instruction."""
        fields = ("inputs", "parameters", "instructions", "outputs")
        counts = [f"{len(getattr(self, field)):,} {field}" for field in fields]
        return f"Program({', '.join(counts)})"

    def __str__(self) -> str:
        names = slot_names(self)
        lines = [
            f"{names[slot]} = {formula_text(instruction, names)}"
            for slot, instruction in enumerate(self.instructions, self.leaf_count)
            if instruction.op != CONSTANT
        ]
        outputs = [names[slot] for slot in self.outputs]
        return "\n".join(
            [
                _row("inputs", self.inputs),
                _row("parameters", self.parameters),
                *lines,
                _row("outputs", outputs),
            ]
        )


def _row(title: str, names: Sequence[str]) -> str:
    return f"{title:<12}{' '.join(names)}".rstrip()


def formula_text(instruction: Instruction, names: Sequence[str]) -> str:
    """Write what an instruction computes, given what each slot is called.

    >>> formula_text(Instruction("mul", (0, 1)), ["x", "w"])
    'mul x w'
    """
    exponent = [repr(instruction.parameter)] if isinstance(instruction.parameter, float) else []
    return " ".join([instruction.op, *(names[slot] for slot in instruction.operands), *exponent])


def slot_names(program: Program) -> tuple[str, ...]:
    """Name every slot: leaves by their names, constants by their numbers, the others by slot.

    >>> slot_names(Program(inputs=("x",), parameters=(), instructions=(), outputs=(0,)))
    ('x',)
    """
    return (
        *program.inputs,
        *program.parameters,
        *(
            repr(instruction.parameter) if instruction.op == CONSTANT else f"%{slot}"
            for slot, instruction in enumerate(program.instructions, program.leaf_count)
        ),
    )


def primitive_of(instruction: Instruction) -> Primitive:
    """Return the primitive that an instruction applies.

    Raises:
        KeyError: If it is a constant.

    >>> primitive_of(Instruction("mul", (0, 1))).notation
    '{0} * {1}'
    """
    own = instruction.parameter
    return own if isinstance(own, Primitive) else PRIMITIVES[instruction.op]


def operand_numbers(instruction: Instruction, read: Callable[[int], float]) -> list[float]:
    """List what an instruction's primitive is called with: the operands, then the parameter.

    Args:
        instruction: Any but a constant.
        read: From a slot to its number.

    >>> operand_numbers(Instruction("constant_power", (0,), 2.0), [3.0].__getitem__)
    [3.0, 2.0]
    """
    numbers = [read(slot) for slot in instruction.operands]
    if isinstance(instruction.parameter, float):
        numbers.append(instruction.parameter)
    return numbers


def run(program: Program, numbers: Sequence[float]) -> tuple[float, ...]:
    """Run a program, one instruction after another: what a program means.

    Args:
        program: What to run.
        numbers: One per input and then one per parameter.

    Returns:
        One number per output.

    Raises:
        ShapeError: If there are more or fewer numbers than inputs and parameters.

    >>> from microfp import native, value
    >>> x = value(3.0)
    >>> run(native.lower([x * x, -x], inputs=[x]), [4.0])
    (16.0, -4.0)
    """
    check_kind("run", "program", program, Program, example="native.lower(output, inputs)")
    check_like("run", "numbers", numbers, Sequence, "a sequence of numbers")
    if len(numbers) != program.leaf_count:
        raise ShapeError(
            f"run: numbers must be {program.leaf_count}, one per input and parameter, "
            f"got {len(numbers)}"
        )
    slots = list(numbers)
    for instruction in program.instructions:  # a plain loop: each result is read by the next
        slots.append(_result(instruction, slots))
    return tuple(slots[slot] for slot in program.outputs)


def _result(instruction: Instruction, slots: Sequence[float]) -> float:
    if instruction.op == CONSTANT and isinstance(instruction.parameter, float):
        return instruction.parameter
    return primitive_of(instruction).forward(*operand_numbers(instruction, slots.__getitem__))
