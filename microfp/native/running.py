"""Running a compiled training: data into memory, some steps ahead, numbers out.

>>> from array import array
>>> from microfp import datasets, losses, nn, optim
>>> from microfp.native.structure import template
>>> from microfp.native.training import rules_of, trainer_for
>>> model, data, rules = nn.mlp(2, [4, 1]), datasets.moons(20), rules_of(optim.sgd(0.1))
>>> trainer = trainer_for(losses.max_margin(), template(model), 2, rules)
>>> numbers = [p.data for p in nn.parameters(model)]
>>> block = run(trainer, Examples(data), [None] * 2, numbers, (), array("d", [-0.1] * 2))
>>> block.count, len(block.numbers(2))
(2, 17)
"""

from array import array
from collections.abc import Callable, Sequence
from ctypes import c_int64 as _long
from ctypes import c_void_p as _pointer
from itertools import chain
from typing import NamedTuple

from pyrsistent import PVector

from microfp.datasets import Dataset
from microfp.native.engine import Buffer, buffer, integers, scratch
from microfp.native.training import MEASURES, Trainer
from microfp.tree import remembering

__all__ = ["Block", "Examples", "run"]

Chosen = Sequence[int] | None
"""The examples of a batch by number; None for all of them in order."""


class Examples:
    """A dataset in memory, row by row, and once in blocks of lanes."""

    def __init__(self, dataset: Dataset) -> None:
        """Copy the numbers of a dataset."""
        self.count: int = len(dataset.ys)
        targets = dataset.targets
        self.columns: int = len(dataset.xs[0]) + len(targets[0])
        rows = chain.from_iterable((*x, *ys) for x, ys in zip(dataset.xs, targets, strict=True))
        self.rows: Buffer = buffer(self.count * self.columns)
        self.rows.view[:] = memoryview(array("d", rows))
        self._packed: dict[int, Buffer] = {}

    def packed(self, trainer: Trainer) -> Buffer:
        """All examples in blocks of lanes; copied once."""
        found = self._packed.get(trainer.width)
        if found is None:
            found = packed(trainer, self, [None])
            self._packed[trainer.width] = found
        return found


def _floats(view: "memoryview[float]") -> list[float]:
    numbers: list[float] = view.tolist()  # type: ignore[assignment]  # its stub knows bytes only
    return numbers


