"""A training as a stream of steps, some of them run ahead, where nobody can see it.

>>> from microfp import datasets, losses, nn, optim
>>> from microfp.compiler.trace.structure import template
>>> model, data, optimizer = nn.mlp(2, [4, 1]), datasets.moons(20), optim.sgd(0.1)
>>> stream = open_stream(losses.max_margin(), optimizer, template(model), data)
>>> numbers = [p.data for p in nn.parameters(model)]
>>> steps = ahead(stream, None, 0, numbers, (), 3)
>>> steps.count, steps.measured.accuracy[0]
(3, 0.5)
"""

from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, TypeAlias

from pyrsistent import pvector

from microfp.base.memo import remembering
from microfp.compiler.native.run.examples import Chosen, Examples
from microfp.compiler.native.run.steps import Prepared, StepsDone, prepared, run_prepared
from microfp.compiler.native.run.trainer import Trainer, check_examples, trainer_for
from microfp.compiler.trace.optimizer_state import columns_of, counts_of, records_of, state_after
from microfp.compiler.trace.structure import Template
from microfp.compiler.trace.update_rules import Rules, rules_of, scalars_of
from microfp.datasets import Dataset, subset
from microfp.errors import CompileError
from microfp.losses import Loss, check_targets, share_correct
from microfp.optim import Optimizer
from microfp.record import Record, attr, unchecked

__all__ = ["Measures", "Steps", "Stream", "ahead", "open_stream"]

LARGEST_BYTES = 1 << 24
"""How much memory the numbers and batches of steps that are run ahead may take."""

LARGEST_WORK = 1 << 34
"""How many operations on numbers may be run at once: about a second's, so that a user who
interrupts a training is not kept waiting."""


Chooser = Callable[[int], Chosen] | None
"""From the step to the examples of its batch; None for all of them in every step."""


class Measures(NamedTuple):
    """What was measured, step by step; the rate is that of the update that followed."""

    loss: Sequence[float]
    data_loss: Sequence[float]
    penalty: Sequence[float]
    accuracy: Sequence[float | None]
    learning_rate: Sequence[float | None]
    gradient_norm: Sequence[float]


class Stream(NamedTuple):
    """A training, ready to run from any step."""

    trainer: Trainer
    """Its machine code."""
    rules: Rules | None
    """The rules of update that it holds."""
    loss: Loss
    """The loss."""
    optimizer: Optimizer
    """What updates the parameters where the code does not."""
    examples: Examples
    """The data in memory."""
    dataset: Dataset
    """The data."""
    checked: bool
    """Whether all targets have a meaning for the loss."""
    remembered: "Callable[[object], Remembered]"
    """From a state of the optimiser to what code needs of it; made once."""
    timetable: "Callable[[range, Counts], Timetable]"
    """From some steps, and how often each rule has been applied before them, to what
    depends on nothing else; made once.
    """
    whole: "Callable[[range, Counts, bool, int], Planned]"
    """From the same, whether the last numbers alone are kept, and the number of threads, to steps
    that see all examples; prepared once.
    """


Counts: TypeAlias = tuple[int | None, ...]
"""How often each rule has been applied, where its state counts that."""


class Remembered(NamedTuple):
    """What code needs of a state of the optimiser."""

    counts: Counts
    """How often each rule has been applied."""
    columns: Sequence[Sequence[float]]
    """What is kept for each parameter, column by column."""


class Timetable(NamedTuple):
    """What steps need that depends on the time alone."""

    length: int
    """How many steps there are: those before the first that cannot be prepared."""
    scalars: "array[float]"
    """The scalars of the update, step by step."""
    rates: Sequence[float | None]
    """The learning rates."""


class Left(NamedTuple):
    """What a run has left, for another one to go on from."""

    row: "memoryview[float]"
    """All numbers after its last step, where machine code has left them."""
    since: int
    """How many steps ago the state of the optimiser was made that is given beside it."""


class Steps(Record):
    """Some steps, done."""

    count: int = attr()
    """How many."""
    measured: Measures = attr()
    """What was measured in each."""
    numbers: Callable[[int], tuple[float, ...]] = attr()
    """From a place, counted from 0, to the parameters after that step."""
    state: Callable[[int], object] = attr()
    """From a place to the state of the optimiser after that step."""
    left: Callable[[int], Left] | None = attr()
    """From a place to what another run can go on from, without a look at numbers and state."""


