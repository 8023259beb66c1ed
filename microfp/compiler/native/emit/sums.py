"""Sums over the examples of a chunk: products of matrices where they are, else nest by nest.

Sums of nodes themselves, as the gradients of biases are, have a form of their own: one function for
all layers of one width, where the code of a nest would be written out for each layer.

>>> from microfp.compiler.native.loops import Load, Nest, Number, Segment
>>> nest = Nest((), (Segment.unchecked(1, Number(1.0)),), Load("s", 0))
>>> room_of([nest], 8)
0
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from microfp.compiler.native.emit.blocks import Frame, vector_count
from microfp.compiler.native.emit.nests import Index, Scope, write_sums, write_tiles
from microfp.compiler.native.emit.products import (
    Packed,
    Packing,
    Product,
    Sources,
    pack_of,
    packed_size,
    packs_of,
    product_of,
    write_pack,
    write_product,
)
from microfp.compiler.native.emit.tiles import pointer_of
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import Load, Nest

__all__ = ["room_of", "write_all_sums"]


def room_of(sums: Iterable[Nest], width: int) -> int:
    """How many vectors are packed for each example."""
    return sum(packed_size(pack, width) for pack in packs_of(sums))


def write_all_sums(frame: Frame, start: str, some: str, scope_of: Callable[[str], Scope]) -> None:
    """Add what some blocks say up, from one on, and to the sums so far."""
    panels = _packed(frame, start, some)
    for nest in frame.rolled.sums:
        product, nodes = product_of(nest), nodes_of(nest)
        if product is not None:
            _multiply(frame, product, panels[pack_of(product)], start, some)
        elif nodes is not None:
            _add_nodes(frame, nodes, start, some)
        else:
            write_sums(frame.writer, nest, scope_of, some)


def _packed(frame: Frame, start: str, some: str) -> dict[Packed, str]:
    """Pack what products read, and say where."""
    w, panels = frame.writer, dict[Packed, str]()
    blocks = _blocks_of_a_chunk(frame)
    room = w.value(f"mul i64 {blocks}, {w.width}")
    place = w.element("%n", w.value(f"mul i64 {blocks}, {vector_count(frame.rolled)}"))
    for pack in packs_of(frame.rolled.sums):
        source = pointer_of(frame, Load(pack.kind, pack.base), start)
        write_pack(w, pack, _stride(frame, pack.kind), Packing(some, room, source, place))
        panels[pack] = place
        place = w.element(place, w.value(f"mul i64 {room}, {packed_size(pack, w.width)}"))
    return panels


def _blocks_of_a_chunk(frame: Frame) -> str:
    """How many blocks the largest chunk has, which is the first."""
    return frame.writer.value(f"call i64 @llvm.umin.i64(i64 %all, i64 {frame.chunk})")


def _stride(frame: Frame, kind: str) -> int:
    """How many vectors two blocks are apart, of nodes or of inputs."""
    return vector_count(frame.rolled) if kind == "n" else frame.rolled.input_count


def _multiply(frame: Frame, product: Product, panels: str, start: str, some: str) -> None:
    """Add a product to its sums."""
    w = frame.writer
    left = w.value(f"sub i64 %count, {w.value(f'mul i64 {start}, {w.width}')}")
    lanes = w.value(f"mul i64 {some}, {w.width}")
    sources = Sources(
        blocks=some,
        examples=w.value(f"call i64 @llvm.umin.i64(i64 {left}, i64 {lanes})"),
        room=w.value(f"mul i64 {_blocks_of_a_chunk(frame)}, {w.width}"),
        row=pointer_of(frame, product.row, start),
        column=panels,
        target=pointer_of(frame, product.target, start),
    )
    stride = _stride(frame, product.row.kind)
    write_product(w, product, stride, sources, fused=frame.bounded)


class Nodes(NamedTuple):
    """Sums over the examples of `node[i]`, for all i."""

    count: int
    """How many i."""
    node: Load
    """What moves with i."""
    target: Load
    """Where the sums stand."""


def nodes_of(nest: Nest) -> Nodes | None:
    """A nest as sums of nodes, if it is that.

    >>> from microfp.compiler.native.loops import Segment
    >>> term = Segment.unchecked(1, Load("n", 5, (1,)))
    >>> nodes_of(Nest((16,), (term,), Load("s", 8, (9,)))).count
    16
    """
    term = nest.segments[0].term
    if len(nest.shape) != 1 or not isinstance(term, Load) or term.kind != "n":
        return None
    return Nodes(nest.shape[0], term, nest.target)


def _add_nodes(frame: Frame, nodes: Nodes, start: str, some: str) -> None:
    """Call the function that adds up nodes."""
    w, stride = frame.writer, vector_count(frame.rolled)
    alike = nodes._replace(node=nodes.node._replace(base=0), target=nodes.target._replace(base=0))
    name = w.beside((alike, stride), partial(_adding, w, alike, stride))
    pointers = [pointer_of(frame, load, start) for load in (nodes.node, nodes.target)]
    w.value(f"call i64 @{name}(i64 {some}, ptr {pointers[0]}, ptr {pointers[1]})")


def _adding(w: Writer, nodes: Nodes, stride: int, name: str) -> str:
    """Write a function that adds up nodes, two blocks of which are so many vectors apart."""
    w = w.another()

    def tile(members: Sequence[Index]) -> None:
        begin = _place(w, w.type, "%a", nodes.node, (members[0][0], 0))
        totals = _totals(w, nodes, begin, stride, members)
        for (register, offset), total in zip(members, totals, strict=True):
            address = _place(w, "double", "%s", nodes.target, (register, offset))
            old = w.load(address, "double")
            w.store(w.value(f"fadd double {old}, {total}"), address, "double")

    def body() -> None:
        write_tiles(w, nodes.count, w.width, tile, unrolled=False)

    w.function(name, ["i64 %blocks", "ptr %a", "ptr %s"], body)
    return w.text()


def _place(w: Writer, kind: str, base: str, load: Load, index: Index) -> str:
    """Where a load of that index stands."""
    register, offset = index
    if register is not None:
        base = w.element(base, w.value(f"mul i64 {register}, {load.strides[0]}"), kind)
    return w.address(kind, base, offset * load.strides[0])


def _totals(
    w: Writer, nodes: Nodes, begin: str, stride: int, members: Sequence[Index]
) -> Sequence[str]:
    """Some nodes, added up over all blocks and then across the lanes."""

    def block(index: str, so_far: Sequence[str]) -> Sequence[str]:
        own = w.element(begin, w.value(f"mul i64 {index}, {stride}"))
        places = [w.address(w.type, own, offset * nodes.node.strides[0]) for _, offset in members]
        return [
            w.value(f"fadd {w.type} {total}, {w.load(place)}")
            for total, place in zip(so_far, places, strict=True)
        ]

    totals = w.loop("0", "%blocks", 1, block, ["zeroinitializer"] * len(members))
    together = w.across_each([*totals, *["zeroinitializer"] * (w.width - len(members))])
    return [
        w.value(f"extractelement {w.type} {together}, i64 {lane}") for lane in range(len(members))
    ]
