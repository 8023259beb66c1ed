"""Lowering: from a graph of values to a program, and from programs to smaller ones.

A graph is translated, and then goes through `PASSES`, one after another. Each of them is a pure
function from a program to a program that gives the same bits.

>>> from microfp import value
>>> x = value(2.0, label="x")
>>> y = x * x
>>> print(lower(y + y * 1.0, inputs=[x]))
inputs      x
parameters
%1 = mul x x
%2 = add %1 %1
outputs     %2
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from microfp.base.checks import check_kind, wrong_kind
from microfp.base.collecting import uncollected
from microfp.base.order import post_order
from microfp.compiler.ir.liveness import live_slots
from microfp.compiler.ir.program import (
    CONSTANT,
    Instruction,
    Program,
    operand_numbers,
    primitive_of,
)
from microfp.ops import IDENTITIES_OF_PROGRAMS, reduced, sharing_key
from microfp.toolbox import last
from microfp.values import LEAF, Value, topological_order, total

__all__ = [
    "PASSES",
    "Pass",
    "leaf_names",
    "lower",
    "lowered_step_by_step",
    "remove_dead_code",
    "share_subexpressions",
    "simplify_instructions",
    "translate",
]

Pass: TypeAlias = Callable[[Program], Program]


@uncollected
def lower(
    output: Value | Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value] = ()
) -> Program:
    """Turn a graph into a program: translated, simplified, shared, and without dead code.

    Args:
        output: The node to compute, or several of them.
        inputs: The leaves that change from example to example.
        parameters: The leaves that all examples share. Every other leaf is a constant.

    Raises:
        TypeError: If one of them is no Value.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> print(lower(x * (value(2.0) + 1.0), inputs=[x]))
    inputs      x
    parameters
    %2 = mul x 3.0
    outputs     %2
    """
    several = (output,) if isinstance(output, Value) else output
    outputs = _nodes("output", "a Value, or several", several)
    inputs = _nodes("inputs", "several Values", inputs)
    parameters = _nodes("parameters", "several Values", parameters)
    _, program = last(lowered_step_by_step(translate(outputs, inputs, parameters)))
    return program


def _nodes(name: str, expected: str, given: object) -> tuple[Value, ...]:
    """What `lower` is given under a name, if it is nodes."""
    if isinstance(given, Value) or not isinstance(given, Iterable):
        raise wrong_kind("lower", name, expected, given)
    return tuple([check_kind("lower", f"each of {name}", node, Value) for node in given])


def lowered_step_by_step(program: Program) -> Iterator[tuple[str, Program]]:
    """Run the passes, and yield the name of each and what it has made of the program.

    Args:
        program: A translated graph.

    >>> from microfp import value
    >>> x = value(3.0)
    >>> steps = lowered_step_by_step(translate(x * x * 1.0 + x * x, inputs=[x]))
    >>> [(name, len(program.instructions)) for name, program in steps]
    [('simplify_instructions', 4), ('share_subexpressions', 3), ('remove_dead_code', 2)]
    """
    for apply in PASSES:  # a loop: each pass takes what the one before it has made
        program = apply(program)
        yield apply.__name__, program


# Translation.


def translate(
    output: Value | Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value] = ()
) -> Program:
    """Write a graph as a program, node by node in topological order.

    Args:
        output: The node to compute, or several of them.
        inputs: The leaves that change from example to example; named by their labels, else x0,
            x1 and so on.
        parameters: The leaves that all examples share; else named p0, p1 and so on.

    >>> from microfp import value
    >>> x = value(3.0)
    >>> len(translate(x * 1.0 + 2.0, inputs=[x]).instructions)
    4
    """
    outputs = (output,) if isinstance(output, Value) else tuple(output)
    slots = {leaf: slot for slot, leaf in enumerate((*inputs, *parameters))}
    instructions: list[Instruction] = []
    first, slot_of = len(inputs) + len(parameters), slots.__getitem__
    for node in _order(outputs, slots):  # a loop: each slot depends on earlier ones
        if node not in slots:
            slots[node] = first + len(instructions)
            op = node.op
            instructions.append(
                Instruction(CONSTANT, (), node.data)
                if op == LEAF
                else _made((op, tuple(map(slot_of, node.parents)), node.parameter))
            )
    return Program.unchecked(
        leaf_names("x", inputs),
        leaf_names("p", parameters),
        tuple(instructions),
        tuple([slots[node] for node in outputs]),
    )


def _order(outputs: Sequence[Value], leaves: Collection[Value]) -> Sequence[Value]:
    """The nodes to be computed, in an order in which they can be; what a leaf is made of is not."""
    if not any(leaf.parents for leaf in leaves):
        return topological_order(total(outputs))[:-1]
    above: dict[Value, tuple[Value, ...]] = dict.fromkeys(leaves, ())
    return post_order(total(outputs), lambda node: above.get(node, node.parents))[:-1]


_made: Callable[[tuple[object, ...]], Instruction] = partial(tuple.__new__, Instruction)
"""An instruction of its fields, without a call in Python; there are hundreds of thousands."""


def leaf_names(prefix: str, leaves: Sequence[Value]) -> tuple[str, ...]:
    """Name leaves: by their labels, if these are different names, or else by their numbers.

    >>> from microfp import value
    >>> leaf_names("x", [value(1.0, label="a"), value(2.0)])
    ('x0', 'x1')
    """
    labels = [leaf.label for leaf in leaves]
    usable = all(label and label.isidentifier() for label in labels)
    unique = len(set(labels)) == len(labels)
    return tuple(
        label if usable and unique and label else f"{prefix}{i}" for i, label in enumerate(labels)
    )


# What several passes do: go through a program and define slot after slot anew.


class Definitions(list[Instruction | None]):
    """What defines each slot so far, None for inputs and parameters; the rules can ask it."""

    __slots__ = ("constant", "constants")

    def __init__(self, leaf_count: int) -> None:
        """Begin with inputs and parameters."""
        super().__init__([None] * leaf_count)
        self.constants: dict[int, float] = {}
        self.constant: Callable[[int], float | None] = self.constants.get
        """The number of a slot that holds a constant, else None."""

    def define(self, instruction: Instruction) -> None:
        """Let an instruction define the next slot."""
        if instruction[0] == CONSTANT and isinstance(instruction[2], float):
            self.constants[len(self)] = instruction[2]
        self.append(instruction)

    def negated(self, slot: int) -> int | None:
        """The slot that a slot is the negative of, else None."""
        instruction = self[slot]
        if instruction is None or instruction.op != "neg" or instruction.parameter is not None:
            return None
        return instruction.operands[0]


Step: TypeAlias = Callable[[Instruction, Definitions], Instruction | int]
"""What becomes of an instruction: another one, or the slot of an earlier one.

