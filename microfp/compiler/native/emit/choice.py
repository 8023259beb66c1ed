"""Which kernel computes a nest: rules that were found by measuring.

    loops       its loops around one block of lanes; small nests are written out
    tiles       a function: some members in some blocks at once, their sums in registers
    panels      a function: gradients of weights, as a product of packed inputs
    nodes       a function: gradients of biases, sums of nodes themselves
    registers   few sums over the examples, which stay in registers while the blocks go by
    gated       behind a gate, only for the examples whose gate is open: its loops; or panels
    neurons     the same in a small network: a lane a neuron, one active example after another

A program may be told to do with `"loops"` alone, whatever the rules say, or to take `"tiles"`,
panels and nodes for every nest that has such a form. Its sums differ by their rounding.

>>> from microfp.compiler.native.loops import Load, Segment
>>> from microfp.record import unchecked
>>> term = unchecked(Segment, 1, Load("n", 5, (1,)))
>>> nest = Nest((16,), (term,), Load("s", 8, (9,)))
>>> kernel_of(nest, "auto"), kernel_of(nest, "loops"), kernel_of(nest, "tiles")
('nodes', 'loops', 'nodes')
"""

from collections.abc import Iterator
from itertools import repeat
from typing import Literal, TypeAlias

from microfp.compiler.native.emit.blocks import Kernels
from microfp.compiler.native.emit.nodes import nodes_of
from microfp.compiler.native.emit.products import product_of
from microfp.compiler.native.emit.tiles import is_large
from microfp.compiler.native.gates import Gate, find_gate
from microfp.compiler.native.loops import Nest, Rolled
from microfp.compiler.native.rows import Rows, rows_of

__all__ = ["Kernel", "are_few", "gate_of", "in_chunks", "kernel_of", "kernels_of", "rows_behind"]

NARROWEST = 4
"""With vectors of fewer lanes, a lane a neuron saves none that would be empty."""

Kernel: TypeAlias = Literal["loops", "tiles", "panels", "nodes", "registers", "gated", "neurons"]
"""How a nest is computed."""

FEW_SUMS = 8
"""So many sums over the examples stay in registers, while the blocks go by."""


def kernel_of(nest: Nest, kernels: Kernels) -> Kernel:
    """The kernel of a nest, where neither a gate nor few sums decide."""
    if kernels == "loops":
        return "loops"
    if nest.target.kind != "s":
        is_tiled = bool(nest.shape) if kernels == "tiles" else is_large(nest)
        return "tiles" if is_tiled else "loops"
    if product_of(nest) is not None:
        return "panels"
    return "loops" if nodes_of(nest) is None else "nodes"


def are_few(rolled: Rolled, kernels: Kernels, *, by_columns: bool = False) -> bool:
    """Whether the sums of a program stay in registers: they are few, and no nest wants tiles."""
    is_tiled = not by_columns and any(kernel_of(it, kernels) == "tiles" for it in rolled.nests)
    return rolled.sum_count <= FEW_SUMS and not is_tiled


def gate_of(rolled: Rolled, kernels: Kernels, *, bounded: bool) -> Gate | None:
    """The gate that a program is computed behind, if there is one and it may be."""
    return find_gate(rolled) if bounded and kernels != "tiles" else None


def rows_behind(rolled: Rolled, gate: Gate, kernels: Kernels, width: int) -> Rows | None:
    """The rows of nodes in which what is behind a gate is computed, if they fit and it pays."""
    is_tried = kernels == "auto" and width >= NARROWEST
    return rows_of(rolled, gate, width) if is_tried else None


def in_chunks(rolled: Rolled, *, bounded: bool, kernels: Kernels = "auto") -> bool:
    """Whether the sums of each chunk of examples are added up, and then added to those so far.

    Args:
        rolled: The program; its examples lie block by block.
        bounded: Whether nothing can overflow.
        kernels: What it may be computed by.
    """
    return not are_few(rolled, kernels) and gate_of(rolled, kernels, bounded=bounded) is None


def kernels_of(
    rolled: Rolled, *, width: int, bounded: bool, kernels: Kernels = "auto"
) -> Iterator[Kernel]:
    """The kernels of the nests of a program, and then of its sums.

    Args:
        rolled: The program; its examples lie block by block.
        width: How many examples a block has.
        bounded: Whether nothing can overflow.
        kernels: What it may be computed by.

    >>> from microfp.compiler.native.loops import Load, Segment
    >>> from microfp.record import unchecked
    >>> term = unchecked(Segment, 1, Load("x", 0))
    >>> rolled = Rolled(
    ...     input_count=1,
    ...     parameter_count=0,
    ...     node_count=0,
    ...     nests=(),
    ...     outputs=(),
    ...     sums=(Nest((), (term,), Load("s", 0)),),
    ...     sum_count=1,
    ... )
    >>> list(kernels_of(rolled, width=4, bounded=True))
    ['registers']
    """
    if are_few(rolled, kernels):
        yield from repeat("loops", len(rolled.nests))
        yield from repeat("registers", len(rolled.sums))
        return
    gate = gate_of(rolled, kernels, bounded=bounded)
    behind = gate and _behind(rolled, gate, kernels, width)
    for nest in (*rolled.nests, *rolled.sums):
        if gate is None or behind is None:
            yield kernel_of(nest, kernels)
        elif nest in gate.always:
            yield "registers"
        else:
            yield behind if nest in (*gate.behind, *gate.gated) else "loops"


def _behind(rolled: Rolled, gate: Gate, kernels: Kernels, width: int) -> Kernel:
    """What computes what is behind a gate."""
    return "gated" if rows_behind(rolled, gate, kernels, width) is None else "neurons"
