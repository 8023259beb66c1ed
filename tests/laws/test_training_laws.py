"""Laws of training, bit for bit.

last(take(n, train(...))) = reduce(step, range(n), initial_state)
                          = going on from any state in between
the batch of step k is a function of seed and k alone, and an epoch deals each example once
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap, PVector, pmap, pvector

from microfp import Record, Value, attr, value
from microfp.datasets import Dataset, batch, blobs, dataset
from microfp.losses import Loss, evaluate, max_margin
from microfp.nn import MLP, mlp
from microfp.optim import Numbers, Optimizer, chain, sgd
from microfp.schedules import micrograd_decay
from microfp.toolbox import iterate, last, take
from microfp.trainer import Metrics, TrainState, fit, initial_state, make_step, train
from microfp.tree import parameters, with_parameters
from microfp.values import Scalar, relu

DATA = blobs(7, seed=5)
SQUARED = Loss(name="squared", example=lambda scores, y: (scores[0] - y) ** 2)
seeds = st.integers(0, 2**32 - 1)
sizes = st.none() | st.integers(1, 9)
counts = st.integers(1, 5)


class Nested(Record):
    """A model of a user's own with every kind of branch, and one weight in two places."""

    weights: PVector[Value] = attr()
    biases: PMap[str, Value] = attr()
    gain: tuple[Value, str] = attr()
    tied: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        a, b = (relu(w * x + self.tied) for w, x in zip(self.weights, inputs, strict=True))
        return a * self.gain[0] + b * self.tied + self.biases["out"] - self.biases["off"]


def nested(seed: int) -> Nested:
    w = [p.data for p in parameters(mlp(2, [2], seed=seed))]
    return Nested(
        weights=pvector([value(w[0], label="w0"), value(w[1])]),
        biases=pmap({"out": value(w[2]), "off": value(0.5, label="off")}),
        gain=(value(w[3]), "gain"),
        tied=value(w[4], label="tied"),
    )


