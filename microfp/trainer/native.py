"""The backend that runs machine code, and some steps ahead of who asks for them.

>>> from microfp import datasets, losses, nn, optim
>>> from microfp.toolbox import take
>>> from microfp.trainer.backend import checked_training
>>> from microfp.trainer.state import initial_state
>>> training = checked_training(losses.max_margin(), optim.sgd(0.1), datasets.moons(4), None, 1)
>>> start = initial_state(nn.mlp(2, [1]), training.optimizer)
>>> [state.step for state in take(3, states(training, start))]
[1, 2, 3]
"""

from array import array
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import repeat

from pyrsistent import pvector

from microfp.compiler.native.run.ahead import Chooser, Steps, open_stream
from microfp.compiler.native.run.examples import Examples
from microfp.compiler.native.run.steps import run_steps
from microfp.compiler.native.run.trainer import check_examples, trainer_for
from microfp.datasets import Dataset, dealt
from microfp.losses import Loss, check_fits
from microfp.nn import Model
from microfp.record import Deferred
from microfp.trainer.backend import Folded, Training, check_captured, is_logged
from microfp.trainer.replay import FURTHEST_AHEAD, GROWTH, Block, Opened, Reads
from microfp.trainer.state import (
    M,
    Metrics,
    Stepped,
    TrainState,
    Unbuilt,
    kind_of,
    parameter_numbers,
    template_of,
    untrained,
)

def _open(training: Training, state: TrainState[M]) -> Opened:
    """Compile a training, once per structure, to go on from a state."""
    loss, optimizer, dataset = training.loss, training.optimizer, training.dataset
    template, numbers = template_of(state), parameter_numbers(state)
    if not numbers:
        check_fits(loss, state.model, dataset)  # which says what is wrong
    stream = open_stream(loss, optimizer, template, dataset)
    check_captured(stream.trainer.examples.captured, state)
    place = state.step, numbers, state.optimizer_state, state.memory_of
    return Opened(stream, _chooser(training), template, *place)


def _chooser(training: Training) -> Chooser:
    """From the step to the examples of its batch; None where every step sees all of them."""
    n, size, seed = len(training.dataset.ys), training.batch_size, training.seed
    if size is None or size >= n:
        return None
    return lambda step: dealt(n, size, seed=seed, step=step)


def step(training: Training, state: TrainState[M], /) -> Stepped[M]:
    """Return the state after one more step.

    Raises:
        TraceError: If loss or model cannot be traced.
        CompileError: If they use a primitive without native form.
    """
    opened = _open(training, state)
    steps = opened.run(1, last_only=True)
    return _last_state(opened, steps, _metrics(opened, steps)[0])


def states(training: Training, state: TrainState[M], /) -> Iterator[Stepped[M]]:
    """Yield the states after a state, computed more and more of them ahead."""
    opened = _open(training, state)
    return (_replayed if opened.stream.trainer.parameters.updated else _one_by_one)(opened)


def _one_by_one(opened: Opened) -> Iterator[Stepped[M]]:
    """The states where each step ends in Python, with an update that is no rule."""
    while True:
        steps = opened.run(1, last_only=True)
        yield _last_state(opened, steps, _metrics(opened, steps)[0])
        opened = opened.after(steps)


def _replayed(opened: Opened) -> Iterator[Stepped[M]]:
    """The states where code updates the parameters; most of them are never read."""
    reads, count = Reads(opened.step), 1
    while True:
        steps = reads.run(opened, count)
        block: list[Stepped[M]] = _block(Block(opened, steps.count, reads), steps)
        opened = opened.after(steps)
        del steps  # what is kept of it is for `reads` to say
        while block:  # what was given out is kept nowhere
            yield block.pop()
        count = min(GROWTH * count, FURTHEST_AHEAD)


def fold(training: Training, state: TrainState[M], steps: int, log_every: int, /) -> Folded[M]:
    """Return the state after so many steps, and the metrics that are logged on the way."""
    if not steps:
        check_fits(training.loss, state.model, training.dataset)
        return state, pvector()
    opened = _open(training, state)  # where what does not fit is found while it is traced
    if not opened.stream.checked:
        check_fits(training.loss, state.model, training.dataset)
    history, end = list[Metrics](), state.step + steps
    while True:
        done = opened.run(end - opened.step, last_only=True)
        history += _logged(_metrics(opened, done), log_every, end - 1)
        if opened.step + done.count == end:
            return _last_state(opened, done, history[-1]), pvector(history)
        opened = opened.after(done)


def gradient(loss: Loss, model: Model, examples: Dataset, /) -> Sequence[float]:
    """Return the gradient of the loss on a batch, a number a parameter; it raises as `step`."""
    check_fits(loss, model, examples)
    state = untrained(model)
    columns, targets = len(examples.xs[0]), examples.target_count
    trainer = trainer_for(loss, template_of(state), columns, None, targets=targets)
    check_captured(trainer.examples.captured, state)
    check_examples(trainer.examples, examples)
    numbers = parameter_numbers(state)
    # Without rules of update, what stands in the row after the step is the gradient.
    done = run_steps(trainer, Examples(examples), [None], numbers, (), array("d"), last_only=True)
    return done.numbers(1)


def _last_state(opened: Opened, steps: Steps, metrics: Metrics) -> Stepped[M]:
    """The state after the last of some steps."""
    last = steps.count - 1
    kind = kind_of(opened.template, optimizer=opened.stream.optimizer)
    model = Unbuilt.unchecked(kind, Deferred(partial(steps.numbers, last)))
    memory = Deferred(partial(steps.state, last))
    return Stepped.unchecked(metrics.step + 1, Deferred(model), memory, metrics, opened.memory_of)


def _block(block: Block, steps: Steps) -> list[Stepped[M]]:
    """The states after each of some steps, the first of them last."""
    opened = block.begin
    places = range(opened.step + 1, block.end + 1)
    known_finite = Deferred(block.ends_finite)
    optimizer = opened.stream.optimizer
    kind = kind_of(opened.template, known_finite=known_finite, optimizer=optimizer)
    numbers = Deferred.many(map(partial, repeat(block.numbers), places))
    models = Unbuilt.unchecked_many([kind] * steps.count, numbers)
    states: list[Stepped[M]] = Stepped.unchecked_many(
        places,
        Deferred.many(models),
        Deferred.many(map(partial, repeat(block.memory), places)),
        _metrics(opened, steps),
        [opened.memory_of] * steps.count,
    )
    return states[::-1]


def _metrics(opened: Opened, steps: Steps) -> list[Metrics]:
    """The metrics of some steps."""
    return Metrics.unchecked_many(range(opened.step, opened.step + steps.count), *steps.measured)


def _logged(metrics: list[Metrics], log_every: int, last: int) -> list[Metrics]:
    if log_every == 1:
        return metrics
    return [row for row in metrics if is_logged(row, log_every, last)]
