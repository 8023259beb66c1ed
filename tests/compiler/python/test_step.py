"""Steps as generated Python: compiled once, models built when read, eager's errors."""

import copy
import math
import pickle
import tracemalloc
from collections.abc import Sequence

import pytest
from pyrsistent import PMap, PRecord, PVector, m, pmap, pvector

from microfp.compiler.explain import explain
from microfp.compiler.python.source import compiled
from microfp.compiler.python.step import BYTES_AN_INSTRUCTION, Plan, find_plan, measure, plan_for
from microfp.compiler.trace.structure import structure, template
from microfp.datasets import dataset, moons
from microfp.errors import DataError, TraceError
from microfp.func import custom_derivative
from microfp.losses import Loss, max_margin, mean_squared_error
from microfp.nn import MLP, Neuron, mlp, neuron
from microfp.optim import chain, clip_by_global_norm, sgd
from microfp.record import Deferred, Record, attr, pending, unchecked
from microfp.toolbox import last, take
from microfp.trainer import Backend, chosen_backend, fit, initial_state, make_step, train
from microfp.tree import parameters
from microfp.values import Scalar, Value, exp, lift, log, tanh, value, where

DATA = moons(10)
MODEL = mlp(2, [3, 1])
BACKENDS: tuple[Backend, ...] = ("eager", "python")


class Shared(Record):
    """Two neurons that share one weight, in a map, with a name and a number beside them."""

    parts: PMap[str, tuple[Value, ...]] = attr()
    scale: float = attr(default=0.5)
    name: str = attr(default="shared")

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        (a, b), (c, d) = self.parts["first"], self.parts["second"]
        return tanh(a * inputs[0] + b) * c * self.scale + d * inputs[1]


def shared() -> Shared:
    w, b, d = value(0.7), value(-0.1, label="b"), value(0.3)
    return Shared(parts=pmap({"second": (w, d), "first": (w, b)}))


class Positive(Record):
    """A model with an invariant that reads numbers: it cannot be traced."""

    rate: Value = attr(invariant=lambda v: (v.data > -5.0, "rate must be above -5"))

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.rate * inputs[0]


def test_tied_weights_are_one_parameter_and_stay_tied() -> None:
    runs = [fit(shared(), DATA, steps=3, backend=backend) for backend in ("python", "eager")]
    assert runs[0].history == runs[1].history
    final = runs[0].final_model
    assert len(parameters(final)) == 3
    assert final.parts["first"][0] is final.parts["second"][0]
    assert final.parts["first"][1].label == "b"
    assert [p.data for p in parameters(final)] == [p.data for p in parameters(runs[1].final_model)]


def labelled(*labels: str | None) -> Neuron:
    weights = [
        value(number, label=label) for number, label in zip((2.0, -1.0), labels, strict=True)
    ]
    return Neuron(weights=pvector(weights), bias=value(0.25, label="b"), activation="identity")


@pytest.mark.parametrize(
    "labels", [("\u00b5", "\u03bc"), ("\uff59", "w"), ("seed", "g0"), ("p1", "p0"), ("rows", "x0")]
)
def test_no_label_changes_what_a_step_computes(labels: tuple[str, str]) -> None:
    """Python reads the micro sign as the Greek letter, and a wide letter as a narrow one."""
    named, unnamed = (
        fit(labelled(*some), DATA, steps=2, backend="python") for some in (labels, (None, None))
    )
    assert named.history == unnamed.history


erf = custom_derivative(math.erf, lambda a, y: (2.0 / math.sqrt(math.pi) * exp(-a * a),))
hypot = custom_derivative(math.hypot, lambda a, b, y: (a / y, b / y), arity=2)


def test_primitives_of_a_user_run_as_python_in_eagers_bits() -> None:
    model = mlp(2, [3, 1], activation=erf)
    loss = Loss(name="hypot", example=lambda scores, y: hypot(scores[0] - y, 1.0))
    python, eager = (
        fit(model, DATA, steps=3, loss=loss, backend=backend) for backend in ("python", "eager")
    )
    assert chosen_backend(model, DATA, loss=loss) == "python"
    assert python.history == eager.history
    assert [p.data for p in parameters(python.final_model)] == [
        p.data for p in parameters(eager.final_model)
    ]


def test_the_model_of_a_state_is_a_real_record_and_always_the_same_one() -> None:
    state = last(take(2, train(MODEL, DATA, backend="python")))
    assert isinstance(state.model, MLP)
    assert isinstance(state.model, PRecord)
    assert state.model is state.model
    assert state["model"] is state.model
    assert dict(state)["model"] is state.model


def test_a_state_can_be_pickled_and_copied_before_its_model_was_read() -> None:
    state = last(take(2, train(MODEL, DATA, backend="python")))
    step = make_step(max_margin(), sgd(0.1), DATA, backend="python")
    for twin in (pickle.loads(pickle.dumps(state)), copy.deepcopy(state), state.set(step=2)):
        assert step(twin).metrics == step(state).metrics


