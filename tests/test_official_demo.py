"""The published run of micrograd's demo, and micrograd itself run beside microfp.

`data/micrograd_demo.csv` holds what the notebook `demo.ipynb` of micrograd prints: the loss and
the accuracy of each of its 100 steps.
"""

import csv
import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest
from micrograd import nn as micrograd
from micrograd.engine import Value as MicrogradValue

from microfp import datasets, nn, optim
from microfp.datasets import Dataset, batch
from microfp.losses import max_margin
from microfp.schedules import Schedule, constant, micrograd_decay
from microfp.toolbox import take
from microfp.trainer import Run, TrainState, fit, train
from microfp.tree import parameter_count, parameters
from tests.untraced import untraced

PUBLISHED = Path(__file__).parent / "data" / "micrograd_demo.csv"
TOLERANCE = 1e-9
STEPS = 20


class PublishedStep(NamedTuple):
    loss: float
    accuracy: float


@pytest.fixture(scope="module")
def published() -> list[PublishedStep]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(100))
    return [PublishedStep(float(row["loss"]), float(row["accuracy_percent"]) / 100) for row in rows]


@pytest.fixture(scope="module")
@untraced
def demo() -> Run[nn.MLP]:
    """The official demo by microfp, 100 steps; it takes a while, so it is run once."""
    model = nn.mlp(2, [16, 16, 1], seed=1337)
    return fit(model, datasets.moons(100, noise=0.1, seed=1337), steps=100, backend="eager")


def test_the_demo_has_337_parameters(demo: Run[nn.MLP]) -> None:
    assert parameter_count(demo.initial_model) == 337
    assert parameter_count(demo.final_model) == 337


def test_all_100_losses_are_the_published_ones(
    demo: Run[nn.MLP], published: list[PublishedStep]
) -> None:
    assert len(demo.history) == len(published) == 100
    worst = max(
        abs(ours.loss - theirs.loss) / theirs.loss
        for ours, theirs in zip(demo.history, published, strict=True)
    )
    assert worst <= TOLERANCE


def test_all_100_accuracies_are_the_published_ones(
    demo: Run[nn.MLP], published: list[PublishedStep]
) -> None:
    assert [ours.accuracy for ours in demo.history] == [theirs.accuracy for theirs in published]
    assert demo.final_accuracy == 1.0


def test_the_rates_of_the_demo_fall_from_1_by_nine_tenths(demo: Run[nn.MLP]) -> None:
    rates = [metrics.learning_rate for metrics in demo.history]
    assert rates == pytest.approx([1.0 - 0.9 * k / 100 for k in range(100)], rel=1e-15)


# micrograd beside microfp


class Case(NamedTuple):
    """One training, to be done by both."""

    widths: Sequence[int]
    data: Dataset
    seed: int
    rate: Schedule
    alpha: float
    batch_size: int | None = None


class Parameter(Protocol):
    """What the tests read of a parameter of micrograd's."""

    data: float
    grad: float


class Peer(NamedTuple):
    """What micrograd measured in one step, and its parameters after it."""

    loss: float
    accuracy: float
    parameters: tuple[float, ...]


XOR = datasets.dataset(
    [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (0.5, -2, 0.25)], [-1, 1, 1, -1, 1]
)
CASES = {
    "one linear neuron": Case([1], datasets.blobs(10, seed=3), 3, constant(0.1), 1e-4),
    "one hidden layer": Case([8, 1], datasets.moons(12, seed=7), 42, micrograd_decay, 1e-4),
    "two hidden layers": Case([6, 5, 1], datasets.circles(9, seed=1), 0, constant(0.5), 1e-2),
    "four layers, no penalty": Case([4, 3, 2, 1], datasets.spiral(8), 11, constant(0.05), 0.0),
    "three inputs": Case([7, 1], XOR, 2**32 - 1, lambda k: 0.3 / (1 + k), 0.1),
    "a batch": Case([5, 1], datasets.moons(20, seed=5), 9, constant(0.2), 1e-4, batch_size=6),
    "batches of one": Case([4, 1], datasets.blobs(7, seed=5), 5, constant(0.1), 1e-3, batch_size=1),
}


def micrograd_model(n_in: int, widths: Sequence[int], seed: int) -> micrograd.MLP:
    """micrograd draws from the global generator, which is put back as it was."""
    before = random.getstate()
    random.seed(seed)
    model = micrograd.MLP(n_in, list(widths))
    random.setstate(before)
    return model


def micrograd_steps(case: Case) -> Iterator[Peer]:
    """The loop of micrograd's demo, on the batch that microfp chose."""
    model = micrograd_model(len(case.data.xs[0]), case.widths, case.seed)
    for step in range(STEPS):
        examples = batch(case.data, case.batch_size, seed=case.seed, step=step)
        scores = [model([MicrogradValue(x) for x in row]) for row in examples.xs]
        margins = [(1 - y * s).relu() for s, y in zip(scores, examples.ys, strict=True)]
        weights: list[Parameter] = model.parameters()
        penalty = case.alpha * sum(p * p for p in model.parameters())
        loss = sum(margins) * (1.0 / len(margins)) + penalty
        model.zero_grad()
        loss.backward()
        for p in weights:
            p.data -= case.rate(step) * p.grad
        right = sum((s.data > 0) == (y > 0) for s, y in zip(scores, examples.ys, strict=True))
        yield Peer(loss.data, right / len(margins), tuple(p.data for p in weights))


def microfp_steps(case: Case) -> Iterator[TrainState[nn.MLP]]:
    stream = train(
        nn.mlp(len(case.data.xs[0]), case.widths, seed=case.seed),
        case.data,
        loss=max_margin(alpha=case.alpha),
        optimizer=optim.sgd(case.rate),
        batch_size=case.batch_size,
        seed=case.seed,
    )
    return take(STEPS, stream)


def are_close(ours: float, theirs: float) -> bool:
    """The absolute part is for terms that cancel: micrograd adds them in the order of a set."""
    return math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=1e-15)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_micrograd_beside_it_measures_and_learns_the_same(case: Case) -> None:
    compared = 0
    for ours, theirs in zip(microfp_steps(case), micrograd_steps(case), strict=True):
        assert ours.metrics is not None
        assert math.isclose(ours.metrics.loss, theirs.loss, rel_tol=TOLERANCE)
        assert ours.metrics.accuracy == theirs.accuracy
        numbers = [p.data for p in parameters(ours.model)]
        assert len(numbers) == len(theirs.parameters)
        assert all(map(are_close, numbers, theirs.parameters))
        compared += 1
    assert compared == STEPS


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_learning_that_is_compared_moves_the_parameters(case: Case) -> None:
    first, *_, last = microfp_steps(case)
    moved = [
        a.data != b.data
        for a, b in zip(parameters(first.model), parameters(last.model), strict=True)
    ]
    assert sum(moved) > len(moved) / 3  # the others belong to neurons that never fire


@pytest.mark.parametrize("seed", [0, 1, 1337, 2**32 - 1])
@pytest.mark.parametrize("widths", [[1], [3, 2], [16, 16, 1]])
def test_the_first_weights_are_those_that_micrograd_draws(seed: int, widths: list[int]) -> None:
    ours = [p.data for p in parameters(nn.mlp(3, widths, seed=seed))]
    assert ours == [p.data for p in micrograd_model(3, widths, seed).parameters()]
