"""Laws: division by zero and complex roots mean the same in a step of every backend."""

import math
from collections.abc import Callable, Sequence

import pytest

from microfp import backward, datasets, func, grad, losses, nn, optim, trainer, value
from microfp.datasets import Dataset
from microfp.losses import Loss
from microfp.optim import Optimizer, Rule
from microfp.trainer import Backend
from microfp.values import Scalar
from tests.func.curves import number

LINE = nn.neuron(1, weights=[0.5], activation="identity")
DATA = datasets.dataset([[0.0], [-1.0]], [0.0, -2.0])
SQUARED = losses.mean_squared_error()

BACKENDS: list[Backend] = ["eager", "auto", "python", "native"]


def trained(
    backend: Backend,
    *,
    model: nn.Model = LINE,
    data: Dataset = DATA,
    loss: Loss = SQUARED,
    optimizer: Optimizer = optim.sgd(0.1),
) -> list[float]:
    step = trainer.make_step(loss, optimizer, data, backend=backend)
    state = step(trainer.initial_state(model, optimizer))
    assert state.metrics is not None
    return [state.metrics.loss, state.metrics.accuracy or 0.0, *trainer.parameter_numbers(state)]


def hexes(numbers: Sequence[float]) -> list[str]:
    return [number.hex() for number in numbers]


RULES: list[Callable[..., tuple[object, object]]] = [
    lambda g, slots, p, _: (g / 0.0, slots),
    lambda g, slots, p, _: (p / (p - p), slots),
    lambda g, slots, p, _: ((-p) ** 0.5, slots),
    lambda g, slots, p, _: ((p * 1e300) ** 2, slots),
    lambda g, slots, p, _: (((-p) ** 0.5 > 0.0) * g, slots),
]


@pytest.mark.parametrize("function", RULES)
@pytest.mark.parametrize("wrap", [lambda o: o, lambda o: optim.masked([True, False], o)])
def test_a_rule_divides_by_ieee_754(
    function: Callable[..., tuple[object, object]], wrap: Callable[[Optimizer], Optimizer]
) -> None:
    rule = Rule(function=function)  # type: ignore[arg-type]  # of numbers
    optimizer = wrap(optim.from_rule("own", rule))
    runs = [trained(backend, optimizer=optimizer) for backend in ("eager", "auto", "python")]
    assert hexes(runs[1]) == hexes(runs[0]) == hexes(runs[2])
    assert trained("native", optimizer=optimizer) == pytest.approx(runs[0], nan_ok=True)


def test_a_judge_divides_by_ieee_754() -> None:
    judged = Loss(
        name="judged",
        example=lambda scores, y: scores[0] - y,
        is_correct=lambda scores, y: scores[0] / y > 1.0 or y / scores[0] > 1.0,
    )
    zero = nn.neuron(1, weights=[0.0], activation="identity")
    runs = [trained(backend, model=zero, loss=judged) for backend in BACKENDS]
    assert [run[1] for run in runs] == [0.0] * 4


@pytest.mark.parametrize(
    "partial", [lambda a, y: (y / a,), lambda a, y: (a**-1.5,), lambda a, y: ((a - 1.0) ** 0.5,)]
)
def test_a_partial_of_ones_own_divides_by_ieee_754(partial: Callable[..., object]) -> None:
    own = func.custom_derivative(lambda a: a, partial, name="own")  # type: ignore[arg-type]  # rows
    number, node = func.grad(own)(0.0), func.grad(own)(value(0.0))
    assert type(number) is float
    assert number.hex() == node.data.hex()


def test_the_hypotenuse_of_nothing_has_no_slope() -> None:
    hypot = func.custom_derivative(math.hypot, lambda a, b, y: (a / y, b / y), arity=2)
    assert str(func.grad(hypot, argnums=(0, 1))(0.0, 0.0)) == "(nan, nan)"


def test_an_infinity_less_itself_has_no_slope_by_any_way() -> None:
    def nothing(x: Scalar) -> Scalar:
        return 1.0 / x - 1.0 / x

    x = value(0.0)
    assert math.isnan(func.grad(lambda x: nothing(x) + 0.0)(0.0))
    assert math.isnan(number(func.grad(nothing)(x)))
    assert math.isnan(grad(x, backward(nothing(x))))  # type: ignore[arg-type]  # a node
