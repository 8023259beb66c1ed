"""A file is written whole or not at all, survives a kill, and comes back as what was saved."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pmap, pvector
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

from microfp import Record, attr, nn, optim, tree, value, values
from microfp.checkpoint import (
    Format,
    from_data,
    load,
    load_record,
    save,
    save_record,
    to_data,
    to_json,
)
from microfp.errors import CheckpointError, MicrofpError
from microfp.losses import mean_squared_error
from microfp.nn import Model
from microfp.streams import resume
from microfp.toolbox import take
from microfp.trainer import Backend, Stepped, TrainState, initial_state, train
from microfp.values import Scalar, Value, stop_gradient
from tests.checkpoint.states import (
    MOONS,
    ROOT,
    TEXT,
    Layer,
    Odd,
    Pair,
    complaint,
    described,
    doubled,
    function_called,
    odd,
    started,
    through_file,
)

NAMELESS = "no file has a NUL in its name"

OPTIMIZERS = {
    "sgd": optim.sgd(0.1),
    "momentum": optim.momentum(0.1),
    "nesterov": optim.nesterov(0.1),
    "adagrad": optim.adagrad(0.1),
    "rmsprop": optim.rmsprop(0.1),
    "adam": optim.adam(0.05),
    "adamw": optim.adamw(0.05),
    "lion": optim.lion(0.01),
    "accumulated": optim.accumulate_gradients(optim.adam(0.05), every=3),
    "masked": optim.chain(
        optim.masked([True] * 4 + [False] * 13, optim.trace(0.5)), optim.sgd(0.1)
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_of_every_optimizer_comes_back_whole(name: str, tmp_path: Path) -> None:
    optimizer = OPTIMIZERS[name]
    states = list(take(5, train(nn.mlp(2, [4, 1]), MOONS, optimizer=optimizer, batch_size=7)))
    back = through_file(states[3], tmp_path / "run.json")
    assert described(back) == described(states[3])
    after = next(resume(back, MOONS, optimizer=optimizer, batch_size=7))
    assert described(after) == described(states[4])


@pytest.mark.parametrize("backend", ["eager", "python", "native"])
def test_resumed_at_any_step_a_run_is_the_one_that_was_never_interrupted(
    backend: Backend, tmp_path: Path
) -> None:
    adam, model = optim.adam(0.05), nn.mlp(2, [4, 1])
    start = initial_state(model, adam)
    unbroken = [
        start,
        *take(20, train(model, MOONS, optimizer=adam, batch_size=6, backend=backend)),
    ]
    expected = [described(state) for state in unbroken]
    for step, state in enumerate(unbroken):
        back = through_file(state, tmp_path / "run.json")
        rest = resume(back, MOONS, optimizer=adam, batch_size=6, backend=backend)
        assert [described(s) for s in (back, *take(20 - step, rest))] == expected[step:]


def test_a_model_of_ones_own_comes_back_from_the_types_that_are_named(tmp_path: Path) -> None:
    model = odd(note="NaN", numbers=(float("inf"), -0.0, 5e-324), flag=True, activation=doubled)
    state = started(model)
    back = through_file(state, tmp_path / "odd.json", Odd, Pair, doubled)
    assert described(back) == described(state)
    assert isinstance(back.model, Odd)
    assert back.model.activation is doubled
    states = resume(back, MOONS, loss=mean_squared_error(), optimizer=optim.adam(0.1))
    assert next(states).step == 1


def test_tied_weights_stay_tied_and_labels_stay(tmp_path: Path) -> None:
    shared = value(0.5, label="w")
    model = nn.layer(2, 2, weights=[[shared, 1.0], [2.0, shared]])
    assert tree.parameter_count(model) == 5
    back = through_file(started(model), tmp_path / "tied.json").model
    assert isinstance(back, nn.Layer)
    assert tree.parameter_count(back) == 5
    first = back.neurons[0].weights[0]
    assert first is back.neurons[1].weights[1]
    assert first.label == "w"


def test_frozen_parameters_stay_frozen_and_can_be_thawed(tmp_path: Path) -> None:
    model = tree.freeze(nn.mlp(2, [3, 1]), lambda m: m.layers[0])
    state = started(model)
    back = through_file(state, tmp_path / "frozen.json")
    assert described(back) == described(state)
    assert tree.parameter_count(back.model) == 4
    assert tree.parameter_count(tree.unfreeze(back.model)) == 13


def test_computed_values_come_back_with_all_they_were_computed_from(tmp_path: Path) -> None:
    w = value(3.0, label="w")
    computed = stop_gradient(values.total([w**2.0, w * 2.0, w]))
    state = started(odd(weights=pmap({"a": w, "b": computed})))
    assert described(through_file(state, tmp_path / "c.json", Odd, Pair)) == described(state)


@given(st.floats(), st.text(), st.integers(-(2**63) + 1, 2**63 - 1))
def test_numbers_and_texts_come_back_exactly(number: float, text: str, whole: int) -> None:
    held = (number, text, whole, None, True, pvector([number]), pmap({text: number, whole: text}))
    state = started(odd(deferred=held, note=text, pair=Pair(value(number, label=text), number)))
    data = json.loads(to_json(state))
    back = from_data(data, known=(Odd, Pair))
    assert described(back) == described(state)
    assert to_data(back) == to_data(state)


def test_where_no_file_can_be_written_it_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    state = started(nn.mlp(2, [1]))
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for name, reason in {
        "nowhere/run.json": "No such file or directory",
        "file/run.json": "Not a directory",
        "folder": "Is a directory",
        "nul\0": NAMELESS,
        "long" * 100: "File name too long",
    }.items():
        message = complaint(save(state, tmp_path / name))
        assert message == f"{tmp_path / name}: cannot be written: {reason}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_link_stays_a_link_and_a_private_file_private(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    assert is_successful(save(started(nn.mlp(2, [1])), link))
    assert link.is_symlink()
    assert is_successful(load(real))
    assert real.stat().st_mode & 0o777 == 0o600


def test_misuse_raises_at_once(tmp_path: Path) -> None:
    wrong: object = nn.mlp(2, [1])
    with pytest.raises(TypeError, match="save: state must be"):
        save(wrong, tmp_path / "x")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(TypeError, match="load: each of known must be classes of records"):
        load(tmp_path / "x", known=[int])
    for known in ([Layer], [function_called("tuple")], [doubled, function_called("doubled")]):
        with pytest.raises(ValueError, match="load: known must be of names that nothing else has"):
            load(tmp_path / "x", known=known)
    assert issubclass(CheckpointError, MicrofpError)


def test_every_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    for length in range(0, len(TEXT.rstrip()), 7):
        path.write_text(TEXT[:length])
        assert "must be JSON" in complaint(load(path))
    path.write_text(TEXT[: len(TEXT) // 2])
    assert complaint(load(path)).endswith("as if the file had been cut off")


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(TEXT[:100].encode() + b"\xe9")
    (tmp_path / "pickle").write_bytes(pickle.dumps([1, 2]))
    (tmp_path / "deep").write_text("[" * 60_000)
    (tmp_path / "dense").write_text("[0]," * 500_000)
    (tmp_path / "list").write_text("[]")
    (tmp_path / "mark").write_text(f"\ufeff{TEXT}")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(2**40)  # a hole: no byte of it is on the disk
    os.mkfifo(tmp_path / "pipe")
    for name, reason in {
        ".": "must be a readable file: Is a directory",
        "pipe": "must be a readable file: Not a regular file",
        "nowhere": "must be a readable file: No such file or directory",
        "nul\0": f"must be a readable file: {NAMELESS}",
        "latin": "byte 100: must be UTF-8 text, got 0xe9",
        "pickle": "byte 0: must be UTF-8 text, got 0x80",
        "deep": "must be nested at most 100 deep, got more",
        "dense": "must hold at most one list for 40 characters, got 500000",
        "list": "the file must be an object, got []",
        "mark": "line 1, column 1: must be JSON, got 'Unexpected UTF-8 BOM",
        "large": f"must be a readable file: it is larger than {2**28} bytes",
    }.items():
        path = tmp_path / name
        assert complaint(load(path)).startswith(f"{path}: {reason}")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(TEXT)
    path.chmod(0)
    user = os.geteuid()
    os.seteuid(user or 65534)  # no file is closed to the user 0
    try:
        result = load(path)
    finally:
        os.seteuid(user)
    assert complaint(result) == f"{path}: must be a readable file: Permission denied"


KILLS = """
import os, random, signal, sys, time
from pathlib import Path
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io
from microfp import nn, optim, trainer
from microfp.checkpoint import load, save, to_data

