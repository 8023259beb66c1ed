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
from typing import NamedTuple

from pyrsistent import pvector

from microfp.compiler.native.run.ahead import Chooser, Left, Steps, Stream, ahead, open_stream
from microfp.compiler.native.run.examples import Examples
from microfp.compiler.native.run.steps import run_steps
from microfp.compiler.native.run.trainer import check_examples, trainer_for
from microfp.compiler.trace.structure import Template
from microfp.datasets import Dataset, dealt
from microfp.losses import Loss, check_fits
from microfp.nn import Model
from microfp.record import Deferred
from microfp.trainer.backend import Folded, Training, check_captured, is_logged
from microfp.trainer.state import (
    M,
    Metrics,
    Stepped,
    TrainState,
    Unbuilt,
    all_finite,
    kind_of,
    parameter_numbers,
    template_of,
    untrained,
)

FURTHEST_AHEAD = 64
"""How many steps are computed before anybody has asked for them, at most.

>>> FURTHEST_AHEAD
64
"""


class _Opened(NamedTuple):
    """A training, compiled, and where it stands."""

    stream: Stream
    """What runs its steps."""
    chosen: Chooser
    """Which examples each of them sees."""
    template: Template
    """Of the structure of the model."""
    step: int
    """How many steps have been done."""
    numbers: Sequence[float]
    """The parameters after them."""
    memory: object
    """What the optimiser remembers after them."""
    memory_of: str | None
    """Which parameters it remembers that of."""
    left: Left | None = None
    """What the last run has left in memory; then the numbers and the memory are older, and those
    of a state are made of it when somebody reads them."""

    def run(self, count: int, *, last_only: bool) -> Steps:
        """Run some more steps, at most `count` of them and at least one."""
        place = self.step, self.numbers, self.memory
        given = self.stream, self.chosen, *place, count
        return ahead(*given, last_only=last_only, left=self.left)

    def after(self, steps: Steps) -> "_Opened":
        """Where the training stands after some steps."""
        last, step = steps.count - 1, self.step + steps.count
        if steps.left is not None:
            return self._replace(step=step, left=steps.left)
        return self._replace(step=step, numbers=steps.numbers(last), memory=steps.state(last))


def _open(training: Training, state: TrainState[M]) -> _Opened:
    """Compile a training, once per structure, to go on from a state."""
    loss, optimizer, dataset = training.loss, training.optimizer, training.dataset
    template, numbers = template_of(state), parameter_numbers(state)
    if not numbers:
        check_fits(loss, state.model, dataset)  # which says what is wrong
    stream = open_stream(loss, optimizer, template, dataset)
    check_captured(stream.trainer.examples.captured, state)
    place = state.step, numbers, state.optimizer_state, state.memory_of
    return _Opened(stream, _chooser(training), template, *place)


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
    opened, count = _open(training, state), 1
    while True:
        steps = opened.run(count, last_only=False)
        block: list[Stepped[M]] = _block(opened, steps)
        while block:  # what was given out is kept nowhere
            yield block.pop()
        opened, count = opened.after(steps), min(2 * count, FURTHEST_AHEAD)


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


def _last_state(opened: _Opened, steps: Steps, metrics: Metrics) -> Stepped[M]:
    """The state after the last of some steps."""
    last = steps.count - 1
    kind = kind_of(opened.template, optimizer=opened.stream.optimizer)
    model = Unbuilt.unchecked(kind, Deferred(partial(steps.numbers, last)))
    memory = Deferred(partial(steps.state, last))
    return Stepped.unchecked(metrics.step + 1, Deferred(model), memory, metrics, opened.memory_of)


def _block(opened: _Opened, steps: Steps) -> list[Stepped[M]]:
    """The states after each of some steps, the first of them last."""
    places, first = range(steps.count), opened.step + 1
    known_finite = Deferred(partial(_ends_finite, steps))
    optimizer = opened.stream.optimizer
    kind = kind_of(opened.template, known_finite=known_finite, optimizer=optimizer)
    models = Unbuilt.unchecked_many(
        [kind] * steps.count, list(map(Deferred, map(partial, repeat(steps.numbers), places)))
    )
    block: list[Stepped[M]] = Stepped.unchecked_many(
        range(first, first + steps.count),
        list(map(Deferred, models)),
        list(map(Deferred, map(partial, repeat(steps.state), places))),
        _metrics(opened, steps),
        [opened.memory_of] * steps.count,
    )
    return block[::-1]


def _ends_finite(steps: Steps) -> bool:
    """Whether the parameters after the last of some steps are finite.

    Then they were finite after each of them: to nan, and to what is infinite, nothing can be
    added that makes it finite again.
    """
    return all_finite(steps.numbers(steps.count - 1))


def _metrics(opened: _Opened, steps: Steps) -> list[Metrics]:
    """The metrics of some steps."""
    return Metrics.unchecked_many(range(opened.step, opened.step + steps.count), *steps.measured)


def _logged(metrics: list[Metrics], log_every: int, last: int) -> list[Metrics]:
    if log_every == 1:
        return metrics
    return [row for row in metrics if is_logged(row, log_every, last)]
