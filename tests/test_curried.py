"""Each curried operation is the operation with its data last."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.maybe import Nothing

from microfp import (
    Value,
    backward,
    checkpoint,
    curried,
    datasets,
    losses,
    nn,
    optim,
    trainer,
    tree,
    values,
)
from microfp.curried import Operation, pieces
from microfp.ops import PRIMITIVES
from microfp.toolbox import pipe
from microfp.values import Scalar, value

Curried = Callable[[Scalar], Operation]
Binary = Callable[[Scalar, Scalar], Value]

BINARY: dict[str, tuple[Curried, Binary]] = {
    "add": (curried.add, values.add),
    "sub": (curried.sub, values.sub),
    "mul": (curried.mul, values.mul),
    "divide": (curried.divide, values.divide),
    "pow": (curried.pow, values.pow),
    "maximum": (curried.maximum, values.maximum),
    "minimum": (curried.minimum, values.minimum),
    "remainder": (curried.remainder, values.remainder),
    "hypot": (curried.hypot, values.hypot),
    "atan2": (curried.atan2, values.atan2),
    "logaddexp": (curried.logaddexp, values.logaddexp),
    "greater": (curried.greater, values.greater),
    "greater_equal": (curried.greater_equal, values.greater_equal),
    "less": (curried.less, values.less),
    "less_equal": (curried.less_equal, values.less_equal),
    "equal": (curried.equal, values.equal),
    "logical_and": (curried.logical_and, values.logical_and),
    "logical_or": (curried.logical_or, values.logical_or),
}
SEVERAL = {"log_softmax", "logsumexp", "mean", "norm", "softmax", "total"}
PIECES = set(pieces.__all__)
UNARY = sorted(set(curried.__all__) - set(BINARY) - PIECES - {"Operation", "clip", "where"})

numbers = st.floats(allow_nan=False)


@pytest.mark.parametrize("name", BINARY)
@given(a=numbers, b=numbers)
def test_the_second_operand_is_given_first(name: str, a: float, b: float) -> None:
    waiting, both = BINARY[name]
    made, expected = waiting(b)(a), both(a, b)
    assert repr(made) == repr(expected)
    assert [p.data for p in made.parents] == [p.data for p in expected.parents]


@pytest.mark.parametrize("name", [name for name in BINARY if name in PRIMITIVES])
def test_nodes_stay_the_operands(name: str) -> None:
    a, b = value(2.0), value(3.0)
    waiting, _ = BINARY[name]
    assert waiting(b)(a).parents == (a, b)


@pytest.mark.parametrize("name", UNARY)
def test_an_operation_of_one_operand_is_the_function_itself(name: str) -> None:
    assert getattr(curried, name) is getattr(values, name)


def test_every_operation_of_one_or_two_operands_is_there() -> None:
    functions = [name for name in values.FUNCTIONS if PRIMITIVES[name].arity in (1, 2)]
    assert {"add", "pow", "exp", "relu", "absolute"} <= set(functions)
    compositions = set(values.COMPOSITIONS) - {"clip"}
    operations = set(curried.__all__) - PIECES - {"Operation"}
    assert operations == {*functions, *compositions, *SEVERAL, "clip", "where"}


def test_clip_waits_for_what_comes() -> None:
    assert [curried.clip(-1.0, 2.0)(x).data for x in (-3.0, 0.5, 3.0)] == [-1.0, 0.5, 2.0]


@pytest.mark.parametrize(("x", "expected"), [(2.0, 7.0), (-2.0, 0.0)])
def test_a_pipeline_reads_from_left_to_right(x: float, expected: float) -> None:
    assert pipe(value(x), curried.mul(3), curried.add(1), curried.relu).data == expected


def test_one_operation_serves_any_number_of_times() -> None:
    twice = curried.mul(2.0)
    assert [twice(x).data for x in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]


def test_a_constant_exponent_is_no_node_and_a_value_is_one() -> None:
    assert len(curried.pow(3)(value(2.0)).parents) == 1
    assert len(curried.pow(value(3.0))(value(2.0)).parents) == 2


def test_where_waits_for_its_condition() -> None:
    chosen = curried.where(1.0, -1.0)
    assert [pipe(x, curried.greater(0.0), chosen).data for x in (-3.0, 3.0)] == [-1.0, 1.0]
    assert pipe([1.0, 2.0, 4.0], curried.total, curried.mul(2.0)).data == 14.0


def test_a_piece_that_waits_for_its_data_is_the_function_itself(tmp_path: Path) -> None:
    data, model, loss = datasets.moons(20, seed=5), nn.mlp(2, [3, 1]), losses.max_margin()
    assert curried.shuffle(seed=3)(data) == datasets.shuffle(data, seed=3)
    assert curried.split(held_out=0.4, seed=3)(data) == datasets.split(data, held_out=0.4, seed=3)
    stratified = datasets.split(data, stratified=True)
    assert curried.split(stratified=True)(data) == stratified
    assert curried.batch(7, seed=1, step=1)(data) == datasets.batch(data, 7, seed=1, step=1)
    assert curried.batches(7, epoch=2, seed=1)(data) == datasets.batches(data, 7, epoch=2, seed=1)
    assert curried.subset([3, 1])(data) == datasets.subset(data, [3, 1])
    assert curried.relabel([5.0, 6.0])(data) == datasets.relabel(data, [5.0, 6.0])
    classes = datasets.relabel(data, [0.0, 1.0])
    assert curried.one_hot(classes=2)(classes) == datasets.one_hot(classes, classes=2)
    evaluation = curried.evaluate(loss, data)(model)
    assert evaluation.total.data == losses.evaluate(loss, model, data).total.data
    fitted = curried.fit(data, steps=3, log_every=2, seed=4, batch_size=5, loss=loss)(model)
    run = trainer.fit(model, data, steps=3, log_every=2, seed=4, batch_size=5, loss=loss)
    assert (fitted.history, fitted.options) == (run.history, run.options)
    state = next(curried.train(data, optimizer=optim.adam(), backend="eager")(model))
    other = next(trainer.train(model, data, optimizer=optim.adam(), backend="eager"))
    assert checkpoint.to_json(state) == checkpoint.to_json(other)
    curried.save(tmp_path / "state.json")(state)
    assert (tmp_path / "state.json").read_text() == checkpoint.to_json(state)


def test_a_piece_that_waits_for_a_model_gives_one_of_its_kind() -> None:
    model, numbers = nn.neuron(2, weights=[1.0, 2.0]), [5.0, 6.0, 7.0]

    def read(made: nn.Neuron) -> list[float]:
        return [p.data for p in tree.parameters(made)]

    def weights_of(made: nn.Neuron) -> object:
        return made.weights

    assert read(curried.with_parameters(numbers)(model)) == numbers
    assert read(curried.map_parameters(lambda p: -p.data)(model)) == [-1.0, -2.0, 0.0]
    fixed = pipe(model, curried.freeze(weights_of))
    assert read(fixed) == [0.0]
    assert read(curried.unfreeze(weights_of)(fixed)) == [1.0, 2.0, 0.0]
    assert read(pipe(model, curried.freeze(), curried.unfreeze())) == [1.0, 2.0, 0.0]
    table = backward(nn.forward(model, [3.0, 4.0]))
    assert read(curried.apply_gradients(table, 0.5)(model)) == [-0.5, 0.0, -0.5]
    assert curried.grad(table)(model.bias) == 1.0
    assert curried.find_grad(table)(value(1.0)) == Nothing
