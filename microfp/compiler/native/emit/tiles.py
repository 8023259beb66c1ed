"""Large nests, each a function of its own: sums that stay in registers, tile by tile.

A layer over a batch is a product of two matrices. A tile is some members (neurons) in some blocks
(of examples, a lane each). Each turn of the loop over the terms of their sums reads one number per
member, which goes to every lane, and one vector per block; both are used for the whole tile. So a
tile of 8 members in 2 blocks adds 16 products for 10 reads, and is not kept waiting by memory.
Every sum is taken from its first term to its last, whatever the tile.

The function is given the number of blocks, and for each load where its numbers begin; so nests that
differ in these places alone, as those of equal layers do, are one function.

>>> from microfp.compiler.native.loops import Segment
>>> terms = unchecked(Segment, 3, Apply("mul", (Load("p", 12, (4,), 1), Load("n", 7, (0,), 1))))
>>> nest, loads = numbered(Nest((2,), (terms,), Load("n", 20, (1,))))
>>> print(nest)
nest    2        n2[i] = sum(3: p[4i + t] * n1[t])
>>> [(load.kind, load.base) for load in loads]
[('p', 12), ('n', 7), ('n', 20)]
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from microfp.compiler.native.emit.blocks import Frame, vector_count
from microfp.compiler.native.emit.nests import (
    SHARED,
    UNROLLED,
    Index,
    Member,
    evaluated,
    read_at,
    write_tiles,
)
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import Apply, Expression, Load, Nest, Segment
from microfp.record import unchecked

__all__ = ["Tile", "is_large", "numbered", "tile_of", "write_large"]

PANEL_BYTES = 1 << 14
"""Parameters of more bytes do not stay in the nearest cache: they are walked once, tile by tile,
and each tile looks at all blocks."""

STEP = 4
"""How many terms of a sum one turn of its loop adds."""


class Tile(NamedTuple):
    """What is computed side by side."""

    members: int
    """How many members, at most."""
    blocks: int
    """In how many blocks."""


TILES = {8: Tile(8, 2), 4: Tile(4, 2), 2: Tile(4, 2), 1: Tile(4, 2)}
"""What fits into the registers, by the width of a vector: 32 of the widest, else 16.

