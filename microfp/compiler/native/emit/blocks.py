"""Blocks of lanes: where the examples of one are, what is stored of it, what is added up.

>>> from microfp import value
>>> from microfp.compiler.native.roll import roll
>>> from microfp.compiler.ir.passes import lower
>>> x = value(0.0)
>>> rolled = roll(lower(x * x, [x]), summed=0)
>>> vector_count(rolled), chunk_blocks(rolled, width=8)
(3, 64)
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Literal, NamedTuple, TypeAlias

from microfp.compiler.native.emit.nests import Index, Scope, offset_of, write_expression
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import Nest, Rolled

__all__ = [
    "NEAR",
    "SPAN",
    "Frame",
    "Kernels",
    "chunk_blocks",
    "clear_from",
    "examples_of",
    "left_of",
    "nodes_at",
    "scope_at",
    "vector_count",
    "write_chunks",
    "write_outputs",
    "write_totals_added",
    "write_totals_begun",
    "write_totals_stored",
]

CHUNK_BYTES = 1 << 18
"""How much a chunk of examples may take, so that its nodes stay in the cache."""

FEWEST_BLOCKS = 16
"""A chunk has at least so many blocks, since each reads and writes all sums once."""

NEAR = "%near"
"""Nodes that nobody reads behind their block, and that are few: they become registers."""

SPAN = 512
"""How many blocks are looked at, before what is behind a gate is computed for the active ones."""

Kernels: TypeAlias = Literal["auto", "loops", "tiles"]
"""What a program is computed by: what rules choose, loops alone, tiles wherever there can be."""


class Frame(NamedTuple):
    """What the code of one function knows."""

    writer: Writer
    """Where it is written."""
    rolled: Rolled
    """What is computed for each example."""
    columns: int
    """Where inputs and outputs lie column by column, the length of a column, else 0."""
    bounded: bool
    """Whether nothing can overflow."""
    kernels: Kernels = "auto"
    """What it is computed by."""
    shared: bool = False
    """Whether several workers compute it together: see `microfp.compiler.native.emit.team`."""

    @property
    def chunk(self) -> int:
        """How many blocks are computed before their sums are taken."""
        return chunk_blocks(self.rolled, self.writer.width)


def vector_count(rolled: Rolled) -> int:
    """How many vectors there are for a block: its nodes, and a copy of its inputs.

    It is odd, so that blocks do not share cache sets.

    >>> from microfp.compiler.native.roll import roll
    >>> from microfp.compiler.ir.passes import lower
    >>> from microfp import value
    >>> x, y = value(0.0), value(0.0)
    >>> vector_count(roll(lower(x * y, [x, y]), summed=0))
    3
    """
    return (rolled.node_count + rolled.input_count) | 1


def chunk_blocks(rolled: Rolled, width: int) -> int:
    """How many blocks are computed before their sums are taken."""
    most = CHUNK_BYTES // (8 * width * vector_count(rolled))
    return max(FEWEST_BLOCKS, min(64, most))


def write_chunks(w: Writer, count: str, size: int, chunk: Callable[[str, str], None]) -> None:
    """Write a loop over chunks of so many blocks each, which runs at least once.

    Args:
        w: Where it is written.
        count: How many blocks there are.
        size: How many a chunk has, at most.
        chunk: Writes one turn, from the first block of a chunk and how many it has.
    """

    def turn(start: str) -> None:
        rest = w.value(f"sub i64 {count}, {start}")
        chunk(start, w.value(f"call i64 @llvm.umin.i64(i64 {rest}, i64 {size})"))

    w.each(count, turn, step=size)


def scope_at(frame: Frame, number: str, place: str) -> Scope:
    """The block of that number, with its nodes in that place of the chunk."""
    w = frame.writer
    stride = 1 if frame.columns else frame.rolled.input_count
    first = number if stride == 1 else w.value(f"mul i64 {number}, {stride}")
    inputs = w.element("%x", first)
    return Scope(w, frame.rolled, frame.columns, inputs, nodes_at(frame, place), frame.bounded)


def nodes_at(frame: Frame, place: str) -> str:
    """Where the nodes of a block in that place of the chunk are."""
    w = frame.writer
    first = w.value(f"mul i64 {place}, {vector_count(frame.rolled)}")
    return w.element("%n", first)


def left_of(w: Writer, number: str) -> str:
    """How many examples there are from the first of the block of that number on."""
    first = w.value(f"mul i64 {number}, {w.width}")
    return w.value(f"sub i64 %count, {first}")


def examples_of(w: Writer, left: str) -> str:
    """Which lanes of a block stand for an example, where so many are left."""
    lanes = ", ".join(f"i64 {lane}" for lane in range(w.width))
    many = w.broadcast(left, "i64")
    return w.value(f"icmp ult <{w.width} x i64> <{lanes}>, {many}")


def write_outputs(frame: Frame, scope: Scope, number: str) -> None:
    """Store what belongs to each example of the block of that number.

    All is read before anything is stored: the outputs may stand where the inputs do.
    """
    w, loads = frame.writer, frame.rolled.outputs
    read = [write_expression(scope, load, (), (None, 0)) for load in loads]
    for place, stored in enumerate(read):
        if frame.columns:
            column = w.address("double", "%o", place * frame.columns)
            address = w.element(column, number)
        else:
            row = w.element("%o", w.value(f"mul i64 {number}, {len(loads)}"))
            address = w.address(w.type, row, place)
        w.store(stored, address)


def clear_from(scope: Scope, left: str) -> None:
    """Write 0.0 into the nodes of lanes that stand for no example, if the block has such lanes."""
    w = scope.writer
    partial = w.value(f"icmp slt i64 {left}, {w.width}")
    w.if_then(partial, lambda: _clear(scope, left))


def _clear(scope: Scope, left: str) -> None:
    w, examples = scope.writer, examples_of(scope.writer, left)

    def clear(index: str) -> None:
        address = w.element(scope.nodes, index)
        w.store(w.where(examples, w.load(address)), address)

    if scope.rolled.node_count:
        w.each(str(scope.rolled.node_count), clear)


# Totals: sums over the examples that are few, and added up lane by lane as the blocks go by.


def _members(sums: Sequence[Nest]) -> Iterator[tuple[Nest, tuple[Index, ...]]]:
    for nest in sums:
        for member in product(*map(range, nest.shape)):
            yield nest, tuple((None, index) for index in member)


def write_totals_begun(w: Writer, sums: Sequence[Nest]) -> None:
    """Begin the totals of some sums, a vector each."""
    count = sum(nest.size for nest in sums)
    w.room("%totals", f"[{count} x {w.type}]")
    for k in range(count):
        w.store("zeroinitializer", w.address(w.type, "%totals", k))


def write_totals_added(scope: Scope, sums: Sequence[Nest], left: str) -> None:
    """Add the examples of a block, where so many are left, to the totals."""
    w = scope.writer
    examples = examples_of(w, left)
    for k, (nest, member) in enumerate(_members(sums)):
        term = write_expression(scope, nest.segments[0].term, member, (None, 0))
        kept, address = w.where(examples, term), w.address(w.type, "%totals", k)
        w.store(w.value(f"fadd {w.type} {w.load(address)}, {kept}"), address)


def write_totals_stored(w: Writer, sums: Sequence[Nest]) -> None:
    """Add up the lanes of the totals, and store the sums."""
    for k, (nest, member) in enumerate(_members(sums)):
        constant, _ = offset_of(w, nest.target, member, (None, 0))
        total = w.across(w.load(w.address(w.type, "%totals", k)))
        w.store(total, w.address("double", "%s", constant), "double")
