"""Trainings that are watched: a stream of states, which one to keep, and when to stop.

>>> from microfp import datasets
>>> from microfp.experiments import Configuration, prepare
>>> experiment = prepare(Configuration(epochs=6, patience=2), datasets.moons(100))
>>> [result.unwrap().kept.step for result in watch(experiment)][-1] > 0
True
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from returns.result import Failure, Result, Success

from microfp.base.checks import check_kind
from microfp.base.threads import Threads
from microfp.compiler.python.scores import scores
from microfp.datasets import Dataset
from microfp.experiments.configurations import epoch_of, loss_of, optimizer_of, steps_of
from microfp.experiments.predictors import Predictor, mean_cost
from microfp.nn import MLP
from microfp.record import Record, attr
from microfp.trainer import TrainState
from microfp.trainer.streams import Diverged, take, try_resume

__all__ = ["Experiment", "Watched", "watch"]

State: TypeAlias = TrainState[MLP]


class Experiment(Record):
    """A training that is about to begin.

    >>> from microfp import datasets
    >>> from microfp.experiments import Configuration, prepare
    >>> prepare(Configuration(patience=5), datasets.moons(100)).validation
    Dataset(name='target', n=15, d=2)
    """

    start: Predictor = attr()
    """The predictor before its first step, or where it is resumed."""
    training: Dataset = attr()
    """What the model is trained on, as `encode` makes it."""
    validation: Dataset | None = attr(default=None)
    """What decides when to stop, if the configuration has patience."""
    held_out: Dataset | None = attr(default=None)
    """What is measured at the end alone, if anything."""


class Watched(NamedTuple):
    """A state of a training, and which one to keep if the training stopped here.

    >>> from microfp import datasets
    >>> from microfp.experiments import Configuration, prepare
    >>> next(watch(prepare(Configuration(), datasets.moons(40)))).unwrap().state.step
    1
    """

    state: State
    """The state after one more step."""
    kept: State
    """The state with the least validation loss so far; without patience, `state`."""
    loss: float
    """That least loss; nan without patience, infinite before the first judgement."""
    worse: int
    """How many epochs ago it was, as of the last judgement."""


def watch(
    experiment: Experiment, *, threads: Threads = 1
) -> Iterator[Result[Watched, Diverged[MLP]]]:
    """Train: a lazy stream of the states, as many as there are steps, or until patience ends.

    The first `Failure` is the last item, as in `streams.try_train`.

    Args:
        experiment: What to train.
        threads: How many threads compute a step, where its backend is native; see
            `trainer.make_step`. They change no bit, so they are no part of an experiment.

    Raises:
        ShapeError, DataError, ValueError, TypeError: At once, for what cannot be trained.

    >>> from microfp import datasets
    >>> from microfp.experiments import Configuration, prepare
    >>> results = watch(prepare(Configuration(steps=4), datasets.moons(40)))
    >>> [result.unwrap().state.step for result in results]
    [1, 2, 3, 4]
    """
    check_kind("watch", "experiment", experiment, Experiment)
    start, configuration = experiment.start.state, experiment.start.configuration
    results = try_resume(
        start,
        experiment.training,
        loss=loss_of(configuration),
        optimizer=optimizer_of(configuration),
        batch_size=configuration.batch_size,
        seed=configuration.seed,
        backend=configuration.backend,
        threads=threads,
    )
    return _watched(experiment, take(max(steps_of(configuration) - start.step, 0))(results))


def _watched(
    experiment: Experiment, results: Iterator[Result[State, Diverged[MLP]]]
) -> Iterator[Result[Watched, Diverged[MLP]]]:
    patience, judge = experiment.start.configuration.patience, _judge(experiment)
    now = _first(experiment)
    for result in results:
        if isinstance(result, Failure):
            yield result
            return
        now = judge(now, result.unwrap())
        yield Success(now)
        if patience is not None and now.worse >= patience:
            return


def _first(experiment: Experiment) -> Watched:
    """What there is before the first step: no model to keep, unless it was trained before."""
    start, validation = experiment.start.state, experiment.validation
    known = validation is not None and start.step > 0
    return Watched(start, start, _cost(experiment, start) if known else math.inf, 0)


def _cost(experiment: Experiment, state: State) -> float:
    """The mean loss of a state on what decides when to stop."""
    held = experiment.validation
    validation = experiment.training if held is None else held
    loss = loss_of(experiment.start.configuration)
    return mean_cost(loss, scores(state.model, validation.xs), validation)


JUDGEMENTS = 20
"""At least so often in a training with patience is a model judged, whatever an epoch is."""


def _judge(experiment: Experiment) -> Callable[[Watched, State], Watched]:
    """A function from what was seen before, and the next state, to what is to be kept.

    It judges after each epoch, after the last step, and some times in between where epochs are
    long.
    """
    if experiment.validation is None:
        return lambda before, state: Watched(state, state, math.nan, 0)
    configuration = experiment.start.configuration
    end, epoch = steps_of(configuration), epoch_of(configuration, len(experiment.training.ys))
    period = min(epoch, math.ceil(max(end - experiment.start.state.step, 1) / JUDGEMENTS))

    def judge(before: Watched, state: State) -> Watched:
        if state.step % period and state.step % epoch and state.step != end:
            return before._replace(state=state)
        cost = _cost(experiment, state)
        if cost < before.loss:
            return Watched(state, state, cost, 0)
        return before._replace(state=state, worse=(state.step - before.kept.step) // epoch)

    return judge