def blocks_of(count: int, width: int) -> int:
    """How many blocks of lanes so many examples take."""
    return -(-count // width)


def packed(trainer: Trainer, examples: Examples, batches: Sequence[Chosen]) -> Buffer:
    """Copy the examples of some batches into blocks of lanes, all batches equally far apart."""
    size = _batch_size(trainer, examples, batches)
    x = buffer(size * len(batches))
    gather = trainer.steps.functions["gather"]
    for k, chosen in enumerate(batches):  # a loop: each call writes its part of the buffer
        numbers = range(examples.count) if chosen is None else chosen
        at = x.address + 8 * size * k
        gather(
            _pointer(examples.rows.address),
            integers(numbers),
            *map(_long, (len(numbers), examples.columns, _inputs(trainer))),
            _pointer(at),
        )
    return x


def _batch_size(trainer: Trainer, examples: Examples, batches: Sequence[Chosen]) -> int:
    largest = max(examples.count if chosen is None else len(chosen) for chosen in batches)
    blocks = blocks_of(largest, trainer.width)
    return blocks * trainer.width * _inputs(trainer)


def _inputs(trainer: Trainer) -> int:
    return len(trainer.examples.machine.program.inputs)


class Block:
    """Some steps of a training, done: what was measured in each, and the numbers after each."""

    def __init__(
        self,
        trainer: Trainer,
        counts: Sequence[int],
        rows: Buffer,
        measures: Buffer,
        scores: Buffer,
    ) -> None:
        """Keep what a run has written."""
        self.trainer: Trainer = trainer
        self.counts: Sequence[int] = counts
        self.count: int = len(counts)
        self._rows = rows
        self._kept = len(rows.view) // trainer.row
        self._scores = scores
        self._measures = measures

    def measured(self) -> dict[str, list[float]]:
        """What was measured, step by step, under the names of `MEASURES`."""
        table = self._measures.view.cast("B").cast("d", (len(MEASURES), self.count))
        columns: list[list[float]] = table.tolist()  # type: ignore[assignment]  # it has two dimensions
        return dict(zip(MEASURES, columns, strict=True))

    def numbers(self, step: int, column: int = 0) -> list[float]:
        """The parameters before the step of that number, or a column of what is remembered.

        A run that was to keep its last numbers only has those of its last two rows.
        """
        start = self.trainer.row * (step % self._kept) + self.trainer.stride * column
        count = self.trainer.examples.parameter_count
        return _floats(self._rows.view[start : start + count])

    def scores(self, step: int) -> list[tuple[float, ...]]:
        """The scores of each example in one step."""
        k, width = self.trainer.examples.score_count, self.trainer.width
        size = len(self._scores.view) // self.count
        flat = _floats(self._scores.view[size * step : size * (step + 1)])
        columns = [
            list(
                chain.from_iterable(
                    flat[at : at + width] for at in range(c * width, size, k * width)
                )
            )
            for c in range(k)
        ]
        return list(zip(*columns, strict=True))[: self.counts[step]]


class _Data(NamedTuple):
    """The examples of some steps in memory.

    Attributes:
        x: In blocks of lanes.
        x_step: How far the batches of two steps are apart; 0 where all are the same.
        counts: How many examples each batch has.
        largest: The largest of them.
    """

    x: Buffer
    x_step: int
    counts: "array[int]"
    largest: int


def _data(trainer: Trainer, examples: Examples, batches: Sequence[Chosen]) -> _Data:
    if not any(batches):  # None, all examples, in every step: an empty batch there is not
        return _Data(examples.packed(trainer), 0, array("q", [examples.count]), examples.count)
    counts = [examples.count if chosen is None else len(chosen) for chosen in batches]
    step = _batch_size(trainer, examples, batches)
    return _Data(packed(trainer, examples, batches), step, array("q", counts), max(counts))


def run(
    trainer: Trainer,
    examples: Examples,
    batches: Sequence[Chosen],
    numbers: Sequence[float],
    remembered: Sequence[Sequence[float]],
    scalars: "array[float]",
    *,
    last_only: bool = False,
) -> Block:
    """Run some steps.

    Args:
        trainer: The compiled training.
        examples: The data.
        batches: Which examples each step sees.
        numbers: The parameters before the first step.
        remembered: What the update remembers, column by column.
        scalars: The scalars of the update, step by step.
        last_only: Whether only the numbers after the last step will be asked for.
    """
    it, width, steps = trainer.examples, trainer.width, len(batches)
    data = _data(trainer, examples, batches)
    rows = _first_row(trainer, 2 if last_only else steps + 1, (numbers, *remembered))
    seeds = array("d", [1.0 / count for count in data.counts])
    blocks = blocks_of(data.largest, width)
    size = blocks * width * it.score_count
    scores = scratch("scores", size) if it.judged else buffer(size * steps)
    measures = buffer(len(MEASURES) * steps)
    machine, updates = it.machine, trainer.parameters.machine
    n1 = scratch("nodes", machine.scratch(blocks))
    reductions = trainer.parameters.reductions
    passes = [it.scratch(trainer.stride // width) for it in (updates, *reductions)]
    n2, shared = (
        scratch("updates", max(passes)),
        scratch("shared", trainer.parameters.scalar_count + len(reductions)),
    )
    addresses = array("q", [a for it in reductions for a in (it.address, it.context)])
    s2 = scratch("penalties", width)
    table = array(
        "q",
        [
            *(machine.address, machine.context, updates.address, updates.context),
            *(it.parameter_count, trainer.gradient, trainer.row),
            *(trainer.parameters.scalar_count, steps, 1 if last_only else -1),
            *(0 if len(data.counts) == 1 else -1, rows.address),
            *(seeds.buffer_info()[0], data.counts.buffer_info()[0], data.x.address, data.x_step),
            *(scalars.buffer_info()[0], n1.address, scores.address),
            0 if it.judged else size,
            *(n2.address, s2.address, measures.address),
            *(addresses.buffer_info()[0], len(reductions), shared.address),
        ],
    )
    trainer.steps.functions["train"](_pointer(table.buffer_info()[0]))
    counts = data.counts if len(data.counts) == steps else [data.largest] * steps
    return Block(trainer, counts, rows, measures, scores)


def _first_row(trainer: Trainer, count: int, columns: Sequence[Sequence[float]]) -> Buffer:
    """Make room for so many rows of numbers, and write the first of them."""
    rows = buffer(trainer.row * count)
    for place, given in enumerate(columns):
        at = trainer.stride * place
        rows.view[at : at + len(given)] = memoryview(_doubles(given))
    return rows


def _copied(numbers: Sequence[float]) -> "array[float]":
    return array("d", numbers.tolist() if isinstance(numbers, PVector) else numbers)


_doubles: "Callable[[Sequence[float]], array[float]]" = remembering(_copied)
