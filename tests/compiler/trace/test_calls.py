"""Traced calls: the graphs of models and losses, and what they have closed over."""

from collections.abc import Sequence

import pytest

from microfp.compiler.trace.calls import captured_leaves, trace_example, trace_penalty
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.datasets import Dataset, dataset, moons
from microfp.errors import ShapeError, TraceError
from microfp.losses import Loss, max_margin
from microfp.nn import MLP, mlp
from microfp.optim import sgd
from microfp.record import Record, attr
from microfp.trainer import Run, fit
from microfp.tree import parameters
from microfp.values import Scalar, Value, topological_order, value

DATA = moons(8)
MODEL = mlp(2, [3, 1])


def test_a_graph_of_one_example_has_a_leaf_for_every_input_and_parameter() -> None:
    graph = trace_example(max_margin(), MODEL, 2)
    order = topological_order(graph.cost)
    assert {*graph.inputs, *graph.targets, *graph.parameters} <= set(order)
    assert graph.scores[0] in order


def test_a_loss_without_penalty_has_no_penalty_graph() -> None:
    assert trace_penalty(max_margin(alpha=0.0)) is None


def test_labels_and_shapes_can_be_read_while_traced() -> None:
    labelled = (value(1.0, label="slope"),)
    seen: list[str | None] = []

    class Labelled(Record):
        slope: Value = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> Value:
            seen.append(self.slope.label)
            return self.slope * inputs[0]

    trace_example(max_margin(), Labelled(slope=labelled[0]), 1)
    assert seen == ["slope"]


def test_captured_values_are_found_and_numbers_are_not_taken_for_them() -> None:
    held = value(3.0)
    assert captured_leaves(traced_leaf("x") * 2.0 + held * 5.0) >= {held}
    assert captured_leaves(traced_leaf("x") * 2.0 + 1.0) == frozenset()


def outcome(loss: Loss, backend: str, model: MLP = MODEL, data: Dataset = DATA) -> Run[MLP]:
    return fit(model, data, steps=2, loss=loss, optimizer=sgd(0.1), backend=backend)  # type: ignore[arg-type]


def test_a_model_that_does_not_fit_the_data_raises_as_in_eager() -> None:
    messages = []
    for backend in ("auto", "python", "eager"):
        with pytest.raises(ShapeError) as caught:
            outcome(max_margin(), backend, data=dataset([[1.0]], [1.0]))
        messages.append(str(caught.value))
    assert len(set(messages)) == 1


def test_a_captured_parameter_is_trained_by_eager_alone() -> None:
    own = parameters(MODEL)[0]
    loss = Loss(name="holding", example=lambda scores, y: scores[0] * own)
    assert outcome(loss, "auto").history == outcome(loss, "eager").history
    with pytest.raises(TraceError, match="closed over a parameter of the model, number 0; read it"):
        outcome(loss, "python")


def test_a_captured_value_that_is_no_parameter_is_a_constant() -> None:
    held = value(0.5) * 3.0
    loss = Loss(name="holding", example=lambda scores, y: (scores[0] - y * held) ** 2)
    assert outcome(loss, "python").history == outcome(loss, "eager").history


def test_a_model_that_gives_back_an_input_fails_as_in_eager() -> None:
    class Echo(Record):
        weight: Value = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
            return (inputs[0],)  # type: ignore[return-value]  # a float, as misuse has it

    model = Echo(weight=value(1.0))
    for backend in ("auto", "eager"):
        with pytest.raises(TypeError, match="an output of the model must be a Value, got"):
            outcome(max_margin(), backend, model=model)  # type: ignore[arg-type]
    with pytest.raises(TraceError, match="gives a plain number, and not a value"):
        outcome(max_margin(), "python", model=model)  # type: ignore[arg-type]
