"""Weights as safetensors and models as ONNX, held against the programs that read them."""

import math
import struct
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from random import Random
from typing import TypeVar

import numpy as np
import onnx
import pytest
import safetensors.numpy
from pyrsistent import PMap, PVector, pmap, pvector
from returns.io import IOResult
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

import microfp
from microfp import Record, attr, export, func, nn, tree, value
from microfp.gradients import backward_symbolic
from microfp.nn import Layer, Model, forward_many
from microfp.values import Scalar, Value, lift, stop_gradient

T = TypeVar("T")
E = TypeVar("E")


def unwrapped(result: IOResult[T, E]) -> T:
    return unsafe_perform_io(result.unwrap())


def complaint(result: IOResult[T, E]) -> str:
    assert not is_successful(result)
    return str(unsafe_perform_io(result.failure()))


def bits(model: object) -> list[str]:
    return [v.data.hex() for v in tree.values(model)]


# safetensors


class Block(Record):
    """A model that is none of microfp's own."""

    scale: Value = attr()
    offsets: PVector[Value] = attr()
    pair: tuple[Value, Layer] = attr()
    named: PMap[str, Value] = attr()
    note: str = attr(default="a constant")

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        first, layer = self.pair
        (hidden,) = layer([self.scale * x for x in inputs])
        return microfp.total([hidden * first, *self.offsets, *self.named.values()])


def block(start: float) -> Block:
    numbers = iter(range(100))

    def leaf() -> Value:
        return value(start + 0.37 * next(numbers))

    return Block(
        scale=leaf(),
        offsets=pvector([leaf(), leaf()]),
        pair=(leaf(), nn.layer(2, 1, weights=[[leaf(), leaf()]], activation="tanh")),
        named=pmap({"b": leaf(), "a": leaf()}),
    )


@pytest.mark.parametrize(
    ("model", "like"),
    [
        (nn.mlp(2, [16, 16, 1]), nn.mlp(2, [16, 16, 1], seed=2)),
        (nn.layer(3, 2), nn.layer(3, 2, seed=2)),
        (nn.neuron(3), nn.neuron(3, seed=2)),
        (block(0.1), block(5.0)),
        ((value(0.1), (value(0.2),)), (value(5.0), (value(6.0),))),
        (
            nn.neuron(5, weights=[math.nan, -0.0, math.inf, 5e-324, 1.7e308]),
            nn.neuron(5, weights=[0.0] * 5),
        ),
    ],
)
def test_weights_come_back_bit_for_bit(model: Model, like: Model, tmp_path: Path) -> None:
    path = unwrapped(export.to_safetensors(model, tmp_path / "weights"))
    again = unwrapped(export.from_safetensors(like, path))
    assert bits(again) == bits(model)
    assert type(again) is type(like)
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


def test_a_layer_is_named_and_laid_out_as_torch_has_it(tmp_path: Path) -> None:
    # y = x Wᵀ + b, the formula in the documentation of torch.nn.Linear.
    model = nn.mlp(2, [3, 4, 2], activation="tanh", seed=6)
    arrays = safetensors.numpy.load_file(unwrapped(export.to_safetensors(model, tmp_path / "w")))
    assert {name: (a.dtype.name, a.shape) for name, a in arrays.items()} == {
        "layers.0.weight": ("float64", (3, 2)),
        "layers.0.bias": ("float64", (3,)),
        "layers.1.weight": ("float64", (4, 3)),
        "layers.1.bias": ("float64", (4,)),
        "layers.2.weight": ("float64", (2, 4)),
        "layers.2.bias": ("float64", (2,)),
    }

    def linear(x: np.ndarray, i: int) -> np.ndarray:
        y = x @ arrays[f"layers.{i}.weight"].T + arrays[f"layers.{i}.bias"]
        return np.asarray(np.tanh(y) if i < 2 else y)

    found = reduce(linear, range(3), np.array([0.5, -0.25]))
    expected = [y.data for y in forward_many(model, [0.5, -0.25])]
    assert found == pytest.approx(expected, rel=1e-14)


def test_values_of_a_record_are_named_by_their_places(tmp_path: Path) -> None:
    arrays = safetensors.numpy.load_file(unwrapped(export.to_safetensors(block(0), tmp_path / "w")))
    assert {name: a.shape for name, a in arrays.items()} == {
        "scale": (),
        "offsets": (2,),
        "pair.0": (),
        "pair.1.weight": (1, 2),
        "pair.1.bias": (1,),
        "named.a": (),
        "named.b": (),
    }


def test_frozen_parameters_are_written_and_stay_frozen(tmp_path: Path) -> None:
    frozen = tree.freeze(nn.mlp(2, [2, 1], seed=3), lambda m: m.layers[0])
    like = tree.freeze(nn.mlp(2, [2, 1], seed=4), lambda m: m.layers[0])
    path = unwrapped(export.to_safetensors(frozen, tmp_path / "w"))
    again = unwrapped(export.from_safetensors(like, path))
    assert bits(again) == bits(frozen)
    assert nn.parameter_count(again) == 3


def test_labels_of_the_model_stay(tmp_path: Path) -> None:
    path = unwrapped(export.to_safetensors((value(1.0),), tmp_path / "w"))
    (again,) = unwrapped(export.from_safetensors((value(0.0, label="w"),), path))
    assert (again.data, again.label) == (1.0, "w")


