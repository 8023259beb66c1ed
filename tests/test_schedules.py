"""Schedules give torch's rates, keep their ends, and join where they are told to."""

import json
import math
import pickle
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import schedules
from microfp.schedules import (
    Schedule,
    after_loss,
    at_least,
    constant,
    cosine,
    cyclic,
    exponential,
    inverse_sqrt,
    join,
    linear,
    micrograd_decay,
    one_cycle,
    plateau,
    polynomial,
    range_test,
    step_decay,
    warm_up,
)

TORCHS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "torch_schedules.json").read_text(encoding="utf-8")
)
RECORDED: list[dict[str, Any]] = TORCHS["schedules"]

HALF_STEPS: Any = 2.5
rates = st.floats(0.0, 10.0)
lengths = st.integers(1, 200)
steps = st.integers(0, 1000)


def schedule_of(recorded: dict[str, Any]) -> Schedule:
    if recorded["schedule"] == "warm-up, then cosine":
        return warm_up(cosine(0.5, 50), 10, start=0.05)
    make: Callable[..., Schedule] = getattr(schedules, recorded["schedule"])
    return make(*recorded["arguments"], **recorded["options"])


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded["schedule"])
def test_every_rate_is_torchs(recorded: dict[str, Any]) -> None:
    schedule = schedule_of(recorded)
    ours = [schedule(step) for step in range(len(recorded["rates"]))]
    assert ours == pytest.approx(recorded["rates"], rel=1e-12, abs=1e-15)


def test_micrograd_decay_is_the_demos() -> None:
    assert [micrograd_decay(k) for k in range(100)] == [1.0 - 0.9 * k / 100 for k in range(100)]


@given(start=rates, end=rates, length=lengths, later=steps)
def test_linear_and_cosine_begin_and_end_where_they_say_and_stay(
    start: float, end: float, length: int, later: int
) -> None:
    for schedule in (linear(start, end, length), cosine(start, length, end=end)):
        assert schedule(0) == pytest.approx(start, rel=1e-15)
        assert schedule(length) == schedule(length + later) == end


@given(start=rates, factor=st.floats(0.01, 1.0), every=lengths, step=steps)
def test_step_decay_loses_one_factor_after_every_period(
    start: float, factor: float, every: int, step: int
) -> None:
    schedule = step_decay(start, every=every, factor=factor)
    assert schedule(step + every) == pytest.approx(factor * schedule(step), rel=1e-12, abs=1e-290)
    assert schedule(step - step % every) == schedule(step)


@given(peak=st.floats(0.01, 10.0), length=st.integers(10, 300))
def test_one_cycle_never_exceeds_its_peak_nor_falls_below_its_end(peak: float, length: int) -> None:
    schedule = one_cycle(peak, length)
    end = peak / 25.0 / 1e4
    assert schedule(length - 1) == schedule(length + 100) == pytest.approx(end, rel=1e-9)
    for step in range(length):
        assert end * (1 - 1e-9) <= schedule(step) <= peak * (1 + 1e-15)


