"""Training whose rate falls where the loss stands still: the one schedule that sees the loss.

>>> from microfp import datasets, nn, optim
>>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
>>> states = reduce_on_plateau(model, data, plateau=plateau(0.5), optimizer=optim.sgd)
>>> next(states).metrics.learning_rate
0.5
"""

from collections.abc import Callable, Iterator

from microfp.base.checks import check_callable, check_kind
from microfp.base.threads import Threads
from microfp.datasets import Examples
from microfp.losses import Loss, max_margin
from microfp.optim import Optimizer
from microfp.schedules import Plateau, after_loss, plateau
from microfp.trainer.backend import Backend
from microfp.trainer.state import M, Stepped, initial_state
from microfp.trainer.streams import resume

__all__ = ["reduce_on_plateau"]


def reduce_on_plateau(
    model: M,
    dataset: Examples,
    *,
    plateau: Plateau = plateau(0.1),  # noqa: B008 - a record, which is immutable
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Callable[[float], Optimizer],
    batch_size: int | None = None,
    seed: int | None = 1337,
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Iterator[Stepped[M]]:
    """Train without end, by a rate that falls where the loss stands still.

    After each step, plateau = after_loss(plateau, loss of the step), and the next step is made by
    optimizer(plateau.rate), which remembers what the one before did.

    Args:
        model: What to train.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.
        plateau: The first rate, and when it falls; see `schedules.plateau`.
        loss: What is to be made small.
        optimizer: From a rate to an optimiser, such as `optim.adam`.
        batch_size: How many examples a step sees; None for all of them.
        seed: What the batches are drawn with; None for examples in their own order.
        backend: How a step is computed; see `trainer.make_step`.
        threads: How many threads compute it; see `trainer.make_step`.

    Raises:
        ShapeError, DataError, ValueError, TypeError: At once, for what cannot be trained.

    >>> from microfp import datasets, nn, optim, schedules, toolbox
    >>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
    >>> impatient = schedules.plateau(1.0, factor=0.5, patience=0, threshold=0.5)
    >>> states = reduce_on_plateau(model, data, plateau=impatient, optimizer=optim.sgd)
    >>> [state.metrics.learning_rate for state in toolbox.take(4, states)]
    [1.0, 1.0, 0.5, 0.5]
    """
    where = "reduce_on_plateau"
    check_kind(where, "plateau", plateau, Plateau, example="schedules.plateau(0.1)")
    check_callable(where, "optimizer", optimizer, "a function from a rate to an optimiser")

    def opened(state: Stepped[M] | None, rate: float) -> Iterator[Stepped[M]]:
        by = optimizer(rate)
        start = initial_state(model, by) if state is None else state
        return resume(
            start,
            dataset,
            loss=loss,
            optimizer=by,
            batch_size=batch_size,
            seed=seed,
            backend=backend,
            threads=threads,
        )

    return _falling(opened, opened(None, plateau.rate), plateau)


def _falling(
    opened: Callable[[Stepped[M], float], Iterator[Stepped[M]]],
    states: Iterator[Stepped[M]],
    now: Plateau,
) -> Iterator[Stepped[M]]:
    """The states of one stream after another, each with a lower rate."""
    while True:
        state = next(states)
        yield state
        after = after_loss(now, state.metrics.loss)
        if after.rate != now.rate:
            states = opened(state, after.rate)
        now = after
