"""Pairs of rows and targets, and seeds that nobody chose, wherever a dataset is taken."""

import math
from collections.abc import Callable

import pytest

from microfp import charts, datasets, losses, nn, trainer
from microfp.charts import plot_data
from microfp.datasets import Dataset, Examples
from microfp.experiments import Configuration, run
from microfp.toolbox import take

ROWS, LABELS = [[0.0, 0.5], [1.0, -0.5], [2.0, 0.0], [-1.0, 1.0]], [-1.0, 1.0, 1.0, -1.0]
PAIR: Examples = (ROWS, LABELS)
WHOLE = datasets.dataset(ROWS, LABELS)
MODEL = nn.mlp(2, [3, 1], seed=3)
LOSS = losses.max_margin()

TAKERS: dict[str, Callable[[Examples], object]] = {
    "evaluate": lambda data: losses.evaluate(LOSS, MODEL, data).total.data,
    "evaluate_with": lambda data: losses.evaluate_with(LOSS, data)(MODEL).accuracy,
    "fit": lambda data: trainer.fit(MODEL, data, steps=3).history,
    "train": lambda data: [s.metrics for s in take(2, trainer.train(MODEL, data))],
    "native": lambda data: trainer.fit(MODEL, data, steps=3, backend="native").history,
    "chosen_backend": lambda data: trainer.chosen_backend(MODEL, data),
    "fastest_backend": lambda data: trainer.fastest_backend(MODEL, data, steps=3),
    "split": lambda data: datasets.split(data, held_out=0.5)[0].xs,
    "shuffle": lambda data: datasets.shuffle(data).xs,
    "batches": lambda data: [batch.xs for batch in datasets.batches(data, 2)],
    "standardize": lambda data: datasets.standardize(data)(data).xs,
    "relabel": lambda data: datasets.relabel(data, [0.0, 1.0]).ys,
    "points": plot_data.dataset_points,
    "boundary": lambda data: plot_data.decision_boundary(MODEL, data, h=1.0),
    "chart": lambda data: charts.scatter(data).to_dict()["title"],
    "run": lambda data: run(Configuration(steps=2, held_out=0.5), data).unwrap().history,
}


@pytest.mark.parametrize("name", TAKERS)
def test_a_pair_of_rows_and_targets_is_the_dataset_that_it_makes(name: str) -> None:
    assert TAKERS[name](PAIR) == TAKERS[name](WHOLE)


@pytest.mark.parametrize("wrong", [[ROWS, LABELS], (ROWS,), (ROWS, LABELS, LABELS), None, "data"])
def test_what_is_neither_is_refused_and_both_are_named(wrong: Examples) -> None:
    for take_it in (TAKERS["fit"], TAKERS["evaluate"], TAKERS["split"]):
        with pytest.raises(TypeError, match=r"dataset must be a Dataset, .*or a pair \(xs, ys\)"):
            take_it(wrong)


def test_a_pair_of_unequal_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="ys must be as long as xs, 4, got 1"):
        trainer.fit(MODEL, (ROWS, [1.0]))


DRAWN: dict[str, Callable[[int | None], Dataset]] = {
    "moons": lambda seed: datasets.moons(20, seed=seed),
    "circles": lambda seed: datasets.circles(20, seed=seed),
    "blobs": lambda seed: datasets.blobs(20, seed=seed),
    "spiral": lambda seed: datasets.spiral(20, seed=seed),
    "xor": lambda seed: datasets.xor(20, noise=0.1, seed=seed),
    "checkerboard": lambda seed: datasets.checkerboard(20, seed=seed),
    "rings": lambda seed: datasets.rings(20, seed=seed),
    "waves": lambda seed: datasets.waves(20, seed=seed),
    "bikes": lambda seed: datasets.bikes(20, seed=seed),
}


@pytest.mark.parametrize("name", DRAWN)
def test_no_seed_is_another_each_time_which_the_data_name(name: str) -> None:
    first, second = DRAWN[name](None), DRAWN[name](None)
    assert first.xs != second.xs
    named = first.metadata["seed"]
    assert isinstance(named, int)
    assert DRAWN[name](named) == first


def test_no_steps_leave_the_model_and_measure_it() -> None:
    for backend in ("eager", "python", "native"):
        run = trainer.fit(MODEL, PAIR, steps=0, backend=backend)
        assert run.final_model == MODEL
        assert len(run.history) == 0
        assert math.isclose(run.final_loss, losses.evaluate(LOSS_OF_FIT, MODEL, PAIR).total.data)


LOSS_OF_FIT = losses.max_margin(alpha=1e-4)