A function of one argument has one example, and a vector of one number."""


def tile_of(width: int) -> Tile:
    """The tile for vectors of so many numbers.

    >>> tile_of(8)
    Tile(members=8, blocks=2)
    """
    return TILES[width]


def is_large(nest: Nest) -> bool:
    """Whether a nest is worth a function of its own."""
    return bool(nest.shape) and nest.size * sum(it.count for it in nest.segments) > UNROLLED


def numbered(nest: Nest) -> tuple[Nest, tuple[Load, ...]]:
    """A nest whose loads have numbers for their bases, and the loads that these stand for."""
    loads = dict[Load, int]()

    def number(load: Load) -> Load:
        return load._replace(base=loads.setdefault(Load(load.kind, load.base), len(loads)))

    segments = tuple(
        unchecked(Segment, segment.count, _with_loads(segment.term, number))
        for segment in nest.segments
    )
    result, target = _with_loads(nest.result, number), number(nest.target)
    return Nest(nest.shape, segments, target, result), tuple(loads)


def _with_loads(expression: Expression, change: Callable[[Load], Load]) -> Expression:
    if isinstance(expression, Load):
        return change(expression)
    if isinstance(expression, Apply):
        operands = tuple(_with_loads(operand, change) for operand in expression.operands)
        return expression._replace(operands=operands)
    return expression


def write_large(frame: Frame, nest: Nest, start: str, some: str) -> None:
    """Call the function of a nest for some blocks from one on, the first in its chunk."""
    w = frame.writer
    nest, loads = numbered(nest)
    kinds = tuple(load.kind for load in loads)
    name = w.beside((nest, kinds), partial(_function, frame, nest, kinds))
    pointers = ", ".join(f"ptr {pointer_of(frame, load, start)}" for load in loads)
    w.value(f"call i64 @{name}(i64 {some}, {pointers}{', i64 %me, i64 %workers' * frame.shared})")


def pointer_of(frame: Frame, load: Load, start: str) -> str:
    """Where the numbers of a load begin, for a chunk that begins with that block."""
    w = frame.writer
    if load.kind == "n":
        return w.address(w.type, "%n", load.base)
    if load.kind == "x":
        first = w.value(f"mul i64 {start}, {frame.rolled.input_count}")
        return w.address(w.type, w.element("%x", first), load.base)
    return w.address("double", "%s" if load.kind == "s" else SHARED[load.kind], load.base)


def _function(frame: Frame, nest: Nest, kinds: Sequence[str], name: str) -> str:
    """Write the function of a nest."""
    w = frame.writer.another()
    arguments = [f"ptr %a{k}" for k in range(len(kinds))]
    strides = {"n": vector_count(frame.rolled), "x": frame.rolled.input_count}
    code = _Code(w, nest, kinds, strides, frame.bounded, frame.shared)
    workers = ["i64 %me", "i64 %workers"] if frame.shared else []
    w.function(name, ["i64 %blocks", *arguments, *workers], lambda: _write(code))
    return w.text()


class _Code(NamedTuple):
    """What the function of a nest knows."""

    writer: Writer
    """Where it is written."""
    nest: Nest
    """The nest, with numbered loads."""
    kinds: Sequence[str]
    """The kinds of its loads, by number."""
    strides: Mapping[str, int]
    """How many vectors two blocks are apart, by the kind of what is read."""
    bounded: bool
    """Whether nothing can overflow."""
    shared: bool
    """Whether it computes the members of one worker alone."""


def _write(code: _Code) -> None:
    """All members in all blocks: the longer walk outside, so that what is read again is near."""
    if _is_walked_once(code.nest):
        _rows(code, (), lambda rows: _groups(code, lambda group: _tile(code, group, rows)))
    else:
        _groups(code, lambda group: _rows(code, (), lambda rows: _tile(code, group, rows)))


def _is_walked_once(nest: Nest) -> bool:
    """Whether the parameters of a nest are too many to stay in the nearest cache."""
    return 8 * nest.size * max(segment.count for segment in nest.segments) > PANEL_BYTES


Rows: TypeAlias = tuple[Member, ...]
"""Some members of the innermost loop."""


def _rows(code: _Code, outer: Member, body: Callable[[Rows], None]) -> None:
    """Walk the members, some of the innermost loop at once."""
    w, shape, depth = code.writer, code.nest.shape, len(outer)
    if depth + 1 < len(shape):
        write_tiles(
            w, shape[depth], 1, lambda one: _rows(code, (*outer, *one), body), unrolled=False
        )
        return
    size = balanced(shape[-1], tile_of(w.width).members)
    write_tiles(
        w,
        shape[-1],
        size,
        lambda tile: body(tuple((*outer, index) for index in tile)),
        unrolled=False,
        shared=code.shared,
    )


def balanced(count: int, most: int) -> int:
    """How many things to take at once, at most, so that no handful is left over.

    >>> [balanced(count, 8) for count in (128, 10, 17, 3)]
    [8, 5, 6, 3]
    """
    return -(-count // -(-count // most))


class _Group(NamedTuple):
    """Some blocks: the number of the first, and how many."""

    first: str
    size: int


def _groups(code: _Code, body: Callable[[_Group], None]) -> None:
    """Walk the blocks, some at once, and those that are left over one by one."""
    w, size = code.writer, tile_of(code.writer.width).blocks
    rest = w.value(f"urem i64 %blocks, {size}")
    whole = w.value(f"sub i64 %blocks, {rest}")
    _walk(w, "0", whole, size, body)
    _walk(w, whole, "%blocks", 1, body)


def _walk(w: Writer, start: str, stop: str, size: int, body: Callable[[_Group], None]) -> None:
    """Walk some blocks, of which there may be none."""

    def turn(index: str, _: Sequence[str]) -> Sequence[str]:
        body(_Group(index, size))
        return ()

    def walk() -> None:
        w.loop(start, stop, size, turn)

    w.if_then(w.value(f"icmp ult i64 {start}, {stop}"), walk)


def _tile(code: _Code, group: _Group, rows: Rows) -> None:
    """Some members in some blocks."""
    tile = _Reading(code, group, rows)
    totals = list[str]()
    for segment in code.nest.segments:
        totals = _grown(tile, segment, totals)
    reader = tile.at((None, 0))
    for (member, block), total in zip(tile.places(), totals, strict=True):
        read = partial(reader.read, member=member, block=block)
        result = evaluated(code.writer, code.nest.result, read, total, finite=code.bounded)
        code.writer.store(result, reader.address(code.nest.target, member, block))


def _grown(tile: "_Reading", segment: Segment, totals: list[str]) -> list[str]:
    """Add the terms of a segment to the sums so far, in order; the first term begins them."""
    done, count = 0, segment.count
    if not totals:
        totals, done = _added(tile, segment.term, (None, 0), None), 1
    whole = (count - done) // STEP * STEP
    if whole > STEP:
        tile.hoist(segment.term)
        totals = _grown_in_loop(tile, segment.term, (done, done + whole), totals)
        done += whole
    for place in range(done, count):
        totals = _added(tile, segment.term, (None, place), totals)
    return totals


def _grown_in_loop(
    tile: "_Reading", term: Expression, terms: tuple[int, int], totals: Sequence[str]
) -> list[str]:
    """Add some terms in a loop, some of them in each turn."""

    def turn(index: str, so_far: Sequence[str]) -> Sequence[str]:
        for offset in range(STEP):
            so_far = _added(tile, term, (index, offset), so_far)
        return so_far

    start, stop = map(str, terms)
    return tile.code.writer.loop(start, stop, STEP, turn, totals)


def _added(
    tile: "_Reading", term: Expression, index: Index, totals: Sequence[str] | None
) -> list[str]:
    """Add one term to each sum so far."""
    reader, code = tile.at(index), tile.code
    sums: Sequence[str | None] = totals or [None] * (len(tile.rows) * tile.group.size)
    return [
        _plus(code, total, term, partial(reader.read, member=member, block=block))
        for (member, block), total in zip(tile.places(), sums, strict=True)
    ]


def _plus(code: _Code, so_far: str | None, term: Expression, read: Callable[[Load], str]) -> str:
    """Add a term to a sum so far, if there is one; a product with one rounding, if it may be."""
    w = code.writer
    if so_far is not None and code.bounded and isinstance(term, Apply) and term.op == "mul":
        a, b = [evaluated(w, it, read, "", finite=True) for it in term.operands]
        return w.fused(a, b, so_far)
    value = evaluated(w, term, read, "", finite=code.bounded)
    return value if so_far is None else w.value(f"fadd {w.type} {so_far}, {value}")


class _Reading:
    """What a tile reads, and where; each number is read once for the whole tile.

    Attributes:
        code: The function.
        group: The blocks.
        rows: The members.
    """

    def __init__(self, code: _Code, group: _Group, rows: Rows) -> None:
        """Begin with nothing read."""
        self.code: _Code = code
        self.group: _Group = group
        self.rows: Rows = rows
        self._bases = dict[Load, str]()

    def places(self) -> Iterator[tuple[Member, int]]:
        """The members in all blocks, member by member."""
        for member in self.rows:
            for block in range(self.group.size):
                yield member, block

    def hoist(self, expression: Expression) -> None:
        """Find outside of a loop where the loads of an expression begin."""
        if isinstance(expression, Load):
            self.base(expression)
        elif isinstance(expression, Apply):
            for operand in expression.operands:
                self.hoist(operand)

    def base(self, load: Load) -> str:
        """Where a load begins for the first block, as far as loops outside have moved it."""
        if load not in self._bases:
            w, kind = self.code.writer, self.kind(load)
            place = f"%a{load.base}"
            if stride := self.stride(load):
                place = w.element(place, w.value(f"mul i64 {self.group.first}, {stride}"))
            for (register, _), by in zip(self.rows[0], load.strides, strict=False):
                if register is not None and by:
                    place = w.element(place, w.value(f"mul i64 {register}, {by}"), kind)
            self._bases[load] = place
        return self._bases[load]

    def stride(self, load: Load) -> int:
        """How many vectors two blocks are apart, of what is read; 0 where all read the same."""
        return self.code.strides.get(self.code.kinds[load.base], 0)

    def kind(self, load: Load) -> str:
        """The type of what is read."""
        return self.code.writer.type if self.stride(load) else "double"

    def at(self, term: Index) -> "_Reader":
        """What reads one term of a sum."""
        return _Reader(self, term)


class _Reader:
    """Reads one term of the sums of a tile."""

    def __init__(self, tile: _Reading, term: Index) -> None:
        """Begin with nothing read."""
        self._tile = tile
        self._term = term
        self._moved = dict[Load, str]()
        self._read = dict[tuple[Load, int], str]()

    def read(self, load: Load, *, member: Member, block: int) -> str:
        """Read a load for a member in a block, if that was not done already."""
        place = self._place(load, member, block)
        if (load, place) not in self._read:
            w = self._tile.code.writer
            address = w.address(self._tile.kind(load), self._begin(load), place)
            self._read[load, place] = read_at(w, self._tile.code.kinds[load.base], address)
        return self._read[load, place]

    def address(self, load: Load, member: Member, block: int) -> str:
        """Where a member in a block stands."""
        place = self._place(load, member, block)
        w = self._tile.code.writer
        return w.address(self._tile.kind(load), self._begin(load), place)

    def _begin(self, load: Load) -> str:
        """Where a load begins, moved by the loop over the terms."""
        register, base = self._term[0], self._tile.base(load)
        if register is None or not load.step:
            return base
        if load not in self._moved:
            w = self._tile.code.writer
            by = register if load.step == 1 else w.value(f"mul i64 {register}, {load.step}")
            self._moved[load] = w.element(base, by, self._tile.kind(load))
        return self._moved[load]

    def _place(self, load: Load, member: Member, block: int) -> int:
        """How far behind its beginning a load stands."""
        moved = sum(by * offset for by, (_, offset) in zip(load.strides, member, strict=False))
        return moved + load.step * self._term[1] + block * self._tile.stride(load)
