"""A training as a stream of steps, some of them run ahead, where nobody can see it.

>>> from microfp import datasets, losses, nn, optim
>>> from microfp.native.structure import template
>>> model, data, optimizer = nn.mlp(2, [4, 1]), datasets.moons(20), optim.sgd(0.1)
>>> stream = open_stream(losses.max_margin(), optimizer, template(model), data, lambda step: None)
>>> numbers = [p.data for p in nn.parameters(model)]
>>> steps = ahead(stream, 0, numbers, (), 3)
>>> steps.count, steps.measured.accuracy[0]
(3, 0.5)
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from pyrsistent import PVector, pvector

from microfp.checks import wrong_kind
from microfp.datasets import Dataset, subset
from microfp.errors import CompileError, TraceError
from microfp.losses import Loss, check_targets
from microfp.native.running import Block, Chosen, Examples, run
from microfp.native.structure import Template
from microfp.native.training import MEASURES, Rules, Trainer, rules_of, trainer_for
from microfp.optim import Optimizer
from microfp.record import Record, attr
from microfp.tree import remembering

__all__ = ["Measures", "Steps", "Stream", "ahead", "open_stream"]

LARGEST_BYTES = 1 << 24
"""How much memory the numbers of steps that are run ahead may take."""


class Measures(NamedTuple):
    """What was measured, step by step."""

    loss: list[float]
    data_loss: list[float]
    penalty: list[float]
    accuracy: list[float | None]
    gradient_norm: list[float]


class Stream(NamedTuple):
    """A training, ready to run from any step.

    Attributes:
        trainer: Its machine code.
        rules: The rules of update that it holds.
        loss: The loss.
        optimizer: What updates the parameters where the code does not.
        examples: The data in memory.
        dataset: The data.
        chosen: From the step to the examples of its batch.
        checked: Whether all targets have a meaning for the loss.
    """

    trainer: Trainer
    rules: Rules | None
    loss: Loss
    optimizer: Optimizer
    examples: Examples
    dataset: Dataset
    chosen: Callable[[int], Chosen]
    checked: bool


class Steps(Record):
    """Some steps, done.

    Attributes:
        count: How many.
        measured: What was measured in each.
        numbers: From a place, counted from 0, to the parameters after that step.
        state: From a place to the state of the optimiser after that step.
    """

    count: int = attr()
    measured: Measures = attr()
    numbers: Callable[[int], tuple[float, ...]] = attr()
    state: Callable[[int], object] = attr()


def open_stream(
    loss: Loss,
    optimizer: Optimizer,
    model: Template,
    dataset: Dataset,
    chosen: Callable[[int], Chosen],
) -> Stream:
    """Compile a training and copy its data.

    Raises:
        TraceError: If the loss or the model cannot be traced.
        CompileError: If llvmlite is not installed, or a primitive has no native form.
    """
    if dataset.further_ys:
        raise TraceError(f"{loss.name}: examples have several targets, and one can be traced")
    trainer, rules = _trainer(loss, optimizer, model, len(dataset.xs[0]))
    checked = _all_known(loss, dataset, trainer.examples.score_count)
    return Stream(trainer, rules, loss, optimizer, _examples(dataset), dataset, chosen, checked)


def _in_memory(dataset: object) -> Examples:
    assert isinstance(dataset, Dataset)
    return Examples(dataset)


_examples: Callable[[object], Examples] = remembering(_in_memory)


def _trainer(
    loss: Loss, optimizer: Optimizer, model: Template, columns: int
) -> tuple[Trainer, Rules | None]:
    rules = rules_of(optimizer)
    try:
        return trainer_for(loss, model, columns, rules), rules
    except CompileError:
        if rules is None:
            raise
        return trainer_for(loss, model, columns, None), None  # perhaps the rules are in the way


def _all_known(loss: Loss, dataset: Dataset, outputs: int) -> bool:
    try:
        check_targets(loss, dataset, outputs)
    except ValueError:
        return False  # it is raised by the step that meets the target
    return True


def ahead(stream: Stream, step: int, numbers: Sequence[float], state: object, count: int) -> Steps:
    """Run some steps, at most `count` of them and at least one.

    Raises:
        DataError: If a target of the first step has no meaning for the loss. Whatever is wrong
            with a later step ends the run before it.
    """
    limit = _limit(stream, count) if stream.trainer.parameters.updated else 1
    records = list(_records(state)) if stream.rules else []
    batches, scalars = _prepared(stream, range(step, step + limit), _counts(stream, records))
    remembered = [column for record in records for column in _columns(record)]
    block = run(stream.trainer, stream.examples, batches, numbers, remembered, scalars)
    return _steps(stream, step, block, batches, state, numbers)


def _limit(stream: Stream, count: int) -> int:
    row = 8 * stream.trainer.row
    if (chosen := stream.chosen(0)) is not None:
        row += 8 * stream.examples.columns * len(chosen)
    return max(1, min(count, LARGEST_BYTES // row))


def _prepared(
    stream: Stream, steps: range, counts: Sequence[int | None]
) -> tuple[list[Chosen], list[tuple[float, ...]]]:
    """The batches and scalars of some steps; those before the first that cannot be prepared."""
    rules = stream.rules.rules if stream.rules else ()
    batches: list[Chosen] = []
    scalars: list[tuple[float, ...]] = []
    for done, step in enumerate(steps):  # a loop: it may end early
        try:
            chosen = stream.chosen(step)
            if not stream.checked:
                _check(stream, chosen)
            times = [step if count is None else count + done for count in counts]
            numbers = [
                number
                for rule, time in zip(rules, times, strict=True)
                for number in rule.coefficients(time)
            ]
        except Exception:
            if done == 0:
                raise
            break
        batches.append(chosen)
        scalars.append(tuple(numbers))
    return batches, scalars


def _check(stream: Stream, chosen: Chosen) -> None:
    examples = stream.dataset if chosen is None else subset(stream.dataset, chosen)
    check_targets(stream.loss, examples, stream.trainer.examples.score_count)


def _records(state: object) -> Iterator[Record]:
    """The records in the state of an optimiser, one for each rule."""
    if isinstance(state, Record):
        yield state
    elif isinstance(state, tuple):
        for part in state:
            yield from _records(part)


def _counts(stream: Stream, records: Sequence[Record]) -> list[int | None]:
    """How often each rule has been applied, where its state counts that."""
    rules = stream.rules.rules if stream.rules else ()
    if len(records) != len(rules):
        if any(rule.initial for rule in rules):
            raise wrong_kind("train", "the optimizer state", f"{len(rules)} records", records)
        return [None] * len(rules)
    return [
        _count(record) if rule.is_counting else None
        for rule, record in zip(rules, records, strict=True)
    ]


def _count(record: Record) -> int | None:
    """How often a rule has been applied, where its state says so."""
    count = dict(record).get("count")
    return count if isinstance(count, int) else None


def _columns(record: Record) -> list[PVector[float]]:
    """The numbers that a rule remembers, column by column."""
    return [field for field in record.values() if isinstance(field, PVector)]


def _with_columns(state: object, columns: Iterator[PVector[float]], steps: int) -> object:
    """The same state, so many steps later, with other numbers."""
    if isinstance(state, Record):
        names = [n for n in state.field_names() if isinstance(state[n], PVector)]
        if not names:
            return state
        changed: dict[str, object] = {name: next(columns) for name in names}
        count = _count(state)
        return state.set(**changed, **({} if count is None else {"count": count + steps}))
    assert isinstance(state, tuple)
    return tuple([_with_columns(part, columns, steps) for part in state])


def _steps(
    stream: Stream,
    first: int,
    block: Block,
    batches: Sequence[Chosen],
    state: object,
    numbers: Sequence[float],
) -> Steps:
    measured = _measured(stream, block, batches)
    if stream.trainer.parameters.updated:
        columns = range(1, stream.trainer.parameters.state_count + 1)
        return Steps.unchecked(
            block.count,
            measured,
            lambda place: tuple(block.numbers(place % block.count + 1)),
            lambda place: _later(block, state, place % block.count + 1, len(columns)),
        )
    moved, after = _updated(stream.optimizer, block.numbers(1), state, numbers, first)
    return Steps.unchecked(1, measured, lambda place: moved, lambda place: after)


def _later(block: Block, state: object, steps: int, count: int) -> object:
    columns = (pvector(block.numbers(steps, column)) for column in range(1, count + 1))
    return _with_columns(state, columns, steps)


def _measured(stream: Stream, block: Block, batches: Sequence[Chosen]) -> Measures:
    costs, rights, penalties, squares = (block.measures[k::MEASURES] for k in range(MEASURES))
    data = [cost * (1.0 / n) for cost, n in zip(costs, block.counts, strict=True)]
    return Measures(
        [a + b for a, b in zip(data, penalties, strict=True)],
        data,
        penalties,
        [right / n for right, n in zip(rights, block.counts, strict=True)]
        if stream.trainer.examples.judged
        else [_accuracy(stream, block, batches, place) for place in range(block.count)],
        list(map(math.sqrt, squares)),
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


def _accuracy(stream: Stream, block: Block, batches: Sequence[Chosen], place: int) -> float | None:
    if stream.loss.is_correct is None:
        return None
    ys, chosen = stream.dataset.ys, batches[place]
    targets = ys if chosen is None else [ys[i] for i in chosen]
    return sum(map(stream.loss.is_correct, block.scores(place), targets)) / len(targets)
