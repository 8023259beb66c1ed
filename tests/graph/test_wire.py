"""A graph comes back from its rows and from its JSON; hostile rows are refused by name."""

import json
import math
import re
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import ops
from microfp.errors import DataError
from microfp.gradients import backward
from microfp.graph import from_json, from_rows, to_json, to_rows
from microfp.values import LEAF, Value, log, relu, topological_order, value
from tests.expressions import Expression, applied, expressions
from tests.graph.labelled import bits, labelled
from tests.untraced import untraced

X = value(3.0, label="x")
Y = value(4.0, label="y")
CUBE = ops.primitive("cube", lambda a: a**3, lambda a, y: (3.0 * a * a,), "{0}³")


def described(output: Value) -> list[tuple[object, ...]]:
    """All that a graph is, with numbers for nodes."""
    order = topological_order(output)
    place = {node: i for i, node in enumerate(order)}
    return [
        (bits(n.data), n.op, n.label, n.parameter, [place[p] for p in n.parents]) for n in order
    ]


@given(expressions())
def test_a_graph_comes_back_from_its_rows_and_from_its_json(expression: Expression) -> None:
    output = labelled(expression)[0]
    assert described(from_rows(to_rows(output))) == described(output)
    assert described(from_json(to_json(output))) == described(output)
    assert described(from_json(to_json(output, backward(output)))) == described(output)


@given(st.floats())
def test_every_float_comes_back_bit_for_bit(number: float) -> None:
    back = from_json(to_json(value(number) * 1.0))
    assert bits(back.data) == bits(back.parents[0].data) == bits(number)


@pytest.mark.parametrize("exponent", [2.0, -0.0, 0.1, math.inf, -math.inf, math.nan])
def test_exponents_come_back(exponent: float) -> None:
    parameter = from_json(to_json(X**exponent)).parameter
    assert isinstance(parameter, float)
    assert bits(parameter) == bits(exponent)


def test_json_is_strict_and_plain() -> None:
    text = to_json(log(value(-1.0)) + math.inf, backward(log(value(-1.0))))
    rows = json.loads(text, parse_constant=pytest.fail)
    assert [row["data"] for row in rows["nodes"]] == [-1.0, "NaN", "Infinity", "NaN"]
    assert rows["nodes"][3]["parents"] == ["n1", "n2"]


def test_sharing_survives() -> None:
    y = X * Y
    back = from_json(to_json(y / y))
    assert back.parents[0] is back.parents[1]


def test_labels_with_the_names_of_numbers_stay_labels() -> None:
    assert from_json(to_json(value(1.0, label="NaN"))).label == "NaN"


def test_a_graph_that_came_back_can_be_differentiated() -> None:
    back = from_json(to_json(relu(X * Y)))
    x, y = topological_order(back)[:2]
    assert (backward(back)[x], backward(back)[y]) == (4.0, 3.0)


def test_python_s_own_json_is_understood() -> None:
    output = log(value(-1.0))
    assert math.isnan(from_json(json.dumps(to_rows(output))).data)


@untraced
def test_a_chain_of_100_000_comes_back() -> None:
    long = reduce(lambda node, _: -node, range(100_000), X)
    back = from_json(to_json(long))
    assert len(topological_order(back)) == 100_001


def test_a_custom_operation_cannot_be_written() -> None:
    with pytest.raises(
        ValueError, match=r"^to_json: output must be a graph of operations in .*op='cube'\)$"
    ):
        to_json(applied(CUBE, X) + 1.0)


def test_what_is_no_node_cannot_be_written() -> None:
    bad: Any = 3.0
    with pytest.raises(TypeError, match=r"^to_json: output must be a Value, got 3\.0 \(float\)$"):
        to_json(bad)


def row(name: str, op: str = LEAF, data: object = 1.0, **fields: object) -> dict[str, object]:
    return {"id": name, "op": op, "data": data, **fields}


N0, N1 = row("n0", data=2.0), row("n1", data=3.0)


def test_a_row_needs_only_what_says_something() -> None:
    found = from_rows({"nodes": [N0, row("n1", "neg", -2, parents=["n0"])]})
    assert (found.data, found.op, found.label, found.parameter) == (-2.0, "neg", None, None)
    assert isinstance(found.data, float)


