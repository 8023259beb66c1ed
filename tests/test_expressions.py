"""Formulas mean what Python means by them, and nothing else is a formula."""

import math
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from returns.result import safe

from microfp import backward, graph, value
from microfp.errors import ExpressionError
from microfp.expressions import FUNCTIONS, LONGEST_TEXT, expression, read_variables, variables

NUMBERS = st.floats(0.01, 100.0).map(lambda x: f"{x:.3f}")
LEAVES = st.one_of(NUMBERS, st.sampled_from(["x", "y"]))


def combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, st.sampled_from(["+", "-", "*", "/", " - ", "\t/\n"]), parts).map("".join),
        parts.map(lambda a: f"({a})"),
        parts.map(lambda a: f"-{a}"),
        parts.map(lambda a: f"({a})**2.0"),
        st.tuples(st.sampled_from(["sin", "cos", "tanh", "abs"]), parts).map(
            "{0[0]}({0[1]})".format
        ),
        st.tuples(st.sampled_from(["max", "min"]), parts, parts).map(
            "{0[0]}({0[1]}, {0[2]})".format
        ),
    )


@given(st.recursive(LEAVES, combined, max_leaves=12), st.floats(-5, 5), st.floats(-5, 5))
def test_a_formula_has_the_value_that_python_gives_it(text: str, x: float, y: float) -> None:
    names = {"sin": math.sin, "cos": math.cos, "tanh": math.tanh, "abs": abs}
    given_names = {name: {"x": x, "y": y}[name] for name in variables(text)}
    try:
        expected = eval(re.sub(r"\s", " ", text), {**names, "max": max, "min": min, **given_names})
    except (ZeroDivisionError, OverflowError):
        assume(False)
    assert expression(text, given_names).data == pytest.approx(expected, rel=1e-15, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 3.0),
        (" 1.5e1 ", 15.0),
        (".5 + 1.", 1.5),
        ("-2**2", -4.0),
        ("2**-1", 0.5),
        ("2**3**2", 512.0),
        ("8 - 4 - 2", 2.0),
        ("+1 - -1", 2.0),
        ("9**9**9", math.inf),
        ("1/0", math.inf),
        ("exp(1000)", math.inf),
        ("log(0)", -math.inf),
        ("sqrt(16)", 4.0),
        ("sigmoid(0)", 0.5),
        ("relu(-1)", 0.0),
        ("softplus(1000)", 1000.0),
        ("where(0, 1, 2)", 2.0),
        ("pow(2, 3)", 8.0),
        ("add(1, 2) + sub(1, 2) + mul(2, 3) + divide(3, 2) + neg(1)", 8.5),
        ("maximum(1, 2) + minimum(1, 2) + absolute(-1)", 4.0),
        ("-7 % 3", 2.0),
        ("2 * 7 % 4", 2.0),
        ("atan2(0, -1) - acos(-1)", 0.0),
        ("expm1(0) + log2(8) + cbrt(-8)", 1.0),
        ("clip(7, -1, 1) + greater(2, 1) + less(2, 1)", 2.0),
        ("elu(2) + elu(2, 3) + gelu(0)", 4.0),
        ("mean(1, 2, 6) + norm(3, 4) + total(1, 2, 3)", 14.0),
        ("logsumexp(0, -1/0)", 0.0),
    ],
)
def test_a_formula_without_variables_is_a_number(text: str, expected: float) -> None:
    assert expression(text, {}).data == expected


def test_every_function_that_is_offered_can_be_called() -> None:
    for name in FUNCTIONS:
        counts = [n for n in (1, 2, 3) if accepts(f"{name}({', '.join('1' * n)})")]
        expected = {"elu": [1, 2], "leaky_relu": [1, 2]}
        of_any = ("logsumexp", "mean", "norm", "sum", "total")
        assert counts == expected.get(name, [1, 2, 3] if name in of_any else counts[:1]), name
        assert counts, name


def accepts(text: str) -> bool:
    try:
        expression(text, {})
    except ExpressionError:
        return False
    return True


def test_a_name_is_one_node_however_often_it_occurs() -> None:
    x = value(3.0, label="x")
    y = expression("x*x + x", {"x": x})
    assert backward(y)[x] == 7.0
    assert sum(row["op"] == "leaf" for row in graph.nodes(y)) == 1


