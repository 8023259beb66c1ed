"""Gradients of weights: sums over examples of products, as matrix products of their own.

The gradient of a weight is the sum, over all examples, of what comes back to its neuron times what
its input was: `s[j, k] += a[j] * b[k]`. With a lane an example, each such sum would have to be
added up across the lanes at the end. So the inputs `b` are packed first: example by example, with
the inputs of one side by side, in panels of a few vectors. Then a lane is a weight, a tile is some
neurons of one panel, and each example adds one product to each lane, in the order of the examples.

    block of lanes      b[k] of 8 examples side by side     (a vector per k)
    panel               32 numbers b[k] of one example      (vectors of one row, row after row)

>>> from microfp.compiler.native.loops import Segment
>>> from microfp.record import unchecked
>>> term = Apply("mul", (Load("n", 5, (1, 0)), Load("x", 0, (0, 1))))
>>> nest = Nest((16, 8), (unchecked(Segment, 1, term),), Load("s", 0, (9, 1)))
>>> product_of(nest)
Product(rows=16, columns=8, row=Load(kind='n', base=5, strides=(1, 0), step=0), \
column=Load(kind='x', base=0, strides=(0, 1), step=0), target=Load(kind='s', base=0, \
strides=(9, 1), step=0))
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from microfp.compiler.native.emit.nests import write_tiles
from microfp.compiler.native.emit.tiles import balanced
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import Apply, Load, Nest

__all__ = [
    "Packed",
    "Packing",
    "Product",
    "Sources",
    "pack_of",
    "packed_size",
    "packs_of",
    "product_of",
    "write_pack",
    "write_product",
]

FEWEST = 64
"""A product of fewer sums is not worth the packing."""


class Product(NamedTuple):
    """Sums over the examples of `row[j] * column[k]`, for all j and k."""

    rows: int
    """How many j."""
    columns: int
    """How many k."""
    row: Load
    """What moves with j."""
    column: Load
    """What moves with k, by steps of 1."""
    target: Load
    """Where the sums stand."""


class Packed(NamedTuple):
    """What is packed: so many numbers of each example, from one on."""

    kind: str
    base: int
    columns: int


class Panel(NamedTuple):
    """A tile: how many rows, and how many vectors of columns."""

    rows: int
    vectors: int


PANELS = {8: Panel(6, 4), 4: Panel(4, 2), 2: Panel(4, 2)}
"""What fits into the registers, by the width of a vector."""


def product_of(nest: Nest) -> Product | None:
    """A nest as a product, if it is one and worth it."""
    term = nest.segments[0].term
    if len(nest.shape) != 2 or nest.size < FEWEST or not isinstance(term, Apply):
        return None
    loads = [it for it in term.operands if isinstance(it, Load) and it.kind in ("n", "x")]
    if term.op != "mul" or len(loads) != 2 or nest.target.strides[1] != 1:
        return None
    moves = [tuple(map(bool, load.strides)) for load in loads]
    if sorted(moves) != [(False, True), (True, False)]:
        return None
    column, row = loads if moves[0] == (False, True) else loads[::-1]
    return Product(*nest.shape, row, column, nest.target) if column.strides[1] == 1 else None


def pack_of(product: Product) -> Packed:
    """What a product wants to be packed."""
    return Packed(product.column.kind, product.column.base, product.columns)


def packs_of(sums: Iterable[Nest]) -> tuple[Packed, ...]:
    """What is packed for some sums, each once."""
    products = map(product_of, sums)
    return tuple(dict.fromkeys(pack_of(it) for it in products if it is not None))


def packed_size(pack: Packed, width: int) -> int:
    """How many vectors are packed for each example: whole panels.

    >>> packed_size(Packed("x", 0, 33), 8)
    8
    """
    vectors = PANELS[width].vectors
    return -(-pack.columns // (width * vectors)) * vectors


class Packing(NamedTuple):
    """What the function that packs is given."""

    blocks: str
    """How many blocks there are."""
    room: str
    """For how many examples there is room in a panel."""
    source: str
    """Where the numbers of the first block are."""
    target: str
    """Where the panels go."""


def write_pack(w: Writer, pack: Packed, stride: int, given: Packing) -> None:
    """Call the function that packs some blocks, two of which are so many vectors apart."""
    name = w.beside((pack.columns, stride), partial(_packing, w, pack.columns, stride))
    blocks, room, source, target = given
    w.value(f"call i64 @{name}(i64 {blocks}, i64 {room}, ptr {source}, ptr {target})")


def _packing(w: Writer, columns: int, stride: int, name: str) -> str:
    """Write a function that packs."""
    w = w.another()
    panel = PANELS[w.width].vectors

    def block(index: str) -> None:
        source = w.element("%a", w.value(f"mul i64 {index}, {stride}"))
        target = w.element("%b", w.value(f"mul i64 {index}, {w.width * panel}"))

        def square(number: str) -> None:
            first = w.element(source, w.value(f"mul i64 {number}, {w.width}"))
            whole, part = _divided(w, number, panel)
            begin = _panel(w, target, whole)
            _turned(w, first, w.width, w.element(begin, part))

        full, rest = divmod(columns, w.width)
        if full:
            w.each(str(full), square)
        if rest:
            first = w.address(w.type, source, full * w.width)
            begin = _panel(w, target, str(full // panel))
            _turned(w, first, rest, w.address(w.type, begin, full % panel))

    arguments = ["i64 %blocks", "i64 %room", "ptr %a", "ptr %b"]
    w.function(name, arguments, lambda: w.each("%blocks", block))
    return w.text()


def _panel(w: Writer, panels: str, number: str) -> str:
    """Where a panel begins."""
    vectors = w.value(f"mul i64 %room, {PANELS[w.width].vectors}")
    return w.element(panels, w.value(f"mul i64 {vectors}, {number}"))


def _divided(w: Writer, number: str, by: int) -> tuple[str, str]:
    return w.value(f"udiv i64 {number}, {by}"), w.value(f"urem i64 {number}, {by}")


def _turned(w: Writer, source: str, count: int, target: str) -> None:
    """Read so many vectors, a lane an example, and write one vector for each example."""
    read = [w.load(w.address(w.type, source, k)) for k in range(count)]
    vectors = w.transposed([*read, *["zeroinitializer"] * (w.width - count)])
    for lane, vector in enumerate(vectors):
        w.store(vector, w.address(w.type, target, lane * PANELS[w.width].vectors))


class Sources(NamedTuple):
    """What the function of a product is given."""

    blocks: str
    """How many blocks there are."""
    examples: str
    """How many examples there are in them."""
    room: str
    """For how many examples there is room in a panel."""
    row: str
    """Where the rows of the first block are."""
    column: str
    """Where the packed columns are."""
    target: str
    """Where the sums are."""
    begun: str
    """The same; or null where nothing has been added to them, and they may hold anything."""


def write_product(
    w: Writer, product: Product, stride: int, sources: Sources, *, fused: bool, shared: bool = False
) -> None:
    """Call the function that adds a product to the sums.

    Args:
        w: Where it is written.
        product: The product.
        stride: How many vectors the rows of two blocks are apart.
        sources: What it is given.
        fused: Whether products are added with one rounding.
        shared: Whether it is that of one worker of several, who adds up some of the rows.
    """
    row, target = product.row._replace(base=0), product.target._replace(base=0)
    alike = product._replace(row=row, target=target, column=product.column._replace(base=0))
    name = w.beside((alike, stride), partial(_multiplying, w, alike, stride, fused, shared))
    numbers = ", ".join(f"i64 {number}" for number in sources[:3])
    pointers = ", ".join(f"ptr {pointer}" for pointer in sources[3:])
    w.value(f"call i64 @{name}({numbers}, {pointers}{', i64 %me, i64 %workers' * shared})")


class _Code(NamedTuple):
    """What the function of a product knows."""

    writer: Writer
    product: Product
    stride: int
    fused: bool
    shared: bool


def _multiplying(
    w: Writer,
    product: Product,
    stride: int,
    fused: bool,  # noqa: FBT001 - bound
    shared: bool,  # noqa: FBT001 - bound
    name: str,
) -> str:
    """Write a function that multiplies."""
    code = _Code(w.another(), product, stride, fused, shared)
    numbers, pointers = ("blocks", "examples", "room"), ("a", "b", "s", "begun")
    arguments = [*(f"i64 %{it}" for it in numbers), *(f"ptr %{it}" for it in pointers)]
    arguments += ["i64 %me", "i64 %workers"] if shared else []
    code.writer.function(name, arguments, lambda: _panels(code))
    return code.writer.text()


def _panels(code: _Code) -> None:
    """Panel by panel, the last of which may have fewer vectors, and these fewer lanes."""
    w, product, vectors = code.writer, code.product, PANELS[code.writer.width].vectors
    w.line("%begins = icmp eq ptr %begun, null")
    w.line("%grows = xor i1 %begins, true")
    full, rest = divmod(product.columns, w.width * vectors)

    def panel(number: str, columns: int) -> None:
        sums = w.element("%s", w.value(f"mul i64 {number}, {vectors}"))
        _rows(code, _panel(w, "%b", number), sums, columns)

    if full:
        w.each(str(full), lambda number: panel(number, w.width * vectors))
    if rest:
        panel(str(full), rest)


def _rows(code: _Code, packed: str, sums: str, columns: int) -> None:
    """The rows of a panel, some at once."""
    w, product = code.writer, code.product
    by_row, to_row = product.row.strides[0], product.target.strides[0]

    def tile(rows: Sequence[tuple[str | None, int]]) -> None:
        (register, _), offsets = rows[0], [offset for _, offset in rows]
        row, target = "%a", sums
        if register is not None:
            row = w.element(row, w.value(f"mul i64 {register}, {by_row}"))
            target = w.element(target, w.value(f"mul i64 {register}, {to_row}"), "double")
        vectors = -(-columns // w.width)
        totals = _totals(code, row, packed, (offsets, vectors))

        def each(write: Callable[[Writer, str, str, int], None]) -> None:
            for k, total in enumerate(totals):
                place, vector = divmod(k, vectors)
                address = w.address("double", target, offsets[place] * to_row + vector * w.width)
                write(w, address, total, min(w.width, columns - vector * w.width))

        w.if_then("%begins", lambda: each(_put))
        w.if_then("%grows", lambda: each(_add))

    size = balanced(product.rows, PANELS[w.width].rows)
    write_tiles(w, product.rows, size, tile, unrolled=False, shared=code.shared)


def _totals(code: _Code, row: str, packed: str, tile: tuple[Sequence[int], int]) -> Sequence[str]:
    """The sums of a tile over all examples, from the first to the last."""
    w, (offsets, vectors) = code.writer, tile
    panel = PANELS[w.width].vectors

    def block(index: str, totals: Sequence[str]) -> Sequence[str]:
        first = w.value(f"mul i64 {index}, {w.width}")
        left = w.value(f"sub i64 %examples, {first}")
        lanes = w.value(f"call i64 @llvm.umin.i64(i64 {left}, i64 {w.width})")
        own = w.element(row, w.value(f"mul i64 {index}, {code.stride}"))
        beside = w.element(packed, w.value(f"mul i64 {first}, {panel}"))

        def example(lane: str, so_far: Sequence[str]) -> Sequence[str]:
            a = w.element(own, lane, "double")
            b = w.element(beside, w.value(f"mul i64 {lane}, {panel}"))
            return _grown(code, (a, b), tile, so_far)

        return w.loop("0", lanes, 1, example, totals)

    zeros = ["zeroinitializer"] * (len(offsets) * vectors)
    return w.loop("0", "%blocks", 1, block, zeros)


def _grown(
    code: _Code, at: tuple[str, str], tile: tuple[Sequence[int], int], totals: Sequence[str]
) -> list[str]:
    """Add the products of one example to the sums of a tile."""
    w, (offsets, vectors) = code.writer, tile
    by = code.product.row.strides[0] * w.width
    columns = [w.load(w.address(w.type, at[1], vector)) for vector in range(vectors)]
    grown = list[str]()
    for place, offset in enumerate(offsets):
        number = w.load(w.address("double", at[0], offset * by), "double")
        row = w.broadcast(number, "double")
        for total, column in zip(totals[place * vectors :], columns, strict=False):
            grown.append(_plus(code, total, row, column))
    return grown


def _plus(code: _Code, total: str, a: str, b: str) -> str:
    w = code.writer
    if code.fused:
        return w.fused(a, b, total)
    return w.value(f"fadd {w.type} {total}, {w.value(f'fmul {w.type} {a}, {b}')}")


def _put(w: Writer, address: str, total: str, lanes: int) -> None:
    """Write a vector, or some lanes of it, into memory."""
    part = total if lanes == w.width else w.part(total, 0, lanes)
    w.line(f"store <{lanes} x double> {part}, ptr {address}, align 8")


def _add(w: Writer, address: str, more: str, lanes: int) -> None:
    """Add a vector, or some lanes of it, to numbers in memory."""
    kind = f"<{lanes} x double>"
    part = more if lanes == w.width else w.part(more, 0, lanes)
    old = w.value(f"load {kind}, ptr {address}, align 8")
    w.line(f"store {kind} {w.value(f'fadd {kind} {old}, {part}')}, ptr {address}, align 8")
