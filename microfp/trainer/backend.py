"""What a backend is: the one place that knows how the steps of a training are computed.

>>> from microfp import datasets, losses, nn, optim
>>> from microfp.toolbox import take
>>> from microfp.trainer import eager
>>> from microfp.trainer.state import initial_state
>>> training = checked_training(losses.max_margin(), optim.sgd(0.1), datasets.moons(4), None, 1)
>>> runner: Runner = eager
>>> start = initial_state(nn.mlp(2, [1]), training.optimizer)
>>> [state.step for state in take(2, runner.states(training, start))]
[1, 2]
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Literal, Protocol, TypeAlias, get_args, runtime_checkable

from pyrsistent import PVector, pvector

from microfp.base.checks import check_count, check_kind, check_seed, wrong_value
from microfp.base.memo import remembering
from microfp.base.threads import Threads, check_threads
from microfp.datasets import Dataset, Examples, as_dataset, batch
from microfp.errors import ShapeError, TraceError
from microfp.losses import Loss, check_fits
from microfp.nn import Model
from microfp.optim import Optimizer, check_memory
from microfp.record import Record, attr, unchecked
from microfp.trainer.history import Metrics, Unrecorded
from microfp.trainer.state import (
    M,
    Stepped,
    TrainState,
    foreign_memory,
    of_known_parameters,
    parameter_numbers,
    remembers_for,
)
from microfp.tree import parameters
from microfp.values import Value

Backend: TypeAlias = Literal["auto", "eager", "python", "native"]
"""How a step is computed, never what it means.

`"eager"` walks the graph; `"python"` runs Python source that is generated from it, and gives the
same bits; `"native"` runs machine code; `"auto"` is `"python"` where loss and model can be traced
and `"eager"` where not. Of a model of sequences `"python"` gives the same to 1e-12, so
that `"auto"`, which changes no bit, is `"eager"`.

