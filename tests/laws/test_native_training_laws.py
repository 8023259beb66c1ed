"""Laws of trainings in machine code, whatever the model, the loss, the optimiser and the batches.

fold = stream = stream from a state in between = single steps, by any number of threads, bit for bit
native = eager's numbers to 1e-12, with nan and inf in the same places
"""

import math
from collections.abc import Sequence
from itertools import islice, pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyrsistent import PVector, pvector

from microfp import Record, Value, attr, datasets, losses, nn, optim, trainer
from microfp.compiler.native.run import pieces
from microfp.compiler.native.run import trainer as compiling
from microfp.datasets import Dataset
from microfp.losses import Loss
from microfp.nn import ACTIVATIONS, ActivationName, Layer, Model
from microfp.optim import Optimizer
from microfp.trainer import TrainState, streams
from microfp.trainer.choice import runner_of
from microfp.tree import parameters, with_parameters
from microfp.values import Scalar

STEPS = 4


class Residual(Record):
    """A model of one's own: a layer that is used twice, each time beside what it is given."""

    first: Layer = attr()
    again: Layer = attr()
    last: Layer = attr()

    def __call__(self, inputs: Sequence[Scalar], /) -> tuple[Value, ...]:
        signal = self.first(inputs)
        for _ in range(2):
            signal = tuple([a + b for a, b in zip(signal, self.again(signal), strict=True)])
        return self.last(signal)


class Ensemble(Record):
    """A model of one's own: the sum of some networks."""

    members: PVector[nn.MLP] = attr()

    def __call__(self, inputs: Sequence[Scalar], /) -> tuple[Value, ...]:
        scores = [nn.outputs(member, inputs) for member in self.members]
        return tuple([a + b for a, b in zip(*scores, strict=True)])


def layer(random: Random, n_in: int, n_out: int) -> Layer:
    activation: ActivationName = random.choice(list(ACTIVATIONS))
    return nn.layer(n_in, n_out, activation=activation, init="glorot", seed=random.randrange(999))


def network(random: Random, sizes: Sequence[int]) -> nn.MLP:
    return nn.MLP(layers=pvector([layer(random, a, b) for a, b in pairwise(sizes)]))


def model_of(random: Random, columns: int, outputs: int) -> Model:
    widths = [random.choice((1, 2, 7, 8, 9, 16, 17, 33, 65)) for _ in range(random.randint(1, 3))]
    sizes = [columns, *widths, outputs]
    kind = random.choice(["network", "network", "residual", "ensemble"])
    if kind == "residual":
        ends = layer(random, columns, widths[0]), layer(random, widths[0], outputs)
        again = layer(random, widths[0], widths[0])
        return Residual(first=ends[0], again=again, last=ends[1])
    if kind == "ensemble":
        return Ensemble(members=pvector([network(random, sizes) for _ in range(2)]))
    return network(random, sizes)


def loss_of(random: Random, outputs: int, count: int) -> tuple[Loss, list[list[float]]]:
    """A loss, and targets that it takes."""
    l1, l2 = random.choice([(0.0, 0.0), (0.0, 0.01), (0.003, 0.01)])
    if outputs > 1 and random.random() < 0.5:
        classes = [[float(random.randrange(outputs))] for _ in range(count)]
        return losses.softmax_cross_entropy(l1=l1, l2=l2), classes
    rows = [[random.gauss(0.0, 1.0) for _ in range(outputs)] for _ in range(count)]
    signs = [[math.copysign(1.0, y) for y in row] for row in rows]
    return random.choice(
        [
            (losses.mean_squared_error(l1=l1, l2=l2), rows),
            (losses.huber(l1=l1, l2=l2), rows),
            (losses.max_margin(alpha=l2, l1=l1), signs),
            (losses.binary_cross_entropy(l1=l1, l2=l2), signs),
        ]
    )


OPTIMIZERS: tuple[Optimizer, ...] = (
    optim.sgd(0.05, weight_decay=0.01),
    optim.nesterov(0.01),
    optim.adam(0.01),
    optim.lion(0.003),
    optim.accumulate_gradients(optim.adam(0.01), every=2),
    optim.chain(optim.clip_by_global_norm(0.5), optim.adamw(0.01)),
)


