r"""Code behind a gate: only for the examples whose gate is open, side by side in few blocks.

A hinge that is inactive sends nothing back. After some training few are active, one here and one
there, and nearly every block of lanes has one. So the forward pass keeps nothing but a note of
the active examples; then their inputs are gathered, block by block, their nodes computed once
more, and what is behind the gate is computed for these blocks alone; or of a small network row by
row (`microfp.compiler.native.emit.neurons`).
"""

from typing import NamedTuple

from microfp.compiler.native.emit.blocks import (
    NEAR,
    SPAN,
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
from microfp.compiler.native.emit.choice import rows_behind
from microfp.compiler.native.emit.kernels import COMPRESS
from microfp.compiler.native.emit.nests import Scope, write_nest
from microfp.compiler.native.emit.neurons import write_kept, write_neurons, write_room
from microfp.compiler.native.emit.sums import write_sums_of_active
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.gates import Gate, needed
from microfp.compiler.native.rows import Rows

__all__ = ["write_gated"]

LOOK = 512
"""A look before the gate of at most so many terms is written out; its nodes become registers."""

REGISTERS = {8: 32, 4: 16}
"""How many there are, by the width of a vector; a look with two lanes is never written out."""


def write_gated(frame: Frame, gate: Gate) -> None:
    """All blocks: before the gate each of them, behind it the examples that are active."""
    w = frame.writer
    write_totals_begun(w, gate.always)
    w.room("%found", "i64")  # how many examples are active
    w.room("%lanes", f"[{(SPAN + 1) * w.width} x i64]")  # which, or where their inputs begin
    w.room(NEAR, f"[{frame.rolled.node_count} x {w.type}]")
    rows = rows_behind(frame.rolled, gate, frame.kernels, w.width)
    if rows is not None:
        write_room(w, rows)

    def span(start: str, some: str) -> None:
        _look(_Look(frame, gate, rows, start), some)
        found = w.load("%found", "i64")

        def behind() -> None:
            if rows is None:
                _behind(frame, gate, found)
            else:
                write_neurons(frame, rows, "%lanes", start, found)

        w.if_then(w.value(f"icmp ne i64 {found}, 0"), behind)

    write_chunks(w, "%all", SPAN, span)
    write_totals_stored(w, gate.always)


class _Look(NamedTuple):
    """A look at a span of blocks."""

    frame: Frame
    gate: Gate
    rows: Rows | None
    """How the active examples are computed, where a lane is a neuron."""
    start: str
    """The first block."""


def _look(look: _Look, some: str) -> None:
    """What is before the gate, for so many blocks; note who is active."""
    frame, gate, w = look.frame, look.gate, look.frame.writer
    w.store("0", "%found", "i64")

    def block(index: str) -> None:
        number = w.value(f"add i64 {look.start}, {index}")
        scope, left = _scope(frame, gate, number), left_of(w, number)
        for nest in gate.before:
            write_nest(scope, nest)
        write_outputs(frame, scope, number)
        write_totals_added(scope, gate.always, left)
        if look.rows is not None:
            write_kept(w, look.rows, scope.nodes, index)
        _note(w, _first_noted(look, index, number), _active(scope, gate, left))

    w.each(some, block)


def _scope(frame: Frame, gate: Gate, number: str) -> Scope:
    """The block of a number; where it is looked at shortly, its nodes become registers."""
    scope, w = scope_at(frame, number, "0"), frame.writer
    return scope._replace(nodes=NEAR, written_out=True) if _is_short(gate, w.width) else scope


def _is_short(gate: Gate, width: int) -> bool:
    """Whether the look is short, and what a sum reads leaves half of the registers to the sums."""
    segments = [(nest, segment.count) for nest in gate.before for segment in nest.segments]
    terms = sum(nest.size * count for nest, count in segments)
    return terms <= LOOK and 2 * max(count for _, count in segments) <= REGISTERS.get(width, 0)


def _first_noted(look: _Look, index: str, number: str) -> str:
    """What is noted of the first lane of a block: its number in the span, or where inputs begin."""
    w = look.frame.writer
    if look.rows is not None:
        return w.value(f"mul i64 {index}, {w.width}")
    return w.value(f"mul i64 {number}, {look.frame.rolled.input_count * w.width}")


def _active(scope: Scope, gate: Gate, left: str) -> str:
    """A bit for each lane that stands for an example and has an open gate."""
    w = scope.writer
    node = w.load(w.address(w.type, scope.nodes, gate.node))
    lanes = w.value(f"fcmp une {w.type} {node}, zeroinitializer")
    ours = w.value(f"and <{w.width} x i1> {lanes}, {examples_of(w, left)}")
    return w.value(f"bitcast <{w.width} x i1> {ours} to i{w.width}")


def _note(w: Writer, first: str, bits: str) -> None:
    """Note each active lane, by its number, behind those so far; count them."""
    count, wide = w.load("%found", "i64"), w.value(f"zext i{w.width} {bits} to i64")
    if w.width == 8:  # for which there is an instruction
        _note_together(w, first, bits, count)
    else:
        _note_each(w, first, wide, count)
    active = w.value(f"call i64 @llvm.ctpop.i64(i64 {wide})")
    w.store(w.value(f"add i64 {count}, {active}"), "%found", "i64")


def _note_together(w: Writer, first: str, bits: str, count: str) -> None:
    """Write the numbers of the active lanes, put side by side."""
    numbers, mask = f"<{w.width} x i64>", f"<{w.width} x i1>"
    lanes = ", ".join(f"i64 {lane}" for lane in range(w.width))
    each = w.value(f"add {numbers} {w.broadcast(first, 'i64')}, <{lanes}>")
    ours = w.value(f"bitcast i{w.width} {bits} to {mask}")
    given = f"{numbers} {each}, {mask} {ours}, {numbers} poison"
    together = w.value(f"call {numbers} @llvm.{COMPRESS}.v{w.width}i64({given})")
    w.line(f"store {numbers} {together}, ptr {_noted(w, count)}, align 8")


def _note_each(w: Writer, first: str, wide: str, count: str) -> None:
    """Write the numbers of all lanes, each over that of an inactive one before it."""
    for lane in range(w.width):
        lower = w.value(f"and i64 {wide}, {(1 << lane) - 1}")
        before = w.value(f"call i64 @llvm.ctpop.i64(i64 {lower})")
        place = _noted(w, w.value(f"add i64 {count}, {before}"))
        w.store(w.value(f"add i64 {first}, {lane}"), place, "i64")


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