def _open_stream(loss: Loss, optimizer: Optimizer, model: Template, dataset: Dataset) -> Stream:
    """Compile a training and copy its data; the same one only once.

    Raises:
        TraceError: If the loss or the model cannot be traced.
        CompileError: If llvmlite is not installed, or a primitive has no native form.
    """
    trainer, rules = _trainer(loss, optimizer, model, dataset)
    check_examples(trainer.examples, dataset)
    checked = _all_known(loss, dataset, trainer.examples.score_count)
    examples = _examples(dataset)
    timetable = lru_cache(maxsize=MOST_PLANS)(partial(_timetable, optimizer, rules))
    whole = lru_cache(maxsize=MOST_PLANS)(partial(_whole, trainer, examples, timetable))
    remembered = remembering(partial(_remembered, rules))
    given = trainer, rules, loss, optimizer, examples, dataset, checked
    return Stream(*given, remembered, timetable, whole)


MOST_PLANS = 16
"""For how many ranges of steps a stream keeps what it has prepared."""


def _remembered(rules: Rules | None, state: object) -> Remembered:
    if rules is None:
        return Remembered((), ())
    records = list(records_of(state))
    return Remembered(counts_of(rules, records), tuple(columns_of(rules, records)))


def _whole(
    trainer: Trainer,
    examples: Examples,
    timetable: "Callable[[range, Counts], Timetable]",
    steps: range,
    counts: Counts,
    last_only: bool,  # noqa: FBT001 - a key like the others
    threads: int,
) -> "Planned":
    """Prepare steps that see all examples."""
    times = timetable(steps, counts)
    batches = [None] * times.length
    given = trainer, examples, batches, times.scalars
    return Planned(times, batches, prepared(*given, last_only=last_only, threads=threads))


open_stream: Callable[[Loss, Optimizer, Template, Dataset], Stream] = remembering(_open_stream)

_examples: Callable[[Dataset], Examples] = remembering(Examples)


def _trainer(
    loss: Loss, optimizer: Optimizer, model: Template, dataset: Dataset
) -> tuple[Trainer, Rules | None]:
    rules, columns, targets = rules_of(optimizer), len(dataset.xs[0]), dataset.target_count
    try:
        return trainer_for(loss, model, columns, rules, targets=targets), rules
    except CompileError:
        if rules is None:
            raise
        # Perhaps the rules are in the way.
        return trainer_for(loss, model, columns, None, targets=targets), None


def _all_known(loss: Loss, dataset: Dataset, outputs: int) -> bool:
    try:
        check_targets(loss, dataset, outputs)
    except ValueError:
        return False  # it is raised by the step that meets the target
    return True


def ahead(
    stream: Stream,
    chosen: Chooser,
    step: int,
    numbers: Sequence[float],
    state: object,
    count: int,
    *,
    last_only: bool = False,
    left: Left | None = None,
    work: int = LARGEST_WORK,
    threads: int = 1,
) -> Steps:
    """Run some steps, at most `count` of them and at least one.

    Args:
        stream: The training.
        chosen: Which examples each step sees.
        step: The first step.
        numbers: The parameters before it.
        state: The state of the optimiser before it; or some steps ago, if a run has left more.
        count: How many steps, at most.
        last_only: Whether only the numbers and the state after the last step will be asked for.
        left: What the run before has left, in place of the numbers.
        work: How many operations on numbers, at most.
        threads: How many threads compute each step, at most.

    Raises:
        DataError: If a target of the first step has no meaning for the loss. Whatever is wrong
            with a later step ends the run before it.
    """
    row = 0 if last_only else 8 * stream.trainer.row
    updated = stream.trainer.parameters.updated
    limit = _limit(stream, chosen, count, row, work) if updated else 1
    steps, remembered = range(step, step + limit), stream.remembered(state)
    since, begin = (left.since, left.row) if left else (0, None)
    counts = _further(remembered.counts, since)
    kept = last_only or limit == 1, threads  # of one step, no other numbers are written
    planned = (
        stream.whole(steps, counts, *kept)
        if chosen is None and stream.checked
        else _planned(stream, chosen, steps, counts, *kept)
    )
    done = run_prepared(planned.prepared, numbers, remembered.columns, begin)
    return _steps(stream, step, done, planned, (state, since), numbers)


def _further(counts: Counts, since: int) -> Counts:
    """How often each rule has been applied so many steps later."""
    return tuple([None if it is None else it + since for it in counts]) if since else counts


class Planned(NamedTuple):
    """Some steps, prepared."""

    timetable: "Timetable"
    """What depends on the time alone."""
    batches: Sequence[Chosen]
    """The examples of each; fewer than were asked for where a later one cannot be prepared."""
    prepared: Prepared
    """What can be run."""


def _planned(
    stream: Stream,
    chosen: Chooser,
    steps: range,
    counts: Counts,
    last_only: bool,  # noqa: FBT001 - see `_whole`
    threads: int,
) -> Planned:
    """Prepare steps whose batches have to be chosen or looked at."""
    times = stream.timetable(steps, counts)
    batches = _batches(stream, chosen, steps[: times.length])
    given = stream.trainer, stream.examples, batches, times.scalars
    return Planned(times, batches, prepared(*given, last_only=last_only, threads=threads))


