"""The parts of optimisers scale, clip and sum as their equations say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import value
from microfp.optim import (
    Optimizer,
    adam,
    clip,
    clip_by_global_norm,
    scale_by_learning_rate,
    scale_by_schedule,
    sgd,
)
from microfp.values import Value, total
from tests.optim.steps import fed, vectors


@given(gradient=vectors, limit=st.floats(0.1, 100.0))
def test_a_clipped_gradient_keeps_its_direction_and_is_not_too_long(
    gradient: list[float], limit: float
) -> None:
    (clipped,) = fed(clip_by_global_norm(limit), [gradient])
    norm = math.hypot(*gradient)
    assert math.hypot(*clipped) == pytest.approx(min(norm, limit), rel=1e-14, abs=1e-300)
    assert [c * norm for c in clipped] == pytest.approx(
        [g * min(norm, limit) for g in gradient], rel=1e-13, abs=1e-300
    )


@given(gradient=vectors)
def test_clip_bounds_each_number_alone(gradient: list[float]) -> None:
    assert fed(clip(1.5), [gradient])[0] == [min(1.5, max(-1.5, g)) for g in gradient]


@pytest.mark.parametrize("part", [clip(1.0), clip_by_global_norm(1.0), sgd(0.1), adam(0.1)])
def test_nan_and_inf_pass_through_without_an_exception(part: Optimizer) -> None:
    (updates,) = fed(part, [[math.nan, math.inf, 0.0]])
    assert math.isnan(updates[0])


def test_the_norm_is_a_sum_of_terms_and_a_function_of_it() -> None:
    ((rule, _, _),) = clip_by_global_norm(1.0).rules or ()
    (reduction,) = rule.reductions
    squares = total(value(g) * g for g in (3.0, 4.0))
    factor = reduction.result(squares)
    assert isinstance(factor, Value)
    assert factor.data == pytest.approx(0.2, rel=1e-15)


def test_scale_by_schedule_multiplies_and_the_learning_rate_subtracts() -> None:
    assert fed(scale_by_schedule(lambda k: k + 1.0), [[2.0], [2.0]]) == [[2.0], [4.0]]
    assert fed(scale_by_learning_rate(0.5), [[2.0]]) == [[-1.0]]