path = Path(sys.argv[1])
adam = optim.adam(0.1)
states = [trainer.initial_state(nn.mlp(2, [4, 4, 1], seed=seed), adam) for seed in (1, 2)]
allowed = [to_data(state) for state in states]
assert is_successful(save(states[0], path))
chance, torn, seen, parts = random.Random(1337), 0, set(), 0
for _ in range(200):
    begun, begins = os.pipe()
    child = os.fork()
    if child == 0:
        while True:
            for state in reversed(states):
                save(state, path)
                os.write(begins, b".")
    os.read(begun, 1)  # the child has saved once, however slow the machine is
    time.sleep(chance.uniform(0.0, 0.02))  # the moment of the kill; no result depends on it
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(begun), os.close(begins)
    result = load(path)
    found = to_data(unsafe_perform_io(result.unwrap())) if is_successful(result) else None
    torn += found not in allowed
    seen |= {i for i, data in enumerate(allowed) if data == found}
    parts += any(path.parent.glob(".microfp-*.part"))  # the next save clears it away
print(torn, len(seen), parts)
"""


def test_two_hundred_kills_while_it_saves_leave_a_whole_file(tmp_path: Path) -> None:
    """One process forks a child that saves without end, and kills it, 200 times."""
    run = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path / "run.json")],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    torn, seen, parts = map(int, run.stdout.split())
    assert torn == 0
    assert seen == 2, "the children have saved"
    assert parts > 0, "some of them were killed in the middle of it"


class Labelled(Record):
    """A state and what it is called."""

    name: str = attr(invariant=lambda name: (bool(name), "name must not be empty"))
    state: TrainState[Model] = attr()


LABELLED = Format("labelled", 2, Labelled)


def test_a_record_around_a_state_comes_back_from_a_file_of_its_own_format(tmp_path: Path) -> None:
    record = Labelled(name="first", state=started(nn.mlp(2, [3, 1])))
    path = tmp_path / "labelled.json"
    assert is_successful(save_record(record, path, LABELLED))
    back = unsafe_perform_io(load_record(path, LABELLED).unwrap())
    assert described(back) == described(record)
    assert json.loads(path.read_text("utf-8"))["format"] == "labelled"


def test_a_file_of_another_format_is_refused_by_its_name(tmp_path: Path) -> None:
    state, path = started(nn.mlp(2, [1])), tmp_path / "file.json"
    assert is_successful(save(state, path))
    assert complaint(load_record(path, LABELLED)).endswith(
        "format must be 'labelled', got 'microfp checkpoint'"
    )
    assert is_successful(save_record(Labelled(name="it", state=state), path, LABELLED))
    assert complaint(load(path)).endswith("format must be 'microfp checkpoint', got 'labelled'")
    assert complaint(load_record(path, LABELLED._replace(version=1))).endswith(
        "version must be 1, got 2; a newer microfp wrote it"
    )
    assert "state must be a TrainState" in complaint(
        load_record(path, Format("labelled", 2, TrainState, (Labelled,)))
    )


def test_a_record_of_another_type_than_the_format_says_is_misuse(tmp_path: Path) -> None:
    wrong: Labelled = started(nn.mlp(2, [1]))  # type: ignore[assignment]  # what is tested
    with pytest.raises(TypeError, match="record must be a Labelled"):
        save_record(wrong, tmp_path / "file.json", LABELLED)
    assert list(tmp_path.iterdir()) == []


# The type of the model


class Slope(Record):
    slope: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.slope * inputs[0]


def test_a_state_is_loaded_as_one_of_the_model_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    save(initial_state(nn.mlp(2, [3, 1]), optim.sgd(0.1)), path)
    state = unsafe_perform_io(load(path, model=nn.MLP).unwrap())
    assert [len(layer.neurons) for layer in state.model.layers] == [3, 1]
    told = str(unsafe_perform_io(load(path, model=nn.Neuron).failure()))
    assert told.startswith(f"{path}: state.model must be of type Neuron, got MLP(")


def test_the_model_that_is_asked_for_counts_as_known(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    save(initial_state(Slope(slope=value(2.0)), optim.sgd(0.1)), path)
    state = unsafe_perform_io(load(path, model=Slope).unwrap())
    assert state.model.slope.data == 2.0
    again = unsafe_perform_io(load(path, model=Slope, known=[Slope]).unwrap())
    assert again.model.slope.data == 2.0


def test_a_state_after_a_step_comes_back_as_one(tmp_path: Path) -> None:
    (stepped,) = take(1, train(nn.mlp(2, [1]), MOONS))
    start = initial_state(nn.mlp(2, [1]), optim.sgd(0.1))
    kinds = [type(from_data(to_data(state))) for state in (start, stepped)]
    assert kinds == [TrainState, Stepped]
