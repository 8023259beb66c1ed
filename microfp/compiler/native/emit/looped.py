"""Looped programs as LLVM IR: the loops of scans around the loop nests of their programs.

Each program is rolled into nests, as any other. All programs of an example work on the same cells,
one vector each, with a lane an example. What a turn of a loop finds at cells that move is copied to
cells that do not, where the nests read it; what they give is copied to where it belongs.

>>> from microfp import func
>>> from microfp.compiler.ir.turnings import lowered, turning_of
>>> from microfp.compiler.trace.repeats import tracing_repeats
>>> from microfp.compiler.trace.stand_ins import traced_leaf
>>> w, xs = traced_leaf("w"), [traced_leaf(f"x{i}") for i in range(100)]
>>> graph, repeats = tracing_repeats(
...     lambda: func.scan(lambda h, x: (w * h + x, None), 1.0, xs)[0], lambda last: [last]
... )
>>> plan = rolled_steps(lowered([graph], xs, [w], [turning_of(repeat) for repeat in repeats]))
>>> print(plan)
nest    1        n0 = 1.0
c100 = n0
loop        100 turns t, forwards
  c102 = c[t]
  nest    1        n0 = p0 * x100 + x102
  c100 = n0
nest    1        n0 = x100
c101 = n0
"""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from microfp.compiler.ir.looped import Loop, Looped, Moving, Piece, cell_text, head_text
from microfp.compiler.native.emit.blocks import examples_of, left_of
from microfp.compiler.native.emit.module import constants_text
from microfp.compiler.native.emit.nests import Scope, write_nest
from microfp.compiler.native.emit.structs import signature
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import Rolled
from microfp.compiler.native.roll import Cells, find_loops

__all__ = ["LoopedPlan", "looped_room", "looped_text", "rolled_steps"]

MOST_UNROLLED = 16
"""How many vectors are copied one after another; more of them in a loop."""


class Copy(NamedTuple):
    """Cells that are copied before a turn, from places that move."""

    source: Moving
    target: int
    count: int


class Stored(NamedTuple):
    """Nodes that are copied to cells after a turn."""

    node: int
    target: Moving
    count: int


class RolledStep(NamedTuple):
    """A program of several, in nests."""

    step: Piece | Loop
    """The program."""
    rolled: Rolled
    """Its nests."""
    copies: tuple[Copy, ...]
    """What is copied before each turn."""
    stores: tuple[Stored, ...]
    """What is copied after it."""


class LoopedPlan(NamedTuple):
    """All programs in nests; `print` shows them."""

    looped: Looped
    """The programs."""
    steps: tuple[RolledStep, ...]
    """The same, in nests."""
    cells: int
    """How many cells there are, with those to copy to."""

    @property
    def node_count(self) -> int:
        """How many nodes the largest program has."""
        return max((step.rolled.node_count for step in self.steps), default=0)

    @property
    def nest_count(self) -> int:
        """How many nests there are."""
        return sum(len(step.rolled.nests) for step in self.steps)

    def __str__(self) -> str:
        return "\n".join(chain.from_iterable(map(_lines, self.steps)))


def _lines(step: RolledStep) -> Iterator[str]:
    indent = "  " if isinstance(step.step, Loop) else ""
    if isinstance(step.step, Loop):
        yield head_text(step.step)
    for copy in step.copies:
        yield f"{indent}{_run('c', copy.target, copy.count)} = {_moving(copy.source, copy.count)}"
    for nest in step.rolled.nests:
        yield f"{indent}{nest}"
    for stored in step.stores:
        nodes = _run("n", stored.node, stored.count)
        yield f"{indent}{_moving(stored.target, stored.count)} = {nodes}"


def _run(kind: str, first: int, count: int) -> str:
    return f"{kind}{first}" if count == 1 else f"{kind}{first} .. {kind}{first + count - 1}"


def _moving(cell: Moving, count: int) -> str:
    last = Moving(cell.first + count - 1, cell.step)
    return cell_text(cell) if count == 1 else f"{cell_text(cell)} .. {cell_text(last)}"


