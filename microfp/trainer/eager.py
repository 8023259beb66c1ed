"""The backend that walks the graph: a step is a pipeline of evaluate, differentiate and advance.

>>> from microfp import datasets, losses, nn
>>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
>>> len(gradient(losses.max_margin(), model, data)) == nn.parameter_count(model)
True
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, overload

from pyrsistent import PVector, pvector

from microfp.base.checks import check_kind
from microfp.base.collecting import uncollected
from microfp.base.renaming import deprecated, warn_renamed
from microfp.datasets import Dataset
from microfp.gradients import Gradients, backward, grads
from microfp.losses import Evaluation, Loss, evaluate, evaluate_with
from microfp.nn import Model, apply_gradients
from microfp.ops import total
from microfp.optim import Numbers, Optimizer
from microfp.record import Record, attr
from microfp.toolbox import pipe
from microfp.trainer.backend import Folded, Training, check_begins, folded
from microfp.trainer.history import Metrics
from microfp.trainer.state import M, Stepped, TrainState
from microfp.tree import parameters, with_parameters


class Differentiated(Record, Generic[M]):
    """An evaluation with the gradients of its total.

    >>> from microfp import datasets, losses, nn
    >>> evaluation = evaluate(losses.max_margin(), nn.mlp(2, [1]), datasets.moons(4))
    >>> differentiate(evaluation).gradients[evaluation.total]
    1.0
    """

    evaluation: Evaluation[M] = attr()
    """What a loss says of a model and a dataset."""
    gradients: Gradients = attr()
    """The derivatives of its total, one entry a node."""


def differentiate(evaluation: Evaluation[M]) -> Differentiated[M]:
    """Add the gradients to an evaluation: a piece of a pipeline.

    >>> from microfp import datasets, losses, nn
    >>> evaluation = evaluate(losses.max_margin(), nn.mlp(2, [1]), datasets.moons(4))
    >>> len(differentiate(evaluation).gradients) > 3
    True
    """
    check_kind("differentiate", "evaluation", evaluation, Evaluation)
    return Differentiated(evaluation=evaluation, gradients=backward(evaluation.total))


def descend(learning_rate: float) -> Callable[[Differentiated[M]], M]:
    """Take one step of plain gradient descent: the last piece of a pipeline of models.

    >>> from microfp import datasets, losses, nn
    >>> model, data = nn.mlp(2, [1]), datasets.moons(4)
    >>> better = pipe(model, evaluate_with(losses.max_margin(), data), differentiate, descend(0.1))
    >>> type(better).__name__
    'MLP'
    """
    return lambda found: apply_gradients(found.evaluation.model, found.gradients, learning_rate)


@overload
def advance(
    state: TrainState[M], optimizer: Optimizer
) -> Callable[[Differentiated[M]], Stepped[M]]: ...
@overload
@deprecated("the state comes first: `advance(state, optimizer)`")
def advance(
    state: Optimizer, optimizer: TrainState[M]
) -> Callable[[Differentiated[M]], Stepped[M]]: ...
def advance(
    state: TrainState[M] | Optimizer, optimizer: Optimizer | TrainState[M]
) -> Callable[[Differentiated[M]], Stepped[M]]:
    """Update the model of a state by an optimiser: the last piece of a pipeline of states.

    >>> from microfp import datasets, losses, nn, optim, trainer
    >>> data, optimizer = datasets.moons(4), optim.sgd(0.1)
    >>> state = trainer.initial_state(nn.mlp(2, [1]), optimizer)
    >>> pipe(
    ...     state.model,
    ...     evaluate_with(losses.max_margin(), data),
    ...     differentiate,
    ...     advance(state, optimizer),
    ... ).step
    1
    """
    if isinstance(state, Optimizer):
        warn_renamed("advance", "advance(optimizer, state)", "advance(state, optimizer)")
        state, optimizer = optimizer, state
    by = check_kind("advance", "optimizer", optimizer, Optimizer)
    at = check_kind("advance", "state", state, TrainState)
    return lambda found: _advanced(by, at, found)


def _advanced(optimizer: Optimizer, state: TrainState[M], found: Differentiated[M]) -> Stepped[M]:
    numbers = pvector([p.data for p in parameters(state.model)])
    slopes = _slopes(found)
    moved, after = updated(optimizer, state, numbers, slopes)
    return Stepped(
        step=state.step + 1,
        model=with_parameters(state.model, moved),
        optimizer_state=after,
        metrics=_metrics(found.evaluation, slopes, optimizer, state.step),
        memory_of=state.memory_of,
    )


def _slopes(found: Differentiated[M]) -> PVector[float]:
    """The gradient, a number a parameter."""
    return pvector(grads(parameters(found.evaluation.model), found.gradients))


def updated(
    optimizer: Optimizer, state: TrainState[M], numbers: Numbers, slopes: Numbers
) -> tuple[list[float], object]:
    """The parameters after an update, and what the optimiser remembers then."""
    updates, after = optimizer.update(slopes, state.optimizer_state, numbers, state.step)
    return [number + update for number, update in zip(numbers, updates, strict=True)], after


def _metrics(
    evaluation: Evaluation[M], slopes: Sequence[float], optimizer: Optimizer, step: int
) -> Metrics:
    return Metrics(
        step=step,
        loss=evaluation.total.data,
        data_loss=evaluation.data.data,
        penalty=evaluation.penalty.data,
        accuracy=evaluation.accuracy,
        learning_rate=rate(optimizer, step),
        gradient_norm=math.sqrt(squares(slopes)),
    )


def rate(optimizer: Optimizer, step: int) -> float | None:
    """The learning rate of a step, if the optimiser has one."""
    return None if optimizer.learning_rate is None else float(optimizer.learning_rate(step))


def squares(slopes: Sequence[float]) -> float:
    """The sum of the squares of a gradient."""
    return total.forward(*[slope * slope for slope in slopes])


def check(loss: Loss, model: Model, dataset: Dataset, /) -> None:
    """Check that a training can begin: the model is run on the first example."""
    check_begins(loss, model, dataset)


@uncollected  # a graph holds no circle: it goes with the last who holds it, without a search
def step(training: Training, state: TrainState[M], /) -> Stepped[M]:
    """Return the state after one more step."""
    return pipe(
        state.model,
        evaluate_with(training.loss, training.examples(state.step)),
        differentiate,
        advance(state, training.optimizer),
    )


def states(training: Training, state: TrainState[M], /) -> Iterator[Stepped[M]]:
    """Yield the states after a state, one when asked."""
    while True:
        state = step(training, state)
        yield state


def fold(training: Training, state: TrainState[M], steps: int, log_every: int, /) -> Folded[M]:
    """Return the state after so many steps, and the metrics that are logged on the way."""
    return folded(training, state, states(training, state), steps, log_every)


def gradient(loss: Loss, model: Model, examples: Dataset, /) -> Sequence[float]:
    """Return the gradient of the loss on a batch, a number a parameter."""
    return _slopes(differentiate(evaluate(loss, model, examples)))
