"""The experiments come out as their texts say."""

from collections.abc import Mapping
from math import pi

import pytest

from microfp import nn
from microfp.trainer import Run
from tests.notebooks.notebooks import definitions


def runs(name: str) -> Mapping[str, "Run[nn.MLP]"]:
    found = definitions("extras")[name]
    assert isinstance(found, dict)
    return found


def accuracy(run: "Run[nn.MLP]") -> float:
    assert run.final_accuracy is not None
    return run.final_accuracy


def test_more_neurons_fit_the_moons_better() -> None:
    losses = [run.final_loss for run in runs("by_shape").values()]
    assert losses == sorted(losses, reverse=True)
    assert accuracy(runs("by_shape")["8 and 8 hidden"]) > 0.95


def test_a_larger_penalty_leaves_smaller_parameters_and_a_larger_data_loss() -> None:
    trained = list(runs("by_alpha").values())
    squares = [sum(p.data**2 for p in nn.parameters(run.final_model)) for run in trained]
    assert squares == sorted(squares, reverse=True)
    losses = [run.history[-1].data_loss for run in trained]
    assert losses == sorted(losses)


def test_the_schedule_beats_the_small_rate() -> None:
    by_rate = runs("by_rate")
    assert by_rate["rate 1.0 falling to 0.1"].final_loss < by_rate["rate 0.01"].final_loss / 2


def test_a_finer_grid_sees_more_of_the_line_and_settles() -> None:
    lengths = definitions("extras")["lengths"]
    assert isinstance(lengths, dict)
    by_spacing = [lengths[h] for h in (0.8, 0.4, 0.2, 0.1)]
    assert by_spacing == sorted(by_spacing)
    assert by_spacing[-1] - by_spacing[-2] < by_spacing[1] - by_spacing[0]
    assert by_spacing[-1] > pi / 2


def test_the_spiral_is_learned() -> None:
    wound = definitions("extras")["wound"]
    assert isinstance(wound, Run)
    assert accuracy(wound) > 0.95


def test_the_failures_fail() -> None:
    failed = runs("runs")
    history = failed["rate 20"].history
    assert max(metrics.loss for metrics in history) > 10 * history[0].loss
    first, *others = failed["equal weights"].final_model.layers[0].neurons
    numbers = [p.data for p in nn.parameters(first)]
    for neuron in others:
        assert [p.data for p in nn.parameters(neuron)] == pytest.approx(numbers, rel=1e-9)
