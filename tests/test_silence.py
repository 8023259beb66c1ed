"""What would mislead somebody in silence is said, or does what it looks like."""

import copy
import math
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from returns.io import IOFailure, IOSuccess
from returns.result import Failure, Result, Success
from sklearn.preprocessing import StandardScaler

from microfp import backward, datasets, func, losses, nn, optim, schedules, trainer, value
from microfp.datasets import Dataset
from microfp.errors import DataError
from microfp.experiments import merit
from microfp.record import Record, attr
from microfp.toolbox import or_raise
from microfp.trainer import parallel, streams
from microfp.values import Value

MODEL, DATA = nn.mlp(2, [4, 1]), datasets.moons(20)


def gradients_of(model: nn.MLP) -> object:
    return backward(losses.evaluate(losses.max_margin(), model, DATA).total)


# Gradients of another model.


@pytest.mark.parametrize(
    "other",
    [
        lambda: nn.apply_gradients(MODEL, gradients_of(MODEL), 0.1),  # type: ignore[arg-type]
        lambda: copy.deepcopy(MODEL),
        lambda: pickle.loads(pickle.dumps(MODEL)),
        lambda: nn.mlp(2, [4, 1], seed=2),
    ],
)
def test_a_table_without_any_parameter_of_the_model_is_refused(
    other: Callable[[], nn.MLP],
) -> None:
    with pytest.raises(ValueError, match="gradients must be of a loss of this model, got a table"):
        nn.apply_gradients(other(), gradients_of(MODEL), 0.1)  # type: ignore[arg-type]


def test_a_table_of_some_of_the_parameters_is_taken() -> None:
    pair = (nn.neuron(1, weights=[2.0]), nn.neuron(1, weights=[3.0]))
    first, second = nn.apply_gradients(pair, backward(nn.forward(pair[0], [1.0])), 0.5)
    assert (first.weights[0].data, second.weights[0].data) == (1.5, 3.0)


@pytest.mark.parametrize("given", [3.0, value(2.0), {}, None])
def test_what_is_no_table_is_no_gradient(given: object) -> None:
    with pytest.raises(TypeError, match="apply_gradients: gradients must be a table that backward"):
        nn.apply_gradients(MODEL, given, 0.1)  # type: ignore[arg-type]


# The default optimiser of `fit`.


def test_fit_says_so_where_its_default_optimiser_names_the_commonest_class() -> None:
    flowers = datasets.iris()
    with pytest.warns(UserWarning, match=r"accuracy of 33% is no better .*optim\.adam\(0\.01\)"):
        trainer.fit(nn.mlp(4, [16, 3]), flowers, steps=40, loss=losses.softmax_cross_entropy())


def test_fit_says_so_where_its_default_optimiser_has_not_lessened_the_loss() -> None:
    steep = datasets.dataset([[30.0 * i] for i in range(9)], [float(i * i) for i in range(9)])
    with pytest.warns(UserWarning, match="the loss is nan|the loss has not fallen") as told:
        trainer.fit(nn.mlp(1, [8, 1]), steep, steps=30, loss=losses.mean_squared_error())
    assert told[0].filename == __file__


@pytest.mark.parametrize("optimizer", [optim.sgd(1.0), optim.adam(0.01)])
def test_an_optimiser_of_ones_own_choice_is_not_spoken_of(optimizer: optim.Optimizer) -> None:
    flowers = datasets.iris()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trainer.fit(
            nn.mlp(4, [4, 3]),
            flowers,
            steps=40,
            loss=losses.softmax_cross_entropy(),
            optimizer=optimizer,
        )
        trainer.fit(MODEL, DATA, steps=30)


# The number of a run.


def test_a_run_tells_the_loss_before_its_last_update_from_that_of_its_final_model() -> None:
    run = trainer.fit(MODEL, DATA, steps=5)
    assert run.last_step_loss == run.final_loss == run.history[-1].loss
    assert run.last_step_accuracy == run.final_accuracy == run.history[-1].accuracy
    found = run.evaluate(DATA)
    assert found.total.data == trainer.fit(MODEL, DATA, steps=6).final_loss
    assert found.total.data != run.final_loss


