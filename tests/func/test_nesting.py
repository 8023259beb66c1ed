"""Transforms inside of each other share no perturbation, in any mix of modes."""

import math
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from microfp import Value, func, sin, value
from microfp.values import Scalar
from tests.func.curves import MODES, PAIRS, Curve, by_forward, by_reverse, close


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_perturbations_are_not_confused(
    inner: Callable[[Curve], Curve], outer: Callable[[Curve], Curve]
) -> None:
    # d/dx x * (d/dy (x + y)) is 1; confusing the two perturbations gives 2.
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    # d/dx x * (d/dy (x * y)) is 2 x; taking x for a number gives x.
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    # d/dx of (d/dy x y at y = x) is 1; taking y for x gives 2.
    assert outer(lambda x: inner(lambda y: x * y)(x))(3.0) == 1.0
    # The amazing bug: a derivative that is a function, used inside another one.
    shifted = outer(lambda u: inner(lambda x: sin(x + u))(1.0))
    assert close(shifted(0.5), -math.sin(1.5))


@pytest.mark.parametrize("modes", list(product(MODES[:3], repeat=3)))
def test_three_levels_that_share_variables_stay_apart(
    modes: tuple[Callable[[Curve], Curve], ...],
) -> None:
    a, b, c = modes
    # h = x²y² d/dz(z²yx) at z = xy is 2x⁴y⁴; its slope along y, at y = x, 8x⁷; and that's 56x⁶.
    nested = a(lambda x: b(lambda y: x * x * y * y * c(lambda z: z * z * y * x)(x * y))(x))
    assert nested(1.5) == 56.0 * 1.5**6


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_modes_mix_over_five_orders(
    a: Callable[[Curve], Curve], b: Callable[[Curve], Curve]
) -> None:
    assert close(a(b(a(b(a(lambda x: x**7)))))(1.5), 2520.0 * 1.5**2)


def pulled(pull: Callable[[Scalar], tuple[object, ...]], cotangent: Scalar) -> Scalar:
    (slope,) = pull(cotangent)
    assert isinstance(slope, Value | float)
    return slope


def test_a_product_of_a_trace_can_be_taken_inside_another_transform() -> None:
    def cubed(x: Scalar) -> Scalar:
        return x * x * x

    _, pull = func.vjp(cubed, 2.0)
    _, push = func.linearize(cubed, 2.0)
    assert by_reverse(lambda c: pulled(pull, c))(5.0) == 12.0
    assert func.grad(push)(5.0) == 12.0
    assert func.jvp(lambda c: pulled(pull, c), 5.0, 2.0) == (60.0, 24.0)
    assert func.jvp(push, 5.0, 2.0) == (60.0, 24.0)


def test_a_transform_within_a_thread_of_a_function_keeps_apart_or_says_so() -> None:
    def f(x: Scalar) -> Scalar:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(by_forward(lambda y: x * y), 1.0).result()

    with pytest.raises(TypeError, match="of this transform or of an enclosing one"):
        func.directional(f, 3.0, 1.0)


def test_a_deeper_level_stays_outermost() -> None:
    def middle(y: Scalar) -> Scalar:
        with ThreadPoolExecutor(1) as pool:  # no scope there, so the level is 1 again
            inner = pool.submit(by_forward(lambda z: y * z * z), 3.0)
        return inner.result() * y  # 6 y²

    assert func.directional(lambda x: func.directional(middle, 3.0, 1.0) * x, 2.0, 1.0) == 36.0


def test_a_dual_number_cannot_be_saved() -> None:
    with pytest.raises(TypeError, match="a Dual lives inside of one transform"):
        func.directional(lambda x: value(float(len(pickle.dumps(x)))), 1.0, 1.0)
