"""Loops from scalars: nests with an expression of a sum, and relus that are asked."""

from collections.abc import Callable

import pytest

from microfp import nn, relu, tanh, total, value
from microfp.compiler.ir.passes import lower, translate
from microfp.compiler.ir.program import run
from microfp.compiler.native.fold import ask_relus
from microfp.compiler.native.loops import Rolled
from microfp.compiler.native.roll import roll
from microfp.compiler.native.run.executable import executable_for, run_rows
from microfp.ops import positive
from microfp.values import Value, lift

X = [value(0.0) for _ in range(3)]


def rolled(*outputs: Value) -> Rolled:
    return roll(lower(outputs, X), summed=0)


def texts(it: Rolled) -> list[str]:
    return [str(nest).partition(" = ")[2] for nest in it.nests]


def test_a_sum_that_one_expression_reads_is_no_node_of_its_own() -> None:
    assert texts(rolled(relu(total(X)))) == ["relu(sum(3: x[t]))"]
    assert texts(rolled(X[0] * total([1.0, *X]))) == ["x0 * (1.0 + sum(3: x[t]))"]


def test_at_a_prompt_it_is_a_line_and_printed_it_is_whole() -> None:
    it = rolled(relu(total(X)))
    assert repr(it) == "Rolled(1 nests, 0 sums, 1 nodes)"
    assert str(it).splitlines() == [
        "nest    1        n0 = relu(sum(3: x[t]))",
        "outputs n0",
    ]


def test_a_sum_that_two_read_is_kept() -> None:
    y = total(X)
    assert texts(rolled(relu(y), tanh(y))) == ["sum(3: x[t])", "relu(n0)", "tanh(n0)"]


def test_an_expression_holds_one_sum_at_most() -> None:
    y = total(X) * total([x * x for x in X])
    assert texts(rolled(y)) == ["sum(3: x[t])", "sum(3: x[t] * x[t])", "n0 * n1"]


def test_a_sum_of_sums_keeps_the_inner_ones() -> None:
    inner = [relu(total([x, 1.0, x])) for x in X]
    assert texts(rolled(total(inner))) == ["relu(x[i] + 1.0 + x[i])", "sum(3: n0[t])"]


def test_a_sum_inside_of_a_term_is_kept() -> None:
    y = total([X[0], X[2], X[0] * relu(total([X[1], 1.0, X[1]]))])
    assert texts(rolled(y)) == ["x0 * relu((x1 + 1.0 + x1))", "sum(2: x[2t]) + n0"]


EXPRESSIONS: dict[str, Callable[[], Value]] = {
    "relu of a sum": lambda: relu(total([1.0, *X])),
    "product with a sum": lambda: X[0] * total(X) * 2.0,
    "product of two sums": lambda: total(X) * total([x * x for x in X]),
    "sum of sums": lambda: total([relu(total([x, -1.0, y])) for x in X for y in X]),
    "power of a sum": lambda: total(X) ** 3,
    "costly of a sum": lambda: tanh(total(X)) - tanh(total(X[:2])),
    "sum in a quotient": lambda: (1.0 - total(X)) / (2.0 + total(X) ** 2),
    "many constants": lambda: total([x * float(k + 1) for x in X for k in range(40)]),
    "constants in a table, some of them twice": lambda: total(
        [tanh(x * float(k % 35)) for x in X for k in range(70)]
    ),
    "a hidden layer": lambda: total([relu(total([x * 0.5, *X])) * x for x in X]),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("width", [2, 4, 8])
def test_folded_sums_compute_what_the_program_says(name: str, width: int) -> None:
    program = lower(EXPRESSIONS[name](), X)
    rows = [(0.5, -1.5, 2.25), (-1.0, 0.0, 0.125), (3.0, 4.0, -5.0)]
    found = run_rows(executable_for(program, summed=0, width=width), (), rows)
    assert found == [pytest.approx(run(program, row), rel=1e-14) for row in rows]


def test_a_relu_is_asked_in_place_of_its_operand() -> None:
    x = X[0]
    program = translate([relu(x), lift(positive(x)), lift(positive(X[1]))], X)
    first, second, third = ask_relus(program).instructions
    assert [first.operands, second.operands, third.operands] == [(0,), (3,), (1,)]


@pytest.mark.parametrize("number", [2.0, 0.0, -0.0, -3.0, float("inf"), float("nan")])
def test_a_relu_is_positive_where_its_operand_is(number: float) -> None:
    program = translate([relu(X[0]), lift(positive(X[0]))], X[:1])
    assert run(ask_relus(program), [number])[1] == run(program, [number])[1]


def test_the_nests_of_a_layer_do_not_grow_with_its_width() -> None:
    counts = {
        width: len(roll(lower(it(X), X, nn.parameters(it)), summed=0).nests)
        for width, it in ((width, nn.layer(3, width)) for width in (8, 16, 64))
    }
    assert len(set(counts.values())) == 1


def test_the_nests_of_a_frozen_layer_do_not_grow_with_its_width() -> None:
    rolled = {
        width: roll(lower(it(X), X), summed=0)
        for width, it in ((width, nn.layer(3, width)) for width in (16, 64))
    }
    assert [len(it.nests) for it in rolled.values()] == [1, 1]
    assert [len(it.constants) for it in rolled.values()] == [3 * 16 + 1, 3 * 64 + 1]


def test_few_constants_stand_where_they_are_used() -> None:
    assert texts(rolled(2.0 * X[0] + 3.0)) == ["2.0 * x0 + 3.0"]
