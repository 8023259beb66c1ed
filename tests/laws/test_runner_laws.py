"""Laws of the backends: `states`, `fold`, `resume` and `try_train` give the bits of single steps.

states(s), read n times = [step(s), step(step(s)), ...] = resume(s)
fold(s, n)              = the last of them, and their metrics
try_train               = Success of each, until the first one that is not finite
"""

import math
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.result import Failure, Result, Success

from microfp.datasets import Dataset, dataset, moons
from microfp.debug import NonFinite
from microfp.losses import Loss, max_margin, mean_squared_error
from microfp.nn import MLP, Neuron, mlp, neuron
from microfp.optim import Optimizer, adam, chain, identity, scale, sgd
from microfp.schedules import constant, micrograd_decay
from microfp.streams import Diverged, resume, try_resume, try_train, with_optimizer
from microfp.toolbox import iterate, take
from microfp.trainer import (
    FURTHEST_AHEAD,
    Backend,
    Metrics,
    Step,
    TrainState,
    fit,
    initial_state,
    make_step,
    train,
)
from microfp.trainer.choice import runner_of
from microfp.tree import parameters
from microfp.values import Value, log

DATA = moons(7, seed=5)
BACKENDS: tuple[Backend, ...] = ("auto", "eager", "python", "native")
FAST: tuple[Backend, ...] = ("python", "native")
sizes = st.none() | st.integers(1, 9)
# A user's update, of which no backend knows the rules, is among them.
optimizers = st.sampled_from([sgd(micrograd_decay), adam(0.05), chain(identity(), sgd(0.1))])
Summary = tuple[int, list[str], object, Metrics | None]


def summary(state: TrainState[MLP]) -> Summary:
    """All that a state holds, in what compares by content."""
    numbers = [p.data.hex() for p in parameters(state.model)]
    return state.step, numbers, state.optimizer_state, state.metrics


@given(st.integers(0, 99), st.integers(1, 5), st.integers(0, 3), sizes, optimizers)
@settings(max_examples=25)
@pytest.mark.parametrize("backend", BACKENDS)
def test_streams_from_any_state_are_the_single_steps(
    backend: Backend, seed: int, n: int, before: int, size: int | None, optimizer: Optimizer
) -> None:
    loss = max_margin()
    step = make_step(loss, optimizer, DATA, batch_size=size, seed=seed, backend=backend)
    *_, start = take(before + 1, iterate(step, initial_state(mlp(2, [2, 1], seed=seed), optimizer)))
    expected = [summary(state) for state in take(n + 1, iterate(step, start))][1:]
    stream = resume(
        *(start, DATA),
        loss=loss,
        optimizer=optimizer,
        batch_size=size,
        seed=seed,
        backend=backend,
    )
    assert [summary(state) for state in take(n, stream)] == expected


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("size", [None, 3])
def test_far_ahead_a_resumed_stream_is_the_one_that_never_stopped(
    size: int | None, backend: Backend
) -> None:
    """So far that blocks of all sizes are run, and begin elsewhere than they began at first."""
    n, optimizer = 3 * FURTHEST_AHEAD, adam(0.01)
    model = mlp(2, [3, 1])
    states = list(
        take(n, train(model, DATA, optimizer=optimizer, batch_size=size, backend=backend))
    )
    for at in (0, 5, FURTHEST_AHEAD):
        rest = take(
            n - at - 1,
            resume(states[at], DATA, optimizer=optimizer, batch_size=size, backend=backend),
        )
        assert list(map(summary, rest)) == list(map(summary, states[at + 1 :]))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("log_every", [1, 4])
def test_a_fold_logs_the_steps_of_the_stream(log_every: int, backend: Backend) -> None:
    states = list(take(11, train(mlp(2, [3, 1]), DATA, backend=backend)))
    run = fit(mlp(2, [3, 1]), DATA, steps=11, log_every=log_every, backend=backend)
    logged = [s.metrics for s in states if s.step == 11 or (s.step - 1) % log_every == 0]
    assert list(run.history) == logged
    assert [p.data for p in parameters(run.final_model)] == [
        p.data for p in parameters(states[-1].model)
    ]


# Streams that end where the numbers do

LINE = dataset([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0])


def line() -> MLP:
    return mlp(1, [1], seed=3)


