"""Bound functions: called as functions, pickled and compared as data."""

import math
import operator
import pickle
from collections.abc import Callable

import pytest

from microfp.base.binding import bind, shown


def minus(a: float, b: float, c: float = 0.0) -> float:
    return a - b - c


def plus(a: float, b: float) -> float:
    return a + b


def test_the_given_arguments_come_first() -> None:
    assert bind(minus, 10.0)(3.0) == 7.0
    assert bind(minus, 10.0, 3.0)() == 7.0
    assert bind(minus, 10.0)(3.0, c=2.0) == 5.0


def test_binding_twice_is_binding_both() -> None:
    assert bind(bind(minus, 10.0), 3.0)() == bind(minus, 10.0, 3.0)()


@pytest.mark.parametrize("argument", [2.0, "text", (1, (2.0, None)), plus, bind(plus, 1.0)])
def test_functions_bound_to_the_same_are_equal_and_so_are_their_pickles(argument: object) -> None:
    bound = bind(operator.is_, argument)
    assert bound == bind(operator.is_, argument) == pickle.loads(pickle.dumps(bound))
    assert hash(bound) == hash(pickle.loads(pickle.dumps(bound)))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (bind(plus, 1.0), bind(minus, 1.0)),
        (bind(plus, 1.0), bind(plus, 2.0)),
        (bind(plus, 0.0), bind(plus, -0.0)),
        (bind(plus, 1.0), bind(plus, 1)),
        (bind(plus, 1), bind(plus, True)),
        (bind(operator.is_, (0.0,)), bind(operator.is_, (-0.0,))),
        (bind(plus, 1.0), plus),
        (bind(operator.is_, (1.0,)), bind(operator.is_, [1.0])),
    ],
)
def test_whatever_could_be_told_apart_is_unequal(
    a: Callable[..., object], b: Callable[..., object]
) -> None:
    assert a != b


def test_a_nan_is_the_same_argument_as_itself() -> None:
    assert bind(plus, math.nan) == bind(plus, float("nan"))


def test_what_may_change_equals_itself_alone() -> None:
    numbers = [1.0]
    assert bind(operator.contains, numbers) == bind(operator.contains, numbers)
    assert bind(operator.contains, numbers) != bind(operator.contains, [1.0])
    assert len({bind(operator.contains, numbers), bind(operator.contains, numbers)}) == 1


def test_a_bound_function_says_what_it_is() -> None:
    assert repr(bind(minus, 10.0, 3.0)) == "minus(10.0, 3.0, ...)"


def test_functions_are_shown_by_their_names_and_never_by_an_address() -> None:
    assert repr(bind(operator.is_, plus)) == "is_(plus, ...)"
    assert shown(plus) == "plus"
    assert shown(math.sqrt) == "<built-in function sqrt>"