It is given the instruction, its operands already renumbered, and what defines each slot so far.
"""


def _rewritten(program: Program, step: Step) -> Program:
    """Take a step for each instruction in turn, and renumber the slots."""
    definitions, has_moved = Definitions(program.leaf_count), False
    slots = list(range(program.leaf_count))
    for instruction in program.instructions:  # a loop: the fast form
        found = step(_renumbered(instruction, slots) if has_moved else instruction, definitions)
        if type(found) is int:
            slots.append(found)
            has_moved = True
        else:
            slots.append(len(definitions))
            definitions.define(found)  # type: ignore[arg-type]  # no int, so an instruction
    return Program.unchecked(
        program.inputs,
        program.parameters,
        tuple(definitions[program.leaf_count :]),
        tuple([slots[slot] for slot in program.outputs]),
    )


def _renumbered(instruction: Instruction, slots: Sequence[int]) -> Instruction:
    op, operands, parameter = instruction
    if len(operands) == 2:  # most have two, or one
        first, second = operands
        return _made((op, (slots[first], slots[second]), parameter))
    return _made((op, tuple([slots[slot] for slot in operands]), parameter))


# Pass: simplify instructions.


def simplify_instructions(program: Program) -> Program:
    """Compute what depends on constants alone, and apply `ops.IDENTITIES_OF_PROGRAMS`.

    >>> from microfp import value
    >>> x = value(2.0)
    >>> simple = simplify_instructions(translate((x - 0.0) * (value(2.0) * 3.0), inputs=[x]))
    >>> print(remove_dead_code(simple))
    inputs      x0
    parameters
    %2 = mul x0 6.0
    outputs     %2
    """
    return _rewritten(program, _simplified)


def _simplified(instruction: Instruction, definitions: Definitions) -> Instruction | int:
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


# Pass: share subexpressions.


def share_subexpressions(program: Program) -> Program:
    """Compute the same thing once: same primitive, same parameter, same operands.

    The operands of a sum or a product may stand in either order.

    >>> from microfp import value
    >>> x, y = value(2.0), value(3.0)
    >>> print(share_subexpressions(translate(x * y + y * x, inputs=[x, y])))
    inputs      x0 x1
    parameters
    %2 = mul x0 x1
    %3 = add %2 %2
    outputs     %3
    """
    known: dict[object, int] = {}

    def shared(instruction: Instruction, definitions: Definitions) -> Instruction | int:
        here = len(definitions)
        slot = known.setdefault(sharing_key(*instruction), here)
        return instruction if slot == here else slot

    return _rewritten(program, shared)


# Pass: remove dead code.


def remove_dead_code(program: Program) -> Program:
    """Drop the instructions that no output depends on.

    >>> from microfp import value
    >>> x = value(2.0)
    >>> y = x * x
    >>> print(remove_dead_code(translate([x + 1.0, y], inputs=[x]).set(outputs=(3,))))
    inputs      x0
    parameters
    %1 = mul x0 x0
    outputs     %1
    """
    first, live = program.leaf_count, live_slots(program, program.outputs)
    if all(live[first:]):
        return program
    moved = list(range(first))
    kept: list[Instruction] = []
    for instruction, needed in zip(program.instructions, live[first:], strict=True):
        moved.append(first + len(kept))  # of a slot that is dropped, read by nobody
        if needed:
            kept.append(_renumbered(instruction, moved))
    outputs = tuple(moved[slot] for slot in program.outputs)
    return Program.unchecked(program.inputs, program.parameters, tuple(kept), outputs)


PASSES: tuple[Pass, ...] = (simplify_instructions, share_subexpressions, remove_dead_code)
"""What `lower` does to a translated graph, in this order."""
