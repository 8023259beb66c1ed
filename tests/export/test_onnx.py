"""Models as ONNX, held against ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import onnx
import pytest
from pyrsistent import PVector, pvector

import microfp
from microfp import Record, attr, export, func, nn, tree, value
from microfp.export import onnx as graphs
from microfp.gradients import backward_symbolic
from microfp.nn import ActivationName, Layer, Model, forward_many
from microfp.values import Scalar, Value, lift, stop_gradient
from tests.export.computations import COMPUTATIONS
from tests.export.models import block, complaint, unwrapped


def outputs_of(path: Path, rows: Sequence[Sequence[float]]) -> np.ndarray:
    """What ONNX Runtime makes of a file."""
    # On the newest Pythons there is ONNX before there is its runtime.
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(["outputs"], {"inputs": np.array(rows, np.float64)})
    return np.asarray(found)


def rows_of(columns: int, count: int = 17, scale: float = 3.0) -> list[list[float]]:
    random = Random(columns)
    return [[random.gauss(0.0, scale) for _ in range(columns)] for _ in range(count)]


def check_agrees(model: Model, rows: list[list[float]], path: Path) -> onnx.ModelProto:
    written = unwrapped(export.to_onnx(model, path, n_in=len(rows[0])))
    for batch in (rows, rows[:1]):
        expected = [[y.data for y in forward_many(model, row)] for row in batch]
        assert outputs_of(written, batch) == pytest.approx(np.array(expected), rel=1e-12, abs=1e-12)
    return onnx.load(written)


@pytest.mark.parametrize("activation", sorted(nn.ACTIVATIONS))
@pytest.mark.parametrize("widths", [[1], [4, 3], [16, 16, 1]])
def test_an_mlp_computes_the_same_in_onnx_runtime(
    activation: ActivationName, widths: list[int], tmp_path: Path
) -> None:
    model = nn.mlp(3, widths, activation=activation, seed=8)
    made = check_agrees(model, rows_of(3), tmp_path / "m")
    assert [node.op_type for node in made.graph.node].count("Gemm") == len(widths)
    names = {tensor.name for tensor in made.graph.initializer}
    assert {"layers.0.weight", "layers.0.bias"} <= names


def leaky(a: Value) -> Value:
    return microfp.maximum(a, 0.01 * a)


def test_activations_of_ones_own_are_written_on_whole_layers(tmp_path: Path) -> None:
    made = check_agrees(nn.mlp(2, [5, 1], activation=leaky), rows_of(2), tmp_path / "m")
    assert [node.op_type for node in made.graph.node] == ["Gemm", "Mul", "Max", "Gemm"]


def test_the_file_says_what_goes_in_and_out_for_any_number_of_examples(tmp_path: Path) -> None:
    made = check_agrees(nn.mlp(2, [3, 4]), rows_of(2), tmp_path / "m")
    onnx.checker.check_model(made, full_check=True)
    (put_in,), (out,) = made.graph.input, made.graph.output
    for name, info, width in (("inputs", put_in, 2), ("outputs", out, 4)):
        batch, columns = info.type.tensor_type.shape.dim
        assert (info.name, batch.dim_param, columns.dim_value) == (name, "batch", width)
        assert info.type.tensor_type.elem_type == onnx.TensorProto.DOUBLE


class Everything(Record):
    """A model with every primitive."""

    w: PVector[Value] = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        a, b = (self.w[0] * x + self.w[1] for x in inputs)
        c = self.w[2] + a * a
        return (
            *(microfp.sin(a), microfp.cos(10.0 * b), microfp.tanh(a), microfp.sigmoid(b)),
            *(microfp.exp(b), microfp.log(c), microfp.sqrt(c), microfp.softplus(50.0 * a)),
            *(microfp.relu(a), abs(b), microfp.maximum(a, b), microfp.minimum(a, 0.5)),
            *(-a, a - b, a / c, c**b, c**2, c**-1.5, microfp.where(a, b, c)),
            microfp.where(microfp.relu(a), b, c),
            microfp.total([a, b, c, a]),
            stop_gradient(a) * b,
        )


def test_every_primitive_computes_the_same_in_onnx_runtime(tmp_path: Path) -> None:
    model = Everything(w=pvector(map(value, (0.7, -0.2, 1.5))))
    check_agrees(model, rows_of(2, 50), tmp_path / "m")


class Slope(Record):
    """A model that differentiates, so that steps and signs are among its operations."""

    inner: Everything = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        x = lift(inputs[0])
        slope = backward_symbolic(microfp.total(self.inner([x, inputs[1]])))[x]
        return (slope, slope * 2.0)


def test_derivatives_compute_the_same_in_onnx_runtime(tmp_path: Path) -> None:
    model = Slope(inner=Everything(w=pvector(map(value, (0.7, -0.2, 1.5)))))
    check_agrees(model, rows_of(2, 50, 0.5), tmp_path / "m")


class Odd(Record):
    """A model whose outputs are an input as it is, a number, and a parameter."""

    w: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        return (self.w * 0.0 + inputs[0], microfp.value(2.5), self.w, microfp.value(-0.0))


def test_outputs_that_depend_on_no_input_have_one_row_an_example(tmp_path: Path) -> None:
    check_agrees(Odd(w=value(3.0)), rows_of(2), tmp_path / "m")


@pytest.mark.parametrize(
    "model",
    [
        block(0.1),
        nn.neuron(2, activation="sigmoid"),
        nn.layer(2, 3),
        Layer(neurons=pvector([nn.neuron(2), nn.neuron(2, activation="tanh", seed=4)])),
        nn.mlp(2, [3, 1], activation=lambda a: value(0.5)),
        tree.freeze(nn.mlp(2, [3, 1]), lambda m: m.layers[0]),
        tree.freeze(block(0.2), lambda m: m.scale),
    ],
)
def test_any_model_that_can_be_traced_can_be_written(model: Model, tmp_path: Path) -> None:
    check_agrees(model, rows_of(2), tmp_path / "m")


def test_parameters_stand_in_the_graph_under_the_names_of_their_places(tmp_path: Path) -> None:
    made = check_agrees(block(0.1), rows_of(2), tmp_path / "m")
    names = {tensor.name for tensor in made.graph.initializer}
    assert {"parameter_0.scale", "parameter_2.offsets.1"} <= names


class Peeking(Record):
    w: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.w if float(inputs[0]) > 0.0 else -self.w  # type: ignore[arg-type]  # it peeks


class Cubed(Record):
    w: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return cube(self.w * inputs[0])


def cube(x: Scalar) -> Value:
    rule = func.custom_derivative(lambda a: a * a * a, lambda a, y: 3.0 * a * a)
    result = rule(lift(x))
    assert isinstance(result, Value)
    return result


def test_what_onnx_cannot_hold_is_a_failure_that_says_what(tmp_path: Path) -> None:
    peeking = complaint(export.to_onnx(Peeking(w=value(1.0)), tmp_path / "m", n_in=1))
    assert "cannot be known while its graph is traced" in peeking
    custom = complaint(export.to_onnx(Cubed(w=value(1.0)), tmp_path / "m", n_in=1))
    assert "has no form in ONNX" in custom
    assert list(tmp_path.iterdir()) == []


def test_the_number_of_inputs_must_be_known_and_right(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="n_in must be the number of the model's inputs, got N"):
        export.to_onnx(block(0.1), tmp_path / "m")
    with pytest.raises(ValueError, match="n_in must be 2, the number of the model's inputs"):
        export.to_onnx(nn.mlp(2, [1]), tmp_path / "m", n_in=3)
    with pytest.raises(TypeError, match="to_onnx: n_in must be an int >= 1, got '2'"):
        export.to_onnx(block(0.1), tmp_path / "m", n_in="2")  # type: ignore[call-overload]


def test_a_file_that_cannot_be_written_is_a_failure() -> None:
    told = complaint(export.to_onnx(nn.neuron(1), "/nowhere/w"))
    assert told == "/nowhere/w: cannot be written: No such file or directory"


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_what_is_written_is_what_the_model_computes(name: str, tmp_path: Path) -> None:
    check_agrees(COMPUTATIONS[name], rows_of(2), tmp_path / "m")


def test_a_sigmoid_is_small_and_not_zero(tmp_path: Path) -> None:
    model = nn.neuron(1, weights=[1.0], activation="sigmoid")
    written = unwrapped(export.to_onnx(model, tmp_path / "m"))
    rows = [[-700.0], [-40.0], [40.0], [800.0], [-800.0]]
    expected = [[nn.forward(model, row).data] for row in rows]
    assert outputs_of(written, rows) == pytest.approx(np.array(expected), rel=1e-12, abs=0.0)


def test_a_graph_that_computes_something_else_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "_FORMS", {**graphs._FORMS, "tanh": graphs._FORMS["sin"]})
    path = tmp_path / "m"
    told = complaint(export.to_onnx(nn.mlp(1, [2, 1], activation="tanh"), path))
    assert "the graph that was written must give [" in told
    assert not path.exists()