# Nan among others.


def test_the_best_of_many_runs_is_none_that_came_to_nan_or_failed() -> None:
    results: list[Result[float, Exception]] = [
        Success(math.nan),
        Failure(ValueError("no")),
        Success(0.5),
        Success(0.25),
        Success(math.inf),
    ]
    assert parallel.best(results) == 3
    named = [result.map(lambda cost: {"loss": cost}) for result in results]
    assert parallel.best(named, cost=lambda run: run["loss"]) == 3
    assert parallel.best([Success(math.nan)]) == 0


def test_the_best_of_no_run_is_refused() -> None:
    with pytest.raises(ValueError, match="best: results must hold a Success"):
        parallel.best([Failure("no")])
    with pytest.raises(TypeError, match=r"best: each cost must be a number, which cost"):
        parallel.best([Success(MODEL)])


def test_a_state_that_came_to_nan_is_not_the_best_one() -> None:
    start = trainer.initial_state(
        nn.neuron(1, weights=[1.0], activation="identity"), optim.sgd(0.1)
    )
    broken = start.set(model=nn.neuron(1, weights=[math.nan]))
    line = datasets.dataset([[1.0], [2.0]], [3.0, 6.0])
    measure = streams.held_out_loss(losses.mean_squared_error(), line)
    assert min([broken, start], key=measure) is start
    assert measure(broken) == math.inf


# Fields.


@pytest.mark.parametrize("declaration", [attr(), attr(default=2.0), attr(default_factory=list)])
def test_a_field_without_a_type_is_refused_with_its_class(declaration: object) -> None:
    with pytest.raises(TypeError, match="Line: slope must have a type to be a field"):
        type(Record)("Line", (Record,), {"slope": declaration, "__module__": __name__})  # type: ignore[misc]  # a class by its metaclass


# Standardized columns.


@pytest.mark.parametrize(
    "number", [0.1, 0.3, 1.0 / 3.0, -7.7, 1e160, 1e-300, -1.7e308, 5e-324, 0.0, -0.0]
)
def test_a_constant_column_is_known_at_every_length(number: float) -> None:
    for n in (1, 2, 3, 5, 6, 7, 10, 11, 49, 100, 151, 1000):
        column = datasets.dataset([[number]] * n, [1.0] * n)
        fitted = datasets.standardize(column)
        assert fitted.deviations == (1.0,)
        assert set(fitted(column).xs) == {(0.0,)}


@pytest.mark.parametrize("pair", [(0.3, 0.1 + 0.2), (1e160, math.nextafter(1e160, 0.0))])
def test_a_column_that_varies_by_rounding_is_constant(pair: tuple[float, float]) -> None:
    fitted = datasets.standardize(datasets.dataset([[pair[0]], [pair[1]]], [1.0, 2.0]))
    assert fitted.deviations == (1.0,)


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-160, 1e-7, 1.0, 1e9, 1e160, 1e307])
@pytest.mark.parametrize("shift", [0.0, 3.0, -1000.0])
def test_every_scale_is_standardized_alike(scale: float, shift: float) -> None:
    plain = [shift + x for x in (1.0, 2.0, 4.0, 8.0)]
    if not math.isfinite(max(map(abs, plain)) * scale):
        return
    data = datasets.dataset([[x * scale] for x in plain], [1.0] * 4)
    found = np.asarray(datasets.standardize(data)(data).xs)
    expected = StandardScaler().fit_transform(np.asarray(plain)[:, None])
    assert found == pytest.approx(expected, rel=1e-2 if scale == 1e-320 else 1e-9)


def test_numbers_on_both_sides_of_zero_at_the_end_of_the_range_are_standardized() -> None:
    data = datasets.dataset([[1.7e308], [-1.7e308], [1.7e308]], [1.0] * 3)
    assert np.isfinite(datasets.standardize(data)(data).xs).all()


# Booleans, files, schedules, transforms.


