r"""Graphs as drawings: DOT text, a picture by Graphviz, a graph of networkx.

>>> from microfp import value
>>> to_dot(value(3.0, label="x")).splitlines()[3]
'  n0 [label="x\\ndata 3"];'
"""

import shutil
import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from microfp.base import text as texts
from microfp.base.checks import check_count, check_kind
from microfp.base.later import Later
from microfp.gradients import Gradients
from microfp.graph.rows import NodeRow, edges, nodes
from microfp.values import LEAF, Value, topological_order

if TYPE_CHECKING:
    from networkx import MultiDiGraph

    _Graph: TypeAlias = MultiDiGraph[str]
else:  # its classes take no arguments at run time
    networkx = Later("networkx")
    _Graph = "networkx.MultiDiGraph"

__all__ = ["to_dot", "to_networkx", "to_svg"]


def to_dot(output: Value, gradients: Gradients | None = None) -> str:
    r"""Write the graph in the DOT language of Graphviz: a box per node, an arrow per operand.

    Each box shows the label, the operation, the data and, where given, the gradient. What cannot
    be drawn of a label, such as a control character, is shown as an escape.

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
    check_kind("to_svg", "output", output, Value)
    most = check_count("to_svg", "limit", limit, minimum=1)
    return _rendered(styled_dot(output, gradients, limit=most))


def styled_dot(output: Value, gradients: Gradients | None = None, *, limit: int = LIMIT) -> str:
    """Write in DOT what `to_svg` draws, for those who have a Graphviz of their own.

    >>> from microfp import value
    >>> "rounded" in styled_dot(value(2.0, label="x") * 3.0)
    True
    """
    count = len(topological_order(output))
    rows = nodes(output, gradients, limit=limit)
    note = f'label="the {len(rows):,} nodes nearest to the output, of {count:,}";'
    return _dot(rows, [*_STYLES, *([note] if len(rows) < count else [])])


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
    return subprocess.run(
        command, input=dot, capture_output=True, encoding="utf-8", check=True
    ).stdout


def _box(row: NodeRow) -> str:
    lines = [
        row["label"],
        None if row["op"] == LEAF else row["op"],
        f"data {row['data']:.6g}",
        None if row["grad"] is None else f"grad {row['grad']:.6g}",
    ]
    return "\\n".join(_escaped(line) for line in lines if line)


def _escaped(text: str) -> str:
    """Text in quotes of DOT, where entities of HTML are read too; no picture has control codes."""
    shown = texts.escaped(text, keep="\n")
    return shown.translate(_IN_QUOTES)


_IN_QUOTES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "&": "&amp;"})


def to_networkx(output: Value, gradients: Gradients | None = None) -> "_Graph":
    """Return the graph as a networkx graph, for its algorithms and drawings.

    Nodes are named as in `nodes` and carry the other fields of their rows; edges go from operand
    to result, are keyed by the place of the operand, and carry the rest of their rows.

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
    made: _Graph = MultiDiGraph()
    for node in nodes(output, gradients):
        made.add_node(node["id"], **{name: field for name, field in node.items() if name != "id"})
    for edge in edges(output):
        ends = ("source", "target", "operand")
        rest = {name: field for name, field in edge.items() if name not in ends}
        made.add_edge(edge["source"], edge["target"], edge["operand"], **rest)
    return made