def test_data_may_differ_in_its_last_digits_as_other_machines_compute_them() -> None:
    near = math.nextafter(math.exp(2.0), 0.0)
    assert from_rows({"nodes": [N0, row("n1", "exp", near, parents=["n0"])]}).data == near


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([N0, row("n1", "cube", parents=["n0"])], "row 'n1': op must be 'leaf' or a name in"),
        ([row("n0", None)], "row 'n0': op must be 'leaf' or a name in microfp.ops.PRIMITIVES, got"),  # type: ignore[arg-type]
        (
            [N0, row("n1", "add", parents=["n0"])],
            "row 'n1': parents must be of number 2, as add takes, got ['n0']",
        ),
        (
            [N0, row("n1", "exp", parents=["n0", "n0"])],
            "row 'n1': parents must be of number 1, as exp takes, got ['n0', 'n0']",
        ),
        ([N0, row("n1", parents=["n0"])], "row 'n1': parents must be of number 0, as leaf takes"),
        (
            [N0, row("n1", "neg", parents=["n9"])],
            "row 'n1': each of parents must be an earlier row, got 'n9'",
        ),
        (
            [row("n0", "neg", parents=["n1"]), row("n1", "neg", parents=["n0"])],
            "row 'n0': each of parents must be an earlier row, got 'n1'",
        ),
        (
            [N0, row("n1", "neg", parents=["n1"])],
            "row 'n1': each of parents must be an earlier row, got 'n1'",
        ),
        (
            [N0, row("n1", "neg", parents=[["n0"]])],
            "row 'n1': each of parents must be an earlier row, got ['n0']",
        ),
        (
            [N0, row("n1", "neg", parents=[None])],
            "row 'n1': each of parents must be an earlier row, got None",
        ),
        ([N0, row("n1", "neg", parents="n0")], "row 'n1': parents must be a list of ids, got 'n0'"),
        ([N0, row("n1", "neg", parents=None)], "row 'n1': parents must be a list of ids, got None"),
        ([N0, N0], "row 'n0': id must be the only one of its name, got 'n0'"),
        ([N0, N1], "row 'n0': it must be used by a later row, got no use of it"),
        ([row(7)], "row 7: id must be a text, got 7"),  # type: ignore[arg-type]
        ([{"op": "leaf", "data": 1.0}], "row None: id must be a text, got None"),
        ([row("n0", label=7)], "row 'n0': label must be a text or None, got 7"),
        (
            [row("n0", data="7")],
            "row 'n0': data must be a number or a text such as 'NaN', got '7'",
        ),
        (
            [row("n0", data=True)],
            "row 'n0': data must be a number or a text such as 'NaN', got",
        ),
        (
            [row("n0", data=None)],
            "row 'n0': data must be a number or a text such as 'NaN', got",
        ),
        ([row("n0", data=10**400)], "row 'n0': data must be a number that a float can hold, got 1"),
        (
            [N0, N1, row("n2", "mul", 7.0, parents=["n0", "n1"])],
            "row 'n2': data must be 6.0, which mul gives, got 7.0",
        ),
        (
            [N0, row("n1", "neg", "nan", parents=["n0"])],
            "row 'n1': data must be -2.0, which neg gives, got nan",
        ),
        (
            [N0, row("n1", "constant_power", 4.0, parents=["n0"])],
            "row 'n1': parameter must be a number or a text such as 'NaN', got None",
        ),
        (
            [N0, row("n1", "neg", -2.0, parents=["n0"], parameter=2.0)],
            "row 'n1': parameter must be None, as neg takes none, got 2.0",
        ),
        (["n0"], "each row must be a mapping, got 'n0'"),
    ],
)
def test_rows_that_are_no_graph_are_refused_by_name(rows: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=f"^from_rows: {re.escape(message)}"):
        from_rows({"nodes": rows})
    with pytest.raises(DataError, match=f"^from_json: {re.escape(message)}"):
        from_json(json.dumps({"nodes": rows}))


@pytest.mark.parametrize("rows", [[], {}, {"nodes": []}, {"nodes": "n0"}, {"nodes": None}, 7, None])
def test_what_holds_no_rows_is_refused(rows: Any) -> None:
    expected = "rows must be a mapping with a list 'nodes' of at least one row, got"
    with pytest.raises(DataError, match=f"^from_rows: {expected}"):
        from_rows(rows)
    with pytest.raises(DataError, match=f"^from_json: {expected}"):
        from_json(json.dumps(rows))


@pytest.mark.parametrize("text", ["", "{", "nodes", "[" * 200_000, "9" * 5_000 + "x"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"^from_json: text must be JSON, got '") as caught:
        from_json(text)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("bad", [None, b"{}", {"nodes": []}])
def test_json_is_read_from_text_only(bad: Any) -> None:
    with pytest.raises(TypeError, match=r"^from_json: text must be a str, got"):
        from_json(bad)


def test_an_error_of_data_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="from_rows"):
        from_rows({"nodes": [row("n0", "cube")]})
