"""Functions of numbers as machine code: what they take, and what they say of anything else."""

import math
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from pyrsistent import pvector

from microfp import (
    Value,
    backward,
    datasets,
    func,
    grad,
    losses,
    native,
    nn,
    tanh,
    total,
    trainer,
    tree,
    value,
)
from microfp.base.binding import bind
from microfp.compiler.trace import calls
from microfp.errors import TraceError
from microfp.record import Record, attr
from microfp.trainer import Backend
from microfp.values import Scalar

MODEL = nn.neuron(2, weights=[2.0, -1.0], activation="identity")
ANYTHING: Any = native


def test_rows_may_be_anything_that_gives_numbers() -> None:
    expected = ((1.0,), (4.0,))
    assert native.predict(MODEL, [(1, 1), (2, 0)]) == expected
    assert native.predict(MODEL, np.array([[1.0, 1.0], [2.0, 0.0]])) == expected
    assert native.predict(MODEL, (row for row in ([1.0, 1.0], [2.0, 0.0]))) == expected


@pytest.mark.parametrize("threads", [1, 2])
def test_a_large_model_is_compiled_by_its_kinds_and_gives_what_it_gives(threads: int) -> None:
    called = []

    def counted(a: Value) -> Value:
        called.append(a)
        return tanh(a)

    model = nn.mlp(3, [40, 40, 4], activation=counted)
    rows = [[math.sin(i + j) for j in range(3)] for i in range(37)]
    found = native.predict(model, rows, threads=threads)
    assert len(called) <= 2  # with three inputs and with forty; the last layer is linear
    for row, outputs in zip(rows, found, strict=True):
        expected = [output.data for output in nn.outputs(model, row)]
        assert outputs == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_a_large_model_that_is_no_list_of_rows_gives_what_it_gives() -> None:
    class Residual(Record):
        layer: nn.Layer = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
            return tuple(x + y for x, y in zip(inputs, self.layer(inputs), strict=True))

    model = Residual(layer=nn.layer(40, 40))
    rows = [[math.sin(i + j) for j in range(40)] for i in range(3)]
    for row, outputs in zip(rows, native.predict(model, rows), strict=True):
        expected = [output.data for output in nn.outputs(model, row)]
        assert outputs == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("rows", [[1.0, 2.0], [["1", "2"]], [None]])
def test_rows_that_hold_no_numbers_are_shown(rows: object) -> None:
    with pytest.raises(TypeError, match="predict: each of rows must be a sequence of numbers, got"):
        ANYTHING.predict(MODEL, rows)


@pytest.mark.parametrize("model", [None, 2.0])
def test_what_is_no_model_is_refused(model: object) -> None:
    with pytest.raises(TypeError, match="predict: model must be a model that can be called"):
        ANYTHING.predict(model, [[1.0]])


@pytest.mark.parametrize("result", [None, "text", [1.0]])
def test_a_function_that_gives_no_value_is_named(result: object) -> None:
    with pytest.raises(TypeError, match="value_and_grad: the result of f must be a Value, got"):
        ANYTHING.value_and_grad(lambda v: result, 1.0)


def test_a_way_that_there_is_not_is_refused() -> None:
    with pytest.raises(
        ValueError, match="way must be one of auto, code, bytecode, tape, got 'fast'"
    ):
        ANYTHING.value_and_grad(lambda v: v, 1.0, way="fast")


class Asking(Record):
    """A model that is not stopped by an error where it asks an input for its number."""

    weight: Value = attr()
    question: str = attr()

    def __call__(self, inputs: Any) -> Value:
        try:
            is_zero = inputs[0] == 0.0 if self.question == "equal" else float(inputs[0]) == 0.0
        except Exception:  # noqa: BLE001 - a careless user's
            is_zero = False
        return self.weight * 100.0 if is_zero else self.weight * inputs[0]


@pytest.mark.parametrize("question", ["equal", "float"])
def test_predict_bakes_no_answer_in(question: str) -> None:
    model = Asking(weight=value(2.0), question=question)
    assert nn.forward(model, [0.0]).data == 200.0
    with pytest.raises(TraceError, match="cannot be known while its graph is traced"):
        native.predict(model, [[0.0]])


def test_value_and_grad_bakes_no_answer_in() -> None:
    def asking(v: Any) -> Value:
        try:
            return v * 2.0 if v.data > 0.0 else v * 3.0  # type: ignore[no-any-return]
        except Exception:  # noqa: BLE001 - a careless user's
            return v * 5.0  # type: ignore[no-any-return]

    with pytest.raises(TraceError, match="`data` of a value cannot be known"):
        native.value_and_grad(asking, 1.0)


# What is compiled for an example, and given something else


class Scaled(Record):
    """w x k, w a parameter and k a number of the model."""

    w: Value = attr()
    k: float = attr(default=1.0)

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.w * inputs[0] * self.k


ALIKE: list[nn.Model] = [
    *(nn.neuron(1, weights=[-0.5], activation=name) for name in ("tanh", "relu", "sigmoid")),
    *(Scaled(w=value(2.0), k=k) for k in (1.0, 3.0, 0.0, -0.0)),
]

FROZEN: list[nn.Model] = [
    tree.freeze(nn.neuron(1, weights=[w], activation="tanh"), lambda n: n.weights)
    for w in (0.5, -2.0)
]