def test_python_and_eager_steps_can_take_turns() -> None:
    python = make_step(max_margin(), sgd(0.1), DATA, backend="python")
    eager = make_step(max_margin(), sgd(0.1), DATA, backend="eager")
    start = initial_state(MODEL, sgd(0.1))
    turns = [python(eager(python(start))), eager(python(eager(start))), eager(eager(eager(start)))]
    numbers = [[p.data for p in parameters(state.model)] for state in turns]
    assert numbers[0] == numbers[1] == numbers[2]


def test_a_structure_is_planned_once_and_compiled_once() -> None:
    loss = max_margin(alpha=0.25)
    plan = plan_for(loss, template(mlp(2, [3, 1], seed=1)), 2)
    assert plan_for(loss, template(mlp(2, [3, 1], seed=2)), 2) is plan
    assert plan_for(max_margin(alpha=0.25), template(mlp(2, [3, 1])), 2) is plan
    twin = plan_for(loss.set(name="twin"), template(mlp(2, [3, 1])), 2)
    assert twin is not plan
    assert twin.gated_loop is plan.gated_loop
    other = plan_for(max_margin(alpha=0.5), template(mlp(2, [3, 1])), 2)
    assert other.penalty_loop is not plan.penalty_loop


def test_the_same_source_is_compiled_once() -> None:
    source = "def program(x):\n    return x + 1.0"
    assert compiled(source, ()) is compiled(source, ())


@pytest.mark.parametrize(
    "other",
    [
        mlp(2, [4, 1]),
        mlp(2, [3, 1], activation="tanh"),
        mlp(3, [3, 1]),
        mlp(2, [3, 1]).set(layers=pvector(mlp(2, [3]).layers)),
    ],
)
def test_models_that_compute_otherwise_have_other_structures(other: MLP) -> None:
    assert template(other) != template(MODEL)


def test_zero_and_minus_zero_are_different_structures_and_one_is_not_true() -> None:
    keys = [structure((value(1.0), static)) for static in (0.0, -0.0, 0, False, None, "0.0")]
    assert len(set(keys)) == len(keys)


def test_a_template_is_no_other_thing() -> None:
    assert template(MODEL) != "template"


@pytest.mark.parametrize("held", [[1.0], {"a": 1}, {1}, bytearray(b"a")])
def test_a_model_that_holds_what_may_change_stays_eager(held: object) -> None:
    class Holder(Record):
        weight: Value = attr()
        held: object = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> Value:
            return self.weight * inputs[0]

    model = Holder(weight=value(1.0), held=held)
    assert fit(model, DATA, steps=2).history == fit(model, DATA, steps=2, backend="eager").history
    with pytest.raises(TraceError, match=f"holds a {type(held).__name__}, which may change"):
        fit(model, DATA, steps=1, backend="python")


def test_a_model_that_holds_computed_values_stays_eager() -> None:
    class Doubled(Record):
        weight: Value = attr()
        double: Value = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> Value:
            return self.double * inputs[0] + self.weight

    weight = value(0.3)
    model = Doubled(weight=weight, double=weight * 2.0)
    assert fit(model, DATA, steps=3).history == fit(model, DATA, steps=3, backend="eager").history
    with pytest.raises(TraceError, match="holds a value that was computed"):
        fit(model, DATA, steps=1, backend="python")


def test_a_model_whose_invariant_reads_numbers_stays_eager() -> None:
    model = Positive(rate=value(1.0))
    assert fit(model, DATA, steps=2).history == fit(model, DATA, steps=2, backend="eager").history
    with pytest.raises(TraceError, match="`data` of a value"):
        fit(model, DATA, steps=1, backend="python")


def test_a_loss_that_cannot_be_hashed_stays_eager() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, scores: tuple[Value, ...], y: float) -> Value:
            return (scores[0] - y) ** 2

    loss = Loss(name="odd", example=Unhashable())
    auto, eager = (fit(MODEL, DATA, steps=2, loss=loss, backend=b) for b in ("auto", "eager"))
    assert auto.history == eager.history
    with pytest.raises(TraceError, match="what cannot change, got Unhashable"):
        fit(MODEL, DATA, steps=1, loss=loss, backend="python")


def test_a_target_without_meaning_is_refused_as_in_eager() -> None:
    step = make_step(max_margin(), sgd(0.1), dataset([[0.0, 1.0]], [0.5]), backend="python")
    with pytest.raises(DataError, match="each label must be -1 or 1"):
        step(initial_state(MODEL, sgd(0.1)))


def test_an_unknown_backend_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="one of auto, eager, python, native, got 'fast'"):
        train(MODEL, DATA, backend="fast")  # type: ignore[arg-type]


def test_gates_open_and_close_without_a_change_of_a_bit() -> None:
    """A step within the proved size, and one beyond it, where nothing may be skipped."""
    loss = max_margin(alpha=0.1)
    plan = plan_for(loss, template(MODEL), 2)
    numbers = [p.data for p in parameters(MODEL)]
    assert plan.size is not None
    assert "if " in explain(loss, MODEL, 2).loop
    gated = measure(plan, numbers, DATA)
    plain = measure(plan.set(size=None), numbers, DATA)
    assert gated == plain


