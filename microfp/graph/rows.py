"""Graphs as plain data: rows for a table or a test, DOT for a drawing, JSON for a file.

The algebra of graphs (`simplify`, `substitute`, `free_variables`) and their text (`to_latex`,
`to_python`) have modules of their own, and their names here too.

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

import json
import math
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from itertools import islice
from numbers import Real
from reprlib import repr as short_repr
from typing import TYPE_CHECKING, NotRequired, TypedDict

from microfp.base.checks import check_count, check_kind, wrong_kind, wrong_value
from microfp.errors import DataError
from microfp.gradients import Gradients, grad, local_derivatives
from microfp.graph.latex import to_latex
from microfp.graph.python_source import to_python
from microfp.graph.rewrite import check_node, free_variables, recomputed, simplify, substitute
from microfp.ops import PRIMITIVES, Primitive
from microfp.values import LEAF, Value, primitive_of, topological_order

if TYPE_CHECKING:
    from networkx import MultiDiGraph

__all__ = [
    "EdgeRow",
    "GraphRows",
    "NodeRow",
    "edges",
    "formula",
    "free_variables",
    "from_json",
    "from_rows",
    "nodes",
    "simplify",
    "substitute",
    "to_dot",
    "to_json",
    "to_latex",
    "to_networkx",
    "to_python",
    "to_rows",
    "to_svg",
    "topological_order",
]


class NodeRow(TypedDict):
    """One node: `grad` is None where no gradients were given.

    A constant power, and no other node, also has a `parameter`: its exponent.

    Attributes:
        id: `n` and the place of the node in the topological order, from 0.
        label: Its name, or None.
        op: The name of its primitive; `"leaf"` where it was not computed.
        data: Its number.
        grad: The derivative of the output along it, or None.
        parents: The ids of its operands, in their order.
        formula: What it was computed as, in labels and ids.
        parameter: The exponent of a constant power.

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
    parameter: NotRequired[float]


