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
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, compress

from pyrsistent import pvector

from microfp.base.memo import remembering
from microfp.base.threads import thread_count
from microfp.compiler.native.run.ahead import Chooser, Steps, Stream, open_stream
from microfp.compiler.native.run.examples import Examples
from microfp.compiler.native.run.steps import run_steps
from microfp.compiler.native.run.trainer import check_examples, trainer_for
from microfp.compiler.trace.fits import check_fits_by_kinds
from microfp.datasets import Dataset, dealt
from microfp.losses import Loss
from microfp.nn import Model
from microfp.record import unchecked, unchecked_many
from microfp.trainer.backend import Folded, Training, check_captured, is_logged
from microfp.trainer.history import Logged, Metrics, Unrecorded
from microfp.trainer.replay import FURTHEST_AHEAD, Block, End, Opened, Reads, left_in_memory
from microfp.trainer.state import (
    M,
    Stepped,
    TrainState,
    Unbuilt,
    Unread,
    parameter_numbers,
    template_of,
    unbuilt,
    unread_states,
    untrained,
    whose_memory,
)

check: Callable[[Loss, Model, Dataset], None] = remembering(check_fits_by_kinds)
"""Check that a training can begin: each kind of parts of a large model is called once."""


def _open(training: Training, state: TrainState[M]) -> Opened:
    """Compile a training, once per structure, to go on from a state."""
    known, threads = unbuilt(state), thread_count(training.threads)
    if known is None:
        return _opened(training, state, threads)
    left, stream = left_in_memory(state), _stream(training, state)
    if left is None or not _goes_on(stream, left.stream):
        return _opened_at(training, state, stream, known.numbers, threads)
    now = left._replace(stream=stream, chosen=_chooser(training), step=state.step)
    return now._replace(threads=threads)


def _newly_opened(training: Training, state: TrainState[M], threads: int) -> Opened:
    """Compile a training that begins with a model; it is known to fit once it was opened."""
    numbers = parameter_numbers(state)
    if not numbers:
        check(training.loss, state.model, training.dataset)  # which says what is wrong
    return _opened_at(training, state, _stream(training, state), numbers, threads)


_opened = remembering(_newly_opened)
"""Open once: the very same training and state stand where they stood before."""


def _stream(training: Training, state: TrainState[M]) -> Stream:
    """What runs the steps of a training, compiled."""
    template = template_of(state)
    stream = open_stream(training.loss, training.optimizer, template, training.dataset)
    check_captured(stream.trainer.examples.captured, state)
    return stream


def _opened_at(
    training: Training,
    state: TrainState[M],
    stream: Stream,
    numbers: tuple[float, ...],
    threads: int,
) -> Opened:
    place = state.step, numbers, state.optimizer_state, whose_memory(state)
    return Opened(stream, _chooser(training), template_of(state), *place, threads)


def _goes_on(stream: Stream, left: Stream) -> bool:
    """Whether a training writes its numbers in memory as another one has left them."""
    return left.trainer is stream.trainer and left.optimizer is stream.optimizer


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
    is_code = opened.stream.trainer.parameters.updated
    yield from (_replayed if is_code else _one_by_one)(opened)


def _one_by_one(opened: Opened) -> Iterator[Stepped[M]]:
    """The states where an update that is no rule ends each step in Python."""
    while True:
        steps = opened.run(1, last_only=True)
        yield _last_state(opened, steps, _metrics(opened, steps)[0])
        opened = opened.after(steps)


def _replayed(opened: Opened) -> Iterator[Stepped[M]]:
    """The states where code updates the parameters; most of them are never read."""
    reads, count = Reads(opened.step), 1
    while True:
        steps = reads.run(opened, count)
        block, metrics = Block(opened, steps.count, reads), _metrics(opened, steps)
        numbers = range(opened.step + 1, block.end + 1)
        made: list[Stepped[M]] = unread_states(block, numbers, metrics, opened.memory_of)
        made.reverse()
        del block, metrics  # what is given out is kept nowhere
        while made:
            yield made.pop()
        opened = opened.after(steps)
        count = min(2 * count, FURTHEST_AHEAD)


def fold(training: Training, state: TrainState[M], steps: int, log_every: int, /) -> Folded[M]:
    """Return the state after so many steps, and the metrics that are logged on the way."""
    if not steps:
        check(training.loss, state.model, training.dataset)
        return state, pvector()
    opened = _open(training, state)  # where what does not fit is found while it is traced
    if not opened.stream.checked:
        check(training.loss, state.model, training.dataset)
    logged, end = list[Logged](), state.step + steps
    while True:
        done = opened.run(end - opened.step, last_only=True)
        logged.append(_logged(opened, done, log_every, end - 1))
        if opened.step + done.count == end:
            break
        opened = opened.after(done)
    last = unchecked(Metrics, *[column[-1] for column in logged[-1]])
    return _last_state(opened, done, last), Unrecorded(_joined(logged))


def gradient(loss: Loss, model: Model, examples: Dataset, /) -> Sequence[float]:
    """Return the gradient of the loss on a batch, a number a parameter; it raises as `step`."""
    check(loss, model, examples)
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
    end = End(opened, steps)
    model, memory = Unbuilt(end, metrics.step + 1), Unread(end, metrics.step + 1)
    return unchecked(Stepped, metrics.step + 1, model, memory, metrics, opened.memory_of)


def _metrics(opened: Opened, steps: Steps) -> list[Metrics]:
    """The metrics of some steps."""
    return unchecked_many(Metrics, _numbered(opened, steps), *steps.measured)


def _numbered(opened: Opened, steps: Steps) -> range:
    """The numbers of some steps."""
    return range(opened.step, opened.step + steps.count)


def _logged(opened: Opened, steps: Steps, log_every: int, last: int) -> Logged:
    """What was measured in those of some steps that are logged."""
    columns = Logged(_numbered(opened, steps), *steps.measured)
    if log_every == 1:
        return columns
    logged = [is_logged(step, log_every, last) for step in columns.steps]
    return Logged._make(list(compress(column, logged)) for column in columns)


def _joined(parts: Sequence[Logged]) -> Logged:
    """What was measured in steps that follow each other."""
    if len(parts) == 1:
        return parts[0]
    return Logged._make(list(chain.from_iterable(it)) for it in zip(*parts, strict=True))