def rolled_steps(looped: Looped) -> LoopedPlan:
    """Roll each of the programs.

    Args:
        looped: The programs.
    """
    steps, constants, room = list[RolledStep](), 0, 0
    for step in looped.steps:  # a loop: they share a table of constants
        places, copies = _placed(step, looped.cells)
        rolled = find_loops(step.program, summed=0, cells=Cells(places, constants))
        assert rolled is not None, "without a limit there is a result"
        constants += len(rolled.constants)
        room = max([room, *(copy.target + copy.count - looped.cells for copy in copies)])
        steps.append(RolledStep(step, rolled, tuple(copies), tuple(_stores(step, rolled))))
    return LoopedPlan(looped, tuple(steps), looped.cells + room)


def _placed(step: Piece | Loop, cells: int) -> tuple[list[int], list[Copy]]:
    """Where each input is read, and what is copied there before a turn."""
    places, copies = list[int](), list[Copy]()
    for read in step.reads:
        if not read.step:
            places.append(read.first)
            continue
        last = copies[-1] if copies else None
        target = last.target + last.count if last else cells
        places.append(target)
        if last and _follows(last.source, last.count, read):
            copies[-1] = last._replace(count=last.count + 1)
        else:
            copies.append(Copy(read, target, 1))
    return places, copies


def _follows(first: Moving, count: int, following: Moving) -> bool:
    return following == Moving(first.first + count, first.step)


def _stores(step: Piece | Loop, rolled: Rolled) -> Iterator[Stored]:
    """What is copied from nodes to cells, as few runs as there are."""
    so_far: Stored | None = None
    for load, write in zip(rolled.outputs, step.writes, strict=True):
        is_next = so_far is not None and load.base == so_far.node + so_far.count
        if so_far is not None and is_next and _follows(so_far.target, so_far.count, write):
            so_far = so_far._replace(count=so_far.count + 1)
            continue
        if so_far is not None:
            yield so_far
        so_far = Stored(load.base, write, 1)
    if so_far is not None:
        yield so_far


class _Frame(NamedTuple):
    """What the code of one function knows."""

    w: Writer
    """Where it is written."""
    plan: LoopedPlan
    """What is run for each example."""
    seeded: bool
    """Whether the last input is the same for all examples."""
    summed: int
    """How many of the last outputs are added up over the examples."""

    def cell(self, cell: int) -> str:
        """The address of a cell."""
        return self.w.address(self.w.type, "%n", cell)

    @property
    def sums(self) -> str:
        """Where outputs are added up, lane by lane."""
        return self.cell(self.plan.cells + self.plan.node_count)

    @property
    def columns(self) -> int:
        """How many inputs examples have of their own."""
        return len(self.plan.looped.inputs) - self.seeded

    @property
    def shown(self) -> int:
        """How many outputs belong to each example."""
        return len(self.plan.looped.outputs) - self.summed


def looped_room(plan: LoopedPlan, summed: int, width: int) -> int:
    """How many numbers a block needs room for: cells, nodes, and what is added up."""
    return (plan.cells + plan.node_count + summed) * width


def looped_text(
    name: str,
    plan: LoopedPlan,
    *,
    width: int,
    seeded: bool,
    summed: int,
    most: int | None = None,
) -> str:
    """Write the function that runs looped programs over all examples, block after block.

    Args:
        name: What to call it.
        plan: What it runs.
        width: How many examples are computed side by side.
        seeded: Whether the last input is the same for all examples.
        summed: How many of the last outputs are added up over the examples.
        most: How many names there may be in it; no matter how many if not given.

    Raises:
        TooLong: If there are more.
    """
    frame = _Frame(Writer(width, most), plan, seeded, summed)
    frame.w.function(name, signature("%p", "%u", "%n", "%s"), lambda: _write_body(frame))
    constants = chain.from_iterable(step.rolled.constants for step in plan.steps)
    return "\n".join([*frame.w.texts(), *constants_text(list(constants))])


