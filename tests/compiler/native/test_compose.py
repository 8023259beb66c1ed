"""Loops from calls: they mean what the graph of all scalars means, for parts of every kind."""

import math
import random
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import pytest
from pyrsistent import PVector, pvector

from microfp import (
    Record,
    Value,
    attr,
    backward,
    cos,
    datasets,
    exp,
    grad,
    losses,
    nn,
    optim,
    relu,
    sin,
    tanh,
    total,
    trainer,
    value,
)
from microfp.compiler.ir.adjoint import forward_program
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Instruction, primitive_of
from microfp.compiler.native.compose import Calls, roll_forward
from microfp.compiler.native.loops import Expression, Load, Nest, Number, Rolled, Total
from microfp.compiler.native.roll import find_loops
from microfp.compiler.native.run.trainer import code_by_kinds
from microfp.compiler.native.stages import code_stages
from microfp.compiler.trace.calls import trace_model
from microfp.compiler.trace.kinds import trace_rows
from microfp.compiler.trace.structure import template
from microfp.losses import Loss
from microfp.nn import forward_many
from microfp.tree import parameters, with_parameters


class Memory(dict[tuple[str, int], float]):
    """Numbers by the kind of a load and its place."""

    def read(self, load: Load, member: Sequence[int], term: int) -> float:
        strides = zip(load.strides, member, strict=True) if load.strides else ()
        return self[load.kind, load.base + sum(a * b for a, b in strides) + load.step * term]