def momentum() -> Optimizer:
    """An optimiser with a state, so that resuming has something to lose."""

    def update(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        assert isinstance(state, tuple)
        ball = tuple(0.5 * v + g for v, g in zip(state, gradients, strict=True))
        return pvector(ball), ball

    return Optimizer("momentum", lambda parameters: (0.0,) * len(parameters), update)


optimizers = st.sampled_from([sgd(0.1), sgd(micrograd_decay), chain(momentum(), sgd(0.05))])


def bits(model: object) -> list[tuple[str, str | None]]:
    return [(p.data.hex(), p.label) for p in parameters(model)]


Summary = tuple[int, list[tuple[str, str | None]], object, Metrics | None]


def summary(state: TrainState[MLP] | TrainState[Nested]) -> Summary:
    """All that a state holds, in what compares by content."""
    return state.step, bits(state.model), state.optimizer_state, state.metrics


# Streams, folds and resumption


@given(seeds, counts, sizes, optimizers)
def test_the_stream_is_the_fold(seed: int, n: int, size: int | None, optimizer: Optimizer) -> None:
    model = mlp(2, [2, 1], seed=seed)
    step = make_step(max_margin(), optimizer, DATA, batch_size=size, seed=seed)
    stream = train(model, DATA, optimizer=optimizer, batch_size=size, seed=seed)
    folded = reduce(lambda state, _: step(state), range(n), initial_state(model, optimizer))
    assert summary(last(take(n, stream))) == summary(folded)
    run = fit(model, DATA, steps=n, optimizer=optimizer, batch_size=size, seed=seed)
    assert bits(run.final_model) == bits(folded.model)
    assert run.history[-1] == folded.metrics


@given(seeds, counts, counts, sizes, optimizers)
def test_going_on_from_any_state_is_never_having_stopped(
    seed: int, before: int, after: int, size: int | None, optimizer: Optimizer
) -> None:
    model = nested(seed)
    step = make_step(max_margin(), optimizer, DATA, batch_size=size, seed=seed)
    stream = list(
        take(before + after, train(model, DATA, optimizer=optimizer, batch_size=size, seed=seed))
    )
    resumed = reduce(lambda state, _: step(state), range(after), stream[before - 1])
    assert summary(resumed) == summary(stream[-1])


@given(seeds, counts, counts)
def test_two_streams_forked_from_one_state_are_equal_however_they_are_read(
    seed: int, common: int, n: int
) -> None:
    optimizer = chain(momentum(), sgd(0.1))
    step = make_step(max_margin(), optimizer, DATA, batch_size=3, seed=seed)
    fork = last(take(common, iterate(step, initial_state(nested(seed), optimizer))))
    before = summary(fork)
    left, right = iterate(step, fork), iterate(step, fork)
    in_turns = [(summary(next(left)), summary(next(right))) for _ in range(n)]
    assert all(a == b for a, b in in_turns)
    assert summary(fork) == before


@given(seeds, counts)
def test_another_stream_beside_it_does_not_disturb_a_stream(seed: int, n: int) -> None:
    model = nested(seed)
    alone = [summary(state) for state in take(n, train(model, DATA, batch_size=2))]
    disturbed = train(model, DATA, batch_size=2)
    other = train(model, DATA, batch_size=3, seed=seed, optimizer=sgd(3.0))
    together = [(summary(next(disturbed)), next(other))[0] for _ in range(n)]
    assert together == alone


# Models of one's own


@given(seeds, counts)
def test_labels_classes_and_ties_survive_training(seed: int, n: int) -> None:
    model = nested(seed)
    trained = fit(model, DATA, steps=n).final_model
    assert isinstance(trained, Nested)
    assert [p.label for p in parameters(trained)] == [p.label for p in parameters(model)]
    assert len(parameters(trained)) == len(parameters(model)) == 6
    assert trained.gain[1] == "gain"
    assert [p.op for p in parameters(trained)] == ["leaf"] * 6


@given(seeds)
def test_a_tied_weight_moves_by_the_sum_of_its_gradients(seed: int) -> None:
    model, h = nested(seed), 1e-6
    step = make_step(SQUARED, sgd(1.0), DATA)
    start = [p.data for p in parameters(model)]

    def loss(by: float) -> float:
        moved = with_parameters(model, [*start[:-1], start[-1] + by])
        return evaluate(SQUARED, moved, DATA).total.data

    trained = step(initial_state(model, sgd(1.0))).model
    left, right = (loss(0.0) - loss(-h)) / h, (loss(h) - loss(0.0)) / h
    if math.isclose(left, right, rel_tol=1e-3, abs_tol=1e-3):  # no kink of a relu in between
        slope = (left + right) / 2
        assert math.isclose(start[-1] - trained.tied.data, slope, rel_tol=1e-4, abs_tol=1e-4)


@given(seeds, st.sampled_from([0.5, 2.0, 4.0]))
def test_scaling_the_loss_by_a_power_of_two_is_scaling_the_rate(seed: int, c: float) -> None:
    scaled = Loss(name="scaled", example=lambda scores, y: c * (scores[0] - y) ** 2)
    model = mlp(2, [2, 1], seed=seed)
    by_loss = make_step(scaled, sgd(0.0625), DATA)(initial_state(model, sgd(0.0625)))
    by_rate = make_step(SQUARED, sgd(0.0625 * c), DATA)(initial_state(model, sgd(0.0625 * c)))
    assert bits(by_loss.model) == bits(by_rate.model)


# Batches


def numbered(n: int) -> Dataset:
    return dataset([[float(i)] for i in range(n)], [1.0] * n)


places = st.integers(0, 10**6)


@given(st.integers(1, 40), st.integers(1, 45), seeds, places)
def test_an_epoch_deals_every_example_once(n: int, size: int, seed: int, epoch: int) -> None:
    data, steps = numbered(n), math.ceil(n / size)
    dealt = [batch(data, size, seed=seed, step=epoch * steps + k).xs for k in range(steps)]
    assert Counter(row for rows in dealt for row in rows) == Counter(data.xs)
    assert [len(rows) for rows in dealt[:-1]] == [size] * (steps - 1)


@given(st.integers(2, 40), st.integers(1, 40), seeds, st.lists(places, min_size=2, max_size=6))
def test_a_batch_is_a_function_of_seed_and_step_alone(
    n: int, size: int, seed: int, steps: list[int]
) -> None:
    data = numbered(n)
    forwards = {k: batch(data, size, seed=seed, step=k).xs for k in steps}
    backwards = {k: batch(data, size, seed=seed, step=k).xs for k in reversed(steps)}
    assert forwards == backwards


@given(st.integers(2, 20), st.integers(1, 20), seeds)
def test_the_batches_do_not_depend_on_what_the_examples_hold(n: int, size: int, seed: int) -> None:
    first = batch(numbered(n), size, seed=seed, step=1).xs
    shifted = dataset([[x + 100.0] for (x,) in numbered(n).xs], [-1.0] * n)
    second = batch(shifted, size, seed=seed, step=1).xs
    assert [x + 100.0 for (x,) in first] == [x for (x,) in second]
