"""Gradients of biases: sums of nodes over the examples, in a function for all layers of one width.

The loops of a nest would be written out for each layer, and a network of fifty layers would be too
long to be compiled; calls are short.

>>> from microfp.compiler.native.loops import Segment
>>> from microfp.record import unchecked
>>> term = unchecked(Segment, 1, Load("n", 5, (1,)))
>>> nodes_of(Nest((16,), (term,), Load("s", 8, (9,)))).rows
16
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from microfp.compiler.native.emit.blocks import Frame, vector_count
from microfp.compiler.native.emit.nests import Index, write_tiles
from microfp.compiler.native.emit.tiles import pointer_of
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.loops import Load, Nest

__all__ = ["Nodes", "nodes_of", "write_nodes"]


class Nodes(NamedTuple):
    """Sums over the examples of `node[i]`, for all i."""

    rows: int
    """How many i."""
    node: Load
    """What moves with i."""
    target: Load
    """Where the sums stand."""


def nodes_of(nest: Nest) -> Nodes | None:
    """A nest as sums of nodes, if it is that."""
    term = nest.segments[0].term
    if len(nest.shape) != 1 or not isinstance(term, Load) or term.kind != "n":
        return None
    return Nodes(nest.shape[0], term, nest.target)


def write_nodes(frame: Frame, nodes: Nodes, start: str, some: str) -> None:
    """Call the function that adds up nodes."""
    w, stride = frame.writer, vector_count(frame.rolled)
    alike = nodes._replace(node=nodes.node._replace(base=0), target=nodes.target._replace(base=0))
    name = w.beside((alike, stride), partial(_adding, w, alike, stride, frame.shared))
    pointers = [pointer_of(frame, load, start) for load in (nodes.node, nodes.target)]
    workers = ", i64 %me, i64 %workers" * frame.shared
    w.value(f"call i64 @{name}(i64 {some}, ptr {pointers[0]}, ptr {pointers[1]}{workers})")


def _adding(w: Writer, nodes: Nodes, stride: int, shared: bool, name: str) -> str:  # noqa: FBT001 - bound
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
        write_tiles(w, nodes.rows, w.width, tile, unrolled=False, shared=shared)

    workers = ["i64 %me", "i64 %workers"] if shared else []
    w.function(name, ["i64 %blocks", "ptr %a", "ptr %s", *workers], body)
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