@pytest.mark.parametrize("models", [ALIKE[:3], ALIKE[3:], FROZEN])
def test_what_is_no_number_of_an_argument_is_never_that_of_the_example(
    models: list[nn.Model],
) -> None:
    f = bind(_forward, (1.5,))
    for example in models:
        compiled = native.value_and_grad(f, example)
        for model in models:
            y, slopes = compiled(model)
            expected, gradient = func.value_and_grad(f)(model)
            assert y == pytest.approx(expected, abs=1e-12)
            made = [p.data for p in tree.values(slopes)]
            assert made == pytest.approx([p.data for p in tree.values(gradient)], abs=1e-12)


def _forward(inputs: tuple[float, ...], model: nn.Model) -> Value:
    return nn.forward(model, inputs)


def test_sequences_of_models_and_numbers_are_compiled_by_what_they_hold() -> None:
    def f(pair: tuple[tuple[float, float], Scaled]) -> Value:
        (a, b), model = pair
        return model([a]) + b

    compiled = native.value_and_grad(f, ((0.0, 0.0), Scaled(w=value(1.0))))
    for k in (1.0, 2.0):
        y, ((a, b), slope) = compiled(((3.0, 4.0), Scaled(w=value(5.0), k=k)))
        assert (y, a, b, slope.w.data) == (15.0 * k + 4.0, 5.0 * k, 1.0, 3.0 * k)


def test_a_compiled_gradient_can_be_sent_to_another_process() -> None:
    compiled = native.value_and_grad(tanh, 0.0)
    assert pickle.loads(pickle.dumps(compiled))(0.5) == compiled(0.5)


@pytest.mark.parametrize("row", [b"12345678", bytearray(8)])
def test_bytes_are_no_numbers(row: bytes) -> None:
    with pytest.raises(TypeError, match="each of rows must be a sequence of numbers, got b"):
        ANYTHING.predict(nn.neuron(1), [row])


def test_a_number_that_no_float_can_hold_is_named() -> None:
    with pytest.raises(ValueError, match="each of rows must be numbers that a float can hold"):
        native.predict(nn.neuron(1), [[10**400]])


def test_a_graph_too_large_to_be_compiled_is_refused_with_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "LARGEST_GRAPH", 100)

    def squares(xs: Sequence[Value]) -> Value:
        return total([x * x for x in xs])

    _, slopes = native.value_and_grad(squares, (1.0,) * 49)((1.0,) * 49)
    assert slopes == (2.0,) * 49
    expected = "the graph of the function has 101 nodes, more than the 100 that are compiled"
    with pytest.raises(TraceError, match=expected):
        native.value_and_grad(squares, (1.0,) * 50)
    model, data = nn.mlp(5, [10, 1]), datasets.dataset([[1.0] * 5], [1.0])
    compiled: list[Backend] = ["python", "native"]
    for backend in compiled:
        with pytest.raises(
            TraceError, match=r"the graph of one example has [0-9]* nodes, more than"
        ):
            trainer.fit(model, data, steps=1, backend=backend)
    chosen: list[Backend] = ["auto", "eager"]
    runs = [trainer.fit(model, data, steps=1, backend=each) for each in chosen]
    assert runs[0].history == runs[1].history


class Looking(Record):
    """A model that asks compiled code for numbers inside."""

    w: Value = attr()
    number: Callable[["Looking", Scalar], float] = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.w * inputs[0] + self.number(self, inputs[0])


def by_gradient(model: Looking, x: Scalar) -> float:
    return native.value_and_grad(lambda t: model.w * t * t, 1.0)(2.0)[1]


def by_argument(model: Looking, x: Scalar) -> float:
    return native.value_and_grad(lambda ts: ts[0] * ts[1], (1.0, 1.0))((model.w, 2.0))[0]  # type: ignore[arg-type]  # a value for a number


def by_prediction(model: Looking, x: Scalar) -> float:
    linear = nn.neuron(1, activation="identity").set(weights=pvector([model.w]))
    return native.predict(linear, [[2.0]])[0][0]


@pytest.mark.parametrize("number", [by_gradient, by_argument, by_prediction])
def test_compiled_code_refuses_to_lose_a_derivative(
    number: Callable[[Looking, Scalar], float],
) -> None:
    model = Looking(w=value(3.0), number=number)
    assert number(model, 1.0) in (12.0, 6.0)  # nothing is differentiated around it
    calls: list[Callable[[], object]] = [
        lambda: model([1.0]),
        lambda: nn.outputs(model, [1.0]),
        lambda: func.grad(lambda w: number(model.set(w=w), 1.0) * w)(value(3.0)),
    ]
    for call in calls:
        with pytest.raises(TypeError, match="nothing may be used that is differentiated around"):
            call()


@pytest.mark.parametrize(
    ("loss", "model", "data"),
    [
        (losses.max_margin(), nn.mlp(2, [4, 1]), datasets.moons(20)),
        (losses.softmax_cross_entropy(), nn.mlp(2, [4, 3]), datasets.rings(30)),
        (losses.mean_squared_error(), nn.mlp(2, [4, 1]), datasets.moons(20)),
    ],
    ids=lambda given: getattr(given, "name", ""),
)
def test_the_total_of_an_evaluation_compiles_also_where_there_is_an_accuracy(
    loss: losses.Loss, model: nn.MLP, data: datasets.Dataset
) -> None:
    compiled = native.value_and_grad(lambda m: losses.evaluate(loss, m, data).total, model)
    number, gradient = compiled(model)
    evaluation = losses.evaluate(loss, model, data)
    table = backward(evaluation.total)
    assert number == pytest.approx(evaluation.total.data, rel=1e-12)
    assert [slope.data for slope in nn.parameters(gradient)] == pytest.approx(
        [grad(p, table) for p in nn.parameters(model)], rel=1e-12, abs=1e-15
    )