@given(first=lengths, second=lengths, step=steps)
def test_a_joined_schedule_is_its_parts_one_after_another(
    first: int, second: int, step: int
) -> None:
    a, b, c = linear(1.0, 0.0, 7), exponential(3.0, 0.9), constant(2.0)
    joined = join([a, b, c], [first, first + second])
    expected = a(step) if step < first else b(step - first) if step < first + second else c(step)
    assert joined(step) == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constant(-1.0), "constant: rate must be a finite number >= 0, got -1.0"),
        (lambda: linear(1.0, math.nan, 5), "linear: end must be a finite number >= 0, got nan"),
        (lambda: linear(1.0, 0.0, 0), "linear: steps must be an int >= 1, got 0"),
        (lambda: cosine(1.0, HALF_STEPS), "cosine: steps must be an int >= 1, got 2.5 (float)"),
        (lambda: exponential(1.0, 1.5), "step_decay: factor must be a number in (0, 1], got 1.5"),
        (lambda: step_decay(1.0, every=0), "step_decay: every must be an int >= 1, got 0"),
        (lambda: one_cycle(1.0, 2), "one_cycle: rising must be a share between 1 / steps and 1"),
        (lambda: one_cycle(0.0, 20), "one_cycle: peak must be a finite number > 0, got 0.0"),
        (lambda: join([], []), "join: boundaries must be one fewer than schedules, 0, got 0"),
        (lambda: join([constant(1.0)] * 3, [5, 5]), "join: boundaries must be increasing steps"),
    ],
)
def test_wrong_options_are_named(make: Callable[[], Schedule], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    assert str(caught.value).startswith(message)


MADE: dict[str, Schedule] = {
    **{str(name): make(0.1, 20) for name, make in schedules.SCHEDULES.items()},
    "cyclic": cyclic(0.0, 1.0, 2),
    "exponential": exponential(1.0, 0.5),
    "step_decay": step_decay(1.0, every=2),
    "range_test": range_test(0.1, 1.0, 5),
    "warm_up": warm_up(constant(1.0), 4),
    "at_least": at_least(constant(1.0), 0.1),
    "join": join([constant(1.0), constant(2.0)], [3]),
    "micrograd_decay": micrograd_decay,
}


def test_every_schedule_of_the_module_is_tried() -> None:
    makers = {"plateau", "after_loss"}  # a plateau counts losses, not steps
    functions = {name for name in schedules.__all__ if name.islower()}
    assert functions - makers <= set(MADE)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("wrong", [-1, -(10**9), 2.5, True, "3", None])
def test_a_schedule_refuses_what_is_no_number_of_steps(name: str, wrong: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=": step must be an int >= 0, got "):
        MADE[name](wrong)


@pytest.mark.parametrize("name", MADE)
def test_a_schedule_pickles_and_equals_what_is_made_of_the_same(name: str) -> None:
    assert pickle.loads(pickle.dumps(MADE[name])) == MADE[name]


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


def test_a_rate_is_no_schedule_to_warm_up_for() -> None:
    message = r"^warm_up: schedule must be a schedule, such as constant\(0.1\), got 0.1 \(float\)$"
    with pytest.raises(TypeError, match=message):
        schedules.warm_up(0.1, 10)  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("recorded", TORCHS["plateaus"], ids=lambda it: str(it["options"]))
def test_a_plateau_lowers_the_rate_where_torch_does(recorded: dict[str, Any]) -> None:
    found = accumulate(recorded["losses"], after_loss, initial=plateau(0.5, **recorded["options"]))
    ours = [it.rate for it in found][1:]
    assert ours == pytest.approx(recorded["rates"], rel=1e-12)
    assert len(set(ours)) > 1


@given(start=rates, end=rates, length=lengths, step=steps)
def test_a_polynomial_of_power_one_is_linear(
    start: float, end: float, length: int, step: int
) -> None:
    assert polynomial(start, end, length)(step) == pytest.approx(
        linear(start, end, length)(step), rel=1e-12, abs=1e-14
    )


@given(first=st.floats(1e-6, 1.0), last=st.floats(1e-6, 10.0), length=lengths)
def test_a_range_test_grows_by_one_factor(first: float, last: float, length: int) -> None:
    schedule = range_test(first, last, length)
    factor = (last / first) ** (1.0 / length)
    for step in range(length):
        assert schedule(step + 1) == pytest.approx(factor * schedule(step), rel=1e-9)
    assert schedule(0) == pytest.approx(first)
    assert schedule(length) == schedule(length + 5) == last


@given(floor=rates, length=lengths, step=steps)
def test_no_rate_falls_below_a_floor(floor: float, length: int, step: int) -> None:
    falling = inverse_sqrt(1.0, length)
    assert at_least(falling, floor)(step) == max(falling(step), floor)
    assert falling(step) ** 2 * (length + step) == pytest.approx(length, rel=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: plateau(0.1, factor=1.0), "plateau: factor must be a number in (0, 1), got 1.0"),
        (lambda: cyclic(0.0, 1.0, 3, shrink=2.0), "cyclic: shrink must be a number in (0, 1]"),
        (lambda: range_test(0.0, 1.0, 3), "range_test: start must be a finite number > 0"),
        (lambda: at_least(constant(0.1), -1.0), "at_least: floor must be a finite number >= 0"),
    ],
)
def test_new_schedules_refuse_what_has_no_meaning(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
