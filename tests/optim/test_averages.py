"""Averages of parameters are what their equations say, and are found in a state."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pvector

from microfp import datasets, nn, optim, trainer
from microfp.optim import Numbers, averaged_parameters, chain, ema, lookahead, schedule_free, sgd
from microfp.toolbox import take
from microfp.trainer import Backend
from microfp.tree import parameters

numbers = st.floats(-10.0, 10.0)


def moved(optimizer: optim.Optimizer, gradients: Sequence[float]) -> tuple[list[float], object]:
    """One parameter, from 1.0 on, after each step; and the state after the last."""
    x: Numbers = pvector([1.0])
    state, visited = optimizer.init(x), []
    for step, gradient in enumerate(gradients):
        updates, state = optimizer.update(pvector([gradient]), state, x, step)
        x = pvector([x[0] + updates[0]])
        visited.append(x[0])
    return visited, state


@given(gradients=st.lists(numbers, min_size=1, max_size=20), decay=st.floats(0.0, 0.99))
def test_ema_is_the_mean_with_weights_that_decay(gradients: list[float], decay: float) -> None:
    visited, state = moved(chain(sgd(0.1), ema(decay)), gradients)
    first, *later = visited
    count = len(later)
    expected = first * decay**count + sum(
        (1.0 - decay) * decay ** (count - 1 - k) * x for k, x in enumerate(later)
    )
    assert averaged_parameters(state, pvector([0.0]))[0] == pytest.approx(
        expected, rel=1e-12, abs=1e-12
    )
    assert visited == moved(sgd(0.1), gradients)[0]


@given(gradients=st.lists(numbers, min_size=1, max_size=20))
def test_lookahead_goes_half_of_the_way(gradients: list[float]) -> None:
    visited, _ = moved(lookahead(sgd(0.1), every=3, alpha=0.5), gradients)
    slow = fast = 1.0
    for step, gradient in enumerate(gradients):
        fast -= 0.1 * gradient
        if step % 3 == 2:
            slow = fast = slow + 0.5 * (fast - slow)
        assert visited[step] == pytest.approx(fast, rel=1e-12, abs=1e-12)


@given(gradients=st.lists(numbers, min_size=1, max_size=20))
def test_the_average_of_a_constant_rate_is_the_mean_of_the_fast(gradients: list[float]) -> None:
    _, state = moved(schedule_free(sgd(0.1), beta=0.5), gradients)
    fast = [1.0 - 0.1 * sum(gradients[: k + 1]) for k in range(len(gradients))]
    assert averaged_parameters(state, pvector([0.0]))[0] == pytest.approx(
        sum(fast) / len(fast), rel=1e-12, abs=1e-12
    )


def test_what_holds_no_average_is_refused() -> None:
    p = pvector([1.0])
    for state, given_ in (
        (sgd(0.1).init(p), p),
        (ema().init(p), p),
        (moved(ema(), [1.0])[1], pvector([1.0, 2.0])),
    ):
        with pytest.raises(TypeError, match="averaged_parameters: optimizer_state must be"):
            averaged_parameters(state, given_)


@pytest.mark.parametrize("backend", ["python", "native"])
@pytest.mark.parametrize(
    "optimizer",
    [
        lookahead(optim.adam(0.05), every=2),
        schedule_free(sgd(0.1)),
        chain(optim.nadam(0.05), ema(0.5)),
        optim.radam(0.05),
        optim.amsgrad(0.05),
        optim.adamax(0.05),
        optim.adadelta(0.5),
        optim.lamb(0.05),
        optim.lbfgs(memory=3),
        optim.sam(sgd(0.1)),
        optim.skip_not_finite(sgd(0.1)),
        optim.chain(optim.gradient_noise(0.1), sgd(0.1)),
        optim.chain(optim.centralize(), sgd(0.1)),
        optim.multi_transform(
            {"w": optim.lamb(0.05), "b": optim.chain(optim.centralize(), sgd(0.1))}, "wwbwwbwwb"
        ),
    ],
    ids=lambda it: it if isinstance(it, str) else it.name,
)
def test_every_backend_computes_what_eager_computes(
    optimizer: optim.Optimizer, backend: Backend
) -> None:
    model, data = nn.mlp(2, [2, 1], activation="tanh", seed=2), datasets.moons(8)

    def trained(how: Backend) -> list[list[float]]:
        states = take(8, trainer.train(model, data, optimizer=optimizer, backend=how))
        return [[p.data for p in parameters(state.model)] for state in states]

    for mine, theirs in zip(trained(backend), trained("eager"), strict=True):
        assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-12)
