"""Tests of the loop over examples: what is skipped changes no bit."""

import re
import struct
from collections.abc import Callable, Sequence
from functools import reduce
from types import FunctionType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrsistent import PVector, pvector

from microfp import Value, datasets, losses, nn, relu, trainer, tree, value
from microfp.compiler.ir.adjoint import carried_program
from microfp.compiler.ir.bounds import largest_leaf
from microfp.compiler.ir.program import Program
from microfp.compiler.python.loop import loop_source
from microfp.compiler.python.source import compiled, functions_of
from microfp.compiler.trace.calls import trace_example
from microfp.losses import Loss
from microfp.ops import positive
from microfp.record import Record, attr
from microfp.values import Scalar, lift, total

SMALL = st.one_of(st.floats(-3, 3, allow_subnormal=False), st.sampled_from([0.0, 1.0, -1.0, 2.0]))
SIGNED = st.one_of(SMALL, st.just(-0.0))
ROWS = st.lists(st.tuples(SIGNED, SIGNED, st.sampled_from([-1.0, 1.0])), min_size=1, max_size=5)


class Network(Record):
    """A model that is any function of its weights and inputs."""

    weights: PVector[Value] = attr()
    function: Callable[..., tuple[Scalar, ...]] = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        return tuple(map(lift, self.function(self.weights, list(map(lift, inputs)))))


def relu_of_relu(w: Sequence[Value], x: Sequence[Value]) -> tuple[Value, ...]:
    inner = [relu(w[0] * x[0] + w[1]), relu(w[2] * x[1] + w[3])]
    outer = [relu(relu(inner[0] * w[4] + inner[1] * w[5]) * w[6] + inner[1] * w[7]), inner[0]]
    return (outer[0] * w[8] + outer[1] * w[9],)


def leaky(w: Sequence[Value], x: Sequence[Value]) -> tuple[Value, ...]:
    a, b = (v * w[0] + w[1] for v in x)
    slopes = [relu(a) - w[2] * relu(-a), relu(b) - w[3] * relu(-b)]
    return (total([w[4], slopes[0] * w[5], slopes[1] * w[6], relu(a) * relu(b) * w[7]]),)


def shared(w: Sequence[Value], x: Sequence[Value]) -> tuple[Value, ...]:
    hidden = [relu(x[i] * w[j] + w[2]) for i in range(2) for j in range(2)]
    scores = [total([h * w[3 + i] for h in hidden]) for i in range(3)]
    return (scores[0], total([relu(s) * w[6] for s in scores]), -scores[2] + hidden[0])


def without_bias(w: Sequence[Value], x: Sequence[Value]) -> tuple[Value, ...]:
    first = [relu(total([w[2 * i] * x[0], w[2 * i + 1] * x[1]])) for i in range(3)]
    second = [relu(total([h * w[6 + i] for h in first])) for i in range(2)]
    return (total([second[0] * w[8], second[1] * w[9], first[0] * second[0]]),)


def tents(w: Sequence[Value], x: Sequence[Value]) -> tuple[Value, ...]:
    hidden = [relu(h) * relu(1.0 - h) for h in (v * w[0] + w[1] for v in x)]
    return (total([w[2], hidden[0] * w[3], hidden[1] * w[4]]),)


def tents_of_tents(w: Sequence[Value], x: Sequence[Value]) -> tuple[Value, ...]:
    first, *_ = (relu(h) * relu(1.0 - h) for h in (v * w[0] + w[1] for v in x))
    hidden = [relu(h) * relu(1.0 - h) for h in (first * w[2 + i] + w[3 + i] for i in range(3))]
    return (total([w[6], *(h * w[7 + i] for i, h in enumerate(hidden))]),)


def chain(w: Sequence[Value], x: Sequence[Value]) -> tuple[Value, ...]:
    pairs = zip(w[::2], w[1::2], strict=True)
    return (reduce(lambda h, pair: relu(h * pair[0] + pair[1]), pairs, x[0]),)


def steps(w: Sequence[Value], x: Sequence[Value]) -> tuple[Value, ...]:
    return (lift(positive(x[0] * w[0] + x[1] * w[1])) * w[2],)


def all_squared(scores: Sequence[Value], y: float) -> Value:
    return total([(score - y) ** 2 for score in scores]) + relu(1.0 - y * scores[0])


FUNCTIONS = (relu_of_relu, leaky, shared, without_bias, tents, tents_of_tents, chain, steps)
LOSSES = (
    losses.max_margin(),
    Loss(name="all_squared", example=all_squared),
    Loss(name="last", example=lambda scores, y: scores[-1]),
    Loss(name="far", example=lambda scores, y: relu(relu(1.0 - y * scores[0]) - 0.25)),
)


def runner(program: Program, count: int, *, gated: bool) -> Callable[..., object]:
    source = loop_source(program, carried=count, gated=gated)
    return compiled(source, tuple(functions_of(program).items()))


def bits(result: object) -> object:
    if isinstance(result, float):
        return struct.pack("<d", result)
    assert isinstance(result, list | tuple), result
    return [bits(part) for part in result]


def assert_skipping_changes_nothing(
    loss: Loss, model: nn.Model, rows: Sequence[tuple[float, float, float]]
) -> None:
    graph = trace_example(loss, model, 2)
    program, count = carried_program(graph), len(graph.parameters)
    assert largest_leaf(program) is not None
    numbers = [p.data for p in tree.parameters(model)]
    given_ = [row[:2] for row in rows], [row[2] for row in rows], 0.25, numbers, [0.0] * count
    gated, plain = (runner(program, count, gated=gated)(*given_) for gated in (True, False))
    assert bits(gated) == bits(plain)


