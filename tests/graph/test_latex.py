"""Formulas read back as what they were written from."""

import math
import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import ops, values
from microfp.gradients import backward, grad
from microfp.graph.latex import to_latex
from microfp.graph.rewrite import substitute
from microfp.values import (
    Value,
    absolute,
    cos,
    divide,
    exp,
    log,
    maximum,
    minimum,
    neg,
    pow,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    total,
    value,
    where,
)
from tests.expressions import VALUES, Expression, applied, expressions
from tests.graph.labelled import bits, labelled
from tests.untraced import untraced

A = value(2.0, label="a")
B = value(-3.0, label="b")
C = value(0.5, label="c")


# A reader of LaTeX formulas, written from the rules of arithmetic and not from the table.

TOKEN = re.compile(
    r"\\begin\{cases\}|\\end\{cases\}|\\text\{otherwise\}|\\operatorname\{(?:\w|\\_)+\}"
    r"|\\mathrm\{nan\}|\\left[(|\[]|\\right[)|\]]|\\left\\[lr]\w+|\\right\\[lr]\w+"
    r"|\\log_\{\d+\}|\\sqrt\[3\]|\\log\\Gamma|\\mathbf\{1\}\\left\[|\\[a-z]+|\\\\|[a-z]_\{\w+\}"
    r"|\d+(?:\.\d+)?(?: \\cdot 10\^\{-?\d+\})?|[a-z]|[-+^{},&>=]"
)
FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    r"\log": log,
    r"\sin": sin,
    r"\cos": cos,
    r"\tanh": tanh,
    r"\sigma": sigmoid,
    r"\max": maximum,
    r"\min": minimum,
    r"\tan": values.tan,
    r"\arcsin": values.asin,
    r"\arccos": values.acos,
    r"\arctan": values.atan,
    r"\sinh": values.sinh,
    r"\cosh": values.cosh,
    r"\operatorname{sech}": VALUES["sech"],
    r"\operatorname{arsinh}": values.asinh,
    r"\operatorname{arcosh}": values.acosh,
    r"\operatorname{artanh}": values.atanh,
    r"\log_{2}": values.log2,
    r"\log_{10}": values.log10,
    r"\log\Gamma": values.lgamma,
    r"\psi": values.digamma,
    **{
        rf"\operatorname{{{name}}}": VALUES[name]
        for name in ("atan2", "exp2", "expm1", "log1p", "logaddexp", "hypot", "erf", "erfc")
    },
    **{rf"\operatorname{{{name}}}": VALUES[name] for name in ("silu", "mish", "gelu")},
    r"\operatorname{gelutanh}": values.gelu_tanh,
    r"\operatorname{relu}": relu,
    r"\operatorname{softplus}": softplus,
    r"\operatorname{sign}": VALUES["sign"],
}


