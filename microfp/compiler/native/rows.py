"""Small networks with a lane a neuron: what stands in the row of an active example, and where.

Behind a gate few examples are active. With a lane an example most lanes would be empty there, and
each sum over the examples would have to be added up across its lanes. So where loops are whole
vectors, the nodes of an active example stand in a row, a lane is a node of a loop, and a gradient
grows in its place.

    row         nodes of one example, loop by loop: n0 n1 ... n15 | n16 ... n31 | ...
    kept        a single node, which the look before the gate leaves for all examples
    turned      p[17i + t]: for each t the numbers of all i, where they do not lie side by side

>>> from microfp import losses, nn
>>> from microfp.compiler.ir.adjoint import example_program
>>> from microfp.compiler.native.gates import find_gate
>>> from microfp.compiler.native.roll import roll
>>> from microfp.compiler.trace.calls import trace_example
>>> program = example_program(trace_example(losses.max_margin(), nn.mlp(2, [8, 8, 1]), 2))
>>> cost, score, *gradients = program.outputs
>>> rolled = roll(program.set(outputs=(score, *gradients, cost)), summed=106, shared=["seed"])
>>> rows = rows_of(rolled, find_gate(rolled), 8)
>>> len(rows.nests), rows.size, len(rows.kept)
(4, 32, 1)
>>> rows_of(rolled, find_gate(rolled), 16) is None
True
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

from microfp.compiler.native.gates import Gate, needed, nodes_written
from microfp.compiler.native.loops import Load, Nest, Rolled, loads_of

__all__ = ["Column", "Rows", "Turned", "columns_of", "rows_of", "stride_along"]

MOST_NODES = 128
"""A network whose examples have more nodes is none of the small ones."""

MOST_VECTORS = 96
"""Nor is one whose gradients take more vectors: code is written out for each of them."""


class Turned(NamedTuple):
    """Numbers that all examples share, turned: for each term the numbers of all members."""

    load: Load
    """The load, of one loop and of the terms of a sum."""
    members: int
    """How many the loop has."""
    terms: int
    """How many the sum has."""


class Rows(NamedTuple):
    """How what is behind a gate is computed, a row of nodes for each active example."""

    kept: tuple[int, ...]
    """The single nodes before the gate that are read behind it."""
    nests: tuple[Nest, ...]
    """The loops that are computed for each active example, in order."""
    sums: tuple[Nest, ...]
    """What is added up over them."""
    places: Mapping[int, int]
    """Where in a row each node stands that is computed there."""
    turned: Mapping[Turned, int]
    """What is turned, and where it stands among all that is."""

    @property
    def size(self) -> int:
        """How long a row is."""
        return len(self.places)

    @property
    def turned_size(self) -> int:
        """How many numbers are turned."""
        return sum(it.members * it.terms for it in self.turned)


class Column(NamedTuple):
    """A vector of a nest: where it begins, and which loop goes along its lanes."""

    member: tuple[int, ...]
    """The index of each loop, for the first lane."""
    along: int | None
    """The loop that goes along the lanes; None where all lanes hold the same number."""


def columns_of(nest: Nest, width: int) -> Iterator[Column]:
    """The vectors of a nest: along a loop that is whole vectors, if there is one.

    Of several it is the one whose targets lie side by side, or else the innermost; none along which
    inputs are read, since those of an example are a vector apart.

    >>> from microfp.compiler.native.loops import Segment
    >>> from microfp.record import unchecked
    >>> term = unchecked(Segment, 1, Load("x", 0, (0, 1)))
    >>> nest = Nest((4, 2), (term,), Load("s", 0, (3, 1)))
    >>> [column.member for column in columns_of(nest, 2)]
    [(0, 0), (0, 1), (2, 0), (2, 1)]
    """
    inputs = [load for load, _ in loads_of(nest) if load.kind == "x"]
    whole = [
        loop
        for loop, count in enumerate(nest.shape)
        if count % width == 0 and not any(load.strides[loop] for load in inputs)
    ]
    along = max(whole, key=lambda loop: (nest.target.strides[loop] == 1, loop), default=None)
    steps = [width if loop == along else 1 for loop in range(len(nest.shape))]
    loops = [range(0, count, step) for count, step in zip(nest.shape, steps, strict=True)]
    for member in product(*loops):
        yield Column(member, along)


def stride_along(load: Load, column: Column) -> int:
    """How far two lanes of a vector are apart, where a load reads."""
    return load.strides[column.along] if column.along is not None and load.strides else 0


def rows_of(rolled: Rolled, gate: Gate, width: int) -> Rows | None:
    """Plan the rows of a network; None where it is not small, or its loops are not whole vectors.

    Args:
        rolled: The network with its gradients.
        gate: Its gate.
        width: How many lanes a vector has.
    """
    if rolled.node_count > MOST_NODES or _vectors(gate, width) > MOST_VECTORS:
        return None
    again = needed(gate, goes_on=_has_loops)  # a single node is kept, whatever it was made of
    kept = tuple(nest.target.base for nest in again if not nest.shape)
    nests = (*filter(_has_loops, again), *gate.behind)
    if not all(_is_loop(nest, width) for nest in nests):
        return None
    nodes = [node for nest in nests for node in sorted(nodes_written(nest))]
    places = {node: place for place, node in enumerate(nodes)}
    rows = Rows(kept, nests, gate.gated, places, _turned(nests))
    return rows if all(_is_readable(rows, it, width) for it in (*nests, *gate.gated)) else None


def _vectors(gate: Gate, width: int) -> int:
    """How many vectors the gradients behind a gate take."""
    return sum(1 for nest in gate.gated for _ in columns_of(nest, width))


def _has_loops(nest: Nest) -> bool:
    return bool(nest.shape)


def _is_loop(nest: Nest, width: int) -> bool:
    """Whether a nest is one loop of whole vectors, whose nodes lie side by side."""
    is_whole = len(nest.shape) == 1 and nest.size % width == 0
    return is_whole and nest.target.strides[0] in (-1, 1)


def _turned(nests: tuple[Nest, ...]) -> Mapping[Turned, int]:
    """What loops read of shared numbers that do not lie side by side, one behind the other."""
    places, size = dict[Turned, int](), 0
    for nest in nests:
        for load, count in loads_of(nest):
            turned = Turned(load, nest.size, count)
            if load.kind not in ("n", "x") and abs(load.strides[0]) > 1 and turned not in places:
                places[turned] = size
                size += nest.size * count
    return places


def _is_readable(rows: Rows, nest: Nest, width: int) -> bool:
    """Whether all that a nest reads stands side by side along its lanes, or is the same for all."""
    return all(
        _is_vector(rows, nest, load, column, term, width)
        for load, count in loads_of(nest)
        for column in columns_of(nest, width)
        for term in range(count)
    )


def _is_vector(rows: Rows, nest: Nest, load: Load, column: Column, term: int, width: int) -> bool:
    """Whether a load of one vector, for one term, can be read."""
    stride = stride_along(load, column)
    if load.kind == "x":
        return stride == 0
    if load.kind != "n":
        return nest.target.kind == "n" or abs(stride) <= 1
    first = load.base + load.step * term
    first += sum(s * i for s, i in zip(load.strides, column.member, strict=True))
    if stride == 0:
        return first in rows.kept or first in rows.places
    found = [rows.places.get(first + stride * lane) for lane in range(width)]
    begin = found[0]
    return begin is not None and found == [begin + stride * lane for lane in range(width)]