def test_a_failed_plan_is_returned_and_each_raise_is_fresh() -> None:
    loss = Loss(name="peeking", example=lambda scores, y: scores[0] if y > 0.0 else -scores[0])
    error = find_plan(loss, template(MODEL), 2)
    assert isinstance(error, TraceError)
    depths = []
    for _ in range(3):
        with pytest.raises(TraceError) as caught:
            plan_for(loss, template(MODEL), 2)
        depths.append(len(caught.traceback))
    assert len(set(depths)) == 1


def test_a_constant_model_has_no_gradient() -> None:
    class Idle(Record):
        weight: Value = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> Value:
            return lift(inputs[0])

    run = fit(Idle(weight=value(2.0)), DATA, steps=2, loss=max_margin(alpha=0.0), backend="python")
    assert run.final_model.weight.data == 2.0
    assert run.history[0].gradient_norm == 0.0


def test_a_model_may_give_its_inputs_or_parameters_as_scores() -> None:
    class Through(Record):
        weight: Value = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
            first, _ = inputs
            return (self.weight, value(2.0), self.weight * first)

    def cost(scores: tuple[Value, ...], y: float) -> Value:
        return scores[0]

    runs = [
        fit(Through(weight=value(0.5)), DATA, steps=3, loss=Loss(name="w", example=cost), backend=b)
        for b in ("python", "eager")
    ]
    assert runs[0].history == runs[1].history
    assert runs[0].final_model.weight.data == runs[1].final_model.weight.data


def test_an_update_by_nan_reaches_what_has_no_gradient_as_well() -> None:
    """The gradients that are clipped together are numbers, those that are always 0 among them."""

    class Switched(Record):
        switch: Value = attr()
        weight: Value = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> Value:
            return where(self.switch, log(self.weight) * inputs[0], 0.0)

    model = Switched(switch=value(1.0), weight=value(-1.0))
    loss, clipped = mean_squared_error(), chain(clip_by_global_norm(1.0), sgd(0.1))
    for backend in BACKENDS:
        run = fit(model, DATA, steps=1, loss=loss, optimizer=clipped, backend=backend)
        final = run.final_model
        assert math.isnan(final.switch.data)
        assert math.isnan(final.weight.data)


def test_the_stages_of_a_neuron_can_be_printed() -> None:
    text = str(explain(max_margin(), neuron(2), 2))
    for title in ("traced: ", "passes, and how many", "lowered: ", "with its adjoint", "as Python"):
        assert f"# {title}" in text or title in text
    assert text.count("def program(") == 2


def test_a_deferred_field_is_made_once_when_it_is_read() -> None:
    made: list[int] = []

    class Answer(Record):
        text: str = attr(deferrable=True)
        other: int = attr(default=1)

    def make() -> str:
        made.append(1)
        return "forty-two"

    answer = unchecked(Answer, Deferred(make), 1)
    assert pending(answer, "text") is make
    assert made == []
    assert (answer.text, answer["text"], dict(answer)["text"]) == ("forty-two",) * 3
    assert answer == Answer(text="forty-two")
    assert hash(answer) == hash(Answer(text="forty-two"))
    assert answer.set(other=2).text == "forty-two"
    assert made == [1]
    assert pending(answer.set(other=2), "text") is None


def test_a_plan_names_what_was_captured() -> None:
    held = value(0.5)
    loss = Loss(name="holding", example=lambda scores, y: scores[0] * held)
    plan = find_plan(loss, template(MODEL), 2)
    assert isinstance(plan, Plan)
    assert plan.captured == {held}


def test_unknown_statics_are_compared_by_what_they_are() -> None:
    assert structure((value(1.0), m(a=1.5))) == structure((value(2.0), m(a=1.5)))
    assert structure((value(1.0), m(a=1.5))) != structure((value(1.0), m(a=2.5)))
    neurons = (neuron(1), Neuron(weights=pvector([value(1.0)]), bias=value(0.0)))
    assert structure(neurons[0]) == structure(neurons[1])
    lists: tuple[PVector[float], ...] = (pvector([0.0]), pvector([1.0]))
    assert structure(lists[0]) != structure(lists[1])


def test_a_graph_that_is_too_large_is_refused_where_a_limit_is_given() -> None:
    with pytest.raises(TraceError, match="the graph of one example has 36 nodes, more than 35"):
        plan_for(max_margin(), template(MODEL), 2, 35)
    assert plan_for(max_margin(), template(MODEL), 2, 36).parameter_count == 13


def said_by_taken(width: int) -> float:
    """What a plan says that it takes, in parts of what it takes."""
    loss, model = max_margin(alpha=0.01), template(mlp(20, [width, 1]))
    tracemalloc.start()
    plan = plan_for(loss, model, 20)
    both = plan.plain_loop, plan.gated_loop
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert plan.example is not None
    assert all(map(callable, both))
    return BYTES_AN_INSTRUCTION * len(plan.example.instructions) / taken


def test_plans_take_about_what_they_say() -> None:
    """The larger of two: meanwhile Python's table of names may grow by megabytes, but not twice."""
    assert 0.5 < max(map(said_by_taken, (30, 31))) < 2.0
