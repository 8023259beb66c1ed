"""Kinds of records: which models are rows of parts, and which are traced scalar by scalar."""

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any

import pytest
from pyrsistent import PMap, PRecord, PVector, pmap, pvector

from microfp import Record, Value, attr, nn, tanh, total, value
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import run
from microfp.compiler.trace.kinds import Kind, Row, trace_rows
from microfp.tree import freeze, parameters


class Gated(Record):
    """A part of a user's own, with two rows of weights."""

    weights: tuple[Value, ...] = attr()
    gates: PVector[Value] = attr()

    def __call__(self, inputs: Sequence[Value]) -> Value:
        opened = tanh(total([g * x for g, x in zip(self.gates, inputs, strict=True)]))
        return opened * total([w * x for w, x in zip(self.weights, inputs, strict=True)])


class Stack(Record):
    """Parts in rows, and how each row is given its inputs."""

    rows: tuple[tuple[Any, ...], ...] = attr()
    container: Any = attr(default=tuple)

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        signals: tuple[Value, ...] = tuple(inputs)
        for row in self.rows:
            signals = tuple([part(self.container(signals)) for part in row])
        return signals


def gated(width: int) -> Gated:
    return Gated(
        weights=tuple(value(0.1 * i) for i in range(width)),
        gates=pvector([value(-0.1 * i) for i in range(width)]),
    )


def shapes(model: Any, width: int) -> list[tuple[int, int, int]] | None:
    rows: tuple[Row, ...] | None = trace_rows(model, width)
    return None if rows is None else [(row.calls, row.first, row.step) for row in rows]


def test_a_layer_is_a_row_and_a_lone_neuron_is_one() -> None:
    assert shapes(nn.mlp(3, [5, 1]), 3) == [(5, 0, 4), (1, 20, 0)]
    assert shapes(nn.layer(3, 5), 3) == [(5, 0, 4)]
    assert shapes(nn.neuron(3), 3) == [(1, 0, 0)]


@pytest.mark.parametrize("container", [tuple, list, pvector])
def test_records_of_a_users_own_are_parts_however_they_are_given_their_inputs(
    container: Any,
) -> None:
    model = Stack(rows=((gated(2), gated(2), gated(2)), (gated(3),)))
    assert shapes(model.set(container=container), 2) == [(3, 0, 4), (1, 12, 0)]


def test_equal_parts_are_traced_once() -> None:
    called = []

    def counted(a: Value) -> Value:
        called.append(a)
        return a

    assert trace_rows(nn.mlp(2, [7, 7, 7], activation=counted), 2) is not None
    assert len(called) == 2  # with two inputs and with seven; the last layer is linear


def test_layers_of_one_shape_are_of_one_kind() -> None:
    rows = trace_rows(nn.mlp(4, [4, 4, 4, 4]), 4)
    assert rows is not None
    assert rows[0].kind is rows[1].kind is rows[2].kind
    assert rows[2].kind is not rows[3].kind


def neuron() -> nn.Neuron:
    return nn.neuron(2)


class Reads(Stack):
    """A model that looks into a part."""

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        return (super().__call__(inputs)[0] * self.rows[0][0].bias,)


class Counts(Stack):
    """A model that asks for the parameters of its parts."""

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        return (super().__call__(inputs)[0] * float(len(parameters(self))),)


class Hides(Stack):
    """A model that goes on as if nothing had happened."""

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        try:
            self.rows[0][0].bias  # noqa: B018 - whether it can be read
        except Exception:  # noqa: BLE001 - whatever it is
            return super().__call__(inputs)
        return tuple([output * 2.0 for output in super().__call__(inputs)])


class Named(Stack):
    """A model that gives a part another argument."""

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        return tuple([part(inputs=inputs) for part in self.rows[0]])


class Scaled(Stack):
    """A model with a parameter that belongs to no part."""

    scale: Value = attr()


class Skips(Stack):
    """A model that leaves parts out, or calls one twice."""

    chosen: tuple[int, ...] = attr()

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        return tuple([self.rows[0][place](inputs) for place in self.chosen])


class Residual(Stack):
    """A model that computes between its rows."""

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        return tuple([a + b for a, b in zip(super().__call__(inputs), inputs, strict=True)])


class Gives(Stack):
    """A model that gives something else than nodes."""

    given: Any = attr()

    def __call__(self, inputs: Sequence[Value]) -> Any:
        return self.given(inputs)


ONE = neuron()
TIED = ONE.weights
LIKE = ((neuron(), neuron()),)


