"""Sums over the examples of a chunk: products of matrices where they are, else nest by nest.

>>> from microfp.compiler.native.loops import Load, Nest, Number, Segment
>>> nest = Nest((), (Segment.unchecked(1, Number(1.0)),), Load("s", 0))
>>> room_of([nest], 8)
0
"""

from collections.abc import Callable, Iterable

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

__all__ = ["clear_all_sums", "clear_sums", "room_of", "write_all_sums"]


def room_of(sums: Iterable[Nest], width: int) -> int:
    """How many vectors are packed for each example."""
    return sum(packed_size(pack, width) for pack in packs_of(sums))


def write_all_sums(frame: Frame, start: str, some: str, scope_of: Callable[[str], Scope]) -> None:
    """Add what some blocks say up, from one on, and to the sums so far."""
    panels = _packed(frame, start, some)
    for nest in frame.rolled.sums:
        kernel = kernel_of(nest, frame.kernels)
        product, nodes = product_of(nest), nodes_of(nest)
        if kernel == "panels" and product is not None:
            _multiply(frame, product, panels[pack_of(product)], start, some)
        elif kernel == "nodes" and nodes is not None:
            write_nodes(frame, nodes, start, some)
        else:
            write_sums(frame.writer, nest, scope_of, some)


def clear_sums(frame: Frame) -> None:
    """Let the sums be 0.0, but for products, whose first chunk is written over what is there.

    Gradients of weights are most of what a step writes, and memory is slower than products.
    """
    w, sums = frame.writer, frame.rolled.sums
    others = [nest for nest in sums if kernel_of(nest, frame.kernels) != "panels"]
    if len(others) < len(sums):
        for nest in others:
            _clear(w, nest, ())
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


def _packed(frame: Frame, start: str, some: str) -> dict[Packed, str]:
    """Pack what products read, and say where."""
    w, panels = frame.writer, dict[Packed, str]()
    blocks = _blocks_of_a_chunk(frame)
    room = w.value(f"mul i64 {blocks}, {w.width}")
    place = w.element("%n", w.value(f"mul i64 {blocks}, {vector_count(frame.rolled)}"))
    sums = [it for it in frame.rolled.sums if kernel_of(it, frame.kernels) == "panels"]
    for pack in packs_of(sums):
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
        target=(target := pointer_of(frame, product.target, start)),
        begun=w.value(f"select i1 {w.value(f'icmp eq i64 {start}, 0')}, ptr null, ptr {target}"),
    )
    stride = _stride(frame, product.row.kind)
    write_product(w, product, stride, sources, fused=frame.bounded)
