"""Steps by generated Python: what it cannot do it says, and `auto` does it as eager does."""

from collections.abc import Sequence

import pytest

from microfp import datasets, losses, nn, optim, trainer, value
from microfp.errors import TraceError
from microfp.losses import Loss
from microfp.record import Record, attr
from microfp.trainer import Backend, auto, eager, python
from microfp.trainer.backend import Training, checked_training
from microfp.values import Scalar, Value


class Branching(Record):
    """A model that looks at its numbers, so that its graph is not the same for all inputs."""

    weight: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        score = self.weight * inputs[0]
        return score if score.data > 0.0 else 0.5 * score


LOSS, MODEL = losses.mean_squared_error(), Branching(weight=value(0.75))
DATA = datasets.dataset([[1.0], [-2.0], [0.5]], [1.0, -1.0, 0.25])


def training_of(loss: Loss, data: datasets.Dataset, batch_size: int | None = None) -> Training:
    return checked_training(loss, optim.sgd(0.1), data, batch_size, None)


def test_what_cannot_be_traced_is_refused_by_every_way_in() -> None:
    training, start = training_of(LOSS, DATA), trainer.initial_state(MODEL, optim.sgd(0.1))
    for ask in (
        lambda: python.step(training, start),
        lambda: next(python.states(training, start)),
        lambda: python.gradient(LOSS, MODEL, DATA),
    ):
        with pytest.raises(TraceError):
            ask()


def test_where_it_cannot_be_traced_auto_is_eager_to_the_bit() -> None:
    # d/dw of the mean of (w - 1)^2, (0.5 * 2 w - 1)^2 and (0.5 w - 0.25)^2, at w = 0.75
    by_hand = (2.0 * (0.75 - 1.0) + 2.0 * (0.75 - 1.0) + 0.5 * 2.0 * (0.375 - 0.25)) / 3.0
    (found,) = auto.gradient(LOSS, MODEL, DATA)
    assert found == pytest.approx(by_hand, rel=1e-15)
    assert [found] == list(eager.gradient(LOSS, MODEL, DATA))
    training, start = training_of(LOSS, DATA), trainer.initial_state(MODEL, optim.sgd(0.1))
    after = auto.step(training, start).model.weight.data
    assert after == pytest.approx(0.75 - 0.1 * by_hand, rel=1e-15)
    assert next(auto.states(training, start)).model.weight.data == after


@pytest.mark.parametrize("backend", ["auto", "python", "eager"])
def test_a_target_without_meaning_is_refused_by_the_step_that_meets_it(backend: Backend) -> None:
    data = datasets.dataset([[0.5], [1.5], [-1.0]], [2.0, 0.0, 3.0])  # of three classes
    step = trainer.make_step(
        losses.softmax_cross_entropy(),
        optim.sgd(0.1),
        data,
        batch_size=1,
        seed=None,
        backend=backend,
    )
    second = step(step(trainer.initial_state(nn.mlp(1, [3]), optim.sgd(0.1))))
    assert second.step == 2
    with pytest.raises(ValueError, match="a class number below 3"):
        step(second)
