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

from microfp.graph.rows import (
    EdgeRow,
    GraphRows,
    NodeRow,
    edges,
    formula,
    free_variables,
    from_json,
    from_rows,
    nodes,
    simplify,
    substitute,
    to_dot,
    to_json,
    to_latex,
    to_networkx,
    to_python,
    to_rows,
    to_svg,
    topological_order,
)

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
