"""A training is a fold of pure steps; a run keeps what was asked for."""

import math
import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce

import numpy as np
import pytest
from pyrsistent import PVector, pmap, pvector

from microfp import Record, Value, attr, datasets, nn, optim, value
from microfp.datasets import Dataset, batch, dataset, moons
from microfp.losses import Loss, evaluate, max_margin
from microfp.optim import Numbers, Optimizer, identity, sgd
from microfp.schedules import constant, micrograd_decay
from microfp.toolbox import last, take
from microfp.trainer import Backend, Metrics, TrainState, fit, initial_state, make_step, train
from microfp.tree import parameters, with_parameters
from microfp.values import Scalar

DATA = moons(10, seed=3)
MODEL = nn.mlp(2, [3, 1], seed=5)
OPTIMIZER = optim.adam(0.01)
squared = Loss(name="squared", example=lambda scores, y: (scores[0] - y) ** 2)


def data(model: object) -> list[float]:
    return [p.data for p in parameters(model)]


def measured(state: TrainState[nn.MLP]) -> Metrics:
    assert state.metrics is not None
    return state.metrics


# Steps


def test_a_step_leaves_its_state_as_it_was_and_gives_the_same_again() -> None:
    step = make_step(max_margin(), sgd(0.1), DATA)
    start = initial_state(MODEL, sgd(0.1))
    before = data(MODEL)
    first, again = step(start), step(start)
    assert data(start.model) == before != data(first.model)
    assert (data(first.model), first.metrics) == (data(again.model), again.metrics)


def test_metrics_are_those_before_the_update() -> None:
    rate = constant(0.25)
    state = make_step(max_margin(), sgd(rate), DATA)(initial_state(MODEL, sgd(rate)))
    it = evaluate(max_margin(), MODEL, DATA)
    metrics = measured(state)
    assert (metrics.step, state.step) == (0, 1)
    assert (metrics.loss, metrics.data_loss) == (it.total.data, it.data.data)
    assert (metrics.penalty, metrics.accuracy) == (it.penalty.data, it.accuracy)
    assert metrics.learning_rate == 0.25


def test_the_reported_rate_is_that_of_the_update_that_followed() -> None:
    line, one = nn.neuron(1, weights=[1.0], activation="identity"), dataset([[1.0]], [3.0])
    states = list(take(4, train(line, one, loss=squared, optimizer=sgd(lambda k: 0.1 / (1 + k)))))
    assert [s.metrics.learning_rate for s in states] == [0.1, 0.05, 0.1 / 3, 0.025]
    weights = [line.weights[0].data, *(s.model.weights[0].data for s in states)]
    biases = [0.0, *(s.model.bias.data for s in states)]
    for k in range(4):  # the gradient of (w + b - 3)² along w is 2 (w + b - 3)
        slope = 2 * (weights[k] + biases[k] - 3.0)
        assert weights[k + 1] == pytest.approx(weights[k] - 0.1 / (1 + k) * slope, rel=1e-12)


def test_the_gradient_norm_is_that_of_the_central_differences() -> None:
    smooth = nn.mlp(2, [3, 1], activation="tanh", seed=5)
    state = make_step(squared, sgd(0.1), DATA)(initial_state(smooth, sgd(0.1)))
    start, h = data(smooth), 1e-5

    def loss(i: int, by: float) -> float:
        changed = [*start[:i], start[i] + by, *start[i + 1 :]]
        return evaluate(squared, with_parameters(smooth, changed), DATA).total.data

    slopes = [(loss(i, h) - loss(i, -h)) / (2 * h) for i in range(len(start))]
    assert measured(state).gradient_norm == pytest.approx(math.hypot(*slopes), rel=1e-7)


