"""Running a compiled training: data into memory, some steps ahead, numbers out.

>>> from array import array
>>> from microfp import datasets, losses, nn, optim
>>> from microfp.compiler.trace.structure import template
>>> from microfp.compiler.native.run.training import rules_of, trainer_for
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

from microfp.base.memo import remembering
from microfp.compiler.native.run.jit import Buffer, buffer, integers, scratch
from microfp.compiler.native.run.machine import complete
from microfp.compiler.native.run.training import MEASURES, Trainer
from microfp.datasets import Dataset

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
    data, steps = _data(trainer, examples, batches), len(batches)
    memory = _memory(trainer, data, steps, rows=2 if last_only else steps + 1)
    table = _table(trainer, data, memory, scalars, steps)

    def train() -> int:
        _write_first_row(trainer, memory.rows, (numbers, *remembered))
        left: int = trainer.steps.functions["train"](_pointer(table.buffer_info()[0]))
        return left

    complete(trainer.examples.machine, train)
    counts = data.counts if len(data.counts) == steps else [data.largest] * steps
    return Block(trainer, counts, memory.rows, memory.measures, memory.scores)


class _Memory(NamedTuple):
    """What a run writes to, and the tables that it reads.

    Attributes:
        rows: The rows of numbers, of which two take turns, or one for each step and one more.
        measures: What is measured, column by column.
        scores: The scores of each step, or of the last one where they are judged in the code.
        nodes: Room for the examples of a chunk.
        updates: Room for the parameters of a chunk.
        penalties: The sums over the parameters.
        shared: Room for the scalars of a step and the totals of the reductions.
        seeds: One over the number of examples of each batch.
        reductions: The functions of the reductions, each with its context.
    """

    rows: Buffer
    measures: Buffer
    scores: Buffer
    nodes: Buffer
    updates: Buffer
    penalties: Buffer
    shared: Buffer
    seeds: "array[float]"
    reductions: "array[int]"


def _memory(trainer: Trainer, data: _Data, steps: int, *, rows: int) -> _Memory:
    it, update, width = trainer.examples, trainer.parameters, trainer.width
    blocks = blocks_of(data.largest, width)
    scores = blocks * width * it.score_count
    passes = [m.scratch(trainer.stride // width) for m in (update.machine, *update.reductions)]
    return _Memory(
        buffer(trainer.row * rows),
        buffer(len(MEASURES) * steps),
        scratch("scores", scores) if it.judged else buffer(scores * steps),
        scratch("nodes", it.machine.scratch(blocks)),
        scratch("updates", max(passes)),
        scratch("penalties", width),
        scratch("shared", update.scalar_count + len(update.reductions)),
        array("d", [1.0 / count for count in data.counts]),
        array("q", [a for m in update.reductions for a in (m.address, m.context)]),
    )


def _table(
    trainer: Trainer, data: _Data, memory: _Memory, scalars: "array[float]", steps: int
) -> "array[int]":
    """What `train` reads: see `training.ARGUMENTS`."""
    it, update = trainer.examples, trainer.parameters
    scores = 0 if it.judged else len(memory.scores.view) // steps
    return array(
        "q",
        [
            *(it.machine.address, it.machine.context),
            *(update.machine.address, update.machine.context),
            *(it.parameter_count, trainer.gradient, trainer.row, update.scalar_count, steps),
            1 if len(memory.rows.view) == 2 * trainer.row else -1,
            0 if len(data.counts) == 1 else -1,
            *(memory.rows.address, memory.seeds.buffer_info()[0], data.counts.buffer_info()[0]),
            *(data.x.address, data.x_step, scalars.buffer_info()[0], memory.nodes.address),
            *(memory.scores.address, scores, memory.updates.address, memory.penalties.address),
            *(memory.measures.address, memory.reductions.buffer_info()[0]),
            *(len(update.reductions), memory.shared.address),
        ],
    )


def _write_first_row(trainer: Trainer, rows: Buffer, columns: Sequence[Sequence[float]]) -> None:
    """Write the numbers before the first step, column by column."""
    for place, given in enumerate(columns):
        at = trainer.stride * place
        rows.view[at : at + len(given)] = memoryview(_doubles(given))


def _copied(numbers: Sequence[float]) -> "array[float]":
    return array("d", numbers.tolist() if isinstance(numbers, PVector) else numbers)


_doubles: "Callable[[Sequence[float]], array[float]]" = remembering(_copied)
