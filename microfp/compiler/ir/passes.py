"""Lowering: from a graph of values to a program, and from programs to smaller ones.

Every pass is a pure function from a program to a program that gives the same bits.

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

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from microfp.base.checks import check_kind, wrong_kind
from microfp.compiler.ir.program import (
    CONSTANT,
    Instruction,
    Program,
    operand_numbers,
    primitive_of,
)
from microfp.values import LEAF, Value, topological_order, total

__all__ = [
    "PASSES",
    "expand_totals",
    "fold_constants",
    "lower",
    "remove_dead_code",
    "remove_identities",
    "share_subexpressions",
    "translate",
]

Pass: TypeAlias = Callable[[Program], Program]


def lower(
    output: Value | Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value] = ()
) -> Program:
    """Turn a graph into a program: translated, folded, shared, and without dead code.

    It is `translate` and then each of `PASSES`; but all rules are applied to a node at once, so
    that a graph of a million nodes is gone through once, and not once for each pass.

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
    return remove_dead_code(_written(outputs, inputs, parameters, [*RULES, _sharing()]))


def _nodes(name: str, expected: str, given: object) -> tuple[Value, ...]:
    """What `lower` is given under a name, if it is nodes."""
    if isinstance(given, Value) or not isinstance(given, Iterable):
        raise wrong_kind("lower", name, expected, given)
    return tuple([check_kind("lower", f"each of {name}", node, Value) for node in given])


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
    return _written(output, inputs, parameters, ())


def _written(
    output: Value | Sequence[Value],
    inputs: Sequence[Value],
    parameters: Sequence[Value],
    rules: "Sequence[Rule]",
) -> Program:
    """Write a graph as a program, each node as what the rules make of it, one after another."""
    outputs = (output,) if isinstance(output, Value) else tuple(output)
    leaves = (*inputs, *parameters)
    slots = {leaf: slot for slot, leaf in enumerate(leaves)}
    definitions: Definitions = [None] * len(leaves)
    for node in topological_order(total(outputs))[:-1]:  # a loop: each slot depends on earlier ones
        if node not in slots:
            slots[node] = _defined(_instruction(node, slots), definitions, rules)
    return Program.unchecked(
        _names("x", inputs),
        _names("p", parameters),
        tuple(definitions[len(leaves) :]),
        tuple([slots[node] for node in outputs]),
    )


def _instruction(node: Value, slots: dict[Value, int]) -> Instruction:
    if node.op == LEAF:
        return Instruction(CONSTANT, (), node.data)
    return Instruction(node.op, tuple([slots[parent] for parent in node.parents]), node.parameter)


def _names(prefix: str, leaves: Sequence[Value]) -> tuple[str, ...]:
    labels = [leaf.label for leaf in leaves]
    usable = all(label and label.isidentifier() for label in labels)
    unique = len(set(labels)) == len(labels)
    return tuple(
        label if usable and unique and label else f"{prefix}{i}" for i, label in enumerate(labels)
    )


Definitions: TypeAlias = list[Instruction | None]
"""What defines each slot so far; None for inputs and parameters."""

Rule: TypeAlias = Callable[[Instruction, Definitions], "Instruction | int"]
"""What becomes of an instruction: another one, or the slot of an earlier one.

It is given the instruction, its operands already renumbered, and what defines each slot so far.
"""


def _defined(instruction: Instruction, definitions: Definitions, rules: Sequence[Rule]) -> int:
    """Define one more slot as the rules say; return it, or the earlier one that they found."""
    for rule in rules:
        result = rule(instruction, definitions)
        if type(result) is int:
            return result
        instruction = result  # type: ignore[assignment]  # no int, so an instruction
    definitions.append(instruction)
    return len(definitions) - 1


def _rewritten(program: Program, rule: Rule) -> Program:
    """Apply a rule to each instruction in turn, and renumber the slots."""
    definitions: Definitions = [None] * program.leaf_count
    slots = list(range(program.leaf_count))
    for op, operands, parameter in program.instructions:  # a loop: the fast form
        renumbered = Instruction(op, tuple([slots[slot] for slot in operands]), parameter)
        slots.append(_defined(renumbered, definitions, (rule,)))
    return Program.unchecked(
        program.inputs,
        program.parameters,
        tuple(definitions[program.leaf_count :]),
        tuple(slots[slot] for slot in program.outputs),
    )


def _constant(slot: int, definitions: Definitions) -> float | None:
    """The number in a slot, where it is a constant."""
    instruction = definitions[slot]
    if instruction is None or instruction[0] != CONSTANT:
        return None
    parameter = instruction[2]
    return parameter if isinstance(parameter, float) else None


def fold_constants(program: Program) -> Program:
    """Compute what depends on constants alone.

    >>> from microfp import value
    >>> print(fold_constants(translate(value(2.0) * 3.0, inputs=[])))
    inputs
    parameters
    outputs     6.0
    """
    return _rewritten(program, _folded)


def _folded(instruction: Instruction, definitions: Definitions) -> Instruction | int:
    if instruction[0] == CONSTANT:
        return instruction
    known: dict[int, float] = {}
    for slot in instruction[1]:  # a loop that ends at the first variable: most have one
        number = _constant(slot, definitions)
        if number is None:
            return instruction
        known[slot] = number
    operands = operand_numbers(instruction, known.__getitem__)
    return Instruction(CONSTANT, (), primitive_of(instruction).forward(*operands))


