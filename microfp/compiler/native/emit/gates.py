r"""Code behind a gate: only for the examples whose gate is open, side by side in few blocks.

A hinge that is inactive sends nothing back. After some training few are active, one here and one
there, and nearly every block of lanes has one. So the forward pass keeps nothing but a note of
the active examples; then their inputs are gathered, block by block, their nodes computed once
more, and what is behind the gate is computed for these blocks alone.

>>> from microfp.compiler.native.loops import Load, Number, Segment
>>> from microfp.record import unchecked
>>> nests = [Nest((), (unchecked(Segment, 1, Number(1.0)),), Load("n", k)) for k in range(2)]
>>> reads = Nest((), (unchecked(Segment, 1, Load("n", 1)),), Load("s", 0))
>>> len(needed(Gate(1, tuple(nests), (), (), (reads,))))
1
"""

from microfp.compiler.native.emit.blocks import (
    Frame,
    clear_from,
    examples_of,
    left_of,
    nodes_at,
    scope_at,
    write_chunks,
    write_outputs,
    write_totals_added,
    write_totals_begun,
    write_totals_stored,
)
from microfp.compiler.native.emit.nests import Scope, write_nest
from microfp.compiler.native.emit.sums import write_sums_of_active
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.gates import Gate, nodes_read, nodes_written
from microfp.compiler.native.loops import Nest

__all__ = ["needed", "write_gated"]

SPAN = 512
"""How many blocks are looked at before the active examples in them are gathered."""


def write_gated(frame: Frame, gate: Gate) -> None:
    """All blocks: before the gate each of them, behind it the examples that are active."""
    w = frame.writer
    write_totals_begun(w, gate.always)
    w.line("%found = alloca i64")  # how many examples are active
    w.line(f"%lanes = alloca [{(SPAN + 1) * w.width} x i64]")  # where their inputs begin

    def span(start: str, some: str) -> None:
        _look(frame, gate, start, some)
        found = w.load("%found", "i64")
        w.if_then(w.value(f"icmp ne i64 {found}, 0"), lambda: _behind(frame, gate, found))

    write_chunks(w, "%all", SPAN, span)
    write_totals_stored(w, gate.always)


def _look(frame: Frame, gate: Gate, start: str, some: str) -> None:
    """What is before the gate, for so many blocks from one on; note who is active."""
    w = frame.writer
    w.store("0", "%found", "i64")

    def block(index: str) -> None:
        number = w.value(f"add i64 {start}, {index}")
        scope, left = scope_at(frame, number, "0"), left_of(w, number)
        for nest in gate.before:
            write_nest(scope, nest)
        write_outputs(frame, scope, number)
        write_totals_added(scope, gate.always, left)
        _note(frame, number, _active(scope, gate, left))

    w.each(some, block)


def _active(scope: Scope, gate: Gate, left: str) -> str:
    """A bit for each lane that stands for an example and has an open gate."""
    w = scope.writer
    node = w.load(w.address(w.type, scope.nodes, gate.node))
    lanes = w.value(f"fcmp une {w.type} {node}, zeroinitializer")
    ours = w.value(f"and <{w.width} x i1> {lanes}, {examples_of(w, left)}")
    return w.value(f"bitcast <{w.width} x i1> {ours} to i{w.width}")


def _note(frame: Frame, number: str, bits: str) -> None:
    """Note where the inputs of each active lane begin: all are written, the active ones stay."""
    w = frame.writer
    block = w.value(f"mul i64 {number}, {frame.rolled.input_count * w.width}")
    wide = w.value(f"zext i{w.width} {bits} to i64")
    count = w.load("%found", "i64")
    for lane in range(w.width):
        begins = w.value(f"add i64 {block}, {lane}")
        lower = w.value(f"and i64 {wide}, {(1 << lane) - 1}")
        before = w.value(f"call i64 @llvm.ctpop.i64(i64 {lower})")
        w.store(begins, _noted(w, w.value(f"add i64 {count}, {before}")), "i64")
    active = w.value(f"call i64 @llvm.ctpop.i64(i64 {wide})")
    w.store(w.value(f"add i64 {count}, {active}"), "%found", "i64")


def _noted(w: Writer, number: str) -> str:
    """Where it is noted of the active example of that number where its inputs begin."""
    return w.element("%lanes", number, "i64")


def _behind(frame: Frame, gate: Gate, found: str) -> None:
    """What is behind the gate, for so many active examples, at least one.

    The lanes of the last block that are left over compute the first example again, and count as
    none.
    """
    w = frame.writer
    first = w.load("%lanes", "i64")
    for spare in range(w.width - 1):
        w.store(first, _noted(w, w.value(f"add i64 {found}, {spare}")), "i64")
    blocks = w.value(f"udiv i64 {w.value(f'add i64 {found}, {w.width - 1}')}, {w.width}")

    def chunk(start: str, some: str) -> None:
        _compute(frame, gate, start, some, found)
        left = w.value(f"sub i64 {found}, {w.value(f'mul i64 {start}, {w.width}')}")
        write_sums_of_active(frame, gate.gated, some, left, lambda place: _at(frame, place))

    write_chunks(w, blocks, frame.chunk, chunk)


def _compute(frame: Frame, gate: Gate, start: str, some: str, found: str) -> None:
    """The nodes of so many blocks of active examples, from one on."""
    w, again = frame.writer, needed(gate)

    def block(place: str) -> None:
        scope = _at(frame, place)
        before = w.value(f"mul i64 {w.value(f'add i64 {start}, {place}')}, {w.width}")
        _gather(scope, _noted(w, before))
        for nest in (*again, *gate.behind):
            write_nest(scope, nest)
        clear_from(scope, w.value(f"sub i64 {found}, {before}"))

    w.each(some, block)


def _at(frame: Frame, place: str) -> Scope:
    """The block in a place of the chunk, whose inputs are behind its nodes."""
    w, nodes = frame.writer, nodes_at(frame, place)
    inputs = w.address(w.type, nodes, frame.rolled.node_count)
    return Scope(w, frame.rolled, frame.columns, inputs, nodes, frame.bounded)


def _gather(scope: Scope, noted: str) -> None:
    """Fetch the inputs of the examples that were noted there, a lane each."""
    w = scope.writer

    def column(index: str) -> None:
        row = w.element("%x", w.value(f"mul i64 {index}, {w.width}"), "double")
        w.store(_picked(w, row, noted), w.element(scope.inputs, index))

    w.each(str(scope.rolled.input_count), column)


def _picked(w: Writer, row: str, noted: str) -> str:
    """One number for each lane: so far behind the beginning of a row as is noted for the lane."""
    lanes = "poison"
    for lane in range(w.width):
        begins = w.load(w.address("i64", noted, lane), "i64")
        number = w.load(w.element(row, begins, "double"), "double")
        lanes = w.value(f"insertelement {w.type} {lanes}, double {number}, i64 {lane}")
    return lanes


def needed(gate: Gate) -> tuple[Nest, ...]:
    """The nests before the gate that are read behind it, directly or through others."""
    read = {node for nest in (*gate.behind, *gate.gated) for node in nodes_read(nest)}
    found: list[Nest] = []
    for nest in reversed(gate.before):  # a loop: what is needed depends on what was needed later
        if not read.isdisjoint(nodes_written(nest)):
            found.append(nest)
            read |= nodes_read(nest)
    return tuple(reversed(found))
