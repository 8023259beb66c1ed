"""Training: a pure function from one state to the next, folded, or streamed.

>>> from microfp import datasets, nn, toolbox
>>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
>>> states = train(model, data)
>>> [state.metrics.step for state in toolbox.take(3, states)]
[0, 1, 2]
"""

from microfp.base.threads import Threads
from microfp.trainer.backend import Backend, Step, check_backend
from microfp.trainer.choice import WORTH_COMPILING, chosen_backend, fastest_backend
from microfp.trainer.eager import Differentiated, advance, descend, differentiate
from microfp.trainer.fit import fit, make_step, train
from microfp.trainer.history import Metrics
from microfp.trainer.plateau import reduce_on_plateau
from microfp.trainer.replay import FURTHEST_AHEAD
from microfp.trainer.state import (
    Options,
    Run,
    Stepped,
    TrainState,
    as_options,
    foreign_memory,
    initial_state,
    parameter_numbers,
    state_of,
)
from microfp.trainer.varied import ExamplesOfStep, resume_on, train_on

__all__ = [
    "FURTHEST_AHEAD",
    "WORTH_COMPILING",
    "Backend",
    "Differentiated",
    "ExamplesOfStep",
    "Metrics",
    "Options",
    "Run",
    "Step",
    "Stepped",
    "Threads",
    "TrainState",
    "advance",
    "as_options",
    "check_backend",
    "chosen_backend",
    "descend",
    "differentiate",
    "fastest_backend",
    "fit",
    "foreign_memory",
    "initial_state",
    "make_step",
    "parameter_numbers",
    "reduce_on_plateau",
    "resume_on",
    "state_of",
    "train",
    "train_on",
]
