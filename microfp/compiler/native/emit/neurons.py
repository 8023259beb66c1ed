"""Code behind a gate with a lane a neuron: the active examples of a small network, row by row.

What stands where is planned by `microfp.compiler.native.rows`. Here it is written out: what has to
be turned, once a step; then, for some active examples at a time, nest by nest a tile of examples
whose sums grow side by side; then vectors of gradients, which grow example by example in registers.

It is a function of its own. With the look before the gate around it, LLVM would read the
parameters for both at once, and keep more of them than there are registers.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from microfp.compiler.native.emit.blocks import SPAN, Frame, write_chunks
from microfp.compiler.native.emit.nests import SHARED, evaluated
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import Apply, Expression, Load, Nest
from microfp.compiler.native.rows import Column, Rows, Turned, columns_of, stride_along

__all__ = ["write_kept", "write_neurons", "write_room"]

SUMS = {8: 16, 4: 8, 2: 16}
"""How many sums grow side by side in registers, by the width of a vector."""

TILES = (1, 2, 4)
"""So many examples may be computed side by side. All divide a vector, or are larger than it and not
taken: what fills up the last tile never needs more room than the blocks of all examples have."""

CHUNK = 32
"""So many examples are computed before their gradients are added up: their rows stay near."""

KEPT, NOTED, TURNED = "%kept", "%noted", "%turned"
"""What is kept of all examples, node by node; the numbers of the active ones; what is turned."""


def write_room(w: Writer, rows: Rows) -> None:
    """Make room for what is kept of the examples of a span."""
    w.room(KEPT, f"[{max(1, len(rows.kept)) * SPAN} x {w.type}]")


def write_kept(w: Writer, rows: Rows, nodes: str, block: str) -> None:
    """Keep what is read behind the gate of the nodes of a block, by its place in the span."""
    for k, node in enumerate(rows.kept):
        kept = w.element(w.address(w.type, KEPT, k * SPAN), block)
        w.store(w.load(w.address(w.type, nodes, node)), kept)


def write_neurons(frame: Frame, rows: Rows, noted: str, start: str, found: str) -> None:
    """Call the function for so many active examples of a span.

    Args:
        frame: The function that calls it; all its sums have begun.
        rows: What it computes.
        noted: Where the numbers of the active examples are, counted from the first of the span;
            there is room for some more.
        start: The first block of the span.
        found: How many active examples there are, at least one.
    """
    name = frame.writer.beside("behind the gate", partial(_function, frame, rows))
    passed = f"ptr %p, ptr %u, ptr %x, ptr %n, ptr %s, ptr {KEPT}, ptr {noted}"
    frame.writer.value(f"call i64 @{name}({passed}, i64 {start}, i64 {found})")


class _Scope(NamedTuple):
    """What the code of the function knows."""

    w: Writer
    """Where it is written."""
    rows: Rows
    """What is computed."""
    inputs: int
    """How many inputs an example has."""


class _Example(NamedTuple):
    """Where one active example is."""

    row: str
    """Where its nodes are."""
    inputs: str
    """Where its first input is; the others follow, a vector apart."""
    number: str
    """Its number in the span."""


class _Place(NamedTuple):
    """Where an expression is computed: for an example, in a vector of a nest, for a term."""

    example: _Example
    nest: Nest
    column: Column
    term: int = 0


def _function(frame: Frame, rows: Rows, name: str) -> str:
    """Write the function."""
    w = frame.writer.another()
    pointers = ("%p", "%u", "%x", "%n", "%s", KEPT, NOTED)
    arguments = [*(f"ptr noalias {pointer}" for pointer in pointers), "i64 %start", "i64 %found"]
    scope = _Scope(w, rows, frame.rolled.input_count)
    w.function(name, arguments, lambda: _write_body(scope))
    return w.text()


def _write_body(scope: _Scope) -> None:
    w, rows = scope.w, scope.rows
    columns = [(nest, column) for nest in rows.sums for column in columns_of(nest, w.width)]
    tile = _tile(rows, w.width)
    w.room(TURNED, f"[{max(1, rows.turned_size // w.width)} x {w.type}]")
    for turned, place in rows.turned.items():
        _turn(w, turned, place)
    _fill_up(w, tile)

    def chunk(first: str, some: str) -> None:
        for nest in rows.nests:
            w.each(some, partial(_write_tile, scope, nest, tile, first), step=tile)
        for begin in range(0, len(columns), SUMS[w.width]):
            _write_sums(scope, columns[begin : begin + SUMS[w.width]], first, some)

    write_chunks(w, "%found", CHUNK, chunk)


def _tile(rows: Rows, width: int) -> int:
    """How many examples are computed side by side."""
    most = SUMS[width] * width // max(nest.size for nest in rows.nests)
    return max((tile for tile in TILES if tile <= min(most, width)), default=1)


def _fill_up(w: Writer, tile: int) -> None:
    """Fill up the last tile by the first example, computed again; it is not added up again."""
    first = w.load(NOTED, "i64")
    for spare in range(tile - 1):
        w.store(first, w.element(NOTED, w.value(f"add i64 %found, {spare}"), "i64"), "i64")


# What is turned.


def _turn(w: Writer, turned: Turned, place: int) -> None:
    """Turn some numbers: squares of lanes, where terms lie side by side and are whole vectors."""
    in_squares = turned.load.step == 1 and turned.terms % w.width == 0
    for i in range(0, turned.members, w.width):
        if in_squares:
            _turn_squares(w, turned, place, i)
        else:
            _turn_lanes(w, turned, place, i)


def _turn_squares(w: Writer, turned: Turned, place: int, first: int) -> None:
    """The members of one vector, for all terms."""
    for term in range(0, turned.terms, w.width):
        rows = [w.load_anywhere(_shared_at(w, turned, first + k, term)) for k in range(w.width)]
        for k, vector in enumerate(w.transposed(rows)):
            w.store(vector, _turned_at(w, turned, place, first, term + k))


def _turn_lanes(w: Writer, turned: Turned, place: int, first: int) -> None:
    """The same, number by number."""
    for term in range(turned.terms):
        lanes = "poison"
        for k in range(w.width):
            number = w.load(_shared_at(w, turned, first + k, term), "double")
            lanes = w.value(f"insertelement {w.type} {lanes}, double {number}, i64 {k}")
        w.store(lanes, _turned_at(w, turned, place, first, term))


def _shared_at(w: Writer, turned: Turned, member: int, term: int) -> str:
    load = turned.load
    place = load.base + load.strides[0] * member + load.step * term
    return w.address("double", SHARED[load.kind], place)


def _turned_at(w: Writer, turned: Turned, place: int, member: int, term: int) -> str:
    return w.address("double", TURNED, place + term * turned.members + member)


# The nodes of active examples.


def _example(scope: _Scope, first: str, place: str) -> _Example:
    """The example in a place of a chunk that begins with a number."""
    w = scope.w
    number = w.load(w.element(NOTED, w.value(f"add i64 {first}, {place}"), "i64"), "i64")
    block = w.value(f"add i64 %start, {w.value(f'udiv i64 {number}, {w.width}')}")
    vectors = w.value(f"mul i64 {block}, {scope.inputs}")
    inputs = w.element(w.element("%x", vectors), _lane(w, number), "double")
    row = w.element("%n", w.value(f"mul i64 {place}, {scope.rows.size}"), "double")
    return _Example(row, inputs, number)


def _lane(w: Writer, number: str) -> str:
    return w.value(f"urem i64 {number}, {w.width}")


def _write_tile(scope: _Scope, nest: Nest, size: int, first: str, place: str) -> None:
    """A nest for some examples, from a place of the chunk on."""
    w = scope.w
    places = [
        _Place(_example(scope, first, w.value(f"add i64 {place}, {k}")), nest, column)
        for k in range(size)
        for column in columns_of(nest, w.width)
    ]
    for at, total in zip(places, _totals(scope, nest, places), strict=True):
        _write_node(scope, at, _computed(scope, nest.result, at, total))


def _totals(scope: _Scope, nest: Nest, places: Sequence[_Place]) -> Sequence[str]:
    """What a nest adds up in some places, side by side."""
    totals: Sequence[str] = [""] * len(places)
    for segment in nest.segments:
        for term in range(segment.count):
            totals = [
                _added(scope, segment.term, at._replace(term=term), total)
                for at, total in zip(places, totals, strict=True)
            ]
    return totals


def _added(scope: _Scope, term: Expression, at: _Place, so_far: str) -> str:
    """Add a term to a sum so far, if there is one; products with one rounding."""
    w = scope.w
    if so_far and isinstance(term, Apply) and term.op == "mul":
        a, b = [_computed(scope, operand, at) for operand in term.operands]
        return w.fused(a, b, so_far)
    value = _computed(scope, term, at)
    return w.value(f"fadd {w.type} {so_far}, {value}") if so_far else value


def _computed(scope: _Scope, expression: Expression, at: _Place, total: str = "") -> str:
    return evaluated(scope.w, expression, partial(_read, scope, at), total, finite=True)


def _read(scope: _Scope, at: _Place, load: Load) -> str:
    """Read a load: a number for each lane, or one for all of them."""
    w, stride = scope.w, stride_along(load, at.column)
    moved = sum(s * i for s, i in zip(load.strides, at.column.member, strict=False))
    place = load.base + moved + load.step * at.term
    if load.kind == "x":
        return _everywhere(w, w.address("double", at.example.inputs, place * w.width))
    if load.kind == "n" and place in scope.rows.kept:
        first = scope.rows.kept.index(place) * SPAN
        return _everywhere(
            w, w.element(w.address(w.type, KEPT, first), at.example.number, "double")
        )
    if load.kind == "n":
        return _side_by_side(w, at.example.row, scope.rows.places[place], stride)
    if abs(stride) <= 1:
        return _side_by_side(w, SHARED[load.kind], place, stride)
    return _read_turned(w, scope.rows.turned, at, load)


def _read_turned(w: Writer, places: Mapping[Turned, int], at: _Place, load: Load) -> str:
    turned = next(it for it in places if (it.load, it.members) == (load, at.nest.size))
    return w.load(_turned_at(w, turned, places[turned], at.column.member[0], at.term))


def _side_by_side(w: Writer, base: str, place: int, stride: int) -> str:
    """Numbers from a place on, or back from it, a lane each; or the one that is there for all."""
    if stride == 0:
        return _everywhere(w, w.address("double", base, place))
    if stride == 1:
        return w.load_anywhere(w.address("double", base, place))
    return w.reversed(w.load_anywhere(w.address("double", base, place - w.width + 1)))


def _everywhere(w: Writer, address: str) -> str:
    return w.broadcast(w.load(address, "double"), "double")


def _write_node(scope: _Scope, at: _Place, result: str) -> None:
    """Write a vector of nodes into the row of its example."""
    w, (stride,) = scope.w, at.nest.target.strides
    place = scope.rows.places[at.nest.target.base + stride * at.column.member[0]]
    if stride == -1:
        result, place = w.reversed(result), place - w.width + 1
    w.store_anywhere(result, w.address("double", at.example.row, place))


# Sums over the active examples.


def _write_sums(
    scope: _Scope, columns: Sequence[tuple[Nest, Column]], first: str, some: str
) -> None:
    """Let some vectors of sums grow example by example, and add them to the sums so far."""

    def turn(place: str, so_far: Sequence[str]) -> Sequence[str]:
        example = _example(scope, first, place)
        return [
            _added(scope, nest.segments[0].term, _Place(example, nest, column), total)
            for (nest, column), total in zip(columns, so_far, strict=True)
        ]

    totals = scope.w.loop("0", some, 1, turn, ["zeroinitializer"] * len(columns))
    for (nest, column), total in zip(columns, totals, strict=True):
        _add_up(scope.w, nest.target, column, total)


def _add_up(w: Writer, target: Load, column: Column, total: str) -> None:
    """Add a vector to the sums so far, lane by lane where they do not lie side by side."""
    stride = stride_along(target, column)
    place = target.base + sum(s * i for s, i in zip(target.strides, column.member, strict=True))
    if stride == 1:
        address = w.address("double", "%s", place)
        w.store_anywhere(w.value(f"fadd {w.type} {w.load_anywhere(address)}, {total}"), address)
        return
    for lane in range(w.width if stride else 1):
        address = w.address("double", "%s", place + stride * lane)
        more = w.value(f"extractelement {w.type} {total}, i64 {lane}")
        so_far = w.load(address, "double")
        w.store(w.value(f"fadd double {so_far}, {more}"), address, "double")
