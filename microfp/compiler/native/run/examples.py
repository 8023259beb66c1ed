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
from microfp.compiler.native.run.memory import Buffer, address_of, buffer, padded, scratch, seen
from microfp.compiler.native.run.trainer import Trainer
from microfp.datasets import Dataset, numbers_in_place

__all__ = ["Batches", "Chosen", "Examples", "batches_of"]

PIECE = 2**16

Chosen: TypeAlias = Sequence[int] | None
"""The examples of a batch by number; None for all of them in order."""


class Examples:
    """A dataset in memory, row by row, and once in blocks of lanes."""

    def __init__(self, dataset: Dataset) -> None:
        """Find the numbers of a dataset in memory, or copy them."""
        self.count: int = len(dataset.ys)
        self.columns: int = len(dataset.xs[0]) + dataset.target_count
        laid = None if dataset.further_ys else numbers_in_place(dataset.xs, dataset.ys)
        self.rows: Buffer = _copied(dataset) if laid is None else seen(laid)
        self._in_lanes: dict[int, Buffer] = {}

    def in_lanes(self, trainer: Trainer) -> Buffer:
        """All examples in blocks of lanes; copied once."""
        found = self._in_lanes.get(trainer.width)
        if found is None:
            found = self._in_lanes[trainer.width] = _in_lanes(trainer, self)
        return found


def _copied(dataset: Dataset) -> Buffer:
    """The numbers of a dataset, row by row."""
    rows = buffer(len(dataset.ys) * (len(dataset.xs[0]) + dataset.target_count))
    numbers, place = _numbers(dataset), 0
    while piece := array("d", islice(numbers, PIECE)):  # a copy of all would be as large again
        rows.view[place : place + len(piece)] = memoryview(piece)
        place += len(piece)
    return rows


def _numbers(dataset: Dataset) -> Iterator[float]:
    """The inputs and targets of one example after the other."""
    if dataset.further_ys:
        pairs = zip(dataset.xs, dataset.targets, strict=True)
        return chain.from_iterable((*x, *ys) for x, ys in pairs)
    return chain.from_iterable((*x, y) for x, y in zip(dataset.xs, dataset.ys, strict=True))


class Batches(NamedTuple):
    """The examples of some steps."""

    inputs: Buffer
    """All examples in blocks of lanes, where each step sees all; else room for those of one."""
    chosen: "array[int] | None"
    """The numbers of the examples of each step; None where each sees all."""
    counts: "array[int]"
    """How many examples each batch has; one number where all are the same."""
    largest: int
    """The largest of them."""


def batches_of(trainer: Trainer, examples: Examples, batches: Sequence[Chosen]) -> Batches:
    """Say which examples some steps see; what they are is gathered step by step."""
    if not any(batches):  # None, all examples, in every step: an empty batch there is not
        counts = array("q", [examples.count])
        return Batches(examples.in_lanes(trainer), None, counts, examples.count)
    numbers = [range(examples.count) if it is None else it for it in batches]
    counts = array("q", map(len, numbers))
    largest = max(counts)
    room = scratch("inputs", padded(largest, trainer.width) * _columns(trainer))
    return Batches(room, _side_by_side(numbers, largest), counts, largest)


def _side_by_side(batches: Sequence[Sequence[int]], largest: int) -> "array[int]":
    """The numbers of all batches, two of which begin equally far apart."""
    chosen = array("q")
    for numbers in batches:  # a loop: arrays are copied whole
        chosen.extend(numbers if isinstance(numbers, array) else array("q", numbers))
        if len(numbers) < largest:
            chosen.extend(array("q", bytes(8 * (largest - len(numbers)))))
    return chosen


def _in_lanes(trainer: Trainer, examples: Examples) -> Buffer:
    """Copy all examples into blocks of lanes."""
    inputs = buffer(padded(examples.count, trainer.width) * _columns(trainer))
    numbers = array("q", range(examples.count))
    table = packed(
        Gathering(
            rows=examples.rows.address,
            columns=examples.columns,
            chosen=address_of(numbers),
            chosen_count=len(numbers),
            inputs=inputs.address,
            block_columns=_columns(trainer),
        )
    )
    trainer.steps.functions["gather"](c_void_p(address_of(table)))
    return inputs


def _columns(trainer: Trainer) -> int:
    return trainer.examples.executable.input_count