def remove_identities(program: Program) -> Program:
    """Replace what only copies its operand, such as x * 1.0, and write x * -1.0 as -x.

    An added 0.0 stays: it turns -0.0 into 0.0.

    >>> from microfp import value
    >>> x = value(2.0)
    >>> print(remove_dead_code(remove_identities(translate(x * 1.0 + (-x) * -1.0, inputs=[x]))))
    inputs      x0
    parameters
    %1 = add x0 x0
    outputs     %1
    """
    return _rewritten(program, _without_identity)


def _without_identity(instruction: Instruction, definitions: Definitions) -> Instruction | int:
    op, operands, _ = instruction
    rule = _IDENTITIES.get(op)
    if rule is None:
        return instruction
    return rule(instruction, definitions) if len(operands) < 3 else instruction


def _of_product(instruction: Instruction, definitions: Definitions) -> Instruction | int:
    for factor, other in (instruction.operands, instruction.operands[::-1]):
        number = _constant(factor, definitions)
        if number == 1.0:
            return other
        if number == -1.0:
            return _of_negation(Instruction("neg", (other,)), definitions)
    return instruction


def _of_negation(instruction: Instruction, definitions: Definitions) -> Instruction | int:
    inner = definitions[instruction.operands[0]]
    return inner.operands[0] if inner is not None and inner.op == "neg" else instruction


def _of_quotient(instruction: Instruction, definitions: Definitions) -> Instruction | int:
    by_one = _constant(instruction.operands[1], definitions) == 1.0
    return instruction.operands[0] if by_one else instruction


_IDENTITIES: dict[str, Rule] = {
    "mul": _of_product,
    "neg": _of_negation,
    "divide": _of_quotient,
    "stop_gradient": lambda it, _: it.operands[0],
    "total": lambda it, _: it.operands[0] if len(it.operands) == 1 else it,
}


def share_subexpressions(program: Program) -> Program:
    """Compute the same thing once: same primitive, same parameter, same operands.

    >>> from microfp import value
    >>> x = value(2.0)
    >>> print(share_subexpressions(translate(x * x + x * x, inputs=[x])))
    inputs      x0
    parameters
    %1 = mul x0 x0
    %2 = add %1 %1
    outputs     %2
    """
    return _rewritten(program, _sharing())


def _sharing() -> Rule:
    """A rule that remembers what it has seen, for one program."""
    seen: dict[object, int] = {}

    def shared(instruction: Instruction, definitions: Definitions) -> Instruction | int:
        slot = seen.setdefault(_identity(instruction), len(definitions))
        return instruction if slot == len(definitions) else slot

    return shared


def _identity(instruction: Instruction) -> object:
    """What tells one instruction from another: 0.0 and -0.0 are equal, and yet two constants."""
    parameter = instruction[2]
    if parameter is None:
        return instruction
    return (*instruction[:2], parameter.hex()) if isinstance(parameter, float) else instruction


def expand_totals(program: Program) -> Program:
    """Write each sum of many terms as additions of two, from left to right.

    >>> from microfp import total, value
    >>> x = value(2.0)
    >>> print(expand_totals(translate(total([x, x, x]), inputs=[x])))
    inputs      x0
    parameters
    %1 = add x0 x0
    %2 = add %1 x0
    outputs     %2
    """
    definitions: list[Instruction] = []
    slots = list(range(program.leaf_count))
    for op, operands, parameter in program.instructions:  # a loop: one becomes several
        renumbered = [slots[slot] for slot in operands]
        parts = (
            _additions(renumbered, program.leaf_count + len(definitions))
            if op == "total" and len(operands) > 1
            else [Instruction(op, tuple(renumbered), parameter)]
        )
        definitions += parts
        slots.append(program.leaf_count + len(definitions) - 1)
    return Program.unchecked(
        program.inputs,
        program.parameters,
        tuple(definitions),
        tuple(slots[slot] for slot in program.outputs),
    )


def _additions(terms: Sequence[int], first_slot: int) -> list[Instruction]:
    so_far = [terms[0], *range(first_slot, first_slot + len(terms) - 2)]
    return [Instruction("add", pair) for pair in zip(so_far, terms[1:], strict=True)]


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
    first, live = program.leaf_count, _live(program)
    if all(live[first:]):
        return program
    moved = list(range(first))
    kept: list[Instruction] = []
    for (op, operands, parameter), needed in zip(program.instructions, live[first:], strict=True):
        moved.append(first + len(kept))  # of a slot that is dropped, read by nobody
        if needed:
            kept.append(Instruction(op, tuple([moved[slot] for slot in operands]), parameter))
    outputs = tuple(moved[slot] for slot in program.outputs)
    return Program.unchecked(program.inputs, program.parameters, tuple(kept), outputs)


def _live(program: Program) -> list[bool]:
    """Whether an output depends on each slot."""
    first, instructions = program.leaf_count, program.instructions
    live = [False] * (first + len(instructions))
    for slot in program.outputs:
        live[slot] = True
    for slot in range(len(live) - 1, first - 1, -1):
        if live[slot]:
            for operand in instructions[slot - first].operands:
                live[operand] = True
    return live


RULES: tuple[Rule, ...] = (_folded, _without_identity)
"""What `lower` does to each instruction, before it looks for an earlier one that is the same."""

PASSES: tuple[Pass, ...] = (
    fold_constants,
    remove_identities,
    share_subexpressions,
    remove_dead_code,
)
"""What `lower` does to a translated graph, in this order."""
