"""Generated code computes the bits of the graph and of its gradient."""

import ast
import math
import re
from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import ops
from microfp.gradients import backward, grad
from microfp.graph.python_source import to_python
from microfp.nn import forward, mlp, parameters
from microfp.ops import PRIMITIVES
from microfp.values import exp, maximum, minimum, total, value
from tests.expressions import VALUES, Expression, applied, evaluate, expressions
from tests.graph.labelled import bits, labelled
from tests.untraced import untraced

A = value(2.0, label="a")
B = value(-3.0, label="b")
C = value(0.5, label="c")
EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]


Compiled = Callable[..., tuple[float, tuple[float, ...]]]


def compiled(source: str, name: str = "f") -> Compiled:
    """The function of a source that may import math and nothing else."""
    imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import)]
    assert [[alias.name for alias in node.names] for node in imported] == [["math"]]
    assert "from " not in source
    namespace: dict[str, Any] = {}
    exec(compile(source, "<generated>", "exec"), namespace)
    made: Compiled = namespace[name]
    return made


def same(a: float, b: float) -> bool:
    """Bit for bit, but for the sign of zero."""
    return bits(a + 0.0) == bits(b + 0.0)


@given(expressions(), st.lists(st.sampled_from(EDGES), min_size=4, max_size=4))
def test_generated_code_computes_the_bits_of_the_graph_and_of_backward_at_any_inputs(
    expression: Expression, edges: list[float]
) -> None:
    output, leaves = labelled(expression)
    f = compiled(to_python(output, leaves))
    for inputs in (expression.leaves, tuple(edges[: len(leaves)])):
        points = tuple(value(number) for number in inputs)
        moved = evaluate(expression.steps, points, VALUES)
        gradients = backward(moved)
        found, slopes = f(*inputs)
        assert same(found, moved.data)
        assert all(same(s, grad(p, gradients)) for s, p in zip(slopes, points, strict=True))


@pytest.mark.parametrize("name", sorted(set(PRIMITIVES) - {"constant_power"}))
def test_every_operation_has_its_edge_values_in_generated_code(name: str) -> None:
    arity = PRIMITIVES[name].arity or 2
    leaves = tuple(value(1.0, label=label) for label in "xyz"[:arity])
    f = compiled(to_python(applied(PRIMITIVES[name], *leaves), leaves))
    for first in EDGES:
        for second in EDGES if arity > 1 else [0.0]:
            points = tuple(value(edge) for edge in (first, second, 2.0)[:arity])
            output = applied(PRIMITIVES[name], *points)
            gradients = backward(output)
            found, slopes = f(*(point.data for point in points))
            assert same(found, output.data)
            assert all(same(s, gradients[p]) for s, p in zip(slopes, points, strict=True))


@pytest.mark.parametrize("exponent", [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, math.inf, math.nan])
def test_every_constant_power_has_its_edge_values_in_generated_code(exponent: float) -> None:
    f = compiled(to_python(A**exponent))
    for edge in EDGES:
        x = value(edge)
        output = x**exponent
        found, (slope,) = f(edge)
        assert same(found, output.data)
        assert same(slope, backward(output)[x])


def test_arguments_are_named_by_labels_in_the_order_of_the_inputs() -> None:
    output = A * B + C
    assert "def f(a, b, c):" in to_python(output)
    assert "def area(c, a):" in to_python(output, [C, A], name="area")
    found, slopes = compiled(to_python(output, [C, A]))(1.0, 10.0)
    assert (found, slopes) == (-29.0, (1.0, -3.0))


LABELS = ["", "1x", "a b", "lambda", "math", "abs", "_hidden", "x,y", "θ", "x=exit()", "x\n", "'"]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_that_is_no_good_name_is_replaced(label: str) -> None:
    source = to_python(value(2.0, label=label) * A)
    assert "def f(x0, a):" in source
    assert compiled(source)(5.0, 7.0) == (35.0, (7.0, 5.0))


def test_equal_labels_and_taken_names_are_told_apart() -> None:
    twins = value(1.0, label="w"), value(2.0, label="w")
    taken = value(3.0, label="x0"), value(4.0, label="v0")
    source = to_python(total([*twins, *taken]) * 2.0)
    assert "def f(x1, x2, x0, v0):" in source
    assert compiled(source)(1.0, 2.0, 3.0, 4.0) == (20.0, (2.0, 2.0, 2.0, 2.0))


