"""Kinds of records: which models are rows of parts, and which are traced scalar by scalar."""

from collections.abc import Sequence
from typing import Any

import pytest
from pyrsistent import PMap, PRecord, PVector, pmap, pvector

from microfp import Record, Value, attr, nn, tanh, total, value
from microfp.compiler.trace.kinds import Row, trace_rows
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


def test_what_stands_in_for_a_part_is_of_its_class() -> None:
    seen = list[bool]()

    class Looks(Stack):
        def __call__(self, inputs: Sequence[Value]) -> tuple[Value, ...]:
            seen.extend(isinstance(part, nn.Neuron) for part in self.rows[0])
            return super().__call__(inputs)

    assert shapes(Looks(rows=LIKE), 2) == [(2, 0, 3)]
    assert seen == [True, True]