def members(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    if not shape:
        return [()]
    return [(i, *rest) for i in range(shape[0]) for rest in members(shape[1:])]


def evaluated(
    it: Expression, memory: Memory, member: Sequence[int], term: int, so_far: float
) -> float:
    """What an expression means: an interpreter of loops, to compare with graphs."""
    if isinstance(it, Total):
        return so_far
    if isinstance(it, Number):
        return it.data
    if isinstance(it, Load):
        return memory.read(it, member, term)
    numbers = [evaluated(operand, memory, member, term, so_far) for operand in it.operands]
    constants = [] if it.parameter is None else [it.parameter]
    return primitive_of(Instruction(it.op)).forward(*numbers, *constants)


def run_nest(nest: Nest, memory: Memory) -> None:
    for member in members(nest.shape):
        sum_so_far = 0.0
        for segment in nest.segments:
            for term in range(segment.count):
                sum_so_far += evaluated(segment.term, memory, member, term, 0.0)
        result = evaluated(nest.result, memory, member, 0, sum_so_far)
        strides = zip(nest.target.strides, member, strict=True) if nest.target.strides else ()
        place = nest.target.kind, nest.target.base + sum(a * b for a, b in strides)
        assert place not in memory, "each number is written once"
        memory[place] = result


def meaning(rolled: Rolled, inputs: Sequence[float], numbers: Sequence[float]) -> Memory:
    memory = Memory()
    memory |= {("x", i): x for i, x in enumerate(inputs)}
    memory |= {("p", i): p for i, p in enumerate(numbers)}
    memory["u", 0] = 1.0
    for nest in (*rolled.nests, *rolled.sums):
        run_nest(nest, memory)
    return memory


class Bent(Record):
    """A part that reads each input twice, bends it first, and reads its own sum twice."""

    weights: PVector[Value] = attr()
    gates: tuple[Value, ...] = attr()

    def __call__(self, inputs: Sequence[Value]) -> Value:
        bent = [tanh(x) for x in inputs]
        opened = total([g * x for g, x in zip(self.gates, inputs, strict=True)])
        return total([w * x for w, x in zip(self.weights, bent, strict=True)]) * exp(
            -opened * opened
        )


class First(Record):
    """A part that has nothing to do with most of its inputs, and bends all of its weights."""

    weights: tuple[Value, ...] = attr()

    def __call__(self, inputs: Sequence[Value]) -> Value:
        return inputs[0] * total([tanh(w * w) for w in self.weights]) + relu(inputs[0])


class Turned(Record):
    """A part whose derivative has what the part itself has, of other numbers."""

    weights: tuple[Value, ...] = attr()

    def __call__(self, inputs: Sequence[Value]) -> Value:
        a, b = [w * x for w, x in zip(self.weights, inputs, strict=True)]
        return cos(a) + sin(b)


class Passes(Record):
    """A part that hands its first input on, and has a parameter for nothing."""

    level: Value = attr()

    def __call__(self, inputs: Sequence[Value]) -> Value:
        return inputs[0]


class Bare(Record):
    """A part that hands one parameter on, whatever comes."""

    level: Value = attr()

    def __call__(self, _inputs: Sequence[Value]) -> Value:
        return self.level


class Stack(Record):
    """Parts in rows."""

    rows: tuple[tuple[Any, ...], ...] = attr()

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        signals: tuple[Value, ...] = tuple(inputs)
        for row in self.rows:
            signals = tuple([part(signals) for part in row])
        return signals


def bent(width: int) -> Bent:
    some = tuple([value(0.0) for _ in range(2 * width)])
    return Bent(weights=pvector(some[:width]), gates=some[width:])


def first(width: int) -> First:
    return First(weights=tuple([value(0.0) for _ in range(width)]))


def passes() -> Passes:
    return Passes(level=value(0.0))


def turned() -> Turned:
    return Turned(weights=(value(0.0), value(0.0)))


def scored(example: Any) -> Loss:
    return Loss(name="own", example=example, penalty=None, is_correct=None)


SOFTMAX = losses.softmax_cross_entropy()
MARGIN = losses.max_margin()
MODELS: dict[str, tuple[Any, int, Loss]] = {
    **{
        f"{activation} {widths}": (nn.mlp(4, widths, activation=activation), 4, SOFTMAX)
        for activation in ("relu", "tanh", "sigmoid", "softplus", "identity")
        for widths in ([5, 3], [4, 4, 4], [1, 3], [3, 1, 1, 2])
    },
    "one score": (nn.mlp(2, [6, 5, 1], activation="tanh"), 2, MARGIN),
    "one neuron": (nn.neuron(3), 3, MARGIN),
    "relu at the end": (nn.layer(3, 4, activation="relu"), 3, SOFTMAX),
    "own": (nn.mlp(3, [4, 4, 2], activation=lambda a: a * tanh(a)), 3, SOFTMAX),
    "bent": (Stack(rows=((bent(3), bent(3)), (bent(2), bent(2)))), 3, SOFTMAX),
    "mixed": (
        Stack(rows=((bent(2), bent(2), bent(2)), (nn.neuron(3), nn.neuron(3)), (bent(2), bent(2)))),
        2,
        SOFTMAX,
    ),
    "first": (Stack(rows=((first(2), first(2)), (first(3), first(3)))), 2, SOFTMAX),
    "bare": (
        Stack(rows=((bent(2),), (Bare(level=value(0.0)), Bare(level=value(0.0))))),
        2,
        SOFTMAX,
    ),
    "turned": (Stack(rows=((turned(), turned()), (turned(), turned()))), 2, SOFTMAX),
    "passing neurons": (Stack(rows=((nn.neuron(2),), (passes(), passes()))), 2, SOFTMAX),
    "passing to neurons": (
        Stack(rows=((nn.neuron(2),), (passes(), passes()), (nn.neuron(2),), (passes(),))),
        2,
        MARGIN,
    ),
    "scaled": (nn.mlp(2, [3, 3, 2], activation=lambda a: relu(0.5 * a)), 2, SOFTMAX),
    "a product": (nn.mlp(2, [3, 1]), 2, scored(lambda scores, y: scores[0] * y)),
    "a score": (nn.mlp(2, [3, 2]), 2, scored(lambda scores, y: scores[1])),
    "no score": (nn.mlp(2, [3, 2]), 2, scored(lambda scores, y: exp(y))),
    "a square": (nn.mlp(2, [3, 3]), 2, scored(lambda scores, y: total([s * s for s in scores]))),
    "a sum": (nn.mlp(2, [3, 3]), 2, scored(lambda scores, y: total(scores) * y)),
}


@pytest.mark.parametrize("name", MODELS)
def test_it_means_what_the_graph_means(name: str) -> None:
    model, width, loss = MODELS[name]
    draw = random.Random(name)
    numbers = [draw.uniform(-1.0, 1.0) for _ in parameters(model)]
    inputs, target = [draw.uniform(-1.0, 1.0) for _ in range(width)], 1.0
    code = code_by_kinds(loss, template(model), width, 1)
    assert code is not None
    rolled = code.executable.rolled
    assert rolled is not None
    found = meaning(rolled, [*inputs, target], numbers)

    leaves = [value(number) for number in numbers]
    scores = forward_many(with_parameters(model, leaves), inputs)
    cost = loss.example(scores, target)
    gradients = backward(cost)
    expected = [grad(leaf, gradients) for leaf in leaves]

    def close(a: float, b: float) -> bool:
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-14)

    assert all(close(found["s", i], expected_here) for i, expected_here in enumerate(expected)), (
        name
    )
    assert close(found["s", len(numbers)], cost.data)
    assert all(
        close(found.read(load, (), 0), score.data)
        for load, score in zip(rolled.outputs, scores, strict=True)
    )
    assert rolled.parameter_count == len(numbers)
    assert rolled.node_count == sum(kind == "n" for kind, _ in found)


