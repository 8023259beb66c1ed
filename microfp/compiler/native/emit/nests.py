"""Loop nests as code for one block of lanes, and sums of them over many blocks.

A number per lane has the type `<W x double>`; parameters are read once and broadcast.

>>> from microfp import value
>>> from microfp.compiler.native.roll import roll
>>> from microfp.compiler.ir.passes import lower
>>> from microfp.compiler.native.emit.writer import Writer
>>> x, w = value(0.0), Writer(4)
>>> rolled = roll(lower(x * x, [x]), summed=0)
>>> for nest in rolled.nests:
...     write_nest(Scope(w, rolled, 0, "%x", "%n", bounded=True), nest)
>>> print(w.text())
  %v1 = load <4 x double>, ptr %x
  %v2 = load <4 x double>, ptr %x
  %v3 = fmul <4 x double> %v1, %v2
  store <4 x double> %v3, ptr %n
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from microfp.compiler.native.emit.kernels import FUNCTIONS, FUNCTIONS_OF_FINITE_NUMBERS
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import (
    Apply,
    Expression,
    Load,
    Nest,
    Number,
    Rolled,
    Segment,
    Total,
)

__all__ = [
    "SHARED",
    "TILE",
    "UNROLLED",
    "Index",
    "Member",
    "Scope",
    "evaluated",
    "offset_of",
    "read_at",
    "write_expression",
    "write_nest",
    "write_sums",
    "write_tiles",
]

UNROLLED = 96
"""A nest of at most so many operations is written out without loops."""

SHARED = {"p": "%p", "u": "%u", "c": "@constants", "r": "%r"}
"""Where the numbers are that all examples share, by the kind of their loads."""

TILE = 8
"""How many members of a sum, or sums over examples, are computed side by side."""

SQUARE = 4
"""How many rows, and how many columns, of sums over examples are computed side by side."""


Index: TypeAlias = tuple[str | None, int]
"""The index of a loop: a register, or none, plus a constant."""


Member: TypeAlias = tuple[Index, ...]
"""A member of a nest, by the index of each loop."""


class Scope(NamedTuple):
    """What the code of one block knows."""

    writer: Writer
    """Where it is written."""
    rolled: Rolled
    """What is computed."""
    columns: int
    """How far two inputs are apart; 0 where they are vectors that follow each other."""
    inputs: str
    """Where the inputs of the block are."""
    nodes: str
    """Where its nodes are."""
    bounded: bool
    """Whether nothing can overflow."""
    written_out: bool = False
    """Whether all is written out without loops, however much it is."""


def write_nest(scope: Scope, nest: Nest) -> None:
    """The loops of a nest, for one block."""
    work = nest.size * sum(segment.count for segment in nest.segments)
    _outer(scope, nest, (), unrolled=scope.written_out or work <= UNROLLED)


def _outer(scope: Scope, nest: Nest, indices: Member, *, unrolled: bool) -> None:
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
        write_tiles(
            scope.writer,
            nest.shape[-1],
            TILE,
            lambda tile: _members(scope, nest, tuple((*indices, index) for index in tile)),
            unrolled=unrolled,
        )


def _each(w: Writer, count: int, body: Callable[[Index], None], *, unrolled: bool) -> None:
    write_tiles(w, count, 1, lambda tile: body(tile[0]), unrolled=unrolled)


def write_tiles(
    w: Writer,
    count: int,
    size: int,
    body: Callable[[tuple[Index, ...]], None],
    *,
    unrolled: bool,
    shared: bool = False,
) -> None:
    """Walk a loop tile by tile, and what is left over as a smaller tile; or one's share of it."""
    if shared:
        _share_tiles(w, count, size, body)
        return
    full = count // size if not unrolled else 0
    if full > 1:

        def turn(index: str) -> None:
            body(tuple((index, r) for r in range(size)))

        w.each(str(full * size), turn, step=size)
    done = full * size if full > 1 else 0
    for first in range(done, count, size):
        body(tuple((None, r) for r in range(first, min(first + size, count))))


def _share_tiles(
    w: Writer, count: int, size: int, body: Callable[[tuple[Index, ...]], None]
) -> None:
    """Walk the tiles of one worker of several: some that follow each other."""
    full, rest = divmod(count, size)
    first, stop = w.share(str(full))

    def turn(index: str, _: Sequence[str]) -> Sequence[str]:
        body(tuple((index, r) for r in range(size)))
        return ()

    def walk() -> None:
        w.loop(w.value(f"mul i64 {first}, {size}"), w.value(f"mul i64 {stop}, {size}"), size, turn)

    w.if_then(w.value(f"icmp ult i64 {first}, {stop}"), walk)
    if rest:
        is_last = w.value(f"icmp eq i64 {w.value('add i64 %me, 1')}, %workers")
        w.if_then(is_last, lambda: body(tuple((None, full * size + r) for r in range(rest))))