@pytest.mark.parametrize(
    "model",
    [
        Reads(rows=LIKE),
        Counts(rows=LIKE),
        Hides(rows=LIKE),
        Named(rows=LIKE),
        Scaled(rows=LIKE, scale=value(2.0)),
        Residual(rows=LIKE),
        Skips(rows=LIKE, chosen=(0,)),
        Skips(rows=LIKE, chosen=(0, 0)),
        Skips(rows=LIKE, chosen=(1, 0)),
        Skips(rows=((neuron(), neuron(), neuron(), neuron()),), chosen=(0, 1, 3, 2)),
        Gives(rows=LIKE, given=tuple),
        Gives(rows=LIKE, given=lambda _: ()),
        Gives(rows=LIKE, given=lambda _: [[1.0]]),
        Gives(rows=LIKE, given=lambda _: "scores"),
        Stack(rows=((ONE, ONE),)),
        Stack(rows=((ONE, ONE.set(weights=TIED, bias=value(0.0))),)),
        Stack(rows=((neuron(), nn.neuron(2, activation="tanh")),)),
        Stack(rows=((neuron(), freeze(neuron())),)),
        Stack(rows=((nn.layer(2, 2),),)),
        nn.neuron(2, activation=lambda a: a.data),  # type: ignore[arg-type, return-value]  # it reads
    ],
    ids=lambda model: type(model).__name__,
)
def test_what_is_no_list_of_rows_is_traced_scalar_by_scalar(model: Any) -> None:
    assert trace_rows(model, 2) is None


class Chosen(Record):
    """A model that finds its parts by name."""

    parts: PMap[str, nn.Neuron] = attr()

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        return tuple([self.parts[name](inputs) for name in ("a", "b")])


class Point(PRecord):  # type: ignore[type-arg]  # pyrsistent's own, without any
    """A record that is none of microfp's."""


def test_parts_stand_in_maps_too() -> None:
    assert shapes(Chosen(parts=pmap({"b": neuron(), "a": neuron()})), 2) == [(2, 0, 3)]


def test_a_record_of_another_library_is_left_to_the_scalars() -> None:
    assert shapes(Stack(rows=((neuron(),), (Point(),))), 2) is None


class Passes(Record):
    """A part that gives what it is given: in the first row that is a plain number."""

    level: Value = attr()

    def __call__(self, inputs: Sequence[Value]) -> Value:
        return inputs[0]


def test_what_a_part_gives_is_a_node() -> None:
    passes = Passes(level=value(0.0))
    assert shapes(Stack(rows=((neuron(),), (passes,))), 2) == [(1, 0, 0), (1, 3, 0)]
    assert shapes(Stack(rows=((passes,),)), 2) is None


class Mixes(Stack):
    """A model that gives a part a number and a node."""

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        return (self.rows[0][0]((inputs[0], self.rows[0][1](inputs))),)


def test_a_number_and_a_node_are_no_inputs_of_a_kind() -> None:
    assert shapes(Mixes(rows=((nn.neuron(2), nn.neuron(2)),)), 2) is None


class Squared(nn.Neuron):
    """A neuron of another class, and nothing else."""


@singledispatch
def dispatched(_part: object, output: Value) -> Value:
    return output


@dispatched.register
def _(_part: Squared, output: Value) -> Value:
    return output * output


LOOKS: dict[str, Callable[[Any, Any], bool]] = {
    "type is": lambda part, _: type(part) is Squared,
    "type equals": lambda part, _: type(part) == Squared,  # noqa: E721 - what is tested
    "class is": lambda part, _: part.__class__ is Squared,
    "isinstance": lambda part, _: isinstance(part, Squared),
    "name": lambda part, _: type(part).__name__ == "Squared",
    "table": lambda part, _: {Squared: True, nn.Neuron: False}[type(part)],
    "order": lambda part, _: Squared in type(part).__mro__,
    "dispatch": lambda part, _: dispatched.dispatch(type(part)) is not dispatched.dispatch(object),
    "identity": lambda part, model: part is model.rows[-1][0],
    "address": lambda part, model: id(part) == id(model.rows[-1][0]),
    "equality": lambda part, model: part == model.rows[-1][0],
    "place": lambda part, model: (
        model.rows[-1].index(part) == 0 if part in model.rows[-1] else False
    ),
    "hash": lambda part, model: hash(part) == hash(model.rows[-1][0]),
    "field": lambda part, model: part.weights is model.rows[-1][0].weights,
    "leaf": lambda part, model: part.bias is model.rows[-1][0].bias,
    "item": lambda part, model: part["bias"] is model.rows[-1][0]["bias"],
    "asked": lambda part, _: hasattr(part, "bias") and type(part) is Squared,
    "length": lambda part, _: len(part) == 3 and type(part) is Squared,
    "text": lambda part, _: repr(part).startswith("Squared"),
    "default": lambda part, _: getattr(part, "bias", None) is not None and type(part) is Squared,
}