@pytest.mark.parametrize("loss", LOSSES, ids=[loss.name for loss in LOSSES])
@pytest.mark.parametrize("function", FUNCTIONS, ids=[f.__name__ for f in FUNCTIONS])
@given(st.lists(SMALL.map(lambda w: w + 0.0), min_size=10, max_size=10), ROWS)
@settings(max_examples=40)
def test_skipping_changes_no_bit_of_an_unusual_network(
    function: Callable[..., tuple[Value, ...]],
    loss: Loss,
    weights: list[float],
    rows: list[tuple[float, float, float]],
) -> None:
    one_score = len(function([value(1.0)] * 10, [value(1.0)] * 2)) == 1
    model = Network(weights=pvector(map(value, weights)), function=function)
    if one_score or loss.name != "max_margin":
        assert_skipping_changes_nothing(loss, model, rows)


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.sampled_from([1, 3]),
    st.data(),
    ROWS,
)
@settings(max_examples=60)
def test_skipping_changes_no_bit_of_a_perceptron(
    widths: list[int], outputs: int, data: st.DataObject, rows: list[tuple[float, float, float]]
) -> None:
    blank = nn.mlp(2, [*widths, outputs])
    numbers = [data.draw(SMALL) + 0.0 for _ in tree.parameters(blank)]
    loss = LOSSES[0] if outputs == 1 else LOSSES[1]
    assert_skipping_changes_nothing(loss, tree.with_parameters(blank, numbers), rows)


@pytest.mark.parametrize("width", [16, 64])
def test_skipping_changes_no_bit_of_a_network_with_more_variables_than_a_byte_can_number(
    width: int,
) -> None:
    data = datasets.moons(12)
    rows = [(a, b, y) for (a, b), y in zip(data.xs, data.ys, strict=True)]
    assert_skipping_changes_nothing(losses.max_margin(), nn.mlp(2, [width, width, 1]), rows)


@pytest.mark.parametrize("gated", [True, False])
def test_what_is_computed_for_an_example_has_a_number_that_a_byte_can_hold(*, gated: bool) -> None:
    graph = trace_example(losses.max_margin(), nn.mlp(2, [16, 16, 1]), 2)
    loop = runner(carried_program(graph), len(graph.parameters), gated=gated)
    assert isinstance(loop, FunctionType)
    names = loop.__code__.co_varnames
    assert len(names) > 256
    assert not [name for name in names[256:] if not re.fullmatch(r"[pg]\d+", name)]


def test_a_bias_of_minus_zero_is_measured_without_skipping() -> None:
    """A score that is -0.0 in eager would be 0.0 where its terms were skipped or kept."""
    model = nn.mlp(1, [2, 1])
    numbers = [0.0, 0.0, 0.0, 0.0, -1.0, -1.0, -0.0]
    shown = Loss(name="shown", example=lambda scores, y: scores[0] * y)
    data = datasets.dataset([[1.0], [2.0]], [1.0, 1.0])
    runs = [
        trainer.fit(
            tree.with_parameters(model, numbers), data, steps=2, loss=shown, backend=backend
        )
        for backend in ("eager", "python")
    ]
    first, second = ([(m.loss.hex(), m.gradient_norm.hex()) for m in run.history] for run in runs)
    assert first == second


@pytest.mark.parametrize("widths", [[1], [3, 1], [16, 16, 1]])
def test_every_line_is_written_exactly_once(widths: list[int]) -> None:
    """Each gradient of a weight is added to in one place."""
    graph = trace_example(losses.max_margin(), nn.mlp(2, widths), 2)
    count = len(graph.parameters)
    source = loop_source(carried_program(graph), carried=count, gated=True)
    added = [line.split()[0] for line in source.splitlines() if line.strip().startswith("g")]
    names = [name for name in added if "," not in name]
    assert sorted(names) == sorted(f"g{i}" for i in range(count))


@pytest.mark.parametrize("depth", range(1, 8))
def test_nothing_comes_back_through_a_closed_relu_under_any_number_of_open_ones(
    depth: int,
) -> None:
    """Its weights are those of the first layer, and -1 times 1 is below 0."""
    model = nn.mlp(1, [1] * depth + [1])
    numbers = [1.0, 0.0] + [1.0, 1.0] * depth
    graph = trace_example(losses.max_margin(), model, 1)
    loop = runner(carried_program(graph), len(numbers), gated=True)
    result = loop([(-1.0,)], [-1.0], 1.0, numbers, [0.0] * len(numbers))
    assert isinstance(result, tuple)
    gradients = result[2]
    assert gradients[:2] == (0.0, 0.0)
    assert gradients[-1] == 1.0


def test_a_step_that_is_closed_gives_the_zero_of_its_product() -> None:
    model = Network(weights=pvector(map(value, [-1.0, -1.0, -3.0])), function=steps)
    assert_skipping_changes_nothing(LOSSES[2], model, [(1.0, 1.0, 1.0)])


def test_a_deep_network_is_nested_no_deeper_than_its_guards_allow() -> None:
    graph = trace_example(losses.max_margin(), nn.mlp(2, [2] * 30 + [1]), 2)
    source = loop_source(carried_program(graph), carried=len(graph.parameters), gated=True)
    deepest = max(len(line) - len(line.lstrip()) for line in source.splitlines())
    assert deepest <= 4 * (2 + 3)
