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
x0 = c100
loop        100 turns t, forwards
  x1 = c[t]
  nest    1        n0 = p0 * x0 + x1
  x0 = n0
c100 = x0
nest    1        n0 = x100
c101 = n0
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from microfp.compiler.ir.looped import Loop, Looped, Moving, Piece, cell_text, head_text
from microfp.compiler.ir.program import Program
from microfp.compiler.native.emit.blocks import examples_of, left_of
from microfp.compiler.native.emit.module import constants_text
from microfp.compiler.native.emit.nests import Scope, write_nest
from microfp.compiler.native.emit.structs import signature
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import Rolled
from microfp.compiler.native.roll import Cells, find_loops

__all__ = ["LoopedPlan", "RolledLoop", "looped_room", "looped_text", "rolled_steps"]

MOST_UNROLLED = 16
"""How many vectors are copied one after another; more of them in a loop."""


class Copied(NamedTuple):
    """Numbers that follow each other, and cells that do: one is copied to the other."""

    place: int
    """The first number: in the frame of a loop, or among the nodes."""
    cell: Moving
    """The first cell."""
    size: int
    """How many."""


class RolledLoop(NamedTuple):
    """A loop in nests. Its frame holds the inputs of a turn, in their order."""

    loop: Loop
    """The loop."""
    rolled: Rolled
    """The nests of a turn."""
    entering: tuple[Copied, ...]
    """What is copied to the frame before the first turn."""
    moving: tuple[Copied, ...]
    """What is copied to the frame before each turn."""
    carried: tuple[tuple[int, int], ...]
    """What is copied after each turn: from nodes to the frame."""
    given: tuple[Copied, ...]
    """What is copied after each turn: from nodes to cells."""
    leaving: tuple[Copied, ...]
    """What is copied from the frame after the last turn."""

    @property
    def alike(self) -> "RolledLoop":
        """The same without cells: equal for loops that do the same with other cells."""
        return self._replace(
            loop=self.loop._replace(reads=(), writes=()),
            entering=tuple(map(_anywhere, self.entering)),
            moving=tuple(map(_anywhere, self.moving)),
            given=tuple(map(_anywhere, self.given)),
            leaving=tuple(map(_anywhere, self.leaving)),
        )

    @property
    def cells(self) -> tuple[int, ...]:
        """The first cell of each copy."""
        copies = (*self.entering, *self.moving, *self.given, *self.leaving)
        return tuple([copied.cell.first for copied in copies])


def _anywhere(copied: Copied) -> Copied:
    return copied._replace(cell=Moving(0, copied.cell.step))


class RolledPiece(NamedTuple):
    """A program that is run once, in nests."""

    rolled: Rolled
    """Its nests, which read cells."""
    given: tuple[Copied, ...]
    """What is copied to cells then."""


class LoopedPlan(NamedTuple):
    """All programs in nests; `print` shows them."""

    looped: Looped
    """The programs."""
    steps: tuple[RolledPiece | RolledLoop, ...]
    """The same, in nests."""
    constants: tuple[float, ...]
    """The table of constants of all of them."""

    @property
    def room(self) -> int:
        """How many vectors are needed besides cells: a frame, and nodes."""
        return max(map(_room, self.steps), default=0)

    @property
    def nest_count(self) -> int:
        """How many nests are written: those of equal loops once."""
        loops = {step.alike: step for step in self.steps if isinstance(step, RolledLoop)}
        rolled = [step.rolled for step in self.steps if isinstance(step, RolledPiece)]
        rolled += [step.rolled for step in loops.values()]
        return sum([len(each.nests) for each in rolled])

    def __str__(self) -> str:
        return "\n".join(chain.from_iterable(map(_lines, self.steps)))


def _room(step: RolledPiece | RolledLoop) -> int:
    frame = step.rolled.input_count if isinstance(step, RolledLoop) else 0
    return frame + step.rolled.node_count


def _lines(step: RolledPiece | RolledLoop) -> Iterator[str]:
    if isinstance(step, RolledPiece):
        yield from map(str, step.rolled.nests)
        yield from (_text(copied.cell, "n", copied) for copied in step.given)
        return
    yield from (_text(None, "x", copied) for copied in step.entering)
    yield head_text(step.loop)
    body = [_text(None, "x", copied) for copied in step.moving]
    body += map(str, step.rolled.nests)
    body += [f"x{place} = n{node}" for node, place in step.carried]
    body += [_text(copied.cell, "n", copied) for copied in step.given]
    yield from (f"  {line}" for line in body)
    yield from (_text(copied.cell, "x", copied) for copied in step.leaving)


def _text(target: Moving | None, kind: str, copied: Copied) -> str:
    """A copy in a line: to a cell, or from one to the frame."""
    count = copied.size - 1
    own = f"{kind}{copied.place}" + (f" .. {kind}{copied.place + count}" if count else "")
    last = Moving(copied.cell.first + count, copied.cell.step)
    cells = cell_text(copied.cell) + (f" .. {cell_text(last)}" if count else "")
    return f"{own} = {cells}" if target is None else f"{cells} = {own}"


def rolled_steps(looped: Looped) -> LoopedPlan:
    """Roll each of the programs; equal ones once.

    Args:
        looped: The programs.
    """
    constants, known = list[float](), dict[Program, Rolled]()
    steps = list[RolledPiece | RolledLoop]()
    for step in looped.steps:  # a loop: they share a table of constants
        is_loop = isinstance(step, Loop)
        if not is_loop or step.program not in known:
            frame = range(len(step.reads))
            places = frame if is_loop else [read.first for read in step.reads]
            rolled = find_loops(step.program, summed=0, cells=Cells(places, len(constants)))
            assert rolled is not None, "without a limit there is a result"
            known[step.program] = rolled
            constants += rolled.constants
        rolled = known[step.program]
        steps.append(_loop(step, rolled) if isinstance(step, Loop) else _piece(step, rolled))
    return LoopedPlan(looped, tuple(steps), tuple(constants))


