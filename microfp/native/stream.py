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
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pyrsistent import PVector, pvector

from microfp.datasets import Dataset
from microfp.errors import CompileError
from microfp.losses import Loss, check_targets
from microfp.native.running import Block, Chosen, Examples, run
from microfp.native.structure import Template
from microfp.native.training import MEASURES, Trainer, trainer_for
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
        loss: The loss.
        optimizer: What updates the parameters where the code does not.
        examples: The data in memory.
        dataset: The data.
        chosen: From the step to the examples of its batch.
        checked: Whether all targets have a meaning for the loss.
    """

    trainer: Trainer
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
    trainer = _trainer(loss, optimizer, model, len(dataset.xs[0]))
    return Stream(
        trainer, loss, optimizer, _examples(dataset), dataset, chosen, _all_known(loss, dataset)
    )


def _in_memory(dataset: object) -> Examples:
    assert isinstance(dataset, Dataset)
    return Examples(dataset)


_examples: Callable[[object], Examples] = remembering(_in_memory)


def _trainer(loss: Loss, optimizer: Optimizer, model: Template, columns: int) -> Trainer:
    try:
        return trainer_for(loss, model, columns, optimizer.rule)
    except CompileError:
        if optimizer.rule is None:
            raise
        return trainer_for(loss, model, columns, None)  # perhaps the rule alone is in the way


def _all_known(loss: Loss, dataset: Dataset) -> bool:
    try:
        check_targets(loss, dataset)
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
    batches, scalars = _prepared(stream, range(step, step + limit))
    updated = stream.trainer.parameters.updated
    remembered = _columns(state) if updated else []
    block = run(stream.trainer, stream.examples, batches, numbers, remembered, scalars)
    return _steps(stream, step, block, batches, state, numbers)


def _limit(stream: Stream, count: int) -> int:
    row = 8 * stream.trainer.row
    if (chosen := stream.chosen(0)) is not None:
        row += 8 * stream.examples.columns * len(chosen)
    return max(1, min(count, LARGEST_BYTES // row))


def _prepared(stream: Stream, steps: range) -> tuple[list[Chosen], list[tuple[float, ...]]]:
    """The batches and scalars of some steps; those before the first that cannot be prepared."""
    rule = stream.optimizer.rule if stream.trainer.parameters.updated else None
    batches: list[Chosen] = []
    scalars: list[tuple[float, ...]] = []
    for step in steps:  # a loop: it may end early
        try:
            chosen = stream.chosen(step)
            if not stream.checked:
                _check(stream, chosen)
            scalars.append(rule.scalars(step) if rule else ())
        except Exception:
            if step == steps[0]:
                raise
            break
        batches.append(chosen)
    return batches, scalars


def _check(stream: Stream, chosen: Chosen) -> None:
    ys = stream.dataset.ys
    for target in ys if chosen is None else map(ys.__getitem__, chosen):
        if stream.loss.check_target is not None:
            stream.loss.check_target(target)


def _columns(state: object) -> list[PVector[float]]:
    """The numbers in the state of an optimiser, column by column."""
    if isinstance(state, PVector):
        return [state]
    assert isinstance(state, tuple)
    return [column for part in state for column in _columns(part)]


def _with_columns(state: object, columns: Sequence[PVector[float]]) -> object:
    """The same state with other numbers."""
    remaining = iter(columns)

    def replaced(part: object) -> object:
        if isinstance(part, PVector):
            return next(remaining)
        assert isinstance(part, tuple)
        return tuple([replaced(branch) for branch in part])

    return replaced(state)


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
            lambda place: _with_columns(
                state, [pvector(block.numbers(place % block.count + 1, c)) for c in columns]
            ),
        )
    moved, after = _updated(stream.optimizer, block.numbers(1), state, numbers, first)
    return Steps.unchecked(1, measured, lambda place: moved, lambda place: after)


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