@pytest.mark.parametrize("inputs", [1, 2])
def test_the_gradient_is_a_tuple_with_one_entry_for_each_input(inputs: int) -> None:
    found, slopes = compiled(to_python(A * B, [A, B][:inputs]))(*[2.0, 5.0][:inputs])
    assert (found, slopes) == ((2.0 * -3.0, (-3.0,)) if inputs == 1 else (10.0, (5.0, 2.0)))


def test_a_function_of_nothing_has_an_empty_gradient() -> None:
    assert compiled(to_python(A * B, []))() == (-6.0, ())


def test_an_input_outside_the_graph_has_the_gradient_zero() -> None:
    assert compiled(to_python(A * 3.0, [A, C]))(2.0, 9.0) == (6.0, (3.0, 0.0))


def test_the_output_may_be_an_input() -> None:
    assert compiled(to_python(A))(7.0) == (7.0, (1.0,))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -2.5, 1e-300, -0.0])
def test_constants_keep_their_bits(number: float) -> None:
    found, _ = compiled(to_python(maximum(value(number), A) - A * 0.0, [A]))(-math.inf)
    assert bits(found) == bits(
        (maximum(value(number), value(-math.inf)) - value(-math.inf) * 0.0).data
    )
    kept, slopes = compiled(to_python(A * number))(1.0)
    assert bits(kept) == bits(slopes[0]) == bits(number)


@pytest.mark.parametrize("terms", [1, 2, 8, 9, 16, 17, 5000])
def test_sums_of_any_length_are_added_in_their_order(terms: int) -> None:
    numbers = [10.0 ** ((7 * i) % 31 - 15) for i in range(terms)]
    output = total([value(number) for number in numbers])
    found, slopes = compiled(to_python(output))(*numbers)
    assert bits(found) == bits(output.data)
    assert slopes == (1.0,) * terms


def test_what_is_computed_twice_is_written_once() -> None:
    source = to_python(exp(A) + exp(A))
    assert source.count("= _exp(") == 1


def test_only_the_helpers_that_are_called_are_written() -> None:
    assert "def _" not in to_python(A * B - A + B)
    source = to_python(minimum(A, B))
    helpers = re.findall(r"def (_\w+)", source)
    assert sorted(helpers) == sorted(set(helpers))
    assert set(helpers) == {"_minimum", "_maximum", "_above"}


def test_a_network_trains_outside_the_library() -> None:
    model = mlp(2, [4, 1])
    weights = parameters(model)
    score = forward(model, [0.5, -0.25])
    loss = (score - 1.0) ** 2
    f = compiled(to_python(loss, weights))
    found, slopes = f(*(w.data for w in weights))
    gradients = backward(loss)
    assert same(found, loss.data)
    assert all(same(s, grad(w, gradients)) for s, w in zip(slopes, weights, strict=True))
    better, _ = f(*(w.data - 0.1 * s for w, s in zip(weights, slopes, strict=True)))
    assert better < found


@pytest.mark.parametrize("name", ["", "1f", "f g", "lambda", "math", "abs", "_f"])
def test_a_function_needs_a_name_that_python_takes(name: str) -> None:
    with pytest.raises(ValueError, match="to_python: name must be a name in Python, got"):
        to_python(A, name=name)


def test_a_custom_operation_has_no_source() -> None:
    cube = ops.primitive("cube", lambda a: a**3, lambda a, y: (3.0 * a * a,), "{0}³")
    with pytest.raises(
        ValueError,
        match=r"^to_python: output must be a graph of operations in microfp\.ops\.PRIMITIVES, "
        r"got Value\(data=8\.0, op='cube'\)$",
    ):
        to_python(applied(cube, A) + 1.0)


def test_a_computed_input_is_refused() -> None:
    with pytest.raises(ValueError, match="to_python: each of inputs must be a leaf, got"):
        to_python(A * B, [A * B])


def test_what_is_no_node_is_refused() -> None:
    no_node: Any = 3.0
    with pytest.raises(TypeError, match=r"^to_python: output must be a Value, got 3.0"):
        to_python(no_node)


@untraced
def test_a_chain_of_100_000_is_no_deeper_than_any_other_graph() -> None:
    long = reduce(lambda node, _: node - 1.0, range(100_000), A)
    assert compiled(to_python(long))(5.0) == (5.0 - 100_000.0, (1.0,))
