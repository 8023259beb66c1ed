"""Tracing: what is a graph, and who asks for numbers that are not there."""

import math
import statistics
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from microfp import func, values
from microfp.compiler.trace import stand_ins as tracing
from microfp.compiler.trace.stand_ins import (
    captured_leaves,
    trace_example,
    trace_penalty,
    traced_leaf,
    traced_number,
)
from microfp.datasets import Dataset, dataset, moons
from microfp.errors import CompileError, MicrofpError, ShapeError, TraceError
from microfp.losses import Loss, max_margin
from microfp.native import predict
from microfp.nn import MLP, mlp, neuron
from microfp.optim import sgd
from microfp.record import Record, attr
from microfp.trainer import Backend, Run, chosen_backend, fit
from microfp.tree import parameters
from microfp.values import Scalar, Value, lift, tanh, topological_order, value

DATA = moons(8)
MODEL = mlp(2, [3, 1])

ASKING: dict[str, Callable[[Value], object]] = {
    "data": lambda x: x.data,
    "float": float,
    "int": int,  # type: ignore[dict-item]  # a value is no int
    "complex": complex,
    "bool": bool,
    "if": lambda x: 1.0 if x else 2.0,
    "not": lambda x: not x,
    "round trip through the record": lambda x: x["data"],
    "all fields": lambda x: dict(x.items()),
    "str": str,
    "f-string": lambda x: f"{x}",
    "format": lambda x: f"{x:.3f}",
    "math.exp": math.exp,
    "less": lambda x: x < 0.0,  # type: ignore[operator]  # values have no order
    "less or equal": lambda x: x <= 0.0,  # type: ignore[operator]
    "greater": lambda x: x > 0.0,  # type: ignore[operator]
    "greater or equal": lambda x: x >= 0.0,  # type: ignore[operator]
    "max": lambda x: max(x, 0.0),  # type: ignore[call-overload]
    "index": lambda x: [1.0, 2.0][x],  # type: ignore[call-overload]
}

OF_NUMBERS: dict[str, Callable[[float], object]] = {
    "equal": lambda y: y == 1.0,
    "unequal": lambda y: y != 1.0,
    "in a table": lambda y: {-1.0: 0.5, 1.0: 2.0}[y],
    "in a tuple": lambda y: y in (-1.0, 1.0),
    "hash": hash,
    "modulo": lambda y: y % 2.0,
    "floor division": lambda y: y // 2.0,
    "divmod": lambda y: divmod(y, 2.0),
    "round": round,
    "floor": math.floor,
    "is_integer": lambda y: y.is_integer(),
    "hex": lambda y: y.hex(),
    "quotient": lambda y: 1.0 / y,
    "quotient by zero": lambda y: y / 0.0,
    "power": lambda y: y**0.5,
    "power of a constant": lambda y: 2.0**y,
    "exponent of a value": lambda y: traced_leaf("w") ** y,
}


@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize("make", [traced_leaf, traced_number])
def test_whoever_asks_for_a_number_is_refused(name: str, make: Callable[[str], Value]) -> None:
    with pytest.raises(TraceError, match="while its graph is traced"):
        ASKING[name](make("x"))


@pytest.mark.parametrize("name", ASKING)
def test_asking_for_what_was_computed_is_refused(name: str) -> None:
    with pytest.raises(TraceError):
        ASKING[name](traced_leaf("x") * 2.0 + traced_number("y"))


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_what_plain_numbers_are_asked_besides_is_refused(name: str) -> None:
    target: object = traced_number("y")
    with pytest.raises(TraceError):
        OF_NUMBERS[name](target)  # type: ignore[arg-type]  # it stands for a float


def test_the_error_names_the_line_of_the_users_code() -> None:
    def peeking(scores: tuple[Value, ...], y: float) -> Value:
        return scores[0] if scores[0].data > y else -scores[0]  # the line

    with pytest.raises(TraceError) as caught:
        trace_example(Loss(name="peeking", example=peeking), MODEL, 2)
    line = peeking.__code__.co_firstlineno + 1
    assert f"{Path(__file__)}, line {line}: return scores[0] if scores[0].data" in str(caught.value)
    assert "`data` of a value" in str(caught.value)
    assert "`where`" in str(caught.value)


def test_a_trace_error_is_a_compile_error_of_microfp() -> None:
    assert issubclass(TraceError, CompileError)
    assert issubclass(CompileError, MicrofpError)


def test_a_traced_node_can_be_represented_but_shows_no_number() -> None:
    assert repr(traced_leaf("w") * 2.0) == "Traced(op='mul')"
    assert repr(traced_number("y")) == "TracedNumber(op='leaf', label='y')"


def test_values_are_themselves_while_traced_as_they_always_are() -> None:
    a, b = traced_leaf("a"), traced_leaf("b")
    assert a != b
    assert {a: 1, b: 2}[a] == 1


