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

from microfp.optim.adam import AdamState, adam, adamw, scale_by_adam
from microfp.optim.adam_family import (
    AdaDeltaState,
    AdaMaxState,
    AmsGradState,
    NAdamState,
    RAdamState,
    adadelta,
    adamax,
    amsgrad,
    nadam,
    radam,
    scale_by_adadelta,
    scale_by_adamax,
    scale_by_amsgrad,
    scale_by_nadam,
    scale_by_radam,
)
from microfp.optim.averages import (
    EmaState,
    LookaheadState,
    ScheduleFreeState,
    averaged_parameters,
    ema,
    lookahead,
    schedule_free,
)
from microfp.optim.combining import (
    AccumulationState,
    accumulate_gradients,
    applied_rules,
    chain,
    check_memory,
    identity,
    masked,
)
from microfp.optim.layerwise import centralize, lamb, multi_transform, trust_ratio
from microfp.optim.named import (
    OPTIMIZERS,
    RATES,
    LionState,
    MeanSquareState,
    OptimizerName,
    SumOfSquaresState,
    adagrad,
    lion,
    momentum,
    nesterov,
    rmsprop,
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
from microfp.optim.quasi_newton import CurvatureState, LineSearchState, lbfgs, scale_by_lbfgs
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
from microfp.optim.wrapped import SamState, SkipState, gradient_noise, sam, skip_not_finite

__all__ = [
    "OPTIMIZERS",
    "RATES",
    "AccumulationState",
    "AdaDeltaState",
    "AdaMaxState",
    "AdamState",
    "AmsGradState",
    "CurvatureState",
    "Descent",
    "EmaState",
    "EmptyState",
    "LineSearchState",
    "LionState",
    "LookaheadState",
    "MeanSquareState",
    "NAdamState",
    "Numbers",
    "Optimizer",
    "OptimizerName",
    "RAdamState",
    "Rate",
    "Reduction",
    "Rule",
    "RuleUse",
    "SamState",
    "ScheduleFreeState",
    "SkipState",
    "Slots",
    "SumOfSquaresState",
    "TraceState",
    "accumulate_gradients",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "add_decayed_weights",
    "amsgrad",
    "applied_rules",
    "averaged_parameters",
    "centralize",
    "chain",
    "check_memory",
    "clip",
    "clip_by_global_norm",
    "ema",
    "from_rule",
    "gradient_noise",
    "identity",
    "lamb",
    "lbfgs",
    "lion",
    "lookahead",
    "masked",
    "momentum",
    "multi_transform",
    "nadam",
    "nesterov",
    "own",
    "radam",
    "rmsprop",
    "sam",
    "scale",
    "scale_by_adadelta",
    "scale_by_adam",
    "scale_by_adamax",
    "scale_by_amsgrad",
    "scale_by_lbfgs",
    "scale_by_learning_rate",
    "scale_by_lion",
    "scale_by_nadam",
    "scale_by_radam",
    "scale_by_rms",
    "scale_by_rss",
    "scale_by_schedule",
    "schedule_free",
    "sgd",
    "skip_not_finite",
    "trace",
    "trust_ratio",
]
