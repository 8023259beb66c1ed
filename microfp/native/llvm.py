"""LLVM IR from plans: one SIMD lane an example, loops where the rolled has them.

All of it is text. A number per lane has the type `<W x double>`; parameters are read once and
broadcast. Sums over examples add lane by lane, block by block, and then across the lanes as a
balanced tree: an order that depends on the number of examples alone.

>>> from microfp.native.loops import roll
>>> from microfp.native.lowering import lower
>>> from microfp import value
>>> x = value(0.0)
>>> print(function_text("square", roll(lower(x * x, [x]), summed=0), width=4).splitlines()[0])
define void @square(ptr %t, ptr noalias %p, ptr noalias %u, ptr %x, i64 %count, ptr noalias %n, \
ptr noalias %s, ptr %o) {
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple, TypeAlias

from microfp.native.gates import Gate, find_gate
from microfp.native.kernels import FUNCTIONS, kernel_texts
from microfp.native.loops import Apply, Expression, Load, Nest, Number, Rolled, Segment
from microfp.native.writer import Writer

__all__ = ["chunk_blocks", "function_text", "module_text", "padded_nodes"]

UNROLLED = 96
"""A nest of at most so many operations is written out without loops."""

TILE = 8
"""How many members of a sum, or sums over examples, are computed side by side."""

CHUNK_BYTES = 1 << 18
"""How much a chunk of examples may take, so that its nodes stay in the cache."""


Index: TypeAlias = tuple[str | None, int]
"""The index of a loop: a register, or none, plus a constant."""


class _Scope(NamedTuple):
    """What the code of one block knows; whether nothing in it can overflow."""

    writer: Writer
    rolled: Rolled
    columns: int
    block: str
    nodes: str
    tame: bool


def padded_nodes(rolled: Rolled) -> int:
    """How many vectors a block of nodes takes: odd, so that blocks do not share cache sets.

    >>> from microfp.native.loops import roll
    >>> from microfp.native.lowering import lower
    >>> from microfp import value
    >>> x = value(0.0)
    >>> padded_nodes(roll(lower(x * x, [x]), summed=0))
    1
    """
    return rolled.node_count | 1


def chunk_blocks(rolled: Rolled, width: int) -> int:
    """How many blocks are computed before their sums are taken."""
    return max(1, min(64, CHUNK_BYTES // (8 * width * (padded_nodes(rolled) + rolled.input_count))))


def module_text(functions: Sequence[str], *, width: int) -> str:
    """Put functions into a module, with the kernels that they call."""
    body = "\n".join(functions)
    return "\n".join([*kernel_texts(body, width), body])


def function_text(
    name: str, rolled: Rolled, *, width: int, columns: int = 0, size: float | None = None
) -> str:
    """Write the function that runs a rolled program over all examples.

    Its arguments: a context; the parameters, the shared numbers, the inputs, the number of
    examples, room for the nodes of a chunk, the sums, the outputs.

    Where nothing overflows, products are added with one rounding instead of two, long sums are
    taken in several chains, and what is multiplied by zero may be skipped. All of that could turn
    a nan into an infinity, or an infinity into a number; so where a number is too large to tell,
    the whole is left to another function, which the context points at: the same one written
    without a size, which does none of that.

    Args:
        name: What to call it.
        rolled: What it computes.
        width: How many examples are computed side by side.
        columns: Where inputs and outputs lie column by column, the length of a column, a
            multiple of the width; 0 where they lie block by block.
        size: While no parameter and no input is larger, nothing overflows; None where there is
            no such size.
    """
    w = Writer(width)
    gate = find_gate(rolled) if size is not None and rolled.sum_count else None
    w.line(
        f"define void @{name}(ptr %t, ptr noalias %p, ptr noalias %u, ptr %x, i64 %count, "
        f"ptr noalias %n, ptr noalias %s, ptr %o) {{"
    )
    w.label("entry")
    w.line(f"%up = add i64 %count, {width - 1}")
    w.line(f"%all = udiv i64 %up, {width}")
    if size is not None:
        _leave_if_wild(w, rolled, size)
    _clear_sums(w, rolled)
    blocks = chunk_blocks(rolled, width)
    if gate is not None:
        _prepare_gate(w, gate, blocks)

    def chunk(start: str, _: Sequence[str]) -> Sequence[str]:
        rest = w.value(f"sub i64 %all, {start}")
        some = w.value(f"call i64 @llvm.umin.i64(i64 {rest}, i64 {blocks})")
        if gate is None:
            _plain_chunk(w, rolled, columns, start, some, tame=size is not None)
        else:
            _gated_chunk(w, rolled, columns, gate, start, some)
        return ()

    w.loop("0", "%all", blocks, chunk)
    if gate is not None:
        _store_always(w, gate)
    w.line("ret void")
    w.line("}")
    return w.text()


def _clear_sums(w: Writer, rolled: Rolled) -> None:
    if rolled.sum_count > 8:
        w.line(f"call void @llvm.memset.p0.i64(ptr %s, i8 0, i64 {8 * rolled.sum_count}, i1 false)")
    for number in range(rolled.sum_count) if rolled.sum_count <= 8 else ():
        w.line(f"store double 0.0, ptr {w.address('double', '%s', number)}")


def _scope_at(
    w: Writer, rolled: Rolled, columns: int, number: str, place: str, *, tame: bool = True
) -> _Scope:
    """The block of examples of a number, its nodes at a place of the chunk."""
    first = w.value(f"mul i64 {place}, {padded_nodes(rolled)}")
    nodes = w.value(f"getelementptr {w.type}, ptr %n, i64 {first}")
    return _Scope(w, rolled, columns, number, nodes, tame)


def _plain_chunk(
    w: Writer, rolled: Rolled, columns: int, start: str, some: str, *, tame: bool
) -> None:
    """All blocks of a chunk, and then its sums."""

    def scope_of(index: str) -> _Scope:
        number = w.value(f"add i64 {start}, {index}")
        return _scope_at(w, rolled, columns, number, index, tame=tame)

    def block(index: str, _: Sequence[str]) -> Sequence[str]:
        scope = scope_of(index)
        for nest in rolled.nests:
            _nest(scope, nest)
        if rolled.sum_count:
            _clear_tail(scope)
        _put_outputs(scope)
        return ()

    w.loop("0", some, 1, block)
    for nest in rolled.sums:
        _summed(w, nest, scope_of, some)


def _leave_if_wild(w: Writer, rolled: Rolled, size: float) -> None:
    """Look at the sizes of all numbers, and leave the work to another function if one is large."""
    inputs = w.value(f"mul i64 %all, {rolled.input_count}")
    vectors = -(-rolled.parameter_count // w.width)
    large = "zeroinitializer"
    if rolled.input_count:
        large = _count_large(w, "%x", inputs, size, large)
    if rolled.parameter_count:
        large = _count_large(w, "%p", str(vectors), size, large)
    w.line(f"%wild = fcmp une double {w.across(large)}, 0.0")
    w.line("br i1 %wild, label %left, label %tame")
    w.label("left")
    w.line("%another = load ptr, ptr %t")
    w.line("call void %another(ptr %t, ptr %p, ptr %u, ptr %x, i64 %count, ptr %n, ptr %s, ptr %o)")
    w.line("ret void")
    w.label("tame")


def _prepare_gate(w: Writer, gate: Gate, blocks: int) -> None:
    """Make room for what belongs to the gate."""
    w.line(f"%active = alloca [{blocks} x i64]")
    w.line("%live = alloca i64")
    w.line(f"%always = alloca [{_always_count(gate)} x {w.type}]")
    for k in range(_always_count(gate)):
        w.line(f"store {w.type} zeroinitializer, ptr {w.address(w.type, '%always', k)}")


def _count_large(w: Writer, numbers: str, vectors: str, size: float, so_far: str) -> str:
    """Count, lane by lane, the numbers that are larger than a size, or nan."""

    def more(index: str, carried: Sequence[str]) -> Sequence[str]:
        address = w.value(f"getelementptr {w.type}, ptr {numbers}, i64 {index}")
        magnitude = w.intrinsic("fabs", w.value(f"load {w.type}, ptr {address}"))
        large = w.value(f"fcmp ugt {w.type} {magnitude}, {w.constant(size)}")
        one, zero = w.constant(1.0), "zeroinitializer"
        counted = w.value(f"select <{w.width} x i1> {large}, {w.type} {one}, {w.type} {zero}")
        return [w.value(f"fadd {w.type} {carried[0]}, {counted}")]

    return w.loop("0", vectors, 1, more, [so_far])[0]


def _gated_chunk(
    w: Writer, rolled: Rolled, columns: int, gate: Gate, start: str, some: str
) -> None:
    """The blocks of a chunk; those whose gate is open are kept, side by side, for the sums."""
    w.line("store i64 0, ptr %live")

    def block(index: str, _: Sequence[str]) -> Sequence[str]:
        place = w.value("load i64, ptr %live")
        number = w.value(f"add i64 {start}, {index}")
        scope = _scope_at(w, rolled, columns, number, place)
        for nest in gate.before:
            _nest(scope, nest)
        _put_outputs(scope)
        _add_always(scope, gate)
        w.branch(_is_open(scope, gate), lambda: _behind(scope, gate, place))
        return ()

    w.loop("0", some, 1, block)
    kept = w.value("load i64, ptr %live")

    def scope_of(index: str) -> _Scope:
        address = w.value(f"getelementptr i64, ptr %active, i64 {index}")
        return _scope_at(w, rolled, columns, w.value(f"load i64, ptr {address}"), index)

    def sums() -> None:
        for nest in gate.gated:
            _summed(w, nest, scope_of, kept)

    w.branch(w.value(f"icmp ne i64 {kept}, 0"), sums)


def _is_open(scope: _Scope, gate: Gate) -> str:
    """Whether some lane of the gate is not zero."""
    w = scope.writer
    address = w.address(w.type, scope.nodes, gate.node)
    node = w.value(f"load {w.type}, ptr {address}")
    lanes = w.value(f"fcmp une {w.type} {node}, zeroinitializer")
    bits = w.value(f"bitcast <{w.width} x i1> {lanes} to i{w.width}")
    return w.value(f"icmp ne i{w.width} {bits}, 0")


def _behind(scope: _Scope, gate: Gate, place: str) -> None:
    w = scope.writer
    for nest in gate.behind:
        _nest(scope, nest)
    _clear_tail(scope)
    address = w.value(f"getelementptr i64, ptr %active, i64 {place}")
    w.line(f"store i64 {scope.block}, ptr {address}")
    w.line(f"store i64 {w.value(f'add i64 {place}, 1')}, ptr %live")


def _always_count(gate: Gate) -> int:
    return sum(1 for _ in _always_members(gate))


def _always_members(gate: Gate) -> Iterator[tuple[Nest, tuple[Index, ...]]]:
    """The sums that do not depend on the gate, one by one."""
    for nest in gate.always:
        for member in product(*map(range, nest.shape)):
            yield nest, tuple((None, index) for index in member)


def _add_always(scope: _Scope, gate: Gate) -> None:
    w = scope.writer
    mask = _examples_of(scope)
    for k, (nest, member) in enumerate(_always_members(gate)):
        term = _expression(scope, nest.segments[0].term, member, (None, 0))
        kept = w.value(f"select <{w.width} x i1> {mask}, {w.type} {term}, {w.type} zeroinitializer")
        address = w.address(w.type, "%always", k)
        so_far = w.value(f"load {w.type}, ptr {address}")
        w.line(f"store {w.type} {w.value(f'fadd {w.type} {so_far}, {kept}')}, ptr {address}")


def _store_always(w: Writer, gate: Gate) -> None:
    for k, (nest, member) in enumerate(_always_members(gate)):
        constant, _ = _offset(w, nest.target, member, (None, 0))
        total = w.across(w.value(f"load {w.type}, ptr {w.address(w.type, '%always', k)}"))
        w.line(f"store double {total}, ptr {w.address('double', '%s', constant)}")


def _left(scope: _Scope) -> str:
    """How many examples there are from the first of a block on."""
    first = scope.writer.value(f"mul i64 {scope.block}, {scope.writer.width}")
    return scope.writer.value(f"sub i64 %count, {first}")


def _examples_of(scope: _Scope) -> str:
    """Which lanes of a block stand for an example."""
    w = scope.writer
    lanes = ", ".join(f"i64 {lane}" for lane in range(w.width))
    many = w.broadcast(_left(scope), "i64")
    return w.value(f"icmp ult <{w.width} x i64> <{lanes}>, {many}")


def _put_outputs(scope: _Scope) -> None:
    w = scope.writer
    for place, load in enumerate(scope.rolled.outputs):
        stored = _expression(scope, load, (), (None, 0))
        w.line(f"store {w.type} {stored}, ptr {_output(scope, place)}")


def _clear_tail(scope: _Scope) -> None:
    """Write 0.0 into the lanes that stand for no example, if the block has such lanes."""
    w = scope.writer
    partial = w.value(f"icmp ult i64 {_left(scope)}, {w.width}")
    w.branch(partial, lambda: _clear(scope))


def _clear(scope: _Scope) -> None:
    w, mask = scope.writer, _examples_of(scope)

    def clear(index: str, _: Sequence[str]) -> Sequence[str]:
        address = w.value(f"getelementptr {w.type}, ptr {scope.nodes}, i64 {index}")
        old = w.value(f"load {w.type}, ptr {address}")
        new = w.value(f"select <{w.width} x i1> {mask}, {w.type} {old}, {w.type} zeroinitializer")
        w.line(f"store {w.type} {new}, ptr {address}")
        return ()

    if scope.rolled.node_count:
        w.loop("0", str(scope.rolled.node_count), 1, clear)


def _output(scope: _Scope, place: int) -> str:
    w, stride = scope.writer, scope.columns
    if stride:
        column = w.address("double", "%o", place * stride)
        return w.value(f"getelementptr {w.type}, ptr {column}, i64 {scope.block}")
    first = w.value(f"mul i64 {scope.block}, {len(scope.rolled.outputs)}")
    row = w.value(f"getelementptr {w.type}, ptr %o, i64 {first}")
    return w.address(w.type, row, place)


def _nest(scope: _Scope, nest: Nest) -> None:
    """The loops of a nest, for one block."""
    work = sum(segment.count for segment in nest.segments)
    for size in nest.shape:
        work *= size
    _outer(scope, nest, (), unrolled=work <= UNROLLED)


def _outer(scope: _Scope, nest: Nest, indices: tuple[Index, ...], *, unrolled: bool) -> None:
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


def _members(scope: _Scope, nest: Nest, members: tuple[tuple[Index, ...], ...]) -> None:
    """Some members of a nest side by side: their sums grow together."""
    sums: list[str] = []
    fused = scope.tame and sum(segment.count for segment in nest.segments) > 2
    for segment in nest.segments:
        sums = _grown(scope, segment, members, sums, fused=fused)
    for member, result in zip(members, sums, strict=True):
        address = _address(scope, nest.target, member, (None, 0))
        scope.writer.line(f"store {scope.writer.type} {result}, ptr {address}")


def _grown(
    scope: _Scope,
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
    scope: _Scope,
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
    scope: _Scope,
    so_far: str | None,
    term: Expression,
    member: tuple[Index, ...],
    index: Index,
    *,
    fused: bool,
) -> str:
    w = scope.writer
    if so_far is not None and fused and isinstance(term, Apply) and term.op == "mul":
        a, b = [_expression(scope, operand, member, index) for operand in term.operands]
        return w.fused(a, b, so_far)
    value = _expression(scope, term, member, index)
    return value if so_far is None else w.value(f"fadd {w.type} {so_far}, {value}")


def _expression(
    scope: _Scope, expression: Expression, member: tuple[Index, ...], term: Index
) -> str:
    """Compute an expression; the result is a register or a constant."""
    w = scope.writer
    if isinstance(expression, Number):
        return w.constant(expression.data)
    if isinstance(expression, Load):
        address = _address(scope, expression, member, term)
        if expression.kind in ("p", "u"):
            return w.broadcast(w.value(f"load double, ptr {address}"), "double")
        return w.value(f"load {w.type}, ptr {address}")
    operands = [_expression(scope, operand, member, term) for operand in expression.operands]
    function = FUNCTIONS[expression.op]
    if expression.parameter is not None:
        return function(w, *operands, expression.parameter)
    return function(w, *operands)


def _address(scope: _Scope, load: Load, member: tuple[Index, ...], term: Index) -> str:
    """Where a load or a target stands."""
    w = scope.writer
    constant, dynamic = _offset(w, load, member, term)
    if load.kind in ("p", "u"):
        return _moved(w, "double", f"%{load.kind}", constant, dynamic, 1)
    if load.kind == "n":
        return _moved(w, w.type, scope.nodes, constant, dynamic, 1)
    stride = scope.columns
    if stride:
        row = w.value(f"getelementptr {w.type}, ptr %x, i64 {scope.block}")
        return _moved(w, "double", row, constant, dynamic, stride)
    first = w.value(f"mul i64 {scope.block}, {scope.rolled.input_count}")
    row = w.value(f"getelementptr {w.type}, ptr %x, i64 {first}")
    return _moved(w, w.type, row, constant, dynamic, 1)


def _moved(w: Writer, kind: str, base: str, constant: int, dynamic: str | None, scale: int) -> str:
    if dynamic is not None:
        scaled = dynamic if scale == 1 else w.value(f"mul i64 {dynamic}, {scale}")
        base = w.value(f"getelementptr {kind}, ptr {base}, i64 {scaled}")
    return w.address(kind, base, constant * scale)


def _offset(
    w: Writer, load: Load, member: tuple[Index, ...], term: Index
) -> tuple[int, str | None]:
    """The place of a load: a constant, and a register where loops move it."""
    strides = (*load.strides, load.step)
    indices = (*member, term) if load.strides else ((None, 0),) * 0 + (term,)
    constant, dynamic = load.base, None
    for stride, (register, offset) in zip(strides, indices, strict=True):
        constant += stride * offset
        if register is not None and stride:
            moved = register if stride == 1 else w.value(f"mul i64 {register}, {stride}")
            dynamic = moved if dynamic is None else w.value(f"add i64 {dynamic}, {moved}")
    return constant, dynamic


# Sums over the examples of a chunk.


def _summed(w: Writer, nest: Nest, scope_of: Callable[[str], _Scope], some: str) -> None:
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
    scope_of: Callable[[str], _Scope],
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
    constant, dynamic = _offset(w, nest.target, member, (None, 0))
    address = _moved(w, "double", "%s", constant, dynamic, 1)
    kind = f"<{run} x double>" if run else "double"
    old = w.value(f"load {kind}, ptr {address}, align 8")
    w.line(f"store {kind} {w.value(f'fadd {kind} {old}, {more}')}, ptr {address}, align 8")