def _piece(step: Piece, rolled: Rolled) -> RolledPiece:
    return RolledPiece(rolled, _runs(zip(_nodes(rolled), step.writes, strict=True)))


def _nodes(rolled: Rolled) -> list[int]:
    """The nodes of the outputs."""
    return [load.base for load in rolled.outputs]


def _loop(loop: Loop, rolled: Rolled) -> RolledLoop:
    frame = {cell: place for place, cell in enumerate(loop.reads)}
    carried = [cell for cell in loop.writes if not cell.step and cell in frame]
    pairs = list(zip(_nodes(rolled), loop.writes, strict=True))
    return RolledLoop(
        loop,
        rolled,
        _runs((place, cell) for cell, place in frame.items() if not cell.step),
        _runs((place, cell) for cell, place in frame.items() if cell.step),
        tuple([(node, frame[cell]) for node, cell in pairs if cell in carried]),
        _runs((node, cell) for node, cell in pairs if cell not in carried),
        _runs((frame[cell], cell) for cell in carried),
    )


def _runs(pairs: Iterable[tuple[int, Moving]]) -> tuple[Copied, ...]:
    """Places and cells, as few runs as there are."""
    runs = list[Copied]()
    for place, cell in pairs:
        last = runs[-1] if runs else None
        if last and (place, cell) == _following(last):
            runs[-1] = last._replace(size=last.size + 1)
        else:
            runs.append(Copied(place, cell, 1))
    return tuple(runs)


def _following(run: Copied) -> tuple[int, Moving]:
    return run.place + run.size, Moving(run.cell.first + run.size, run.cell.step)


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
        return self.cell(self.plan.looped.cells + self.plan.room)

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
    return (plan.looped.cells + plan.room + summed) * width


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
    return "\n".join([*frame.w.texts(), *constants_text(plan.constants)])


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
        if isinstance(step, RolledLoop):
            _write_call(frame, step)
        else:
            _write_piece(frame, step)
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


def _write_piece(frame: _Frame, piece: RolledPiece) -> None:
    """A program that is run once."""
    w, nodes = frame.w, frame.cell(frame.plan.looped.cells)
    scope = Scope(w, piece.rolled, 0, "%n", nodes, bounded=False)
    for nest in piece.rolled.nests:
        write_nest(scope, nest)
    for run in piece.given:
        _copy_run(w, w.address(w.type, nodes, run.place), frame.cell(run.cell.first), run.size)


def _write_call(frame: _Frame, loop: RolledLoop) -> None:
    """A call of the function of a loop, which is the same for all loops that are alike."""
    w = frame.w
    room = frame.cell(frame.plan.looped.cells)
    name = w.beside(loop.alike, lambda name: _loop_text(name, loop, w.another()))
    given = ["ptr %p", "ptr %n", f"ptr {room}", *(f"i64 {cell}" for cell in loop.cells)]
    w.value(f"call i64 @{name}({', '.join(given)})")


def _loop_text(name: str, loop: RolledLoop, w: Writer) -> str:
    """The function of a loop: where its cells are, it is told."""
    cells = [f"i64 %a{place}" for place in range(len(loop.cells))]
    arguments = ["ptr noalias %p", "ptr noalias %n", "ptr noalias %f", *cells]
    w.function(name, arguments, lambda: _write_loop(w, loop))
    return w.text()


def _write_loop(w: Writer, step: RolledLoop) -> None:
    """What enters the frame, the turns, and what leaves it."""
    loop, cells = step.loop, iter(range(len(step.cells)))
    entering, moving, given, leaving = (
        [(run, f"%a{next(cells)}") for run in runs]
        for runs in (step.entering, step.moving, step.given, step.leaving)
    )
    nodes = w.address(w.type, "%f", step.rolled.input_count)
    scope = Scope(w, step.rolled, 0, "%f", nodes, bounded=False)

    def own(run: Copied, base: str = "%f") -> str:
        return w.address(w.type, base, run.place)

    def turn(index: str) -> None:
        t = w.value(f"sub i64 {loop.turns - 1}, {index}") if loop.backwards else index
        for run, cell in moving:
            _copy_run(w, _at(w, run, cell, t), own(run), run.size)
        for nest in step.rolled.nests:
            write_nest(scope, nest)
        for node, place in step.carried:
            w.store(w.load(w.address(w.type, nodes, node)), w.address(w.type, "%f", place))
        for run, cell in given:
            _copy_run(w, own(run, nodes), _at(w, run, cell, t), run.size)

    for run, cell in entering:
        _copy_run(w, _at(w, run, cell, "0"), own(run), run.size)
    w.each(str(loop.turns), turn)
    for run, cell in leaving:
        _copy_run(w, own(run), _at(w, run, cell, "0"), run.size)


def _at(w: Writer, run: Copied, cell: str, t: str) -> str:
    """Where the first cell of a run is in a turn."""
    if not run.cell.step:
        return w.element("%n", cell)
    moved = t if run.cell.step == 1 else w.value(f"mul i64 {t}, {run.cell.step}")
    return w.element("%n", w.value(f"add i64 {moved}, {cell}"))


def _copy_run(w: Writer, source: str, target: str, count: int) -> None:
    """Copy so many vectors, through registers."""

    def copy(place: str) -> None:
        w.store(w.load(w.element(source, place)), w.element(target, place))

    if count > MOST_UNROLLED:
        w.each(str(count), copy)
    else:
        for place in range(count):
            w.store(w.load(w.address(w.type, source, place)), w.address(w.type, target, place))
