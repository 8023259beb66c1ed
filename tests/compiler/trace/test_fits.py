"""Large models are told what does not fit as small ones are, without being run on an example."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from pyrsistent import PVector, pvector

from microfp import Record, Value, attr, datasets, losses, nn, optim, total, trainer, value
from microfp.compiler.trace.fits import check_fits_by_kinds
from microfp.datasets import dataset
from microfp.errors import DataError, ShapeError
from microfp.losses import check_fits
from microfp.tree import freeze

CLASSES = dataset([[0.25, 0.75]] * 3, [0.0, 1.0, 2.0])
LABELS = datasets.moons(4)


def large(outputs: int, activation: Any = "relu") -> nn.MLP:
    return nn.mlp(2, [400, outputs], activation=activation)


class Own(Record):
    """A large model of a user's own, and what it does to its outputs."""

    layer: nn.Layer = attr()
    after: Callable[[tuple[Value, ...], Sequence[Any]], Any] = attr()

    def __call__(self, inputs: Sequence[Any]) -> Any:
        return self.after(self.layer(inputs), inputs)


class Flat(Record):
    """A large model without parts, which no loop is made of."""

    weights: PVector[Value] = attr()

    def __call__(self, inputs: Sequence[Any]) -> tuple[Value, ...]:
        return tuple([total([w * inputs[0] for w in self.weights[i::3]]) for i in range(3)])


def own(after: Callable[[tuple[Value, ...], Sequence[Any]], Any]) -> Own:
    return Own(layer=nn.layer(2, 400), after=after)


def as_many_as_the_input_says(outputs: tuple[Value, ...], inputs: Sequence[Any]) -> Any:
    return outputs[:3] if inputs[0] < 0.5 else outputs[:2]


def refuses_what_is_small(outputs: tuple[Value, ...], inputs: Sequence[Any]) -> Any:
    if inputs[0] < 0.5:
        raise ValueError("inputs of mine are 0.5 or more")
    return outputs[:3]


def asks_for_three(outputs: tuple[Value, ...], inputs: Sequence[Any]) -> Any:
    if len(inputs) != 3:
        raise ShapeError(f"mine: three inputs, got {len(inputs)}")
    return outputs[:3]


softmax, margin = losses.softmax_cross_entropy(), losses.max_margin()

GIVEN: dict[str, tuple[Any, Any, Any]] = {
    "fits": (softmax, large(3), CLASSES),
    "one output": (margin, large(1), LABELS),
    "too few outputs": (softmax, large(2), CLASSES),
    "one class": (softmax, large(1), CLASSES),
    "outputs without targets": (margin, large(3), LABELS),
    "a label without meaning": (margin, large(1), CLASSES),
    "a wide row": (softmax, large(3), dataset([[0.1] * 3] * 3, [0.0, 1.0, 2.0])),
    "a narrow row": (softmax, large(3), dataset([[0.1]] * 3, [0.0, 1.0, 2.0])),
    "two targets": (softmax, large(3), dataset([[0.1, 0.2]], [[0.5, 0.5]])),
    "no loss": (None, large(3), CLASSES),
    "no dataset": (softmax, large(3), None),
    "frozen": (softmax, freeze(large(3)), CLASSES),
    "frozen in part": (softmax, freeze(large(3), lambda m: m.layers[0].neurons[0]), CLASSES),
    "an activation of one's own": (softmax, large(3, lambda x: x * x), CLASSES),
    "an activation that fails": (softmax, large(3, lambda x: x.no_such_method()), CLASSES),
    "an activation that reads": (softmax, large(3, lambda x: x if x.data > 0 else -x), CLASSES),
    "own": (softmax, own(lambda outputs, _: outputs[:3]), CLASSES),
    "own, too few": (softmax, own(lambda outputs, _: outputs[:2]), CLASSES),
    "own, all": (softmax, own(lambda outputs, _: outputs), CLASSES),
    "own, a number": (softmax, own(lambda outputs, _: 3.0), CLASSES),
    "own, none": (softmax, own(lambda outputs, _: ()), CLASSES),
    "own, asks for three": (softmax, own(asks_for_three), CLASSES),
    "own, refuses": (softmax, own(refuses_what_is_small), CLASSES),
    "own, as the input says": (softmax, own(as_many_as_the_input_says), CLASSES),
    "own, as another says": (
        softmax,
        own(as_many_as_the_input_says),
        dataset([[0.75, 0.25]], [2.0]),
    ),
    "flat": (softmax, Flat(weights=pvector([value(0.1)] + [value(0.2)] * 1500)), CLASSES),
}


def told(check: Callable[[], object]) -> tuple[type[Exception], str] | None:
    """What a check raises; None where all is well."""
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return type(error), str(error)
    return None


@pytest.mark.parametrize("name", GIVEN)
def test_a_large_model_is_told_what_it_is_told_when_it_is_run(name: str) -> None:
    loss, model, data = GIVEN[name]
    expected = told(lambda: check_fits(loss, model, data))
    assert told(lambda: check_fits_by_kinds(loss, model, data)) == expected
    assert told(lambda: check_fits_by_kinds(loss, model, data)) == expected  # and once more


def test_some_of_them_fit_and_others_do_not() -> None:
    found = [told(partial(check_fits, *given)) for given in GIVEN.values()]
    assert found.count(None) >= 6
    kinds = {it[0] for it in found if it is not None}
    assert kinds >= {ShapeError, DataError, TypeError, ValueError, AttributeError}


@pytest.mark.parametrize("name", GIVEN)
def test_a_native_training_is_refused_before_it_begins(name: str) -> None:
    loss, model, data = GIVEN[name]
    expected = told(lambda: check_fits(loss, model, data))
    optimizer = optim.sgd(0.1)
    begun = told(
        lambda: trainer.train(model, data, loss=loss, optimizer=optimizer, backend="native")
    )
    if expected is None:
        assert begun is None
    else:
        assert begun is not None
        assert begun == expected or begun[1].startswith("train: ")


def counting(widths: Sequence[int]) -> tuple[list[Value], nn.MLP]:
    """A network, and what its neurons have been called with."""
    called: list[Value] = []

    def counted(x: Value) -> Value:
        called.append(x)
        return x

    return called, nn.mlp(2, widths, activation=counted)


def test_neurons_of_a_large_model_are_called_once_for_each_kind() -> None:
    called, model = counting([40, 40, 3])
    check_fits_by_kinds(softmax, model, CLASSES)
    assert len(called) == 2  # with two inputs and with forty; the last layer is linear


def test_a_training_calls_the_neurons_of_a_large_model_no_more_often() -> None:
    called, model = counting([40, 40, 3])
    next(trainer.train(model, CLASSES, loss=softmax, backend="native"))
    assert len(called) == 2


def test_a_small_model_is_run() -> None:
    called, model = counting([30, 3])
    check_fits_by_kinds(softmax, model, CLASSES)
    assert len(called) == 30
