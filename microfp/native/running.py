"""Running a compiled training: data into memory, some steps ahead, numbers out.

>>> from microfp import datasets, losses, nn, optim
>>> from microfp.native.structure import template
>>> from microfp.native.training import rules_of, trainer_for
>>> model, data, rules = nn.mlp(2, [4, 1]), datasets.moons(20), rules_of(optim.sgd(0.1))
>>> trainer = trainer_for(losses.max_margin(), template(model), 2, rules)
>>> numbers = [p.data for p in nn.parameters(model)]
>>> block = run(trainer, Examples(data), [None, None], numbers, (), [(-0.1,), (-0.1,)])
>>> block.count, len(block.numbers(2))
(2, 17)
"""

from array import array
from collections.abc import Sequence
from ctypes import c_int64 as _long
from ctypes import c_void_p as _pointer
from itertools import chain

from microfp.datasets import Dataset
from microfp.native.engine import Buffer, buffer, integers, scratch
from microfp.native.machine import padded
from microfp.native.training import MEASURES, Trainer

__all__ = ["Block", "Examples", "run"]

Chosen = Sequence[int] | None
"""The examples of a batch by number; None for all of them in order."""


class Examples:
    """A dataset in memory, row by row, and once in blocks of lanes."""

    def __init__(self, dataset: Dataset) -> None:
        """Copy the numbers of a dataset."""
        self.count: int = len(dataset.ys)
        self.columns: int = len(dataset.xs[0]) + 1
        rows = chain.from_iterable((*x, y) for x, y in zip(dataset.xs, dataset.ys, strict=True))
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
        self._scores = scores
        self.measures: list[float] = _floats(measures.view)

    def numbers(self, step: int, column: int = 0) -> list[float]:
        """The parameters before the step of that number, or a column of what is remembered."""
        start = self.trainer.row * step + self.trainer.stride * column
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


def run(
    trainer: Trainer,
    examples: Examples,
    batches: Sequence[Chosen],
    numbers: Sequence[float],
    remembered: Sequence[Sequence[float]],
    scalars: Sequence[tuple[float, ...]],
) -> Block:
    """Run some steps.

    Args:
        trainer: The compiled training.
        examples: The data.
        batches: Which examples each step sees.
        numbers: The parameters before the first step.
        remembered: What the update remembers, column by column.
        scalars: The scalars of the update for each step.
    """
    it, width, steps = trainer.examples, trainer.width, len(batches)
    counts = [examples.count if chosen is None else len(chosen) for chosen in batches]
    whole = all(chosen is None for chosen in batches)
    x = examples.packed(trainer) if whole else packed(trainer, examples, batches)
    x_step = 0 if whole else _batch_size(trainer, examples, batches)
    rows = buffer(trainer.row * (steps + 1))
    for column, given in enumerate((numbers, *remembered)):
        at = trainer.stride * column
        rows.view[at : at + len(given)] = memoryview(array("d", given))
    seeds = array("d", [1.0 / count for count in counts])
    flat = array("d", chain.from_iterable(scalars))
    blocks = blocks_of(max(counts), width)
    o_step = blocks * width * it.score_count
    scores = buffer(o_step * (1 if it.judged else steps))
    measures = buffer(MEASURES * steps)
    examples_machine, updates = it.machine, trainer.parameters.machine
    n1 = scratch("nodes", examples_machine.scratch(blocks))
    n2 = scratch("updates", updates.scratch(trainer.stride // width))
    s1, s2 = buffer(padded(it.parameter_count + 2, width)), buffer(width)
    trainer.steps.functions["train"](
        integers(
            [
                it.parameter_count,
                trainer.row - trainer.stride,
                trainer.row,
                trainer.parameters.scalar_count,
            ]
        ),
        *map(_pointer, (examples_machine.address, examples_machine.context)),
        *map(_pointer, (updates.address, updates.context)),
        _long(steps),
        *map(_pointer, (rows.address, seeds.buffer_info()[0])),
        integers(counts),
        _pointer(x.address),
        _long(x_step),
        *map(_pointer, (flat.buffer_info()[0], n1.address, s1.address, scores.address)),
        _long(0 if it.judged else o_step),
        *map(_pointer, (n2.address, s2.address, measures.address)),
    )
    return Block(trainer, counts, rows, measures, scores)