def test_a_written_exponent_is_no_node() -> None:
    assert [row["formula"] for row in graph.nodes(expression("x**-2", {"x": 2}))] == [
        "x",
        "n0 ** -2.0",
    ]


def test_numbers_become_leaves_labelled_by_their_names() -> None:
    assert [node.label for node in expression("x + w", {"w": 1, "x": 2}).parents] == ["x", "w"]


def test_one_letter_written_in_two_ways_is_one_name() -> None:
    assert expression("ﬁ + fi", read_variables(["ﬁ=2"])).data == 4.0


def test_variables_come_in_the_order_in_which_they_are_read() -> None:
    assert variables("b + relu(x*w) - b*a") == ("b", "x", "w", "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found nothing"),
        (" \n", "found nothing"),
        ("x +", "it ends too early"),
        ("x + * x", "invalid syntax at column 5"),
        ("  (x", r"'\(' was never closed at column 3"),
        ("x)", r"unmatched '\)' at column 2"),
        ("(x]", "found ']' at column 3"),
        ("x y", "found 'y' at column 3, where an operator"),
        ("2x", "found 'x' at column 2, where an operator"),
        ("2(x)", r"found '\(' at column 2, where an operator"),
        ("(x)(x)", r"found '\(' at column 4, where an operator"),
        ("1_000*x", "found '_000' at column 2"),
        ("1.2.3*x", "found '.3' at column 4"),
        ("0x10*x", "found 'x10' at column 2"),
        ("1j*x", "found 'j' at column 2"),
        ("x^2", r"found '\^' at column 2; write \*\* for a power"),
        ("x // 2", "found 'x // 2' at column 1"),
        ("é + x ~ 2", "found '~' at column 7"),
        (" é + (x, x)", r"found '\(x, x\)' at column 6"),
        ("x if x else x", "found 'if' at column 3"),
        ("not x", "found 'not' at column 1"),
        ("x and x", "found 'and' at column 3"),
        ("lambda", "found 'lambda' at column 1"),
        ("True + x", "found 'True' at column 1"),
        ("x == 2", "found '=' at column 3"),
        ("x = 2", "found '=' at column 3"),
        ("x.data", "found '.' at column 2"),
        ("x[0]", r"found '\[' at column 2"),
        ("'x'", 'found "\'" at column 1'),
        ("x # a comment", "found '#' at column 3"),
        ("x\0", r"found '\\x00' at column 2"),
        ("x²", "invalid character '²'"),
        ("()", r"found '\(\)' at column 1"),
        ("relu", r"found 'relu' at column 1, a function: write relu\(...\)"),
        ("x + relu", "found 'relu' at column 5, a function"),
        ("é + foo(x)", "found 'foo' at column 5, which is no function of microfp; they are abs"),
        ("__import__(x)", "found '__import__' at column 1"),
        ("relu(x, x)", "relu at column 1 must have 1 operand, got 2"),
        ("x + max(x)", "max at column 5 must have 2 operands, got 1"),
        ("relu(*x)", r"found '\*x' at column 6"),
        ("relu(**x)", r"found 'relu\(\*\*x\)' at column 1"),
        ("1e999 * x", "found '1e999' at column 1, which is too large for a float"),
        ("9" * 400, "at column 1, which is too large for a float"),
        ("9" * 9000, "at column 1, which is too large for a float"),
        ("012 + x", "leading zeros"),
        ("-" * 9000 + "x +", "(it ends too early|nested too deeply)"),
        ("x**" * 3000 + "x)", "(unmatched|nested too deeply)"),
        ("x" * (LONGEST_TEXT + 1), "must be of at most 10000 characters, got 10001"),
    ],
)
def test_what_is_no_formula_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=rf"^expression: .*{message}") as caught:
        expression(text, {"x": 1.0})
    assert "\n" not in str(caught.value)


DEEP = {
    "a sum": ("x+" * 4900 + "x", 4901.0),
    "a difference": ("x-" * 4900 + "x", -4899.0),
    "a product": ("x*" * 4900 + "x", 1.0),
    "a tower of powers": ("x**" * 3000 + "x", 1.0),
    "a row of signs": ("-" * 9000 + "x", 1.0),
    "a row of different signs": ("+-" * 4501 + "x", -1.0),
    "parentheses": ("(" * 4900 + "x" + ")" * 4900, 1.0),
    "calls": ("abs(" * 1900 + "x" + ")" * 1900, 1.0),
    "a sum in parentheses": (f"2*({'x+' * 4900}x)", 9802.0),
    "sums in operands": (f"max({'x+' * 2000}x, {'x-' * 2000}x)", 2001.0),
    "a list of blanks": ("x" + " " * 9000 + "+ x", 2.0),
}


