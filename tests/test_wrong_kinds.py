"""What is of the wrong kind is refused at the door, by the name of the argument."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest

import microfp
from microfp import (
    Value,
    charts,
    datasets,
    experiments,
    func,
    gpt,
    gradients,
    graph,
    losses,
    native,
    nn,
    optim,
    parallel,
    schedules,
    trainer,
    tree,
    value,
)
from microfp.errors import ShapeError

DATA = datasets.moons(4)
LOSS = losses.max_margin()
CHARACTERS = datasets.characters(["ab"])
DOORS: dict[str, tuple[Callable[..., object], Sequence[object]]] = {
    "accuracy: loss": (losses.accuracy, (None, (), DATA)),
    "accuracy: dataset": (losses.share_correct, (LOSS, (), None)),
    "check_targets: loss": (losses.check_targets, (None, DATA, 1)),
    "base_rate: targets": (losses.base_rate, (None,)),
    "r_squared: predictions": (losses.r_squared, ([1.0], 1.0)),
    "area_under_curve: targets": (losses.area_under_curve, (1.0, [1.0])),
    "subset: dataset": (datasets.subset, (None, [0])),
    "subset: places": (datasets.subset, (DATA, 0)),
    "schema_of: dataset": (datasets.schema_of, ([[1.0]],)),
    "described: schema": (datasets.described, (DATA,)),
    "loss_curves: run": (charts.loss_curves, (DATA,)),
    "summary: run": (charts.summary, (None, DATA)),
    "report: run": (charts.report, (None, [], DATA)),
    "scrubber: run": (charts.scrubber, (None, [], DATA)),
    "compare: runs": (charts.compare, ([],)),
    "lines: series": (charts.lines, ([(0.0, 1.0)],)),
    "bars: numbers": (charts.bars, ([1.0],)),
    "charts: chart": (charts.to_svg, (None,)),
    "parameter_histogram: states": (charts.parameter_histogram, (None,)),
    "boundary_frames: states": (charts.plot_data.boundary_frames, (None, DATA)),
    "attention_rows: model": (charts.attention_rows, (None, CHARACTERS, "a")),
    "embedding_rows: model": (charts.embedding_rows, (None, CHARACTERS)),
    "chance_rows: tokeniser": (charts.chance_rows, ((), None)),
    "generate: model": (gpt.generate, (None, CHARACTERS)),
    "generate: tokeniser": (gpt.samples, (gpt.gpt(3, embedding=4, heads=2), None)),
    "probabilities: scores": (gpt.probabilities, (1.0,)),
    "held_out: model": (gpt.held_out, (nn.mlp(2, [1]), DATA)),
    "prepared: documents": (gpt.prepared, (None,)),
    "predict: predictor": (experiments.predict, (nn.mlp(2, [1]), [[1.0, 2.0]])),
    "predict_probabilities: predictor": (experiments.predict_probabilities, (None, [])),
    "encode: predictor": (experiments.score, (None, [], [])),
    "measure: predictor": (experiments.measure, (None, DATA)),
    "perform: experiment": (experiments.perform, (None,)),
    "score_row: score": (experiments.score_row, (None,)),
    "report: outcome": (experiments.report, (None,)),
    "chain_rule: node": (gradients.chain_rule, ({}, 1.0)),
    "with_grad: x": (gradients.with_grad, (1.0, {})),
    "formula: node": (graph.formula, (1.0, ())),
    "function_source: program": (native.function_source, (value(1.0),)),
    "javascript_source: program": (native.javascript_source, (value(1.0),)),
    "run: program": (native.run, (value(1.0), [])),
    "differentiate: evaluation": (trainer.differentiate, (value(1.0),)),
    "state_of: state": (trainer.state_of, (None, int)),
    "best: results": (parallel.best, (None,)),
    "gradient_map_reduce: shards": (parallel.gradient_map_reduce, (LOSS, nn.mlp(2, [1]), None)),
    "masked: where": (optim.masked, (True, optim.sgd(0.1))),
    "applied_rules: optimizer": (optim.applied_rules, (0.1,)),
    "check_memory: optimizer": (optim.check_memory, (0.1, (), 1)),
    "multi_transform: optimizers": (optim.multi_transform, ([], ["w"])),
    "multi_transform: labels": (optim.multi_transform, ({}, None)),
    "map_scalars: f": (tree.map_scalars, (None, (1.0,))),
    "along: leaves": (func.along, (None, float)),
    "join: schedules": (schedules.join, (None, [1])),
    "join: boundaries": (schedules.join, ([schedules.constant(0.1)], 1)),
    "after_loss: before": (schedules.after_loss, (0.1, 1.0)),
}


@pytest.mark.parametrize("door", DOORS)
def test_the_message_names_the_argument(door: str) -> None:
    f, given = DOORS[door]
    with pytest.raises(TypeError, match=f"^{re.escape(door)} must be .*, got "):
        f(*given)


def test_a_batch_is_of_a_dataset() -> None:
    with pytest.raises(TypeError, match=r"^batch: dataset must be a Dataset, got None"):
        datasets.batch(None, 2, seed=1, step=0)  # type: ignore[call-overload]  # the mistake


@pytest.mark.parametrize("numbers", [(0, 2, 0), (3, 0, 0), (3, 2, -1)])
def test_numbers_of_a_batch_are_counts(numbers: tuple[int, int, int]) -> None:
    n, size, step = numbers
    with pytest.raises(ValueError, match=r"^batch_numbers: (n|batch_size|step) must be an int >= "):
        datasets.batch_numbers(n, size, seed=1, step=step)


@pytest.mark.parametrize("wrong", [True, np.True_, "1", None, [1.0], np.array(1.0)])
def test_an_activation_takes_what_arithmetic_takes(wrong: object) -> None:
    for name in nn.ACTIVATIONS:
        activation: Callable[[object], Value] | None = getattr(microfp, name, None)
        if activation is not None:  # the identity has no function
            with pytest.raises(TypeError, match="an operand must be a Value or a number, got "):
                activation(wrong)


@pytest.mark.parametrize("f", [microfp.total, microfp.mean, microfp.norm, microfp.softmax])
def test_an_array_of_one_number_is_no_sequence(f: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="terms must be a sequence of numbers or Values, got array"):
        f(np.array(1.0))


def test_a_record_has_no_number_that_a_float_cannot_hold() -> None:
    with pytest.raises(ValueError, match="a number must be one that a float can hold, got 1000"):
        Value(data=10**400)
    with pytest.raises(TypeError, match=r"expected float, got Fraction"):
        Value(data=Fraction(1, 3))  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: (x,), lambda x: {"x": x}])
def test_an_argument_that_is_nested_too_deep_is_refused(wrap: Callable[[object], object]) -> None:
    deep: object = 1.0
    for _ in range(100_000):
        deep = wrap(deep)
    with pytest.raises(ShapeError, match="at most 250 deep"):
        func.grad(lambda _: 1.0)(deep)
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ShapeError, match="at most 250 deep"):
        func.jvp(lambda _: 1.0, (loop,), (loop,))