def test_constants_and_traced_nodes_mix_on_either_side() -> None:
    w = traced_leaf("w")
    for node in (2.0 * w, w * 2.0, value(2.0) * w, w * value(2.0), 2 - w, w / 2, w**2, 2**w):
        assert not isinstance(node, float)
        assert w in node.parents


def test_arithmetic_among_inputs_and_targets_stays_among_numbers() -> None:
    x, y = traced_number("x"), traced_number("y")
    for number in (x + y, 1 + x, x - y, 1 - x, x * y, 2 * x, x / 2, -x, abs(x)):
        assert repr(number).startswith("TracedNumber")
    for node in (x * traced_leaf("w"), value(2.0) / x, x / value(2.0), x ** value(2.0)):
        assert repr(node).startswith("Traced(")
    for node in (values.divide(x, y), values.pow(x, 2), values.exp(x), value(x), values.lift(x)):  # type: ignore[arg-type]
        assert repr(node).startswith("Traced(")


@pytest.mark.parametrize("operand", ["2", None, [1.0]])
def test_what_is_no_operand_stays_none_while_traced(operand: object) -> None:
    for node in (traced_leaf("w"), traced_number("x")):
        with pytest.raises(TypeError, match="must be a Value or a number"):
            node * operand  # type: ignore[operator]


def test_a_graph_of_one_example_has_a_leaf_for_every_input_and_parameter() -> None:
    graph = trace_example(max_margin(), MODEL, 2)
    order = topological_order(graph.cost)
    assert {*graph.inputs, *graph.targets, *graph.parameters} <= set(order)
    assert graph.scores[0] in order


def test_a_loss_without_penalty_has_no_penalty_graph() -> None:
    assert trace_penalty(max_margin(alpha=0.0)) is None


def test_labels_and_shapes_can_be_read_while_traced() -> None:
    labelled = (value(1.0, label="slope"),)
    seen: list[str | None] = []

    class Labelled(Record):
        slope: Value = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> Value:
            seen.append(self.slope.label)
            return self.slope * inputs[0]

    trace_example(max_margin(), Labelled(slope=labelled[0]), 1)
    assert seen == ["slope"]


def test_captured_values_are_found_and_numbers_are_not_taken_for_them() -> None:
    held = value(3.0)
    assert captured_leaves(traced_leaf("x") * 2.0 + held * 5.0) >= {held}
    assert captured_leaves(traced_leaf("x") * 2.0 + 1.0) == frozenset()


def outcome(loss: Loss, backend: str, model: MLP = MODEL, data: Dataset = DATA) -> Run[MLP]:
    return fit(model, data, steps=2, loss=loss, optimizer=sgd(0.1), backend=backend)  # type: ignore[arg-type]


UNTRACEABLE: dict[str, Callable[[tuple[Value, ...], float], Value]] = {
    "branch on a score": lambda scores, y: scores[0] if scores[0].data > 0.0 else -scores[0],
    "branch on a target": lambda scores, y: scores[0] if y > 0.0 else -scores[0],
    "table of targets": lambda scores, y: scores[0] * {-1.0: 0.5, 1.0: 2.0}[y],
    "quotient of targets": lambda scores, y: scores[0] * (1.0 / y),
    "number of a target": lambda scores, y: scores[0] * math.exp(y),
    "text of a target": lambda scores, y: scores[0] * float(f"{y}"),
    "exact number of a target": lambda scores, y: scores[0] * float(Decimal(y)),
    "complex number of a target": lambda scores, y: scores[0] * (y * 1j).imag,
    "narrow number times a target": lambda scores, y: scores[0] * (y * np.float32(0.1)),  # type: ignore[operator]  # numpy's narrow floats are no floats
    "number of a target that is tried": lambda scores, y: scores[0] * number_or(y, 2.0),
}


def number_or(y: float, otherwise: float) -> float:
    """The cosine of a number; something else where that fails in any way."""
    try:
        return math.cos(y)
    except Exception:  # noqa: BLE001 - as careless code has it
        return otherwise


@pytest.mark.parametrize("name", UNTRACEABLE)
def test_auto_is_eager_where_a_loss_cannot_be_traced(name: str) -> None:
    loss = Loss(name=name, example=UNTRACEABLE[name])
    auto, eager = outcome(loss, "auto"), outcome(loss, "eager")
    assert auto.history == eager.history
    with pytest.raises(TraceError):
        outcome(loss, "python")


def test_other_errors_are_not_hidden_by_auto() -> None:
    def failing(scores: tuple[Value, ...], y: float) -> Value:
        raise LookupError("mine")

    for backend in ("auto", "eager"):
        with pytest.raises(LookupError, match="mine"):
            outcome(Loss(name="failing", example=failing), backend)
    line = failing.__code__.co_firstlineno + 1
    with pytest.raises(TraceError, match=f"line {line}: raise LookupError.*: mine") as caught:
        outcome(Loss(name="failing", example=failing), "python")
    assert isinstance(caught.value.__cause__, LookupError)


def averaging(scores: tuple[Value, ...], y: float) -> Value:
    return scores[0] * statistics.fmean([y, 1.0])


