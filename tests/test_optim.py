"""Optimisers are pairs of pure functions, and compose."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pvector

from microfp import losses
from microfp.optim import Numbers, Optimizer, chain, identity, scale_by_schedule, sgd
from microfp.schedules import constant, micrograd_decay

finite = st.floats(-1e6, 1e6)
numbers = st.lists(finite, min_size=1, max_size=5).map(pvector)
ONE = pvector([1.0])


def running_sum() -> Optimizer:
    """Gradients added up over the steps: an optimiser with a state."""

    def update(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        assert isinstance(state, tuple)
        sums = pvector([a + b for a, b in zip(state, gradients, strict=True)])
        return sums, tuple(sums)

    return Optimizer("running_sum", init=lambda ps: (0.0,) * len(ps), update=update)


def three_updates(optimizer: Optimizer, gradients: Numbers) -> list[list[float]]:
    state, updates = optimizer.init(gradients), list[list[float]]()
    for step in range(3):
        made, state = optimizer.update(gradients, state, gradients, step)
        updates.append(list(made))
    return updates


@given(numbers, st.floats(0, 1e3), st.integers(0, 10**6))
def test_sgd_goes_against_the_gradient_by_the_rate(
    gradients: Numbers, rate: float, step: int
) -> None:
    optimizer = sgd(rate)
    updates, state = optimizer.update(gradients, optimizer.init(gradients), gradients, step)
    assert list(updates) == [-(rate * g) for g in gradients]
    assert state == optimizer.init(gradients)


def test_sgd_asks_a_schedule_for_the_rate_of_each_step() -> None:
    optimizer = sgd(micrograd_decay)
    updates = [optimizer.update(ONE, (), ONE, k)[0][0] for k in (0, 50, 100, 200)]
    assert updates == pytest.approx([-1.0, -0.55, -0.1, -0.1])


def test_the_learning_rate_can_be_read() -> None:
    assert sgd(0.1).learning_rate is not None
    assert [rate(7) for rate in [sgd(0.1).learning_rate] if rate] == [0.1]
    assert identity().learning_rate is None
    assert chain(identity(), identity()).learning_rate is None


def test_a_chain_reports_the_rate_of_its_last_part_that_has_one() -> None:
    rate = chain(sgd(0.1), sgd(0.2), identity()).learning_rate
    assert rate is not None
    assert rate(0) == 0.2


def test_names_say_what_was_put_together() -> None:
    assert sgd(0.1).name == "sgd"
    assert chain(identity(), sgd(0.1)).name == "identity | sgd"
    assert scale_by_schedule(constant(1.0)).name == "scale_by_schedule"


def test_a_chain_hands_updates_from_one_to_the_next() -> None:
    assert three_updates(chain(running_sum(), sgd(0.5)), pvector([2.0])) == [
        [-1.0],
        [-2.0],
        [-3.0],
    ]
    assert three_updates(chain(sgd(0.5), running_sum()), pvector([2.0])) == [
        [-1.0],
        [-2.0],
        [-3.0],
    ]


def test_each_part_of_a_chain_keeps_its_own_state() -> None:
    twice = chain(running_sum(), running_sum())
    assert three_updates(twice, pvector([1.0])) == [[1.0], [3.0], [6.0]]
    assert twice.init(pvector([1.0, 2.0])) == ((0.0, 0.0), (0.0, 0.0))


def test_a_state_that_was_given_stays_as_it_was() -> None:
    optimizer = chain(running_sum(), sgd(0.5))
    state = optimizer.init(ONE)
    first, _ = optimizer.update(ONE, state, ONE, 0)
    again, _ = optimizer.update(ONE, state, ONE, 0)
    assert first == again


def test_an_empty_chain_is_the_identity() -> None:
    assert three_updates(chain(), pvector([3.0])) == three_updates(identity(), pvector([3.0]))


@pytest.mark.parametrize(
    ("rate", "error", "message"),
    [
        (-1.0, ValueError, "sgd: learning_rate must be a finite number >= 0, got -1.0"),
        (float("nan"), ValueError, "sgd: learning_rate must be a finite number >= 0, got nan"),
        (True, TypeError, "sgd: learning_rate must be a finite number >= 0, got True (bool)"),
    ],
)
def test_a_rate_that_is_none_is_refused_at_once(
    rate: float, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        sgd(rate)


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
def test_a_schedule_is_found_out_at_the_step_where_it_goes_wrong(rate: float) -> None:
    optimizer = sgd(lambda step: 0.1 if step < 3 else rate)
    optimizer.update(ONE, (), ONE, 2)
    with pytest.raises(ValueError, match=r"the rate at step 3 must be a finite number >= 0, got"):
        optimizer.update(ONE, (), ONE, 3)


def test_a_loss_is_no_part_of_a_chain() -> None:
    parts: list[object] = [sgd(0.1), losses.max_margin()]
    with pytest.raises(TypeError, match=r"^chain: each of optimizers must be an Optimizer, got"):
        chain(*parts)  # type: ignore[arg-type]  # the mistake under test
