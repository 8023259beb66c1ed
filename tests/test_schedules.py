"""A schedule says the rate of a step, and refuses steps and rates that make no sense."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.schedules import constant, micrograd_decay


@given(st.integers(0, 100))
def test_micrograd_decay_falls_linearly_for_100_steps(step: int) -> None:
    exact = 1 - Fraction(9, 10) * Fraction(step, 100)
    assert micrograd_decay(step) == pytest.approx(float(exact), rel=1e-15)


def test_micrograd_decay_is_the_expression_of_the_demo_bit_for_bit() -> None:
    assert [micrograd_decay(k) for k in range(101)] == [1.0 - 0.9 * k / 100 for k in range(101)]


@given(st.integers(100, 10**30))
def test_micrograd_decay_stays_at_its_last_rate(step: int) -> None:
    assert micrograd_decay(step) == micrograd_decay(100) == pytest.approx(0.1)


@given(st.floats(0.0, 1e308), st.integers(0, 10**9))
def test_constant_gives_one_rate_at_every_step(rate: float, step: int) -> None:
    assert constant(rate)(step) == rate


def test_constant_gives_a_float_for_an_int() -> None:
    assert type(constant(1)(0)) is float


@pytest.mark.parametrize(
    ("rate", "error", "message"),
    [
        (-0.1, ValueError, "constant: rate must be a finite number >= 0, got -0.1"),
        (float("nan"), ValueError, "constant: rate must be a finite number >= 0, got nan"),
        (float("inf"), ValueError, "constant: rate must be a finite number >= 0, got inf"),
        (True, TypeError, "constant: rate must be a finite number >= 0, got True (bool)"),
    ],
)
def test_constant_refuses_a_rate_that_is_none(
    rate: float, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        constant(rate)


def test_micrograd_decay_refuses_a_step_below_0() -> None:
    with pytest.raises(ValueError, match=r"^micrograd_decay: step must be an int >= 0, got -1$"):
        micrograd_decay(-1)