class Reader:
    def __init__(self, text: str, names: Mapping[str, Value]) -> None:
        assert not TOKEN.sub("", text).strip(), text
        self.tokens = TOKEN.findall(text)
        self.names = names
        self.special: Mapping[str, Callable[[], Value]] = {
            r"\left(": lambda: self.until(r"\right)"),
            r"\left|": lambda: absolute(self.until(r"\right|")),
            r"\left[": lambda: self.comparison({">": VALUES["above"]}),
            r"\mathbf{1}\left[": lambda: self.comparison(
                {">": values.greater, r"\geq": values.greater_equal, "=": values.equal}
            ),
            r"\left\lfloor": self.rounded,
            r"\left\lceil": lambda: values.ceil(self.until(r"\right\rceil")),
            r"\sqrt[3]": lambda: values.cbrt(self.group()),
            r"\frac": lambda: divide(self.group(), self.group()),
            r"\sqrt": lambda: sqrt(self.group()),
            r"\begin{cases}": self.cases,
        }

    def take(self, *expected: str) -> str:
        token = str(self.tokens.pop(0))
        assert not expected or token in expected, (token, self.tokens)
        return token

    def at(self, *tokens: str) -> bool:
        return bool(self.tokens) and self.tokens[0] in tokens

    def formula(self) -> Value:
        result = self.sum()
        assert not self.tokens, self.tokens
        return result

    def sum(self) -> Value:
        if self.at("-"):
            self.take()
            result = neg(self.product())
        else:
            result = self.product()
        while self.at("+", "-"):
            sign = self.take()
            term = self.product()
            result = result + term if sign == "+" else result - term
        return result

    def product(self) -> Value:
        result = self.power()
        while self.at(r"\cdot", r"\bmod"):
            is_product = self.take() == r"\cdot"
            result = result * self.power() if is_product else result % self.power()
        return result

    def power(self) -> Value:
        if self.at("e"):
            self.take()
            self.take("^")
            return exp(self.group())
        base = self.atom()
        if not self.at("^"):
            return base
        self.take()
        exponent = self.group()
        is_number = exponent.op == "leaf" and exponent.label is None
        return base**exponent.data if is_number else pow(base, exponent)

    def group(self) -> Value:
        self.take("{")
        result = self.sum()
        self.take("}")
        return result

    def atom(self) -> Value:
        token = self.take()
        if token in FUNCTIONS:
            self.take(r"\left(")
            return FUNCTIONS[token](*self.operands())
        if token in self.special:
            return self.special[token]()
        if token[0].isdigit():
            return value(float(re.sub(r" \\cdot 10\^\{(.+)\}", r"e\1", token)))
        return self.names[token]

    def operands(self) -> list[Value]:
        found = [self.sum()]
        while self.at(","):
            self.take()
            found.append(self.sum())
        self.take(r"\right)")
        return found

    def comparison(self, relations: Mapping[str, Callable[..., Value]]) -> Value:
        left = self.sum()
        relation = self.take(*relations)
        return relations[relation](left, self.until(r"\right]"))

    def rounded(self) -> Value:
        inside = self.sum()
        ends = {r"\right\rfloor": values.floor, r"\right\rceil": values.round}
        return ends[self.take(*ends)](inside)

    def until(self, end: str) -> Value:
        result = self.sum()
        self.take(end)
        return result

    def cases(self) -> Value:
        a = self.sum()
        self.take("&")
        condition = self.sum()
        self.take(r"\neq")
        self.take("0")
        self.take("\\\\")
        b = self.sum()
        self.take("&")
        self.take(r"\text{otherwise}")
        self.take(r"\end{cases}")
        return where(condition, a, b)


def read(text: str, leaves: tuple[Value, ...]) -> Value:
    return Reader(text, {str(leaf.label): leaf for leaf in leaves}).formula()


def read_equations(text: str, leaves: tuple[Value, ...]) -> Value:
    first, *lines, last = text.splitlines()
    assert (first, last) == (r"\begin{aligned}", r"\end{aligned}")
    assert all(line.endswith(r" \\") for line in lines[:-1])
    names = {str(leaf.label): leaf for leaf in leaves}
    for line in lines:
        name, formula = line.removesuffix(r" \\").split(" &= ")
        assert name not in names
        names[name] = Reader(formula, names).formula()
    assert lines[-1].startswith("f &= ")
    return names["f"]


@given(expressions(max_steps=6))
def test_a_formula_reads_back_as_the_same_computation(expression: Expression) -> None:
    output, leaves = labelled(expression)
    again = read(to_latex(output), leaves)
    assert bits(again.data) == bits(output.data)
    expected, found = backward(output), backward(again)
    scale = max(map(abs, expected.values()))
    for leaf in leaves:
        assert grad(leaf, found) == pytest.approx(grad(leaf, expected), rel=1e-9, abs=1e-9 * scale)


@given(expressions(max_steps=8))
def test_equations_read_back_as_the_same_computation(expression: Expression) -> None:
    output, leaves = labelled(expression)
    text = to_latex(output, name_shared=True)
    if text.startswith(r"\begin{aligned}"):
        assert bits(read_equations(text, leaves).data) == bits(output.data)
    else:
        assert text == to_latex(output)


