"""Backpropagation as pure functions on persistent data.

>>> from microfp import backward, datasets, grad, nn, relu, trainer, value
>>> x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
>>> y = relu(x * w + b)
>>> y.data
1.0
>>> gradients = backward(y)
>>> grad(x, gradients), grad(w, gradients), grad(b, gradients)
(-3.0, 2.0, 1.0)
>>> run = trainer.fit(nn.mlp(2, [16, 16, 1]), datasets.moons(100), steps=3)
>>> [round(metrics.loss, 4) for metrics in run.history]
[0.8958, 1.7236, 0.7429]
"""

import microfp.base.startup as _startup  # noqa: F401 - first: what follows takes a while
from microfp import (
    charts,
    checkpoint,
    curried,
    datasets,
    debug,
    experiments,
    explorer,
    export,
    func,
    graph,
    losses,
    native,
    nn,
    optim,
    schedules,
    trainer,
    tree,
)
from microfp.base.version import VERSION
from microfp.charts import display, plot_data
from microfp.experiments import configurations, predictors
from microfp.gradients import Gradients, backward, backward_steps, find_grad, grad
from microfp.record import Record, attr
from microfp.trainer import parallel, streams
from microfp.values import (
    Value,
    absolute,
    add,
    cos,
    divide,
    exp,
    log,
    maximum,
    minimum,
    mul,
    neg,
    pow,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    sub,
    tanh,
    total,
    value,
    where,
)

__all__ = [
    "Gradients",
    "Record",
    "Value",
    "absolute",
    "add",
    "attr",
    "backward",
    "backward_steps",
    "charts",
    "checkpoint",
    "configurations",
    "cos",
    "curried",
    "datasets",
    "debug",
    "display",
    "divide",
    "exp",
    "experiments",
    "explorer",
    "export",
    "find_grad",
    "func",
    "grad",
    "graph",
    "log",
    "losses",
    "maximum",
    "minimum",
    "mul",
    "native",
    "neg",
    "nn",
    "optim",
    "parallel",
    "plot_data",
    "pow",
    "predictors",
    "relu",
    "schedules",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "streams",
    "sub",
    "tanh",
    "total",
    "trainer",
    "tree",
    "value",
    "where",
]

__version__ = VERSION