def _write_body(frame: _Frame) -> None:
    w = frame.w
    w.line(f"%up = add i64 %count, {w.width - 1}")
    w.line(f"%all = udiv i64 %up, {w.width}")
    if frame.summed:
        size = 8 * w.width * frame.summed
        w.line(f"call void @llvm.memset.p0.i64(ptr {frame.sums}, i8 0, i64 {size}, i1 false)")
    w.each("%all", lambda number: _write_block(frame, number))
    if frame.summed:
        w.each(str(frame.summed), lambda place: _write_sum(frame, place))


def _write_sum(frame: _Frame, place: str) -> None:
    """Add up the lanes of a sum."""
    w = frame.w
    total = w.across(w.load(w.element(frame.sums, place)))
    w.store(total, w.element("%s", place, "double"), "double")


def _write_block(frame: _Frame, number: str) -> None:
    """The examples of one block: inputs, all programs, outputs."""
    w, looped = frame.w, frame.plan.looped
    first = w.element("%x", w.value(f"mul i64 {number}, {frame.columns}"))
    _copy(w, first, "%n", frame.columns)
    if frame.seeded:
        seed = w.broadcast(w.load("%u", "double"), "double")
        w.store(seed, frame.cell(frame.columns))
    for step in frame.plan.steps:
        if isinstance(step.step, Loop):
            _write_loop(frame, step, step.step)
        else:
            _write_turn(frame, step, "0")
    outputs = looped.outputs.start
    row = w.element("%o", w.value(f"mul i64 {number}, {frame.shown}"))
    _copy(w, frame.cell(outputs), row, frame.shown)
    if frame.summed:
        _write_sums_added(frame, outputs + frame.shown, number)


def _copy(w: Writer, source: str, target: str, count: int) -> None:
    """Copy so many vectors."""
    if count:
        size = 8 * w.width * count
        w.line(
            f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {source}, i64 {size}, i1 false)"
        )


def _write_sums_added(frame: _Frame, first: int, number: str) -> None:
    """Add the outputs of the examples of a block to the sums."""
    w = frame.w
    examples = examples_of(w, left_of(w, number))
    cells, sums = frame.cell(first), frame.sums

    def add(place: str) -> None:
        address = w.element(sums, place)
        more = w.where(examples, w.load(w.element(cells, place)))
        w.store(w.value(f"fadd {w.type} {w.load(address)}, {more}"), address)

    w.each(str(frame.summed), add)


def _write_loop(frame: _Frame, step: RolledStep, loop: Loop) -> None:
    """The turns of a loop."""
    w = frame.w

    def turn(index: str) -> None:
        t = w.value(f"sub i64 {loop.turns - 1}, {index}") if loop.backwards else index
        _write_turn(frame, step, t)

    w.each(str(loop.turns), turn)


def _write_turn(frame: _Frame, step: RolledStep, t: str) -> None:
    """One turn: what moves is copied, the nests are computed, their results are stored."""
    w, plan = frame.w, frame.plan
    for copy in step.copies:
        source, target = _address(frame, copy.source, t), frame.cell(copy.target)
        _copy_run(w, source, target, copy.count)
    nodes = frame.cell(plan.cells)
    scope = Scope(w, step.rolled, 0, "%n", nodes, bounded=False)
    for nest in step.rolled.nests:
        write_nest(scope, nest)
    for stored in step.stores:
        source = w.address(w.type, nodes, stored.node)
        _copy_run(w, source, _address(frame, stored.target, t), stored.count)


def _address(frame: _Frame, cell: Moving, t: str) -> str:
    """Where a cell is in a turn."""
    w = frame.w
    if not cell.step:
        return frame.cell(cell.first)
    moved = t if cell.step == 1 else w.value(f"mul i64 {t}, {cell.step}")
    return w.address(w.type, w.element("%n", moved), cell.first)


def _copy_run(w: Writer, source: str, target: str, count: int) -> None:
    """Copy so many vectors, through registers."""

    def copy(place: str) -> None:
        w.store(w.load(w.element(source, place)), w.element(target, place))

    if count > MOST_UNROLLED:
        w.each(str(count), copy)
    else:
        for place in range(count):
            w.store(w.load(w.address(w.type, source, place)), w.address(w.type, target, place))
