"""A model is a tree: its leaves are its parameters, and all else stays as it is."""

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from pyrsistent import (
    PClass,
    PMap,
    PRecord,
    PVector,
    field,
    m,
    pdeque,
    plist,
    pmap,
    pset,
    pvector,
    v,
)

from microfp import Record, Value, attr, nn, optim, relu, trainer, tree, value
from microfp.datasets import moons
from microfp.errors import ShapeError
from microfp.nn import MLP, Neuron, mlp, neuron
from microfp.optim import chain, masked
from microfp.toolbox import last, take
from microfp.tree import (
    freeze,
    map_parameters,
    map_values,
    mask,
    parameter_count,
    parameters,
    unfreeze,
    values,
    with_parameters,
)
from microfp.values import Scalar


class Line(Record):
    slope: Value = attr()
    offset: Value = attr()
    name: str = attr(default="line")

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.slope * inputs[0] + self.offset


class Pair(NamedTuple):
    left: Value
    right: Line


class Forest(Record):
    lines: PVector[Line] = attr()
    gains: PMap[str, Value] = attr()
    pair: Pair = attr()
    rest: tuple[object, ...] = attr(default=())


def line(slope: float, offset: float) -> Line:
    return Line(slope=value(slope, label="slope"), offset=value(offset))


def forest() -> Forest:
    return Forest(
        lines=v(line(1, 2), line(3, 4)),
        gains=m(low=value(6.0), high=value(5.0)),
        pair=Pair(value(7.0), line(8, 9)),
        rest=("name", 3, None, (value(10.0), relu), v()),
    )


def data(tree: object) -> list[float]:
    return [p.data for p in parameters(tree)]


# Parameters


def test_parameters_come_in_declared_order_and_maps_by_key() -> None:
    assert data(forest()) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_the_order_of_a_map_is_not_that_of_its_making() -> None:
    names = [f"key {i}" for i in range(40)]
    made = {name: value(float(i)) for i, name in enumerate(names)}
    backwards = dict(reversed(made.items()))
    assert parameters(pmap(made)) == parameters(pmap(backwards))
    assert parameters(pmap(made)) == tuple(made[name] for name in sorted(names))


def test_keys_that_read_the_same_are_ordered_by_their_type() -> None:
    number, text = value(1.0), value(2.0)
    mixed: PMap[object, Value] = pmap({"1": text, 1: number})
    assert parameters(mixed) == (number, text)


def test_a_value_in_two_places_is_one_parameter() -> None:
    tied = value(2.0)
    assert parameters((tied, Line(slope=tied, offset=tied))) == (tied,)
    assert parameter_count(v(tied, tied)) == 1


def test_a_computed_value_is_no_parameter() -> None:
    x = value(2.0)
    assert parameters((x, x * 3.0)) == (x,)
    assert [found.op for found in values((x, x * 3.0))] == ["leaf", "mul"]


@pytest.mark.parametrize("empty", [(), v(), m(), None, "w", 3.0, relu, [1.0]])
def test_what_holds_no_values_has_no_parameters(empty: object) -> None:
    assert parameters(empty) == ()
    assert parameter_count(empty) == 0


def test_a_value_alone_is_a_model() -> None:
    x = value(2.0)
    assert parameters(x) == (x,)
    assert with_parameters(x, [3.0]).data == 3.0


@pytest.mark.parametrize(("n_in", "widths"), [(1, [1]), (2, [16, 16, 1]), (3, [5]), (4, [3, 2, 1])])
def test_a_network_has_a_weight_an_input_and_a_bias_a_neuron(n_in: int, widths: list[int]) -> None:
    fans = zip([n_in, *widths], widths, strict=False)
    assert parameter_count(mlp(n_in, widths)) == sum((a + 1) * b for a, b in fans)


# Replacing


