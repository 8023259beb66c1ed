"""Graphs as plain data: a row per node and a row per edge, for a table or a test.

>>> from microfp import value
>>> x, y = value(3.0, label="x"), value(4.0, label="y")
>>> for row in nodes(x * y + 1.0):
...     print(row["id"], row["formula"], row["data"])
n0 x 3.0
n1 y 4.0
n2 n0 * n1 12.0
n3 1.0 1.0
n4 n2 + n3 13.0
"""

from collections.abc import Sequence
from itertools import islice
from typing import NotRequired, TypedDict, overload

from microfp.base.checks import check_count, check_kind, wrong_kind
from microfp.gradients import Gradients, grad, local_derivatives
from microfp.values import LEAF, Value, primitive_of, topological_order

__all__ = ["EdgeRow", "GraphRows", "NodeGradRow", "NodeRow", "edges", "formula", "nodes", "to_rows"]


class NodeRow(TypedDict):
    """One node: `grad` is None where no gradients were given.

    A constant power, and no other node, also has a `parameter`: its exponent.

    >>> from microfp import value
    >>> nodes(value(2.0, label="x"))[0]["label"]
    'x'
    """

    id: str
    """`n` and the place of the node in the topological order, from 0."""
    label: str | None
    """Its name, or None."""
    op: str
    """The name of its primitive; `"leaf"` where it was not computed."""
    data: float
    """Its number."""
    grad: float | None
    """The derivative of the output along it, or None."""
    parents: tuple[str, ...]
    """The ids of its operands, in their order."""
    formula: str
    """What it was computed as, in labels and ids."""
    parameter: NotRequired[float]
    """The exponent of a constant power."""


class NodeGradRow(TypedDict):
    """One node with its gradient: what `nodes` gives for gradients.

    >>> from microfp import backward, value
    >>> x = value(3.0, label="x")
    >>> y = x * x
    >>> nodes(y, backward(y))[0]["grad"]
    6.0
    """

    id: str
    """As in `NodeRow`, and so are the others."""
    label: str | None
    """Its name, or None."""
    op: str
    """The name of its primitive."""
    data: float
    """Its number."""
    grad: float
    """The derivative of the output along it."""
    parents: tuple[str, ...]
    """The ids of its operands, in their order."""
    formula: str
    """What it was computed as, in labels and ids."""
    parameter: NotRequired[float]
    """The exponent of a constant power."""


class EdgeRow(TypedDict):
    """One use of a node by another.

    >>> from microfp import value
    >>> edges(value(2.0, label="x") * 3.0)[0]["local_derivative"]
    3.0
    >>> edges(value(2.0, label="x") * 3.0)[0]["source_label"]
    'x'
    """

    source: str
    """The id of the node that is used."""
    target: str
    """The id of the node that was computed from it."""
    operand: int
    """As which operand, from 0."""
    local_derivative: float
    """The partial derivative of the target along that operand."""
    source_label: str | None
    """The name of the node that is used, or None."""
    target_label: str | None
    """The name of the other one, or None."""
    op: str
    """The primitive that computed the target."""


class GraphRows(TypedDict):
    """A graph as the rows of its nodes and of its edges.

    >>> from microfp import value
    >>> len(to_rows(value(2.0) * 3.0)["edges"])
    2
    """

    nodes: tuple[NodeRow, ...]
    """One row a node, parents before children."""
    edges: tuple[EdgeRow, ...]
    """One row a use of a node by another."""


@overload
def nodes(  # type: ignore[overload-overlap]  # with gradients, and without
    output: Value, gradients: Gradients, *, limit: int | None = None
) -> tuple[NodeGradRow, ...]: ...
@overload
def nodes(
    output: Value, gradients: Gradients | None = None, *, limit: int | None = None
) -> tuple[NodeRow, ...]: ...
def nodes(
    output: Value, gradients: Gradients | None = None, *, limit: int | None = None
) -> tuple[NodeRow, ...] | tuple[NodeGradRow, ...]:
    """List the nodes that an output was computed from, itself last.

    Args:
        output: The node to look at.
        gradients: Where given, each row also has the gradient of its node.
        limit: Only the last rows, so many: those nearest to the output; None for all.

    Returns:
        One row per node in topological order, named n0, n1, ... in that order.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> [row["op"] for row in nodes(x * x)]
    ['leaf', 'mul']
    """
    names = _names("nodes", output)
    first = 0 if limit is None else len(names) - check_count("nodes", "limit", limit, minimum=1)
    shown = islice(names, max(first, 0), None)
    return tuple(_node_row(node, names, gradients) for node in shown)


def _names(where: str, output: Value) -> dict[Value, str]:
    check_kind(where, "output", output, Value)
    return {node: f"n{i}" for i, node in enumerate(topological_order(output))}


def _node_row(node: Value, names: dict[Value, str], gradients: Gradients | None) -> NodeRow:
    parents = tuple(names[parent] for parent in node.parents)
    row = NodeRow(
        id=names[node],
        label=node.label,
        op=node.op,
        data=node.data,
        grad=None if gradients is None else grad(node, gradients),
        parents=parents,
        formula=formula(node, parents),
    )
    if isinstance(node.parameter, float):
        row["parameter"] = node.parameter
    return row


def formula(node: Value, operands: tuple[str, ...]) -> str:
    """Write how a node was computed, from the names of its operands.

    >>> from microfp import value
    >>> formula(value(2.0) ** 3, ("x",))
    'x ** 3.0'
    """
    check_kind("formula", "node", node, Value)
    if not isinstance(operands, Sequence):
        raise wrong_kind("formula", "operands", "the names of the operands", operands)
    if node.op == LEAF:
        return node.label or repr(node.data)
    primitive = primitive_of(node)
    texts = operands if primitive.arity is not None else (", ".join(operands),)
    return primitive.notation.format(*texts, node.parameter)


def edges(output: Value) -> tuple[EdgeRow, ...]:
    """List who was computed from whom, and with what slope.

    Returns:
        One row per operand: nodes in topological order, operands from left to right.

    >>> from microfp import value
    >>> x, y = value(3.0), value(4.0)
    >>> [(row["source"], row["target"], row["local_derivative"]) for row in edges(x * y)]
    [('n0', 'n2', 4.0), ('n1', 'n2', 3.0)]
    """
    names = _names("edges", output)
    return tuple(
        EdgeRow(
            source=names[parent],
            target=names[node],
            operand=operand,
            local_derivative=slope,
            source_label=parent.label,
            target_label=node.label,
            op=node.op,
        )
        for node in names
        if node.parents
        for operand, (parent, slope) in enumerate(
            zip(node.parents, local_derivatives(node), strict=True)
        )
    )


def to_rows(output: Value, gradients: Gradients | None = None) -> GraphRows:
    """Return the nodes and the edges together.

    >>> from microfp import value
    >>> rows = to_rows(value(2.0) * 3.0)
    >>> len(rows["nodes"]), len(rows["edges"])
    (3, 2)
    """
    return GraphRows(nodes=nodes(output, gradients), edges=edges(output))
