"""Laws of the backends: how a step is computed changes no bit of what it means."""

import math
import struct
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrsistent import PVector, pvector

from microfp import values
from microfp.compiler.python.step import Plan, find_plan
from microfp.compiler.trace.structure import template
from microfp.datasets import Dataset, dataset
from microfp.losses import Loss, max_margin
from microfp.nn import ACTIVATIONS, MLP, ActivationName, mlp
from microfp.optim import sgd
from microfp.record import Record, attr
from microfp.toolbox import take
from microfp.trainer import Backend, Metrics, TrainState, train
from microfp.tree import parameters, with_parameters
from microfp.values import Scalar, Value, lift
from tests.expressions import ARITY, VALUES, Step, evaluate

WILD = st.one_of(
    st.floats(-3, 3),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-300, 1e160, -1e160, math.inf, -math.inf, math.nan]),
)
FINITE = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, -0.0, 1e-300, 1e160, -1e160]))


class Formula(Record):
    """A model that is any expression of its weights and inputs: two scores, the last results."""

    weights: PVector[Value] = attr()
    steps: tuple[Step, ...] = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        leaves = [*self.weights, *map(lift, inputs)]
        return (
            evaluate(self.steps, leaves, VALUES),
            evaluate(self.steps[: len(self.steps) // 2], leaves, VALUES),
        )


@st.composite
def steps(draw: st.DrawFn, leaves: int) -> tuple[Step, ...]:
    """Operations on whatever stands before them, wherever it leads."""
    made: list[Step] = []
    for op in draw(st.lists(st.sampled_from(tuple(VALUES)), min_size=1, max_size=14)):
        arity = draw(st.integers(0, 4)) if op == "total" else ARITY.get(op, 1)
        count = leaves + len(made)
        # The latest results are the likeliest, so that graphs grow deep.
        back = [draw(st.one_of(st.integers(1, 3), st.integers(1, count))) for _ in range(arity)]
        operands = tuple(max(0, count - n) for n in back)
        exponents = st.sampled_from([-2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0])
        made.append(Step(op, operands, (draw(exponents),) if op == "constant_power" else ()))
    return tuple(made)


@st.composite
def formulas(draw: st.DrawFn, width: int) -> Formula:
    weights = pvector(map(values.value, draw(st.lists(WILD, min_size=1, max_size=3))))
    return Formula(weights=weights, steps=draw(steps(len(weights) + width)))


PENALTIES: tuple[Callable[[Value], Value] | None, ...] = (
    None,
    lambda p: 0.5 * (p * p),
    lambda p: p,
    lambda p: -p,
    lambda p: values.softplus(p) + abs(p),
    lambda p: values.log(p) / p,
    lambda p: values.value(3.0),
)


@st.composite
def losses(draw: st.DrawFn) -> Loss:
    """Any expression of two scores and a target as loss, and a penalty."""
    own = draw(steps(3))
    return Loss(
        name="drawn",
        example=lambda scores, y: evaluate(own, [*scores, lift(y)], VALUES),
        penalty=draw(st.sampled_from(PENALTIES)),
    )


@st.composite
def datasets(draw: st.DrawFn, width: int) -> Dataset:
    rows = draw(st.lists(st.tuples(*[FINITE] * width), min_size=1, max_size=5))
    return dataset(rows, [draw(FINITE) for _ in rows])


def bits(number: float | None) -> bytes:
    """A number as IEEE 754 stores it; every nan counts as the same."""
    return struct.pack("d", math.nan if number is None or math.isnan(number) else number)


def trace(metrics: Metrics | None) -> tuple[object, ...]:
    assert metrics is not None
    fields = dict(metrics)
    return tuple(bits(x) if isinstance(x, float) else x for x in fields.values())


def observed(states: Sequence[TrainState[Formula]]) -> list[object]:
    return [
        (state.step, trace(state.metrics), [bits(p.data) for p in parameters(state.model)])
        for state in states
    ]


@given(st.data(), st.integers(1, 2), st.sampled_from([None, 1, 2]), losses())
@settings(max_examples=300)
def test_generated_python_has_the_bits_of_eager_for_any_formula(
    data: st.DataObject, width: int, batch_size: int | None, loss: Loss
) -> None:
    model = data.draw(formulas(width))
    examples = data.draw(datasets(width))

    def states(backend: Backend) -> list[object]:
        stream = train(
            model, examples, loss=loss, optimizer=sgd(0.1), batch_size=batch_size, backend=backend
        )
        return observed(list(take(4, stream)))

    assert isinstance(find_plan(loss, template(model), width), Plan)
    assert states("python") == states("eager")


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1.0, 1e3, 1e200]),
    st.lists(st.tuples(FINITE, FINITE, st.sampled_from([-1.0, 1.0])), min_size=1, max_size=6),
)
@settings(max_examples=30)
def test_generated_python_has_the_bits_of_eager_for_any_perceptron(
    activation: ActivationName,
    widths: list[int],
    seed: int,
    scale: float,
    rows: list[tuple[float, float, float]],
) -> None:
    examples = dataset([row[:2] for row in rows], [row[2] for row in rows])
    made = mlp(2, [*widths, 1], activation=activation, seed=seed)
    model = made if scale == 1.0 else _scaled(made, scale)

    def history(backend: Backend) -> list[object]:
        stream = train(model, examples, loss=max_margin(alpha=0.1), backend=backend)
        return [
            (trace(state.metrics), [bits(p.data) for p in parameters(state.model)])
            for state in take(5, stream)
        ]

    assert history("python") == history("eager")


def _scaled(model: MLP, scale: float) -> MLP:
    """Weights so large that numbers overflow on the way, as they do in a run that diverges."""
    return with_parameters(model, [p.data * scale for p in parameters(model)])
