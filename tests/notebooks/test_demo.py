"""The demo notebook repeats the published run of micrograd."""

import pytest

from microfp import grad, nn
from microfp.gradients import Gradients
from microfp.losses import Evaluation
from microfp.trainer import Run
from microfp.values import Value
from tests.notebooks.notebooks import definitions

# Losses 0, 1, 2, 98 and 99 of the run that micrograd's own notebook printed.
PUBLISHED = {
    0: 0.8958441028683222,
    1: 1.7235905336972022,
    2: 0.7429006313851131,
    98: 0.010978888332907229,
    99: 0.010978370135492717,
}


def test_the_warm_up_has_the_gradient_that_micrograd_tests() -> None:
    demo = definitions("demo")
    x, y, gradients = demo["x"], demo["y"], demo["gradients"]
    assert isinstance(x, Value)
    assert isinstance(y, Value)
    table: Gradients = gradients  # type: ignore[assignment] # as the notebook made it
    assert (y.data, grad(x, table)) == (-20.0, 46.0)


def test_the_model_has_337_parameters() -> None:
    assert nn.parameter_count(definitions("demo")["model"]) == 337


def test_the_training_is_the_published_one() -> None:
    run = definitions("demo")["run"]
    assert isinstance(run, Run)
    for step, loss in PUBLISHED.items():
        assert run.history[step].loss == pytest.approx(loss, rel=1e-9)
    assert run.final_accuracy == 1.0


def test_the_loss_before_training_is_shown() -> None:
    before = definitions("demo")["before"]
    assert isinstance(before, Evaluation)
    assert before.total.data == pytest.approx(PUBLISHED[0])
    assert before.accuracy == 0.5
