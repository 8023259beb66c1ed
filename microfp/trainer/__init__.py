"""Training: a pure function from one state to the next, folded, or streamed.

>>> from microfp import datasets, nn, toolbox
>>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
>>> states = train(model, data)
>>> [state.metrics.step for state in toolbox.take(3, states)]
[0, 1, 2]
"""

from microfp.trainer.fit import (
    FURTHEST_AHEAD,
    WORTH_COMPILING,
    Backend,
    Differentiated,
    Metrics,
    Run,
    Step,
    TrainState,
    advance,
    chosen_backend,
    descend,
    differentiate,
    fastest_backend,
    fit,
    initial_state,
    make_step,
    parameter_numbers,
    train,
)

__all__ = [
    "FURTHEST_AHEAD",
    "WORTH_COMPILING",
    "Backend",
    "Differentiated",
    "Metrics",
    "Run",
    "Step",
    "TrainState",
    "advance",
    "chosen_backend",
    "descend",
    "differentiate",
    "fastest_backend",
    "fit",
    "initial_state",
    "make_step",
    "parameter_numbers",
    "train",
]