def _members(scope: Scope, nest: Nest, members: tuple[Member, ...]) -> None:
    """Some members of a nest side by side: their sums grow together."""
    totals: list[str] = []
    fused = scope.bounded and sum(segment.count for segment in nest.segments) > 2
    for segment in _ordered(scope, nest.segments):
        totals = _grown(_Growing(scope, segment, members, fused), totals)
    for member, total in zip(members, totals, strict=True):
        result = write_expression(scope, nest.result, member, (None, 0), total)
        scope.writer.store(result, _address(scope, nest.target, member, (None, 0)))


def _ordered(scope: Scope, segments: Sequence[Segment]) -> Sequence[Segment]:
    """The segments in the order in which they are added.

    Where all is written out, products come first: a sum that begins with a shared number begins
    with an instruction that broadcasts it, where adding it broadcasts it on the way.
    """
    if not scope.written_out:
        return segments
    return sorted(segments, key=lambda segment: isinstance(segment.term, Load))


CHAINS = 4
"""How many partial sums a lone sum is cut into: each addition waits for the one before."""

STEP = 4
"""How many terms of a sum one turn of its loop adds."""


class _Growing(NamedTuple):
    """Sums of some members of a nest that take the terms of one segment."""

    scope: Scope
    """The block."""
    segment: Segment
    """The segment."""
    members: tuple[Member, ...]
    """The members, whose sums grow side by side."""
    fused: bool
    """Whether products are added with one rounding."""

    def add(self, totals: Sequence[str], term: Index) -> list[str]:
        """Add one term to each sum so far; the first term begins the sums."""
        return [
            _added(
                self.scope,
                totals[place] if totals else None,
                self.segment.term,
                member,
                term,
                fused=self.fused,
            )
            for place, member in enumerate(self.members)
        ]


def _grown(growing: _Growing, totals: list[str]) -> list[str]:
    """Add the terms of a segment to the sums so far, in order: in chains, in a loop, one by one."""
    scope, count, lanes = growing.scope, growing.segment.count, len(growing.members)
    if scope.bounded and lanes == 1 and CHAINS <= count <= UNROLLED:
        return [_grown_in_chains(growing, totals)]
    done = 0
    if not totals:
        totals, done = growing.add((), (None, 0)), 1
    whole = (count - done) // STEP * STEP
    if lanes * count > UNROLLED and whole > STEP and not scope.written_out:
        totals = _grown_in_loop(growing, totals, done, done + whole)
        done += whole
    for place in range(done, count):
        totals = growing.add(totals, (None, place))
    return totals


def _grown_in_loop(growing: _Growing, totals: Sequence[str], start: int, stop: int) -> list[str]:
    """Add some terms in a loop, some of them in each turn."""

    def turn(index: str, so_far: Sequence[str]) -> Sequence[str]:
        for offset in range(STEP):
            so_far = growing.add(so_far, (index, offset))
        return so_far

    return growing.scope.writer.loop(str(start), str(stop), STEP, turn, totals)


def _grown_in_chains(growing: _Growing, totals: Sequence[str]) -> str:
    """Add the terms to a lone sum: every fourth term to the same partial sum."""
    chains = [[total] for total in totals] + [[] for _ in range(CHAINS - len(totals))]
    for place in range(growing.segment.count):
        chains[place % CHAINS] = growing.add(chains[place % CHAINS], (None, place))
    (a,), (b,), (c,), (d,) = chains
    w = growing.scope.writer
    left, right = w.value(f"fadd {w.type} {a}, {b}"), w.value(f"fadd {w.type} {c}, {d}")
    return w.value(f"fadd {w.type} {left}, {right}")


def _added(
    scope: Scope,
    so_far: str | None,
    term: Expression,
    member: Member,
    index: Index,
    *,
    fused: bool,
) -> str:
    """Add a term to a sum so far, if there is one."""
    w = scope.writer
    if so_far is not None and fused and isinstance(term, Apply) and term.op == "mul":
        a, b = [write_expression(scope, operand, member, index) for operand in term.operands]
        return w.fused(a, b, so_far)
    value = write_expression(scope, term, member, index)
    return value if so_far is None else w.value(f"fadd {w.type} {so_far}, {value}")


def write_expression(
    scope: Scope,
    expression: Expression,
    member: Member,
    term: Index,
    total: str = "",
) -> str:
    """Compute an expression, given its total; the result is a register or a constant."""
    w = scope.writer

    def read(load: Load) -> str:
        return read_at(w, load.kind, _address(scope, load, member, term))

    return evaluated(w, expression, read, total, finite=scope.bounded)


def read_at(w: Writer, kind: str, address: str) -> str:
    """Read a load from its address: what all examples share goes to every lane."""
    if kind in SHARED:
        return w.broadcast(w.load(address, "double"), "double")
    return w.load(address)


