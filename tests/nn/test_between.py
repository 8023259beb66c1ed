"""Layer normalisation and dropout, against their formulas, under every backend."""

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PVector, pvector

from microfp import Record, Value, attr, datasets, func, nn, optim, total, trainer, value
from microfp.errors import ShapeError
from microfp.values import Scalar

NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8)


@given(inputs=NUMBERS, epsilon=st.floats(1e-6, 1.0))
def test_a_layer_norm_has_mean_0_and_the_variance_that_epsilon_leaves(
    inputs: list[float], epsilon: float
) -> None:
    n, center = len(inputs), math.fsum(inputs) / len(inputs)
    variance = math.fsum((x - center) ** 2 for x in inputs) / n
    found = [y.data for y in nn.layer_norm(inputs, epsilon=epsilon)]
    expected = [(x - center) / math.sqrt(variance + epsilon) for x in inputs]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_scales_and_shifts_are_applied_in_order_and_have_gradients() -> None:
    plain = [y.data for y in nn.layer_norm([1.0, 5.0])]
    found = [y.data for y in nn.layer_norm([1.0, 5.0], scales=[2.0, 3.0], shifts=[10.0, 20.0])]
    assert found == [2.0 * plain[0] + 10.0, 3.0 * plain[1] + 20.0]
    assert func.check_grads(
        lambda x, scales, shifts: total(nn.layer_norm(x, scales=scales, shifts=shifts)),
        ((1.0, 5.0, 2.0), (2.0, 3.0, 1.0), (0.0, 1.0, 2.0)),
        order=2,
    )


def test_what_does_not_fit_a_layer_norm_is_refused() -> None:
    with pytest.raises(ShapeError, match="scales must be as long as the inputs, 2, got 1"):
        nn.layer_norm([1.0, 2.0], scales=[1.0])
    with pytest.raises(ShapeError, match="inputs must be at least 1 number"):
        nn.layer_norm([])
    with pytest.raises(TypeError, match="inputs must be a sequence of numbers"):
        nn.layer_norm(1.0)  # type: ignore[arg-type]  # the mistake


class Normal(Record):
    """A network with a layer that is normalised."""

    hidden: nn.Layer = attr()
    scales: PVector[Value] = attr()
    last: nn.Neuron = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.last(nn.layer_norm(self.hidden(inputs), scales=self.scales))


def test_a_normalised_network_learns_alike_under_every_backend() -> None:
    first, last = nn.seeds(7, 2)
    model = Normal(
        hidden=nn.layer(2, 4, activation="tanh", seed=first),
        scales=pvector([value(1.0) for _ in range(4)]),
        last=nn.neuron(4, activation="identity", seed=last),
    )
    data, optimizer = datasets.moons(20), optim.adam(0.05)
    backends: list[trainer.Backend] = ["eager", "python", "native"]
    runs = [
        trainer.fit(model, data, optimizer=optimizer, steps=5, backend=backend).final_loss
        for backend in backends
    ]
    assert runs[0] == runs[1] == pytest.approx(runs[2], rel=1e-12)


@given(rate=st.floats(0.0, 0.9), seed=st.integers(0, 2**32 - 1), step=st.integers(0, 1000))
def test_dropout_keeps_numbers_scaled_or_leaves_them_out(rate: float, seed: int, step: int) -> None:
    inputs = [1.0, -2.0, 3.0]
    outputs = nn.dropout(inputs, rate, seed=seed, step=step)
    for x, y in zip(inputs, outputs, strict=True):
        assert y.data in (0.0, x * (1.0 / (1.0 - rate)))
    again = nn.dropout(inputs, rate, seed=seed, step=step)
    assert [y.data for y in outputs] == [y.data for y in again]


def test_dropout_leaves_out_as_many_as_it_should_and_keeps_the_mean() -> None:
    outputs = [
        y.data for step in range(200) for y in nn.dropout([1.0] * 50, 0.3, seed=1, step=step)
    ]
    # Ten thousand draws: four standard deviations.
    share = outputs.count(0.0) / len(outputs)
    assert abs(share - 0.3) <= 4.0 * math.sqrt(0.3 * 0.7 / len(outputs))
    assert math.fsum(outputs) / len(outputs) == pytest.approx(1.0, abs=0.03)


def test_steps_and_seeds_leave_out_other_places() -> None:
    drawn = {
        tuple(y.data for y in nn.dropout([1.0] * 40, 0.5, seed=seed, step=step))
        for seed in range(5)
        for step in range(5)
    }
    assert len(drawn) == 25


def test_nothing_comes_back_along_what_was_left_out() -> None:
    inputs = [value(random.Random(1).random()) for _ in range(20)]
    outputs = nn.dropout(inputs, 0.5, seed=3, step=9)
    slopes = func.grad(lambda xs: total(nn.dropout(xs, 0.5, seed=3, step=9)))(
        tuple(x.data for x in inputs)
    )
    assert [slope != 0.0 for slope in slopes] == [y.data != 0.0 for y in outputs]


@pytest.mark.parametrize("rate", [1.0, -0.1, 2.0])
def test_a_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=r"dropout: rate must be a number in \[0, 1\)"):
        nn.dropout([1.0], rate, seed=1, step=0)
