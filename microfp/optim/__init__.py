"""Optimisers as data: pairs of pure functions, in the manner of optax.

An optimiser turns gradients into updates, which are added to the parameters. What it has to
remember between steps is its state, which it is given and gives back. Every named optimiser is a
`chain` of parts, and so is one of your own:

>>> from pyrsistent import pvector
>>> optimizer = chain(clip_by_global_norm(1.0), scale_by_adam(), scale_by_learning_rate(0.1))
>>> p = pvector([1.0, 2.0])
>>> updates, state = optimizer.update(pvector([5.0, -5.0]), optimizer.init(p), p, 0)
>>> [round(update, 6) for update in updates]
[-0.1, 0.1]

A part that treats each parameter alone is a `Rule`: scalar arithmetic, written once, that is
lifted over the parameters here and that a compiler can run with one parameter a lane.

What a part remembers is a record whose name ends in `State`; by that checkpoints find it.
"""

from microfp.optim.combining import (
    AccumulationState,
    accumulate_gradients,
    applied_rules,
    chain,
    check_memory,
    identity,
    masked,
)
from microfp.optim.named import (
    OPTIMIZERS,
    RATES,
    AdamState,
    LionState,
    MeanSquareState,
    OptimizerName,
    SumOfSquaresState,
    adagrad,
    adam,
    adamw,
    lion,
    momentum,
    nesterov,
    rmsprop,
    scale_by_adam,
    scale_by_lion,
    scale_by_rms,
    scale_by_rss,
    sgd,
)
from microfp.optim.parts import (
    TraceState,
    add_decayed_weights,
    clip,
    clip_by_global_norm,
    scale,
    scale_by_learning_rate,
    scale_by_schedule,
    trace,
)
from microfp.optim.rules import (
    Descent,
    EmptyState,
    Numbers,
    Optimizer,
    Rate,
    Reduction,
    Rule,
    RuleUse,
    Slots,
    from_rule,
    own,
)

__all__ = [
    "OPTIMIZERS",
    "RATES",
    "AccumulationState",
    "AdamState",
    "Descent",
    "EmptyState",
    "LionState",
    "MeanSquareState",
    "Numbers",
    "Optimizer",
    "OptimizerName",
    "Rate",
    "Reduction",
    "Rule",
    "RuleUse",
    "Slots",
    "SumOfSquaresState",
    "TraceState",
    "accumulate_gradients",
    "adagrad",
    "adam",
    "adamw",
    "add_decayed_weights",
    "applied_rules",
    "chain",
    "check_memory",
    "clip",
    "clip_by_global_norm",
    "from_rule",
    "identity",
    "lion",
    "masked",
    "momentum",
    "nesterov",
    "own",
    "rmsprop",
    "scale",
    "scale_by_adam",
    "scale_by_learning_rate",
    "scale_by_lion",
    "scale_by_rms",
    "scale_by_rss",
    "scale_by_schedule",
    "sgd",
    "trace",
]