def test_new_numbers_take_the_places_of_the_old_ones() -> None:
    changed = with_parameters(forest(), [float(-i) for i in range(10)])
    assert data(changed) == [float(-i) for i in range(10)]
    assert changed.lines[1].offset.data == -3.0
    assert changed.gains["high"].data == -4.0
    assert changed.pair.right.slope.data == -7.0


def test_what_is_no_value_stays_and_types_stay() -> None:
    before = forest()
    after = with_parameters(before, [0.0] * 10)
    assert isinstance(after.pair, Pair)
    assert isinstance(after.gains, PMap)
    assert isinstance(after.lines, PVector)
    assert after.rest[:3] == before.rest[:3] == ("name", 3, None)
    assert after.lines[0].name == "line"


def test_the_model_that_was_given_stays_as_it_was() -> None:
    before = forest()
    with_parameters(before, [0.0] * 10)
    assert data(before) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_labels_stay_with_their_places() -> None:
    changed = with_parameters(line(1, 2), [5, 6])
    assert (changed.slope.label, changed.offset.label) == ("slope", None)
    assert type(changed.slope.data) is float


def test_a_value_is_put_in_as_it_is() -> None:
    x = value(5.0, label="mine")
    assert with_parameters(line(1, 2), [x, 6.0]).slope is x


def test_tied_values_stay_tied() -> None:
    tied = value(2.0, label="tied")
    a, (b, c) = with_parameters((tied, (tied, value(0.0))), [3.0, 4.0])
    assert a is b
    assert (a.data, c.data, a.label) == (3.0, 4.0, "tied")


def test_a_computed_value_is_left_alone() -> None:
    x = value(2.0)
    product = x * 3.0
    assert with_parameters((x, product), [7.0])[1] is product


@pytest.mark.parametrize("numbers", [[], [1.0], [1.0, 2.0, 3.0]])
def test_another_number_of_numbers_is_refused(numbers: list[float]) -> None:
    message = f"as many as the model's parameters, 2, got {len(numbers)}$"
    with pytest.raises(ShapeError, match=message):
        with_parameters(line(1, 2), numbers)


def test_a_function_of_parameters_may_give_numbers_or_values() -> None:
    halved = map_parameters(lambda p: p.data / 2, line(4, 6))
    assert data(halved) == [2.0, 3.0]
    assert halved.slope.label == "slope"
    graph = map_parameters(lambda p: p * 2.0, line(4, 6))
    assert (graph.slope.op, graph.slope.data) == ("mul", 8.0)


def test_a_function_is_called_once_for_a_tied_parameter() -> None:
    tied, calls = value(2.0), list[Value]()

    def seen(p: Value) -> float:
        calls.append(p)
        return p.data

    map_parameters(seen, (tied, tied, v(tied)))
    assert calls == [tied]


def test_every_value_is_mapped_computed_ones_too() -> None:
    x = value(2.0)
    mapped = map_values(lambda found: found + 1.0, (x, v(x * 3.0), "name"))
    assert (mapped[0].data, mapped[1][0].data, mapped[2]) == (3.0, 7.0, "name")


def test_an_activation_stays_through_an_update() -> None:
    own = neuron(1, activation=relu)
    assert with_parameters(own, [1.0, 2.0]).activation is relu


class Shelf(Record):
    """A model with a field for anything."""

    bias: Value = attr()
    content: object = attr()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([value(1.0)], "tree: content must be a tuple or a PVector, as it holds values, got ["),
        ({"w": value(1.0)}, "tree: content must be a PMap, as it holds values, got {'w': "),
        ({value(1.0)}, "tree: content must be a tuple or a PVector, as it holds values, got {"),
        ([[1.0], [(value(1.0),)]], "tree: content must be a tuple or a PVector"),
        ([line(1, 2)], "tree: content must be a tuple or a PVector"),
        ((1.0, {"w": [value(1.0)]}), "tree: content.1 must be a PMap"),
    ],
)
def test_values_where_they_would_not_be_trained_are_refused(content: object, message: str) -> None:
    with pytest.raises(TypeError, match="^" + re.escape(message)):
        parameters(Shelf(bias=value(0.0), content=content))
    with pytest.raises(TypeError, match=r"^tree: .* as it holds values"):
        parameters((value(0.0), content))