class Looks(Stack):
    """A model that branches on what its parts are."""

    looks: str = attr()

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        signals: tuple[Value, ...] = tuple(inputs)
        for row in self.rows:
            signals = tuple([self._fired(part, signals) for part in row])
        return signals

    def _fired(self, part: Any, signals: tuple[Value, ...]) -> Value:
        is_wanted = LOOKS[self.looks](part, self)
        fired: Value = part(signals if is_wanted else tuple([x * 2.0 for x in signals]))
        return fired


class Sorts(Looks):
    """A model that calls its rows in an order that depends on what their parts are."""

    def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
        rows = sorted(self.rows, key=lambda row: LOOKS[self.looks](row[0], self))
        return Stack(rows=tuple(rows))(inputs)


def squared(width: int) -> Squared:
    made = nn.neuron(width, seed=7)
    return Squared(weights=made.weights, bias=made.bias)


LAST_COMES_LAST = ((squared(2), squared(2)), (nn.neuron(2, seed=1), nn.neuron(2, seed=2)))


@pytest.mark.parametrize("model", [Looks, Sorts])
@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize("rows", [LAST_COMES_LAST, LAST_COMES_LAST[::-1]], ids=["one", "other"])
def test_a_model_that_looks_at_what_a_part_is_computes_what_it_does_when_it_is_called(
    looks: str, model: type[Looks], rows: Any
) -> None:
    built: Any = model(rows=rows, looks=looks)
    traced = trace_rows(built, 2)
    if traced is not None:  # by kinds: then the scores are those of the model itself
        scores = [score.data for score in built([value(0.3), value(-0.7)])]
        assert by_rows(traced, built, [0.3, -0.7]) == scores


def by_rows(rows: Sequence[Row], model: Any, inputs: Sequence[float]) -> list[float]:
    """The scores of a model, computed call by call from its rows."""
    numbers = [p.data for p in parameters(model)]
    for row in rows:
        starts = [row.first + row.step * call for call in range(row.calls)]
        size, given = len(row.kind.parameters), inputs
        inputs = [output_of(row.kind, given, numbers[start : start + size]) for start in starts]
    return list(inputs)


def output_of(kind: Kind, inputs: Sequence[float], numbers: Sequence[float]) -> float:
    program = lower(kind.output, kind.inputs, kind.parameters)
    (output,) = run(program, [*inputs, *numbers])
    return output


ASKED = ["type is", "type equals", "class is", "isinstance", "name", "table", "order", "dispatch"]


@pytest.mark.parametrize("looks", [*ASKED, "identity", "address"])
def test_a_look_at_the_class_or_the_identity_of_a_part_keeps_a_model_in_rows(looks: str) -> None:
    assert shapes(Sorts(rows=LAST_COMES_LAST, looks=looks), 2) is not None
    assert shapes(Sorts(rows=LAST_COMES_LAST[::-1], looks=looks), 2) is not None


@pytest.mark.parametrize("looks", sorted({*LOOKS} - {*ASKED, "identity", "address"}))
def test_a_look_into_a_part_does_not(looks: str) -> None:
    is_like_identity = looks in ("equality", "place")  # of one part with itself nothing is read
    rows = LAST_COMES_LAST if is_like_identity else LAST_COMES_LAST[::-1]
    assert shapes(Sorts(rows=rows, looks=looks), 2) is None


def test_a_class_whose_call_nobody_can_watch_is_left_to_the_scalars() -> None:
    class Late(nn.Neuron):
        pass

    Late.__call__ = lambda self, inputs: inputs[0] * self.bias  # type: ignore[method-assign]
    assert shapes(Stack(rows=((Late(weights=neuron().weights, bias=value(0.0)),),)), 2) is None


def test_a_part_that_compares_its_inputs_is_not_traced_with_others() -> None:
    class Compares(Record):
        level: Value = attr()

        def __call__(self, inputs: Sequence[Value]) -> Value:
            return self.level * inputs[0] if inputs[0] is inputs[1] else self.level + inputs[0]

    class Twice(Stack):
        def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
            (hidden,) = self.rows[0]
            (last,) = self.rows[1]
            return (last((hidden(inputs),) * 2),)

    model = Twice(rows=((neuron(),), (Compares(level=value(1.0)),)))
    assert shapes(model, 2) is None