def test_tied_values_stay_tied_and_must_agree(tmp_path: Path) -> None:
    w = value(0.5)
    tied, path = nn.neuron(2, weights=[w, w]), tmp_path / "w"
    again = unwrapped(export.from_safetensors(tied, unwrapped(export.to_safetensors(tied, path))))
    assert again.weights[0] is again.weights[1]
    untied = nn.neuron(2, weights=[0.5, 0.75])
    told = complaint(export.from_safetensors(tied, unwrapped(export.to_safetensors(untied, path))))
    assert told == f"{path}: weight must be 0.5 at 1, as it is tied to another value, got 0.75"


def test_numbers_of_32_bits_are_read_exactly(tmp_path: Path) -> None:
    weights = {"weight": np.array([[0.1, 2.0]], np.float32), "bias": np.array([0.5], np.float32)}
    safetensors.numpy.save_file(weights, tmp_path / "w")
    again = unwrapped(export.from_safetensors(nn.neuron(2), tmp_path / "w"))
    (rounded,) = struct.unpack("f", struct.pack("f", 0.1))
    assert [w.data for w in again.weights] == [rounded, 2.0]


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"weight": np.zeros((1, 2))}, "must have a tensor 'bias', got none"),
        (
            {"weight": np.zeros((1, 2)), "bias": np.zeros(1), "more": np.zeros(1)},
            "must have no tensor 'more', got one",
        ),
        (
            {"weight": np.zeros((2, 1)), "bias": np.zeros(1)},
            "weight must be of shape [1, 2], as in the model, got [2, 1]",
        ),
        (
            {"weight": np.zeros((1, 2)), "bias": np.zeros(1, np.int64)},
            "bias must be of float64 or float32, got int64",
        ),
    ],
)
def test_a_file_of_another_model_is_refused(
    arrays: dict[str, np.ndarray], told: str, tmp_path: Path
) -> None:
    safetensors.numpy.save_file(arrays, tmp_path / "w")
    found = complaint(export.from_safetensors(nn.neuron(2), tmp_path / "w"))
    assert found == f"{tmp_path / 'w'}: {told}"


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff" * 100, None])
def test_a_damaged_file_is_refused(damage: bytes | None, tmp_path: Path) -> None:
    path = unwrapped(export.to_safetensors(nn.neuron(2), tmp_path / "w"))
    path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
    found = complaint(export.from_safetensors(nn.neuron(2), path))
    assert found.startswith(f"{path}: must be a file of safetensors: ")


def test_what_was_computed_cannot_be_written(tmp_path: Path) -> None:
    computed = nn.neuron(1, weights=[value(2.0) * 3.0])
    told = complaint(export.to_safetensors(computed, tmp_path / "w"))
    expected = "weight must hold parameters and frozen ones alone, got Value(data=6.0, op='mul')"
    assert told == f"{tmp_path / 'w'}: {expected}"
    assert list(tmp_path.iterdir()) == []


def test_names_that_two_places_have_are_refused(tmp_path: Path) -> None:
    class Maps(Record):
        a: PMap[object, Value] = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> Value:
            return self.a[1] * inputs[0]

    model = Maps(a=pmap({1: value(1.0), "1": value(2.0)}))
    told = complaint(export.to_safetensors(model, tmp_path / "w"))
    assert told.endswith("names must differ, got two tensors named 'a.1'")


def test_a_file_that_cannot_be_written_or_read_is_a_failure() -> None:
    for told in (
        complaint(export.to_safetensors(nn.neuron(1), "/nowhere/w")),
        complaint(export.to_onnx(nn.neuron(1), "/nowhere/w")),
    ):
        assert told == "/nowhere/w: must be a file to write: No such file or directory"
    found = complaint(export.from_safetensors(nn.neuron(1), "/nowhere/w"))
    assert found == "/nowhere/w: must be a readable file: No such file or directory"


# ONNX


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
    written = unwrapped(export.to_onnx(model, path, columns=len(rows[0])))
    for batch in (rows, rows[:1]):
        expected = [[y.data for y in forward_many(model, row)] for row in batch]
        assert outputs_of(written, batch) == pytest.approx(np.array(expected), rel=1e-12, abs=1e-12)
    return onnx.load(written)


@pytest.mark.parametrize("activation", sorted(nn.ACTIVATIONS))
@pytest.mark.parametrize("widths", [[1], [4, 3], [16, 16, 1]])
def test_an_mlp_computes_the_same_in_onnx_runtime(
    activation: str, widths: list[int], tmp_path: Path
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
        return self.w if float(inputs[0]) > 0.0 else -self.w


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
    peeking = complaint(export.to_onnx(Peeking(w=value(1.0)), tmp_path / "m", columns=1))
    assert "cannot be known while its graph is traced" in peeking
    custom = complaint(export.to_onnx(Cubed(w=value(1.0)), tmp_path / "m", columns=1))
    assert "has no form in ONNX" in custom
    assert list(tmp_path.iterdir()) == []


def test_the_number_of_inputs_must_be_known_and_right(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="columns must be the number of the model's inputs, got N"):
        export.to_onnx(block(0.1), tmp_path / "m")
    with pytest.raises(ValueError, match="columns must be 2, the number of the model's inputs"):
        export.to_onnx(nn.mlp(2, [1]), tmp_path / "m", columns=3)
    with pytest.raises(TypeError, match="to_onnx: columns must be an int >= 1, got '2'"):
        export.to_onnx(block(0.1), tmp_path / "m", columns="2")  # type: ignore[arg-type]