@dataclass(frozen=True)
class Frozen:
    w: Value


@dataclass(slots=True)
class Slotted:
    w: Value


class Below(Slotted):
    """A class whose values stand in an inherited slot."""

    __slots__ = ()


class Hidden:
    """A class whose values stand in a slot with a name of its own."""

    __slots__ = ("__w",)

    def __init__(self, w: Value) -> None:
        self.__w = w


def objects(w: object, *shape: int) -> object:
    """An array of numpy's that holds an object everywhere."""
    made = np.empty(shape, dtype=object)
    made.fill(w)
    return made


class Kept(PClass):
    w: Value = field()


class Loose:
    """An object with attributes."""

    def __init__(self, w: Value) -> None:
        self.parts = (w,)


@pytest.mark.parametrize(
    ("wrap", "expected"),
    [
        (lambda w: frozenset([w]), "a tuple or a PVector"),
        (lambda w: pset([w]), "a tuple or a PVector"),
        (lambda w: plist([w]), "a tuple or a PVector"),
        (lambda w: pdeque([w]), "a tuple or a PVector"),
        (lambda w: deque([w]), "a tuple or a PVector"),
        (lambda w: MappingProxyType({"w": w}), "a PMap"),
        (Frozen, "a Record"),
        (Slotted, "a Record"),
        (Below, "a Record"),
        (Hidden, "a Record"),
        (lambda w: {w: 1.0}, "a PMap"),
        (lambda w: objects(w, 2), "a tuple or a PVector"),
        (lambda w: objects(w, 2, 2), "a tuple or a PVector"),
        (lambda w: Kept(w=w), "a Record"),
        (lambda w: SimpleNamespace(w=w), "a Record"),
        (Loose, "a Record"),
        (lambda w: Frozen(w=frozenset([w])), "a Record"),  # type: ignore[arg-type]  # a set of them
    ],
)
def test_no_container_of_values_is_passed_over(
    wrap: Callable[[Value], object], expected: str
) -> None:
    shelf = Shelf(bias=value(0.0), content=wrap(value(1.0)))
    with pytest.raises(TypeError, match=f"tree: content must be {expected}, as it holds values"):
        parameters(shelf)
    assert parameters(shelf.set(content=wrap(1.0))) == (shelf.bias,)  # type: ignore[arg-type]  # no value


def test_what_refers_to_itself_is_looked_at_once() -> None:
    around = SimpleNamespace()
    around.own = around
    assert parameter_count(Shelf(bias=value(0.0), content=around)) == 1


class Nest(Record):
    """Records in records."""

    inner: object = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return parameters(self)[0] * inputs[0]


def nested(depth: int) -> Nest:
    return Nest(inner=value(1.0) if depth == 1 else nested(depth - 1))


def test_trees_are_as_deep_as_all_can_follow_or_refused() -> None:
    deep = nested(250)
    assert data(with_parameters(deep, [2.0])) == [2.0]
    data_of_two = moons(2)
    for backend in ("eager", "python"):
        run = trainer.fit(deep, data_of_two, steps=1, backend=backend)
        assert parameter_count(run.final_model) == 1
    with pytest.raises(ShapeError, match="tree: each branch must be nested at most 250 deep"):
        parameters(nested(600))


class Plain(PRecord):  # type: ignore[type-arg]  # as pyrsistent documents it
    w: Value = field()


def test_a_record_of_pyrsistents_own_is_a_tree_and_stays_one() -> None:
    moved = with_parameters(Plain(w=value(1.0)), [2.0])
    assert type(moved) is Plain
    assert data(moved) == [2.0]


def test_a_list_of_values_is_no_model() -> None:
    with pytest.raises(TypeError, match=r"^tree: the root must be a tuple or a PVector, as it"):
        parameters([value(1.0)])