>>> from microfp import datasets, nn, trainer
>>> backends: list[Backend] = ["eager", "python"]
>>> model, data = nn.mlp(2, [1]), datasets.moons(4)
>>> runs = [trainer.fit(model, data, steps=2, backend=backend) for backend in backends]
>>> runs[0].final_loss == runs[1].final_loss
True
"""

BACKENDS: tuple[str, ...] = get_args(Backend)


def check_backend(where: str, backend: str) -> None:
    """Check that there is a backend of that name.

    Args:
        where: The function that was called.
        backend: The name.

    Raises:
        ValueError: If there is none.

    >>> check_backend("fit", "native")
    >>> check_backend("fit", "x")
    Traceback (most recent call last):
    ValueError: fit: backend must be one of auto, eager, python, native, got 'x'
    """
    if backend not in BACKENDS:
        from microfp.base.elsewhere.names import meant_choice

        wrong = wrong_value(where, "backend", f"one of {', '.join(BACKENDS)}", backend)
        raise ValueError(f"{wrong}{meant_choice(backend, BACKENDS)}")


class Training(Record):
    """What is trained by, and on: all that a step depends on besides its state.

    >>> from microfp import datasets, losses, optim
    >>> chosen = losses.max_margin(), optim.sgd(0.1), datasets.moons(20)
    >>> len(checked_training(*chosen, 8, 1337).examples(2).ys)
    4
    """

    loss: Loss = attr()
    """What is to be made small."""
    optimizer: Optimizer = attr()
    """How."""
    dataset: Dataset = attr()
    """All examples."""
    batch_size: int | None = attr()
    """How many of them a step sees; None for all."""
    seed: int | None = attr()
    """What the batches are drawn with; None for examples in their own order."""
    threads: Threads = attr(default=1)
    """How many threads compute a step, where the backend has several."""

    def examples(self, step: int) -> Dataset:
        """The batch of a step."""
        return batch(self.dataset, self.batch_size, seed=self.seed, step=step)


def checked_training(
    loss: Loss,
    optimizer: Optimizer,
    dataset: Examples,
    batch_size: int | None,
    seed: int | None,
    threads: Threads = 1,
) -> Training:
    """Check what a user has asked for.

    Raises:
        TypeError, ValueError: If an argument is not what it should be.

    >>> from microfp import datasets, losses, optim
    >>> checked_training(losses.max_margin(), optim.sgd(0.1), datasets.moons(4), 0, 1337)
    Traceback (most recent call last):
    ValueError: train: batch_size must be an int >= 1, got 0
    """
    examples = as_dataset("train", dataset)
    return _checked(loss, optimizer, examples, batch_size, seed, threads)


def _newly_checked(
    loss: Loss,
    optimizer: Optimizer,
    dataset: Dataset,
    batch_size: int | None,
    seed: int | None,
    threads: Threads,
) -> Training:
    check_kind("train", "loss", loss, Loss, example="losses.max_margin()")
    check_kind("train", "optimizer", optimizer, Optimizer, example="optim.sgd(0.1)")
    size = None if batch_size is None else check_count("train", "batch_size", batch_size, minimum=1)
    drawn = None if seed is None else check_seed("train", "seed", seed)
    wanted = check_threads("train", threads)
    return unchecked(Training, loss, optimizer, dataset, size, drawn, wanted)


_checked = remembering(_newly_checked)
"""Check once: the very same arguments make the very same training, by which more is remembered."""


check_begins: Callable[[Loss, Model, Dataset], None] = remembering(check_fits)
"""Check that a training can begin, as `check_fits` does: of the same three it says nothing new."""


@runtime_checkable
class Step(Protocol):
    """A pure function from one state of a training to the next.

    >>> from microfp import datasets, losses, nn, optim, trainer
    >>> optimizer = optim.sgd(0.1)
    >>> step: Step = trainer.make_step(losses.max_margin(), optimizer, datasets.moons(4))
    >>> step(trainer.initial_state(nn.mlp(2, [1]), optimizer)).step
    1
    """

    def __call__(self, state: TrainState[M], /) -> Stepped[M]:
        """Return the state after one more step."""
        ...


class Runner(Protocol):
    """What computes trainings; each backend is a module with these five functions.

    Its laws: `states` and `fold` give the bits that folding `step` gives.

    >>> from microfp import datasets, losses, nn
    >>> from microfp.trainer import eager, python
    >>> runners: list[Runner] = [eager, python]
    >>> given = losses.max_margin(), nn.neuron(1, weights=[0.5]), datasets.dataset([[2.0]], [-1.0])
    >>> [list(runner.gradient(*given)) for runner in runners]
    [[2.0001, 1.0], [2.0001, 1.0]]
    """

    def check(self, loss: Loss, model: Model, dataset: Dataset, /) -> None:
        """Check that a training can begin, as `check_fits` does."""
        ...

    def step(self, training: Training, state: TrainState[M], /) -> Stepped[M]:
        """Return the state after one more step."""
        ...

    def states(self, training: Training, state: TrainState[M], /) -> Iterator[Stepped[M]]:
        """Yield the states after a state, whose model is known to fit, without end."""
        ...

    def fold(
        self, training: Training, state: TrainState[M], steps: int, log_every: int, /
    ) -> "Folded[M]":
        """Return the state after so many steps, and the metrics that are logged on the way.

        Raises:
            ShapeError, DataError: At once, if loss, model and dataset do not fit.
        """
        ...

    def gradient(self, loss: Loss, model: Model, examples: Dataset, /) -> Sequence[float]:
        """Return the gradient of the loss on a batch, a number a parameter."""
        ...


Folded: TypeAlias = tuple[TrainState[M], PVector[Metrics] | Unrecorded]
"""Where a training ended, and what was logged: metrics, or what makes them when they are read."""


def folded(
    training: Training,
    start: TrainState[M],
    states: Iterator[Stepped[M]],
    steps: int,
    log_every: int,
) -> Folded[M]:
    """Fold the states after a state: what `Runner.fold` is where nothing is faster."""
    check_begins(training.loss, start.model, training.dataset)
    end, history, last = start, list[Metrics](), start.step + steps - 1
    for state in islice(states, steps):  # a plain loop: only the last state is kept
        end = state
        if is_logged(state.metrics.step, log_every, last):
            history.append(state.metrics)
    return end, pvector(history)


def is_logged(step: int, log_every: int, last: int) -> bool:
    """Whether the metrics of a step belong to a history: every so many, and those of the last."""
    return step % log_every == 0 or step == last


def check_state(training: Training, state: TrainState[M]) -> TrainState[M]:
    """Check that a state remembers what the optimiser of a training does, of its own parameters.

    Raises:
        TypeError: If its memory is that of another optimiser.
        ShapeError: If it is that of another model, or of other parameters of the model, since some
            were frozen or thawed.

    >>> from microfp import datasets, losses, nn, optim, trainer
    >>> training = checked_training(
    ...     losses.max_margin(), optim.adam(0.1), datasets.moons(4), None, 1
    ... )
    >>> check_state(training, trainer.initial_state(nn.mlp(2, [1]), optim.momentum(0.1)))
    Traceback (most recent call last):
    TypeError: scale_by_adam: the optimizer state must be an AdamState, got \
TraceState(tr...0, 0.0, 0.0])) (TraceState)
    """
    if not remembers_for(state, training.optimizer):  # for speed: reading it is half of a step
        check_memory(training.optimizer, state.optimizer_state, len(parameter_numbers(state)))
        wrong = foreign_memory(state)
        if wrong is not None:
            raise ShapeError(f"train: the optimizer state {wrong}")
    return of_known_parameters(state)


def check_captured(captured: frozenset[Value], state: TrainState[M]) -> None:
    """Check that what counts as a constant is none of the parameters that are to be trained.

    Raises:
        TraceError: If one of them is.
    """
    if not captured:
        return
    closed_over = [i for i, p in enumerate(parameters(state.model)) if p in captured]
    if closed_over:
        raise TraceError(
            "the model or the loss has closed over a parameter of the model, number "
            f"{closed_over[0]}; read it from the model that is called, or use backend='eager'"
        )
