"""All of a state becomes data, always the same; what cannot is named with its place."""

import json
from pathlib import Path

from microfp import nn, ops, optim, value, values
from microfp.checkpoint import save, to_data
from microfp.nn import Model
from microfp.trainer import TrainState, train
from tests.checkpoint.states import (
    MOONS,
    Layer,
    Pair,
    complaint,
    doubled,
    function_called,
    odd,
    started,
)


def test_the_text_is_strict_json_and_the_same_each_time(tmp_path: Path) -> None:
    state = next(train(nn.mlp(2, [4, 1]), MOONS, optimizer=optim.adam(0.05)))
    texts = []
    for name in ("a", "b"):
        save(state, tmp_path / name)
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1]
    assert json.loads(texts[0]) == to_data(state)
    assert max(map(len, texts[0].splitlines())) <= 100


def test_what_cannot_be_saved_is_named_with_its_place_and_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    save(started(odd()), path)
    before = path.read_bytes()
    usual = started(odd())
    cases: dict[str, TrainState[Model]] = {
        "state.TrainState.model.Neuron.activation must be a function with a name": started(
            nn.neuron(1, activation=lambda a: a)
        ),
        "state.TrainState.model.Odd.deferred must be data": started(odd(deferred=[1, 2])),
        "state.TrainState.model.Odd.deferred must be an int of 64 bits": started(
            odd(deferred=2**63)
        ),
        "state.TrainState.model.Odd.deferred[1] must be data": started(odd(deferred=(1, b""))),
        "state.TrainState.model.Odd.pair.right must be of type float": started(
            odd(pair=Pair(value(1.0), untyped("1")))
        ),
        "nodes[2] must be made by a primitive of microfp, got 'cube'": started(
            odd(deferred=values.apply(CUBE, value(2.0)))
        ),
        "of a type with a name that microfp does not use": started(odd(deferred=Layer())),
        "a function with a name that microfp does not use": started(
            odd(deferred=function_called("relu"))
        ),
        "names must differ, got two things named 'doubled'": started(
            odd(activation=doubled, deferred=function_called("doubled"))
        ),
        "must be nested at most 100 deep": usual.set(optimizer_state=_nested(200)),
        "must be nested at most 100 deep, got": usual.set(optimizer_state=_nested(20_000)),
    }
    for expected, state in cases.items():
        assert expected in complaint(save(state, path))
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]


CUBE = ops.primitive("cube", lambda a: a**3, lambda a, y: (3.0 * a * a,), "{0}³")


def untyped(wrong: object) -> float:
    """What a type checker would refuse."""
    return wrong  # type: ignore[return-value]  # that is the point


def _nested(depth: int) -> tuple[object, ...]:
    nest: tuple[object, ...] = ()
    for _ in range(depth):
        nest = (nest,)
    return nest
