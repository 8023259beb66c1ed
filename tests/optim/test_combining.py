"""Optimisers compose by their laws: chains, means over steps, masks."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pvector

from microfp import losses
from microfp.errors import ShapeError
from microfp.optim import (
    Numbers,
    Optimizer,
    accumulate_gradients,
    adam,
    chain,
    identity,
    masked,
    momentum,
    scale_by_schedule,
    sgd,
)
from microfp.schedules import constant, linear
from tests.optim.steps import NAMED, ONE, PARTS, fed, vectors


@given(a=st.sampled_from(PARTS), b=st.sampled_from(PARTS), c=st.sampled_from(PARTS))
def test_chain_is_associative(a: Optimizer, b: Optimizer, c: Optimizer) -> None:
    gradients = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0], [0.0, 1.0, 2.0]]
    flat = fed(chain(a, b, c), gradients)
    assert flat == fed(chain(chain(a, b), c), gradients) == fed(chain(a, chain(b, c)), gradients)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_identity_is_neutral_in_a_chain(part: Optimizer) -> None:
    gradients = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]]
    assert fed(chain(identity(), part), gradients) == fed(part, gradients)
    assert fed(chain(part, identity()), gradients) == fed(part, gradients)


@given(
    gradients=st.lists(vectors, min_size=6, max_size=6),
    optimizer=st.sampled_from(NAMED),
)
def test_accumulated_gradients_make_the_step_of_their_mean(
    gradients: list[list[float]], optimizer: Optimizer
) -> None:
    patient = fed(accumulate_gradients(optimizer, every=3), gradients)
    means = [
        [math.fsum(column) / 3 for column in zip(*part, strict=True)]
        for part in (gradients[:3], gradients[3:])
    ]
    at_once = fed(optimizer, means)
    assert patient[0] == patient[1] == patient[3] == patient[4] == [0.0] * 3
    if optimizer.name != "lion":  # whose signs turn with the last bit of a mean
        assert patient[2] == pytest.approx(at_once[0], rel=1e-6, abs=1e-9)


def test_schedules_inside_accumulate_gradients_count_updates() -> None:
    patient = accumulate_gradients(sgd(linear(1.0, 0.0, 2)), every=3)
    assert [update for (update,) in fed(patient, [[1.0]] * 6)] == [0, 0, -1.0, 0, 0, -0.5]
    assert patient.learning_rate is not None
    assert [patient.learning_rate(k) for k in range(6)] == [1.0] * 3 + [0.5] * 3


def test_masked_treats_the_chosen_parameters_as_if_they_were_alone() -> None:
    gradients = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0], [4.0, 1.0, 2.0]]
    updates = fed(masked([True, False, True], adam(0.1)), gradients)
    alone = fed(adam(0.1), [[a, c] for a, _, c in gradients])
    assert [[a, c] for a, _, c in updates] == alone
    assert [b for _, b, _ in updates] == [b for _, b, _ in gradients]


@pytest.mark.parametrize("inner", [*NAMED, accumulate_gradients(momentum(0.1), every=2)])
def test_masked_may_choose_no_parameter_at_all(inner: Optimizer) -> None:
    gradients = [[1.0, -2.0], [0.25, 3.0], [4.0, 1.0]]
    assert fed(masked([False, False], inner), gradients) == gradients


def test_what_is_more_than_rules_says_so() -> None:
    patient = accumulate_gradients(sgd(0.1), every=2)
    assert accumulate_gradients(patient, every=3).rules is None
    assert chain(sgd(0.1), sgd(0.1)._replace(rules=None)).rules is None


def test_masks_and_periods_of_rules_are_those_of_what_holds_them() -> None:
    inner = masked([True, False], sgd(0.1))
    (use,) = masked([False, True, True], inner).rules or ()
    assert use.where == (False, True, False)
    assert [use.every for use in accumulate_gradients(adam(0.1), every=3).rules or ()] == [1, 3, 3]


def test_a_mask_of_another_length_is_refused() -> None:
    with pytest.raises(ShapeError, match="where must have one bool per parameter, 1, got 2"):
        masked([True, False], sgd(0.1)).init(pvector([1.0]))


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


def test_the_learning_rate_can_be_read() -> None:
    assert sgd(0.1).learning_rate(7) == 0.1
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


def test_a_loss_is_no_part_of_a_chain() -> None:
    parts: list[object] = [sgd(0.1), losses.max_margin()]
    with pytest.raises(
        TypeError, match=r"^chain: each of optimizers must be an Optimizer, such as"
    ):
        chain(*parts)  # type: ignore[arg-type]  # the mistake under test