def evaluated(
    w: Writer,
    expression: Expression,
    read: Callable[[Load], str],
    total: str,
    *,
    finite: bool,
) -> str:
    """Compute an expression of numbers that are finite or may be not, given its total."""
    if isinstance(expression, Total):
        return total
    if isinstance(expression, Number):
        return w.constant(expression.data)
    if isinstance(expression, Load):
        return read(expression)
    if finite and (parts := _stepped(expression)) is not None:
        factor, step = [evaluated(w, it, read, total, finite=True) for it in parts]
        return w.where(w.value(f"fcmp ogt {w.type} {step}, zeroinitializer"), factor)
    operands = [evaluated(w, it, read, total, finite=finite) for it in expression.operands]
    function = (FUNCTIONS_OF_FINITE_NUMBERS if finite else FUNCTIONS)[expression.op]
    if expression.parameter is not None:
        return function(w, *operands, expression.parameter)
    return function(w, *operands)


def _stepped(product: Apply) -> tuple[Expression, Expression] | None:
    """What is kept of `a * [b > 0]` where b is above zero, and b; None of other expressions.

    Of finite numbers, what is not kept is zero, and no product is needed for that.
    """
    if product.op != "mul":
        return None
    factor, step = product.operands
    if isinstance(step, Apply) and step.op == "positive":
        return factor, step.operands[0]
    return None


def _address(scope: Scope, load: Load, member: Member, term: Index) -> str:
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


def offset_of(w: Writer, load: Load, member: Member, term: Index) -> tuple[int, str | None]:
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


class _Summing(NamedTuple):
    """A nest that is summed over so many blocks."""

    writer: Writer
    """Where it is written."""
    nest: Nest
    """The nest."""
    scope_of: Callable[[str], Scope]
    """From the register of a place in the chunk to the block there."""
    blocks: str
    """How many blocks there are."""


def write_sums(w: Writer, nest: Nest, scope_of: Callable[[str], Scope], some: str) -> None:
    """Add what one nest says up over so many blocks, and to the sums so far."""
    _sum_outer(_Summing(w, nest, scope_of, some), ())


def _sum_outer(summing: _Summing, outer: Member) -> None:
    """All loops but the two innermost, which are walked by tiles: a few rows of a few columns."""
    w, shape = summing.writer, summing.nest.shape
    if len(outer) < len(shape) - 2:
        _each(w, shape[len(outer)], lambda i: _sum_outer(summing, (*outer, i)), unrolled=False)
    elif len(shape) > 1:

        def columns(rows: tuple[Index, ...]) -> None:
            _sum_columns(summing, [(*outer, row) for row in rows], SQUARE)

        write_tiles(w, shape[-2], SQUARE, columns, unrolled=False)
    else:
        _sum_columns(summing, [()], TILE)


def _sum_columns(summing: _Summing, rows: Sequence[Member], size: int) -> None:
    """The innermost loop by tiles, for some rows."""
    nest, w = summing.nest, summing.writer

    def tile(columns: tuple[Index, ...]) -> None:
        members = [(*row, column) for row in rows for column in columns]
        is_run = nest.target.strides[-1] == 1 and w.width % len(columns) == 0
        _sum_tile(summing, members, len(columns) if is_run else 1)

    if nest.shape:
        write_tiles(w, nest.shape[-1], size, tile, unrolled=False)
    else:
        _sum_tile(summing, [()], 1)


def _sum_tile(summing: _Summing, members: Sequence[Member], run: int) -> None:
    """Add up some members side by side; runs of so many of them stand together among the sums."""
    w, term = summing.writer, summing.nest.segments[0].term

    def turn(index: str, so_far: Sequence[str]) -> Sequence[str]:
        scope = summing.scope_of(index)
        return [
            _added(scope, total, term, member, (None, 0), fused=scope.bounded)
            for total, member in zip(so_far, members, strict=True)
        ]

    totals = w.loop("0", summing.blocks, 1, turn, ["zeroinitializer"] * len(members))
    whole = len(members) // w.width * w.width
    for first in range(0, whole, w.width):
        together = w.across_each(totals[first : first + w.width])
        for lane in range(0, w.width, run):
            _add_to_sums(summing, members[first + lane], w.part(together, lane, run), run)
    for member, total in zip(members[whole:], totals[whole:], strict=True):
        _add_to_sums(summing, member, w.across(total), 0)


def _add_to_sums(summing: _Summing, member: Member, more: str, run: int) -> None:
    """Add to the sum of a member; where there is a run, to so many sums from it on."""
    w = summing.writer
    constant, dynamic = offset_of(w, summing.nest.target, member, (None, 0))
    address = _moved(w, "double", "%s", constant, dynamic, 1)
    kind = f"<{run} x double>" if run else "double"
    old = w.value(f"load {kind}, ptr {address}, align 8")
    w.line(f"store {kind} {w.value(f'fadd {kind} {old}, {more}')}, ptr {address}, align 8")