def _limit(stream: Stream, chosen: Chooser, count: int, row: int, work: int) -> int:
    """How many steps are run at once: as many as memory allows, and soon done."""
    examples = stream.examples
    batch = examples.count if chosen is None else len(chosen(0) or ())
    size = row + (0 if chosen is None else 8 * batch)
    each = batch * (stream.trainer.examples.executable.operations + 1)
    return max(1, min(count, LARGEST_BYTES // max(size, 1), work // each))


def _timetable(
    optimizer: Optimizer, rules: Rules | None, steps: range, counts: tuple[int | None, ...]
) -> Timetable:
    scalars: array[float] = array("d")
    rates: list[float | None] = []
    for done, step in enumerate(steps):  # a loop: it may end early
        try:
            rate = optimizer.learning_rate(step) if optimizer.learning_rate else None
            scalars.extend(list(scalars_of(rules, step, counts, done)) if rules else [])
        except Exception:
            if done == 0:
                raise
            break
        rates.append(rate)
    return Timetable(len(rates), scalars, rates)


def _batches(stream: Stream, chosen: Chooser, steps: range) -> Sequence[Chosen]:
    """The batches of some steps; those before the first with a target that has no meaning."""
    batches: list[Chosen] = []
    for step in steps:  # a loop: it may end early
        try:
            some = chosen(step) if chosen is not None else None
            if not stream.checked:
                _check(stream, some)
        except Exception:
            if not batches:
                raise
            break
        batches.append(some)
    return batches


def _check(stream: Stream, chosen: Chosen) -> None:
    examples = stream.dataset if chosen is None else subset(stream.dataset, chosen)
    check_targets(stream.loss, examples, stream.trainer.examples.score_count)


def _steps(
    stream: Stream,
    first: int,
    done: StepsDone,
    planned: Planned,
    known: tuple[object, int],
    numbers: Sequence[float],
) -> Steps:
    """What some steps have done, given the state of the optimiser so many steps before them."""
    measured, (state, since) = _measured(stream, done, planned), known
    if stream.trainer.parameters.updated:
        return unchecked(
            Steps,
            done.count,
            measured,
            lambda place: tuple(done.numbers(place % done.count + 1)),
            lambda place: _state_after(stream, done, known, place % done.count + 1),
            partial(_left, done, since) if _counts_steps(stream) else None,
        )
    moved, after = _updated(stream.optimizer, done.numbers(1), state, numbers, first)
    return unchecked(Steps, 1, measured, lambda place: moved, lambda place: after, None)


def _left(done: StepsDone, since: int, place: int) -> Left:
    return Left(done.row(place + 1), since + place + 1)


def _counts_steps(stream: Stream) -> bool:
    """Whether each rule is applied in each step: then counts of steps can be added up."""
    return stream.rules is None or all(use.every == 1 for use in stream.rules.uses)


def _state_after(stream: Stream, done: StepsDone, known: tuple[object, int], steps: int) -> object:
    """The state of the optimiser after so many steps of a run, which began some steps after it."""
    state, since = known
    if stream.rules is None or not any(records_of(state)):
        return state
    kept = range(1, stream.trainer.parameters.state_count + 1)
    columns = (done.numbers(steps, column) for column in kept)
    return state_after(state, stream.rules, columns, since + steps)


def _measured(stream: Stream, done: StepsDone, planned: Planned) -> Measures:
    measured, places = done.measured(), range(done.count)
    return Measures(
        measured["loss"],
        measured["data_loss"],
        measured["penalty"],
        measured["accuracy"]
        if stream.trainer.examples.judged
        else [_accuracy(stream, done, planned.batches, place) for place in places],
        planned.timetable.rates[: done.count],
        measured["gradient_norm"],
    )


def _updated(
    optimizer: Optimizer,
    gradients: Sequence[float],
    state: object,
    numbers: Sequence[float],
    step: int,
) -> tuple[tuple[float, ...], object]:
    """The update of an optimiser that is no rule for one parameter."""
    updates, after = optimizer.update(pvector(gradients), state, pvector(numbers), step)
    return tuple([float(n + u) for n, u in zip(numbers, updates, strict=True)]), after


def _accuracy(
    stream: Stream, done: StepsDone, batches: Sequence[Chosen], place: int
) -> float | None:
    if stream.loss.is_correct is None:
        return None
    chosen = batches[place]
    examples = stream.dataset if chosen is None else subset(stream.dataset, chosen)
    return share_correct(stream.loss, done.scores(place), examples)