@pytest.mark.parametrize("kind", DEEP)
def test_whatever_fits_into_a_text_is_computed_however_long_or_deep(kind: str) -> None:
    text, expected = DEEP[kind]
    assert expression(text, {"x": 1.0}).data == expected


def larger(a: float, b: float) -> float:
    return max(a, b)


@given(
    st.lists(st.sampled_from(["x", "2.0", "max", *"+-*/(),. "]), max_size=12).map("".join),
)
def test_a_text_is_a_formula_if_python_computes_it(text: str) -> None:
    try:
        expected = eval(text.strip(), {"x": 1.0, "max": larger})
    except (SyntaxError, TypeError, NameError):
        expected = None
    except (ZeroDivisionError, OverflowError):
        assume(False)
    assume("//" not in re.sub(r"\s", "", text) and not isinstance(expected, tuple | complex))
    found = safe(expression)(text, {"x": 1.0} if "x" in re.sub("max", "", text) else {})
    if isinstance(expected, int | float):
        assert found.unwrap().data == pytest.approx(expected, nan_ok=True)
    else:
        assert isinstance(found.failure(), ExpressionError)


@given(st.text(alphabet="x1.e+-*/(), =[]'\"#\\\n\0if:é²", max_size=20))
def test_any_text_is_a_formula_or_an_expression_error(text: str) -> None:
    try:
        names = variables(text)
    except ExpressionError:
        return
    assert isinstance(expression(text, dict.fromkeys(names, 1.0)).data, float)


def test_a_text_must_be_a_str() -> None:
    with pytest.raises(TypeError, match=r"^expression: text must be a str, got int$"):
        variables(3)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("given_values", "message"),
    [
        ({}, "x, w must have a value, as in x=2"),
        ({"x": 1.0}, "w must have a value"),
        ({"x": 1.0, "w": 1.0, "b": 1.0}, "b must occur in it, but its variables are x, w"),
    ],
)
def test_names_and_variables_must_be_the_same(given_values: dict[str, float], message: str) -> None:
    with pytest.raises(ExpressionError, match=f"^expression: {message}"):
        expression("x * w", given_values)


def test_a_formula_without_variables_takes_none() -> None:
    with pytest.raises(ExpressionError, match=r"^expression: x must occur in it, but it has no"):
        expression("1 + 1", {"x": 1.0})


def test_a_variable_is_a_number_or_a_value() -> None:
    with pytest.raises(TypeError, match="must be a number, got '1'"):
        expression("x", {"x": "1"})  # type: ignore[dict-item]  # wrong on purpose


def test_variables_are_read_with_blanks_and_without() -> None:
    assert read_variables(["x=2", " w = -3e-1 ", "b=inf"]) == {"x": 2.0, "w": -0.3, "b": math.inf}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["x"], "each must be name=number, got 'x'"),
        (["=2"], "each must be name=number, got '=2'"),
        (["2x=2"], "each must be name=number, got '2x=2'"),
        (["x y=2"], "each must be name=number"),
        (["if=2"], "each must be name=number"),
        (["x="], "x must be a number, got ''"),
        (["x=two"], "x must be a number, got 'two'"),
        (["x=1=2"], "x must be a number, got '1=2'"),
        (["x=1_0"], "x must be a number, got '1_0'"),
        (["x=0x10"], "x must be a number, got '0x10'"),
        (["x=٣"], "x must be a number, got '٣'"),
        (["x=1e999"], "x must be a number that a float holds, got '1e999'"),
        (["x=-" + "9" * 400], "x must be a number that a float holds, got '-999"),
        (["x=1+1"], r"x must be a number, got '1\+1'"),
        (["x=1", "w=1", "x=1"], "x must be given once, got 2"),
        (["relu=1"], "relu is a function, and cannot be a variable"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(texts: list[str], message: str) -> None:
    with pytest.raises(ExpressionError, match=f"^variables: {message}"):
        read_variables(texts)