def differentiating(scores: tuple[Value, ...], y: float) -> Value:
    return lift(func.grad(tanh)(scores[0]))


@pytest.mark.parametrize("example", [averaging, differentiating])
def test_the_line_of_an_error_is_the_users_and_not_that_of_a_library(
    example: Callable[[tuple[Value, ...], float], Value],
) -> None:
    with pytest.raises(TraceError) as caught:
        trace_example(Loss(name="asking", example=example), MODEL, 2)
    assert f"{Path(__file__)}, line {example.__code__.co_firstlineno + 1}" in str(caught.value)


class Averaged(Record):
    """A model that adds its inputs up before it makes a value of them."""

    slope: Value = attr()

    def __call__(self, inputs: Sequence[float]) -> Value:
        return self.slope * sum(inputs)


def test_a_sum_of_inputs_has_eagers_bits_whatever_python_makes_of_it() -> None:
    """From Python 3.12 on, `sum` of floats is rounded once, and not term by term."""
    data = dataset([[1e16, 1.0, -1e16], [0.1, 0.2, 0.3]], [1.0, -1.0])
    model = Averaged(slope=value(0.3))
    auto, eager = (fit(model, data, steps=2, backend=b) for b in ("auto", "eager"))  # type: ignore[type-var]  # takes floats alone
    assert auto.history == eager.history


def test_a_sum_of_inputs_is_refused_where_python_rounds_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "SUM_COMPENSATES", True)
    with pytest.raises(TraceError, match=r"`sum` of inputs .* `microfp.total` adds"):
        sum([traced_number("x"), traced_number("y")])
    assert repr(1.0 + traced_number("x")).startswith("TracedNumber")


def test_a_model_that_does_not_fit_the_data_raises_as_in_eager() -> None:
    messages = []
    for backend in ("auto", "python", "eager"):
        with pytest.raises(ShapeError) as caught:
            outcome(max_margin(), backend, data=dataset([[1.0]], [1.0]))
        messages.append(str(caught.value))
    assert len(set(messages)) == 1


def test_a_captured_parameter_is_trained_by_eager_alone() -> None:
    own = parameters(MODEL)[0]
    loss = Loss(name="holding", example=lambda scores, y: scores[0] * own)
    assert outcome(loss, "auto").history == outcome(loss, "eager").history
    with pytest.raises(TraceError, match="closed over a parameter of the model, number 0; read it"):
        outcome(loss, "python")


def test_a_captured_value_that_is_no_parameter_is_a_constant() -> None:
    held = value(0.5) * 3.0
    loss = Loss(name="holding", example=lambda scores, y: (scores[0] - y * held) ** 2)
    assert outcome(loss, "python").history == outcome(loss, "eager").history


def test_a_model_that_gives_back_an_input_fails_as_in_eager() -> None:
    class Echo(Record):
        weight: Value = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
            return (inputs[0],)  # type: ignore[return-value]  # a float, as misuse has it

    model = Echo(weight=value(1.0))
    for backend in ("auto", "eager"):
        with pytest.raises(AttributeError, match="'float' object has no attribute 'data'"):
            outcome(max_margin(), backend, model=model)  # type: ignore[arg-type]
    with pytest.raises(TraceError, match="gives a plain number, and not a value"):
        outcome(max_margin(), "python", model=model)  # type: ignore[arg-type]


@pytest.mark.parametrize("backend", ["auto", "python", "native"])
def test_a_function_that_failed_is_asked_again(backend: Backend) -> None:
    known: dict[str, Callable[[Value], Value]] = {}
    loss = Loss(name="late", example=lambda scores, y: known["square"](scores[0] - y))
    with pytest.raises((KeyError, TraceError), match="square"):
        fit(MODEL, DATA, steps=2, loss=loss, backend=backend)
    known["square"] = lambda error: error * error
    found = fit(MODEL, DATA, steps=2, loss=loss, backend=backend).final_loss
    eager = fit(MODEL, DATA, steps=2, loss=loss, backend="eager").final_loss
    assert found == pytest.approx(eager, rel=1e-12)
    assert chosen_backend(MODEL, DATA, loss=loss) == "python"


def test_predict_asks_a_function_again_that_failed() -> None:
    known: dict[str, float] = {}
    model = neuron(1, weights=[2.0], activation=lambda total: total * known["scale"])
    with pytest.raises(TraceError, match="scale"):
        predict(model, [[3.0]])
    known["scale"] = 0.5
    assert predict(model, [[3.0]]) == ((3.0,),)


@pytest.mark.parametrize("backend", ["python", "native"])
def test_a_refusal_that_is_kept_gathers_no_frames_of_those_who_have_asked(backend: Backend) -> None:
    peeking = Loss(name="peeking", example=lambda scores, y: scores[0] * scores[0].data)
    depths = set()
    for _ in range(3):
        with pytest.raises(TraceError) as caught:
            fit(MODEL, DATA, steps=2, loss=peeking, backend=backend)
        depths.add(len(caught.traceback))
    assert len(depths) == 1
