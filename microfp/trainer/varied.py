"""Training on examples that are a function of the step: masks, noise, other views, own batches.

A step sees whatever a pure function makes for it. So what is random in a training is an argument of
it, as everything is: the number of the step says what is drawn, a state that is resumed goes on
with the same draws, and every backend computes the same.

>>> from microfp import datasets, nn, toolbox
>>> data = datasets.moons(20)
>>> model = nn.masked(nn.mlp(2, [8, 1]))
>>> def seen(step: int) -> datasets.Dataset:
...     return datasets.with_masks(data, 8, 0.5, seed=1, step=step)
>>> [state.step for state in toolbox.take(3, train_on(model, seen))]
[1, 2, 3]
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from microfp.base.checks import check_callable, check_kind
from microfp.base.elsewhere.leading import names_home
from microfp.base.threads import Threads, check_threads
from microfp.datasets import Examples
from microfp.losses import Loss, max_margin
from microfp.optim import Optimizer, sgd
from microfp.schedules import micrograd_decay
from microfp.trainer.backend import Backend, check_state, checked_training
from microfp.trainer.choice import runner_of
from microfp.trainer.state import M, Stepped, TrainState, initial_state

__all__ = ["ExamplesOfStep", "resume_on", "train_on"]

ExamplesOfStep: TypeAlias = Callable[[int], Examples]
"""From the number of a step, from 0, to the examples that it sees.

>>> from microfp import datasets
>>> def seen(step: int) -> datasets.Dataset:
...     return datasets.batch(datasets.moons(20), 4, seed=1, step=step)
>>> examples: ExamplesOfStep = seen
>>> len(seen(0).ys)
4
"""


@names_home
def train_on(
    model: M,
    examples: ExamplesOfStep,
    *,
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Optimizer = sgd(micrograd_decay),
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Iterator[Stepped[M]]:
    """Train without end, each step on the examples that a function makes for it.

    Where the function always gives the same examples, this is `train`, bit for bit.

    Args:
        model: What to train.
        examples: From the number of a step to its examples, all of one number of columns. It
            should be pure: what it draws, it draws with the step, as `datasets.with_masks` does.
        loss: What is to be made small.
        optimizer: How.
        backend: How a step is computed; see `make_step`. Machine code is compiled once, for the
            structure of the examples; their numbers are handed over in each step.
        threads: How many threads compute it; see `make_step`.

    Raises:
        TypeError, ValueError: At once, for what is no function, loss or optimiser.

    >>> from microfp import datasets, nn, toolbox, trainer
    >>> data, model = datasets.moons(20), nn.mlp(2, [4, 1])
    >>> ours = toolbox.last(toolbox.take(5, train_on(model, lambda step: data)))
    >>> theirs = toolbox.last(toolbox.take(5, trainer.train(model, data)))
    >>> ours.metrics == theirs.metrics
    True
    """
    given = examples, loss, optimizer, backend, threads
    return _states(initial_state(model, optimizer), *_checked("train_on", *given))


@names_home
def resume_on(
    state: TrainState[M],
    examples: ExamplesOfStep,
    *,
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Optimizer = sgd(micrograd_decay),
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Iterator[Stepped[M]]:
    """Go on from any state of such a training: with the options of that one, it is the same run.

    Args:
        state: Where to begin, with a state of this optimiser.
        examples: As for `train_on`.
        loss: What is to be made small.
        optimizer: How.
        backend: How a step is computed.
        threads: How many threads compute it; see `make_step`.

    >>> from microfp import datasets, nn, toolbox
    >>> data = datasets.moons(20)
    >>> third = toolbox.last(toolbox.take(3, train_on(nn.mlp(2, [4, 1]), lambda step: data)))
    >>> next(resume_on(third, lambda step: data)).step
    4
    """
    return _states(state, *_checked("resume_on", examples, loss, optimizer, backend, threads))


_Given: TypeAlias = tuple[ExamplesOfStep, Loss, Optimizer, Backend, Threads]


def _checked(
    where: str,
    examples: ExamplesOfStep,
    loss: Loss,
    optimizer: Optimizer,
    backend: Backend,
    threads: Threads,
) -> _Given:
    expected = "a function from the number of a step to its examples; `train` takes examples"
    check_callable(where, "examples", examples, expected)
    check_kind(where, "loss", loss, Loss, example="losses.max_margin()")
    check_kind(where, "optimizer", optimizer, Optimizer, example="optim.sgd(0.1)")
    checked = check_threads(where, threads)
    runner_of(backend, checked)
    return examples, loss, optimizer, backend, checked


def _states(
    state: TrainState[M],
    examples: ExamplesOfStep,
    loss: Loss,
    optimizer: Optimizer,
    backend: Backend,
    threads: Threads,
) -> Iterator[Stepped[M]]:
    runner = runner_of(backend, threads)
    while True:  # a plain loop: each state comes from the last
        training = checked_training(loss, optimizer, examples(state.step), None, None, threads)
        state = runner.step(training, check_state(training, state))
        yield state
