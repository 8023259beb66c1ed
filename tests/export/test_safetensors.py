"""Weights as safetensors, held against the programs that read them."""

import math
import struct
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from pyrsistent import PMap, pmap

from microfp import Record, attr, export, nn, tree, value
from microfp.nn import Model, forward_many
from microfp.values import Scalar, Value
from tests.export.computations import COMPUTATIONS
from tests.export.models import bits, block, complaint, unwrapped


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
    told = complaint(export.to_safetensors(nn.neuron(1), "/nowhere/w"))
    assert told == "/nowhere/w: cannot be written: No such file or directory"
    found = complaint(export.from_safetensors(nn.neuron(1), "/nowhere/w"))
    assert found == "/nowhere/w: must be a readable file: No such file or directory"


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_every_value_of_a_model_is_written_and_read(name: str, tmp_path: Path) -> None:
    model = COMPUTATIONS[name]
    written = unwrapped(export.to_safetensors(model, tmp_path / "m"))
    like = tree.map_parameters(lambda p: p.data + 1.0, model)
    assert bits(unwrapped(export.from_safetensors(like, written))) == bits(model)
