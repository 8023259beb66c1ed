"""Graphs as plain rows: what a computation consists of, ready for a table, a test or a drawing.

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

import shutil
import subprocess
from collections.abc import Sequence
from itertools import islice
from typing import TypedDict

from microfp.checks import check_count, check_kind
from microfp.gradients import Gradients, grad, local_derivatives
from microfp.values import LEAF, Value, primitive_of, topological_order

__all__ = [
    "EdgeRow",
    "GraphRows",
    "NodeRow",
    "edges",
    "formula",
    "nodes",
    "to_dot",
    "to_rows",
    "to_svg",
    "topological_order",
]


class NodeRow(TypedDict):
    """One node: `grad` is None where no gradients were given.

    >>> from microfp import value
    >>> nodes(value(2.0, label="x"))[0]["label"]
    'x'
    """

    id: str
    label: str | None
    op: str
    data: float
    grad: float | None
    parents: tuple[str, ...]
    formula: str


class EdgeRow(TypedDict):
    """One use of a node by another: `operand` is its place, `local_derivative` its partial.

    >>> from microfp import value
    >>> edges(value(2.0) * 3.0)[0]["local_derivative"]
    3.0
    """

    source: str
    target: str
    operand: int
    local_derivative: float


class GraphRows(TypedDict):
    """A graph as the rows of its nodes and of its edges.

    >>> from microfp import value
    >>> len(to_rows(value(2.0) * 3.0)["edges"])
    2
    """

    nodes: tuple[NodeRow, ...]
    edges: tuple[EdgeRow, ...]


def nodes(
    output: Value, gradients: Gradients | None = None, *, limit: int | None = None
) -> tuple[NodeRow, ...]:
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
    names = _names(output)
    first = 0 if limit is None else len(names) - check_count("nodes", "limit", limit, minimum=1)
    shown = islice(names, max(first, 0), None)
    return tuple(_node_row(node, names, gradients) for node in shown)


def _names(output: Value) -> dict[Value, str]:
    return {node: f"n{i}" for i, node in enumerate(topological_order(output))}


def _node_row(node: Value, names: dict[Value, str], gradients: Gradients | None) -> NodeRow:
    parents = tuple(names[parent] for parent in node.parents)
    return NodeRow(
        id=names[node],
        label=node.label,
        op=node.op,
        data=node.data,
        grad=None if gradients is None else grad(node, gradients),
        parents=parents,
        formula=formula(node, parents),
    )


def formula(node: Value, operands: tuple[str, ...]) -> str:
    """Write how a node was computed, from the names of its operands.

    >>> from microfp import value
    >>> formula(value(2.0) ** 3, ("x",))
    'x ** 3.0'
    """
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
    names = _names(output)
    return tuple(
        EdgeRow(
            source=names[parent],
            target=names[node],
            operand=operand,
            local_derivative=slope,
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


def to_dot(output: Value, gradients: Gradients | None = None) -> str:
    r"""Write the graph in the DOT language of Graphviz: a box per node, an arrow per operand.

    Each box shows the label, the operation, the data and, where given, the gradient.

    >>> from microfp import value
    >>> print(to_dot(value(2.0, label="x") * 3.0))
    digraph microfp {
      rankdir=LR;
      node [shape=box];
      n0 [label="x\ndata 2"];
      n1 [label="data 3"];
      n2 [label="mul\ndata 6"];
      n0 -> n2;
      n1 -> n2;
    }
    """
    return _dot(nodes(output, gradients), ["rankdir=LR;", "node [shape=box];"])


def _dot(rows: Sequence[NodeRow], styles: Sequence[str]) -> str:
    """The DOT text of some nodes of a graph, and of the edges between them."""
    ids = {row["id"] for row in rows}
    boxes = [f'{row["id"]} [label="{_box(row)}"];' for row in rows]
    arrows = [f"{p} -> {row['id']};" for row in rows for p in row["parents"] if p in ids]
    lines = [f"  {line}" for line in (*styles, *boxes, *arrows)]
    return "\n".join(["digraph microfp {", *lines, "}"])


LIMIT = 200
"""How many nodes a drawing shows unless told otherwise."""


def to_svg(output: Value, gradients: Gradients | None = None, *, limit: int = LIMIT) -> str:
    """Draw the graph as a picture, by Graphviz: pygraphviz, or else the program `dot`.

    Args:
        output: The node to look at.
        gradients: Where given, each box also shows the gradient of its node.
        limit: How many nodes are drawn at most, those nearest to the output; a line below the
            picture says how many there are.

    Returns:
        The text of an SVG picture.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If `limit` is less than 1.
        ImportError: If neither the extra `graph` nor `dot` is installed.

    >>> from microfp import value
    >>> to_svg(value(2.0, label="x") * 3.0)[:5]
    '<?xml'
    """
    count = len(topological_order(check_kind("to_svg", "output", output, Value)))
    rows = nodes(output, gradients, limit=check_count("to_svg", "limit", limit, minimum=1))
    note = f'label="the {len(rows):,} nodes nearest to the output, of {count:,}";'
    return _rendered(_dot(rows, [*_STYLES, *([note] if len(rows) < count else [])]))


# Readable on light and on dark pages: dark text in light boxes on no ground at all.
_STYLES = (
    'rankdir=LR; bgcolor="transparent"; fontname="sans-serif"; fontcolor="#7a828c";',
    'node [shape=box, style="rounded,filled", fillcolor="#f7f7f4", color="#a3a8ae"];',
    'node [fontname="sans-serif", fontsize=11, fontcolor="#1d2126"];',
    'edge [color="#7a828c", arrowsize=0.7];',
)


def _rendered(dot: str) -> str:
    try:
        from pygraphviz import AGraph
    except ImportError:
        return _rendered_by_program(dot)
    picture: bytes = AGraph(string=dot).draw(format="svg", prog="dot")
    return picture.decode()


def _rendered_by_program(dot: str) -> str:
    program = shutil.which("dot")
    if program is None:
        raise ImportError("to_svg: Graphviz is not installed: pip install 'microfp[graph]'")
    command = [program, "-Tsvg"]
    return subprocess.run(command, input=dot, capture_output=True, text=True, check=True).stdout


def _box(row: NodeRow) -> str:
    lines = [
        row["label"],
        None if row["op"] == LEAF else row["op"],
        f"data {row['data']:.6g}",
        None if row["grad"] is None else f"grad {row['grad']:.6g}",
    ]
    return "\\n".join(_escaped(line) for line in lines if line)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
