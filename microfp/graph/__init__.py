"""Graphs as plain data: rows for a table or a test, DOT for a drawing, JSON for a file.

Graphs have an algebra too (`simplify`, `substitute`, `free_variables`), and can be written as a
formula (`to_latex`) or as source code (`to_python`).

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

from microfp.graph.latex import to_latex
from microfp.graph.python_source import to_python
from microfp.graph.render import to_dot, to_networkx, to_svg
from microfp.graph.rewrite import free_variables, simplify, substitute
from microfp.graph.rows import (
    EdgeRow,
    GraphRows,
    NodeGradRow,
    NodeRow,
    edges,
    formula,
    nodes,
    to_rows,
)
from microfp.graph.wire import from_json, from_rows, to_json
from microfp.values import topological_order

__all__ = [
    "EdgeRow",
    "GraphRows",
    "NodeGradRow",
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