def test_least_squares_on_a_line_is_solved() -> None:
    line = nn.neuron(1, weights=[0.0], activation="identity")
    points = dataset([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0])
    run = fit(line, points, steps=300, loss=squared, optimizer=sgd(0.1), log_every=50)
    assert data(run.final_model) == pytest.approx([2.0, 1.0], abs=1e-6)
    assert run.final_accuracy is None
    assert [m.step for m in run.history] == [0, 50, 100, 150, 200, 250, 299]


def test_one_step_of_least_squares_is_the_step_of_the_closed_form() -> None:
    # loss = (w - 3)², so w goes from 1 to 1 - 0.1 * 2 * (1 - 3)
    line = nn.neuron(1, weights=[1.0], activation="identity")
    one = dataset([[1.0]], [3.0])
    state = make_step(squared, sgd(0.1), one)(initial_state(line, sgd(0.1)))
    assert data(state.model) == pytest.approx([1.4, 0.4])


def test_a_model_of_ones_own_trains_and_keeps_its_labels() -> None:
    class Scaled(Record):
        factor: Value = attr()
        name: str = attr(default="mine")

        def __call__(self, inputs: Sequence[Scalar]) -> Value:
            return self.factor * inputs[0]

    run = fit(Scaled(factor=value(1.0, label="f")), DATA, steps=3)
    assert run.final_model.factor.label == "f"
    assert run.final_model.name == "mine"
    assert run.final_model.factor.data != 1.0


