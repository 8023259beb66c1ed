"""The backend that is python where loss and model can be traced, and eager where not.

>>> from microfp import datasets, losses, nn
>>> from microfp.trainer import python
>>> loss, model, data = losses.max_margin(), nn.mlp(2, [4, 1]), datasets.moons(20)
>>> gradient(loss, model, data) == python.gradient(loss, model, data)
True
"""

from collections.abc import Iterator, Sequence

from microfp.compiler.python.step import MOST_NODES
from microfp.datasets import Dataset
from microfp.errors import TraceError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.trainer import eager, python
from microfp.trainer.backend import Folded, Training, check_begins, folded
from microfp.trainer.state import M, Stepped, TrainState, untrained


def check(loss: Loss, model: Model, dataset: Dataset, /) -> None:
    """Check that a training can begin: the model is run on the first example."""
    check_begins(loss, model, dataset)


def step(training: Training, state: TrainState[M], /) -> Stepped[M]:
    """Return the state after one more step."""
    after = python.attempt(training, state, MOST_NODES)
    return eager.step(training, state) if isinstance(after, TraceError) else after


def states(training: Training, state: TrainState[M], /) -> Iterator[Stepped[M]]:
    """Yield the states after a state, one when asked; the first decides for all."""
    prepared = python.prepare(training.loss, state, training.dataset, MOST_NODES)
    if isinstance(prepared, TraceError):
        yield from eager.states(training, state)
    else:
        yield from python.stream(training, prepared, state)


def fold(training: Training, state: TrainState[M], steps: int, log_every: int, /) -> Folded[M]:
    """Return the state after so many steps, and the metrics that are logged on the way."""
    return folded(training, state, states(training, state), steps, log_every)


def gradient(loss: Loss, model: Model, examples: Dataset, /) -> Sequence[float]:
    """Return the gradient of the loss on a batch, a number a parameter."""
    check(loss, model, examples)
    prepared = python.prepare(loss, untrained(model), examples, MOST_NODES)
    if isinstance(prepared, TraceError):
        return eager.gradient(loss, model, examples)
    return python.prepared_gradient(prepared, model, examples)
