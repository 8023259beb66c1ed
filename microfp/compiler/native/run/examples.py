"""Examples in memory: a dataset row by row, and the batches of some steps in blocks of lanes.

>>> from microfp import datasets
>>> examples = Examples(datasets.moons(20))
>>> examples.count, examples.columns
(20, 3)
"""

from array import array
from collections.abc import Iterator, Sequence
from ctypes import c_void_p
from itertools import chain, islice
from typing import NamedTuple, TypeAlias

from microfp.compiler.native.emit.steps import Gathering
from microfp.compiler.native.emit.structs import packed
from microfp.compiler.native.run.memory import Buffer, address_of, buffer, padded
from microfp.compiler.native.run.trainer import Trainer
from microfp.datasets import Dataset

__all__ = ["Batches", "Chosen", "Examples", "batches_of"]

PIECE = 2**16

Chosen: TypeAlias = Sequence[int] | None
"""The examples of a batch by number; None for all of them in order."""


class Examples:
    """A dataset in memory, row by row, and once in blocks of lanes."""

    def __init__(self, dataset: Dataset) -> None:
        """Copy the numbers of a dataset."""
        self.count: int = len(dataset.ys)
        self.columns: int = len(dataset.xs[0]) + dataset.target_count
        self.rows: Buffer = buffer(self.count * self.columns)
        numbers, place = _numbers(dataset), 0
        while piece := array("d", islice(numbers, PIECE)):  # a copy of all would be as large again
            self.rows.view[place : place + len(piece)] = memoryview(piece)
            place += len(piece)
        self._in_lanes: dict[int, Buffer] = {}

    def in_lanes(self, trainer: Trainer) -> Buffer:
        """All examples in blocks of lanes; copied once."""
        found = self._in_lanes.get(trainer.width)
        if found is None:
            found = self._in_lanes[trainer.width] = _gathered(trainer, self, [None])
        return found


def _numbers(dataset: Dataset) -> Iterator[float]:
    """The inputs and targets of one example after the other."""
    if dataset.further_ys:
        pairs = zip(dataset.xs, dataset.targets, strict=True)
        return chain.from_iterable((*x, *ys) for x, ys in pairs)
    return chain.from_iterable((*x, y) for x, y in zip(dataset.xs, dataset.ys, strict=True))


class Batches(NamedTuple):
    """The examples of some steps in memory."""

    inputs: Buffer
    """In blocks of lanes."""
    step: int
    """How far the batches of two steps are apart; 0 where all are the same."""
    counts: "array[int]"
    """How many examples each batch has; one number where all are the same."""
    largest: int
    """The largest of them."""


def batches_of(trainer: Trainer, examples: Examples, batches: Sequence[Chosen]) -> Batches:
    """Copy the examples of some steps into blocks of lanes."""
    if not any(batches):  # None, all examples, in every step: an empty batch there is not
        counts = array("q", [examples.count])
        return Batches(examples.in_lanes(trainer), 0, counts, examples.count)
    counts = array("q", _counts(examples, batches))
    step = _batch_size(trainer, examples, batches)
    return Batches(_gathered(trainer, examples, batches), step, counts, max(counts))


def _counts(examples: Examples, batches: Sequence[Chosen]) -> list[int]:
    return [examples.count if chosen is None else len(chosen) for chosen in batches]


def _gathered(trainer: Trainer, examples: Examples, batches: Sequence[Chosen]) -> Buffer:
    """Copy the examples of some batches into blocks of lanes, all batches equally far apart."""
    size = _batch_size(trainer, examples, batches)
    inputs = buffer(size * len(batches))
    for k, chosen in enumerate(batches):  # a loop: each call writes its part of the buffer
        numbers = array("q", range(examples.count) if chosen is None else chosen)
        table = packed(
            Gathering(
                rows=examples.rows.address,
                columns=examples.columns,
                chosen=address_of(numbers),
                chosen_count=len(numbers),
                inputs=inputs.address + 8 * size * k,
                block_columns=_columns(trainer),
            )
        )
        trainer.steps.functions["gather"](c_void_p(address_of(table)))
    return inputs


def _batch_size(trainer: Trainer, examples: Examples, batches: Sequence[Chosen]) -> int:
    """How many numbers the largest batch takes in blocks of lanes."""
    return padded(max(_counts(examples, batches)), trainer.width) * _columns(trainer)


def _columns(trainer: Trainer) -> int:
    return trainer.examples.executable.input_count