def test_the_optimizer_sees_gradients_state_parameters_and_step() -> None:
    seen = list[tuple[int, object, int, int]]()

    def update(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        seen.append((step, state, len(gradients), len(parameters)))
        return pvector([0.0] * len(gradients)), step

    watching = Optimizer("watching", init=lambda ps: "fresh", update=update)
    state = last(take(3, train(MODEL, DATA, optimizer=watching)))
    count = len(data(MODEL))
    assert seen == [(0, "fresh", count, count), (1, 0, count, count), (2, 1, count, count)]
    assert (state.optimizer_state, data(state.model)) == (2, data(MODEL))


def test_an_optimizer_without_a_rate_reports_none() -> None:
    assert measured(next(train(MODEL, DATA, optimizer=identity()))).learning_rate is None


def test_an_optimizer_that_gives_too_few_updates_is_found_out() -> None:
    short = Optimizer("short", lambda ps: (), lambda g, s, p, k: (pvector([0.0]), s))
    with pytest.raises(ValueError, match="zip"):
        next(train(MODEL, DATA, optimizer=short))


# Streams


def test_the_first_state_of_a_stream_is_that_after_the_first_step() -> None:
    states = list(take(3, train(MODEL, DATA)))
    assert [state.step for state in states] == [1, 2, 3]
    assert [measured(state).step for state in states] == [0, 1, 2]


def test_the_defaults_are_those_of_the_demo() -> None:
    explicit = train(
        MODEL, DATA, loss=max_margin(alpha=1e-4), optimizer=sgd(micrograd_decay), seed=1337
    )
    assert [measured(s) for s in take(3, explicit)] == [
        measured(s) for s in take(3, train(MODEL, DATA))
    ]


# Batches


def test_no_size_or_one_above_n_is_the_full_batch_in_its_own_order() -> None:
    for size in (None, 10, 11, 10**9):
        assert batch(DATA, size, seed=1, step=7) is DATA
    full = fit(MODEL, DATA, steps=2).history
    assert fit(MODEL, DATA, steps=2, batch_size=999).history == full


def test_a_batch_keeps_rows_with_their_targets() -> None:
    pairs = set(zip(DATA.xs, DATA.ys, strict=True))
    chosen = batch(DATA, 4, seed=1, step=2)
    assert set(zip(chosen.xs, chosen.ys, strict=True)) < pairs
    assert chosen.metadata == DATA.metadata


def test_seeds_and_epochs_shuffle_differently() -> None:
    def dealt(seed: int, step: int) -> Dataset:
        return batch(moons(50), 25, seed=seed, step=step)

    assert dealt(1, 0).xs != dealt(2, 0).xs
    assert dealt(1, 0).xs != dealt(1, 2).xs


# Runs


@pytest.mark.parametrize(
    ("steps", "log_every", "logged"),
    [
        (0, 1, []),
        (1, 1, [0]),
        (5, 1, [0, 1, 2, 3, 4]),
        (5, 2, [0, 2, 4]),
        (6, 2, [0, 2, 4, 5]),
        (5, 100, [0, 4]),
        (7, 3, [0, 3, 6]),
    ],
)
def test_the_last_step_is_always_logged(steps: int, log_every: int, logged: list[int]) -> None:
    run = fit(MODEL, DATA, steps=steps, log_every=log_every)
    assert [m.step for m in run.history] == logged
    assert isinstance(run.history, PVector)


@pytest.mark.parametrize("backend", ["eager", "python", "native"])
def test_logging_less_changes_nothing_else(backend: Backend) -> None:
    given = partial(fit, MODEL, DATA, steps=5, backend=backend)
    often, seldom = given(), given(log_every=3)
    assert data(often.final_model) == data(seldom.final_model)
    assert [m for m in often.history if m.step in (0, 3, 4)] == list(seldom.history)
    assert (often.final_loss, often.final_accuracy) == (seldom.final_loss, seldom.final_accuracy)


def test_a_run_has_both_models_and_the_last_numbers() -> None:
    run = fit(MODEL, DATA, steps=4)
    final = last(take(4, train(MODEL, DATA)))
    assert run.initial_model is MODEL
    assert data(run.final_model) == data(final.model)
    assert run.final_loss == run.history[-1].loss == measured(final).loss
    assert run.final_accuracy == run.history[-1].accuracy


def test_a_run_of_no_steps_evaluates_the_model_that_it_was_given() -> None:
    run = fit(MODEL, DATA, steps=0)
    it = evaluate(max_margin(), MODEL, DATA)
    assert run.final_model is run.initial_model is MODEL
    assert (run.final_loss, run.final_accuracy) == (it.total.data, it.accuracy)


def test_a_run_remembers_what_it_was_asked_for() -> None:
    loss, optimizer = max_margin(alpha=0.5), sgd(0.1)
    run = fit(
        MODEL,
        DATA,
        steps=2,
        log_every=2,
        loss=loss,
        optimizer=optimizer,
        batch_size=4,
        seed=7,
        backend="eager",
    )
    assert run.options == pmap(
        {
            "steps": 2,
            "log_every": 2,
            "loss": loss,
            "optimizer": optimizer,
            "batch_size": 4,
            "seed": 7,
            "backend": "eager",
            "threads": 1,
        }
    )


@pytest.mark.parametrize("backend", ["python", "native"])
def test_examples_that_have_changed_since_the_last_run_are_seen(backend: Backend) -> None:
    xs, ys = [list(row) for row in DATA.xs], list(DATA.ys)
    before = fit(MODEL, (xs, ys), steps=3, backend=backend).history
    xs[0][0], ys[1] = 7.0, -ys[1]
    after = fit(MODEL, (xs, ys), steps=3, backend=backend).history
    assert before != after == fit(MODEL, dataset(xs, ys), steps=3, backend=backend).history


@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize("loss", [max_margin(), squared], ids=["judged", "unjudged"])
def test_threads_that_run_the_same_training_at_once_get_the_bits_of_one(
    loss: Loss, batch_size: int | None
) -> None:
    def run(_: int = 0) -> tuple[PVector[Metrics], list[float]]:
        given = partial(fit, MODEL, DATA, steps=300, loss=loss, optimizer=OPTIMIZER)
        done = given(batch_size=batch_size, backend="native")
        return done.history, data(done.final_model)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(24))) == [run()] * 24


