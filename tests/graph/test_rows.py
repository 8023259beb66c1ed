"""Rows say what a graph is, parents first, the same in every process."""

from collections import defaultdict

import pytest
from hypothesis import given

from microfp import backward, total, value
from microfp.gradients import local_derivatives
from microfp.graph import edges, formula, nodes, to_dot, to_rows
from microfp.ops import PRIMITIVES, primitive
from microfp.values import Value, topological_order
from tests.expressions import Expression, applied, expressions
from tests.graph.labelled import diamond, labelled

X = value(3.0, label="x")
Y = value(4.0, label="y")
CUBE = primitive("cube", lambda a: a**3, lambda a, y: (3.0 * a * a,), "{0}³")


# Rows of nodes


def test_parents_stand_before_children_and_the_output_last() -> None:
    _, y = diamond()
    rows = nodes(y)
    place = {row["id"]: i for i, row in enumerate(rows)}
    assert all(place[p] < place[row["id"]] for row in rows for p in row["parents"])
    assert [row["op"] for row in rows] == ["leaf", "leaf", "add", "leaf", "mul", "mul"]


def test_a_node_used_twice_has_one_row() -> None:
    x = value(3.0, label="x")
    rows = nodes(x * x)
    assert [row["id"] for row in rows] == ["n0", "n1"]
    assert rows[1]["parents"] == ("n0", "n0")


def test_two_leaves_of_one_label_and_number_have_two_rows() -> None:
    assert len(nodes(value(0.0, label="x") + value(0.0, label="x"))) == 3


def test_a_row_shows_label_operation_data_and_formula() -> None:
    row = nodes(value(3.0, label="x") * 2.0)[-1]
    assert row == {
        "id": "n2",
        "label": None,
        "op": "mul",
        "data": 6.0,
        "grad": None,
        "parents": ("n0", "n1"),
        "formula": "n0 * n1",
    }


def test_gradients_stand_beside_the_nodes_and_0_where_there_is_none() -> None:
    x, y = diamond()
    by_label = {row["label"]: row["grad"] for row in nodes(y, backward(y))}
    assert by_label["x"] == 2 * (2 * 3.0 + 1)  # (2x² + 2x)' = 4x + 2
    assert {row["grad"] for row in nodes(x, backward(value(1.0)))} == {0.0}


def test_a_leaf_is_its_own_graph() -> None:
    (row,) = nodes(value(3.0, label="x"))
    assert (row["id"], row["op"], row["parents"], row["formula"]) == ("n0", "leaf", (), "x")
    assert edges(value(3.0)) == ()


def test_a_deep_chain_is_no_recursion() -> None:
    y = value(0.0)
    for _ in range(5_000):
        y = -y
    assert len(nodes(y, backward(y))) == len(edges(y)) + 1 == 5_001
    assert to_dot(y).count("->") == 5_000


def test_the_order_is_that_of_the_engine() -> None:
    _, y = diamond()
    assert [node.data for node in topological_order(y)] == [row["data"] for row in nodes(y)]


# Formulas


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("add", "a + b"),
        ("sub", "a - b"),
        ("mul", "a * b"),
        ("divide", "a / b"),
        ("pow", "a ** b"),
        ("neg", "-a"),
        ("exp", "exp(a)"),
        ("log", "log(a)"),
        ("sqrt", "sqrt(a)"),
        ("sin", "sin(a)"),
        ("cos", "cos(a)"),
        ("tanh", "tanh(a)"),
        ("sigmoid", "sigmoid(a)"),
        ("softplus", "softplus(a)"),
        ("relu", "relu(a)"),
        ("absolute", "abs(a)"),
        ("maximum", "max(a, b)"),
        ("minimum", "min(a, b)"),
        ("positive", "[a > 0]"),
        ("sign", "sign(a)"),
        ("above", "[a > b]"),
        ("where", "where(a, b, c)"),
    ],
)
def test_a_formula_is_written_as_a_person_would(name: str, expected: str) -> None:
    row = PRIMITIVES[name]
    assert row.arity is not None
    operands = [value(2.0) for _ in range(row.arity)]
    node = row(*operands)
    assert isinstance(node, Value)
    assert formula(node, ("a", "b", "c")[: row.arity]) == expected


def test_a_constant_power_shows_its_exponent() -> None:
    assert formula(value(2.0) ** 3, ("x",)) == "x ** 3.0"
    assert formula(value(2.0) ** -0.5, ("x",)) == "x ** -0.5"


def test_a_sum_shows_all_of_its_terms() -> None:
    assert nodes(total([value(1.0), value(2.0), 3.0]))[-1]["formula"] == "sum(n0, n1, n2)"
    assert formula(total([]), ()) == "sum()"


