"""JavaScript source: a program as a function over arrays, in the program's order.

Sums, products, comparisons and roots give the program's bits, since JavaScript follows IEEE 754;
exponentials, logarithms and the like are those of the engine, which may differ in the last place.

>>> from microfp import native, relu, value
>>> x, w = value(2.0, label="x"), value(3.0, label="w")
>>> print(javascript_source(native.lower(relu(x * w), inputs=[x], parameters=[w])))
function program(x, p, g, o) {
  const v0 = x[0];
  const v1 = p[0];
  const v2 = v0 * v1;
  const v3 = v2 <= 0 ? 0 : v2;
  o[0] = v3;
}

Why in pieces. Engines optimise no function of more than some ten thousand operations, so a long
program is a row of functions, which hand on what they need in an array.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from microfp.base.checks import check_count, check_kind
from microfp.compiler.ir.program import CONSTANT, Program
from microfp.ops import javascript_number, to_javascript

__all__ = ["javascript_source"]

PIECE = 250
"""How many instructions stand in one function."""


class _Plan(NamedTuple):
    """What the writing of a program needs to know."""

    program: Program
    carried: int
    """How many of the last inputs, and of the last outputs, share their places."""

    @property
    def last(self) -> int:
        """The last piece."""
        return max(0, len(self.program.instructions) - 1) // PIECE

    def piece_of(self, slot: int) -> int:
        """The piece that a slot is computed in; leaves are there from the beginning."""
        return max(0, slot - self.program.leaf_count) // PIECE

    def is_leaf(self, slot: int) -> bool:
        return slot < self.program.leaf_count

    def number(self, slot: int) -> float | None:
        """The number of a slot that is a constant."""
        if self.is_leaf(slot):
            return None
        instruction = self.program.instructions[slot - self.program.leaf_count]
        found = instruction.parameter
        return found if instruction.op == CONSTANT and isinstance(found, float) else None

    def name(self, slot: int) -> str:
        number = self.number(slot)
        return f"v{slot}" if number is None else javascript_number(number)


def javascript_source(program: Program, name: str = "program", *, carried: int = 0) -> str:
    """Write a program as a function of four arrays: inputs, parameters, what is carried, outputs.

    Args:
        program: The program.
        name: What the function is called.
        carried: How many of the last inputs are running sums, which the last outputs are written
            back into: they stand in the third array.

    Returns:
        The text of `name(x, p, g, o)`, in several functions and an array where it is long.

    Raises:
        CompileError: If a primitive has no form in JavaScript.

    >>> from microfp import exp, native, value
    >>> x = value(1.0, label="x")
    >>> "Math.exp(v0)" in javascript_source(native.lower(exp(x), inputs=[x]), "power")
    True
    """
    check_count("javascript_source", "carried", carried)
    check_kind(
        "javascript_source", "program", program, Program, example="native.lower(output, inputs)"
    )
    plan = _Plan(program, carried)
    written_in = _pieces_of_outputs(plan)
    handed_on = {slot: place for place, slot in enumerate(_handed_on(plan, written_in))}
    bodies = [_body(plan, piece, written_in, handed_on) for piece in range(plan.last + 1)]
    if len(bodies) == 1:
        return _function(name, "x, p, g, o", bodies[0])
    calls = [f"{name}{piece}(x, p, g, o, {name}Slots);" for piece in range(len(bodies))]
    parts = [
        _function(f"{name}{piece}", "x, p, g, o, s", body) for piece, body in enumerate(bodies)
    ]
    slots = f"const {name}Slots = new Float64Array({len(handed_on)});"
    return "\n".join([slots, *parts, _function(name, "x, p, g, o", calls)])


def _function(name: str, arguments: str, body: Iterable[str]) -> str:
    return "\n".join([f"function {name}({arguments}) {{", *(f"  {line}" for line in body), "}"])


def _body(
    plan: _Plan, piece: int, written_in: Sequence[int], handed_on: dict[int, int]
) -> Iterator[str]:
    """The lines of one piece: what it reads, what it computes, and what it leaves behind."""
    first = plan.program.leaf_count + piece * PIECE
    instructions = plan.program.instructions[piece * PIECE : (piece + 1) * PIECE]
    for slot in sorted(_read_in(plan, piece, written_in)):
        yield f"const v{slot} = {_load(plan, slot, handed_on)};"
    for slot, (op, operands, parameter) in enumerate(instructions, first):
        if op != CONSTANT:
            formula = to_javascript(op, [plan.name(it) for it in operands], parameter)
            yield f"const v{slot} = {formula};"
    for slot, place in handed_on.items():
        if first <= slot < first + PIECE:
            yield f"s[{place}] = v{slot};"
    for output, slot in enumerate(plan.program.outputs):
        if written_in[output] == piece:
            yield f"{_store(plan, output)} = {plan.name(slot)};"


def _read_in(plan: _Plan, piece: int, written_in: Sequence[int]) -> set[int]:
    """The slots that a piece reads and does not compute."""
    instructions = plan.program.instructions[piece * PIECE : (piece + 1) * PIECE]
    read = {slot for instruction in instructions for slot in instruction.operands}
    read |= {
        slot for slot, where in zip(plan.program.outputs, written_in, strict=True) if where == piece
    }
    return {
        slot
        for slot in read
        if plan.number(slot) is None and (plan.is_leaf(slot) or plan.piece_of(slot) != piece)
    }


def _pieces_of_outputs(plan: _Plan) -> list[int]:
    """The piece in which each output is written: none before what it overwrites has been read."""
    program = plan.program
    last_read = dict.fromkeys(range(program.leaf_count), 0)
    for place, instruction in enumerate(program.instructions):
        for slot in instruction.operands:
            if slot in last_read:
                last_read[slot] = place // PIECE
    leaves = {slot for slot in program.outputs if plan.is_leaf(slot)}
    return [
        plan.last
        if leaves
        else max(plan.piece_of(slot), last_read.get(_overwritten(plan, output), 0))
        for output, slot in enumerate(program.outputs)
    ]


def _overwritten(plan: _Plan, output: int) -> int:
    """The input whose place an output takes; -1 where it has one of its own."""
    place = output - (len(plan.program.outputs) - plan.carried)
    return len(plan.program.inputs) - plan.carried + place if place >= 0 else -1


def _handed_on(plan: _Plan, written_in: Sequence[int]) -> list[int]:
    """The slots that a later piece reads, in order."""
    found = {
        slot
        for piece in range(1, plan.last + 1)
        for slot in _read_in(plan, piece, written_in)
        if not plan.is_leaf(slot)
    }
    return sorted(found)


def _load(plan: _Plan, slot: int, handed_on: dict[int, int]) -> str:
    if not plan.is_leaf(slot):
        return f"s[{handed_on[slot]}]"
    inputs = len(plan.program.inputs)
    if slot >= inputs:
        return f"p[{slot - inputs}]"
    carried = slot - (inputs - plan.carried)
    return f"x[{slot}]" if carried < 0 else f"g[{carried}]"


def _store(plan: _Plan, output: int) -> str:
    carried = output - (len(plan.program.outputs) - plan.carried)
    return f"o[{output}]" if carried < 0 else f"g[{carried}]"
