"""Dual numbers of one level and of several, taken apart and put together."""

import math
import pickle
import re

import pytest

from microfp import func, ops, value
from microfp.func.duals import (
    SCOPE,
    Dual,
    Level,
    Scope,
    dual,
    dual_adjoints,
    join,
    nodes_are_numbers,
    split,
    within,
)
from microfp.ops import Operand
from microfp.values import LEAF, Value, sin

OUTER, INNER = Level(depth=1), Level(depth=2)


def numbers(x: Operand) -> object:
    """What a dual holds, as nested tuples (depth, primal, tangent)."""
    if isinstance(x, Dual):
        return x.level.depth, numbers(x.primal), numbers(x.tangent)
    return x


# 2 + 3 e1 + (5 + 7 e1) e2
BOTH = dual(INNER, dual(OUTER, 2.0, 3.0), dual(OUTER, 5.0, 7.0))


def test_the_outer_level_is_split_off_through_the_inner_one() -> None:
    primal, tangent = split(BOTH, OUTER)
    assert numbers(primal) == (2, 2.0, 5.0)
    assert numbers(tangent) == (2, 3.0, 7.0)
    assert isinstance(primal, Dual)
    assert isinstance(tangent, Dual)
    assert primal.level is tangent.level is INNER


def test_the_inner_level_is_split_off_as_it_is() -> None:
    assert tuple(map(numbers, split(BOTH, INNER))) == ((1, 2.0, 3.0), (1, 5.0, 7.0))


@pytest.mark.parametrize("x", [2.0, dual(OUTER, 2.0, 3.0)])
def test_what_does_not_hold_a_level_has_no_tangent_there(x: Operand) -> None:
    assert split(x, INNER) == (x, 0.0)


def test_a_level_of_the_same_depth_is_another_one() -> None:
    x = dual(OUTER, 2.0, 3.0)
    assert split(x, Level(depth=1)) == (x, 0.0)


@pytest.mark.parametrize("level", [OUTER, INNER])
def test_what_was_split_is_joined_again(level: Level) -> None:
    assert numbers(join(*split(BOTH, level), level)) == numbers(BOTH)


def test_tangents_add_where_the_primal_has_one_already() -> None:
    assert numbers(join(dual(OUTER, 2.0, 3.0), 10.0, OUTER)) == (1, 2.0, 13.0)
    assert numbers(join(2.0, dual(INNER, 3.0, 4.0), OUTER)) == (2, (1, 2.0, 3.0), (1, 0.0, 4.0))


def test_a_product_of_two_levels_has_the_mixed_term() -> None:
    x, y = dual(OUTER, 2.0, 1.0), dual(INNER, 3.0, 1.0)
    for product in (x * y, y * x):
        assert numbers(product) == (2, (1, 6.0, 3.0), (1, 2.0, 1.0))


def test_a_dual_is_shown_with_the_operation_that_made_it_and_has_no_graph() -> None:
    x = dual(OUTER, 2.0, 1.0)
    assert (x.op, x.parents, x.label, x.parameter, x.data) == (LEAF, (), None, None, 2.0)
    y = sin(x)
    assert (y.op, y.parents) == ("sin", ())
    assert repr(x) == "Dual(primal=2.0, tangent=1.0)"
    assert dual(INNER, x, 0.0).data == 2.0


def test_a_dual_that_has_left_its_transform_is_refused_in_another() -> None:
    kept: list[Value] = []

    def keeping(x: Value) -> Value:
        kept.append(x)
        return x

    func.jvp(keeping, 1.0, 1.0)
    message = (
        "jvp: an operand must be a dual number of this transform or of an enclosing one "
        "(in another thread none does), "
        "got Level(depth=1) (Level)"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        func.jvp(lambda x: x * kept[0], 1.0, 1.0)
    with pytest.raises(TypeError, match=r"^pickle: a Dual lives inside of one transform and"):
        pickle.dumps(kept[0])


def test_a_scope_ends_with_its_call() -> None:
    assert (Scope().depth, Scope().variables, Scope().keeps_nodes) == (0, frozenset(), False)
    x = value(1.0)
    inside = Scope(depth=3, variables=frozenset({x}))

    def depth(*, more: int) -> int:
        return SCOPE.get().depth + more

    assert within(inside, depth, more=4) == 7
    assert SCOPE.get().depth == 0
    assert nodes_are_numbers()
    assert not within(inside, nodes_are_numbers)
    assert not within(Scope(keeps_nodes=True), nodes_are_numbers)


def test_adjoints_of_duals_are_a_gradient_and_its_derivative() -> None:
    # d/dx x²y = 2xy, and its derivative along x is 2y; along y it is x², and 2x.
    x, y = value(3.0), value(5.0)
    order = (x, y, square := x * x, output := square * y)
    x_dual = dual(OUTER, 3.0, 1.0)
    squared = x_dual * x_dual
    stand_ins: dict[Value, Operand] = {x: x_dual, y: 5.0, square: squared, output: squared * 5.0}
    table = dual_adjoints(order, stand_ins)
    assert table[x] == (30.0, 10.0)
    assert y not in table
    assert dual_adjoints(order, stand_ins | {y: dual(OUTER, 5.0, 0.0)})[y] == (9.0, 6.0)


def test_a_derivative_of_a_gradient_that_nothing_moves_is_no_factor_of_an_infinite_slope() -> None:
    # d/dx x·inf = inf, whatever x is.
    x, c = value(3.0), value(math.inf)
    moved = dual(OUTER, 3.0, 1.0)
    table = dual_adjoints((x, c, y := x * c), {x: moved, c: math.inf, y: moved * math.inf})
    assert table[x] == (math.inf, 0.0)
    assert table[x][1] is ops.FLAT


def test_a_sum_without_tangents_has_a_flat_one() -> None:
    made = sin(dual(OUTER, 2.0, ops.FLAT))
    assert isinstance(made, Dual)
    assert made.tangent is ops.FLAT
