"""Optimisers move as torch's do, compose by their laws, and refuse what makes no sense."""

import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pvector

from microfp import backward, grad, losses, ops, optim, value
from microfp.errors import ShapeError
from microfp.optim import (
    AdamState,
    Numbers,
    Optimizer,
    Rule,
    accumulate_gradients,
    adam,
    adamw,
    add_decayed_weights,
    chain,
    clip,
    clip_by_global_norm,
    from_rule,
    identity,
    lion,
    masked,
    momentum,
    scale,
    scale_by_adam,
    scale_by_learning_rate,
    scale_by_schedule,
    sgd,
    trace,
)
from microfp.record import Record, attr
from microfp.schedules import constant, linear, micrograd_decay
from microfp.values import Value, total

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "torch_optimizers.json").read_text(encoding="utf-8")
)
RUNS = [pytest.param(run, id=f"{run['torch']} on {run['problem']}") for run in RECORDED["runs"]]
WRONG_KIND: Any = "fast"
NAMED = (
    *(optim.sgd(0.1), optim.momentum(0.1), optim.nesterov(0.1), optim.adagrad(0.1)),
    *(optim.rmsprop(0.1), optim.adam(0.1), optim.adamw(0.1), optim.lion(0.1)),
)
PARTS = (
    *(clip(0.7), clip_by_global_norm(0.5), scale(-2.0), trace(0.5), scale_by_adam()),
    *(add_decayed_weights(0.1), accumulate_gradients(sgd(0.1), every=2), identity()),
    *(masked([True, False, True], trace(0.9)), *NAMED),
)

bounded = st.floats(-10.0, 10.0)
vectors = st.lists(bounded, min_size=3, max_size=3)


def objective(problem: dict[str, Any]) -> Callable[[Sequence[Value]], Value]:
    if problem["kind"] == "rosenbrock":
        return lambda x: (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
    matrix, vector = problem["matrix"], problem["vector"]
    return lambda x: (
        total(
            0.5 * a * xi * xj
            for row, xi in zip(matrix, x, strict=True)
            for a, xj in zip(row, x, strict=True)
        )
        - total(c * xi for c, xi in zip(vector, x, strict=True))
    )


def gradients_of(f: Callable[[Sequence[Value]], Value], x: Numbers) -> Numbers:
    leaves = [value(number) for number in x]
    table = backward(f(leaves))
    return pvector([grad(leaf, table) for leaf in leaves])


def descend(
    optimizer: Optimizer, slopes: Callable[[Numbers], Numbers], start: Sequence[float], steps: int
) -> list[list[float]]:
    """The parameters after each step."""
    x: Numbers = pvector(start)
    state, visited = optimizer.init(x), []
    for step in range(steps):
        updates, state = optimizer.update(slopes(x), state, x, step)
        x = pvector([number + update for number, update in zip(x, updates, strict=True)])
        visited.append(list(x))
    return visited


def fed(optimizer: Optimizer, gradients: Sequence[Sequence[float]]) -> list[list[float]]:
    """The updates for given gradients, of parameters that move by them."""
    x: Numbers = pvector([1.0] * len(gradients[0]))
    state, given_back = optimizer.init(x), []
    for step, slopes in enumerate(gradients):
        updates, state = optimizer.update(pvector(slopes), state, x, step)
        x = pvector([number + update for number, update in zip(x, updates, strict=True)])
        given_back.append(list(updates))
    return given_back


# Against torch


@pytest.mark.parametrize("run", RUNS)
def test_every_step_is_torchs(run: dict[str, Any]) -> None:
    problem = RECORDED["problems"][run["problem"]]
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in run["options"].items()}
    optimizer = getattr(optim, run["optimizer"])(**options)
    f = objective(problem)
    ours = descend(optimizer, lambda x: gradients_of(f, x), problem["start"], 200)
    assert len(ours) == len(run["trajectory"]) == 200
    for mine, theirs in zip(ours, run["trajectory"], strict=True):
        size = max(map(abs, theirs))
        assert max(abs(a - b) for a, b in zip(mine, theirs, strict=True)) <= 1e-10 * size


def test_every_optimiser_that_torch_has_was_recorded() -> None:
    assert {run["optimizer"] for run in RECORDED["runs"]} == {o.name for o in NAMED} - {"lion"}
    assert RECORDED["version"] == "2.13.0"


# Closed forms


def test_momentum_sums_a_geometric_series() -> None:
    (*_, last) = fed(momentum(1.0, momentum=0.5), [[1.0]] * 30)
    assert last[0] == pytest.approx(-(1 - 0.5**30) / (1 - 0.5), rel=1e-15)


