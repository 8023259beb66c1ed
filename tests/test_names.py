"""What goes by a name is found by it: the names that type checkers know are those of the tables."""

from collections.abc import Iterable
from typing import get_args

import pytest

from microfp import experiments, nn, optim, schedules, sklearn
from microfp.charts import curves, style
from microfp.trainer import Backend
from microfp.trainer.backend import BACKENDS
from microfp.trainer.choice import runner_of

TABLES: dict[str, tuple[object, Iterable[str]]] = {
    "activations": (nn.ActivationName, nn.ACTIVATIONS),
    "initializers": (nn.InitializerName, (*nn.INITIALIZERS, "orthogonal")),
    "optimizers": (optim.OptimizerName, optim.OPTIMIZERS),
    "rates": (optim.OptimizerName, optim.RATES),
    "schedules": (schedules.ScheduleName, schedules.SCHEDULES),
    "losses": (experiments.LossName, (experiments.AUTO, *experiments.LOSSES)),
    "backends": (Backend, BACKENDS),
    "themes": (style.Theme, style.THEMES),
    "metrics": (curves.Metric, curves._QUANTITIES),
    "solvers": (sklearn.Solver, sklearn.SOLVERS),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_checker_knows_the_names_of_the_table(kind: str) -> None:
    literal, table = TABLES[kind]
    assert sorted(get_args(literal)) == sorted(table)


def test_every_backend_has_a_runner() -> None:
    assert all(runner_of(name) for name in get_args(Backend))
