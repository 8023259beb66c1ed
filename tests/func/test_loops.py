"""Scans: a fold that keeps what each step gives, in graphs, in transforms, and in words."""

import math
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import Value, backward, func, tanh, value
from microfp.errors import ShapeError

NUMBERS = st.lists(st.floats(-2.0, 2.0), max_size=8)
ANYTHING: Any = func


def step(h: Value | float, x: float) -> tuple[Value, Value]:
    after = tanh(0.5 * h + x)
    return after, after * x


def data(xs: tuple[Value, ...]) -> list[float]:
    return [x.data for x in xs]


@given(NUMBERS)
def test_a_scan_is_a_fold_that_keeps_what_each_step_gives(xs: list[float]) -> None:
    def kept(so_far: Any, x: float) -> Any:
        carried, y = step(so_far[0], x)
        return carried, (*so_far[1], y)

    end, ys = func.scan(step, value(0.1), xs)
    expected, all_given = reduce(kept, xs, (value(0.1), ()))
    assert (end.data, data(ys)) == (expected.data, data(all_given))


@given(NUMBERS, NUMBERS)
def test_a_scan_of_two_sequences_is_a_scan_after_the_other(
    xs: list[float], ys: list[float]
) -> None:
    whole, all_given = func.scan(step, value(0.1), xs + ys)
    middle, first = func.scan(step, value(0.1), xs)
    end, second = func.scan(step, middle, ys)
    assert (whole.data, data(all_given)) == (end.data, data(first + second))


def test_a_scan_of_no_items_gives_back_what_it_was_given() -> None:
    start = value(3.0)
    assert func.scan(step, start, []) == (start, ())
    assert func.scan(lambda _c, _x: (1.0, 2.0), 0.0, length=0) == (0.0, ())


@given(st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=8), st.floats(-1.0, 1.0))
def test_the_gradient_of_a_scan_is_that_of_its_steps_written_out(xs: list[float], w: float) -> None:
    def scanned(w: Any) -> Any:
        return func.scan(lambda h, x: (tanh(w * h + x), None), 0.5, xs)[0]

    def written_out(w: Any) -> Any:
        return reduce(lambda h, x: tanh(w * h + x), xs, value(0.5))

    slope = func.grad(written_out)(w)
    assert func.grad(scanned)(w) == slope
    assert func.value_and_grad(scanned)(w) == (written_out(value(w)).data, slope)
    assert func.jvp(scanned, (w,), (1.0,))[1] == pytest.approx(slope, rel=1e-12, abs=1e-300)
    leaf = value(w)
    assert backward(scanned(leaf))[leaf] == pytest.approx(slope, rel=1e-12, abs=1e-300)


def test_a_power_by_a_scan_has_the_derivatives_of_the_power() -> None:
    def fifth(x: Any) -> Any:
        return func.scan(lambda y, _: (y * x, None), 1.0, length=5)[0]

    assert (fifth(value(2.0)).data, func.grad(fifth)(2.0)) == (32.0, 80.0)
    assert func.grad(func.grad(fifth))(2.0) == 160.0


def test_what_is_carried_may_be_any_tree() -> None:
    state = {"sum": value(0.0), "seen": (0, ["a"])}

    def counted(state: Any, x: float) -> tuple[Any, float]:
        count, names = state["seen"]
        return {"sum": state["sum"] + x, "seen": (count + 1, names)}, x

    end: Any = func.scan(counted, state, [1.0, 2.0, 4.0])[0]
    assert (end["sum"].data, end["seen"]) == (7.0, (3, ["a"]))


def test_items_may_be_pairs_and_come_from_any_iterable() -> None:
    pairs = zip((1, 2), (3, 4), strict=True)
    ends = func.scan(lambda c, pair: (c + pair[0] * pair[1], None), 0.0, pairs)
    assert ends[0] == 11.0


def test_a_mean_by_a_scan_is_the_mean() -> None:
    def running(state: tuple[int, float], x: float) -> tuple[tuple[int, float], float]:
        count, mean = state[0] + 1, state[1] + (x - state[1]) / (state[0] + 1)
        return (count, mean), mean

    xs = [0.1 * i for i in range(50)]
    (count, mean), means = func.scan(running, (0, 0.0), xs)
    assert (count, means[-1]) == (50, mean)
    assert mean == pytest.approx(math.fsum(xs) / 50, rel=1e-14)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((3.0, 0.0, []), {}, TypeError, "f must be a function"),
        ((step, 0.0), {}, ValueError, "length must be a whole number >= 0 where xs is None"),
        ((step, 0.0), {"length": -1}, ValueError, "length must be a whole number >= 0"),
        ((step, 0.0), {"length": 2.0}, ValueError, "length must be a whole number >= 0"),
        ((step, 0.0, "abc"), {}, TypeError, "xs must be a sequence of items"),
        ((step, 0.0, 3.0), {}, TypeError, "xs must be a sequence of items"),
        ((step, 0.0, value(3.0)), {}, TypeError, "xs must be a sequence of items"),
        ((step, 0.0, [1.0]), {"length": 2}, ShapeError, "xs must be 2 items, as length says"),
        ((lambda c, x: c + x, 0.0, [1.0]), {}, TypeError, "the result of f must be a pair"),
    ],
)
def test_a_scan_says_what_does_not_fit(
    arguments: Any, options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^scan: {message}"):
        ANYTHING.scan(*arguments, **options)