def forward_of(model: Any, width: int) -> Rolled:
    rows = trace_rows(model, width)
    assert rows is not None
    calls = [Calls(forward_program(row.kind), row.calls, row.first, row.step) for row in rows]
    return roll_forward(calls)


@pytest.mark.parametrize("name", MODELS)
def test_without_gradients_it_means_what_the_model_gives(name: str) -> None:
    model, width, _ = MODELS[name]
    draw = random.Random(name)
    numbers = [draw.uniform(-1.0, 1.0) for _ in parameters(model)]
    inputs = [draw.uniform(-1.0, 1.0) for _ in range(width)]
    rolled = forward_of(model, width)
    found = meaning(rolled, inputs, numbers)
    scores = forward_many(with_parameters(model, numbers), inputs)
    assert [found.read(load, (), 0) for load in rolled.outputs] == pytest.approx(
        [score.data for score in scores], rel=1e-12, abs=1e-14
    )
    assert (rolled.input_count, rolled.sum_count, rolled.sums) == (width, 0, ())
    assert rolled.parameter_count == len(numbers)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus", "identity"])
def test_without_gradients_it_is_what_is_found_among_all_scalars(activation: str) -> None:
    model = nn.mlp(3, [40, 40, 4], activation=activation)  # type: ignore[arg-type]  # one of them
    graph = trace_model(model, 3)
    program = lower(graph.scores, graph.inputs, graph.parameters)
    assert forward_of(model, 3) == find_loops(program, summed=0, shared=())


def test_as_many_nests_for_a_wide_layer_as_for_a_narrow_one() -> None:
    def nests(width: int) -> int:
        code = code_by_kinds(SOFTMAX, template(nn.mlp(9, [width, width, 3])), 9, 1)
        assert code is not None
        assert code.executable.rolled is not None
        return len(code.executable.rolled.nests)

    assert nests(7) == nests(40)


def test_what_all_calls_do_to_their_inputs_is_done_once() -> None:
    model = Stack(rows=((bent(3), bent(3), bent(3), bent(3)),))
    code = code_by_kinds(SOFTMAX, template(model), 3, 1)
    assert code is not None
    rolled = code.executable.rolled
    assert rolled is not None
    (bending,) = [nest for nest in rolled.nests if "tanh" in str(nest)]
    assert bending.size == 3


def test_the_program_of_all_scalars_is_there_for_whoever_asks() -> None:
    code = code_by_kinds(SOFTMAX, template(nn.mlp(2, [3, 2])), 2, 1)
    assert code is not None
    assert len(code.executable.program.parameters) == code.parameter_count == 17


WIDE: dict[str, Any] = {
    "layers": nn.mlp(20, [30, 20, 3], activation="tanh"),
    "records of one's own": Stack(
        rows=(tuple(bent(20) for _ in range(30)), (bent(30), bent(30), bent(30)))
    ),
}


@pytest.mark.parametrize("name", WIDE)
def test_a_training_is_that_of_the_graph(name: str) -> None:
    draw = random.Random(name)
    start = with_parameters(WIDE[name], [draw.uniform(-0.2, 0.2) for _ in parameters(WIDE[name])])
    data = datasets.dataset(
        [[draw.uniform(-1.0, 1.0) for _ in range(20)] for _ in range(11)],
        [draw.randrange(3) for _ in range(11)],
    )
    runs = [
        trainer.fit(start, data, loss=SOFTMAX, optimizer=optim.sgd(0.1), steps=2, backend=backend)
        for backend in BACKENDS
    ]
    native, eager = [[p.data for p in parameters(run.final_model)] for run in runs]
    assert all(map(partial(math.isclose, rel_tol=1e-12, abs_tol=1e-15), native, eager))
    assert runs[0].history[-1].accuracy == runs[1].history[-1].accuracy


BACKENDS: tuple[Literal["native", "eager"], ...] = ("native", "eager")


def test_the_stages_show_one_call_of_each_row() -> None:
    stages = code_stages(SOFTMAX, nn.mlp(20, [40, 10]), 20)
    assert [row.calls for row in stages.rows] == [40, 10]
    assert "# one of 40 calls, 21 parameters apart\ninputs" in str(stages)
