"""Looped programs: programs that are run once, and programs that are run turn after turn.

A program has no branches. What a scan does is one program for all of its steps, run in a loop. So
a graph with scans becomes several programs, which pass numbers on in *cells*: each reads some, and
writes some. Those of a loop may move from turn to turn.

>>> from microfp import func
>>> from microfp.compiler.trace.repeats import tracing_repeats
>>> from microfp.compiler.trace.stand_ins import traced_leaf
>>> w, xs = traced_leaf("w"), [traced_leaf(f"x{i}") for i in range(3)]
>>> graph, repeats = tracing_repeats(
...     lambda: func.scan(lambda h, x: (w * h + x, None), 1.0, xs)[0], lambda last: [last]
... )
>>> from microfp.compiler.ir.turnings import lowered, turning_of
>>> looped = lowered([graph], xs, [w], [turning_of(repeat) for repeat in repeats])
>>> print(looped)
inputs      c0 .. c2
c3 = 1.0
loop        3 turns t, forwards
  %3 = mul w c3
  %4 = add %3 c[t]
  c3 = %4
c4 = c3
outputs     c4
"""

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from microfp.compiler.ir.program import CONSTANT, Instruction, Program, formula_text, run
from microfp.record import Record, attr

__all__ = ["Loop", "Looped", "Moving", "Piece", "cell_text", "head_text", "run_looped", "turns_of"]


class Moving(NamedTuple):
    """A cell that moves: `first + step * t` in turn t."""

    first: int
    step: int = 0


class Piece(NamedTuple):
    """A program that is run once."""

    program: Program
    """What is computed."""
    reads: tuple[Moving, ...]
    """The cells of its inputs, which do not move."""
    writes: tuple[Moving, ...]
    """The cells of its outputs, which are written when all are computed."""


class Loop(NamedTuple):
    """A program that is run turn after turn."""

    program: Program
    """What is computed in a turn."""
    reads: tuple[Moving, ...]
    """The cells of its inputs, in turn t."""
    writes: tuple[Moving, ...]
    """The cells of its outputs, which are written when all are computed."""
    turns: int
    """How many there are."""
    backwards: bool
    """Whether t goes from the last to 0."""


class Looped(Record):
    """Programs that pass numbers on in cells. The first cells are the inputs.

    >>> from microfp.compiler.trace.stand_ins import traced_leaf
    >>> from microfp.compiler.ir.turnings import lowered
    >>> x = traced_leaf("x")
    >>> looped = lowered([x * x], [x], [], [])
    >>> looped
    Looped(1 inputs, 0 parameters, 1 steps, 2 cells)
    >>> run_looped(looped, [3.0])
    (9.0,)
    """

    inputs: tuple[str, ...] = attr()
    """The names of the numbers that change from example to example."""
    parameters: tuple[str, ...] = attr()
    """The names of the numbers that all examples share."""
    cells: int = attr()
    """How many cells there are."""
    steps: tuple[Piece | Loop, ...] = attr()
    """What is run, in order."""
    outputs: range = attr()
    """The cells of the results."""

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """Those of all programs, one after another."""
        return tuple(chain.from_iterable(step.program.instructions for step in self.steps))

    @property
    def operations(self) -> int:
        """How many instructions are run for an example."""
        return sum(len(step.program.instructions) * turns_of(step) for step in self.steps)

    def __repr__(self) -> str:
        """Show how much there is; `print` shows every instruction."""
        counts = f"{len(self.steps):,} steps, {self.cells:,} cells"
        names = f"{len(self.inputs):,} inputs, {len(self.parameters):,} parameters"
        return f"Looped({names}, {counts})"

    def __str__(self) -> str:
        lines = chain.from_iterable(map(_lines, self.steps))
        ends = f"outputs     {_spelled(self.outputs)}"
        return "\n".join([f"inputs      {_spelled(range(len(self.inputs)))}", *lines, ends])


def turns_of(step: Piece | Loop) -> int:
    """How often a program is run.

    >>> from microfp.record import unchecked
    >>> turns_of(Piece(unchecked(Program, (), (), (), ()), (), ()))
    1
    """
    return step.turns if isinstance(step, Loop) else 1


def run_looped(looped: Looped, numbers: Sequence[float]) -> tuple[float, ...]:
    """Run the programs, one after another: what a looped program means.

    Args:
        looped: What to run.
        numbers: One per input and then one per parameter.
    """
    count = len(looped.inputs)
    cells = [*numbers[:count], *[math.nan] * (looped.cells - count)]
    for step in looped.steps:  # a loop: each reads what those before have written
        for t in _turns(step):
            given = [cells[at] for at in _at(step.reads, t)]
            results = run(step.program, [*given, *numbers[count:]])
            for at, result in zip(_at(step.writes, t), results, strict=True):
                cells[at] = result
    return tuple([cells[at] for at in looped.outputs])


def _turns(step: Piece | Loop) -> Sequence[int]:
    turns = range(turns_of(step))
    return turns[::-1] if isinstance(step, Loop) and step.backwards else turns


def _at(cells: Sequence[Moving], t: int) -> list[int]:
    return [cell.first + cell.step * t for cell in cells]


# As text.


def _lines(step: Piece | Loop) -> Iterator[str]:
    program = step.program
    names = [*map(cell_text, step.reads), *program.parameters]
    indent = ""
    if isinstance(step, Loop):
        yield head_text(step)
        indent = "  "
    for slot, instruction in enumerate(program.instructions, program.leaf_count):
        names.append(repr(instruction.parameter) if instruction.op == CONSTANT else f"%{slot}")
        if instruction.op != CONSTANT:
            yield f"{indent}%{slot} = {formula_text(instruction, names)}"
    for cell, slot in zip(step.writes, program.outputs, strict=True):
        yield f"{indent}{cell_text(cell)} = {names[slot]}"


def head_text(loop: Loop) -> str:
    """Write how often a loop runs, and in which direction.

    >>> from microfp.record import unchecked
    >>> head_text(Loop(unchecked(Program, (), (), (), ()), (), (), 100, backwards=True))
    'loop        100 turns t, backwards'
    """
    order = "backwards" if loop.backwards else "forwards"
    return f"loop        {loop.turns:,} turns t, {order}"


def cell_text(cell: Moving) -> str:
    """Write which cell is meant, in turn t.

    >>> cell_text(Moving(3)), cell_text(Moving(3, 2))
    ('c3', 'c[2t + 3]')
    """
    if not cell.step:
        return f"c{cell.first}"
    moved = "t" if cell.step == 1 else f"{cell.step}t"
    return f"c[{moved} + {cell.first}]" if cell.first else f"c[{moved}]"


def _spelled(cells: range) -> str:
    if len(cells) > 2:
        return f"c{cells[0]} .. c{cells[-1]}"
    return " ".join(f"c{cell}" for cell in cells)
