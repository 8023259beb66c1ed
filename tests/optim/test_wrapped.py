"""Guards skip, SAM climbs and comes back, noise is drawn anew from seed and step."""

import math
from typing import Any

import pytest
from pyrsistent import pvector

from microfp.optim import (
    Numbers,
    adam,
    centralize,
    gradient_noise,
    multi_transform,
    sam,
    scale,
    sgd,
    skip_not_finite,
    trust_ratio,
)
from microfp.schedules import linear

P: Numbers = pvector([1.0, 2.0])
WRONG_KIND: Any = ()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_step_that_is_skipped_leaves_no_trace(bad: float) -> None:
    guarded, plain = skip_not_finite(adam(0.1)), adam(0.1)
    good = pvector([3.0, -1.0])
    _, state = guarded.update(good, guarded.init(P), P, 0)
    nothing, state = guarded.update(pvector([1.0, bad]), state, P, 1)
    updates, state = guarded.update(good, state, P, 2)
    _, expected = plain.update(good, plain.init(P), P, 0)
    assert nothing == pvector([0.0, 0.0])
    assert updates == plain.update(good, expected, P, 2)[0]
    assert state.skipped == 1  # type: ignore[attr-defined]  # a state of its own


def test_sam_descends_by_the_gradient_at_the_top() -> None:
    """Of x², from 1: up to 1 + rho, then from 1 by the gradient there, 2 * (1 + rho)."""
    sharp, x = sam(sgd(0.1), rho=0.5), pvector([1.0])
    state = sharp.init(x)
    for step, expected in enumerate([1.5, 1.0 - 0.1 * 2.0 * 1.5]):
        updates, state = sharp.update(pvector([2.0 * x[0]]), state, x, step)
        x = pvector([x[0] + updates[0]])
        assert x[0] == pytest.approx(expected, rel=1e-15)
    still, _ = sharp.update(pvector([0.0]), state, x, 2)
    assert still == pvector([0.0])
    rate = sam(sgd(linear(1.0, 0.0, 10))).learning_rate
    assert rate is not None
    assert rate(5) == linear(1.0, 0.0, 10)(2)
    assert sam(scale(1.0)).learning_rate is None


def test_noise_is_that_of_its_seed_and_step() -> None:
    noisy, zeros = gradient_noise(1.0, seed=3), pvector([0.0] * 4000)

    def drawn(step: int) -> Numbers:
        return noisy.update(zeros, noisy.init(zeros), zeros, step)[0]

    assert drawn(5) == drawn(5) != drawn(6)
    for step in (0, 9):
        variance = sum(x * x for x in drawn(step)) / 4000
        assert variance == pytest.approx((1.0 + step) ** -0.55, rel=0.1)


def test_each_group_has_an_optimiser_of_its_own() -> None:
    both = multi_transform({"a": sgd(1.0), "b": centralize()}, "abb")
    p = pvector([0.0, 0.0, 0.0])
    updates, _ = both.update(pvector([4.0, 1.0, 3.0]), both.init(p), p, 0)
    assert updates == pvector([-4.0, -1.0, 1.0])
    with pytest.raises(ValueError, match="each of labels must be one of 'a', got 'b'"):
        multi_transform({"a": sgd(1.0)}, ["a", "b"])


@pytest.mark.parametrize("zero", ["gradient", "parameters"])
def test_a_ratio_without_meaning_is_one(zero: str) -> None:
    still: Numbers = pvector([0.0, 0.0])
    gradients, parameters = (still, P) if zero == "gradient" else (P, still)
    assert trust_ratio().update(gradients, (), parameters, 0)[0] == gradients


@pytest.mark.parametrize("optimizer", [sam(sgd(0.1)), skip_not_finite(sgd(0.1))])
def test_a_state_of_another_optimiser_is_refused(optimizer: Any) -> None:
    with pytest.raises(TypeError, match="the optimizer state must be a"):
        optimizer.update(P, WRONG_KIND, P, 0)
