"""Whatever a file says is a state or a complaint with its place; it is never obeyed."""

import json
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.pipeline import is_successful

from microfp.checkpoint import from_data, from_json, load
from microfp.errors import CheckpointError
from microfp.nn import ACTIVATIONS
from tests.checkpoint.states import (
    ADAM,
    FIRST,
    GOOD,
    LAYERS,
    MEMORY,
    NEURON,
    TEXT,
    Forged,
    Pair,
    at,
    complaint,
    described,
    forged_text,
)

FORGED = {
    "foreign": Forged(("format",), "torch", "format must be 'microfp checkpoint', got 'torch'"),
    "newer": Forged(("version",), 2, "version must be 1, got 2; a newer microfp wrote it"),
    "older": Forged(("version",), 0, "version must be 1, got 0"),
    "a version of true": Forged(("version",), True, "version must be 1, got True"),
    "no nodes": Forged(("nodes",), {}, "nodes must be a list, got {}"),
    "another root": Forged(
        ("state",), {"EmptyState": {}}, "state must be a TrainState, got EmptyState()"
    ),
    "an unknown type": Forged(
        ("state", "TrainState", "model"),
        {"os.system": {"command": "true"}},
        "state.TrainState.model must be of a type of microfp, or of one that is named to load as "
        "known, got 'os.system'",
    ),
    "an unknown function": Forged(
        (*FIRST, "activation"),
        {"function": "exec"},
        f"{NEURON}.activation must be a function of microfp, or one that is named to load as "
        "known, got 'exec'",
    ),
    "an unknown activation": Forged(
        (*FIRST, "activation"),
        "nowhere",
        f"{NEURON}.activation must be one of {', '.join(map(repr, ACTIVATIONS))} or of type "
        "Callable[[Value], Value], got 'nowhere'",
    ),
    "a type for a function": Forged(
        (*FIRST, "activation"),
        {"function": "MLP"},
        f"{NEURON}.activation must be a function of microfp, or one that is named to load as "
        "known, got 'MLP'",
    ),
    "text for a count": Forged(
        (*MEMORY, "count"), "one", f"{ADAM}.count must be of type int, got 'one'"
    ),
    "a negative count": Forged((*MEMORY, "count"), -1, f"{ADAM}.count must be an int >= 0, got -1"),
    "text among numbers": Forged(
        (*MEMORY, "first_moments", 3),
        "x",
        f"{ADAM}.first_moments[3] must be of type float, got 'x'",
    ),
    "memories of two lengths": Forged(
        (*MEMORY, "second_moments"),
        [0.5],
        f"{ADAM}.second_moments must be of 9 numbers, as first_moments is, got 1",
    ),
    "a float for a weight": Forged(
        (*FIRST, "weights", 1), 0.5, f"{NEURON}.weights[1] must be of type Value, got 0.5"
    ),
    "text for a weight": Forged(
        (*FIRST, "weights", 1),
        {"value": "0.5"},
        f"{NEURON}.weights[1].value must be a number, 'NaN', 'Infinity' or '-Infinity', got '0.5'",
    ),
    "a label that is none": Forged(
        (*FIRST, "bias"), {"value": 0.5, "label": 1}, f"{NEURON}.bias.label must be a text, got 1"
    ),
    "a neuron of another width": Forged(
        (*FIRST, "weights"),
        [{"value": 0.5}],
        "state.TrainState.model.MLP.layers[0].Layer.neurons[1] must be a neuron of 1 weights, like "
        "those before it, got 2",
    ),
    "layers that do not fit": Forged(
        (*LAYERS, 1, "Layer", "neurons", 0, "Neuron", "weights"),
        [{"value": 0.5}],
        "state.TrainState.model.MLP.layers[1] must be a layer of 2 inputs, as many as neurons "
        "before it, got 1",
    ),
    "no layers": Forged(
        LAYERS, [], "state.TrainState.model.MLP.layers must be at least one layer, got none"
    ),
    "no neurons": Forged(
        (*LAYERS, 0, "Layer", "neurons"),
        [],
        "state.TrainState.model.MLP.layers[0].Layer.neurons must be at least one neuron, got none",
    ),
    "no weights": Forged(
        (*FIRST, "weights"), [], f"{NEURON}.weights must be at least one value, got none"
    ),
    "neurons for layers": Forged(
        (*LAYERS, 1),
        {"EmptyState": {}},
        "state.TrainState.model.MLP.layers[1] must be of type Layer, got EmptyState()",
    ),
    "a field too few": Forged(
        ("state", "TrainState", "metrics"),
        {"Metrics": {}},
        "state.TrainState.metrics.Metrics must have a key 'accuracy', got none",
    ),
    "a field too many": Forged(
        (*FIRST,),
        {"weights": [], "bias": 0, "activation": "relu", "evil": 1},
        f"{NEURON} must have no key 'evil', got one",
    ),
    "no model": Forged(
        ("state", "TrainState", "model"),
        {"EmptyState": {}},
        "state.TrainState.model must be a model that can be called, got EmptyState()",
    ),
    "a step before the first": Forged(
        ("state", "TrainState", "step"), -1, "state.TrainState.step must be an int >= 0, got -1"
    ),
    "a node that is not there": Forged(
        (*FIRST, "bias"),
        {"node": 0},
        f"{NEURON}.bias must be the place of one of 0 nodes, got 0",
    ),
    "a node before itself": Forged(
        ("nodes",),
        [{"value": 1.0, "op": "neg", "parents": [0]}],
        "nodes[0].parents[0] must be the place of one of 0 nodes, got 0",
    ),
    "an unknown primitive": Forged(
        ("nodes",),
        [{"value": 1.0, "op": "eval", "parents": []}],
        "nodes[0].op must be the name of a primitive, got 'eval'",
    ),
    "a value that its op does not give": Forged(
        ("nodes",),
        [{"value": 1.0}, {"value": 2.0, "op": "neg", "parents": [0]}],
        "nodes[1].value must be -1.0, which neg gives, got 2.0",
    ),
    "a parameter where there is none": Forged(
        ("nodes",),
        [{"value": 1.0}, {"value": 1.0, "op": "total", "parents": [0], "parameter": 0.0}],
        "nodes[1].parameter must be left out, as total takes none, got 0.0",
    ),
    "a power without its exponent": Forged(
        ("nodes",),
        [{"value": 1.0}, {"value": 1.0, "op": "constant_power", "parents": [0]}],
        "nodes[1].parameter must be a number, got None",
    ),
    "a model for an activation": Forged(
        (*FIRST, "activation"),
        {"Neuron": {"weights": [{"value": 0.5}], "bias": {"value": 0.5}, "activation": "relu"}},
        f"{NEURON}.activation must be a function from a value to a value, got Neuron(1 -> 1",
    ),
    "a model for a memory": Forged(
        ("state", "TrainState", "optimizer_state"),
        {"map": [["a", {"Layer": {"neurons": [{"Neuron": at(json.loads(TEXT), *FIRST)}]}}]]},
        "state.TrainState.optimizer_state['a'] must be what an optimiser remembers, got Layer(",
    ),
    "keys of one hash": Forged(
        ("state", "TrainState", "optimizer_state"),
        {"map": [[{"tuple": [*key]}, 0] for key in product((-1, -2), repeat=7)]},
        "state.TrainState.optimizer_state must be a map of at most 64 keys of one hash, got more",
    ),
    "too many operands": Forged(
        ("nodes",),
        [{"value": 1.0}, {"value": 1.0, "op": "neg", "parents": [0, 0]}],
        "nodes[1].parents must be the operands of neg, got '2 nodes'",
    ),
    "two keys in an object": Forged(
        (*FIRST, "bias"), {"a": 1, "b": 2}, f"{NEURON}.bias must be data as a checkpoint has them"
    ),
    "a map with one key twice": Forged(
        ("state", "TrainState", "optimizer_state"),
        {"map": [["a", 1], ["a", 2]]},
        "state.TrainState.optimizer_state must be a map of different keys, got one twice",
    ),
    "a map of triples": Forged(
        ("state", "TrainState", "optimizer_state"),
        {"map": [["a", 1, 2]]},
        "state.TrainState.optimizer_state[0] must be a key and an item, got ['a', 1, 2]",
    ),
    "a text that is none": Forged(
        ("state", "TrainState", "optimizer_state"),
        {"text": 1},
        "state.TrainState.optimizer_state must be a text, got 1",
    ),
    "lists in lists": Forged(
        ("state", "TrainState", "optimizer_state"),
        json.loads("[" * 150 + "]" * 150),
        "must be nested at most 100 deep, got more",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_file_is_refused_with_the_place_and_the_reason(name: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(forged_text(FORGED[name]))
    message = complaint(load(path))
    assert message.startswith(f"{path}: {FORGED[name].message}")


def test_the_forger_can_write_what_is_right(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(forged_text(Forged((*FIRST, "activation"), {"function": "tanh"}, "")))
    assert is_successful(load(path))


class Spelt(NamedTuple):
    old: str
    new: str
    message: str


COUNT = '"count": 1'

SPELT = {
    "a huge float": Spelt(
        COUNT, '"count": 1e999', f"{ADAM}.count must be a number of 64 bits, got 1e999"
    ),
    "a huge int": Spelt(
        COUNT, f'"count": {"9" * 9999}', f"{ADAM}.count must be an int of 64 bits, got 999"
    ),
    "a bare NaN": Spelt(
        COUNT, '"count": NaN', f"{ADAM}.count must be a number, or a text such as 'NaN', got NaN"
    ),
    "a key twice": Spelt(
        COUNT,
        '"count": 1, "count": 2',
        f"{ADAM} must be an object of different keys, got 'count' twice",
    ),
    "no comma": Spelt('"version": 1,', '"version": 1', "line 4, column 2: must be JSON, got"),
    "no digest": Spelt('"sha256"', '"sha257"', "the file must have a key 'sha256', got none"),
    "a number altered": Spelt(
        COUNT, '"count": 2', "sha256 must be that of nodes and state: the file was altered"
    ),
}


@pytest.mark.parametrize("name", SPELT)
def test_what_json_lets_pass_is_refused_too(name: str, tmp_path: Path) -> None:
    old, new, expected = SPELT[name]
    assert TEXT.count(old) == 1
    path = tmp_path / "run.json"
    path.write_text(TEXT.replace(old, new))
    message = complaint(load(path))
    assert message.startswith(f"{path}: {expected}")
    assert len(message) < 400


@given(st.data())
def test_no_altered_character_goes_unnoticed_or_raises(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(TEXT) - 1))
    character = data.draw(st.characters(codec="utf-8"))
    altered = TEXT[:place] + character + TEXT[place + 1 :]
    try:
        back = from_json(altered)
    except CheckpointError:
        return
    assert described(back) == described(GOOD)  # another spelling of the same: 1e-05 for 1E-05


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["tuple", "map", "text", "function", "value", "node", "MLP", "Neuron"]),
            inner,
        )
    ),
)


@given(JSON, st.booleans())
def test_arbitrary_data_are_a_state_or_a_complaint(found: object, whole: bool) -> None:
    data = found if whole else {**json.loads(TEXT), "state": found}
    with pytest.raises(CheckpointError):
        from_data(data)


def test_a_known_named_tuple_has_its_items(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(
        forged_text(Forged(("state", "TrainState", "optimizer_state"), {"Pair": [1]}, ""))
    )
    assert "optimizer_state.Pair must be the items of a Pair, got [1]" in complaint(
        load(path, known=[Pair])
    )


def test_data_with_keys_that_are_no_texts_are_refused() -> None:
    with pytest.raises(CheckpointError, match="the file must be an object whose keys are texts"):
        from_data({1: 2})
