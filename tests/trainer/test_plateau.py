"""The rate of a training falls by the losses of that training, and nothing else changes."""

from itertools import accumulate

import pytest

from microfp import datasets, nn, optim, schedules, trainer
from microfp.schedules import after_loss
from microfp.toolbox import take
from microfp.trainer import Backend, reduce_on_plateau
from microfp.trainer.state import parameter_numbers

MODEL, DATA = nn.mlp(2, [4, 1], seed=3), datasets.moons(20)
IMPATIENT = schedules.plateau(2.0, factor=0.5, patience=1, threshold=0.05, minimum=0.3)


@pytest.mark.parametrize("backend", ["eager", "python", "native"])
def test_each_rate_is_that_of_the_losses_before(backend: Backend) -> None:
    states = reduce_on_plateau(
        MODEL, DATA, plateau=IMPATIENT, optimizer=optim.momentum, backend=backend
    )
    metrics = [state.metrics for state in take(40, states)]
    found = accumulate([it.loss for it in metrics], after_loss, initial=IMPATIENT)
    expected = [it.rate for it in found][:-1]
    assert [it.learning_rate for it in metrics] == expected
    assert len(set(expected)) > 2
    assert [it.step for it in metrics] == list(range(40))


def test_with_endless_patience_it_is_the_plain_training() -> None:
    patient = schedules.plateau(0.1, patience=10**6)
    ours = take(5, reduce_on_plateau(MODEL, DATA, plateau=patient, optimizer=optim.adam))
    plain = take(5, trainer.train(MODEL, DATA, optimizer=optim.adam(0.1)))
    assert [parameter_numbers(a) for a in ours] == [parameter_numbers(b) for b in plain]