def test_booleans_are_numbers_among_inputs_and_classes_as_targets() -> None:
    rows: list[list[object]] = [[True, 1.5, False], [np.False_, 2.5, np.True_]]
    found = datasets.from_rows(rows)
    assert (found.xs, found.ys) == (((1.0, 1.5), (0.0, 2.5)), (-1.0, 1.0))
    assert found.classes == ("False", "True")


def test_a_file_becomes_a_dataset_or_an_exception(tmp_path: Path) -> None:
    path = tmp_path / "pets.csv"
    path.write_text("weight;kind\n4.5;cat\n0.1;bird\n", "utf-8")
    found = datasets.from_csv(path, "kind", delimiter=";")
    assert isinstance(found, Dataset)
    assert found == or_raise(datasets.read_csv(path, "kind", delimiter=";"))
    with pytest.raises(DataError, match=r"nowhere\.csv: must be a readable file"):
        datasets.from_csv("nowhere.csv")


@pytest.mark.parametrize("container", [IOSuccess(3), Success(3)])
def test_or_raise_takes_out_what_went_well(container: Success[int]) -> None:
    assert or_raise(container) == 3


@pytest.mark.parametrize("container", [IOFailure(KeyError("x")), Failure(KeyError("x"))])
def test_or_raise_raises_what_did_not(container: Failure[KeyError]) -> None:
    with pytest.raises(KeyError, match="x"):
        or_raise(container)


@pytest.mark.parametrize(("given", "told"), [(3, "a Result or an"), (Failure("x"), "an exception")])
def test_or_raise_says_what_it_takes(given: Result[int, str], told: str) -> None:
    with pytest.raises(TypeError, match=f"or_raise: .*must be {told}"):
        or_raise(given)


def test_a_warm_up_of_no_steps_speaks_in_its_own_name() -> None:
    with pytest.raises(ValueError, match="warm_up: steps must be an int >= 1, got 0"):
        schedules.warm_up(schedules.constant(0.1), 0)
    with pytest.raises(ValueError, match="warm_up: start must be a finite number >= 0, got -1"):
        schedules.warm_up(schedules.constant(0.1), 3, start=-1)


@pytest.mark.parametrize(
    "transform",
    [func.grad, func.value_and_grad, func.jacobian, func.jacfwd, func.jacrev, func.hessian],
)
@pytest.mark.parametrize("point", [3.0, 3, (1.0, 2.0), [1.0], value(2.0), None])
def test_a_point_in_place_of_argnums_is_refused_at_once(
    transform: Callable[..., object], point: object
) -> None:
    with pytest.raises((TypeError, ValueError), match=r"argnums .* at a point, write \w+\(f\)"):
        transform(lambda x: x * x, point)


def test_a_node_in_place_of_a_function_is_refused_with_the_right_word() -> None:
    with pytest.raises(TypeError, match="grad: f must be a function; of a node, `backward` gives"):
        func.grad(value(2.0))  # type: ignore[call-overload]


# One example, and many.


def test_many_inputs_and_many_outputs_have_names_that_tell_them_apart() -> None:
    pair = nn.layer(2, 3)
    assert len(nn.outputs(pair, [1.0, 2.0])) == 3
    rows = [[1.0, 2.0], [3.0, 4.0]]
    batch = nn.forward_batch(MODEL, rows)
    assert [y.data for y in batch] == [nn.forward(MODEL, row).data for row in rows]
    assert isinstance(batch[0], Value)
    assert nn.forward_many is nn.outputs
    with pytest.raises(TypeError, match="forward_batch: rows must be rows of numbers"):
        nn.forward_batch(MODEL, DATA)  # type: ignore[arg-type]


def test_a_loss_beyond_numbers_is_the_least_merit() -> None:
    from microfp.experiments import Configuration, prepare, run

    outcome = run(Configuration(steps=1), DATA).unwrap()
    assert prepare(Configuration(steps=1), DATA).held_out is not None
    assert outcome.held_out is not None
    worse = outcome.set(held_out=outcome.held_out.set(loss=math.nan))
    assert merit(worse) < merit(outcome)
    assert max([worse, outcome], key=merit) is outcome
