"""Experiments side by side share their examples, and come to what each comes to alone."""

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
from returns.pipeline import is_successful

from microfp import datasets
from microfp.configurations import Configuration
from microfp.experiments import (
    Experiment,
    again,
    compare,
    computed_by,
    fastest,
    merit,
    prepare,
    prepare_all,
    run,
)
from microfp.tree import parameters

SHORT = Configuration(hidden=(3,), steps=12, batch_size=8)
MOONS = datasets.moons(40)

VARIED = (
    SHORT,
    SHORT.set(hidden=(5, 4), optimizer="sgd", l2=0.1, activation="tanh"),
    SHORT.set(seed=2),
    SHORT.set(steps=None, epochs=3, seed=2),
    SHORT.set(standardize=False),
    SHORT.set(patience=2),
    SHORT.set(loss="max_margin"),
)


def plain(experiment: Experiment) -> tuple[object, ...]:
    """All that an experiment holds, with numbers for parameters, which equal themselves alone."""
    start = experiment.start
    others = {name: it for name, it in start.items() if name != "state"}
    numbers = [parameter.data for parameter in parameters(start.model)]
    return others, numbers, experiment.training, experiment.validation, experiment.held_out


def test_prepared_together_they_are_what_each_is_alone() -> None:
    cells: list[list[object]] = [["a", 1.0], ["b", None], ["a", 2.0], ["b", 4.0]] * 8
    for data in (MOONS, datasets.from_rows(cells)):
        configurations = [it for it in VARIED if data is MOONS or it.loss == "auto"]
        together = prepare_all(configurations, data)
        assert [plain(it) for it in together] == [plain(prepare(it, data)) for it in configurations]


def test_those_that_split_and_scale_alike_share_one_copy() -> None:
    first, second, third, fourth, *others = prepare_all(VARIED, MOONS)
    assert first.training is second.training
    assert third.training is fourth.training
    assert first.held_out is second.held_out
    assert len({id(it.training) for it in (first, third, *others)}) == 5
    assert again(first, VARIED[1]).training is first.training


def test_processes_give_what_a_loop_gives() -> None:
    experiments = prepare_all([*VARIED[:4], SHORT.set(optimizer="sgd", learning_rate=1e300)], MOONS)
    serial = list(compare(experiments))
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        spread = list(compare(experiments, pool))
    assert [is_successful(it) for it in spread] == [True] * 4 + [False]
    for mine, other in zip(serial[:4], spread[:4], strict=True):
        a, b = mine.unwrap(), other.unwrap()
        assert (a.training, a.held_out, a.history) == (b.training, b.held_out, b.history)
    assert str(serial[4].failure()) == str(spread[4].failure())


def test_what_fails_in_a_process_names_its_experiment() -> None:
    start = prepare(SHORT, MOONS)
    wrong = start.set(training=datasets.dataset([[1.0]], [1.0]))
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        good, bad = compare([start, wrong], pool)
    assert is_successful(good)
    assert getattr(bad.failure(), "configuration", None) is wrong


def test_the_fast_way_is_told_by_nobody_but_the_clock() -> None:
    experiments = prepare_all([SHORT, SHORT.set(backend="eager")], MOONS)
    slow, fast = list(compare(experiments)), list(compare(experiments, fast=True))
    for mine, other in zip(slow, fast, strict=True):
        a, b = mine.unwrap(), other.unwrap()
        assert a.predictor.configuration == b.predictor.configuration
        assert a.training.loss == pytest.approx(b.training.loss, rel=1e-9)
    assert fastest(computed_by(experiments[0], "eager")) == "eager"


def test_side_by_side_they_come_to_what_each_comes_to_alone() -> None:
    wild = SHORT.set(optimizer="sgd", learning_rate=1e300)
    configurations = [SHORT, wild, SHORT.set(seed=2)]
    experiments = [prepare(configuration, MOONS) for configuration in configurations]
    serial = list(compare(experiments))
    with ThreadPoolExecutor(2) as threads:
        parallel = list(compare(experiments, threads))
    alone = [run(configuration, MOONS) for configuration in configurations]
    for results in (serial, parallel):
        assert [is_successful(result) for result in results] == [True, False, True]
        assert str(results[1].failure()) == str(alone[1].failure())
        for i in (0, 2):
            assert results[i].unwrap().history == alone[i].unwrap().history
    assert str(pickle.loads(pickle.dumps(alone[1])).failure()) == str(alone[1].failure())


def test_what_raises_is_a_failure_too() -> None:
    foreign: Any = "no experiment"
    (result,) = compare([foreign])
    assert "TypeError: perform: experiment must be an Experiment" in str(result.failure())


def test_the_better_outcome_has_more_accuracy_or_else_less_loss() -> None:
    outcome = run(SHORT, MOONS).unwrap()
    score = outcome.held_out
    assert score is not None
    better = outcome.set(held_out=score.set(loss=score.loss - 0.1))
    best = outcome.set(held_out=score.set(accuracy=1.5, loss=9.0))
    assert max([outcome, better, best], key=merit) is best
    assert max([outcome, better], key=merit) is better
    with pytest.raises(ValueError, match="holds examples out"):
        merit(run(SHORT.set(held_out=0.0), MOONS).unwrap())