def test_adam_moves_by_the_rate_where_the_gradient_is_constant() -> None:
    for update in fed(adam(0.1, eps=0.0), [[3.0, -1e-9]] * 20):
        assert update == pytest.approx([-0.1, 0.1], rel=1e-12)


def test_adamw_decays_where_there_is_no_gradient() -> None:
    moved = descend(adamw(0.1, weight_decay=0.5), lambda x: pvector([0.0]), [1.0], 10)
    assert moved[-1][0] == pytest.approx(0.95**10, rel=1e-14)


@given(gradients=st.lists(vectors, min_size=1, max_size=12))
def test_lion_follows_the_program_of_its_paper(gradients: list[list[float]]) -> None:
    rate, decay, b1, b2 = 0.1, 0.01, 0.9, 0.99
    theta, m, expected = [1.0] * 3, [0.0] * 3, []
    for g in gradients:
        for i in range(3):
            c = m[i] * b1 + g[i] * (1.0 - b1)
            theta[i] -= rate * ((c > 0) - (c < 0) + theta[i] * decay)
            m[i] = m[i] * b2 + g[i] * (1.0 - b2)
        expected.append(list(theta))
    optimizer = lion(rate, betas=(b1, b2), weight_decay=decay)
    slopes = iter(map(pvector, gradients))
    visited = descend(optimizer, lambda _: next(slopes), [1.0] * 3, len(gradients))
    assert visited == [pytest.approx(theta, rel=1e-13, abs=1e-15) for theta in expected]


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


# Composition


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


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_an_update_changes_no_argument_and_gives_the_same_twice(part: Optimizer) -> None:
    p, g = pvector([1.0, 2.0, 3.0]), pvector([0.1, 0.2, 0.3])
    state = part.init(p)
    before = repr(state)
    assert part.update(g, state, p, 0) == part.update(g, state, p, 0)
    assert repr(state) == before


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


class CountState(Record):
    """What a rule remembers that looks at nothing but the time."""

    count: int = attr()


def test_a_rule_that_remembers_nothing_else_still_counts_its_uses() -> None:
    slower = Rule(
        function=lambda g, slots, p, coefficients: (coefficients[0] * g, slots),
        state=CountState,
        coefficients=lambda count: (1.0 / (count + 1),),
    )
    assert fed(from_rule("slower", slower), [[6.0]] * 3) == [[6.0], [3.0], [2.0]]


def test_a_new_optimiser_in_mid_run_begins_with_its_own_first_correction() -> None:
    optimizer, p = adam(0.1, eps=0.0), pvector([0.0])
    updates, _ = optimizer.update(pvector([5.0]), optimizer.init(p), p, 1000)
    assert updates[0] == pytest.approx(-0.1, rel=1e-12)


# Rules, as a compiler reads them


@pytest.mark.parametrize("optimizer", NAMED, ids=lambda optimizer: optimizer.name)
def test_the_rules_alone_compute_the_update(optimizer: Optimizer) -> None:
    """As traced on nodes of a graph: the same bounded as the lifted rules give on floats."""
    assert optimizer.rules is not None
    rules = [use.rule for use in optimizer.rules]
    slots = [tuple(map(value, rule.initial)) for rule in rules]
    x, expected = value(1.0), fed(optimizer, [[2.0], [-0.5], [0.25]])
    for step, slope in enumerate((2.0, -0.5, 0.25)):
        update: ops.Operand = value(slope)
        for i, rule in enumerate(rules):
            coefficients = tuple(map(value, rule.coefficients(step)))
            update, slots[i] = rule.function(  # type: ignore[assignment]  # slots of values
                update, slots[i], x, coefficients
            )
        assert isinstance(update, Value)
        assert update.data == expected[step][0]
        x = x + update


def test_the_norm_is_a_sum_of_terms_and_a_function_of_it() -> None:
    ((rule, _, _),) = clip_by_global_norm(1.0).rules or ()
    assert rule.reduction is not None
    squares = total(value(g) * g for g in (3.0, 4.0))
    factor = rule.reduction.result(squares)
    assert isinstance(factor, Value)
    assert factor.data == pytest.approx(0.2, rel=1e-15)


def test_the_records_of_a_state_are_those_of_the_rules() -> None:
    def records(state: object) -> list[type]:
        if isinstance(state, tuple):
            return [kind for part in state for kind in records(part)]
        return [type(state)]

    for optimizer in NAMED:
        nested = chain(clip(1.0), chain(optimizer), scale(2.0))
        state = nested.init(pvector([1.0]))
        assert records(state) == [use.rule.state for use in nested.rules or ()]


