"""The types and the invariants of a known record hold for what a file says too."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from pyrsistent import PVector, pvector

from microfp import Record, Value, attr, nn, optim, value, values
from microfp.checkpoint import from_data, load, save, to_json
from microfp.checkpoint.formats import OPTIMIZER_STATES
from microfp.errors import CheckpointError
from microfp.schedules import constant
from microfp.values import Scalar
from tests.checkpoint.states import (
    Forged,
    complaint,
    described,
    forged_text,
    resealed,
    started,
    through_file,
)


class Witness(Record):
    """A type whose making would be noticed."""

    x: int = attr(invariant=lambda x: (x != 13, "x must not be 13"))

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return values.total(inputs) * float(self.x)


def test_the_invariants_of_a_known_type_hold_for_files(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    case = Forged(("state", "TrainState", "model"), {"Witness": {"x": 13}}, "")
    path.write_text(forged_text(case))
    assert "must be of a type of microfp" in complaint(load(path))
    assert "Witness must be a Witness, got fields of none" in complaint(load(path, known=[Witness]))


class Chosen(Record):
    """A model with fields of narrow types."""

    w: Value = attr()
    kind: Literal["up", "down"] = attr(default="up")
    size: tuple[int, str] = attr(default=(1, "m"))
    count: int | None = attr(default=None)
    rows: PVector[PVector[float]] = attr(default_factory=pvector)
    free: "Nameless" = attr(default=None)  # type: ignore[name-defined]  # noqa: F821 - no such name

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.w * inputs[0]


class Narrow(Record):
    """The same with annotations that all have a meaning."""

    w: Value = attr()
    kind: Literal["up", "down"] = attr(default="up")
    size: tuple[int, str] = attr(default=(1, "m"))
    count: int | None = attr(default=None)
    rows: PVector[PVector[float]] = attr(default_factory=pvector)

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.w * inputs[0]


NARROWER: dict[str, tuple[object, str]] = {
    "kind": ("left", "kind must be one of 'up', 'down', got 'left'"),
    "size": ({"tuple": [1]}, "size must be a tuple of 2, got (1,)"),
    "count": ("1", "count must be of type int | None, got '1'"),
    "rows": ([[1.5], [None]], "rows[1][0] must be of type float, got None"),
}


@pytest.mark.parametrize("field", NARROWER)
def test_the_types_of_fields_are_read_from_the_annotations_and_hold(field: str) -> None:
    content, expected = NARROWER[field]
    data = json.loads(to_json(started(Narrow(w=value(1.0)))))
    assert described(from_data(data, [Narrow])) == described(started(Narrow(w=value(1.0))))
    data["state"]["TrainState"]["model"]["Narrow"][field] = content
    with pytest.raises(CheckpointError) as raised:
        from_data(json.loads(resealed(data)), [Narrow])
    assert str(raised.value) == f"state.TrainState.model.Narrow.{expected}"


def test_a_record_whose_annotations_have_no_meaning_is_saved_all_the_same(tmp_path: Path) -> None:
    state = started(Chosen(w=value(1.0)))
    assert described(through_file(state, tmp_path / "run.json", Chosen)) == described(state)


def states_in(found: object) -> Iterator[type]:
    """The kinds of records in what an optimiser remembers."""
    if isinstance(found, Record):
        yield type(found)
    inside = found if isinstance(found, tuple) else ()
    for part in (*inside, getattr(found, "inner", None)):
        yield from () if part is None else states_in(part)


def test_whatever_optimisers_remember_in_is_known_and_nothing_else() -> None:
    plain = optim.sgd(0.1)
    around = (optim.lookahead, optim.sam, optim.schedule_free, optim.skip_not_finite)
    several = [optim.ema(0.9), optim.lbfgs(), optim.scale_by_lbfgs(), *(f(plain) for f in around)]
    parts = [optim.trace(0.5), *(make(constant(0.1)) for make in optim.OPTIMIZERS.values())]
    every = optim.accumulate_gradients(optim.chain(*parts), every=2)
    remembered = {
        kind
        for optimizer in (every, *parts, *several)
        for kind in states_in(optimizer.init(pvector([1.0, 2.0])))
    }
    assert remembered == set(OPTIMIZER_STATES)


class Loose(Record):
    w: Any = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.w * inputs[0]  # type: ignore[no-any-return]  # a value, as far as anybody knows


def test_a_field_of_any_type_is_saved_as_it_is(tmp_path: Path) -> None:
    state = started(Loose(w=value(1.0)))
    assert described(through_file(state, tmp_path / "run.json", Loose)) == described(state)


def test_the_memory_of_a_larger_model_is_neither_saved_nor_loaded(tmp_path: Path) -> None:
    small, large = started(nn.neuron(1)), started(nn.neuron(2))
    memory = "state.TrainState.optimizer_state[0].AdamState.first_moments"
    expected = f"{memory} must be of at most 2 numbers, one per parameter of the model, got 3"
    mixed = small.set(optimizer_state=large.optimizer_state)
    assert expected in complaint(save(mixed, tmp_path / "run.json"))
    data = json.loads(to_json(small))
    state = data["state"]["TrainState"]
    state["optimizer_state"] = json.loads(to_json(large))["state"]["TrainState"]["optimizer_state"]
    (tmp_path / "forged.json").write_text(resealed(data))
    assert expected in complaint(load(tmp_path / "forged.json"))
