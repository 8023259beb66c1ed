"""Real data is learnt, and so is what no perceptron is: models, losses and data of one's own."""

import math
from collections.abc import Sequence

import pytest

from microfp import nn, optim, relu, tanh, trainer, value
from microfp.datasets import Dataset, batches, dataset, digits, iris, one_hot, split, standardize
from microfp.losses import Loss, evaluate, huber, mean_squared_error, softmax_cross_entropy
from microfp.nn import Layer, Model, Neuron, layer, neuron
from microfp.optim import adam, sgd
from microfp.record import Record, attr
from microfp.schedules import cosine, warm_up
from microfp.streams import take, until_converged
from microfp.toolbox import last, pipe
from microfp.tree import parameters
from microfp.values import Scalar, Value, total


def accuracy_after(
    steps: int, model: Model, training: Dataset, held_out: Dataset, rate: float
) -> float:
    """Train on standardized batches; the share of held-out examples that is then right."""
    loss, scaled = softmax_cross_entropy(l2=1e-3), standardize(training)
    states = trainer.train(model, scaled(training), loss=loss, optimizer=adam(rate), batch_size=28)
    accuracy = evaluate(loss, last(take(steps)(states)).model, scaled(held_out)).accuracy
    assert accuracy is not None
    return accuracy


def test_irises_are_told_apart() -> None:
    """Four times a quarter of the flowers is held out, so that each of them is, once."""
    quarters = batches(iris(), 38)
    right = 0.0
    for i, held_out in enumerate(quarters):
        rest = [quarter for j, quarter in enumerate(quarters) if j != i]
        training = dataset(
            [x for part in rest for x in part.xs], [y for part in rest for y in part.ys]
        )
        model = nn.mlp(4, [6, 3], activation="tanh", init="glorot")
        right += len(held_out.xs) * accuracy_after(45, model, training, held_out, 0.05)
    assert right / 150 >= 0.93


def test_digits_are_read() -> None:
    training, held_out = split(digits(300), held_out=0.25)
    model = nn.mlp(64, [10], init="zeros")
    assert accuracy_after(16, model, training, held_out, 0.05) >= 0.85


# Models of one's own


class Quadratic(Record):
    """a x² + b x + c"""

    a: Value = attr()
    b: Value = attr()
    c: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        (x,) = inputs
        return self.a * x * x + self.b * x + self.c


def test_a_quadratic_finds_its_coefficients() -> None:
    xs = [i / 4 - 1 for i in range(9)]
    data = dataset([[x] for x in xs], [3 * x * x - 2 * x + 0.5 for x in xs])
    start = Quadratic(a=value(0.0), b=value(0.0), c=value(0.0))
    states = trainer.train(start, data, loss=mean_squared_error(), optimizer=sgd(0.5))
    end = pipe(states, until_converged(tolerance=1e-14), take(500), last)
    assert [p.data for p in parameters(end.model)] == pytest.approx([3.0, -2.0, 0.5], abs=1e-4)


class Residual(Record):
    """x + outer(inner(x)), between two layers that change the width."""

    enter: Layer = attr()
    inner: Layer = attr()
    outer: Layer = attr()
    leave: Neuron = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        x = self.enter(inputs)
        step = self.outer(self.inner(x))
        return self.leave([a + b for a, b in zip(x, step, strict=True)])


def test_a_residual_block_learns_a_sine() -> None:
    xs = [i / 4 - 2 for i in range(17)]
    data = dataset([[x] for x in xs], [math.sin(2 * x) for x in xs])
    start = Residual(
        enter=layer(1, 4, activation="tanh", seed=1),
        inner=layer(4, 4, activation="softplus", seed=2),
        outer=layer(4, 4, activation="identity", init="zeros"),
        leave=neuron(4, activation="identity", seed=3),
    )
    optimizer = adam(warm_up(cosine(0.05, 140), 10))
    end = last(take(150)(trainer.train(start, data, loss=huber(), optimizer=optimizer)))
    assert end.metrics is not None
    assert end.metrics.loss < 0.01


class Towers(Record):
    """Two towers that look at half of the inputs each, and the product of what they see."""

    left: Layer = attr()
    right: Layer = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        half = len(inputs) // 2
        seen = zip(self.left(inputs[:half]), self.right(inputs[half:]), strict=True)
        products = [a * b for a, b in seen]
        return total(products), total(products[:1])


def test_two_towers_learn_two_targets() -> None:
    corners = [(a, b) for a in (-1.0, 0.0, 1.0) for b in (-1.0, 0.0, 1.0)]
    data = dataset(corners, [[a * b, 0.5 * a * b] for a, b in corners])
    start = Towers(
        left=layer(1, 2, activation="identity", seed=4),
        right=layer(1, 2, activation="identity", seed=5),
    )
    states = trainer.train(start, data, loss=mean_squared_error(l1=1e-6), optimizer=adam(0.1))
    end = last(take(150)(states))
    assert end.metrics is not None
    assert end.metrics.data_loss < 1e-3
    assert end.metrics.accuracy is None


def test_a_loss_and_an_activation_of_ones_own_train() -> None:
    def gate(a: Value) -> Value:
        return a * tanh(relu(a))

    quantile = Loss(
        name="quantile",
        example=lambda scores, y: relu(y - scores[0]) * 0.9 + relu(scores[0] - y) * 0.1,
    )
    data = dataset([[0.0]] * 10, [float(i) for i in range(10)])
    model = nn.neuron(1, weights=[0.0], bias=3.0, activation=gate)
    end = last(take(200)(trainer.train(model, data, loss=quantile, optimizer=sgd(0.2))))
    assert nn.forward(end.model, [0.0]).data == pytest.approx(8.5, abs=0.6)


def test_one_hot_targets_train_as_class_numbers_do() -> None:
    data = dataset([[0.0], [1.0], [2.0]], [0, 1, 2])
    runs = [
        trainer.fit(
            nn.mlp(1, [3], init="glorot"),
            examples,
            steps=20,
            loss=softmax_cross_entropy(),
            optimizer=optim.momentum(0.1),
        )
        for examples in (data, one_hot(data))
    ]
    assert runs[0].final_loss == pytest.approx(runs[1].final_loss, rel=1e-12)
    assert runs[0].final_accuracy == runs[1].final_accuracy