@pytest.mark.parametrize("content", [[], [1.0, [2.0]], {"rate": 0.1}, {1, 2}, "names", len])
def test_constants_may_stand_in_lists_and_dicts(content: object) -> None:
    model = Shelf(bias=value(0.0), content=content)
    assert parameter_count(model) == 1
    assert with_parameters(model, [1.0]).content is content


def test_parameters_that_are_no_sequence_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^with_parameters: numbers must be a sequence of numbers"):
        with_parameters(line(1, 2), 5.0)  # type: ignore[arg-type]  # the mistake


def test_an_empty_model_takes_no_numbers() -> None:
    assert with_parameters((), []) == ()
    assert with_parameters(pvector(), []) == pvector()


# Freezing and masks


def numbers(model: object) -> list[float]:
    return [p.data for p in parameters(model)]


def biases(model: MLP) -> object:
    return tuple(neuron.bias for layer in model.layers for neuron in layer.neurons)


def trained(model: MLP, **options: optim.Optimizer) -> MLP:
    return last(take(3, trainer.train(model, moons(8), **options))).model  # type: ignore[arg-type]  # an optimizer


def test_frozen_parameters_keep_their_numbers_and_the_others_move() -> None:
    model = mlp(2, [3, 1])
    frozen = freeze(model, lambda m: m.layers[0])
    after = trained(frozen)
    assert numbers(unfreeze(after).layers[0]) == numbers(model.layers[0])
    assert numbers(after.layers[1]) != numbers(model.layers[1])


def test_a_frozen_model_computes_what_it_computed() -> None:
    model = mlp(2, [3, 1])
    frozen = freeze(model)
    assert nn.forward(frozen, [0.3, -0.4]).data == nn.forward(model, [0.3, -0.4]).data
    assert parameter_count(frozen) == 0


def test_unfreeze_gives_the_model_back() -> None:
    model = mlp(2, [3, 1])
    assert unfreeze(freeze(model)) == model
    assert unfreeze(freeze(model, biases), biases) == model
    half = unfreeze(freeze(model), lambda m: m.layers[0])
    assert parameter_count(half) == parameter_count(model.layers[0])


def test_freezing_twice_is_freezing_once() -> None:
    model = mlp(2, [3, 1])
    once = freeze(model, lambda m: m.layers[0])
    assert freeze(once, lambda m: m.layers[0]) == once


def test_a_tied_parameter_is_frozen_wherever_it_stands() -> None:
    tied = value(0.5)
    model = neuron(2, weights=[tied, tied])
    frozen = freeze(model, lambda m: m.weights[0])
    assert parameter_count(frozen) == 1
    assert frozen.weights[0] is frozen.weights[1]


def test_a_mask_marks_the_parameters_that_it_points_at() -> None:
    model = mlp(2, [3, 1])
    assert mask(model, lambda m: m) == (True,) * parameter_count(model)
    marked = [p for p, chosen in zip(parameters(model), mask(model, biases), strict=True) if chosen]
    assert marked == list(parameters(biases(model)))


def test_weights_may_decay_without_biases() -> None:
    model = mlp(2, [2, 1])
    weights = tuple(not chosen for chosen in mask(model, biases))
    decay = chain(optim.scale(0.0), masked(weights, optim.add_decayed_weights(0.5)), optim.sgd(1.0))
    after = trained(model, optimizer=decay)
    expected = [n * 0.5**3 if w else n for n, w in zip(numbers(model), weights, strict=True)]
    assert numbers(after) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("function", [mask, freeze, unfreeze])
def test_what_points_at_nothing_of_the_model_is_refused(function: type) -> None:
    name = function.__name__
    model: Neuron = neuron(2)
    with pytest.raises(ShapeError, match=f"{name}: where must point at values of the model, got n"):
        tree.__dict__[name](model, lambda m: m.activation)
    with pytest.raises(ShapeError, match=f"{name}: where must point at values of the model, got o"):
        tree.__dict__[name](model, lambda m: value(1.0))
