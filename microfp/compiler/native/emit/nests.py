"""Loop nests as code for one block of lanes, and sums of them over many blocks.

A number per lane has the type `<W x double>`; parameters are read once and broadcast.

>>> from microfp import value
>>> from microfp.compiler.native.roll import roll
>>> from microfp.compiler.ir.passes import lower
>>> from microfp.compiler.native.emit.writer import Writer
>>> x, w = value(0.0), Writer(4)
>>> rolled = roll(lower(x * x, [x]), summed=0)
>>> for nest in rolled.nests:
...     write_nest(Scope(w, rolled, 0, "%x", "%n", tame=True), nest)
>>> print(w.text())
  %v1 = load <4 x double>, ptr %x
  %v2 = load <4 x double>, ptr %x
  %v3 = fmul <4 x double> %v1, %v2
  store <4 x double> %v3, ptr %n
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from microfp.compiler.native.emit.kernels import FUNCTIONS
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.roll import (
    Apply,
    Expression,
    Load,
    Nest,
    Number,
    Rolled,
    Segment,
    Total,
)

__all__ = ["Index", "Scope", "offset_of", "write_expression", "write_nest", "write_sums"]

UNROLLED = 96
"""A nest of at most so many operations is written out without loops."""

SHARED = {"p": "%p", "u": "%u", "c": "@constants"}
"""Where the numbers are that all examples share, by the kind of their loads."""

TILE = 8
"""How many members of a sum, or sums over examples, are computed side by side."""


Index: TypeAlias = tuple[str | None, int]
"""The index of a loop: a register, or none, plus a constant."""


class Scope(NamedTuple):
    """What the code of one block knows.

    Attributes:
        writer: Where it is written.
        rolled: What is computed.
        columns: How far two inputs are apart; 0 where they are vectors that follow each other.
        inputs: Where the inputs of the block are.
        nodes: Where its nodes are.
        tame: Whether nothing can overflow.
    """

    writer: Writer
    rolled: Rolled
    columns: int
    inputs: str
    nodes: str
    tame: bool


def write_nest(scope: Scope, nest: Nest) -> None:
    """The loops of a nest, for one block."""
    work = nest.size * sum(segment.count for segment in nest.segments)
    _outer(scope, nest, (), unrolled=work <= UNROLLED)


def _outer(scope: Scope, nest: Nest, indices: tuple[Index, ...], *, unrolled: bool) -> None:
    depth = len(indices)
    if depth + 1 < len(nest.shape):
        _each(
            scope.writer,
            nest.shape[depth],
            lambda index: _outer(scope, nest, (*indices, index), unrolled=unrolled),
            unrolled=unrolled,
        )
    elif not nest.shape:
        _members(scope, nest, ((),))
    else:
        _tiles(
            scope.writer,
            nest.shape[-1],
            TILE,
            lambda tile: _members(scope, nest, tuple((*indices, index) for index in tile)),
            unrolled=unrolled,
        )


def _each(w: Writer, count: int, body: Callable[[Index], None], *, unrolled: bool) -> None:
    _tiles(w, count, 1, lambda tile: body(tile[0]), unrolled=unrolled)


def _tiles(
    w: Writer,
    count: int,
    size: int,
    body: Callable[[tuple[Index, ...]], None],
    *,
    unrolled: bool,
) -> None:
    """Walk a loop tile by tile, and what is left over as a smaller tile."""
    full = count // size if not unrolled else 0
    if full > 1:

        def turn(index: str, _: Sequence[str]) -> Sequence[str]:
            body(tuple((index, r) for r in range(size)))
            return ()

        w.loop("0", str(full * size), size, turn)
    done = full * size if full > 1 else 0
    for first in range(done, count, size):
        body(tuple((None, r) for r in range(first, min(first + size, count))))


def _members(scope: Scope, nest: Nest, members: tuple[tuple[Index, ...], ...]) -> None:
    """Some members of a nest side by side: their sums grow together."""
    sums: list[str] = []
    fused = scope.tame and sum(segment.count for segment in nest.segments) > 2
    for segment in nest.segments:
        sums = _grown(scope, segment, members, sums, fused=fused)
    for member, total in zip(members, sums, strict=True):
        result = write_expression(scope, nest.result, member, (None, 0), total)
        address = _address(scope, nest.target, member, (None, 0))
        scope.writer.line(f"store {scope.writer.type} {result}, ptr {address}")


def _grown(
    scope: Scope,
    segment: Segment,
    members: tuple[tuple[Index, ...], ...],
    sums: Sequence[str],
    *,
    fused: bool,
) -> list[str]:
    """Add the terms of a segment to the sums so far, in order."""

    def grow(so_far: Sequence[str], term: Index) -> list[str]:
        return [
            _added(scope, so_far[m] if so_far else None, segment.term, member, term, fused=fused)
            for m, member in enumerate(members)
        ]

    if scope.tame and len(members) == 1 and _CHAINS <= segment.count <= UNROLLED:
        return [_grown_in_chains(scope, segment, members[0], sums, fused=fused)]
    grown, done = list(sums), 0
    if not grown:
        grown, done = grow((), (None, 0)), 1
    whole = (segment.count - done) // _STEP * _STEP
    if len(members) * segment.count > UNROLLED and whole > _STEP:

        def body(index: str, so_far: Sequence[str]) -> Sequence[str]:
            for offset in range(_STEP):
                so_far = grow(so_far, (index, offset))
            return so_far

        grown = scope.writer.loop(str(done), str(done + whole), _STEP, body, grown)
        done += whole
    for offset in range(done, segment.count):
        grown = grow(grown, (None, offset))
    return grown


_CHAINS = 4
"""How many partial sums a lone sum is cut into: each addition waits for the one before."""


def _grown_in_chains(
    scope: Scope,
    segment: Segment,
    member: tuple[Index, ...],
    sums: Sequence[str],
    *,
    fused: bool,
) -> str:
    """Add the terms of a segment to a lone sum: every fourth term to the same partial sum."""
    chains: list[str | None] = [*sums, *[None] * (_CHAINS - len(sums))]
    for place in range(segment.count):
        chains[place % _CHAINS] = _added(
            *(scope, chains[place % _CHAINS], segment.term, member, (None, place)), fused=fused
        )
    a, b, c, d = chains
    w = scope.writer
    left, right = w.value(f"fadd {w.type} {a}, {b}"), w.value(f"fadd {w.type} {c}, {d}")
    return w.value(f"fadd {w.type} {left}, {right}")


_STEP = 4
"""How many terms of a sum one turn of its loop adds."""


def _added(
    scope: Scope,
    so_far: str | None,
    term: Expression,
    member: tuple[Index, ...],
    index: Index,
    *,
    fused: bool,
) -> str:
    w = scope.writer
    if so_far is not None and fused and isinstance(term, Apply) and term.op == "mul":
        a, b = [write_expression(scope, operand, member, index) for operand in term.operands]
        return w.fused(a, b, so_far)
    value = write_expression(scope, term, member, index)
    return value if so_far is None else w.value(f"fadd {w.type} {so_far}, {value}")


def write_expression(
    scope: Scope,
    expression: Expression,
    member: tuple[Index, ...],
    term: Index,
    total: str = "",
) -> str:
    """Compute an expression, given its total; the result is a register or a constant."""
    w = scope.writer
    if isinstance(expression, Total):
        return total
    if isinstance(expression, Number):
        return w.constant(expression.data)
    if isinstance(expression, Load):
        address = _address(scope, expression, member, term)
        if expression.kind in SHARED:
            return w.broadcast(w.value(f"load double, ptr {address}"), "double")
        return w.value(f"load {w.type}, ptr {address}")
    operands = [write_expression(scope, it, member, term, total) for it in expression.operands]
    function = FUNCTIONS[expression.op]
    if expression.parameter is not None:
        return function(w, *operands, expression.parameter)
    return function(w, *operands)


def _address(scope: Scope, load: Load, member: tuple[Index, ...], term: Index) -> str:
    """Where a load or a target stands."""
    w = scope.writer
    constant, dynamic = offset_of(w, load, member, term)
    if load.kind in SHARED:
        return _moved(w, "double", SHARED[load.kind], constant, dynamic, 1)
    if load.kind == "n":
        return _moved(w, w.type, scope.nodes, constant, dynamic, 1)
    if scope.columns:
        return _moved(w, "double", scope.inputs, constant, dynamic, scope.columns)
    return _moved(w, w.type, scope.inputs, constant, dynamic, 1)


def _moved(w: Writer, kind: str, base: str, constant: int, dynamic: str | None, scale: int) -> str:
    if dynamic is not None:
        scaled = dynamic if scale == 1 else w.value(f"mul i64 {dynamic}, {scale}")
        base = w.value(f"getelementptr {kind}, ptr {base}, i64 {scaled}")
    return w.address(kind, base, constant * scale)


def offset_of(
    w: Writer, load: Load, member: tuple[Index, ...], term: Index
) -> tuple[int, str | None]:
    """The place of a load: a constant, and a register where loops move it."""
    strides = (*load.strides, load.step)
    indices = (*member, term) if load.strides else (term,)
    constant, dynamic = load.base, None
    for stride, (register, offset) in zip(strides, indices, strict=True):
        constant += stride * offset
        if register is not None and stride:
            moved = register if stride == 1 else w.value(f"mul i64 {register}, {stride}")
            dynamic = moved if dynamic is None else w.value(f"add i64 {dynamic}, {moved}")
    return constant, dynamic


# Sums over the examples of a chunk.


def write_sums(w: Writer, nest: Nest, scope_of: Callable[[str], Scope], some: str) -> None:
    """Add what one nest says up over so many blocks, and to the sums so far."""
    shape = nest.shape or (1,)
    rows, row_tile = (shape[-2], 4) if len(shape) > 1 else (1, 1)
    tile = 4 if len(shape) > 1 else TILE
    strides = nest.target.strides or (0,)

    def descend(outer: tuple[Index, ...]) -> None:
        depth = len(outer)
        if depth < len(shape) - 2:
            _each(w, shape[depth], lambda index: descend((*outer, index)), unrolled=False)
            return
        _tiles(w, rows, row_tile, lambda tile_rows: columns_of(outer, tile_rows), unrolled=False)

    def columns_of(outer: tuple[Index, ...], tile_rows: tuple[Index, ...]) -> None:
        _tiles(w, shape[-1], tile, lambda those: tile_of(outer, tile_rows, those), unrolled=False)

    def tile_of(
        outer: tuple[Index, ...], tile_rows: tuple[Index, ...], those: tuple[Index, ...]
    ) -> None:
        members = [(*outer, row, column)[-len(shape) :] for row in tile_rows for column in those]
        together = len(those) if strides[-1] == 1 and w.width % len(those) == 0 else 1
        _sum_tile(w, nest, members, scope_of, some, together)

    assert len(strides) == len(shape)
    descend(())


def _sum_tile(
    w: Writer,
    nest: Nest,
    members: Sequence[tuple[Index, ...]],
    scope_of: Callable[[str], Scope],
    some: str,
    run: int,
) -> None:
    """Add up some members side by side; runs of so many of them stand together among the sums."""
    term = nest.segments[0].term
    known = members if nest.shape else [()] * len(members)

    def body(index: str, so_far: Sequence[str]) -> Sequence[str]:
        scope = scope_of(index)
        return [
            _added(scope, total, term, member, (None, 0), fused=scope.tame)
            for total, member in zip(so_far, known, strict=True)
        ]

    totals = w.loop("0", some, 1, body, ["zeroinitializer"] * len(members))
    whole = len(members) // w.width * w.width
    for first in range(0, whole, w.width):
        together = w.across_each(totals[first : first + w.width])
        for lane in range(0, w.width, run):
            _add_to_sums(w, nest, known[first + lane], w.part(together, lane, run), run)
    for member, total in zip(known[whole:], totals[whole:], strict=True):
        _add_to_sums(w, nest, member, w.across(total), 0)


def _add_to_sums(w: Writer, nest: Nest, member: tuple[Index, ...], more: str, run: int) -> None:
    """Add to the sum of a member; where there is a run, to so many sums from it on."""
    constant, dynamic = offset_of(w, nest.target, member, (None, 0))
    address = _moved(w, "double", "%s", constant, dynamic, 1)
    kind = f"<{run} x double>" if run else "double"
    old = w.value(f"load {kind}, ptr {address}, align 8")
    w.line(f"store {kind} {w.value(f'fadd {kind} {old}, {more}')}, ptr {address}, align 8")