def test_a_run_is_the_fold_of_its_steps() -> None:
    optimizer = sgd(micrograd_decay)
    step = make_step(max_margin(), optimizer, DATA, batch_size=3, seed=11)
    final = reduce(lambda state, _: step(state), range(7), initial_state(MODEL, optimizer))
    run = fit(MODEL, DATA, steps=7, batch_size=3, seed=11)
    assert data(run.final_model) == data(final.model)
    assert run.history[-1] == final.metrics


def test_training_separates_what_can_be_separated() -> None:
    apart = datasets.blobs(20, noise=0.2, centers=[(-2, 0), (2, 0)], seed=1)
    run = fit(nn.mlp(2, [1], seed=2), apart, steps=30, optimizer=optim.sgd(0.1))
    assert run.final_accuracy == 1.0
    assert run.final_loss < run.history[0].loss


def test_an_unfit_model_is_named_at_once() -> None:
    with pytest.raises(ValueError, match="inputs must be 3 numbers, got 2"):
        train(nn.mlp(3, [1]), DATA)


def test_the_steps_of_a_run_are_a_plain_int_whatever_they_were_given_as() -> None:
    run = fit(nn.mlp(2, [1]), moons(4), steps=np.int64(2))  # type: ignore[arg-type]  # runs, too
    assert type(run.options["steps"]) is int
    assert repr(run).startswith("Run(steps=2, ")


@pytest.mark.parametrize("backend", ["auto", "eager", "python", "native"])
def test_a_step_can_be_sent_to_another_process(backend: Backend) -> None:
    optimizer, examples = optim.adam(0.1), moons(8)
    step = make_step(max_margin(), optimizer, examples, batch_size=4, backend=backend)
    state = initial_state(nn.mlp(2, [1]), optimizer)
    sent = pickle.loads(pickle.dumps(step))
    assert sent == step
    assert sent(state).metrics == step(state).metrics


@pytest.mark.parametrize(("size", "is_mean"), [(4, True), (5, False)])
def test_pieces_of_one_size_make_the_step_of_all_examples_and_others_do_not(
    size: int, is_mean: bool
) -> None:
    data, model = datasets.moons(12, seed=3), nn.mlp(2, [3, 1], seed=4)
    whole = fit(model, data, steps=1, optimizer=optim.sgd(0.1)).final_model
    patient = optim.accumulate_gradients(optim.sgd(0.1), every=3)
    pieces = fit(model, data, steps=3, batch_size=size, optimizer=patient).final_model
    pairs = zip(nn.parameters(pieces), nn.parameters(whole), strict=True)
    assert all(math.isclose(a.data, b.data, abs_tol=1e-15) for a, b in pairs) is is_mean


@pytest.mark.parametrize("backend", ["eager", "python", "native"])
@pytest.mark.parametrize("log_every", [1, 3])
def test_losses_are_those_of_the_history_whoever_is_read_first(
    backend: Backend, log_every: int
) -> None:
    run = fit(MODEL, DATA, steps=8, log_every=log_every, backend=backend)
    losses = run.losses
    assert losses == tuple(metrics.loss for metrics in run.history)
    assert run.losses == losses
    assert run.history is run.history
    assert losses[-1] == run.final_loss


def test_a_run_whose_history_nobody_has_read_pickles_with_it() -> None:
    run, read = (fit(MODEL, DATA, steps=4, backend="native") for _ in range(2))
    assert pickle.loads(pickle.dumps(run)).history == read.history
    assert len(read.set(final_loss=0.0).losses) == 4


def test_a_training_of_many_steps_has_one_history_of_all_its_parts() -> None:
    run = fit(MODEL, DATA, steps=5_000, log_every=7, backend="native")
    steps = [metrics.step for metrics in run.history]
    assert steps == [*range(0, 5_000, 7), 4_999]
    assert run.losses == tuple(metrics.loss for metrics in run.history)


def test_no_steps_have_no_losses() -> None:
    assert fit(MODEL, DATA, steps=0, backend="native").losses == ()