def until_not_finite(step: Step, start: TrainState[MLP]) -> Iterator[TrainState[MLP]]:
    """The oracle: single steps, every number of which is looked at."""
    for state in iterate(step, start):
        loss = 0.0 if state.metrics is None else state.metrics.loss
        if not all(map(math.isfinite, [loss, *(p.data for p in parameters(state.model))])):
            return
        yield state


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rate", [0.3, 0.5, 2.0, 1e5, 1e80, 1e200])
@pytest.mark.parametrize("make", [sgd, adam], ids=["sgd", "adam"])
def test_a_stream_of_results_ends_where_single_steps_are_no_longer_finite(
    make: Callable[[float], Optimizer], rate: float, backend: Backend
) -> None:
    loss, optimizer, most = mean_squared_error(), make(rate), 4 * FURTHEST_AHEAD
    step = make_step(loss, optimizer, LINE, backend=backend)
    good = list(take(most + 1, until_not_finite(step, initial_state(line(), optimizer))))[1:]
    results = list(
        take(most, try_train(line(), LINE, loss=loss, optimizer=optimizer, backend=backend))
    )
    found = [summary(it.unwrap()) for it in results if isinstance(it, Success)]
    assert found == list(map(summary, good))
    failures = [it for it in results if isinstance(it, Failure)]
    assert failures == results[len(good) :]
    assert len(failures) == (len(good) < most)
    for failure in failures:
        diverged = failure.failure()
        assert isinstance(diverged, Diverged)
        assert diverged.state.step == len(good)
        assert str(diverged).startswith(f"train: step {len(good)} diverged: ")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("ends", [1, 2, 3, 30, FURTHEST_AHEAD + 40])
def test_the_node_of_the_failure_is_that_of_the_step_that_failed(
    ends: int, backend: Backend
) -> None:
    """The bias falls by 1 a step from a whole number: at 0 its logarithm is infinite."""

    def example(scores: tuple[Value, ...], y: float) -> Value:
        return log(scores[0]) * 0.0 + scores[0]

    model = neuron(1, weights=[0.0], bias=float(ends), activation="identity")
    results = try_train(
        *(model, dataset([[0.0]], [0.0])),
        loss=Loss(name="falling", example=example),
        optimizer=sgd(1.0),
        backend=backend,
    )
    *good, bad = results
    assert [it.unwrap().step for it in good] == list(range(1, ends + 1))
    diverged = bad.failure()
    assert diverged.state.step == ends
    assert [p.data for p in parameters(diverged.state.model)] == [0.0, 0.0]
    assert isinstance(diverged.cause, NonFinite)
    assert diverged.cause.node.op == "log"
    assert str(diverged).endswith("gave -inf, from 0.0")


@pytest.mark.parametrize("backend", FAST)
def test_going_on_after_the_last_good_state_fails_at_once(backend: Backend) -> None:
    options = {"loss": mean_squared_error(), "optimizer": sgd(2.0), "backend": backend}
    *_, bad = try_train(line(), LINE, **options)  # type: ignore[arg-type]  # of mixed kinds
    (again,) = try_resume(bad.failure().state, LINE, **options)  # type: ignore[arg-type]  # of mixed kinds
    assert str(again.failure()) == str(bad.failure())


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_known_of_one_state_is_not_believed_of_the_next(backend: Backend) -> None:
    """A state that was computed ahead, and found to be finite, goes on to one that is not."""
    *_, known = take(20, try_train(mlp(2, [1]), DATA, optimizer=sgd(0.0), backend="native"))
    far = chain(scale(1e300), sgd(constant(1e300)))
    fork = with_optimizer(known.unwrap(), far)
    (bad,) = take(2, try_resume(fork, DATA, optimizer=far, backend=backend))
    assert isinstance(bad, Failure)


# Sums that overflow in one order and not in another

HUGE = [[1e308 * (-1.0) ** i] for i in range(64)]
"""Their running sum stays small; the sums of every second one, as lanes add, are infinite."""


def overflowing(
    weight: float, factor: float, backend: Backend
) -> list[Result[TrainState[Neuron], Diverged[Neuron]]]:
    """Three results, or fewer, of a training on the scores times a factor."""
    model = neuron(1, weights=[weight], activation="identity")
    loss = Loss(name="score", example=lambda scores, y: factor * scores[0])
    data = dataset(HUGE, [0.0] * len(HUGE))
    return list(take(3, try_train(model, data, loss=loss, optimizer=sgd(0.0), backend=backend)))


@pytest.mark.parametrize(
    ("weight", "factor", "what"),
    [(1.0, 1.0, "the loss is "), (0.0, 64.0, r"the gradient of parameters\(model\)\[0\] is ")],
)
def test_what_overflows_in_the_order_of_machine_code_alone_is_a_failure_without_a_node(
    weight: float, factor: float, what: str
) -> None:
    assert all(isinstance(it, Success) for it in overflowing(weight, factor, "eager"))
    (bad,) = overflowing(weight, factor, "native")
    assert bad.failure().cause is None
    assert re.match(f"train: step 0 diverged: {what}(nan|inf|-inf), ", str(bad.failure()))


# Gradients


def shifted(model: MLP, data: Dataset) -> list[float]:
    """The gradient, from what one step of plain descent by the rate 1 has changed."""
    step = make_step(mean_squared_error(), sgd(1.0), data, backend="eager")
    after = step(initial_state(model, sgd(1.0))).model
    return [a.data - b.data for a, b in zip(parameters(model), parameters(after), strict=True)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("width", [1, 5])
def test_the_gradient_is_what_plain_descent_goes_down_by(width: int, backend: Backend) -> None:
    model = mlp(2, [width, 1], activation="tanh")
    found = runner_of(backend).gradient(mean_squared_error(), model, DATA)
    assert list(found) == pytest.approx(shifted(model, DATA), rel=1e-9, abs=1e-12)