def test_what_is_more_than_rules_says_so() -> None:
    patient = accumulate_gradients(sgd(0.1), every=2)
    assert accumulate_gradients(patient, every=3).rules is None
    assert chain(sgd(0.1), sgd(0.1)._replace(rules=None)).rules is None


def test_masks_and_periods_of_rules_are_those_of_what_holds_them() -> None:
    inner = masked([True, False], sgd(0.1))
    (use,) = masked([False, True, True], inner).rules or ()
    assert use.where == (False, True, False)
    assert [use.every for use in accumulate_gradients(adam(0.1), every=3).rules or ()] == [1, 3, 3]


# What is refused


def test_a_rate_is_checked_when_it_is_used() -> None:
    with pytest.raises(ValueError, match=r"the rate at step 3 must be a finite number >= 0"):
        fed(sgd(lambda step: 0.1 if step < 3 else -0.1), [[1.0]] * 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sgd(-0.1), "sgd: learning_rate must be a finite number >= 0, got -0.1"),
        (
            lambda: sgd(WRONG_KIND),
            "sgd: learning_rate must be a finite number >= 0, got 'fast' (str)",
        ),
        (lambda: trace(1.0), "trace: decay must be a number in [0, 1), got 1.0"),
        (lambda: adam(betas=(0.9, 1.0)), "scale_by_adam: betas[1] must be a number in [0, 1)"),
        (
            lambda: adam(betas=WRONG_KIND),
            "scale_by_adam: betas must be a pair of numbers, got 'fast' (str)",
        ),
        (lambda: adam(eps=-1.0), "scale_by_adam: eps must be a finite number >= 0, got -1.0"),
        (lambda: adamw(weight_decay=-1.0), "add_decayed_weights: weight_decay must be"),
        (lambda: clip(0.0), "clip: limit must be a finite number > 0, got 0.0"),
        (lambda: clip_by_global_norm(-1), "clip_by_global_norm: max_norm must be"),
        (lambda: scale(math.nan), "scale: factor must be a finite number, got nan"),
        (lambda: accumulate_gradients(every=0), "accumulate_gradients: every must be an int >= 1"),
    ],
)
def test_wrong_options_are_named(make: Callable[[], Optimizer], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_the_state_of_another_optimiser_is_refused() -> None:
    p = pvector([1.0])
    foreign = adam(0.1).init(p)
    with pytest.raises(TypeError, match="chain: the optimizer state must be 3 states"):
        adamw(0.1).update(p, foreign, p, 0)
    with pytest.raises(TypeError, match="trace: the optimizer state must be a TraceState"):
        momentum(0.1).update(p, foreign, p, 0)
    with pytest.raises(TypeError, match="must be an AccumulationState"):
        accumulate_gradients(every=2).update(p, foreign, p, 0)


def test_a_mask_of_another_length_is_refused() -> None:
    with pytest.raises(ShapeError, match="where must have one bool per parameter, 1, got 2"):
        masked([True, False], sgd(0.1)).init(pvector([1.0]))


def test_states_are_typed_records() -> None:
    state = scale_by_adam().init(pvector([1.0, 2.0]))
    assert isinstance(state, AdamState)
    assert state.count == 0


def test_scale_by_schedule_multiplies_and_the_learning_rate_subtracts() -> None:
    assert fed(scale_by_schedule(lambda k: k + 1.0), [[2.0], [2.0]]) == [[2.0], [4.0]]
    assert fed(scale_by_learning_rate(0.5), [[2.0]]) == [[-1.0]]


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
    with pytest.raises(
        TypeError, match=r"^chain: each of optimizers must be an Optimizer, such as"
    ):
        chain(*parts)  # type: ignore[arg-type]  # the mistake under test


# What is shown


def halved(step: int) -> float:
    return 0.5**step


@pytest.mark.parametrize(
    ("optimizer", "line"),
    [
        (optim.adam(0.1), "Optimizer(name='adam', learning_rate=constant(0.1, ...))"),
        (sgd(linear(1.0, 0.5, 9)), "Optimizer(name='sgd', learning_rate=linear(1.0, 0.5, 9, ...))"),
        (sgd(halved), "Optimizer(name='sgd', learning_rate=halved)"),
        (sgd(0.1)._replace(learning_rate=halved), "Optimizer(name='sgd', learning_rate=halved)"),
        (chain(), "Optimizer(name='')"),
    ],
)
def test_the_repr_of_an_optimiser_is_its_name_and_the_rate_that_was_given(
    optimizer: Optimizer, line: str
) -> None:
    assert repr(optimizer) == line