@given(st.floats())
def test_a_number_reads_back_as_itself(number: float) -> None:
    text = to_latex(value(number))
    if math.isnan(number):
        assert text == r"\mathrm{nan}"
    elif math.isinf(number):
        assert text == (r"\infty" if number > 0.0 else r"-\infty")
    else:
        assert bits(read(text, ()).data) == bits(number)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (A + B + C, "a + b + c"),
        (A + (B + C), r"a + \left(b + c\right)"),
        (A - B - C, "a - b - c"),
        (A - (B - C), r"a - \left(b - c\right)"),
        (A * B * C, r"a \cdot b \cdot c"),
        (A * (B * C), r"a \cdot \left(b \cdot c\right)"),
        ((A + B) * C, r"\left(a + b\right) \cdot c"),
        (A * B + C, r"a \cdot b + c"),
        (C + A * B, r"c + a \cdot b"),
        (A / B / C, r"\frac{\frac{a}{b}}{c}"),
        ((A + B) / (A - B), r"\frac{a + b}{a - b}"),
        (A * (B / C), r"a \cdot \frac{b}{c}"),
        ((A / B) * C, r"\frac{a}{b} \cdot c"),
        ((A / B) ** 2, r"\left(\frac{a}{b}\right)^{2}"),
        ((A * B) ** 2, r"\left(a \cdot b\right)^{2}"),
        ((A**2) ** 3, r"\left(a^{2}\right)^{3}"),
        (A ** (B**C), "a^{b^{c}}"),
        (pow(A, B + 1.0), "a^{b + 1}"),
        (A**-0.5, "a^{-0.5}"),
        (-A, "-a"),
        (-(A + B), r"-\left(a + b\right)"),
        (-(A * B), r"-a \cdot b"),
        ((-A) * B, r"\left(-a\right) \cdot b"),
        (A * (-B), r"a \cdot \left(-b\right)"),
        (A - (-B), r"a - \left(-b\right)"),
        ((-A) - B, "-a - b"),
        (-neg(A * 1.0), r"-\left(-a \cdot 1\right)"),
        (-(A**2), "-a^{2}"),
        ((-A) ** 2, r"\left(-a\right)^{2}"),
        (A * -2.0, r"a \cdot \left(-2\right)"),
        (A + -2.0, r"a + \left(-2\right)"),
        (-2.0 + A, "-2 + a"),
        (A * 1e-5, r"a \cdot \left(1 \cdot 10^{-5}\right)"),
        (1e-5 * A, r"1 \cdot 10^{-5} \cdot a"),
        (A + 2.5e300, r"a + 2.5 \cdot 10^{300}"),
        (exp(A) ** 2, r"\left(e^{a}\right)^{2}"),
        (exp(A + B) * C, r"e^{a + b} \cdot c"),
        (sin(A) ** 2, r"\sin\left(a\right)^{2}"),
        (log(cos(A)), r"\log\left(\cos\left(a\right)\right)"),
        (sqrt(A + B), r"\sqrt{a + b}"),
        (absolute(A + B), r"\left|a + b\right|"),
        (
            sigmoid(A) * softplus(B),
            r"\sigma\left(a\right) \cdot \operatorname{softplus}\left(b\right)",
        ),
        (maximum(A, B + C), r"\max\left(a, b + c\right)"),
        (minimum(A, relu(B)), r"\min\left(a, \operatorname{relu}\left(b\right)\right)"),
        (tanh(A) - 1.0, r"\tanh\left(a\right) - 1"),
        (total([A, B - C, -A]), r"a + \left(b - c\right) + \left(-a\right)"),
        (total([A - B, C]) * 2.0, r"\left(a - b + c\right) \cdot 2"),
        (total([]), "0"),
        (total([]) * A, r"0 \cdot a"),
        (total([A]), "a"),
        (
            where(A, B, C) + 1.0,
            r"\left(\begin{cases}b & a \neq 0 \\ c & \text{otherwise}\end{cases}\right) + 1",
        ),
        (applied(ops.positive, A - B), r"\left[a - b > 0\right]"),
        (applied(ops.above, A, B), r"\left[a > b\right]"),
        (value(2.0), "2"),
        (value(-0.0), "-0"),
        (A + math.inf, r"a + \infty"),
        (A + math.nan, r"a + \mathrm{nan}"),
        (math.nan * A, r"\mathrm{nan} \cdot a"),
        (A - (-math.inf), r"a - \left(-\infty\right)"),
    ],
)
def test_parentheses_stand_where_they_are_needed(output: Value, expected: str) -> None:
    assert to_latex(output) == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("x", "x"),
        ("W", "W"),
        ("x1", "x_{1}"),
        ("x12", "x_{12}"),
        ("x_1", "x_{1}"),
        ("w_in", "w_{in}"),
        ("x_", r"\text{x\_}"),
        ("win", r"\text{win}"),
        ("x_1_2", r"\text{x\_1\_2}"),
        ("50% of {a} & b", r"\text{50\% of \{a\} \& b}"),
        ("a\\b~c^d#e$f", r"\text{a\textbackslash{}b\textasciitilde{}c\textasciicircum{}d\#e\$f}"),
        ("two\nlines", r"\text{two lines}"),
        ("", r"\text{}"),
        ("1x", r"\text{1x}"),
        ("θ", r"\text{θ}"),
    ],
)
def test_a_label_is_a_variable_with_a_subscript_or_else_text(label: str, expected: str) -> None:
    assert to_latex(value(1.0, label=label)) == expected


