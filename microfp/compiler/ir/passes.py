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
from typing import TypeAlias

from microfp.base.checks import check_kind, wrong_kind
from microfp.base.collecting import uncollected
from microfp.base.order import post_order
from microfp.compiler.ir.definitions import Definitions, made, simplified
from microfp.compiler.ir.liveness import live_slots
from microfp.compiler.ir.program import CONSTANT, Instruction, Program
from microfp.ops import sharing_key
from microfp.record import unchecked
from microfp.values import LEAF, Value, topological_order, total

__all__ = [
    "PASSES",
    "Pass",
    "leaf_names",
    "lower",
    "lowered_step_by_step",
    "place_nodes",
    "remove_dead_code",
    "share_subexpressions",
    "simplify_instructions",
    "translate",
    "translate_smaller",
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
    return remove_dead_code(translate_smaller(outputs, inputs, parameters))


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
                else made((op, tuple(map(slot_of, node.parents)), node.parameter))
            )
    return unchecked(
        Program,
        leaf_names("x", inputs),
        leaf_names("p", parameters),
        tuple(instructions),
        tuple([slots[node] for node in outputs]),
    )


def translate_smaller(
    outputs: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value] = ()
) -> Program:
    """Translate, simplify and share in one walk: what the passes make of it, but for dead code.

    >>> from microfp import value
    >>> x = value(3.0)
    >>> print(translate_smaller([x * x * 1.0 + x * x], inputs=[x]))
    inputs      x0
    parameters
    %1 = mul x0 x0
    %3 = add %1 %1
    outputs     %3
    """
    slots = {leaf: slot for slot, leaf in enumerate((*inputs, *parameters))}
    definitions = Definitions(len(slots))
    place_nodes(_order(outputs, slots), slots, definitions)
    return unchecked(
        Program,
        leaf_names("x", inputs),
        leaf_names("p", parameters),
        tuple(definitions[len(inputs) + len(parameters) :]),
        tuple([slots[node] for node in outputs]),
    )


def place_nodes(order: Iterable[Value], slots: dict[Value, int], definitions: Definitions) -> None:
    """Find a slot for each node that has none yet.

    Args:
        order: The nodes, parents before children.
        slots: The slots of nodes, which others are added to.
        definitions: What defines the slots, which others are added to.

    >>> from microfp import value
    >>> x = value(3.0)
    >>> slots, definitions = {x: 0}, Definitions(1)
    >>> place_nodes(topological_order(x * x), slots, definitions)
    >>> list(slots.values()), definitions[1]
    ([0, 1], Instruction(op='mul', operands=(0, 0), parameter=None))
    """
    slot_of, placed = slots.__getitem__, definitions.placed
    for node in order:  # a loop: each slot depends on earlier ones
        if node not in slots:
            op = node.op
            slots[node] = (
                placed(CONSTANT, (), node.data)
                if op == LEAF
                else placed(op, tuple(map(slot_of, node.parents)), node.parameter)
            )


def _order(outputs: Sequence[Value], leaves: Collection[Value]) -> Sequence[Value]:
    """The nodes to be computed, in an order in which they can be; what a leaf is made of is not."""
    if not any(leaf.parents for leaf in leaves):
        return topological_order(total(outputs))[:-1]
    above: dict[Value, tuple[Value, ...]] = dict.fromkeys(leaves, ())
    return post_order(total(outputs), lambda node: above.get(node, node.parents))[:-1]


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
    return unchecked(
        Program,
        program.inputs,
        program.parameters,
        tuple(definitions[program.leaf_count :]),
        tuple([slots[slot] for slot in program.outputs]),
    )


def _renumbered(instruction: Instruction, slots: Sequence[int]) -> Instruction:
    op, operands, parameter = instruction
    if len(operands) == 2:  # most have two, or one
        first, second = operands
        return made((op, (slots[first], slots[second]), parameter))
    return made((op, tuple([slots[slot] for slot in operands]), parameter))


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
    return _rewritten(program, simplified)


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
    kept = list(program.instructions[: live.index(False, first) - first])  # as they are
    moved = list(range(first + len(kept)))
    for place in range(len(kept), len(program.instructions)):
        moved.append(first + len(kept))  # of a slot that is dropped, read by nobody
        if live[first + place]:
            kept.append(_renumbered(program.instructions[place], moved))
    outputs = tuple(moved[slot] for slot in program.outputs)
    return unchecked(Program, program.inputs, program.parameters, tuple(kept), outputs)


PASSES: tuple[Pass, ...] = (simplify_instructions, share_subexpressions, remove_dead_code)
"""What `lower` does to a translated graph, in this order."""