class EdgeRow(TypedDict):
    """One use of a node by another.

    Attributes:
        source: The id of the node that is used.
        target: The id of the node that was computed from it.
        operand: As which operand, from 0.
        local_derivative: The partial derivative of the target along that operand.

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

    Attributes:
        nodes: One row a node, parents before children.
        edges: One row a use of a node by another.

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
    count = len(topological_order(check_node("to_svg", "output", output)))
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


def to_networkx(output: Value, gradients: Gradients | None = None) -> "MultiDiGraph[str]":
    """Return the graph as a networkx graph, for its algorithms and drawings.

    Nodes are named as in `nodes` and carry the other fields of their rows; edges go from operand
    to result, are keyed by the place of the operand, and carry `local_derivative`.

    Raises:
        ImportError: If networkx is not installed: `pip install 'microfp[networkx]'`.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> list(to_networkx(x * x).edges(keys=True))
    [('n0', 'n1', 0), ('n0', 'n1', 1)]
    """
    try:
        from networkx import MultiDiGraph
    except ImportError as error:
        message = "to_networkx: networkx is missing; pip install 'microfp[networkx]'"
        raise ImportError(message) from error
    made: MultiDiGraph[str] = MultiDiGraph()
    for node in nodes(output, gradients):
        made.add_node(node["id"], **{name: field for name, field in node.items() if name != "id"})
    for edge in edges(output):
        slope = edge["local_derivative"]
        made.add_edge(edge["source"], edge["target"], edge["operand"], local_derivative=slope)
    return made


def to_json(output: Value, gradients: Gradients | None = None) -> str:
    """Write the rows of a graph as JSON, from which `from_json` makes the same graph.

    Every float comes back bit for bit. Strict JSON has no nan and no infinities, so they are
    written as the texts "nan", "inf" and "-inf".

    Raises:
        ValueError: If an operation is a custom one, whose rule no text can hold.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> from_json(to_json(x * x))
    Value(data=9.0, op='mul')
    """
    check_node("to_json", "output", output)
    for node in topological_order(output):
        if isinstance(node.parameter, Primitive):
            expected = "a graph of operations in microfp.ops.PRIMITIVES"
            raise wrong_value("to_json", "output", expected, node)
    return json.dumps(_strict(to_rows(output, gradients)), allow_nan=False)


def _strict(data: object) -> object:
    """Rows with texts in place of the floats that JSON does not have."""
    if isinstance(data, float) and not math.isfinite(data):
        return repr(data)
    if isinstance(data, dict):
        return {key: _strict(field) for key, field in data.items()}
    return [_strict(item) for item in data] if isinstance(data, tuple) else data


def from_json(text: str) -> Value:
    """Read back a graph that `to_json` wrote.

    Raises:
        TypeError: If what came is no text.
        DataError: If the text is not JSON, or its rows are no graph; see `from_rows`.

    >>> from_json('{"nodes": [{"id": "n0", "op": "leaf", "data": "inf"}]}')
    Value(data=inf)
    """
    if not isinstance(text, str):
        raise wrong_kind("from_json", "text", "a str", text)
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:  # recursion: brackets without end
        raise DataError(f"from_json: text must be JSON, got {short_repr(text)}: {error}") from None
    return from_rows(rows, where="from_json")


def from_rows(rows: GraphRows | Mapping[str, object], *, where: str = "from_rows") -> Value:
    """Make a graph from the rows of its nodes; the last row is the output.

    The inverse of `to_rows`. Of each row it reads `id`, `op` and `data`, and where they are
    given `parents`, `label` and `parameter`; it needs no edges. The data of a row must be what
    its operation gives for the data of its parents, but for the last digits, in which the
    mathematical functions of two machines may differ.

    Args:
        rows: What `to_rows` returned, or its like with lists for tuples.
        where: The function to be named in messages.

    Returns:
        The output, with every float as it stands in the rows.

    Raises:
        DataError: If the rows are no graph: an operation that stands in no table (a custom one
            cannot be read back), a wrong number of parents, a parent that is missing or comes
            later (so that no cycle is possible), a row that nothing uses, a number that is none.

    >>> from microfp import value
    >>> x, y = value(3.0, label="x"), value(4.0, label="y")
    >>> from_rows(to_rows(x * y)).parents
    (Value(data=3.0, label='x'), Value(data=4.0, label='y'))
    >>> from_rows({"nodes": [{"id": "n0", "op": "sin", "data": 0.0, "parents": ["n7"]}]})
    Traceback (most recent call last):
    microfp.errors.DataError: from_rows: row 'n0': each of parents must be an earlier row, got 'n7'
    """
    made: dict[str, Value] = {}
    for row in _node_rows(rows, where):
        name, node = _from_row(row, made, where)
        if name in made:
            raise _bad(where, name, "id", "the only one of its name", name)
        made[name] = node
    *others, output = made
    used = {parent for node in made.values() for parent in node.parents}
    unused = next((name for name in others if made[name] not in used), None)
    if unused is not None:
        raise DataError(
            f"{where}: row {unused!r}: it must be used by a later row, got no use of it"
        )
    return made[output]


def _node_rows(rows: object, where: str) -> Sequence[object]:
    found = rows.get("nodes") if isinstance(rows, Mapping) else None
    if not isinstance(found, list | tuple) or not found:
        expected = "a mapping with a list 'nodes' of at least one row"
        raise DataError(f"{where}: rows must be {expected}, got {short_repr(rows)}")
    return found


def _bad(where: str, name: object, field: str, expected: str, got: object) -> DataError:
    return DataError(
        f"{where}: row {short_repr(name)}: {field} must be {expected}, got {short_repr(got)}"
    )


def _from_row(row: object, made: Mapping[str, Value], where: str) -> tuple[str, Value]:
    if not isinstance(row, Mapping):
        raise DataError(f"{where}: each row must be a mapping, got {short_repr(row)}")
    name, label, op = _texts(row, where)
    parents = _parents(row, name, op, made, where)
    parameter = _parameter(row, name, op, where)
    data = _float(row.get("data"), name, "data", where)
    node = Value.unchecked(data, op, parents, label, parameter)
    if op != LEAF and not _agree(data, expected := recomputed(node, parents).data):
        raise _bad(where, name, "data", f"{expected!r}, which {op} gives", data)
    return name, node


def _texts(row: Mapping[str, object], where: str) -> tuple[str, str | None, str]:
    """The id, the label and the operation of a row."""
    name, label, op = row.get("id"), row.get("label"), row.get("op")
    if not isinstance(name, str):
        raise _bad(where, name, "id", "a text", name)
    if label is not None and not isinstance(label, str):
        raise _bad(where, name, "label", "a text or None", label)
    if not isinstance(op, str) or (op != LEAF and op not in PRIMITIVES):
        raise _bad(where, name, "op", "'leaf' or a name in microfp.ops.PRIMITIVES", op)
    return name, label, op


def _parents(
    row: Mapping[str, object], name: str, op: str, made: Mapping[str, Value], where: str
) -> tuple[Value, ...]:
    found = row.get("parents", ())
    if not isinstance(found, list | tuple):
        raise _bad(where, name, "parents", "a list of ids", found)
    unknown = next((it for it in found if not isinstance(it, str) or it not in made), None)
    if unknown is not None:
        raise _bad(where, name, "each of parents", "an earlier row", unknown)
    arity = 0 if op == LEAF else PRIMITIVES[op].arity
    if arity not in (None, len(found)):
        raise _bad(where, name, "parents", f"of number {arity}, as {op} takes", list(found))
    return tuple(made[it] for it in found)


def _parameter(row: Mapping[str, object], name: str, op: str, where: str) -> float | None:
    found = row.get("parameter")
    if op == "constant_power":
        return _float(found, name, "parameter", where)
    if found is not None:
        raise _bad(where, name, "parameter", f"None, as {op} takes none", found)
    return None


def _float(found: object, name: str, field: str, where: str) -> float:
    if isinstance(found, str) and found in ("nan", "inf", "-inf"):
        return float(found)
    if not isinstance(found, Real) or isinstance(found, bool):
        raise _bad(where, name, field, "a number, 'nan', 'inf' or '-inf'", found)
    try:
        return float(found)
    except OverflowError:
        raise _bad(where, name, field, "a number that a float can hold", found) from None


def _agree(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-320) or (math.isnan(a) and math.isnan(b))