def test_shared_nodes_become_equations_when_asked_for() -> None:
    y = A * B
    z = tanh(y) + y
    assert to_latex(z * z, name_shared=True).splitlines() == [
        r"\begin{aligned}",
        r"v_{1} &= a \cdot b \\",
        r"v_{2} &= \tanh\left(v_{1}\right) + v_{1} \\",
        r"f &= v_{2} \cdot v_{2}",
        r"\end{aligned}",
    ]


def test_the_name_of_an_equation_is_no_label_of_the_graph() -> None:
    v = value(1.0, label="v1")
    y = exp(v)
    assert r"v_{2} &= e^{v_{1}}" in to_latex(y * y, name_shared=True)


def test_leaves_that_are_shared_need_no_equation() -> None:
    assert to_latex(A * A, name_shared=True) == r"a \cdot a"


def test_a_custom_operation_is_written_by_its_name() -> None:
    cube = ops.primitive("my_cube", lambda a: a**3, lambda a, y: (3.0 * a * a,), "{0}³")
    text = r"\operatorname{my\_cube}\left(a + 1\right)^{2}"
    assert to_latex(applied(cube, A + 1.0) ** 2) == text
    own_exp = ops.primitive("exp", lambda a: a, lambda a, y: (1.0,), "exp({0})")
    assert to_latex(applied(own_exp, A)) == r"\operatorname{exp}\left(a\right)"
    pair = ops.primitive("pair", lambda a, b: a, lambda a, b, y: (1.0, 0.0), "({0}, {1})", arity=2)
    assert to_latex(applied(pair, A, B)) == r"\operatorname{pair}\left(a, b\right)"


def test_a_formula_that_sharing_makes_too_long_is_refused_unless_its_parts_have_names() -> None:
    diamonds = reduce(lambda node, _: node * node, range(60), A)
    with pytest.raises(
        ValueError, match="to_latex: output must be a formula of at most 1,000,000 nodes without"
    ):
        to_latex(diamonds)
    assert to_latex(diamonds, name_shared=True).count(r" \\") == 59


@untraced
def test_the_limit_is_a_million_nodes() -> None:
    # A sum is one node more than it has terms.
    assert to_latex(total([A] * 999_999)).count("a") == 999_999
    with pytest.raises(ValueError, match="to_latex: output"):
        to_latex(total([A] * 1_000_000))


@pytest.mark.parametrize("flag", [0, "yes", None])
def test_name_shared_is_true_or_false(flag: Any) -> None:
    with pytest.raises(TypeError, match="to_latex: name_shared must be True or False"):
        to_latex(A, name_shared=flag)


def test_what_is_no_node_is_refused() -> None:
    no_node: Any = 3.0
    with pytest.raises(TypeError, match=r"^to_latex: output must be a Value, got 3.0"):
        to_latex(no_node)


@untraced
def test_a_chain_of_100_000_is_no_deeper_than_any_other_graph() -> None:
    long = reduce(lambda node, _: node - 1.0, range(100_000), A)
    assert to_latex(long) == "a" + " - 1" * 100_000
    steep = reduce(lambda node, _: -node, range(100_000), A)
    assert to_latex(steep).count(r"\left(") == 99_999


def test_substituted_graphs_print_alike() -> None:
    output = exp(A) / B
    assert to_latex(substitute(output, {A: 7.0})) == to_latex(output)
