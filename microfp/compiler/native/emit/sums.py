"""Sums over the examples of a chunk: products of matrices where they are, else nest by nest.

>>> from microfp.compiler.native.loops import Load, Nest, Number, Segment
>>> from microfp.record import unchecked
>>> nest = Nest((), (unchecked(Segment, 1, Number(1.0)),), Load("s", 0))
>>> room_of([nest], 8)
0
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from microfp.compiler.native.emit.blocks import Frame, vector_count
from microfp.compiler.native.emit.choice import kernel_of
from microfp.compiler.native.emit.nests import Member, Scope, offset_of, write_sums
from microfp.compiler.native.emit.nodes import nodes_of, write_nodes
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

__all__ = ["clear_all_sums", "clear_sums", "room_of", "write_all_sums", "write_sums_of_active"]


def room_of(sums: Iterable[Nest], width: int) -> int:
    """How many vectors are packed for each example."""
    return sum(packed_size(pack, width) for pack in packs_of(sums))


def write_all_sums(frame: Frame, start: str, some: str, scope_of: Callable[[str], Scope]) -> None:
    """Add what some blocks say up, from one on, and to the sums so far."""
    blocks = _Blocks(some, _left(frame.writer, start), partial(_source, frame, start))
    panels = _packed(frame, frame.rolled.sums, blocks)
    is_first = frame.writer.value(f"icmp eq i64 {start}, 0")
    for place, nest in enumerate(frame.rolled.sums):
        kernel = kernel_of(nest, frame.kernels)
        product, nodes = product_of(nest), nodes_of(nest)
        if kernel == "panels" and product is not None:
            _multiply(frame, product, panels[pack_of(product)], blocks, is_first)
        elif kernel == "nodes" and nodes is not None:
            write_nodes(frame, nodes, start, some)
        elif frame.shared:
            is_mine = _is_mine(frame.writer, place)
            frame.writer.if_then(is_mine, partial(write_sums, frame.writer, nest, scope_of, some))
        else:
            write_sums(frame.writer, nest, scope_of, some)


def write_sums_of_active(
    frame: Frame, nests: Sequence[Nest], some: str, left: str, scope_of: Callable[[str], Scope]
) -> None:
    """Add what some blocks of active examples say to the sums so far.

    Args:
        frame: The function; all its sums have begun.
        nests: The sums.
        some: How many blocks there are; their inputs are behind their nodes.
        left: How many examples there are from the first block on.
        scope_of: From the place of a block to the block.
    """
    blocks = _Blocks(some, left, partial(_source_of_active, frame))
    panels = _packed(frame, nests, blocks)
    for nest in nests:
        product = product_of(nest)
        if product is not None and kernel_of(nest, frame.kernels) == "panels":
            _multiply(frame, product, panels[pack_of(product)], blocks, "false")
        else:
            write_sums(frame.writer, nest, scope_of, some)


class _Blocks(NamedTuple):
    """Some blocks, whose sums are added up."""

    some: str
    """How many there are."""
    left: str
    """How many examples there are from the first one on."""
    source: Callable[[Load], tuple[str, int]]
    """Where a load of the first block is, and how many vectors two blocks are apart."""


def _source(frame: Frame, start: str, load: Load) -> tuple[str, int]:
    stride = vector_count(frame.rolled) if load.kind == "n" else frame.rolled.input_count
    return pointer_of(frame, load, start), stride


def _source_of_active(frame: Frame, load: Load) -> tuple[str, int]:
    behind = frame.rolled.node_count if load.kind == "x" else 0
    place = frame.writer.address(frame.writer.type, "%n", load.base + behind)
    return place, vector_count(frame.rolled)


def _left(w: Writer, start: str) -> str:
    return w.value(f"sub i64 %count, {w.value(f'mul i64 {start}, {w.width}')}")


def _is_mine(w: Writer, place: int) -> str:
    """Whether worker `%me` is the one for the nest at a place."""
    return w.value(f"icmp eq i64 %me, {w.value(f'urem i64 {place}, %workers')}")


def clear_sums(frame: Frame) -> None:
    """Let the sums be 0.0, but for products, whose first chunk is written over what is there.

    Gradients of weights are most of what a step writes, and memory is slower than products.
    """
    w, sums = frame.writer, frame.rolled.sums
    others = [nest for nest in sums if kernel_of(nest, frame.kernels) != "panels"]
    if len(others) < len(sums):
        for place, nest in enumerate(others):
            clear = partial(_clear, w, nest, ())
            if frame.shared:
                w.if_then(_is_mine(w, place), clear)
            else:
                clear()
    else:
        clear_all_sums(frame)


def clear_all_sums(frame: Frame) -> None:
    """Let all sums be 0.0."""
    size = 8 * frame.rolled.sum_count
    frame.writer.line(f"call void @llvm.memset.p0.i64(ptr %s, i8 0, i64 {size}, i1 false)")


def _clear(w: Writer, nest: Nest, outer: Member) -> None:
    """Let the sums of a nest be 0.0, inside of some of its loops."""
    depth = len(outer)
    if depth < len(nest.shape):
        w.each(str(nest.shape[depth]), lambda i: _clear(w, nest, (*outer, (i, 0))))
        return
    constant, moved = offset_of(w, nest.target, outer, (None, 0))
    place = w.address("double", "%s", constant)
    w.store("0.0", w.element(place, moved, "double") if moved else place, "double")


def _packed(frame: Frame, sums: Sequence[Nest], blocks: _Blocks) -> dict[Packed, str]:
    """Pack what products read, and say where."""
    w, panels = frame.writer, dict[Packed, str]()
    most = _blocks_of_a_chunk(frame)
    room = w.value(f"mul i64 {most}, {w.width}")
    place = w.element("%n", w.value(f"mul i64 {most}, {vector_count(frame.rolled)}"))
    if frame.shared:  # each worker has its own: what another one has written is slow to read
        size = w.value(f"mul i64 {room}, {room_of(frame.rolled.sums, w.width)}")
        place = w.element(place, w.value(f"mul i64 {size}, %me"))
    for pack in packs_of([it for it in sums if kernel_of(it, frame.kernels) == "panels"]):
        source, stride = blocks.source(Load(pack.kind, pack.base))
        write_pack(w, pack, stride, Packing(blocks.some, room, source, place))
        panels[pack] = place
        place = w.element(place, w.value(f"mul i64 {room}, {packed_size(pack, w.width)}"))
    return panels


def _blocks_of_a_chunk(frame: Frame) -> str:
    """How many blocks the largest chunk has, which is the first."""
    return frame.writer.value(f"call i64 @llvm.umin.i64(i64 %all, i64 {frame.chunk})")


def _multiply(frame: Frame, product: Product, panels: str, blocks: _Blocks, is_first: str) -> None:
    """Add a product to its sums; or write it over what is there, where the blocks are the first."""
    w = frame.writer
    lanes = w.value(f"mul i64 {blocks.some}, {w.width}")
    row, stride = blocks.source(product.row)
    sources = Sources(
        blocks=blocks.some,
        examples=w.value(f"call i64 @llvm.umin.i64(i64 {blocks.left}, i64 {lanes})"),
        room=w.value(f"mul i64 {_blocks_of_a_chunk(frame)}, {w.width}"),
        row=row,
        column=panels,
        target=(target := w.address("double", "%s", product.target.base)),
        begun=w.value(f"select i1 {is_first}, ptr null, ptr {target}"),
    )
    write_product(w, product, stride, sources, fused=frame.bounded, shared=frame.shared)
