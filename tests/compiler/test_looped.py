"""Scans as loops: every backend computes what eager computes step by step."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from microfp import Value, datasets, func, losses, native, nn, optim, total, trainer, tree, value
from microfp.compiler.ir.looped import Loop, Looped, Moving, run_looped
from microfp.compiler.ir.looped_examples import (
    carried_looped,
    example_looped,
    looped_example,
)
from microfp.compiler.ir.turnings import lowered, turning_of
from microfp.compiler.ir.verifier import faults_of_looped
from microfp.compiler.native.emit.looped import RolledLoop, looped_text, rolled_steps
from microfp.compiler.python.looped import looped_function
from microfp.compiler.trace.repeats import tracing_repeats
from microfp.datasets import Dataset
from microfp.gradients import backward
from microfp.losses import Loss
from microfp.record import Record, attr
from tests.compiler.recurrent import LOOPS, UNROLLED, Three, average, three

TURNS = 9
FORMULAS = (*LOOPS, *UNROLLED)
LOSS = losses.mean_squared_error()


def rows(count: int, width: int = TURNS) -> list[list[float]]:
    rng = random.Random(7)
    return [[rng.uniform(-1.0, 1.0) for _ in range(width)] for _ in range(count)]


def data(formula: Callable[..., Any], count: int = 11) -> Dataset:
    xs = rows(count)
    ys = [[x + 0.1 for x in row] for row in xs] if formula is average else [x[-1] for x in xs]
    return datasets.dataset(xs, ys)


def numbers(run: trainer.Run[Any]) -> Iterator[float]:
    yield from (p.data for p in tree.parameters(run.final_model))
    for row in run.history:
        yield from (row.loss, row.penalty, row.gradient_norm)


def fitted(model: Any, loss: Loss, examples: Dataset, backend: Any, **options: Any) -> list[float]:
    run = trainer.fit(
        model, examples, steps=3, loss=loss, optimizer=optim.adam(0.05), backend=backend, **options
    )
    return list(numbers(run))


def traced(formula: Callable[..., Any], loss: Loss = LOSS) -> Any:
    return looped_example(loss, three(formula), TURNS, TURNS if formula is average else 1)


@pytest.mark.parametrize("formula", LOOPS, ids=lambda it: it.__name__)
def test_a_scan_that_does_the_same_in_each_step_is_a_loop(formula: Callable[..., Any]) -> None:
    assert all(repeat.turns > 1 for repeat in traced(formula).repeats)
    assert traced(formula).repeats


@pytest.mark.parametrize("formula", UNROLLED, ids=lambda it: it.__name__)
def test_a_scan_that_does_not_is_unrolled(formula: Callable[..., Any]) -> None:
    assert traced(formula).repeats == ()


@pytest.mark.parametrize("formula", LOOPS, ids=lambda it: it.__name__)
def test_looped_programs_have_no_fault_and_mean_what_eager_computes(
    formula: Callable[..., Any],
) -> None:
    model, examples = three(formula), data(formula, 1)
    graph, repeats = traced(formula)
    looped, carried = example_looped(graph, repeats), carried_looped(graph, repeats)
    assert faults_of_looped(looped) == faults_of_looped(carried) == ()
    parameters = tree.parameters(model)
    cost = LOSS.example(nn.outputs(model, examples.xs[0]), *examples.targets[0])
    gradients = backward(cost)
    slopes = [gradients.get(p, 0.0) for p in parameters]
    given = [*examples.xs[0], *examples.targets[0], 1.0]
    found = run_looped(looped, [*given, *(p.data for p in parameters)])
    assert found[-4:] == pytest.approx((*slopes, cost.data), rel=1e-12, abs=1e-300)
    cells = looped_function(looped)(given, [p.data for p in parameters])
    assert tuple([cells[cell] for cell in looped.outputs]) == found


@pytest.mark.parametrize("backend", ["python", "native"])
@pytest.mark.parametrize("formula", FORMULAS, ids=lambda it: it.__name__)
def test_a_backend_trains_as_eager_does(formula: Callable[..., Any], backend: str) -> None:
    model, examples = three(formula), data(formula)
    expected = fitted(model, LOSS, examples, "eager")
    found = fitted(model, LOSS, examples, backend)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda it: it.__name__)
def test_native_functions_give_what_the_transforms_of_func_give(
    formula: Callable[..., Any],
) -> None:
    model, xs = three(formula), rows(3)

    def cost(model: Three) -> Value:
        return total([(y - 0.5) ** 2 for x in xs for y in nn.outputs(model, x)])

    found, gradient = native.value_and_grad(cost, model)(model)
    expected, slopes = func.value_and_grad(cost)(model)
    assert found == pytest.approx(expected, rel=1e-12)
    pairs = zip(tree.parameters(gradient), tree.parameters(slopes), strict=True)
    for a, b in pairs:
        assert a.data == pytest.approx(b.data, rel=1e-12, abs=1e-300)
    for row, x in zip(native.predict(model, xs), xs, strict=True):
        outputs = [y.data for y in nn.outputs(model, x)]
        assert row == pytest.approx(outputs, rel=1e-12, abs=1e-300)


class Recurrent(Record):
    """A recurrent net that reads one number after another."""

    cell: nn.Layer = attr()
    leave: nn.Layer = attr()

    def __call__(self, inputs: Any) -> Any:
        start = (0.0,) * len(self.cell.neurons)
        end, _ = func.scan(lambda h, x: (tuple(self.cell([x, *h])), None), start, inputs)
        return self.leave(end)


def recurrent(hidden: int, outputs: int = 1) -> Recurrent:
    return Recurrent(
        cell=nn.layer(1 + hidden, hidden, activation="tanh", init="glorot", seed=1),
        leave=nn.layer(hidden, outputs, activation="identity", seed=2),
    )


@pytest.mark.parametrize("backend", ["python", "native"])
def test_a_recurrent_classifier_counts_what_it_predicts_rightly(backend: Any) -> None:
    xs = rows(12, 20)
    examples = datasets.dataset(xs, [float(sum(x) > 0.0) for x in xs])
    loss, optimizer = losses.softmax_cross_entropy(), optim.adam(0.1)
    runs = [
        trainer.fit(recurrent(4, 2), examples, steps=5, loss=loss, optimizer=optimizer, backend=it)
        for it in ("eager", backend)
    ]
    expected, found = ([row.accuracy for row in run.history] for run in runs)
    assert found == expected
    assert len(set(expected)) > 1


@pytest.mark.parametrize("backend", ["python", "native"])
def test_penalties_batches_and_frozen_parts_are_as_in_eager(backend: Any) -> None:
    model = tree.freeze(recurrent(3), lambda m: m.leave)
    examples = datasets.dataset(rows(13), [x[0] for x in rows(13)])
    loss = LOSS.set(penalty=lambda p: 0.01 * p * p)
    options = {"batch_size": 5, "seed": 3}
    expected = fitted(model, loss, examples, "eager", **options)
    assert fitted(model, loss, examples, backend, **options) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("backend", ["python", "native"])
def test_tied_parameters_of_two_scans_are_one(backend: Any) -> None:
    shared = value(0.4)
    model = three(LOOPS[4]).set(a=shared, b=shared)
    assert tree.parameter_count(model) == 2
    expected = fitted(model, LOSS, data(LOOPS[4]), "eager")
    assert fitted(model, LOSS, data(LOOPS[4]), backend) == pytest.approx(expected, rel=1e-12)


def test_auto_has_the_bits_of_eager() -> None:
    examples = data(LOOPS[4])
    expected = fitted(three(LOOPS[4]), LOSS, examples, "eager")
    assert fitted(three(LOOPS[4]), LOSS, examples, "auto") == expected


def test_code_does_not_grow_with_the_number_of_steps() -> None:
    sizes = []
    for width in (20, 2_000):
        stages = native.explain(LOSS, recurrent(4), width)
        program = stages.code.program
        sizes.append((len(program.instructions), stages.code.ir.count("\n")))
        assert f"{width:,} turns t, backwards" in str(stages)
    assert sizes[0] == sizes[1]


def test_scans_that_are_alike_are_one_function() -> None:
    xs = rows(4, 30)

    def both(model: Recurrent) -> Value:
        return total([model(x)[0] ** 2 for x in xs])

    graph, repeats = tracing_repeats(lambda: both(recurrent(4)), lambda output: [output])
    plan = rolled_steps(lowered([graph], (), (), [turning_of(repeat) for repeat in repeats]))
    text = looped_text("run", plan, width=2, seeded=False, summed=0)
    loops = [step for step in plan.steps if isinstance(step, RolledLoop)]
    assert (len(loops), text.count("define i64 @part")) == (4, 1)


def test_a_value_that_a_step_has_closed_over_is_found() -> None:
    outside = value(2.0)
    model = three(lambda m, xs: func.scan(lambda s, x: (s * outside + m.a * x, None), 0.0, xs)[0])
    compiled = native.value_and_grad(lambda m: model.set(a=m.a)(rows(1)[0]), model)
    assert compiled(model)[0] == pytest.approx(model(rows(1)[0]).data, rel=1e-12)


# The verifier.


def looped() -> Looped:
    graph, repeats = traced(LOOPS[1])
    return example_looped(graph, repeats)


def broken(place: int, **changed: Any) -> tuple[str, ...]:
    whole = looped()
    steps = list(whole.steps)
    steps[place] = steps[place]._replace(**changed)
    return faults_of_looped(whole.set(steps=tuple(steps)))


def test_each_way_to_break_a_loop_is_found() -> None:
    loop = looped().steps[1]
    assert isinstance(loop, Loop)
    far = (Moving(10**6), *loop.reads[1:])
    assert any("reads cell 1000000, which is not written" in it for it in broken(1, reads=far))
    assert any("writes a cell that is not there" in it for it in broken(1, writes=(far[0],)))
    assert any("for (" in it for it in broken(1, reads=loop.reads[1:]))
    twice = (loop.writes[0],) * len(loop.writes)
    assert any("writes a cell twice" in it for it in broken(1, writes=twice))
    longer = loop.turns + 1
    assert any("not written" in it for it in broken(1, turns=longer, reads=(Moving(0, 90),)))
    moving = tuple([cell._replace(step=1) for cell in looped().steps[0].writes])
    assert any("there is one turn" in it for it in broken(0, writes=moving))
    assert "its parameters are others" in " ".join(
        broken(1, program=loop.program.set(parameters=("q",)))
    )