def training(seed: int) -> tuple[Model, Dataset, dict[str, Any]]:
    """A model, examples, and how it is trained."""
    random = Random(seed)
    columns, outputs = random.choice((1, 2, 3, 9, 17)), random.choice((1, 2, 3, 7))
    count = random.choice((1, 7, 8, 9, 17, 33, 65))
    loss, targets = loss_of(random, outputs, count)
    rows = [[random.gauss(0.0, 1.0) for _ in range(columns)] for _ in range(count)]
    given = {
        "loss": loss,
        "optimizer": random.choice(OPTIMIZERS),
        "batch_size": random.choice((None, 1, 7, 8, 9)),
    }
    return model_of(random, columns, outputs), datasets.dataset(rows, targets), given


@pytest.fixture(autouse=True, scope="module")
def _small_pieces() -> Any:
    """Let trainings of little work be cut, and be compiled kind by kind, as large ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "WORK", 100)
        patch.setattr(pieces, "PARAMETERS", 64)
        patch.setattr(pieces, "MANY", 100)
        patch.setattr(compiling, "MOST_SCALARS", 200)
        yield


def bits(numbers: Sequence[float]) -> list[str]:
    return [number.hex() for number in numbers]


def seen(state: TrainState[Any]) -> tuple[object, ...]:
    """The numbers of a state, and what was measured before them, as bits."""
    measured = () if state.metrics is None else tuple(map(str, state.metrics.values()))
    return bits(trainer.parameter_numbers(state)), measured


seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(2, 5), st.integers(1, STEPS - 1))
@settings(max_examples=15, deadline=None)
def test_threads_streams_steps_and_whoever_goes_on_give_the_same_bits(
    seed: int, threads: int, between: int
) -> None:
    model, data, given = training(seed)
    states = list(islice(trainer.train(model, data, backend="native", **given), STEPS))
    run = trainer.fit(model, data, steps=STEPS, backend="native", threads=threads, **given)
    assert bits([p.data for p in parameters(run.final_model)]) == seen(states[-1])[0]
    assert list(map(str, run.history)) == [str(state.metrics) for state in states]
    resumed = streams.resume(states[between - 1], data, backend="native", threads=threads, **given)
    assert [seen(state) for state in islice(resumed, STEPS - between)] == [
        seen(state) for state in states[between:]
    ]
    step = trainer.make_step(
        given["loss"],
        given["optimizer"],
        data,
        batch_size=given["batch_size"],
        backend="native",
        threads=threads,
    )
    assert seen(step(trainer.initial_state(model, given["optimizer"]))) == seen(states[0])


def kinds(numbers: Sequence[float]) -> list[str]:
    """Which of the numbers are nan, inf, -inf, or finite."""
    return ["finite" if math.isfinite(x) else str(x) for x in numbers]


EXTREME = (0.0, -0.0, 5e-324, 1e155, 1e300, -1e300, math.inf, -math.inf, math.nan)


@given(seeds, st.lists(st.sampled_from(EXTREME), max_size=2))
@settings(max_examples=20, deadline=None)
def test_gradients_are_those_of_eager_with_nan_and_infinity_in_the_same_places(
    seed: int, extreme: list[float]
) -> None:
    model, data, given = training(seed)
    numbers, random = [p.data for p in parameters(model)], Random(seed)
    for number in extreme:
        numbers[random.randrange(len(numbers))] = number
    model = with_parameters(model, numbers)
    expected = list(runner_of("eager").gradient(given["loss"], model, data))
    found = list(runner_of("native").gradient(given["loss"], model, data))
    assert kinds(found) == kinds(expected)
    finite = [(a, b) for a, b in zip(expected, found, strict=True) if math.isfinite(a)]
    scale = max((abs(a) for a, _ in finite), default=0.0)
    assume(scale < 1e100)  # where large numbers cancel each other out, rounding decides
    assert all(abs(a - b) <= 1e-12 * abs(a) + 1e-14 * scale for a, b in finite)