def test_a_leaf_without_a_label_shows_its_number() -> None:
    assert formula(value(0.1), ()) == "0.1"
    assert formula(value(float("nan")), ()) == "nan"


def test_a_primitive_of_ones_own_shows_its_own_notation() -> None:
    cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}³")
    node = cube(value(2.0))
    assert isinstance(node, Value)
    assert formula(node, ("x",)) == "x³"
    assert edges(node)[0]["local_derivative"] == 12.0


# Rows of edges


def test_an_edge_has_the_place_of_the_operand_and_its_slope() -> None:
    names = {"source_label": None, "target_label": None, "op": "divide"}
    assert edges(value(8.0) / value(2.0)) == (
        {"source": "n0", "target": "n2", "operand": 0, "local_derivative": 0.5, **names},
        {"source": "n1", "target": "n2", "operand": 1, "local_derivative": -2.0, **names},
    )


def test_an_edge_has_the_labels_of_its_ends_and_what_was_computed() -> None:
    output = (value(8.0, label="a") * value(2.0)).set(label="y")
    assert [(e["source_label"], e["target_label"], e["op"]) for e in edges(output)] == [
        ("a", "y", "mul"),
        (None, "y", "mul"),
    ]


def test_a_node_used_twice_by_one_other_has_two_edges() -> None:
    x = value(3.0)
    assert [(e["source"], e["operand"], e["local_derivative"]) for e in edges(x * x)] == [
        ("n0", 0, 3.0),
        ("n0", 1, 3.0),
    ]


def test_gradients_are_the_sums_over_paths_of_the_products_of_slopes() -> None:
    _, y = diamond()
    z = (y * y).set(label="z") + y
    rows = to_rows(z, backward(z))
    gradient: defaultdict[str, float] = defaultdict(float, {rows["nodes"][-1]["id"]: 1.0})
    for edge in reversed(rows["edges"]):  # children come after parents, so theirs are complete
        gradient[edge["source"]] += gradient[edge["target"]] * edge["local_derivative"]
    assert {row["id"]: row["grad"] for row in rows["nodes"]} == dict(gradient)


def test_both_kinds_of_rows_come_together() -> None:
    _, y = diamond()
    assert to_rows(y, backward(y)) == {"nodes": nodes(y, backward(y)), "edges": edges(y)}


def test_a_limit_is_a_count_from_one() -> None:
    y = value(2.0) * value(3.0)
    assert [row["op"] for row in nodes(y, limit=1)] == ["mul"]
    with pytest.raises(ValueError, match=r"^nodes: limit must be an int >= 1, got 0$"):
        nodes(y, limit=0)


@given(expressions())
def test_node_rows_follow_the_topological_order(expression: Expression) -> None:
    output = labelled(expression)[0]
    gradients = backward(output)
    order = topological_order(output)
    rows = nodes(output, gradients)
    assert [row["id"] for row in rows] == [f"n{i}" for i in range(len(order))]
    for row, node in zip(rows, order, strict=True):
        assert (row["op"], row["label"], row["data"]) == (node.op, node.label, node.data)
        assert (row["grad"], row.get("parameter")) == (gradients[node], node.parameter)
        assert [rows[int(parent[1:])]["data"] for parent in row["parents"]] == [
            parent.data for parent in node.parents
        ]
        assert row["formula"] == formula(node, row["parents"])


@given(expressions())
def test_edge_rows_are_the_uses_with_their_slopes(expression: Expression) -> None:
    output = labelled(expression)[0]
    order = topological_order(output)
    expected = [
        (order.index(parent), order.index(node), operand, slope)
        for node in order
        if node.parents
        for operand, (parent, slope) in enumerate(
            zip(node.parents, local_derivatives(node), strict=True)
        )
    ]
    found = [
        (int(row["source"][1:]), int(row["target"][1:]), row["operand"], row["local_derivative"])
        for row in edges(output)
    ]
    assert found == expected
    assert to_rows(output) == {"nodes": nodes(output), "edges": edges(output)}


def test_rows_have_no_gradients_unless_they_are_given() -> None:
    assert [row["grad"] for row in nodes(X * Y)] == [None, None, None]
    assert [row["grad"] for row in nodes(X * Y, backward(X * 2.0))] == [2.0, 0.0, 0.0]
    z = X * Y
    assert [row["grad"] for row in to_rows(z, backward(z))["nodes"]] == [4.0, 3.0, 1.0]


def test_only_a_constant_power_has_a_parameter_in_its_row() -> None:
    assert [row.get("parameter", "none") for row in nodes(X**3)] == ["none", 3.0]
    assert "parameter" not in nodes(applied(CUBE, X))[-1]


# JSON
